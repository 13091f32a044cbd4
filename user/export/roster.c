/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A map over socket ids: they come from a file that may lie, so they are no
 * index. Rows are copies, because the model need not keep a socket.
 */
#include "user/export/roster.h"

#include <stdlib.h>
#include <string.h>

static struct socket_row *row_of(struct roster *roster, uint32_t id)
{
	struct socket_row *row = map_get(&roster->rows, id);

	if (row)
		return row;
	row = calloc(1, sizeof(*row));
	if (row && !map_put(&roster->rows, id, row))
		return row;
	free(row);
	roster->failed = true;
	return NULL;
}

void roster_see(struct roster *roster, const struct socket *socket)
{
	struct socket_row *row;

	if (!socket || socket->gone_before)
		return;
	row = row_of(roster, socket->id);
	if (row)
		socket_row_take(row, socket);
}

bool roster_take(struct roster *roster, uint32_t id, struct socket_row *row)
{
	struct socket_row *known = map_remove(&roster->rows, id);

	if (!known)
		return false;
	*row = *known;
	free(known);
	return true;
}

static int by_id(const void *left, const void *right)
{
	uint32_t a = (*(const struct socket_row *const *)left)->socket.id;
	uint32_t b = (*(const struct socket_row *const *)right)->socket.id;

	return a < b ? -1 : a > b;
}

const struct socket_row **roster_sorted(struct roster *roster)
{
	const struct socket_row **rows =
		calloc(roster->rows.used + 1, sizeof(const struct socket_row *));
	size_t at = 0, count = 0;

	if (!rows) {
		roster->failed = true;
		return NULL;
	}
	while ((rows[count] = map_next(&roster->rows, &at)))
		count++;
	qsort(rows, count, sizeof(rows[0]), by_id);
	return rows;
}

void roster_free(struct roster *roster)
{
	struct socket_row *row;
	size_t at = 0;

	while ((row = map_next(&roster->rows, &at)))
		free(row);
	map_free(&roster->rows);
}
