/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Blocks of the pcapng format (draft-ietf-opsawg-pcapng), in the byte order of
 * this machine, as the format wants it. Knows no TCP.
 */
#ifndef TCPWATCH_EXPORT_PCAPNG_BLOCK_H
#define TCPWATCH_EXPORT_PCAPNG_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BLOCK_INTERFACE 0x00000001
#define BLOCK_STATISTICS 0x00000005
#define BLOCK_PACKET 0x00000006
#define BLOCK_SECTION 0x0a0d0d0a

#define OPTION_COMMENT 1

/* Room for the longest block that is written here. */
#define BLOCK_SIZE 16384

struct block {
	size_t used;
	uint8_t bytes[BLOCK_SIZE];
};

void block_begin(struct block *block, uint32_t type);

/* Fields of the block's own, before its first option. What finds no room is left out. */
void block_u16(struct block *block, uint16_t value);
void block_u32(struct block *block, uint32_t value);
void block_u64(struct block *block, uint64_t value);
void block_time(struct block *block, uint64_t ns); /* its upper half comes first */
void block_data(struct block *block, const void *bytes, size_t length);

/* An option of at most 65,535 bytes. */
void block_option(struct block *block, uint16_t code, const void *value, size_t length);
void block_option_text(struct block *block, uint16_t code, const char *text);

/* Closes the list of options, and writes the block. Errors stay in the stream. */
void block_write(struct block *block, FILE *stream);

#endif
