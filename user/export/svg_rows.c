/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arrows fall from where a segment leaves to where it arrives; one that was
 * not seen to arrive ends in a cross; one that is sent again is dashed. Calls
 * and states stand beside the line of their end, outside.
 */
#include "user/export/svg_rows.h"

#include <netinet/tcp.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/model/names.h"

#define FONT 13
#define SMALL 12
#define LINE 24		/* from one row of text to the next, where there is room */
#define SLOW_NS 1000000 /* a segment that takes longer says when it arrives */

bool row_slow(const struct row *row)
{
	return row->kind == ROW_SEGMENT && row->arrived && row->left &&
	       row->arrived_ns > row->time_ns + SLOW_NS;
}

static bool has_second_line(const struct row *row)
{
	return row->kind == ROW_SEGMENT &&
	       (row->flags & SEGMENT_SYN || (row->left && !row->arrived && row->peer_seen));
}

int row_height(const struct plan *plan, const struct row *row)
{
	int height = LINE;

	if (row->kind == ROW_SEGMENT)
		height = has_second_line(row) ? 52 : 36;
	else if (row->kind == ROW_DATA)
		height = 28;
	else if (row->kind == ROW_LOST)
		height = 34; /* the words of a segment stand above its arrow */
	return height * plan->percent / 100;
}

int row_gap_height(const struct plan *plan)
{
	return LINE * plan->percent / 100;
}

static double middle_x(void)
{
	return (svg_layout.life_x[END_CLIENT] + svg_layout.life_x[END_SERVER]) / 2.0;
}

/* Outside of the end's line: to the left of the client's, to the right of the server's. */
static double outside_x(enum end end, double distance)
{
	return svg_layout.life_x[end] + (end == END_CLIENT ? -distance : distance);
}

static enum svg_anchor outside_anchor(enum end end)
{
	return end == END_CLIENT ? ANCHOR_END : ANCHOR_START;
}

static void put_time(struct picture *picture, const struct row *row, double base)
{
	char text[FMT_SIZE];

	svg_text(&picture->svg, svg_layout.margin + 80, base, SMALL, ANCHOR_END, SVG_DIM | SVG_MONO,
		 fmt_offset(text, sizeof(text), (int64_t)(row->time_ns - picture->zero_ns)));
}

static void draw_state(struct picture *picture, const struct plan *plan, const struct row *row,
		       double y)
{
	const char *name = name_state(row->state);
	double width = svg_text_width(name, SMALL, true) + 14;
	double room = LINE * plan->percent / 100.0 - 1, height = room < 17 ? room : 17;
	double x = outside_x(row->end, 12) - (row->end == END_CLIENT ? width : 0);

	fprintf(picture->svg.stream,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"8\" "
		"fill=\"%s\"/>\n",
		x, y + 1, width, height, svg_state_fill(row->state));
	svg_text(&picture->svg, x + width / 2, y + height / 2 + 5.5, SMALL, ANCHOR_MIDDLE,
		 SVG_BOLD | SVG_WHITE, name);
}

static void put_dot(struct picture *picture, const struct row *row, double y, bool open)
{
	fprintf(picture->svg.stream,
		"<circle cx=\"%d\" cy=\"%.1f\" r=\"4\" fill=\"%s\" stroke=\"%s\" "
		"stroke-width=\"2\"/>\n",
		svg_layout.life_x[row->end], y + 9.5, open ? "#fff" : SVG_INK, SVG_INK);
}

static void call_words(const struct row *row, char *text, size_t size)
{
	char count[FMT_SIZE], duration[FMT_SIZE], time[FMT_SIZE + 4] = "";
	bool data = call_sends(row->call) || call_receives(row->call);

	if (row->kind == ROW_CALL_ENTER) {
		snprintf(text, size, "%s(%s)", name_call(row->call),
			 data ? fmt_count(count, sizeof(count), row->asked_bytes) : "");
		return;
	}
	if (call_is_timed(row->call))
		snprintf(time, sizeof(time), " (%s)",
			 fmt_duration_seen(duration, sizeof(duration), row->inside_ns,
					   !row->found));
	if (row->result < 0)
		snprintf(text, size, "%s() = %s%s", name_call(row->call),
			 name_errno((int)row->result), time);
	else
		snprintf(text, size, "%s() = %s%s", name_call(row->call),
			 fmt_count(count, sizeof(count), (uint64_t)row->result), time);
}

static void draw_call(struct picture *picture, const struct row *row, double y)
{
	bool enter = row->kind == ROW_CALL_ENTER;
	char text[SVG_TEXT_SIZE];

	call_words(row, text, sizeof(text));
	put_dot(picture, row, y, enter);
	svg_text(&picture->svg, outside_x(row->end, 14), y + 14, FONT, outside_anchor(row->end),
		 SVG_MONO | (enter ? SVG_BOLD : 0), text);
}

