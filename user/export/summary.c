/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The summary at the end of a run: first the sentence that says what happened,
 * then the pictures and tables that show it. Makes no facts.
 */
#include "user/export/summary.h"

#include <errno.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/footer.h"
#include "user/export/labels.h"
#include "user/export/ladder.h"
#include "user/model/names.h"
#include "user/model/verdict.h"

#define LADDER_ROWS_ALONE 28
#define LADDER_ROWS_AMONG 18 /* when there are several connections */
#define LADDERS_MOST 3	     /* with more connections there are none: the page would never end */
#define NOTABLE_BYTES 10000

uint64_t summary_send_calls(const struct connection *connection, enum end sender)
{
	uint64_t count = 0;

	for (int kind = 0; kind < CALL_KINDS; kind++)
		if (call_sends((enum call_kind)kind))
			count += connection_calls(connection, sender, (enum call_kind)kind)->count;
	return count;
}

uint64_t summary_moved(const struct connection *connection, enum end sender)
{
	const struct direction *at = &connection->flow[sender].at;

	return at->sender_seen ? at->handed : at->received;
}

bool summary_notable(const struct connection *connection, enum end sender)
{
	uint64_t moved = summary_moved(connection, sender);
	uint64_t back = summary_moved(connection, other_end(sender));

	return moved &&
	       (moved >= NOTABLE_BYTES || moved > back || (moved == back && sender == END_CLIENT));
}

void summary_direction(const struct view *view, const struct connection *connection,
		       enum end sender)
{
	enum end peer = other_end(sender);

	if (summary_notable(connection, sender) && summary_notable(connection, peer))
		fprintf(view->stream, "  %s -> %s:\n", text_role(view, sender),
			text_role(view, peer));
}

static void print_header(const struct view *view, const struct connection *connection)
{
	char ends[END_COUNT][TEXT_SIZE];
	int at;

	fputs(term_style(&view->term, STYLE_BOLD), view->stream);
	at = fprintf(view->stream, "#%u  ", connection->id);
	for (int end = 0; end < END_COUNT; end++)
		text_end(view, ends[end], sizeof(ends[end]), connection, (enum end)end);
	fprintf(view->stream, "%s", ends[END_CLIENT]);
	if (at + term_width(ends[END_CLIENT]) + 6 + term_width(ends[END_SERVER]) <= view->columns)
		fprintf(view->stream, "  ->  %s", ends[END_SERVER]);
	else
		fprintf(view->stream, "\n    ->  %s", ends[END_SERVER]);
	fprintf(view->stream, "%s\n", term_style(&view->term, STYLE_PLAIN));
}

static void print_verdict(const struct view *view, const struct connection *connection)
{
	char verdict[TEXT_LONG];

	if (connection->lossy) {
		fprintf(view->stream, "\n  %s%s!! ", term_style(&view->term, STYLE_BOLD),
			term_style(&view->term, STYLE_RED));
		text_wrap(view, 5, 5, label(view->lang, LABEL_LOSSY));
		fputs(term_style(&view->term, STYLE_PLAIN), view->stream);
	}
	fputs("\n  ", view->stream);
	text_wrap(view, 2, 2, verdict_text(connection, view->lang, verdict, sizeof(verdict)));
}

void summary_connection(const struct view *view, const struct connection *connection,
			int ladder_rows)
{
	print_header(view, connection);
	print_verdict(view, connection);
	for (int end = 0; end < END_COUNT; end++)
		places_draw(view, connection, (enum end)end);
	if (ladder_rows && connection->detail && connection->detail->ladder.used) {
		fputc('\n', view->stream);
		ladder_draw(view, connection, ladder_rows);
	}
	curves_draw(view, connection);
	tables_states(view, connection);
	tables_calls(view, connection);
}

