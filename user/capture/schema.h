/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout of every record as a table, made by the compiler from
 * bpf/record.h, and as text for the SCHEMA chunk. Private to this room.
 */
#ifndef TCPWATCH_CAPTURE_SCHEMA_H
#define TCPWATCH_CAPTURE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"

struct schema_field {
	const char *name;
	const char *type;    /* of one element: "u8", "s32", "char" ... */
	const char *meaning; /* unit, enum or definition; "" when the name says it */
	size_t offset;
	size_t size; /* of all elements */
	size_t element_size;
};

struct schema_record {
	enum record_kind kind;
	const char *name;
	size_t size;
	const struct schema_field *fields;
	size_t field_count;
};

/* NULL for RECORD_NONE and kinds that don't exist. */
const struct schema_record *schema_record(unsigned int kind);

/* Writes the schema as text of at most size bytes; returns its length or -ENOMEM. */
int schema_write(char *text, size_t size);

#endif
