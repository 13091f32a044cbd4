/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Capture files in memory for the tests of writer and reader: made by the
 * writer itself, taken apart and put together again byte by byte.
 */
#ifndef TCPWATCH_TESTS_CAPTURE_FILE_H
#define TCPWATCH_TESTS_CAPTURE_FILE_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "user/capture/format.h"
#include "user/capture/reader.h"
#include "user/capture/writer.h"

#define START_NS 5000000000000ULL
#define TEST_CHUNKS 3
#define CHUNK_RECORDS 4

struct bytes {
	char *data;
	size_t size;
};

/* What reading a file to its end came to; records counts those handed out. */
struct outcome {
	int open_error;
	int next_error;
	uint64_t records;
	uint64_t resets;
	struct capture_end end;
};

static inline int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static inline struct bytes file_bytes(int fd)
{
	struct bytes bytes = { 0 };
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	bytes.size = (size_t)status.st_size;
	bytes.data = malloc(bytes.size + 1);
	assert_non_null(bytes.data);
	assert_int_equal(pread(fd, bytes.data, bytes.size, 0), bytes.size);
	return bytes;
}

static inline struct record_reset reset_at(uint64_t time_ns)
{
	return (struct record_reset){
		.header = { .kind = RECORD_RESET,
			    .size = sizeof(struct record_reset),
			    .socket = 1,
			    .time_ns = time_ns },
		.reason = 14,
		.state = 1,
	};
}

static inline const struct capture_info *test_info(void)
{
	static const struct capture_info info = {
		.version = "1.0",
		.command = "./prog one",
		.start_mono_ns = START_NS,
		.start_real_ns = 1700000000000000000ULL,
	};

	return &info;
}

/* TEST_CHUNKS small DATA chunks of CHUNK_RECORDS each, closed with status 256. */
static inline struct bytes test_capture(void)
{
	int fd = memfd_create("capture", MFD_CLOEXEC), kept = dup(fd);
	uint64_t time_ns = START_NS;
	struct writer *writer;
	struct bytes bytes;

	assert_int_equal(writer_open(&writer, fd, test_info()), 0);
	for (int chunk = 0; chunk < TEST_CHUNKS; chunk++) {
		for (int i = 0; i < CHUNK_RECORDS; i++) {
			struct record_reset reset = reset_at(time_ns += 1000);

			assert_int_equal(writer_add(writer, &reset.header), 0);
		}
		assert_int_equal(writer_tick(writer, time_ns += 1000000000), 0);
	}
	assert_int_equal(writer_close(writer, 256), 0);
	bytes = file_bytes(kept);
	close(kept);
	return bytes;
}

static inline struct outcome read_fd(int fd)
{
	struct outcome outcome = { 0 };
	const union record *record;
	struct reader *reader;
	int got;

	outcome.open_error = reader_open(&reader, fd);
	if (outcome.open_error) {
		assert_null(reader);
		return outcome;
	}
	while ((got = reader_next(reader, &record)) > 0) {
		outcome.records++;
		outcome.resets += record->header.kind == RECORD_RESET;
		assert_in_range(record->header.kind, RECORD_NONE + 1, RECORD_KINDS - 1);
	}
	outcome.next_error = got;
	assert_int_equal(reader_next(reader, &record), got);
	outcome.end = *reader_end(reader);
	reader_close(reader);
	return outcome;
}

static inline struct outcome read_bytes(const void *data, size_t size)
{
	return read_fd(memory_file(data, size));
}

/* Offset of the index-th chunk's header; index 0 is INFO. */
static inline size_t chunk_at(const struct bytes *bytes, int index)
{
	size_t at = sizeof(struct format_header);
	struct format_chunk header;

	while (index--) {
		memcpy(&header, bytes->data + at, sizeof(header));
		at += sizeof(header) + header.length;
		assert_true(at < bytes->size);
	}
	return at;
}

/* Makes the checksums of all chunks right again that lie within the bytes. */
static inline void repair_checksums(char *data, size_t size)
{
	static struct format_whole_chunk chunk;
	size_t at = sizeof(struct format_header);

	while (size > at && size - at >= sizeof(chunk.header)) {
		memcpy(&chunk.header, data + at, sizeof(chunk.header));
		if (chunk.header.length > sizeof(chunk.payload) ||
		    chunk.header.length > size - at - sizeof(chunk.header))
			return;
		memcpy(chunk.payload, data + at + sizeof(chunk.header), chunk.header.length);
		chunk.header.crc = format_crc(&chunk);
		memcpy(data + at, &chunk.header, sizeof(chunk.header));
		at += sizeof(chunk.header) + chunk.header.length;
	}
}

#endif
