/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the bytes of one direction are at this instant: a bar of five places in
 * the order of their way, the numbers below it; and the two kernels' buffers
 * over time. A number that isn't known is never shown as 0.
 */
#include "user/base/fmt.h"
#include "user/export/frame_parts.h"
#include "user/export/labels.h"
#include "user/export/summary.h"

#define PLACES 5
#define GAUGE_CELLS 10
#define NAME_COLUMNS 34
#define CURVE_COLUMNS_MAX 120
#define LEVELS 8

struct place {
	const char *glyph, *ascii;
	enum frame_word word;
	enum end whose; /* program or queue that the word speaks of */
	enum style style;
	uint64_t bytes;
	int cells;
};

enum end frame_main_sender(const struct connection *connection)
{
	uint64_t there =
		summary_moved(connection, END_CLIENT) + connection->flow[END_CLIENT].in_program;
	uint64_t back =
		summary_moved(connection, END_SERVER) + connection->flow[END_SERVER].in_program;

	return back > there ? END_SERVER : END_CLIENT;
}

/* Fills the places in order; returns their sum. */
static uint64_t places_of(const struct flow *flow, enum end sender, struct place places[PLACES])
{
	const struct direction *at = &flow->at;
	bool seen = at->receiver_seen;
	enum end receiver = other_end(sender);
	const struct place all[PLACES] = {
		{ "█", "#", seen ? FRAME_READ : FRAME_ACKED, receiver, STYLE_GREEN,
		  seen ? at->read : at->acked, 0 },
		{ "▓", "=", FRAME_QUEUE, receiver, STYLE_CYAN, seen ? at->received - at->read : 0,
		  0 },
		{ "~", "~", seen ? FRAME_FLIGHT : FRAME_UNACKED, sender, STYLE_BLUE,
		  seen ? at->sent - at->received : at->sent - at->acked, 0 },
		{ "▒", "-", FRAME_UNSENT, sender, STYLE_YELLOW, at->handed - at->sent, 0 },
		{ "·", ".", FRAME_PROGRAM, sender, STYLE_DIM, flow->in_program, 0 },
	};
	uint64_t sum = 0;

	for (int i = 0; i < PLACES; i++) {
		places[i] = all[i];
		sum += all[i].bytes;
	}
	return sum;
}

/* Shares columns out; a place that isn't empty gets one at least, the largest pays. */
static void share_out(struct place places[PLACES], uint64_t sum, int columns)
{
	int largest = 0, used = 0;

	for (int i = 0; sum && i < PLACES; i++) {
		places[i].cells = (int)((double)places[i].bytes / (double)sum * columns);
		if (places[i].bytes && !places[i].cells)
			places[i].cells = 1;
		if (places[i].bytes > places[largest].bytes)
			largest = i;
		used += places[i].cells;
	}
	places[largest].cells += sum ? columns - used : 0;
}

static const char *glyph_of(const struct view *view, const struct place *place)
{
	return view->term.utf8 ? place->glyph : place->ascii;
}

static void draw_bar(const struct view *view, const struct place places[PLACES])
{
	for (int i = 0; i < PLACES; i++) {
		if (places[i].cells <= 0)
			continue;
		fputs(term_style(&view->term, places[i].style), view->stream);
		for (int cell = 0; cell < places[i].cells; cell++)
			fputs(glyph_of(view, &places[i]), view->stream);
		fputs(term_style(&view->term, STYLE_PLAIN), view->stream);
	}
}

void frame_small_bar(const struct view *view, const struct connection *connection, enum end sender,
		     int columns)
{
	struct place places[PLACES];
	uint64_t sum = places_of(&connection->flow[sender], sender, places);

	if (!sum || !connection->places_known) {
		fprintf(view->stream, "%*s", columns, "");
		return;
	}
	share_out(places, sum, columns);
	draw_bar(view, places);
}