static void print_bytes(const struct view *view, const struct trace_totals *totals)
{
	char number[FMT_SIZE], bytes[END_COUNT][FMT_SIZE], text[TEXT_SIZE];

	fmt_count(number, sizeof(number), totals->connections);
	for (int end = 0; end < END_COUNT; end++)
		fmt_count(bytes[end], FMT_SIZE, totals->bytes[end]);
	label_fill(text, sizeof(text), view->lang,
		   totals->connections == 1 ? LABEL_MORE_ONE : LABEL_MORE, number,
		   bytes[END_CLIENT], bytes[END_SERVER], NULL);
	fputs("\n  ", view->stream);
	text_wrap(view, 2, 2, text);
}

/* Only what there was any of. */
static void print_outcomes(const struct view *view, const struct trace_totals *totals)
{
	const struct {
		enum label words;
		uint64_t count;
	} parts[] = {
		{ LABEL_ALL_FAILED, totals->failed },	  { LABEL_ALL_RESET, totals->reset },
		{ LABEL_ALL_OPEN, totals->open },	  { LABEL_ALL_LOSSY, totals->lossy },
		{ LABEL_ALL_AGAIN, totals->retransmits },
	};
	char number[FMT_SIZE], text[TEXT_SIZE], line[TEXT_LONG] = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].count)
			continue;
		fmt_count(number, sizeof(number), parts[i].count);
		label_fill(text, sizeof(text), view->lang, parts[i].words, number, NULL);
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s",
			 *line ? label(view->lang, LABEL_COMMA) : "", text);
	}
	if (!*line)
		return;
	fputs("    ", view->stream);
	text_wrap(view, 4, 4, line);
}

static void print_extremes(const struct view *view, const struct trace_totals *totals)
{
	char id[FMT_SIZE], sum[FMT_SIZE], most[FMT_SIZE], text[TEXT_SIZE];

	if (totals->most_blocked_id) {
		snprintf(id, sizeof(id), "%u", totals->most_blocked_id);
		label_fill(text, sizeof(text), view->lang, LABEL_ALL_BLOCKED,
			   fmt_duration(sum, sizeof(sum), totals->blocked_ns), id,
			   fmt_duration(most, sizeof(most), totals->most_blocked_ns), NULL);
		fputs("    ", view->stream);
		text_wrap(view, 4, 4, text);
	}
	if (!totals->longest_id)
		return;
	snprintf(id, sizeof(id), "%u", totals->longest_id);
	label_fill(text, sizeof(text), view->lang, LABEL_ALL_LONGEST, id,
		   fmt_duration(most, sizeof(most), totals->longest_ns), NULL);
	fputs("    ", view->stream);
	text_wrap(view, 4, 4, text);
}

static void print_more(const struct view *view, const struct trace *trace)
{
	struct trace_totals totals;

	trace_totals(trace, VIEW_CONNECTIONS, &totals);
	print_bytes(view, &totals);
	print_outcomes(view, &totals);
	if (totals.connections > 1)
		print_extremes(view, &totals);
	if (trace_begun(trace) == trace_connections(trace))
		return;
	fputs("    ", view->stream);
	text_wrap(view, 4, 4, label(view->lang, LABEL_ALL_FOLDED));
}

void summary_print(const struct view *view, const struct trace *trace,
		   const struct capture_end *end)
{
	unsigned int count = trace_connections(trace);
	struct view dated = *view;
	int ladder_rows = count > 1 ? LADDER_ROWS_AMONG : LADDER_ROWS_ALONE;

	dated.zero_ns = trace_zero_ns(trace);
	if (count > LADDERS_MOST)
		ladder_rows = 0;
	for (unsigned int i = 0; i < count && i < VIEW_CONNECTIONS; i++) {
		if (i)
			fputc('\n', view->stream);
		summary_connection(&dated, trace_connection(trace, i), ladder_rows);
	}
	if (count > VIEW_CONNECTIONS)
		print_more(view, trace);
	if (!count)
		text_wrap(view, 0, 0, label(view->lang, LABEL_NO_CONNECTION));
	others_print(view, trace);
	footer_print(view, trace, end);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	*context = view_open(target, info);
	return *context ? 0 : -ENOMEM;
}

static int end_view(void *context, const struct trace *trace, const struct capture_end *end)
{
	summary_print(context, trace, end);
	return view_close(context);
}

const struct export view_summary = { .name = "summary", .begin = begin, .end = end_view };
