/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A ring of events. Their words are those of the view "events", so they can't differ. */
#include "user/export/frame_events.h"

#include <stdlib.h>

#include "user/export/events.h"

struct event_copy *events_next(struct event_ring *ring)
{
	return &ring->copy[ring->count++ % EVENTS_KEPT];
}

static void tell(const struct trace_sink *sink, void *context, const struct event_copy *copy)
{
	switch (copy->kind) {
	case EVENT_GONE:
		break;
	case EVENT_PROCESS:
		sink->process(context, &copy->process);
		break;
	case EVENT_STATE:
		sink->state(context, &copy->state);
		break;
	case EVENT_CALL:
		sink->call(context, &copy->call);
		break;
	case EVENT_SEGMENT:
		sink->segment(context, &copy->segment);
		break;
	case EVENT_NOTE:
		sink->note(context, &copy->note);
		break;
	case EVENT_LOST:
		sink->lost(context, &copy->lost);
		break;
	}
}

static bool speaks_of(const struct event_copy *copy, const struct socket *socket)
{
	switch (copy->kind) {
	case EVENT_STATE:
		return copy->state.socket == socket;
	case EVENT_CALL:
		return copy->call.socket == socket || copy->call.other == socket;
	case EVENT_SEGMENT:
		return copy->segment.socket == socket;
	case EVENT_NOTE:
		return copy->note.socket == socket;
	default:
		return false;
	}
}

void events_gone(struct event_ring *ring, const struct socket *socket)
{
	for (int i = 0; i < EVENTS_KEPT; i++)
		if (speaks_of(&ring->copy[i], socket))
			ring->copy[i].kind = EVENT_GONE;
}

/* A view that is no terminal keeps every event on one line; its colours stay. */
void events_write(const struct event_ring *ring, struct lines *lines)
{
	uint64_t first = ring->count > EVENTS_KEPT ? ring->count - EVENTS_KEPT : 0;
	struct view view = lines->view;
	struct events events;

	view.term.tty = false;
	events_open(&events, &view);
	for (uint64_t i = first; i < ring->count; i++)
		tell(&view_events.sink, &events, &ring->copy[i % EVENTS_KEPT]);
	lines_take(lines, RANK_MUST);
}
