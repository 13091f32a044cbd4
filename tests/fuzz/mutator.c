/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Random bytes would all die at the first checksum. So after most mutations
 * checksums, counts and times of each chunk are made true again, and damage
 * gets as far as a careful forger's would. Both kinds of input name an output
 * (capture.c, records.c): one is drawn.
 */
#include <stdbool.h>
#include <string.h>

#include "bpf/record.h"
#include "tests/fuzz/target.h"
#include "tests/unit/sinks.h"
#include "user/capture/format.h"

/* Counts the records of a DATA chunk; sizes that can't be are made the smallest. */
static void count_records(struct format_whole_chunk *chunk)
{
	struct format_chunk *header = &chunk->header;
	struct record_header record;
	size_t at = 0;

	header->records = 0;
	header->first_ns = UINT64_MAX;
	header->last_ns = 0;
	for (; header->length - at >= sizeof(record); at += record.size, header->records++) {
		memcpy(&record, chunk->payload + at, sizeof(record));
		if (record.size < sizeof(record) || record.size % 8 ||
		    record.size > header->length - at) {
			record.size = sizeof(record);
			memcpy(chunk->payload + at, &record, sizeof(record));
		}
		if (record.time_ns < header->first_ns)
			header->first_ns = record.time_ns;
		if (record.time_ns > header->last_ns)
			header->last_ns = record.time_ns;
	}
}

/* The chunk at data; returns where the next one is. */
static size_t repair_chunk(uint8_t *data, size_t size)
{
	static struct format_whole_chunk chunk;
	struct format_chunk *header = &chunk.header;

	memcpy(header, data, sizeof(*header));
	if (header->length > sizeof(chunk.payload) || header->length > size - sizeof(*header))
		header->length = (uint32_t)(size - sizeof(*header));
	if (header->length > sizeof(chunk.payload))
		header->length = sizeof(chunk.payload);
	memcpy(chunk.payload, data + sizeof(*header), header->length);
	if (header->type == FORMAT_DATA)
		count_records(&chunk);
	header->crc = format_crc(&chunk);
	memcpy(data, &chunk, sizeof(*header) + header->length);
	return sizeof(*header) + header->length;
}

static bool is_capture(const uint8_t *data, size_t size)
{
	return size >= sizeof(struct format_header) &&
	       !memcmp(data, FORMAT_MAGIC, FORMAT_MAGIC_SIZE);
}

static void repair(uint8_t *data, size_t size)
{
	struct format_header header;
	size_t at = sizeof(header);

	memcpy(&header, data, sizeof(header));
	header.crc =
		(uint32_t)crc32(0, (const Bytef *)&header, offsetof(struct format_header, crc));
	memcpy(data, &header, sizeof(header));
	while (size - at > sizeof(struct format_chunk))
		at += repair_chunk(data + at, size - at);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint8_t output = (uint8_t)(1 + seed / 16 % SINKS);

	size = LLVMFuzzerMutate(data, size, max_size);
	if (!is_capture(data, size)) {
		data[0] = (uint8_t)((data[0] & 7) | output << 3);
	} else if (seed % 16) {
		data[offsetof(struct format_header, reserved)] = output;
		repair(data, size);
	}
	return size;
}
