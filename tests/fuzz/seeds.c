/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes first inputs of a recorded capture: its first records as a capture
 * without a schema, and as steps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/steps.h"
#include "user/capture/format.h"
#include "user/capture/reader.h"

static int write_chunk(FILE *file, struct format_whole_chunk *chunk)
{
	chunk->header.crc = format_crc(chunk);
	return fwrite(chunk, sizeof(chunk->header) + chunk->header.length, 1, file) == 1 ? 0 : -EIO;
}

static int write_head(FILE *file, const struct capture_info *info)
{
	static struct format_whole_chunk chunk = { .header.type = FORMAT_INFO };
	struct format_header header = { .magic = FORMAT_MAGIC,
					.byte_order = FORMAT_BYTE_ORDER,
					.version = FORMAT_VERSION,
					.chunk_max = FORMAT_CHUNK_MAX };
	int length = info_write(chunk.payload, sizeof(chunk.payload), info);

	header.crc =
		(uint32_t)crc32(0, (const Bytef *)&header, offsetof(struct format_header, crc));
	if (length < 0 || fwrite(&header, sizeof(header), 1, file) != 1)
		return -EIO;
	chunk.header.length = (uint32_t)length;
	return write_chunk(file, &chunk);
}

static void add_record(struct format_whole_chunk *chunk, const union record *record)
{
	struct format_chunk *header = &chunk->header;

	memcpy(chunk->payload + header->length, record, record->header.size);
	if (!header->records++ || record->header.time_ns < header->first_ns)
		header->first_ns = record->header.time_ns;
	if (record->header.time_ns > header->last_ns)
		header->last_ns = record->header.time_ns;
	header->length += record->header.size;
}

static int make(struct reader *reader, FILE *capture, FILE *steps_file, unsigned int count)
{
	static struct format_whole_chunk chunk = { .header.type = FORMAT_DATA };
	static struct steps steps;
	uint8_t data[STEP_SIZE];
	const union record *record;
	int err = write_head(capture, reader_info(reader));

	steps_begin(&steps);
	steps.now_ns = reader_info(reader)->start_mono_ns;
	fputc(0, steps_file);
	while (!err && count-- && (err = reader_next(reader, &record)) > 0) {
		add_record(&chunk, record);
		fwrite(data, step_write(&steps, data, record), 1, steps_file);
		err = 0;
	}
	return err ? err : write_chunk(capture, &chunk);
}

int main(int argc, char **argv)
{
	struct reader *reader;
	FILE *capture, *steps;
	int err;

	if (argc != 5) {
		fputs("usage: seeds CAPTURE RECORDS NEW-CAPTURE NEW-STEPS\n", stderr);
		return 2;
	}
	err = reader_open(&reader, open(argv[1], O_RDONLY | O_CLOEXEC));
	if (err) {
		fprintf(stderr, "seeds: %s: %s\n", argv[1], reader_strerror(err));
		return 1;
	}
	capture = fopen(argv[3], "wb");
	steps = fopen(argv[4], "wb");
	err = capture && steps
		      ? make(reader, capture, steps, (unsigned int)strtoul(argv[2], NULL, 10))
		      : -errno;
	reader_close(reader);
	if (err || fclose(capture) || fclose(steps)) {
		fprintf(stderr, "seeds: %s\n", strerror(err ? -err : errno));
		return 1;
	}
	return 0;
}
