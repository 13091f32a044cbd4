/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Integers and text made small for a page: zig-zag varints, zlib, base64.
 * What is added is compressed at once, so a pack holds little more than what
 * it will write. A failure is remembered; pack_write returns it.
 */
#ifndef TCPWATCH_EXPORT_PACK_H
#define TCPWATCH_EXPORT_PACK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

#define PACK_STAGE 4096

struct pack {
	z_stream zlib;
	uint8_t stage[PACK_STAGE]; /* not compressed yet */
	size_t staged;
	uint8_t *packed;
	size_t used, room;
	int err; /* the first failure */
};

/* Zero-initialised before. 0 or -ENOMEM; close it in any case. */
int pack_open(struct pack *pack);

void pack_bytes(struct pack *pack, const void *bytes, size_t length);

/* A varint of 7 bits a byte, the lowest first; the sign is in the lowest bit. */
void pack_int(struct pack *pack, int64_t value);

/* Ends the pack and writes all of it as base64. 0 or -ENOMEM; stream errors stay in stream. */
int pack_write(struct pack *pack, FILE *stream);

void pack_close(struct pack *pack);

#endif
