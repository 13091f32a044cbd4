/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A block is put together in memory, because its length stands at both of its
 * ends. Everything in it begins at a multiple of four bytes.
 */
#include "user/export/pcapng_block.h"

#include <string.h>

#define OPTION_END 0
#define OPTION_HEADER 4
/* Left for the end of the options and the second length. */
#define TAIL 8

static size_t padded(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

void block_data(struct block *block, const void *bytes, size_t length)
{
	size_t room = padded(length);

	if (block->used + room > sizeof(block->bytes) - TAIL)
		return;
	memset(block->bytes + block->used, 0, room);
	memcpy(block->bytes + block->used, bytes, length);
	block->used += room;
}

/* Fields of two bytes come in pairs: they are the one exception to the padding. */
void block_u16(struct block *block, uint16_t value)
{
	memcpy(block->bytes + block->used, &value, sizeof(value));
	block->used += sizeof(value);
}

void block_u32(struct block *block, uint32_t value)
{
	block_data(block, &value, sizeof(value));
}

void block_u64(struct block *block, uint64_t value)
{
	block_data(block, &value, sizeof(value));
}

void block_time(struct block *block, uint64_t ns)
{
	block_u32(block, (uint32_t)(ns >> 32));
	block_u32(block, (uint32_t)ns);
}

void block_begin(struct block *block, uint32_t type)
{
	block->used = 0;
	block_u32(block, type);
	block_u32(block, 0);
}

void block_option(struct block *block, uint16_t code, const void *value, size_t length)
{
	if (block->used + OPTION_HEADER + padded(length) > sizeof(block->bytes) - TAIL)
		return;
	block_u16(block, code);
	block_u16(block, (uint16_t)length);
	block_data(block, value, length);
}

void block_option_text(struct block *block, uint16_t code, const char *text)
{
	block_option(block, code, text, strlen(text));
}

void block_write(struct block *block, FILE *stream)
{
	static const uint32_t no_more = OPTION_END;
	uint32_t length = (uint32_t)(block->used + sizeof(no_more) + sizeof(length));

	memcpy(block->bytes + block->used, &no_more, sizeof(no_more));
	memcpy(block->bytes + length - sizeof(length), &length, sizeof(length));
	memcpy(block->bytes + sizeof(uint32_t), &length, sizeof(length));
	fwrite(block->bytes, 1, length, stream);
}
