/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines of a view that wait until nothing older can come: the model tells some
 * facts a little after their time. Nothing waits longer than HELD_NS of the
 * trace's time, nor do more than HELD_MAX lines, so a live view stays live.
 */
#ifndef TCPWATCH_EXPORT_HELD_H
#define TCPWATCH_EXPORT_HELD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HELD_NS 50000000ULL
#define HELD_MAX 512

struct held_line {
	uint64_t time_ns;
	unsigned int tag;
	char *text;
};

struct held {
	FILE *stream;
	uint64_t shown_ns; /* of the youngest line that was written */
	int count;
	struct held_line lines[HELD_MAX]; /* by time */
};

/* A line of this time would stand below a younger one that was written already. */
bool held_is_late(const struct held *held, uint64_t time_ns);

/*
 * Takes over text (malloc), whole lines. Lines of the same time stay in the order
 * in which they came; a late one is the next. tag: 0, or a number to find it by.
 */
void held_add(struct held *held, uint64_t time_ns, unsigned int tag, char *text);

/* Takes a line back that was not written yet. False when there is none. */
bool held_take_back(struct held *held, unsigned int tag);

/* Writes what nothing older than time_ns can precede any more, flushed. */
void held_until(struct held *held, uint64_t time_ns);

/* Writes all. */
void held_flush(struct held *held);

#endif