/* "SYN-ACK seq=0 ack=1 win=65,483" */
static void segment_words(const struct picture *picture, const struct row *row, char *text,
			  size_t size)
{
	char name[16], length[FMT_SIZE], window[FMT_SIZE];
	size_t used = 0;

	name_segment_told(row->flags, row->length, name, sizeof(name));
	used += (size_t)snprintf(text, size, "%s%s",
				 row->again ? label(picture->svg.lang, LABEL_AGAIN) : "", name);
	if (row->length || row->flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST))
		used += (size_t)snprintf(text + used, size - used, " seq=%llu",
					 (unsigned long long)row->seq);
	if (row->flags & SEGMENT_ACK)
		used += (size_t)snprintf(text + used, size - used, " ack=%llu",
					 (unsigned long long)row->ack);
	if (row->length)
		used += (size_t)snprintf(text + used, size - used, " len=%s",
					 fmt_count(length, sizeof(length), row->length));
	snprintf(text + used, size - used, " win=%s",
		 fmt_count(window, sizeof(window), row->window));
}

static void syn_words(const struct row *row, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "raw seq %u", row->raw_seq);

	if (row->mss)
		used += (size_t)snprintf(text + used, size - used, " · mss %u", row->mss);
	if (row->wscale != SEGMENT_NO_WSCALE)
		snprintf(text + used, size - used, " · wscale %u", row->wscale);
}

static void second_line(const struct picture *picture, const struct row *row, char *text,
			size_t size)
{
	char offset[FMT_SIZE], part[SVG_TEXT_SIZE] = "";
	size_t used;

	text[0] = '\0';
	if (row->flags & SEGMENT_SYN)
		syn_words(row, text, size);
	if (row->left && !row->arrived && row->peer_seen)
		snprintf(part, sizeof(part), "%s", label(picture->svg.lang, LABEL_NO_ARRIVAL));
	else if (row->left && row->arrived_ns > row->time_ns + SLOW_NS)
		label_fill(part, sizeof(part), picture->svg.lang, LABEL_ARRIVES,
			   fmt_offset(offset, sizeof(offset),
				      (int64_t)(row->arrived_ns - picture->zero_ns)),
			   NULL);
	used = strlen(text);
	if (part[0])
		snprintf(text + used, size - used, "%s%.200s", used ? " · " : "", part);
}

static void put_head(struct picture *picture, double x, double y, double toward, const char *color)
{
	fprintf(picture->svg.stream, "<path d=\"M%.1f %.1fl%.1f -6v10z\" fill=\"%s\"/>\n", x, y,
		-toward * 12, color);
}

static void put_cross(struct picture *picture, double x, double y)
{
	svg_line(&picture->svg, x - 6, y - 6, x + 6, y + 6, SVG_BAD, 3, NULL);
	svg_line(&picture->svg, x - 6, y + 6, x + 6, y - 6, SVG_BAD, 3, NULL);
}

static void put_arrow(struct picture *picture, const struct row *row, double y, double fall)
{
	bool lost = row->left && !row->arrived && row->peer_seen;
	double toward = row->end == END_CLIENT ? 1 : -1;
	double from = svg_layout.life_x[row->end] + toward * 8;
	double to = svg_layout.life_x[other_end(row->end)] - toward * 8;
	const char *color = lost || row->flags & SEGMENT_RST ? SVG_BAD : SVG_INK;
	double width = row->flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST) ? 2.5 : 1.5;

	if (lost) {
		to = from + (to - from) * 0.8;
		fall *= 0.8;
	}
	svg_line(&picture->svg, from, y, to - (lost ? 0 : toward * 8), y + fall, color, width,
		 row->again ? "8 5" : NULL);
	if (lost)
		put_cross(picture, to, y + fall);
	else
		put_head(picture, to, y + fall + 1, toward, color);
}

/* Only where it fits: the time of the row where the arrow ends says it too. */
static void add_arrival(const struct picture *picture, const struct row *row, char *text,
			size_t size, bool bold)
{
	double room = svg_layout.life_x[END_SERVER] - svg_layout.life_x[END_CLIENT] - 40;
	char part[SVG_TEXT_SIZE], all[2 * SVG_TEXT_SIZE + 8];

	second_line(picture, row, part, sizeof(part));
	snprintf(all, sizeof(all), "%s · %s", text, part);
	if (svg_text_width(all, FONT, bold) <= room)
		snprintf(text, size, "%.*s", (int)size - 1, all);
}

