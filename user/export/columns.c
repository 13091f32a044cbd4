/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists the tables, and what their rows need beyond the model's facts. */
#include "user/export/columns.h"

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
	[TABLE_QUEUES] = { "queues", "queues",
			   "what waited in a UDP, raw or UNIX socket: one row after each call on "
			   "it",
			   queue_columns, QUEUE_COLUMNS },
};

void socket_row_take(struct socket_row *row, const struct socket *socket)
{
	row->socket = *socket;
	if (socket->connection)
		row->connection = socket->connection->id;
}

uint64_t socket_state_ns(const struct socket *socket, unsigned int state, uint64_t now_ns)
{
	uint64_t ns = socket->state_total_ns[state];

	if (socket->state == state && now_ns > socket->state_since_ns)
		ns += now_ns - socket->state_since_ns;
	return ns;
}
