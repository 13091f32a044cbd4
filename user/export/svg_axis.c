/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The time axis: gathers what its picture needs of each connection with
 * curves, and draws one of them at the end. A stretch in which records were
 * lost is covered: what was drawn there would be a guess.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/svg.h"
#include "user/export/svg_picture.h"

#define TICKS 10
#define LOSSES_MOST 64 /* as many as the model keeps */

struct svg_axis {
	struct export_target target;
	const struct capture_info *info;
	uint64_t now_ns;
	bool failed;			      /* no memory */
	struct chart *charts[TRACE_DETAILED]; /* by the connection's number */
};

double picture_x(const struct picture *picture, uint64_t time_ns)
{
	double from = time_ns > picture->from_ns ? (double)(time_ns - picture->from_ns)
						 : -(double)(picture->from_ns - time_ns);

	return svg_layout.left + from / (double)(picture->to_ns - picture->from_ns) *
					 (svg_layout.right - svg_layout.left);
}

double picture_clip(double x)
{
	if (x < svg_layout.left)
		return svg_layout.left;
	return x > svg_layout.right ? svg_layout.right : x;
}

uint64_t picture_edge_ns(const struct picture *picture, int column)
{
	uint64_t span = picture->to_ns - picture->from_ns;
	uint64_t count = (uint64_t)(svg_layout.right - svg_layout.left);
	uint64_t at = (uint64_t)column;

	return picture->from_ns + span / count * at + span % count * at / count;
}

uint64_t picture_step(uint64_t extent, int parts)
{
	uint64_t step = 1;

	for (;;) {
		if (extent / step <= (uint64_t)parts)
			return step;
		if (extent / (2 * step) <= (uint64_t)parts)
			return 2 * step;
		if (extent / (5 * step) <= (uint64_t)parts)
			return 5 * step;
		step *= 10;
	}
}

char *picture_short(char *text)
{
	char *point = strchr(text, '.'), *end, *rest;

	if (!point)
		return text;
	rest = strchr(point, ' ');
	if (!rest)
		return text;
	for (end = rest; end[-1] == '0'; end--)
		;
	if (end[-1] == '.')
		end--;
	memmove(end, rest, strlen(rest) + 1);
	return text;
}

static void put_tick(struct picture *picture, int64_t offset_ns)
{
	uint64_t time_ns = picture->zero_ns + (uint64_t)offset_ns;
	uint64_t size = (uint64_t)(offset_ns < 0 ? -offset_ns : offset_ns);
	double x = picture_x(picture, time_ns);
	char text[FMT_SIZE + 1], duration[FMT_SIZE];

	svg_line(&picture->svg, x, svg_layout.grid.y, x, svg_layout.grid.y + svg_layout.grid.height,
		 SVG_GRID, 1, NULL);
	if (x > svg_layout.right - 12)
		return;
	fmt_duration(duration, sizeof(duration), size);
	snprintf(text, sizeof(text), "%s%s", offset_ns < 0 ? "-" : "",
		 size ? picture_short(duration) : "0 s");
	svg_text(&picture->svg, x, svg_layout.ticks_top_y, 12, ANCHOR_MIDDLE, SVG_DIM, text);
	svg_text(&picture->svg, x, svg_layout.ticks_bottom_y, 12, ANCHOR_MIDDLE, SVG_DIM, text);
}

static void put_ticks(struct picture *picture)
{
	int64_t step = (int64_t)picture_step(picture->to_ns - picture->from_ns, TICKS);
	int64_t from = (int64_t)(picture->from_ns - picture->zero_ns);
	int64_t to = (int64_t)(picture->to_ns - picture->zero_ns);

	for (int64_t at = from / step; at <= to / step; at++)
		if (at * step >= from)
			put_tick(picture, at * step);
}

static void put_who(struct picture *picture)
{
	char owner[2][SVG_TEXT_SIZE], endpoint[2][SVG_TEXT_SIZE], text[5 * SVG_TEXT_SIZE];

	for (int end = 0; end < END_COUNT; end++)
		picture_end_text(picture, (enum end)end, owner[end], endpoint[end],
				 sizeof(owner[end]));
	snprintf(text, sizeof(text), "%s %s %s  ->  %s %s %s", picture_role(picture, END_CLIENT),
		 owner[END_CLIENT], endpoint[END_CLIENT], picture_role(picture, END_SERVER),
		 owner[END_SERVER], endpoint[END_SERVER]);
	svg_text(&picture->svg, svg_layout.margin, svg_layout.who_y, 14, ANCHOR_START, SVG_DIM,
		 text);
}

/* Losses of several kinds at one time are one gap. Returns how many gaps there are. */
static int join_losses(const struct picture *picture, struct loss gaps[LOSSES_MOST])
{
	const struct loss *losses;
	int count = trace_losses(picture->trace, &losses), used = 0;

	for (int i = 0; i < count && i < LOSSES_MOST; i++) {
		struct loss gap = losses[i];

		for (int other = used - 1; other >= 0; other--) {
			if (gaps[other].last_ns < gap.first_ns ||
			    gaps[other].first_ns > gap.last_ns)
				continue;
			if (gaps[other].first_ns < gap.first_ns)
				gap.first_ns = gaps[other].first_ns;
			if (gaps[other].last_ns > gap.last_ns)
				gap.last_ns = gaps[other].last_ns;
			gap.count += gaps[other].count;
			gaps[other] = gaps[--used];
			other = used;
		}
		gaps[used++] = gap;
	}
	return used;
}

