/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads values out of rows, and lists the tables. */
#include "user/export/columns.h"

#include <string.h>

#include "user/export/column_tables.h"

const struct table tables[TABLE_COUNT] = {
	[TABLE_SOCKETS] = { "sockets", "socket", "one row for each socket, as it was last seen",
			    socket_columns, SOCKET_COLUMNS },
	[TABLE_STATES] = { "states", "state", "one row for each change of a TCP state",
			   state_columns, STATE_COLUMNS },
	[TABLE_CALLS] = { "calls", "call", "one row for each socket call, when it returned",
			  call_columns, CALL_COLUMNS },
	[TABLE_BYTES] = { "bytes", "bytes",
			  "one row whenever a byte of one direction changed its place",
			  bytes_columns, BYTES_COLUMNS },
	[TABLE_SEGMENTS] = { "segments", "segment",
			     "one row for each TCP segment that left or arrived", segment_columns,
			     SEGMENT_COLUMNS },
	[TABLE_EVENTS] = { "events", "event",
			   "one row for each accept queue length, reset, retransmission and error",
			   event_columns, EVENT_COLUMNS },
	[TABLE_LOSSES] = { "losses", "lost", "one row for each span in which records were lost",
			   loss_columns, LOSS_COLUMNS },
};

void socket_row_take(struct socket_row *row, const struct socket *socket)
{
	row->socket = *socket;
	row->connection = socket->connection ? socket->connection->id : 0;
}

static uint64_t load_unsigned(const void *field, size_t size)
{
	uint64_t value8;
	uint32_t value4;
	uint16_t value2;

	switch (size) {
	case 1:
		return *(const uint8_t *)field;
	case 2:
		memcpy(&value2, field, sizeof(value2));
		return value2;
	case 4:
		memcpy(&value4, field, sizeof(value4));
		return value4;
	default:
		memcpy(&value8, field, sizeof(value8));
		return value8;
	}
}

enum value_kind column_value(const struct column *column, const void *row, struct value *value)
{
	if (column->known && !column->known(row))
		return VALUE_NONE;
	if (column->get) {
		column->get(value, row);
		return column->kind;
	}
	value->number = load_unsigned((const char *)row + column->offset, column->size);
	if (column->kind == VALUE_INT && column->size == 4)
		value->number = (uint64_t)(int64_t)(int32_t)value->number;
	return column->kind;
}
