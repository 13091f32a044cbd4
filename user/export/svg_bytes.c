/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the bytes of one direction are, stacked over time; the send buffer's
 * memory below; and the bracket at the return of the last send call, whose
 * numbers are the verdict's. One value a pixel column, steps between them.
 */
#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/export/svg_picture.h"
#include "user/model/names.h"

#define GRID_LINES 5
#define LABEL_FONT 13
#define SCALE_MOST 1e18 /* a file may lie */
#define BRACKET_ROOM 170

/* A scale from values to pixels of a panel, 0 at its bottom. */
struct scale {
	const struct svg_panel *panel;
	double max;
};

static struct scale scale_to(const struct svg_panel *panel, double max)
{
	if (max < 1)
		max = 1;
	return (struct scale){ panel, max < SCALE_MOST ? max : SCALE_MOST };
}

static double scale_y(const struct scale *scale, double value)
{
	if (value > scale->max)
		value = scale->max;
	return scale->panel->y + scale->panel->height - value / scale->max * scale->panel->height;
}

static int columns(void)
{
	return svg_layout.right - svg_layout.left;
}

static const struct direction *direction_of(const struct picture *picture)
{
	return &picture->connection->flow[picture->sender].at;
}

static const char *band_word(const struct picture *picture, enum svg_band band)
{
	bool peer_seen = direction_of(picture)->receiver_seen;
	enum svg_word word = SVG_WORD_BAND + band;

	if (!peer_seen && band == BAND_READ)
		word = SVG_WORD_ACKED;
	else if (!peer_seen && band == BAND_FLIGHT)
		word = SVG_WORD_UNACKED;
	return svg_word(picture->svg.lang, word);
}

/* What an end that is not traced would have to tell has no band. */
static bool band_known(const struct picture *picture, enum svg_band band)
{
	const struct direction *at = direction_of(picture);

	if (band == BAND_QUEUE)
		return at->receiver_seen;
	return at->sender_seen || band < BAND_UNSENT;
}

/* The upper edge of a band. */
static uint64_t band_top(const struct picture *picture, const struct chart_span *span,
			 enum svg_band band)
{
	const struct chart_point *point;

	if (!span)
		return 0;
	point = &span->flow[picture->sender];
	switch (band) {
	case BAND_READ:
		return direction_of(picture)->receiver_seen ? point->read : point->received;
	case BAND_QUEUE:
		return point->received;
	case BAND_FLIGHT:
		return point->sent;
	case BAND_UNSENT:
		return point->handed;
	default:
		return point->handed + point->in_program;
	}
}

static void band_fill(char *text, size_t size, enum svg_band band)
{
	if (svg_bands[band].pattern)
		snprintf(text, size, "url(#band%d)", (int)band);
	else
		snprintf(text, size, "%s", svg_bands[band].fill);
}

void picture_legend(struct picture *picture)
{
	double x = svg_layout.left;
	char fill[24];

	if (!direction_of(picture)->handed)
		return;
	for (int band = BAND_COUNT - 1; band >= 0; band--) {
		if (!band_known(picture, (enum svg_band)band))
			continue;
		band_fill(fill, sizeof(fill), (enum svg_band)band);
		svg_rect(&picture->svg, x, svg_layout.legend_y - 11, 16, 12, fill);
		svg_text(&picture->svg, x + 22, svg_layout.legend_y, LABEL_FONT, ANCHOR_START, 0,
			 band_word(picture, (enum svg_band)band));
		x += 22 + 22 +
		     svg_text_width(band_word(picture, (enum svg_band)band), LABEL_FONT, false);
	}
}

static void put_grid(struct picture *picture, const struct scale *scale, int lines)
{
	uint64_t step = picture_step((uint64_t)scale->max, lines);
	char text[FMT_SIZE];

	for (uint64_t i = 0; (double)(i * step) <= scale->max; i++) {
		double y = scale_y(scale, (double)(i * step));

		svg_line(&picture->svg, svg_layout.left, y, svg_layout.right, y, SVG_GRID, 1, NULL);
		svg_text(&picture->svg, svg_layout.left - 8, y + 4, 12, ANCHOR_END, SVG_DIM,
			 picture_short(fmt_bytes(text, sizeof(text), i * step)));
	}
}

static uint64_t column_top(const struct picture *picture, int column, enum svg_band band)
{
	uint64_t right_ns = picture_edge_ns(picture, column + 1);

	return band_top(picture, chart_at(picture->chart, right_ns), band);
}

