/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line for each connection that is over, in the manner of tcplife(8), seen
 * from the end that is traced (the client when both are). Fields hold no blanks.
 * Makes no facts: what the run did not record stands there as "-".
 */
#ifndef TCPWATCH_EXPORT_CONNECTIONS_H
#define TCPWATCH_EXPORT_CONNECTIONS_H

#include "user/export/text.h"

/* Sums, and the widest name so far. */
struct connections {
	uint64_t closed, reset, failed;
	bool bytes_known;	   /* of some, at least */
	uint64_t bytes[END_COUNT]; /* from clients, from servers */
	uint64_t blocked_ns;	   /* at the ends that the rows speak of */
	uint64_t retransmits;
	int who_columns;
};

/* Before the first: makes room for the name. */
void connections_begins(struct connections *connections, const struct view *view,
			const struct connection *connection);

/* The titles of the columns. */
void connections_title(struct connections *connections, const struct view *view);

/* A line; on a terminal, where it is too long, two. It lasted, or lasts, until end_ns. */
void connections_row(struct connections *connections, const struct view *view,
		     const struct connection *connection, uint64_t end_ns);

/* Counts one that is over by how it ended, and adds what it moved. */
void connections_add(struct connections *connections, const struct connection *connection);

/* Adds what one that is open has moved. */
void connections_add_open(struct connections *connections, const struct connection *connection);

/* The sums; begun: how many there were in all. */
void connections_total(const struct connections *connections, const struct view *view,
		       unsigned int begun);

#endif
