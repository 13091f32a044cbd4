/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a direction's bytes were when its last send call returned: a bar of
 * places in the order of their way, and its legend in exact numbers.
 */
#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/model/names.h"

#define PLACES 5
#define BAR_COLUMNS_MAX 100

struct place {
	const char *glyph, *ascii;
	enum label name;
	enum style style;
	uint64_t bytes;
	int cells;
};

/* Fills the places in order; returns their sum. */
static uint64_t places_of(const struct bytes *bytes, struct place places[PLACES])
{
	bool seen = bytes->at.receiver_seen;
	const struct place all[PLACES] = {
		{ "█", "#", seen ? LABEL_PLACE_READ : LABEL_PLACE_ACKED, STYLE_GREEN,
		  seen ? bytes->at.read : bytes->at.acked, 0 },
		{ "▓", "=", LABEL_PLACE_QUEUE, STYLE_CYAN, seen ? bytes->peer_queue : 0, 0 },
		{ "~", "~", seen ? LABEL_PLACE_FLIGHT : LABEL_PLACE_UNACKED, STYLE_BLUE,
		  seen ? bytes->in_flight : bytes->at.sent - bytes->at.acked, 0 },
		{ "▒", "-", LABEL_PLACE_UNSENT, STYLE_YELLOW, bytes->unsent, 0 },
		{ "·", ".", LABEL_PLACE_PROGRAM, STYLE_DIM, bytes->in_program, 0 },
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

	for (int i = 0; i < PLACES; i++) {
		places[i].cells = (int)((double)places[i].bytes / (double)sum * columns);
		if (places[i].bytes && !places[i].cells)
			places[i].cells = 1;
		if (places[i].bytes > places[largest].bytes)
			largest = i;
		used += places[i].cells;
	}
	places[largest].cells += columns - used;
}

static const char *glyph_of(const struct view *view, const struct place *place)
{
	return view->term.utf8 ? place->glyph : place->ascii;
}

static void draw_bar(const struct view *view, const struct place places[PLACES])
{
	for (int i = 0; i < PLACES; i++) {
		fputs(places[i].cells > 0 ? term_style(&view->term, places[i].style) : "",
		      view->stream);
		for (int cell = 0; cell < places[i].cells; cell++)
			fputs(glyph_of(view, &places[i]), view->stream);
		fputs(places[i].cells > 0 ? term_style(&view->term, STYLE_PLAIN) : "",
		      view->stream);
	}
	fputc('\n', view->stream);
}

static void draw_legend(const struct view *view, const struct place places[PLACES])
{
	char count[FMT_SIZE], text[TEXT_SIZE];
	int at = 0;

	for (int i = 0; i < PLACES; i++) {
		if (!places[i].bytes && i)
			continue;
		snprintf(text, sizeof(text), "%s %s %s", glyph_of(view, &places[i]),
			 label(view->lang, places[i].name),
			 fmt_count(count, sizeof(count), places[i].bytes));
		if (at && at + 3 + term_width(text) > view->columns) {
			fputc('\n', view->stream);
			at = 0;
		}
		fprintf(view->stream, "%*s%s", at ? 3 : 4, "", text);
		at += (at ? 3 : 4) + term_width(text);
	}
	fputc('\n', view->stream);
}

void places_draw(const struct view *view, const struct connection *connection, enum end sender)
{
	const struct flow *flow = &connection->flow[sender];
	struct place places[PLACES];
	uint64_t sum = places_of(&flow->at_return, places);
	bool once = summary_send_calls(connection, sender) == 1;
	char title[TEXT_SIZE];
	int columns;

	if (!flow->last_return_ns || !connection->places_known || !sum ||
	    !summary_notable(connection, sender))
		return;
	label_fill(title, sizeof(title), view->lang, once ? LABEL_AT_RETURN : LABEL_AT_LAST_RETURN,
		   name_call(flow->last_call), NULL);
	columns = view->columns - 2 - term_width(title) - 2;
	columns = columns > BAR_COLUMNS_MAX ? BAR_COLUMNS_MAX : columns;
	share_out(places, sum, columns);
	fputc('\n', view->stream);
	summary_direction(view, connection, sender);
	fprintf(view->stream, "  %s  ", title);
	draw_bar(view, places);
	draw_legend(view, places);
}
