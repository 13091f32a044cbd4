/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two tables of a connection: the time that each end spent in each state, and
 * its calls, the one with the longest time inside first. Numbers are exact.
 */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/columns.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/model/names.h"

#define STATE_COLUMNS 14
#define TIME_COLUMNS 20
#define CALL_COLUMNS 19 /* "  client setsockopt" fits */

static void print_cell(const struct view *view, const char *text, int columns, enum align align)
{
	char cell[TEXT_SIZE];

	fputs(text_fit(cell, sizeof(cell), text, columns, align), view->stream);
}

static void state_text(const struct view *view, const struct connection *connection,
		       const struct socket *socket, unsigned int state, char *text, size_t size)
{
	bool open = socket->state == state;
	uint64_t ns = socket_state_ns(socket, state, connection->last_ns);
	char duration[FMT_SIZE];

	fmt_duration_seen(duration, sizeof(duration), ns, !socket->state_at_least[state]);
	if (!ns)
		snprintf(text, size, "%s", open ? label(view->lang, LABEL_ENTERED) : "?");
	else if (open)
		label_fill(text, size, view->lang, LABEL_SO_FAR, duration, NULL);
	else
		snprintf(text, size, "%s", duration);
}

static void state_cell(const struct view *view, const struct connection *connection, enum end end,
		       unsigned int state)
{
	const struct socket *socket = socket_at(connection, end);
	char text[TEXT_SIZE] = "-";

	if (socket && socket->state_seen[state])
		state_text(view, connection, socket, state, text, sizeof(text));
	print_cell(view, text, TIME_COLUMNS, ALIGN_RIGHT);
}

static bool in_state(const struct connection *connection, unsigned int state)
{
	for (int end = 0; end < END_COUNT; end++)
		if (socket_at(connection, (enum end)end) &&
		    socket_at(connection, (enum end)end)->state_seen[state])
			return true;
	return false;
}

static bool late_syn_recv(const struct connection *connection)
{
	const struct socket *server = connection->ends[END_SERVER];

	return server && server->state_seen[TCP_SYN_RECV] && !server->syn_recv_known;
}

/* In the order in which they are entered. */
static const unsigned int order[] = {
	TCP_SYN_SENT, TCP_SYN_RECV,  TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2,
	TCP_CLOSING,  TCP_TIME_WAIT, TCP_CLOSE_WAIT,  TCP_LAST_ACK,
};

/* A connect() that the kernel refused at once has no state at all. */
static bool in_any_state(const struct connection *connection)
{
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (in_state(connection, order[i]))
			return true;
	return false;
}

void tables_states(const struct view *view, const struct connection *connection)
{
	if (!in_any_state(connection))
		return;
	fputs("\n  ", view->stream);
	print_cell(view, label(view->lang, LABEL_TIME_IN_STATE), STATE_COLUMNS + 2, ALIGN_LEFT);
	print_cell(view, text_role(view, END_CLIENT), TIME_COLUMNS, ALIGN_RIGHT);
	print_cell(view, text_role(view, END_SERVER), TIME_COLUMNS, ALIGN_RIGHT);
	fputc('\n', view->stream);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (!in_state(connection, order[i]))
			continue;
		fprintf(view->stream, "    %-*s", STATE_COLUMNS, name_state(order[i]));
		for (int end = 0; end < END_COUNT; end++)
			state_cell(view, connection, (enum end)end, order[i]);
		fputc('\n', view->stream);
	}
	if (late_syn_recv(connection))
		fprintf(view->stream, "    (%s)\n", label(view->lang, LABEL_LATE_SYN_RECV));
}

/* One line of the table of calls. */
struct line {
	enum end end;
	enum call_kind kind;
	const struct call_stats *stats;
};

static int by_time_inside(const void *left, const void *right)
{
	const struct line *a = left, *b = right;

	if (a->stats->inside_ns != b->stats->inside_ns)
		return a->stats->inside_ns < b->stats->inside_ns ? 1 : -1;
	return a->end != b->end ? (int)a->end - (int)b->end : (int)a->kind - (int)b->kind;
}

static int collect(const struct connection *connection, struct line lines[])
{
	int count = 0;

	for (int end = 0; end < END_COUNT; end++)
		for (int kind = 0; kind < CALL_KINDS; kind++)
			if (connection->calls[end][kind])
				lines[count++] = (struct line){
					.end = (enum end)end,
					.kind = (enum call_kind)kind,
					.stats = connection->calls[end][kind],
				};
	qsort(lines, (size_t)count, sizeof(lines[0]), by_time_inside);
	return count;
}

/* Narrow terminals do without the column "largest asked", then without "longest". */
static bool shows_asked(const struct view *view)
{
	return view->columns >= 80;
}

static bool shows_longest(const struct view *view)
{
	return view->columns >= 67;
}

static void print_titles(const struct view *view)
{
	fputs("\n  ", view->stream);
	print_cell(view, label(view->lang, LABEL_CALLS), CALL_COLUMNS, ALIGN_LEFT);
	print_cell(view, label(view->lang, LABEL_COUNT), 8, ALIGN_RIGHT);
	print_cell(view, label(view->lang, LABEL_BYTES), 13, ALIGN_RIGHT);
	if (shows_asked(view))
		print_cell(view, label(view->lang, LABEL_ASKED), 14, ALIGN_RIGHT);
	print_cell(view, label(view->lang, LABEL_INSIDE), 12, ALIGN_RIGHT);
	if (shows_longest(view))
		print_cell(view, label(view->lang, LABEL_LONGEST), 12, ALIGN_RIGHT);
	fputc('\n', view->stream);
}