/* Along the upper edge, and back along the lower one. */
static void put_band(struct picture *picture, const struct scale *scale, enum svg_band band)
{
	FILE *stream = picture->svg.stream;
	double at = -1, y;
	char fill[24];

	band_fill(fill, sizeof(fill), band);
	fprintf(stream, "<path fill=\"%s\" d=\"M%d %.1f", fill, svg_layout.left, scale_y(scale, 0));
	for (int column = 0; column < columns(); column++) {
		y = scale_y(scale, (double)column_top(picture, column, band));
		if (y != at)
			fprintf(stream, "H%dV%.1f", svg_layout.left + column, y);
		at = y;
	}
	fprintf(stream, "H%d", svg_layout.right);
	for (int column = columns() - 1; column >= 0; column--) {
		y = scale_y(scale, band ? (double)column_top(picture, column, band - 1) : 0);
		if (y != at || column == columns() - 1)
			fprintf(stream, "H%dV%.1f", svg_layout.left + column + 1, y);
		at = y;
	}
	fprintf(stream, "H%dZ\"/>\n", svg_layout.left);
}

/* The room that a label of this width has in a band from this column on; its middle is y. */
static double room_at(const struct picture *picture, const struct scale *scale, enum svg_band band,
		      int from, double width, double *y)
{
	double top = -1e9, bottom = 1e9;

	for (int column = from; column < from + width; column += 4) {
		double upper = scale_y(scale, (double)column_top(picture, column, band));
		double lower =
			scale_y(scale, band ? (double)column_top(picture, column, band - 1) : 0);

		top = upper > top ? upper : top;
		bottom = lower < bottom ? lower : bottom;
	}
	*y = (top + bottom) / 2;
	return bottom - top;
}

/* The bracket and its words need this stretch for themselves. */
static bool meets_bracket(const struct picture *picture, double left, double width)
{
	const struct flow *flow = &picture->connection->flow[picture->sender];
	double x;

	if (!flow->last_return_ns)
		return false;
	x = picture_x(picture, flow->last_return_ns);
	return x > svg_layout.right - BRACKET_ROOM
		       ? left + width > x - BRACKET_ROOM
		       : left < x + BRACKET_ROOM && left + width > x - 8;
}

/* What was lost covers all that stands there. */
static bool meets_loss(const struct picture *picture, double left, double width)
{
	const struct loss *losses;
	int count = trace_losses(picture->trace, &losses);

	for (int i = 0; i < count; i++)
		if (left < picture_x(picture, losses[i].last_ns) &&
		    left + width > picture_x(picture, losses[i].first_ns))
			return true;
	return false;
}

/* Where a label of this width lies within its band: where it is thick, and near the middle. */
static bool find_room(const struct picture *picture, const struct scale *scale, enum svg_band band,
		      double width, double *x, double *y)
{
	double best = -1e9, middle, center = (svg_layout.left + svg_layout.right) / 2.0;
	bool found = false;

	for (int from = 4; from + width < columns() - 4; from += 8) {
		double left = svg_layout.left + from, room, worth, off;

		room = room_at(picture, scale, band, from, width, &middle);
		if (room < LABEL_FONT + 5 || meets_bracket(picture, left, width) ||
		    meets_loss(picture, left, width))
			continue;
		off = left + width / 2 - center;
		worth = (room < 44 ? room : 44) - (off < 0 ? -off : off) / 30;
		if (worth <= best)
			continue;
		best = worth;
		*x = left + width / 2;
		*y = middle;
		found = true;
	}
	return found;
}

static void put_band_label(struct picture *picture, const struct scale *scale, enum svg_band band)
{
	const char *word = band_word(picture, band);
	double width = svg_text_width(word, LABEL_FONT, true) + 16, x, y;

	if (band_known(picture, band) && find_room(picture, scale, band, width, &x, &y))
		svg_text(&picture->svg, x, y + 4.5, LABEL_FONT, ANCHOR_MIDDLE, SVG_BOLD | SVG_HALO,
			 word);
}

static struct scale bytes_scale(const struct picture *picture)
{
	uint64_t top = picture->chart ? picture->chart->top[picture->sender] : 0;

	return scale_to(&svg_layout.bytes, (double)top * 1.04);
}

