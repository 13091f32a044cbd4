/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last events, kept as they came and put into words only when they are
 * looked at, by the view "events" itself.
 */
#ifndef TCPWATCH_EXPORT_FRAME_EVENTS_H
#define TCPWATCH_EXPORT_FRAME_EVENTS_H

#include "user/export/frame_lines.h"

#define EVENTS_KEPT 256

struct event_copy {
	enum {
		EVENT_GONE,
		EVENT_PROCESS,
		EVENT_STATE,
		EVENT_CALL,
		EVENT_SEGMENT,
		EVENT_NOTE,
		EVENT_LOST
	} kind;
	union {
		struct process process;
		struct state_change state;
		struct call call;
		struct segment segment;
		struct note note;
		struct loss lost;
	};
};

struct event_ring {
	struct event_copy copy[EVENTS_KEPT];
	uint64_t count; /* ever seen */
};

/* The place for the next event. */
struct event_copy *events_next(struct event_ring *ring);

/* A socket is let go: what speaks of it can't be put into words any more. */
void events_gone(struct event_ring *ring, const struct socket *socket);

/* Writes all that are kept, one line each. */
void events_write(const struct event_ring *ring, struct lines *lines);

#endif
