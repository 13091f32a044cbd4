/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A hash over socket ids: they come from a file that may lie, so they are no
 * index. Rows are copies, because the model need not keep a socket.
 */
#include "user/export/roster.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *slot_of(const struct roster *roster, uint32_t id)
{
	size_t at = id * 2654435761u & (roster->slot_count - 1);

	while (roster->slots[at] && roster->rows[roster->slots[at] - 1].socket.id != id)
		at = (at + 1) & (roster->slot_count - 1);
	return &roster->slots[at];
}

static bool grow(struct roster *roster)
{
	size_t room = roster->room ? roster->room * 2 : 64;
	struct socket_row *rows = realloc(roster->rows, room * sizeof(*rows));
	uint32_t *slots;

	if (!rows)
		return false;
	roster->rows = rows;
	slots = calloc(room * 2, sizeof(*slots));
	if (!slots)
		return false;
	free(roster->slots);
	roster->slots = slots;
	roster->slot_count = room * 2;
	roster->room = room;
	for (size_t i = 0; i < roster->count; i++)
		*slot_of(roster, rows[i].socket.id) = (uint32_t)i + 1;
	return true;
}

void roster_see(struct roster *roster, const struct socket *socket)
{
	uint32_t *slot;

	if (!socket)
		return;
	if (roster->count == roster->room && !grow(roster)) {
		roster->failed = true;
		return;
	}
	slot = slot_of(roster, socket->id);
	if (!*slot)
		*slot = (uint32_t)++roster->count;
	socket_row_take(&roster->rows[*slot - 1], socket);
}

static int by_id(const void *left, const void *right)
{
	uint32_t a = ((const struct socket_row *)left)->socket.id;
	uint32_t b = ((const struct socket_row *)right)->socket.id;

	return a < b ? -1 : a > b;
}

void roster_sort(struct roster *roster)
{
	if (roster->count)
		qsort(roster->rows, roster->count, sizeof(roster->rows[0]), by_id);
}

void roster_free(struct roster *roster)
{
	free(roster->rows);
	free(roster->slots);
	memset(roster, 0, sizeof(*roster));
}
