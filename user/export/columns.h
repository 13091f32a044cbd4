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
	TABLE_COUNT
};

extern const struct table tables[TABLE_COUNT];

/* A socket as it was last seen; the pointers inside are not valid any more. */
struct socket_row {
	struct socket socket;
	unsigned int connection; /* id; 0: none */
};

void socket_row_take(struct socket_row *row, const struct socket *socket);

/* The value of one column in one row; returns its kind, VALUE_NONE when it is not known. */
enum value_kind column_value(const struct column *column, const void *row, struct value *value);

#endif
