/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every socket that was shown, as it was last seen, until its row is written. */
#ifndef TCPWATCH_EXPORT_ROSTER_H
#define TCPWATCH_EXPORT_ROSTER_H

#include "user/export/columns.h"
#include "user/model/map.h"

struct roster {
	struct map rows; /* socket id -> struct socket_row */
	bool failed;	 /* no memory: rows are missing */
};

/* Copies the socket, over what was known of it before. */
void roster_see(struct roster *roster, const struct socket *socket);

/* Takes the row of a socket out; false: there is none. */
bool roster_take(struct roster *roster, uint32_t id, struct socket_row *row);

/* The rows in the order of their ids, a NULL behind them; to be freed. NULL: no memory. */
const struct socket_row **roster_sorted(struct roster *roster);

void roster_free(struct roster *roster);

#endif