static void draw_legend(struct lines *lines, const struct place places[PLACES], uint64_t sum)
{
	const struct view *view = &lines->view;

	for (int i = 0; i < PLACES; i++) {
		const struct place *place = &places[i];
		char name[TEXT_SIZE], fit[TEXT_SIZE], count[FMT_SIZE], percent[FMT_SIZE];

		frame_say(name, sizeof(name), view->lang, place->word,
			  text_role(view, place->whose), NULL);
		text_fit(fit, sizeof(fit), name, NAME_COLUMNS, ALIGN_LEFT);
		fmt_count(count, sizeof(count), place->bytes);
		fmt_percent(percent, sizeof(percent), place->bytes, sum);
		fprintf(view->stream, "  %s%s%s %s %14s %6s\n",
			term_style(&view->term, place->style), glyph_of(view, place),
			term_style(&view->term, STYLE_PLAIN), fit, count, percent);
		lines_take(lines, place->bytes ? RANK_PLACE : RANK_EMPTY_PLACE);
	}
}

static void draw_title(struct lines *lines, enum frame_word word, enum end sender, uint64_t sum)
{
	const struct view *view = &lines->view;
	char count[FMT_SIZE], title[TEXT_SIZE];

	fmt_count(count, sizeof(count), sum);
	frame_say(title, sizeof(title), view->lang, word, text_role(view, sender),
		  text_role(view, !sender), count, NULL);
	fputc(' ', view->stream);
	text_styled(view, STYLE_BOLD, title);
	fputc('\n', view->stream);
}

/* The answer is not given away: neither bar nor numbers. */
static void draw_masked(struct lines *lines)
{
	const struct view *view = &lines->view;

	for (int i = 0; i < view->columns - 4; i++)
		fputc(i ? '?' : ' ', view->stream);
	fprintf(view->stream, "\n  %s\n", frame_word(view->lang, FRAME_MASKED));
	lines_take(lines, RANK_MUST);
}

static void draw_brief(struct lines *lines, const struct connection *connection, enum end sender)
{
	const struct flow *flow = &connection->flow[sender];
	const struct view *view = &lines->view;
	char given[FMT_SIZE], unread[FMT_SIZE], text[TEXT_SIZE];
	uint64_t back = flow->at.receiver_seen ? flow->at.read : flow->at.acked;

	fmt_count(given, sizeof(given), flow->at.handed + flow->in_program);
	fmt_count(unread, sizeof(unread), flow->at.handed + flow->in_program - back);
	frame_say(text, sizeof(text), view->lang, FRAME_OTHER, text_role(view, sender),
		  text_role(view, !sender), given, unread, NULL);
	fprintf(view->stream, " %s\n", text);
	lines_take(lines, RANK_OTHER);
}

void frame_places(const struct drawing *drawing, struct lines *lines, enum end sender, bool brief)
{
	const struct flow *flow = &drawing->connection->flow[sender];
	const struct view *view = &lines->view;
	bool masked = drawing->scene->replay && drawing->scene->replay->masked;
	struct place places[PLACES];
	uint64_t sum = places_of(flow, sender, places);

	if (brief) {
		if (sum && !masked && drawing->connection->places_known)
			draw_brief(lines, drawing->connection, sender);
		return;
	}
	lines_blank(lines);
	draw_title(lines,
		   !drawing->connection->places_known ? FRAME_NO_PLACES
		   : !sum			      ? FRAME_NO_BYTES
		   : flow->at.sender_seen	      ? FRAME_WHERE
						      : FRAME_WHERE_SEEN,
		   sender, sum);
	lines_take(lines, RANK_NOW);
	if (!sum || !drawing->connection->places_known)
		return;
	if (masked) {
		draw_masked(lines);
		return;
	}
	share_out(places, sum, view->columns - 4);
	fputs("  ", view->stream);
	draw_bar(view, places);
	fputc('\n', view->stream);
	lines_take(lines, RANK_MUST);
	draw_legend(lines, places, sum);
}

static const char *level_glyph(const struct view *view, uint64_t value, uint64_t peak)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { " ", ".", ",", ":", "-", "=", "+", "*", "#" };
	int level = peak ? (int)((double)value / (double)peak * LEVELS + 0.5) : 0;

	if (value && !level)
		level = 1;
	if (level > LEVELS)
		level = LEVELS;
	return view->term.utf8 ? blocks[level] : ascii[level];
}