static void print_line(const struct view *view, const struct line *line)
{
	bool moves = call_sends(line->kind) || call_receives(line->kind);
	bool timed = call_is_timed(line->kind);
	char text[FMT_SIZE], name[TEXT_SIZE];

	snprintf(name, sizeof(name), "  %s %s", text_role(view, line->end), name_call(line->kind));
	fputs("  ", view->stream);
	print_cell(view, name, CALL_COLUMNS, ALIGN_LEFT);
	print_cell(view, fmt_count(text, sizeof(text), line->stats->count), 8, ALIGN_RIGHT);
	fmt_count(text, sizeof(text), line->stats->moved_bytes);
	print_cell(view, moves && !line->stats->moved_unknown ? text : "-", 13, ALIGN_RIGHT);
	fmt_count(text, sizeof(text), line->stats->asked_max);
	if (shows_asked(view))
		print_cell(view, moves && timed ? text : "-", 14, ALIGN_RIGHT);
	fmt_duration_seen(text, sizeof(text), line->stats->inside_ns, !line->stats->at_least);
	print_cell(view, timed ? text : "-", 12, ALIGN_RIGHT);
	fmt_duration_seen(text, sizeof(text), line->stats->longest_ns, !line->stats->at_least);
	if (shows_longest(view))
		print_cell(view, timed ? text : "-", 12, ALIGN_RIGHT);
	fputc('\n', view->stream);
}

static void print_waits(const struct view *view, const struct connection *connection,
			const struct line *line)
{
	const struct call_stats *stats = line->stats;

	if (call_sends(line->kind))
		waits_send(view, connection, line->end, stats);
	else if (line->kind == CALL_CONNECT && line->end == END_CLIENT)
		waits_connect(view, connection, stats);
	else if (line->kind == CALL_ACCEPT || line->kind == CALL_ACCEPT4)
		waits_accept(view, connection, stats);
}

static void print_count(const struct view *view, enum label words, uint64_t count)
{
	char number[FMT_SIZE], text[TEXT_SIZE];

	if (!count)
		return;
	fmt_count(number, sizeof(number), count);
	label_fill(text, sizeof(text), view->lang, words, number, NULL);
	fprintf(view->stream, "      %s\n", text);
}

static uint64_t rest(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0;
}

/* What was slept in all, without that of the calls that returned. */
static void print_unfinished_sleeps(const struct view *view, const struct connection *connection,
				    enum end end, uint64_t inside_ns)
{
	const struct flow *flow = &connection->flow[end];
	struct call_stats open = { .inside_ns = inside_ns, .unread_ns = flow->unread_ns };

	memcpy(open.sleep_ns, flow->sleep_ns, sizeof(open.sleep_ns));
	for (int kind = 0; kind < CALL_KINDS; kind++) {
		const struct call_stats *returned =
			connection_calls(connection, end, (enum call_kind)kind);

		open.unread_ns = rest(open.unread_ns, returned->unread_ns);
		for (int cause = 0; cause < SLEEP_CAUSES; cause++)
			open.sleep_ns[cause] =
				rest(open.sleep_ns[cause], returned->sleep_ns[cause]);
	}
	waits_send(view, connection, end, &open);
}

/* A send call that has not returned is in no total yet. */
static void print_unfinished(const struct view *view, const struct connection *connection,
			     enum end end)
{
	uint64_t until_ns = connection->until_ns ? connection->until_ns : connection->last_ns;
	const struct flow *flow = &connection->flow[end];
	char duration[FMT_SIZE], name[TEXT_SIZE], text[TEXT_SIZE];

	if (!flow->inside_since_ns)
		return;
	if (until_ns < flow->inside_since_ns)
		until_ns = flow->inside_since_ns;
	fmt_duration(duration, sizeof(duration), until_ns - flow->inside_since_ns);
	label_fill(text, sizeof(text), view->lang, LABEL_SO_FAR, duration, NULL);
	snprintf(name, sizeof(name), "  %s %s", text_role(view, end), name_call(flow->inside_call));
	fputs("  ", view->stream);
	print_cell(view, name, CALL_COLUMNS, ALIGN_LEFT);
	fprintf(view->stream, "  %s\n", text);
	print_unfinished_sleeps(view, connection, end, until_ns - flow->inside_since_ns);
}

void tables_calls(const struct view *view, const struct connection *connection)
{
	struct line lines[END_COUNT * CALL_KINDS];
	const struct flow *flow = connection->flow;
	int count = collect(connection, lines);

	if (!count && !flow[END_CLIENT].inside_since_ns && !flow[END_SERVER].inside_since_ns)
		return;
	print_titles(view);
	for (int end = 0; end < END_COUNT; end++)
		print_unfinished(view, connection, (enum end)end);
	for (int i = 0; i < count; i++) {
		print_line(view, &lines[i]);
		print_waits(view, connection, &lines[i]);
		print_count(view, LABEL_FAILED, lines[i].stats->failed);
		if (call_sends(lines[i].kind))
			print_count(view, LABEL_SHORT, lines[i].stats->short_count);
	}
}
