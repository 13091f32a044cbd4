/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Insertion from the young end, as in capture/order.c: lines come nearly sorted. */
#include "user/export/held.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct held *held, int at)
{
	free(held->lines[at].text);
	held->count--;
	memmove(held->lines + at, held->lines + at + 1,
		(size_t)(held->count - at) * sizeof(held->lines[0]));
}

static void write_oldest(struct held *held)
{
	fputs(held->lines[0].text, held->stream);
	held->shown_ns = held->lines[0].time_ns;
	drop(held, 0);
}

bool held_is_late(const struct held *held, uint64_t time_ns)
{
	return time_ns < held->shown_ns;
}

void held_add(struct held *held, uint64_t time_ns, unsigned int tag, char *text)
{
	int at;

	if (!text)
		return;
	if (held->count == HELD_MAX)
		write_oldest(held);
	if (held_is_late(held, time_ns))
		time_ns = held->shown_ns;
	for (at = held->count++; at && held->lines[at - 1].time_ns > time_ns; at--)
		held->lines[at] = held->lines[at - 1];
	held->lines[at] = (struct held_line){ .time_ns = time_ns, .tag = tag, .text = text };
}

bool held_take_back(struct held *held, unsigned int tag)
{
	for (int i = 0; i < held->count; i++) {
		if (held->lines[i].tag != tag)
			continue;
		drop(held, i);
		return true;
	}
	return false;
}

void held_until(struct held *held, uint64_t time_ns)
{
	bool any = false;

	while (held->count && held->lines[0].time_ns + HELD_NS <= time_ns) {
		write_oldest(held);
		any = true;
	}
	if (any)
		fflush(held->stream);
}

void held_flush(struct held *held)
{
	while (held->count)
		write_oldest(held);
	fflush(held->stream);
}
