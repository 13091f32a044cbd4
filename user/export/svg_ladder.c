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
#include "user/export/gap.h"
#include "user/export/svg.h"
#include "user/export/svg_picture.h"
#include "user/export/svg_rows.h"

#define FONT 13
#define PAUSE_PARTS 100 /* a silence that gets a row takes this part of the whole time */

struct svg_ladder {
	struct export_target target;
	const struct capture_info *info;
};

struct gap {
	struct ladder_gap gap;
	int height;
};

/* What is missing ahead of the first row needs no row: the foot counts it. */
static struct gap gap_between(const struct plan *plan, const bool kept[LADDER_ROWS], int before,
			      int row)
{
	struct gap gap = { ladder_gap(plan->ladder, kept, before, row), 0 };

	if (before >= 0 && gap_told(&gap.gap, plan->pause_ns))
		gap.height = row_gap_height(plan);
	return gap;
}

/* Height of all that is shown, at this scale in percent. */
static int plan_height(const struct plan *plan, const bool kept[LADDER_ROWS])
{
	int height = 0, before = -1, row;

	do {
		row = ladder_next(plan->ladder, kept, before);
		height += gap_between(plan, kept, before, row).height;
		if (row < plan->ladder->used)
			height += row_height(plan, &plan->ladder->rows[row]);
		before = row;
	} while (row < plan->ladder->used);
	return height;
}

static bool fits(const bool kept[LADDER_ROWS], void *context)
{
	return plan_height(context, kept) <= svg_layout.rows.height;
}

/* First closer together, then fewer rows; those that are left may spread again. */
static void make_plan(struct plan *plan, const struct ladder *ladder)
{
	const struct row *rows = ladder->rows;

	*plan = (struct plan){ .ladder = ladder, .percent = PLAN_TIGHTEST };
	if (ladder->used)
		plan->pause_ns = (rows[ladder->used - 1].time_ns - rows[0].time_ns) / PAUSE_PARTS;
	if (plan->pause_ns < GAP_PAUSE_NS)
		plan->pause_ns = GAP_PAUSE_NS;
	ladder_choose(ladder, plan->kept, fits, plan);
	for (int i = 0; i < ladder->used; i++)
		plan->shown += plan->kept[i];
	while (plan->percent < PLAN_WIDEST && fits(plan->kept, plan))
		plan->percent++;
	if (!fits(plan->kept, plan))
		plan->percent--;
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
	bool unseen = !socket_at(picture->connection, end);

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
	double from[END_COUNT] = { svg_layout.rows.y, svg_layout.rows.y };
	unsigned int state[END_COUNT] = { 0 };

	for (int i = 0; i < plan->ladder->used; i++) {
		const struct row *row = &plan->ladder->rows[i];

		if (!plan->kept[i] || row->kind != ROW_STATE)
			continue;
		put_life(picture, row->end, from[row->end], plan->y[i] + 4, state[row->end]);
		from[row->end] = plan->y[i] + 4;
		state[row->end] = row->state;
	}
	for (int end = 0; end < END_COUNT; end++)
		put_life(picture, (enum end)end, from[end], plan->bottom + 6, state[end]);
}

/* In the column of times: an arrow may be on its way across it. */
static void put_gap(struct picture *picture, const struct plan *plan, double y,
		    const struct ladder_gap *gap)
{
	double line = y + row_gap_height(plan) / 2.0;
	char text[SVG_TEXT_SIZE];

	for (int end = 0; end < END_COUNT; end++)
		svg_line(&picture->svg, svg_layout.life_x[end] - 24, line,
			 svg_layout.life_x[end] + 24, line, "#9aa3ad", 2, "2 6");
	gap_words(text, sizeof(text), picture->svg.lang, "⋮", gap);
	svg_text(&picture->svg, svg_layout.margin, line + 4.5, FONT, ANCHOR_START, SVG_DIM, text);
}

/* Where everything stands; the gaps are drawn on the way. */
static void place_rows(struct picture *picture, struct plan *plan)
{
	double y = svg_layout.rows.y;
	int before = -1, row;

	do {
		struct gap gap;

		row = ladder_next(plan->ladder, plan->kept, before);
		gap = gap_between(plan, plan->kept, before, row);
		if (gap.height)
			put_gap(picture, plan, y, &gap.gap);
		y += gap.height;
		if (row < plan->ladder->used) {
			plan->y[row] = y;
			y += row_height(plan, &plan->ladder->rows[row]);
		}
		before = row;
	} while (row < plan->ladder->used);
	plan->bottom = y;
}

/* A segment that is long on its way ends beside the rows of its arrival. */
static double arrival_y(const struct plan *plan, int row)
{
	const struct row *rows = plan->ladder->rows;

	if (!row_slow(&rows[row]))
		return 0;
	for (int i = row + 1; i < plan->ladder->used; i++)
		if (plan->kept[i] && rows[i].time_ns >= rows[row].arrived_ns)
			return plan->y[i] - 2;
	return 0;
}

static void put_rows(struct picture *picture, const struct plan *plan)
{
	for (int i = 0; i < plan->ladder->used; i++)
		if (plan->kept[i])
			row_draw(picture, plan, &plan->ladder->rows[i], plan->y[i],
				 arrival_y(plan, i));
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
	place_rows(picture, &plan);
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
