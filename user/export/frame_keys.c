/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What keys do to a frame. They choose what is shown, and change no fact. */
#include "user/export/frame_parts.h"

#define PAGE_ROWS 10

/* A second press of the same key goes back. */
static void turn_to(struct frame *frame, enum frame_page page)
{
	frame->page = frame->page == page ? frame->base : page;
	frame->scroll = 0;
}

static void turn_to_base(struct frame *frame, enum frame_page base)
{
	frame->page = frame->base = base;
	frame->from_top = false;
	frame->scroll = 0;
}

void frame_top(struct frame *frame, enum top_order order)
{
	frame->top.order = order;
	turn_to_base(frame, PAGE_TOP);
}

static void go_back(struct frame *frame)
{
	if (frame->page == PAGE_CONNECTION && frame->from_top) {
		turn_to_base(frame, PAGE_TOP);
		return;
	}
	if (frame->page == PAGE_CONNECTION) {
		frame->listed = true;
		frame->picked = true;
	}
	frame->page = frame->base;
	frame->scroll = 0;
}

static unsigned int place_of(const struct trace *trace, unsigned int id)
{
	unsigned int at = 0, count = trace_connections(trace);

	while (at < count && trace_connection(trace, at)->id < id)
		at++;
	return at;
}

/* In the order of their beginning, round and round. */
static void choose_next(struct frame *frame, const struct trace *trace, int step)
{
	unsigned int count = trace_connections(trace), at = place_of(trace, frame->chosen);

	if (!count)
		return;
	if (frame->chosen && !frame->listed)
		at = (at + (unsigned int)((int)count + step)) % count;
	frame->chosen = trace_connection(trace, at % count)->id;
	frame->listed = false;
	frame->picked = true;
	frame->scroll = 0;
}

static void open_chosen(struct frame *frame, const struct trace *trace)
{
	bool from_top = frame->page == PAGE_TOP;

	if (from_top && !frame->chosen)
		top_step(frame, 0);
	if (from_top)
		turn_to_base(frame, PAGE_CONNECTION);
	frame->from_top |= from_top;
	if (!frame->chosen)
		frame->chosen = frame_list_step(frame, trace, 0);
	frame->listed = !frame->chosen;
	frame->picked = true;
	frame->page = PAGE_CONNECTION;
}

static bool shows_list(const struct frame *frame, const struct trace *trace)
{
	return frame->page == PAGE_CONNECTION && frame->listed && trace_connections(trace) > 1;
}

static void move(struct frame *frame, const struct trace *trace, int step)
{
	if (frame->page == PAGE_TOP) {
		top_step(frame, step);
		return;
	}
	if (shows_list(frame, trace)) {
		frame->chosen = frame_list_step(frame, trace, step);
		frame->picked = true;
		return;
	}
	frame->scroll -= step;
	if (frame->scroll < 0)
		frame->scroll = 0;
}

static bool move_key(struct frame *frame, const struct trace *trace, int key)
{
	switch (key) {
	case FRAME_KEY_UP:
	case 'k':
		move(frame, trace, -1);
		return true;
	case FRAME_KEY_DOWN:
	case 'j':
		move(frame, trace, 1);
		return true;
	case FRAME_KEY_PAGE_UP:
		move(frame, trace, -PAGE_ROWS);
		return true;
	case FRAME_KEY_PAGE_DOWN:
		move(frame, trace, PAGE_ROWS);
		return true;
	}
	return false;
}

static bool order_key(struct frame *frame, int key)
{
	if (frame->page != PAGE_TOP || key < '1' || key >= '1' + TOP_ORDERS)
		return false;
	frame->top.order = (enum top_order)(key - '1');
	return true;
}

bool frame_key(struct frame *frame, const struct trace *trace, int key)
{
	switch (key) {
	case 't':
		turn_to_base(frame, frame->page == PAGE_TOP ? PAGE_CONNECTION : PAGE_TOP);
		return true;
	case 'l':
		turn_to(frame, PAGE_LADDER);
		return true;
	case 'e':
		turn_to(frame, PAGE_EVENTS);
		return true;
	case '?':
	case 'h':
		turn_to(frame, PAGE_HELP);
		return true;
	case FRAME_KEY_TAB:
		choose_next(frame, trace, 1);
		return true;
	case FRAME_KEY_BACK_TAB:
		choose_next(frame, trace, -1);
		return true;
	case FRAME_KEY_ENTER:
	case '\n':
		open_chosen(frame, trace);
		return true;
	case FRAME_KEY_ESCAPE:
	case FRAME_KEY_BACKSPACE:
		go_back(frame);
		return true;
	}
	return order_key(frame, key) || move_key(frame, trace, key);
}
