/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two lanes for states and two for calls, one for each end. A long call is a
 * bar of its own; of short ones the height says how much of the time was spent
 * inside. Each bar tells its exact numbers when it is pointed at.
 */
#include <netinet/tcp.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/columns.h"
#include "user/export/labels.h"
#include "user/export/svg_picture.h"
#include "user/model/names.h"

#define BAR_PIXELS 3 /* a call at least this wide is a bar of its own */
#define FONT 12

static double lane_y(const struct svg_lanes *lanes, enum end end)
{
	return lanes->y + (end == END_CLIENT ? 0 : lanes->step);
}

static void put_lane_name(struct picture *picture, const struct svg_lanes *lanes, enum end end)
{
	svg_text(&picture->svg, svg_layout.left - 8, lane_y(lanes, end) + lanes->height - 6, 13,
		 ANCHOR_END, SVG_BOLD, picture_role(picture, end));
}

/* The longest of the texts that the bar holds, in white. */
static void put_inside(struct picture *picture, const struct svg_lanes *lanes, double x, double y,
		       double width, const char *longer, const char *shorter)
{
	const char *text = shorter;

	if (svg_text_width(longer, FONT, true) + 10 <= width)
		text = longer;
	else if (svg_text_width(shorter, FONT, true) + 10 > width)
		return;
	svg_text(&picture->svg, x + 6, y + lanes->height / 2.0 + 4.5, FONT, ANCHOR_START,
		 SVG_BOLD | SVG_WHITE, text);
}

static void put_state(struct picture *picture, enum end end, unsigned int state, uint64_t from_ns,
		      uint64_t to_ns)
{
	const struct svg_lanes *lanes = &svg_layout.states;
	const struct socket *socket = socket_at(picture->connection, end);
	bool found = socket && socket->state_at_least[state];
	double x = picture_clip(picture_x(picture, from_ns)),
	       width = picture_clip(picture_x(picture, to_ns)) - x;
	char duration[FMT_SIZE], text[96], tip[160];

	if (state == TCP_CLOSE)
		return;
	fmt_duration_seen(duration, sizeof(duration), to_ns > from_ns ? to_ns - from_ns : 0,
			  !found);
	snprintf(text, sizeof(text), "%s  %s", name_state(state), duration);
	snprintf(tip, sizeof(tip), "%s: %s", picture_role(picture, end), text);
	svg_rect_tip(&picture->svg, x, lane_y(lanes, end), width < 1 ? 1 : width, lanes->height,
		     svg_state_fill(state), tip);
	put_inside(picture, lanes, x, lane_y(lanes, end), width, text, name_state(state));
}

/* What it was found in: told before there was a connection to draw it for. */
static void put_found(struct picture *picture, enum end end, uint64_t to_ns)
{
	const struct socket *socket = socket_at(picture->connection, end);

	for (unsigned int state = 1; socket && state < STATE_COUNT; state++)
		if (socket->state_at_least[state])
			put_state(picture, end, state,
				  to_ns - socket_state_ns(socket, state, to_ns), to_ns);
}

void picture_states(struct picture *picture)
{
	const struct chart *chart = picture->chart;

	for (int end = 0; end < END_COUNT; end++) {
		const struct chart_state *states = chart ? chart->states[end] : NULL;
		int count = chart ? chart->state_count[end] : 0;

		put_lane_name(picture, &svg_layout.states, (enum end)end);
		put_found(picture, (enum end)end, count ? states[0].from_ns : picture->to_ns);
		for (int i = 0; i < count; i++)
			put_state(picture, (enum end)end, states[i].state, states[i].from_ns,
				  i + 1 < count ? states[i + 1].from_ns : picture->to_ns);
		if (!socket_at(picture->connection, (enum end)end))
			svg_text(&picture->svg, svg_layout.left,
				 lane_y(&svg_layout.states, (enum end)end) + 15, FONT, ANCHOR_START,
				 SVG_DIM, label(picture->svg.lang, LABEL_NOT_TRACED));
	}
}

static void call_result(const struct picture *picture, const struct call *call, char *text,
			size_t size)
{
	char count[FMT_SIZE];

	if (!call->finished)
		snprintf(text, size, "%s", svg_word(picture->svg.lang, SVG_WORD_RUNNING));
	else if (call->result < 0)
		snprintf(text, size, "= %s", name_errno((int)call->result));
	else
		snprintf(text, size, "= %s",
			 fmt_count(count, sizeof(count), (uint64_t)call->result));
}

/* "slept 7.79 s: peer's window" for the cause that cost most */
static void add_sleep(const struct picture *picture, const struct call *call, char *text,
		      size_t size)
{
	char duration[FMT_SIZE], part[SVG_TEXT_SIZE];
	int worst = SLEEP_NONE + 1;
	size_t used = strlen(text);

	for (int cause = worst; cause < SLEEP_CAUSES; cause++)
		if (call->sleep_ns[cause] > call->sleep_ns[worst])
			worst = cause;
	if (!call->sleep_ns[worst])
		return;
	label_fill(part, sizeof(part), picture->svg.lang, LABEL_SLEPT,
		   fmt_duration(duration, sizeof(duration), call->sleep_ns[worst]),
		   label(picture->svg.lang, LABEL_SLEEP + worst), NULL);
	snprintf(text + used, size - used, " · %.200s", part);
}

