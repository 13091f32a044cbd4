/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ladder as a picture: rows of equal weight whatever time passes, pauses
 * written out. What a slide can't hold is left out by rank, the handshake and
 * the end of the connection last, and the picture says so.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/svg.h"
#include "user/export/svg_picture.h"
#include "user/export/svg_rows.h"

#define FONT 13
#define PAUSE_NS 10000000 /* the shortest gap that gets a row of its own: */
#define PAUSE_PARTS 100	  /* and it takes this part of the whole time */

struct svg_ladder {
	struct export_target target;
	const struct capture_info *info;
};

static bool kept(const struct plan *plan, int row)
{
	return plan->kept[row];
}

/* Time that passes between two rows that are shown. */
static uint64_t pause_before(const struct plan *plan, int last, int row)
{
	const struct row *from = &plan->ladder->rows[last], *to = &plan->ladder->rows[row];
	uint64_t until = from->kind == ROW_DATA && from->until_ns > from->time_ns ? from->until_ns
										  : from->time_ns;

	return to->time_ns > until + plan->pause_ns ? to->time_ns - until : 0;
}

/* Height of all that is shown, at this scale in percent. */
static int plan_height(const struct plan *plan)
{
	int height = 0, last = -1;

	for (int i = 0; i < plan->ladder->used; i++) {
		if (!kept(plan, i))
			continue;
		if (last >= 0 && pause_before(plan, last, i))
			height += row_pause_height(plan);
		height += row_height(plan, &plan->ladder->rows[i]);
		last = i;
	}
	return height;
}

/* First closer together, then fewer rows. */
static void make_plan(struct plan *plan, const struct ladder *ladder)
{
	const struct row *rows = ladder->rows;

	*plan = (struct plan){ .ladder = ladder, .percent = PLAN_WIDEST, .shown = ladder->used };
	if (ladder->used)
		plan->pause_ns = (rows[ladder->used - 1].time_ns - rows[0].time_ns) / PAUSE_PARTS;
	if (plan->pause_ns < PAUSE_NS)
		plan->pause_ns = PAUSE_NS;
	for (int i = 0; i < ladder->used; i++)
		plan->kept[i] = true;
	while (plan_height(plan) > svg_layout.rows.height && plan->percent > PLAN_TIGHTEST)
		plan->percent -= 5;
	while (plan_height(plan) > svg_layout.rows.height) {
		ladder_drop_least(ladder, plan->kept);
		plan->shown--;
	}
}

static void put_names(struct picture *picture)
{
	char owner[SVG_TEXT_SIZE], endpoint[SVG_TEXT_SIZE], text[2 * SVG_TEXT_SIZE];

	for (int end = 0; end < END_COUNT; end++) {
		picture_end_text(picture, (enum end)end, owner, endpoint, sizeof(owner));
		snprintf(text, sizeof(text), "%s %s", picture_role(picture, (enum end)end), owner);
		svg_text(&picture->svg, svg_layout.life_x[end], svg_layout.names_y, 15,
			 ANCHOR_MIDDLE, SVG_BOLD, text);
		svg_text(&picture->svg, svg_layout.life_x[end], svg_layout.names_y + 18, FONT,
			 ANCHOR_MIDDLE, SVG_DIM | SVG_MONO, endpoint);
	}
}

static void put_life(struct picture *picture, enum end end, double from, double to,
		     unsigned int state)
{
	int x = svg_layout.life_x[end] - svg_layout.life_width / 2;
	bool unseen = !picture->connection->ends[end];

	if (to <= from)
		return;
	if (unseen)
		svg_line(&picture->svg, svg_layout.life_x[end], from, svg_layout.life_x[end], to,
			 "#9aa3ad", 2, "3 4");
	else
		svg_rect(&picture->svg, x, from, svg_layout.life_width, to - from,
			 state && state != TCP_CLOSE ? svg_state_fill(state) : "#c3c9d1");
}