/* Words lean with their arrow, so that it doesn't run through them. */
static void open_lean(struct picture *picture, const struct row *row, double fall)
{
	double length = svg_layout.life_x[END_SERVER] - svg_layout.life_x[END_CLIENT] - 16;
	double slope = (row->end == END_CLIENT ? fall : -fall) / length;

	fprintf(picture->svg.stream, "<g transform=\"matrix(1 %.4f 0 1 0 %.1f)\">\n", slope,
		-slope * middle_x());
}

static void draw_segment(struct picture *picture, const struct plan *plan, const struct row *row,
			 double y, double arrival_y)
{
	double height = row_height(plan, row);
	bool second = has_second_line(row);
	double fall = svg_layout.slant * (plan->percent < 100 ? plan->percent : 100) / 100.0;
	double top = y + (second ? height * 0.44 : height * 0.5);
	int bold = row->flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST) ? SVG_BOLD : 0;
	char text[SVG_TEXT_SIZE];
	bool leans = arrival_y > top + fall;

	if (leans)
		fall = arrival_y - top;
	put_arrow(picture, row, top, fall);
	if (leans)
		open_lean(picture, row, fall);
	segment_words(picture, row, text, sizeof(text));
	if (row_slow(row) && !second)
		add_arrival(picture, row, text, sizeof(text), bold);
	svg_text(&picture->svg, middle_x(), top + fall / 2 - 8, FONT, ANCHOR_MIDDLE,
		 bold | SVG_HALO, text);
	if (second) {
		second_line(picture, row, text, sizeof(text));
		svg_text(&picture->svg, middle_x(), top + fall / 2 + 14, SMALL, ANCHOR_MIDDLE,
			 SVG_DIM | SVG_HALO, text);
	}
	if (leans)
		fputs("</g>\n", picture->svg.stream);
}

/* A group holds both directions, so it is no arrow. */
static void draw_data(struct picture *picture, const struct plan *plan, const struct row *row,
		      double y)
{
	uint64_t ns = row->until_ns > row->time_ns ? row->until_ns - row->time_ns : 0;
	char count[FMT_SIZE], bytes[FMT_SIZE], duration[FMT_SIZE];
	char what[SVG_TEXT_SIZE], time[SVG_TEXT_SIZE], text[2 * SVG_TEXT_SIZE + 16];
	double left = svg_layout.life_x[END_CLIENT] + 10,
	       right = svg_layout.life_x[END_SERVER] - 10;
	double height = row_height(plan, row) - 4;

	label_fill(what, sizeof(what), picture->svg.lang, LABEL_SEGMENTS,
		   fmt_count(count, sizeof(count), row->segments),
		   fmt_bytes(bytes, sizeof(bytes), row->data_bytes), NULL);
	label_fill(time, sizeof(time), picture->svg.lang, LABEL_IN,
		   fmt_duration(duration, sizeof(duration), ns), NULL);
	snprintf(text, sizeof(text), "⋮ %s · %s ⋮", what, time);
	height = height < 18 ? height : 18;
	svg_rect(&picture->svg, left, y + 1, right - left, height, "#eef1f4");
	svg_text(&picture->svg, middle_x(), y + height / 2 + 5.5, FONT, ANCHOR_MIDDLE, 0, text);
}

static void draw_lost(struct picture *picture, const struct row *row, double y)
{
	char count[FMT_SIZE], text[SVG_TEXT_SIZE];
	double left = svg_layout.life_x[END_CLIENT], right = svg_layout.life_x[END_SERVER];

	label_fill(text, sizeof(text), picture->svg.lang, LABEL_LOST_HERE,
		   fmt_count(count, sizeof(count), row->lost), NULL);
	svg_rect(&picture->svg, left - 20, y, right - left + 40, 18, "url(#lost)");
	svg_text(&picture->svg, middle_x(), y + 14, FONT, ANCHOR_MIDDLE,
		 SVG_BOLD | SVG_RED | SVG_HALO, text);
}

void row_draw(struct picture *picture, const struct plan *plan, const struct row *row, double y,
	      double arrival_y)
{
	put_time(picture, row,
		 y + (row->kind == ROW_SEGMENT ? row_height(plan, row) * 0.5 + 4 : 14));
	switch (row->kind) {
	case ROW_CALL_ENTER:
	case ROW_CALL:
		draw_call(picture, row, y);
		break;
	case ROW_STATE:
		draw_state(picture, plan, row, y);
		break;
	case ROW_SEGMENT:
		draw_segment(picture, plan, row, y, arrival_y);
		break;
	case ROW_DATA:
		draw_data(picture, plan, row, y);
		break;
	case ROW_LOST:
		draw_lost(picture, row, y);
		break;
	}
}
