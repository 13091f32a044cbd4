/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps at most six rows of each direction of the current interval. Intervals
 * are the same for all directions, so their rows can be put in order at its end.
 */
#include "user/export/thin.h"

#include <errno.h>
#include <stdlib.h>

enum pick {
	PICK_FIRST,
	PICK_LAST,
	PICK_WMEM_MIN,
	PICK_WMEM_MAX,
	PICK_QUEUE_MIN,
	PICK_QUEUE_MAX,
	PICKS
};

/* A row and its place in the order in which rows came. */
struct kept {
	uint64_t number;
	struct bytes bytes;
};

struct lane {
	const struct connection *connection;
	enum end sender;
	struct kept picks[PICKS];
};

struct thin {
	uint64_t every_ns, interval, number;
	void (*out)(void *context, const struct bytes *bytes);
	void *context;
	struct lane *lanes; /* with rows in the current interval */
	size_t lane_count, lane_room;
	const struct kept **order;
};

int thin_open(struct thin **thin, uint64_t every_ns,
	      void (*out)(void *context, const struct bytes *bytes), void *context)
{
	*thin = calloc(1, sizeof(**thin));
	if (!*thin)
		return -ENOMEM;
	(*thin)->every_ns = every_ns;
	(*thin)->out = out;
	(*thin)->context = context;
	return 0;
}

static bool grow(struct thin *thin)
{
	size_t room = thin->lane_room ? thin->lane_room * 2 : 16;
	struct lane *lanes = realloc(thin->lanes, room * sizeof(*lanes));
	const struct kept **order;

	if (!lanes)
		return false;
	thin->lanes = lanes;
	order = realloc(thin->order, room * PICKS * sizeof(const struct kept *));
	if (!order)
		return false;
	thin->order = order;
	thin->lane_room = room;
	return true;
}

static void keep(struct lane *lane, const struct kept *row)
{
	const struct bytes *bytes = &row->bytes;
	struct kept *picks = lane->picks;

	picks[PICK_LAST] = *row;
	if (bytes->wmem_queued < picks[PICK_WMEM_MIN].bytes.wmem_queued)
		picks[PICK_WMEM_MIN] = *row;
	if (bytes->wmem_queued > picks[PICK_WMEM_MAX].bytes.wmem_queued)
		picks[PICK_WMEM_MAX] = *row;
	if (bytes->peer_queue < picks[PICK_QUEUE_MIN].bytes.peer_queue)
		picks[PICK_QUEUE_MIN] = *row;
	if (bytes->peer_queue > picks[PICK_QUEUE_MAX].bytes.peer_queue)
		picks[PICK_QUEUE_MAX] = *row;
}

static int begin_lane(struct thin *thin, const struct kept *row)
{
	struct lane *lane;

	if (thin->lane_count == thin->lane_room && !grow(thin))
		return -ENOMEM;
	lane = &thin->lanes[thin->lane_count++];
	lane->connection = row->bytes.connection;
	lane->sender = row->bytes.sender;
	for (int i = 0; i < PICKS; i++)
		lane->picks[i] = *row;
	return 0;
}

int thin_add(struct thin *thin, const struct bytes *bytes)
{
	struct kept row = { .number = ++thin->number, .bytes = *bytes };
	uint64_t interval = bytes->time_ns / thin->every_ns;

	if (interval != thin->interval)
		thin_flush(thin);
	thin->interval = interval;
	/* The busiest direction is mostly the one that was busy last. */
	for (size_t i = thin->lane_count; i-- > 0;) {
		struct lane *lane = &thin->lanes[i];

		if (lane->connection == bytes->connection && lane->sender == bytes->sender) {
			keep(lane, &row);
			return 0;
		}
	}
	return begin_lane(thin, &row);
}

static int by_number(const void *left, const void *right)
{
	uint64_t a = (*(const struct kept *const *)left)->number;
	uint64_t b = (*(const struct kept *const *)right)->number;

	return a < b ? -1 : a > b;
}

void thin_flush(struct thin *thin)
{
	uint64_t written = 0;
	size_t count = 0;

	for (size_t i = 0; i < thin->lane_count; i++)
		for (int pick = 0; pick < PICKS; pick++)
			thin->order[count++] = &thin->lanes[i].picks[pick];
	if (count)
		qsort(thin->order, count, sizeof(const struct kept *), by_number);
	for (size_t i = 0; i < count; i++) {
		if (thin->order[i]->number == written)
			continue;
		written = thin->order[i]->number;
		thin->out(thin->context, &thin->order[i]->bytes);
	}
	thin->lane_count = 0;
}

void thin_close(struct thin *thin)
{
	if (!thin)
		return;
	free(thin->lanes);
	free(thin->order);
	free(thin);
}