/* The lifelines change their colour where a state's name stands beside them. */
static void put_lives(struct picture *picture, const struct plan *plan)
{
	double from[END_COUNT] = { svg_layout.rows.y, svg_layout.rows.y }, y = svg_layout.rows.y;
	unsigned int state[END_COUNT] = { 0 };
	int last = -1;

	for (int i = 0; i < plan->ladder->used; i++) {
		const struct row *row = &plan->ladder->rows[i];

		if (!kept(plan, i))
			continue;
		if (last >= 0 && pause_before(plan, last, i))
			y += row_pause_height(plan);
		if (row->kind == ROW_STATE) {
			put_life(picture, row->end, from[row->end], y + 4, state[row->end]);
			from[row->end] = y + 4;
			state[row->end] = row->state;
		}
		y += row_height(plan, row);
		last = i;
	}
	for (int end = 0; end < END_COUNT; end++)
		put_life(picture, (enum end)end, from[end], y + 6, state[end]);
}

static void put_pause(struct picture *picture, const struct plan *plan, double y, uint64_t ns)
{
	double middle = (svg_layout.life_x[END_CLIENT] + svg_layout.life_x[END_SERVER]) / 2.0;
	char duration[FMT_SIZE], text[SVG_TEXT_SIZE];
	double line = y + row_pause_height(plan) / 2.0;

	svg_line(&picture->svg, svg_layout.life_x[END_CLIENT] - 40, line,
		 svg_layout.life_x[END_SERVER] + 40, line, "#9aa3ad", 2, "2 6");
	label_fill(text, sizeof(text), picture->svg.lang, LABEL_PASS,
		   fmt_duration(duration, sizeof(duration), ns), NULL);
	svg_text(&picture->svg, middle, line + 4.5, FONT, ANCHOR_MIDDLE, SVG_DIM | SVG_HALO, text);
}

static void put_rows(struct picture *picture, const struct plan *plan)
{
	double y = svg_layout.rows.y;
	int last = -1;

	for (int i = 0; i < plan->ladder->used; i++) {
		const struct row *row = &plan->ladder->rows[i];
		uint64_t pause;

		if (!kept(plan, i))
			continue;
		pause = last >= 0 ? pause_before(plan, last, i) : 0;
		if (pause) {
			put_pause(picture, plan, y, pause);
			y += row_pause_height(plan);
		}
		row_draw(picture, plan, row, y);
		y += row_height(plan, row);
		last = i;
	}
}

static void draw(struct picture *picture)
{
	const struct ladder *ladder = &picture->connection->detail->ladder;
	char shown[FMT_SIZE], all[FMT_SIZE], note[SVG_TEXT_SIZE] = "";
	uint64_t rows = (uint64_t)ladder->used + ladder->dropped;
	struct plan plan;

	make_plan(&plan, ladder);
	picture_open(picture, SVG_WORD_LADDER);
	put_names(picture);
	put_lives(picture, &plan);
	put_rows(picture, &plan);
	if ((uint64_t)plan.shown < rows)
		svg_word_fill(note, sizeof(note), picture->svg.lang, SVG_WORD_SHOWN,
			      fmt_count(shown, sizeof(shown), (uint64_t)plan.shown),
			      fmt_count(all, sizeof(all), rows), NULL);
	picture_close(picture, note);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct svg_ladder *ladder = calloc(1, sizeof(*ladder));

	*context = ladder;
	if (!ladder)
		return -ENOMEM;
	ladder->target = *target;
	ladder->info = info;
	return 0;
}

static int end_export(void *context, const struct trace *trace, const struct capture_end *end)
{
	const struct connection *connection = picture_choose(trace);
	struct svg_ladder *ladder = context;
	struct picture picture;
	int err = 0;

	(void)end;
	picture_init(&picture, &ladder->target, ladder->info, trace, connection);
	if (connection)
		draw(&picture);
	else
		picture_nothing(&picture, SVG_WORD_LADDER);
	errno = 0;
	if (fflush(ladder->target.stream) || ferror(ladder->target.stream))
		err = errno ? -errno : -EIO;
	free(ladder);
	return err;
}

const struct export export_svg_ladder = {
	.name = "svg-ladder",
	.begin = begin,
	.end = end_export,
};
