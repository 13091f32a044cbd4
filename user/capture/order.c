/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sorts nearly sorted records by insertion from the young end, which costs
 * nothing when they are in order already. What is held is bounded: when it is
 * full, the oldest goes on early, so a hostile file can't take all memory.
 */
#include "user/capture/order.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define HOLD_NS 1000000
/* A power of two; at 8 M records/s this is a millisecond. */
#define HELD_MAX 8192

struct order {
	void (*out)(void *context, const union record *record);
	void *context;
	uint64_t newest_ns;
	uint64_t handed_ns; /* time of the youngest that was handed on */
	unsigned int head;
	unsigned int count;
	union record held[HELD_MAX]; /* a ring: sorted from head */
};

static union record *held_at(struct order *order, unsigned int index)
{
	return &order->held[(order->head + index) % HELD_MAX];
}

int order_open(struct order **order, void (*out)(void *context, const union record *record),
	       void *context)
{
	struct order *made = malloc(sizeof(*made));

	*order = made;
	if (!made)
		return -ENOMEM;
	made->out = out;
	made->context = context;
	made->newest_ns = 0;
	made->handed_ns = 0;
	made->head = 0;
	made->count = 0;
	return 0;
}

static void hand_on_oldest(struct order *order)
{
	union record *oldest = held_at(order, 0);

	order->handed_ns = oldest->header.time_ns;
	order->out(order->context, oldest);
	order->head = (order->head + 1) % HELD_MAX;
	order->count--;
}

/* Records of the same time stay in the order in which they came. */
static void insert(struct order *order, const union record *record)
{
	unsigned int at = order->count++;

	while (at && held_at(order, at - 1)->header.time_ns > record->header.time_ns) {
		*held_at(order, at) = *held_at(order, at - 1);
		at--;
	}
	*held_at(order, at) = *record;
}

int order_add(struct order *order, const union record *record)
{
	uint64_t time_ns = record->header.time_ns;

	if (time_ns < order->handed_ns) {
		order->out(order->context, record);
		return 0;
	}
	if (order->count == HELD_MAX)
		hand_on_oldest(order);
	insert(order, record);
	if (time_ns > order->newest_ns)
		order->newest_ns = time_ns;
	while (order->count && order->newest_ns - held_at(order, 0)->header.time_ns >= HOLD_NS)
		hand_on_oldest(order);
	return 0;
}

void order_flush(struct order *order)
{
	while (order->count)
		hand_on_oldest(order);
}

void order_close(struct order *order)
{
	free(order);
}
