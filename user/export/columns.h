/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The columns of every table that is exported. Header rows, JSON names, the
 * FIELDS of the man page and the tests come from here and nowhere else.
 */
#ifndef TCPWATCH_EXPORT_COLUMNS_H
#define TCPWATCH_EXPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/model/trace.h"

enum value_kind {
	VALUE_NONE, /* not known: an empty cell, or null */
	VALUE_UINT,
	VALUE_INT, /* number as int64_t */
	VALUE_BOOL,
	VALUE_SECONDS, /* number: CLOCK_MONOTONIC; shown in seconds since zero */
	VALUE_TIME,    /* the same in nanoseconds since zero */
	VALUE_WORD,    /* text of ours, ASCII */
	VALUE_FOREIGN, /* text of others, at most length bytes */
};

struct value {
	uint64_t number;
	const char *text;
	size_t length;
	char store[FMT_SIZE]; /* room for text */
};

/* How a column's value is found in its row: by get, or else as a field. */
struct column {
	const char *name;
	const char *about;		/* for the man page; units included */
	enum value_kind kind;		/* of the value when it is known */
	bool (*known)(const void *row); /* NULL: always */
	void (*get)(struct value *value, const void *row);
	uint16_t offset, size; /* of an unsigned field; VALUE_INT: of a signed one */
};

struct table {
	const char *name; /* "states": also of the file, with .csv */
	const char *type; /* "state": of the JSON object */
	const char *about;
	const struct column *columns;
	int count;
};

enum table_id {
	TABLE_SOCKETS,	/* row: struct socket_row */
	TABLE_STATES,	/* struct state_change */
	TABLE_CALLS,	/* struct call */
	TABLE_BYTES,	/* struct bytes */
	TABLE_SEGMENTS, /* struct segment */
	TABLE_EVENTS,	/* struct note */
	TABLE_LOSSES,	/* struct loss */
	TABLE_QUEUES,	/* struct queues */
	TABLE_COUNT
};

extern const struct table tables[TABLE_COUNT];

/* A socket as it was last seen; the pointers inside are not valid any more. */
struct socket_row {
	struct socket socket;
	unsigned int connection; /* id; 0: none */
};

/* Over what was taken of it before, or zero: a connection that is folded stays known. */
void socket_row_take(struct socket_row *row, const struct socket *socket);

/* Time spent in a state; one that isn't left yet counts up to now_ns. */
uint64_t socket_state_ns(const struct socket *socket, unsigned int state, uint64_t now_ns);

/* An unsigned field of 1, 2, 4 or 8 bytes. */
static inline uint64_t column_load(const void *field, size_t size)
{
	uint64_t value8;
	uint32_t value4;
	uint16_t value2;

	if (size == 8) {
		memcpy(&value8, field, sizeof(value8));
		return value8;
	}
	if (size == 4) {
		memcpy(&value4, field, sizeof(value4));
		return value4;
	}
	if (size == 1)
		return *(const uint8_t *)field;
	memcpy(&value2, field, sizeof(value2));
	return value2;
}

/*
 * The value of one column in one row; returns its kind, VALUE_NONE when it is
 * not known. Here for its speed: it runs once for each cell.
 */
static inline enum value_kind column_value(const struct column *column, const void *row,
					   struct value *value)
{
	if (column->known && !column->known(row))
		return VALUE_NONE;
	if (column->get) {
		column->get(value, row);
		return column->kind;
	}
	value->number = column_load((const char *)row + column->offset, column->size);
	if (column->kind == VALUE_INT && column->size == 4)
		value->number = (uint64_t)(int64_t)(int32_t)value->number;
	return column->kind;
}

#endif