/* From the connection's beginning to now; each column shows its largest value. */
static void draw_curve(const struct drawing *drawing, const struct view *view,
		       const struct series *series, int columns)
{
	const struct connection *connection = drawing->connection;
	uint64_t from = connection->syn_ns ? connection->syn_ns : connection->first_ns;
	uint64_t span = drawing->scene->now_ns > from ? drawing->scene->now_ns - from : 0;

	if (columns > CURVE_COLUMNS_MAX)
		columns = CURVE_COLUMNS_MAX;
	for (int i = 0; span && i < columns; i++) {
		uint64_t left = from + (uint64_t)((double)span / columns * i);
		uint64_t right = from + (uint64_t)((double)span / columns * (i + 1));

		fputs(level_glyph(view, series_max(series, left, right > left ? right : left + 1),
				  series->peak),
		      view->stream);
	}
}

static void draw_gauge(const struct view *view, uint64_t value, uint64_t limit)
{
	int cells = limit ? (int)((double)value / (double)limit * GAUGE_CELLS + 0.5) : 0;

	if (!limit) {
		fprintf(view->stream, "%*s", GAUGE_CELLS + 4, "");
		return;
	}
	fputc('[', view->stream);
	for (int i = 0; i < GAUGE_CELLS; i++)
		fputs(i >= cells ? " " : view->term.utf8 ? "▒" : "-", view->stream);
	fputs("]  ", view->stream);
}

static void draw_buffer(const struct drawing *drawing, struct lines *lines, enum frame_word word,
			const char *amount, uint64_t value, uint64_t limit,
			const struct series *series)
{
	const struct view *view = &lines->view;
	char name[TEXT_SIZE], percent[FMT_SIZE], text[TEXT_SIZE];
	int used;

	text_fit(name, sizeof(name), frame_word(view->lang, word), 13, ALIGN_LEFT);
	fmt_percent(percent, sizeof(percent), value < limit ? value : limit, limit);
	if (value > limit)
		snprintf(percent, sizeof(percent), "%.0f %%", (double)value / (double)limit * 100);
	snprintf(text, sizeof(text), "  %-20s %6s  ", amount, limit ? percent : "");
	used = 1 + 13 + term_width(text) + GAUGE_CELLS + 4;
	fputc(' ', view->stream);
	text_styled(view, STYLE_BOLD, name);
	fputs(text, view->stream);
	draw_gauge(view, value, limit);
	if (series && view->columns - used - 2 > 0)
		draw_curve(drawing, view, series, view->columns - used - 2);
	fputc('\n', view->stream);
}

void frame_buffers(const struct drawing *drawing, struct lines *lines, enum end sender)
{
	const struct connection *connection = drawing->connection;
	const struct connection_detail *detail = connection->detail;
	const struct flow *flow = &connection->flow[sender];
	const struct view *view = &lines->view;
	uint64_t unread = flow->at.received - flow->at.read;
	char bytes[FMT_SIZE], limit[FMT_SIZE], amount[TEXT_SIZE];

	if (!connection->places_known)
		return;
	lines_blank(lines);
	if (connection->ends[sender]) {
		fmt_bytes(bytes, sizeof(bytes), flow->wmem_queued);
		fmt_bytes(limit, sizeof(limit), flow->sndbuf);
		frame_say(amount, sizeof(amount), view->lang,
			  flow->sndbuf ? FRAME_OF : FRAME_NO_SAMPLE, bytes, limit, NULL);
		draw_buffer(drawing, lines, FRAME_BUFFER, amount, flow->wmem_queued, flow->sndbuf,
			    detail ? &detail->wmem[sender] : NULL);
		lines_take(lines, RANK_BUFFER);
	}
	if (!socket_at(connection, other_end(sender)) || !flow->at.receiver_seen ||
	    (drawing->scene->replay && drawing->scene->replay->masked))
		return;
	fmt_bytes(bytes, sizeof(bytes), unread);
	frame_say(amount, sizeof(amount), view->lang, FRAME_UNREAD_B, bytes, NULL);
	draw_buffer(drawing, lines, FRAME_RECEIVE, amount, unread, 0,
		    detail ? &detail->unread[!sender] : NULL);
	lines_take(lines, RANK_OTHER);
}
