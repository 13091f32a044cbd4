/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Three layers, one function each: varint, zlib, base64. */
#include "user/export/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 6
#define ROOM_FIRST 4096

int pack_open(struct pack *pack)
{
	memset(&pack->zlib, 0, sizeof(pack->zlib));
	pack->err = deflateInit(&pack->zlib, LEVEL) == Z_OK ? 0 : -ENOMEM;
	return pack->err;
}

static int grow(struct pack *pack)
{
	size_t room = pack->room ? 2 * pack->room : ROOM_FIRST;
	uint8_t *larger = realloc(pack->packed, room);

	if (!larger)
		return -ENOMEM;
	pack->packed = larger;
	pack->room = room;
	return 0;
}

/* Compresses what is staged; with Z_FINISH until nothing is left inside zlib. */
static void squeeze(struct pack *pack, int flush)
{
	z_stream *zlib = &pack->zlib;
	int status = Z_OK;

	zlib->next_in = pack->stage;
	zlib->avail_in = (uInt)pack->staged;
	while (!pack->err && (zlib->avail_in || (flush == Z_FINISH && status != Z_STREAM_END))) {
		if (pack->used == pack->room && grow(pack)) {
			pack->err = -ENOMEM;
			break;
		}
		zlib->next_out = pack->packed + pack->used;
		zlib->avail_out = (uInt)(pack->room - pack->used);
		status = deflate(zlib, flush);
		pack->used = pack->room - zlib->avail_out;
	}
	pack->staged = 0;
}

void pack_bytes(struct pack *pack, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;
	size_t part;

	while (length) {
		if (pack->staged == PACK_STAGE)
			squeeze(pack, Z_NO_FLUSH);
		part = PACK_STAGE - pack->staged;
		if (part > length)
			part = length;
		memcpy(pack->stage + pack->staged, from, part);
		pack->staged += part;
		from += part;
		length -= part;
	}
}

void pack_int(struct pack *pack, int64_t value)
{
	uint64_t rest = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);

	if (pack->staged + 10 > PACK_STAGE)
		squeeze(pack, Z_NO_FLUSH);
	for (; rest >= 0x80; rest >>= 7)
		pack->stage[pack->staged++] = (uint8_t)(rest | 0x80);
	pack->stage[pack->staged++] = (uint8_t)rest;
}

static void put_base64(FILE *stream, const uint8_t *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;

		group |= i + 1 < length ? (uint32_t)bytes[i + 1] << 8 : 0;
		group |= i + 2 < length ? bytes[i + 2] : 0;
		putc_unlocked(digits[group >> 18], stream);
		putc_unlocked(digits[group >> 12 & 63], stream);
		putc_unlocked(i + 1 < length ? digits[group >> 6 & 63] : '=', stream);
		putc_unlocked(i + 2 < length ? digits[group & 63] : '=', stream);
	}
}

int pack_write(struct pack *pack, FILE *stream)
{
	squeeze(pack, Z_FINISH);
	if (!pack->err)
		put_base64(stream, pack->packed, pack->used);
	return pack->err;
}

void pack_close(struct pack *pack)
{
	deflateEnd(&pack->zlib);
	free(pack->packed);
	pack->packed = NULL;
	pack->used = pack->room = 0;
}