static void put_panel_title(struct picture *picture, const struct svg_panel *panel,
			    const char *text)
{
	svg_text(&picture->svg, svg_layout.left, panel->y - 8, LABEL_FONT, ANCHOR_START, SVG_BOLD,
		 text);
}

static void put_instead(struct picture *picture, const struct svg_panel *panel, enum svg_word word)
{
	svg_text(&picture->svg, (svg_layout.left + svg_layout.right) / 2.0,
		 panel->y + panel->height / 2.0, 16, ANCHOR_MIDDLE, SVG_DIM | SVG_HALO,
		 svg_word(picture->svg.lang, word));
}

void picture_bytes(struct picture *picture)
{
	enum end to = other_end(picture->sender);
	struct scale scale = bytes_scale(picture);
	char text[SVG_TEXT_SIZE];

	svg_word_fill(text, sizeof(text), picture->svg.lang, SVG_WORD_BYTES,
		      picture_role(picture, to), NULL);
	put_panel_title(picture, scale.panel, text);
	if (!picture->chart || !direction_of(picture)->handed) {
		put_instead(picture, scale.panel, SVG_WORD_NO_DATA);
		return;
	}
	put_grid(picture, &scale, GRID_LINES);
	for (int band = 0; band < BAND_COUNT; band++)
		if (band_known(picture, (enum svg_band)band))
			put_band(picture, &scale, (enum svg_band)band);
	for (int band = 0; band < BAND_COUNT; band++)
		put_band_label(picture, &scale, (enum svg_band)band);
}

static void put_memory(struct picture *picture, const struct scale *scale)
{
	FILE *stream = picture->svg.stream;
	double at = -1, y;

	fprintf(stream, "<path fill=\"url(#band%d)\" d=\"M%d %.1f", BAND_UNSENT, svg_layout.left,
		scale_y(scale, 0));
	for (int column = 0; column < columns(); column++) {
		y = scale_y(scale, chart_wmem_max(picture->chart, picture->sender,
						  picture_edge_ns(picture, column),
						  picture_edge_ns(picture, column + 1)));
		if (y != at)
			fprintf(stream, "H%dV%.1f", svg_layout.left + column, y);
		at = y;
	}
	fprintf(stream, "H%dV%.1fZ\"/>\n", svg_layout.right, scale_y(scale, 0));
}

static uint32_t sndbuf_in(const struct picture *picture, int column)
{
	const struct chart_span *span =
		chart_at(picture->chart, picture_edge_ns(picture, column + 1));

	return span ? span->flow[picture->sender].sndbuf : 0;
}

/* The limit moves: the kernel raises it as the window grows. Not known: no line. */
static void put_limit(struct picture *picture, const struct scale *scale)
{
	FILE *stream = picture->svg.stream;
	uint32_t at = 0, last = 0;
	char text[SVG_TEXT_SIZE], bytes[FMT_SIZE];

	fprintf(stream,
		"<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
		"stroke-dasharray=\"7 4\" d=\"M%d %.1f",
		SVG_BAD, svg_layout.left, scale_y(scale, 0));
	for (int column = 0; column < columns(); column++) {
		uint32_t sndbuf = sndbuf_in(picture, column);

		if (sndbuf && !at)
			fprintf(stream, "M%d %.1f", svg_layout.left + column,
				scale_y(scale, sndbuf));
		else if (sndbuf && sndbuf != at)
			fprintf(stream, "H%dV%.1f", svg_layout.left + column,
				scale_y(scale, sndbuf));
		at = sndbuf ? sndbuf : at;
		last = at;
	}
	fprintf(stream, "H%d\"/>\n", svg_layout.right);
	svg_word_fill(text, sizeof(text), picture->svg.lang, SVG_WORD_LIMIT,
		      fmt_bytes(bytes, sizeof(bytes), last), NULL);
	svg_text(&picture->svg, svg_layout.right - 4, scale_y(scale, last) - 6, 12, ANCHOR_END,
		 SVG_BOLD | SVG_RED | SVG_HALO, text);
}

static double memory_max(const struct picture *picture)
{
	double max = picture->chart->wmem_peak[picture->sender];

	for (int column = 0; column < columns(); column++)
		if (sndbuf_in(picture, column) > max)
			max = sndbuf_in(picture, column);
	return max * 1.22;
}

