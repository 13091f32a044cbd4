/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout of a capture file, private to this room. Little-endian: a header,
 * then chunks, of which INFO and SCHEMA come first and END comes last. A new
 * chunk type, record kind or field at a record's end leaves the version as it
 * is; a reader skips what it doesn't know.
 */
#ifndef TCPWATCH_CAPTURE_FORMAT_H
#define TCPWATCH_CAPTURE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "user/capture/capture.h"

/* As in PNG: the first byte is no text, CR LF and LF suffer in text transfers, 0x1a ends them. */
#define FORMAT_MAGIC "\x89TCPW\r\n\x1a\n"
#define FORMAT_MAGIC_SIZE 9
#define FORMAT_BYTE_ORDER 0x01020304
#define FORMAT_VERSION 1

struct format_header {
	uint8_t magic[FORMAT_MAGIC_SIZE];
	uint8_t reserved[3];
	uint32_t byte_order;
	uint32_t version;
	uint32_t chunk_max; /* bytes of the largest chunk */
	uint32_t reserved_too;
	uint32_t crc; /* of all before it */
};

#define FORMAT_TYPE(a, b, c, d) ((uint32_t)(a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)
#define FORMAT_INFO FORMAT_TYPE('I', 'N', 'F', 'O')
#define FORMAT_SCHEMA FORMAT_TYPE('S', 'C', 'H', 'M')
#define FORMAT_DATA FORMAT_TYPE('D', 'A', 'T', 'A')
#define FORMAT_END FORMAT_TYPE('E', 'N', 'D', ' ')

struct format_chunk {
	uint32_t type;
	uint32_t length;   /* bytes that follow this header */
	uint64_t first_ns; /* smallest and largest time of the records within */
	uint64_t last_ns;
	uint32_t records;
	uint32_t crc; /* CRC-32 (zlib's) of this header up to here, then of what follows it */
};

/* A chunk with its header is never larger. */
#define FORMAT_CHUNK_MAX (256 * 1024)

struct format_whole_chunk {
	struct format_chunk header;
	char payload[FORMAT_CHUNK_MAX - sizeof(struct format_chunk)];
};

struct format_end {
	uint64_t records; /* in all DATA chunks */
	uint64_t last_ns;
	int32_t command_status;
	uint32_t flags; /* FORMAT_GOES_ON */
};
#define FORMAT_GOES_ON 1 /* command_status is not known yet: the next piece has more */

_Static_assert(sizeof(struct format_header) == 32, "format_header");
_Static_assert(sizeof(struct format_chunk) == 32, "format_chunk");
_Static_assert(sizeof(struct format_end) == 24, "format_end");

/* Files are little-endian, and nothing here swaps bytes. */
static inline bool format_host_fits(void)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
}

/* header.length must be within payload. */
static inline uint32_t format_crc(const struct format_whole_chunk *chunk)
{
	uLong crc = crc32(0, (const Bytef *)&chunk->header, offsetof(struct format_chunk, crc));

	return (uint32_t)crc32(crc, (const Bytef *)chunk->payload, chunk->header.length);
}

/* False for times that no record of the capture can have. */
static inline bool format_time_possible(uint64_t time_ns, uint64_t start_mono_ns)
{
	const uint64_t hour_ns = 3600 * 1000000000ULL;

	if (time_ns < start_mono_ns)
		return start_mono_ns - time_ns <= hour_ns;
	return time_ns - start_mono_ns <= 10 * 366 * 24 * hour_ns;
}

/* Writes info as text of at most size bytes; returns its length or -ENOMEM. */
int info_write(char *text, size_t size, const struct capture_info *info);

/* Reads it back; changes text. 0, or -EBADMSG when it can't be believed. */
int info_parse(char *text, size_t length, struct capture_info *info);

#endif
