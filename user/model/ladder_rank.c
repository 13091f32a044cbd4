/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which rows of a ladder matter most, when there is no room for all of them. */
#include <netinet/tcp.h>

#include "user/model/ladder.h"

static int rank_of_segment(const struct row *row)
{
	if (row->flags & SEGMENT_SYN)
		return 100;
	if (row->flags & (SEGMENT_FIN | SEGMENT_RST))
		return 98;
	if (!row->length && row->seq == 1 && row->ack == 1)
		return 97;
	if (row->acks_fin)
		return 92;
	if (row->again)
		return 80;
	return row->length ? 40 : 25;
}

/* What blocks begins on one row and ends on another: both belong to the story. */
static int rank_of_call(const struct row *row)
{
	bool enter = row->kind == ROW_CALL_ENTER;

	switch (row->call) {
	case CALL_CONNECT:
		return enter ? 89 : 88;
	case CALL_ACCEPT:
	case CALL_ACCEPT4:
		return enter ? 60 : 82;
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
	if (!enter && row->result < 0)
		return 72;
	if (call_sends(row->call))
		return enter ? 87 : 86;
	return enter ? 15 : row->result ? 22 : 30;
}

int ladder_rank(const struct row *row)
{
	switch (row->kind) {
	case ROW_CALL_ENTER:
	case ROW_CALL:
		return rank_of_call(row);
	case ROW_STATE:
		return row->state == TCP_LISTEN ? 76 : 94;
	case ROW_SEGMENT:
		return rank_of_segment(row);
	case ROW_DATA:
		return 83;
	case ROW_LOST:
		return 91;
	}
	return 0;
}

static uint64_t ended_ns(const struct row *row)
{
	return row->until_ns > row->time_ns ? row->until_ns : row->time_ns;
}

struct ladder_gap ladder_gap(const struct ladder *ladder, const bool kept[LADDER_ROWS], int before,
			     int after)
{
	const struct row *rows = ladder->rows;
	struct ladder_gap gap = { 0 };
	uint64_t from_ns, to_ns;

	for (int i = before + 1; i < after; i++)
		gap.rows += !kept[i];
	if (ladder->dropped && ladder->dropped_at >= before && ladder->dropped_at < after)
		gap.rows += ladder->dropped;
	if (before < 0)
		return gap;
	if (!gap.rows)
		gap.calls = rows[before].calls;
	from_ns = ended_ns(&rows[before]);
	to_ns = after < ladder->used ? rows[after].time_ns : ended_ns(&rows[ladder->used - 1]);
	if (after == ladder->used && gap.calls)
		to_ns = rows[before].calls_until_ns;
	gap.ns = to_ns > from_ns ? to_ns - from_ns : 0;
	return gap;
}

int ladder_next(const struct ladder *ladder, const bool kept[LADDER_ROWS], int row)
{
	for (row++; row < ladder->used && !kept[row]; row++)
		;
	return row;
}

/* Of equals, the last goes first and comes back last. */
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

/* A row that stood alone among others took as much room as the words that it is missing. */
static void bring_back(bool kept[LADDER_ROWS],
		       bool (*fits)(const bool kept[LADDER_ROWS], void *context), void *context,
		       const int gone[LADDER_ROWS], int count)
{
	for (int i = count - 1; i >= 0; i--) {
		kept[gone[i]] = true;
		if (!fits(kept, context))
			kept[gone[i]] = false;
	}
}

void ladder_choose(const struct ladder *ladder, bool kept[LADDER_ROWS],
		   bool (*fits)(const bool kept[LADDER_ROWS], void *context), void *context)
{
	int gone[LADDER_ROWS], count = 0;

	for (int i = 0; i < LADDER_ROWS; i++)
		kept[i] = i < ladder->used;
	while (count < ladder->used && !fits(kept, context)) {
		gone[count] = lowest_kept(ladder, kept);
		kept[gone[count++]] = false;
	}
	bring_back(kept, fits, context, gone, count);
}
