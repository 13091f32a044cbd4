/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The column tables, one for each kind of row: shared by the files that define them. */
#ifndef TCPWATCH_EXPORT_COLUMN_TABLES_H
#define TCPWATCH_EXPORT_COLUMN_TABLES_H

#include <stdio.h>
#include <string.h>

#include "user/export/columns.h"
#include "user/model/names.h"

enum {
	SOCKET_COLUMNS = 36,
	STATE_COLUMNS = 13,
	CALL_COLUMNS = 50,
	BYTES_COLUMNS = 18,
	SEGMENT_COLUMNS = 19,
	EVENT_COLUMNS = 18,
	QUEUE_COLUMNS = 17,
	LOSS_COLUMNS = 6,
};

extern const struct column socket_columns[SOCKET_COLUMNS];
extern const struct column state_columns[STATE_COLUMNS];
extern const struct column call_columns[CALL_COLUMNS];
extern const struct column bytes_columns[BYTES_COLUMNS];
extern const struct column segment_columns[SEGMENT_COLUMNS];
extern const struct column event_columns[EVENT_COLUMNS];
extern const struct column queue_columns[QUEUE_COLUMNS];
extern const struct column loss_columns[LOSS_COLUMNS];

/* Where a plain column finds its value. */
#define FIELD(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

/* The two columns that every table begins with. */
#define TIME_COLUMNS_OF(type, member)                                                            \
	{ "t_s", "time in seconds since zero: the first SYN, or the first event", VALUE_SECONDS, \
	  FIELD(type, member) },                                                                 \
	{                                                                                        \
		"t_ns", "the same in nanoseconds", VALUE_TIME, FIELD(type, member)               \
	}

/* Value of a column that holds a name out of a table of names. */
static inline void value_word(struct value *value, const char *word)
{
	value->text = word;
	value->length = strlen(word);
}

static inline void value_foreign(struct value *value, const char *text, size_t max_length)
{
	value->text = text;
	value->length = strnlen(text, max_length);
}

static inline void value_errno(struct value *value, int error)
{
	snprintf(value->store, sizeof(value->store), "%s", name_errno(error));
	value_word(value, value->store);
}

/* "client", "server" */
static inline void value_end(struct value *value, enum end end)
{
	value_word(value, end == END_CLIENT ? "client" : "server");
}

#endif
