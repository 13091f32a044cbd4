/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the summary at the end of a run. */
#ifndef TCPWATCH_EXPORT_SUMMARY_H
#define TCPWATCH_EXPORT_SUMMARY_H

#include "user/export/text.h"

/* Of all connections, with totals and footer. */
void summary_print(const struct view *view, const struct trace *trace,
		   const struct capture_end *end);

/* Of one connection; its ladder has at most ladder_rows rows; 0: it has none. */
void summary_connection(const struct view *view, const struct connection *connection,
			int ladder_rows);

/* places.c: where the bytes were when the last send call returned, as a bar. */
void places_draw(const struct view *view, const struct connection *connection, enum end sender);

/* curves.c: send buffer and receive queue over the time of the connection. */
void curves_draw(const struct view *view, const struct connection *connection);

/* tables.c */
void tables_states(const struct view *view, const struct connection *connection);
void tables_calls(const struct view *view, const struct connection *connection);

/* waits.c: lines below a call of the table: what it waited for. */
void waits_send(const struct view *view, const struct connection *connection, enum end end,
		const struct call_stats *stats);
void waits_connect(const struct view *view, const struct connection *connection,
		   const struct call_stats *stats);
void waits_accept(const struct view *view, const struct connection *connection,
		  const struct call_stats *stats);

/* others.c: the queues of UDP, raw and UNIX sockets; nothing when there is none. */
void others_print(const struct view *view, const struct trace *trace);

/* Send calls of one end. */
uint64_t summary_send_calls(const struct connection *connection, enum end sender);

/* Bytes that a direction carried, as far as they were seen. */
uint64_t summary_moved(const struct connection *connection, enum end sender);

/* Worth a picture: the direction that carried more, or more than a few bytes. */
bool summary_notable(const struct connection *connection, enum end sender);

/* "client -> server:" on a line of its own, when both directions moved what is notable. */
void summary_direction(const struct view *view, const struct connection *connection,
		       enum end sender);

#endif
