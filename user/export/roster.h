/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every socket that was shown, as it was last seen, for a table that is written at the end. */
#ifndef TCPWATCH_EXPORT_ROSTER_H
#define TCPWATCH_EXPORT_ROSTER_H

#include "user/export/columns.h"

struct roster {
	struct socket_row *rows;
	size_t count, room;
	uint32_t *slots;   /* open addressing: index + 1 of a row, 0 free */
	size_t slot_count; /* a power of two */
	bool failed;	   /* no memory: rows are missing */
};

/* Copies the socket, over what was known of it before. */
void roster_see(struct roster *roster, const struct socket *socket);

/* Puts the rows in the order of their ids; nothing may be added after it. */
void roster_sort(struct roster *roster);

void roster_free(struct roster *roster);

#endif
