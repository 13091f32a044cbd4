/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Collects records in one chunk and writes it with one write(2). Who kills the
 * program loses the open chunk and nothing before it. Refuses to leave half a
 * chunk behind when the disk is full.
 */
#include "user/capture/writer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/capture/format.h"
#include "user/capture/schema.h"

/* Looked at every 50 ms, and a killed tracer is to lose 250 ms at the most. */
#define WAIT_MAX_NS 190000000

struct writer {
	int fd;
	bool failed;
	bool can_cut;	   /* a file that was empty: nobody else's bytes are in it */
	off_t whole_bytes; /* end of the last whole chunk */
	uint64_t start_mono_ns;
	uint64_t waiting_since_ns; /* time of the open chunk's first record */
	bool ended, goes_on;
	struct capture_end written;	 /* what a reader will find */
	struct format_whole_chunk chunk; /* the open one */
};

static int write_all(int fd, const char *bytes, size_t length)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };

	while (length) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EAGAIN)
			poll(&writable, 1, -1);
		else if (written < 0 && errno != EINTR)
			return -errno;
		if (written <= 0)
			continue;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

static bool is_empty_file(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISREG(status.st_mode) && !status.st_size;
}

/* In a pipe or device half a chunk stays behind; the reader finds it. */
static void cut_back(const struct writer *writer)
{
	if (writer->can_cut && !ftruncate(writer->fd, writer->whole_bytes))
		lseek(writer->fd, writer->whole_bytes, SEEK_SET);
}

static int write_whole(struct writer *writer, const void *bytes, size_t length)
{
	int err = write_all(writer->fd, bytes, length);

	if (err) {
		writer->failed = true;
		cut_back(writer);
		return err;
	}
	writer->whole_bytes += (off_t)length;
	return 0;
}

static void empty_chunk(struct writer *writer)
{
	memset(&writer->chunk.header, 0, sizeof(writer->chunk.header));
}

static int write_chunk(struct writer *writer, uint32_t type)
{
	struct format_chunk *header = &writer->chunk.header;
	uint32_t records = header->records;
	uint64_t last_ns = header->last_ns;
	int err;

	header->type = type;
	header->crc = format_crc(&writer->chunk);
	err = write_whole(writer, &writer->chunk, sizeof(*header) + header->length);
	if (!err)
		writer->written.records += records;
	if (!err && last_ns > writer->written.last_ns)
		writer->written.last_ns = last_ns;
	empty_chunk(writer);
	return err;
}

/* For what was written into the payload: length bytes, or an error to pass on. */
static int write_payload(struct writer *writer, uint32_t type, int length)
{
	if (length < 0)
		return length;
	writer->chunk.header.length = (uint32_t)length;
	return write_chunk(writer, type);
}

static int write_start(struct writer *writer, const struct capture_info *info)
{
	struct format_header header = {
		.magic = FORMAT_MAGIC,
		.byte_order = FORMAT_BYTE_ORDER,
		.version = FORMAT_VERSION,
		.chunk_max = FORMAT_CHUNK_MAX,
	};
	struct format_whole_chunk *chunk = &writer->chunk;
	int err, length;

	header.crc =
		(uint32_t)crc32(0, (const Bytef *)&header, offsetof(struct format_header, crc));
	err = write_whole(writer, &header, sizeof(header));
	if (err)
		return err;
	length = info_write(chunk->payload, sizeof(chunk->payload), info);
	err = write_payload(writer, FORMAT_INFO, length);
	if (err)
		return err;
	length = schema_write(chunk->payload, sizeof(chunk->payload));
	return write_payload(writer, FORMAT_SCHEMA, length);
}

int writer_open(struct writer **writer, int fd, const struct capture_info *info)
{
	struct writer *made = NULL;
	int err = -ENOTSUP;

	*writer = NULL;
	if (!format_host_fits())
		goto out;
	err = -ENOMEM;
	made = calloc(1, sizeof(*made));
	if (!made)
		goto out;
	made->fd = fd;
	made->can_cut = is_empty_file(fd);
	made->start_mono_ns = info->start_mono_ns;
	err = write_start(made, info);
	if (err)
		goto out;
	*writer = made;
	return 0;
out:
	free(made);
	close(fd);
	return err;
}

static bool well_formed(const struct writer *writer, const struct record_header *record)
{
	return record->size >= sizeof(*record) && record->size % 8 == 0 &&
	       format_time_possible(record->time_ns, writer->start_mono_ns);
}

static void append(struct writer *writer, const struct record_header *record)
{
	struct format_chunk *header = &writer->chunk.header;

	if (!header->records) {
		writer->waiting_since_ns = record->time_ns;
		header->first_ns = record->time_ns;
	}
	memcpy(writer->chunk.payload + header->length, record, record->size);
	header->length += record->size;
	header->records++;
	if (record->time_ns < header->first_ns)
		header->first_ns = record->time_ns;
	if (record->time_ns > header->last_ns)
		header->last_ns = record->time_ns;
}

int writer_add(struct writer *writer, const struct record_header *record)
{
	int err;

	if (writer->failed)
		return 0;
	if (!well_formed(writer, record))
		return -EINVAL;
	if (writer->chunk.header.length + record->size > sizeof(writer->chunk.payload)) {
		err = write_chunk(writer, FORMAT_DATA);
		if (err)
			return err;
	}
	append(writer, record);
	return 0;
}

int writer_tick(struct writer *writer, uint64_t now_ns)
{
	if (writer->failed || !writer->chunk.header.records ||
	    now_ns < writer->waiting_since_ns + WAIT_MAX_NS)
		return 0;
	return write_chunk(writer, FORMAT_DATA);
}

static int write_end(struct writer *writer, int command_status)
{
	struct format_end end = {
		.command_status = command_status,
		.flags = writer->goes_on ? FORMAT_GOES_ON : 0,
	};
	int err = 0;

	if (writer->chunk.header.records)
		err = write_chunk(writer, FORMAT_DATA);
	if (err)
		return err;
	end.records = writer->written.records;
	end.last_ns = writer->written.last_ns;
	memcpy(writer->chunk.payload, &end, sizeof(end));
	return write_payload(writer, FORMAT_END, sizeof(end));
}

int writer_end(struct writer *writer, int command_status)
{
	int err;

	if (writer->failed || writer->ended)
		return 0;
	writer->ended = true;
	err = write_end(writer, command_status);
	writer->written.complete = !err;
	writer->written.command_status = command_status;
	writer->written.goes_on = writer->goes_on;
	return err;
}

void writer_goes_on(struct writer *writer)
{
	writer->goes_on = true;
}

uint64_t writer_bytes(const struct writer *writer)
{
	uint64_t open = writer->chunk.header.records
				? sizeof(writer->chunk.header) + writer->chunk.header.length
				: 0;

	return (uint64_t)writer->whole_bytes + open + sizeof(struct format_chunk) +
	       sizeof(struct format_end);
}

const struct capture_end *writer_written(const struct writer *writer)
{
	return &writer->written;
}

int writer_close(struct writer *writer, int command_status)
{
	int err;

	if (!writer)
		return 0;
	err = writer_end(writer, command_status);
	if (close(writer->fd) && !err)
		err = -errno;
	free(writer);
	return err;
}