void picture_memory(struct picture *picture)
{
	struct scale scale = { .panel = &svg_layout.memory };

	if (picture->connection->connect_error)
		return;
	put_panel_title(picture, scale.panel, svg_word(picture->svg.lang, SVG_WORD_MEMORY));
	if (!picture->chart || !picture->chart->sampled[picture->sender]) {
		put_instead(picture, scale.panel,
			    direction_of(picture)->handed ? SVG_WORD_NO_SAMPLES : SVG_WORD_NO_DATA);
		return;
	}
	scale = scale_to(&svg_layout.memory, memory_max(picture));
	put_grid(picture, &scale, 2);
	put_memory(picture, &scale);
	put_limit(picture, &scale);
}

static void put_open_bytes(struct picture *picture, double x, double top, double bottom)
{
	const struct bytes *then = &picture->connection->flow[picture->sender].at_return;
	bool read_known = then->at.receiver_seen;
	uint64_t open = then->at.handed - (read_known ? then->at.read : then->at.acked);
	bool left = x > svg_layout.right - BRACKET_ROOM;
	double side = left ? -1 : 1, middle = (top + bottom) / 2;
	enum svg_word word = read_known ? SVG_WORD_NOT_READ : SVG_WORD_NOT_ACKED;
	char bytes[FMT_SIZE];

	if (open) {
		fprintf(picture->svg.stream,
			"<path d=\"M%.1f %.1fH%.1fV%.1fH%.1f\" fill=\"none\" stroke=\"%s\" "
			"stroke-width=\"3\"/>\n",
			x + side * 6, top, x + side * 14, bottom, x + side * 6, SVG_INK);
		svg_text(&picture->svg, x + side * 20, middle - 2, 16,
			 left ? ANCHOR_END : ANCHOR_START, SVG_BOLD | SVG_HALO,
			 fmt_bytes(bytes, sizeof(bytes), open));
		svg_text(&picture->svg, x + side * 20, middle + 15, LABEL_FONT,
			 left ? ANCHOR_END : ANCHOR_START, SVG_BOLD | SVG_HALO,
			 svg_word(picture->svg.lang, word));
	} else {
		svg_text(&picture->svg, x + side * 8, bottom - 8, LABEL_FONT,
			 left ? ANCHOR_END : ANCHOR_START, SVG_BOLD | SVG_HALO,
			 svg_word(picture->svg.lang,
				  read_known ? SVG_WORD_ALL_READ : SVG_WORD_ALL_ACKED));
	}
}

static void put_return_label(struct picture *picture, double x)
{
	const struct flow *flow = &picture->connection->flow[picture->sender];
	char count[FMT_SIZE], text[SVG_TEXT_SIZE];
	uint64_t calls = summary_send_calls(picture->connection, picture->sender);

	if (calls == 1)
		snprintf(text, sizeof(text), "%s() = %s", name_call(flow->last_call),
			 fmt_count(count, sizeof(count), flow->last_moved_bytes));
	else
		label_fill(text, sizeof(text), picture->svg.lang, LABEL_LAST_RETURNED,
			   name_call(flow->last_call), NULL);
	svg_text(&picture->svg, x < svg_layout.left + 200 ? x + 20 : x - 8,
		 svg_layout.bytes.y + svg_layout.bytes.height - 8, LABEL_FONT,
		 x < svg_layout.left + 200 ? ANCHOR_START : ANCHOR_END,
		 SVG_BOLD | SVG_RED | SVG_HALO, text);
}

void picture_bracket(struct picture *picture)
{
	const struct flow *flow = &picture->connection->flow[picture->sender];
	const struct direction *then = &flow->at_return.at;
	struct scale scale = bytes_scale(picture);
	double x;

	if (!picture->chart || !flow->last_return_ns || flow->last_return_ns > picture->to_ns)
		return;
	x = picture_x(picture, flow->last_return_ns);
	svg_line(&picture->svg, x, svg_layout.grid.y, x, svg_layout.grid.y + svg_layout.grid.height,
		 SVG_ACCENT, 2, NULL);
	fprintf(picture->svg.stream, "<path d=\"M%.1f %dl-5-7h10z\" fill=\"%s\"/>\n", x,
		svg_layout.grid.y + 4, SVG_ACCENT);
	put_return_label(picture, x);
	if (!picture->connection->places_known)
		return;
	put_open_bytes(picture, x, scale_y(&scale, (double)then->handed),
		       scale_y(&scale, (double)(then->receiver_seen ? then->read : then->acked)));
}