static void call_text(const struct picture *picture, const struct call *call, char *text,
		      size_t size)
{
	char asked[FMT_SIZE] = "", result[SVG_TEXT_SIZE], duration[FMT_SIZE];

	if (call_sends(call->kind) || call_receives(call->kind))
		fmt_count(asked, sizeof(asked), call->asked_bytes);
	call_result(picture, call, result, sizeof(result));
	if (!call_is_timed(call->kind)) {
		snprintf(text, size, "%s() %.128s", name_call(call->kind), result);
		return;
	}
	snprintf(text, size, "%s(%s) %.128s · %s", name_call(call->kind), asked, result,
		 fmt_duration_seen(duration, sizeof(duration), call->return_ns - call->enter_ns,
				   !call->found));
	add_sleep(picture, call, text, size);
}

static void put_bar(struct picture *picture, enum end end, const struct call *call)
{
	const struct svg_lanes *lanes = &svg_layout.calls;
	double x = picture_clip(picture_x(picture, call->enter_ns));
	double width = picture_clip(picture_x(picture, call->return_ns)) - x;
	char text[SVG_TEXT_SIZE], shorter[64];

	if (width < BAR_PIXELS)
		return;
	call_text(picture, call, text, sizeof(text));
	snprintf(shorter, sizeof(shorter), "%s()", name_call(call->kind));
	svg_rect_tip(&picture->svg, x, lane_y(lanes, end), width, lanes->height,
		     svg_call_fills[chart_class(call->kind)], text);
	put_inside(picture, lanes, x, lane_y(lanes, end), width, text, shorter);
}

/* A bar of its own stands in this column, or right beside it. */
static bool under_bar(const struct picture *picture, enum end end, int column)
{
	const struct chart *chart = picture->chart;
	double x = svg_layout.left + column;

	for (int i = 0; i < chart->call_count[end]; i++) {
		double left = picture_x(picture, chart->calls[end][i].enter_ns);
		double right = picture_x(picture, chart->calls[end][i].return_ns);

		if (picture_clip(right) - picture_clip(left) >= BAR_PIXELS && x > left - 3 &&
		    x < right + 2)
			return true;
	}
	return false;
}

static bool any_call(const struct picture *picture, enum end end, enum svg_call_class class)
{
	for (int kind = 0; kind < CALL_KINDS; kind++) {
		if (connection_calls(picture->connection, end, (enum call_kind)kind)->count &&
		    chart_class((enum call_kind)kind) == class)
			return true;
	}
	return false;
}

/* As high as the share of a column that was spent inside, but never too low to be seen. */
static void put_shares(struct picture *picture, enum end end, enum svg_call_class class)
{
	const struct svg_lanes *lanes = &svg_layout.calls;
	double bottom = lane_y(lanes, end) + lanes->height, at = 0;
	FILE *stream = picture->svg.stream;

	if (!any_call(picture, end, class))
		return;
	fprintf(stream, "<path fill=\"%s\" d=\"M%d %.1f", svg_call_fills[class], svg_layout.left,
		bottom);
	for (int column = 0; column < svg_layout.right - svg_layout.left; column++) {
		uint64_t from = picture_edge_ns(picture, column);
		uint64_t to = picture_edge_ns(picture, column + 1);
		double share = chart_inside(picture->chart, end, class, from, to) /
			       (double)(to > from ? to - from : 1);
		double height = (share > 1 ? 1 : share) * lanes->height;

		if (under_bar(picture, end, column))
			height = 0;
		height = height > 0 && height < 1.5 ? 1.5 : height;
		if ((int)(height * 10) != (int)(at * 10))
			fprintf(stream, "H%dV%.1f", svg_layout.left + column, bottom - height);
		at = height;
	}
	fprintf(stream, "H%dV%.1fZ\"/>\n", svg_layout.right, bottom);
}

void picture_calls(struct picture *picture)
{
	char title[SVG_TEXT_SIZE];

	snprintf(title, sizeof(title), "%s (%s)", svg_word(picture->svg.lang, SVG_WORD_CALLS),
		 svg_word(picture->svg.lang, SVG_WORD_SHARE));
	svg_text(&picture->svg, svg_layout.left, svg_layout.calls.y - 8, 13, ANCHOR_START, SVG_BOLD,
		 title);
	for (int end = 0; end < END_COUNT; end++) {
		put_lane_name(picture, &svg_layout.calls, (enum end)end);
		if (!picture->chart)
			continue;
		for (int class = 0; class < CLASS_COUNT; class ++)
			put_shares(picture, (enum end)end, (enum svg_call_class) class);
		for (int i = 0; i < picture->chart->call_count[end]; i++)
			put_bar(picture, (enum end)end, &picture->chart->calls[end][i]);
	}
}
