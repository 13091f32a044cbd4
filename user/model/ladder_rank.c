/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which rows of a ladder matter most, when there is no room for all of them. */
#include <netinet/tcp.h>

#include "user/model/ladder.h"

static int rank_of_segment(const struct row *row)
{
	if (row->flags & SEGMENT_SYN)
		return 100;
	if (row->flags & (SEGMENT_FIN | SEGMENT_RST))
		return 90;
	if (row->again)
		return 80;
	if (!row->length && row->seq == 1 && row->ack == 1)
		return 88;
	return row->length ? 40 : 25;
}

static int rank_of_call(const struct row *row)
{
	switch (row->call) {
	case CALL_CONNECT:
	case CALL_ACCEPT:
	case CALL_ACCEPT4:
		return 84;
	case CALL_CLOSE:
	case CALL_SHUTDOWN:
		return 78;
	case CALL_LISTEN:
		return 45;
	case CALL_SOCKET:
	case CALL_BIND:
	case CALL_SETSOCKOPT:
		return 20;
	default:
		break;
	}
	if (row->kind == ROW_CALL && row->result < 0)
		return 72;
	if (call_sends(row->call))
		return 82;
	return row->result ? 22 : 30;
}

int ladder_rank(const struct row *row)
{
	switch (row->kind) {
	case ROW_CALL_ENTER:
		return rank_of_call(row) - 10;
	case ROW_CALL:
		return rank_of_call(row);
	case ROW_STATE:
		return row->state == TCP_CLOSE || row->state == TCP_LISTEN ? 76 : 94;
	case ROW_SEGMENT:
		return rank_of_segment(row);
	case ROW_DATA:
		return 83;
	case ROW_LOST:
		return 85;
	}
	return 0;
}

static int lowest_kept(const struct ladder *ladder, const bool kept[LADDER_ROWS])
{
	int lowest = -1;

	for (int i = 0; i < ladder->used; i++) {
		if (kept[i] && (lowest < 0 || ladder_rank(&ladder->rows[i]) <=
						      ladder_rank(&ladder->rows[lowest])))
			lowest = i;
	}
	return lowest;
}

void ladder_drop_least(const struct ladder *ladder, bool kept[LADDER_ROWS])
{
	int lowest = lowest_kept(ladder, kept);

	if (lowest >= 0)
		kept[lowest] = false;
}