static void put_gap(struct picture *picture, const struct loss *gap)
{
	const struct svg_lanes *states = &svg_layout.states, *calls = &svg_layout.calls;
	const struct svg_panel panels[] = {
		{ states->y, states->step + states->height },
		svg_layout.bytes,
		svg_layout.memory,
		{ calls->y, calls->step + calls->height },
	};
	double left = picture_clip(picture_x(picture, gap->first_ns));
	double right = picture_clip(picture_x(picture, gap->last_ns));
	char count[FMT_SIZE], text[SVG_TEXT_SIZE];

	svg_word_fill(text, sizeof(text), picture->svg.lang, SVG_WORD_LOST,
		      fmt_count(count, sizeof(count), gap->count), NULL);
	for (size_t i = 0; i < sizeof(panels) / sizeof(panels[0]); i++)
		svg_rect_tip(&picture->svg, left, panels[i].y, right - left < 3 ? 3 : right - left,
			     panels[i].height, "url(#lost)", text);
	if (right - left > svg_text_width(text, 13, true) + 8)
		svg_text(&picture->svg, (left + right) / 2, svg_layout.bytes.y + 20, 13,
			 ANCHOR_MIDDLE, SVG_BOLD | SVG_RED | SVG_HALO, text);
}

static void put_losses(struct picture *picture)
{
	struct loss gaps[LOSSES_MOST];
	int count = join_losses(picture, gaps);

	for (int i = 0; i < count; i++)
		if (gaps[i].last_ns >= picture->from_ns && gaps[i].first_ns <= picture->to_ns)
			put_gap(picture, &gaps[i]);
}

static void draw(struct picture *picture)
{
	picture_open(picture, SVG_WORD_AXIS);
	put_who(picture);
	picture_legend(picture);
	put_ticks(picture);
	picture_states(picture);
	picture_bytes(picture);
	picture_memory(picture);
	picture_calls(picture);
	put_losses(picture);
	picture_bracket(picture);
	picture_close(picture, "");
}

/* The chart of a connection whose curves are kept; NULL: it has none. */
static struct chart *chart_of(struct svg_axis *axis, const struct connection *connection)
{
	struct chart **chart;

	if (!connection || !connection->detail || connection->id > TRACE_DETAILED)
		return NULL;
	chart = &axis->charts[connection->id - 1];
	if (!*chart)
		*chart = chart_new(connection->first_ns);
	if (!*chart)
		axis->failed = true;
	return *chart;
}

static void seen(struct svg_axis *axis, uint64_t time_ns)
{
	if (time_ns > axis->now_ns)
		axis->now_ns = time_ns;
}

static void on_state(void *context, const struct state_change *change)
{
	struct chart *chart = chart_of(context, change->socket->connection);

	seen(context, change->time_ns);
	if (chart)
		chart_state(chart, change->socket->end, change);
}

static void on_bytes(void *context, const struct bytes *bytes)
{
	struct chart *chart = chart_of(context, bytes->connection);

	seen(context, bytes->time_ns);
	if (chart)
		chart_bytes(chart, bytes);
}

/* accept() belongs to the connection that it returned. */
static void on_call(void *context, const struct call *call)
{
	struct svg_axis *axis = context;
	bool accepted = call->other && call->kind != CALL_SOCKETPAIR;
	const struct socket *socket = accepted ? call->other : call->socket;
	struct chart *chart = socket ? chart_of(axis, socket->connection) : NULL;

	seen(axis, call->return_ns);
	if (chart)
		chart_call(chart, socket->end, call, axis->now_ns);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct svg_axis *axis = calloc(1, sizeof(*axis));

	*context = axis;
	if (!axis)
		return -ENOMEM;
	axis->target = *target;
	axis->info = info;
	return 0;
}

static int end_export(void *context, const struct trace *trace, const struct capture_end *end)
{
	const struct connection *connection = picture_choose(trace);
	struct svg_axis *axis = context;
	struct picture picture;
	int err = axis->failed ? -ENOMEM : 0;

	(void)end;
	picture_init(&picture, &axis->target, axis->info, trace, connection);
	if (connection) {
		picture.chart = chart_of(axis, connection);
		draw(&picture);
	} else {
		picture_nothing(&picture, SVG_WORD_AXIS);
	}
	errno = 0;
	if (!err && (fflush(axis->target.stream) || ferror(axis->target.stream)))
		err = errno ? -errno : -EIO;
	for (int i = 0; i < TRACE_DETAILED; i++)
		chart_free(axis->charts[i]);
	free(axis);
	return err;
}

const struct export export_svg_axis = {
	.name = "svg",
	.sink = {
		.state = on_state,
		.call = on_call,
		.bytes = on_bytes,
	},
	.begin = begin,
	.end = end_export,
};
