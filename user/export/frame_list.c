/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Many connections: one line each, the longest blocked first, those included
 * that are blocked now. The chosen one is always among the lines that are shown.
 */
#include <netinet/tcp.h>
#include <stdlib.h>

#include "user/base/fmt.h"
#include "user/export/frame_parts.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/model/names.h"

#define BAR_COLUMNS 10
#define STATE_COLUMNS 11
#define UNREAD_COLUMNS 9
#define CALL_COLUMNS_MIN 10
#define CALL_COLUMNS_MAX 30

/* A connection and its place in the order. */
struct ranked {
	const struct connection *connection;
	uint64_t blocked_ns; /* with the calls in progress */
};

static int by_blocked(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->blocked_ns != b->blocked_ns)
		return a->blocked_ns < b->blocked_ns ? 1 : -1;
	return a->connection->id < b->connection->id ? -1 : 1;
}

static uint64_t blocked_ns(const struct frame *frame, const struct connection *connection)
{
	uint64_t sum = connection->blocked_ns;

	for (int end = 0; end < END_COUNT; end++) {
		const struct call *call = frame_call_of(frame, connection, (enum end)end);

		if (call && frame->drawn_ns > call->enter_ns)
			sum += frame->drawn_ns - call->enter_ns;
	}
	return sum;
}

/* All connections in the order of the list; to be freed. NULL: none, or no memory. */
static struct ranked *in_order(const struct frame *frame, const struct trace *trace,
			       unsigned int *count)
{
	struct ranked *all;

	*count = trace_connections(trace);
	all = *count ? malloc(*count * sizeof(*all)) : NULL;
	if (!all) {
		*count = 0;
		return NULL;
	}
	for (unsigned int i = 0; i < *count; i++) {
		all[i].connection = trace_connection(trace, i);
		all[i].blocked_ns = blocked_ns(frame, all[i].connection);
	}
	qsort(all, *count, sizeof(*all), by_blocked);
	return all;
}

static unsigned int place_of(const struct ranked *all, unsigned int count, unsigned int id)
{
	for (unsigned int i = 0; i < count; i++)
		if (all[i].connection->id == id)
			return i;
	return 0;
}

unsigned int frame_list_step(const struct frame *frame, const struct trace *trace, int step)
{
	unsigned int count, id = 0;
	struct ranked *all = in_order(frame, trace, &count);
	int64_t at;

	if (count) {
		at = (int64_t)place_of(all, count, frame->chosen) + (frame->chosen ? step : 0);
		at = at < 0 ? 0 : at >= (int64_t)count ? (int64_t)count - 1 : at;
		id = all[at].connection->id;
	}
	free(all);
	return id;
}

const char *frame_state(unsigned int state)
{
	static const char *const names[STATE_COUNT] = {
		[TCP_ESTABLISHED] = "ESTAB", [TCP_SYN_SENT] = "SYN-S",
		[TCP_SYN_RECV] = "SYN-R",    [TCP_FIN_WAIT1] = "FIN-1",
		[TCP_FIN_WAIT2] = "FIN-2",   [TCP_TIME_WAIT] = "TIMEW",
		[TCP_CLOSE] = "CLOSE",	     [TCP_CLOSE_WAIT] = "CLO-W",
		[TCP_LAST_ACK] = "L-ACK",    [TCP_LISTEN] = "LISTN",
		[TCP_CLOSING] = "CLSNG",     [STATE_NEW_SYN_RECV] = "SYN-R",
	};

	return state < STATE_COUNT && names[state] ? names[state] : "-";
}

static const char *short_state(const struct socket *socket)
{
	return socket ? frame_state(socket->state) : "-";
}

/* "exp_client:57366" in columns; of a name that is too long the port stays. */
static void end_text(char *text, size_t size, const struct view *view,
		     const struct connection *connection, enum end end, int columns)
{
	const struct socket *socket = socket_at(connection, end);
	char name[TEXT_SIZE], fit[TEXT_SIZE], port[FMT_SIZE], whole[TEXT_SIZE];
	int room;

	if (socket && socket->owner_comm[0])
		text_foreign(view, name, sizeof(name), socket->owner_comm,
			     sizeof(socket->owner_comm));
	else
		fmt_address(name, sizeof(name), connection->address[end], connection->family,
			    connection->scope);
	snprintf(port, sizeof(port), ":%u", connection->port[end]);
	room = columns - term_width(port);
	if (term_width(name) < room)
		room = term_width(name);
	text_fit(fit, sizeof(fit), name, room, ALIGN_LEFT);
	snprintf(whole, sizeof(whole), "%.400s%s", fit, port);
	text_fit(text, size, whole, columns, ALIGN_LEFT);
}

/* The call that has been in progress longest. */
static void call_text(char *text, size_t size, const struct drawing *drawing,
		      const struct connection *connection, bool role)
{
	const struct call *longest = NULL;
	enum end who = END_CLIENT;
	char duration[FMT_SIZE];

	for (int end = 0; end < END_COUNT; end++) {
		const struct call *call = frame_call_of(drawing->frame, connection, (enum end)end);

		if (!call || (longest && longest->enter_ns <= call->enter_ns))
			continue;
		longest = call;
		who = (enum end)end;
	}
	text[0] = '\0';
	if (!longest)
		return;
	fmt_duration(duration, sizeof(duration),
		     drawing->scene->now_ns > longest->enter_ns
			     ? drawing->scene->now_ns - longest->enter_ns
			     : 0);
	snprintf(text, size, "%s%s%s %s", role ? text_role(drawing->frame->view, who) : "",
		 role ? " " : "", name_call(longest->kind), duration);
}

struct columns {
	int id, end, call;
};

static struct columns columns_for(int width)
{
	struct columns columns = { .id = 6, .call = CALL_COLUMNS_MIN };
	int fixed = 1 + columns.id + 4 + STATE_COLUMNS + UNREAD_COLUMNS + BAR_COLUMNS + 4;

	if (width > 80)
		columns.call += (width - 80) / 2;
	if (columns.call > CALL_COLUMNS_MAX)
		columns.call = CALL_COLUMNS_MAX;
	columns.end = (width - fixed - columns.call) / 2;
	return columns;
}

static void draw_row(const struct drawing *drawing, struct lines *lines,
		     const struct columns *columns, const struct connection *connection)
{
	const struct view *view = &lines->view;
	enum end sender = frame_main_sender(connection);
	const struct flow *flow = &connection->flow[sender];
	bool chosen = connection->id == drawing->frame->chosen;
	uint64_t back = flow->at.receiver_seen ? flow->at.read : flow->at.acked;
	char ends[END_COUNT][TEXT_SIZE], states[FMT_SIZE], unread[FMT_SIZE], call[TEXT_SIZE];

	for (int end = 0; end < END_COUNT; end++)
		end_text(ends[end], TEXT_SIZE, view, connection, (enum end)end, columns->end);
	snprintf(states, sizeof(states), "%s/%s", short_state(connection->ends[END_CLIENT]),
		 short_state(socket_at(connection, END_SERVER)));
	if (connection->places_known)
		fmt_bytes(unread, sizeof(unread), flow->at.handed + flow->in_program - back);
	else
		snprintf(unread, sizeof(unread), "-");
	call_text(call, sizeof(call), drawing, connection, columns->call >= 20);
	fprintf(view->stream, "%s%c#%-*u%s -> %s %-*s%*s ",
		term_style(&view->term, chosen ? STYLE_BOLD : STYLE_PLAIN), chosen ? '>' : ' ',
		columns->id - 2, connection->id, ends[END_CLIENT], ends[END_SERVER], STATE_COLUMNS,
		states, UNREAD_COLUMNS, unread);
	frame_small_bar(view, connection, sender, BAR_COLUMNS);
	fprintf(view->stream, " %s%s\n", call, term_style(&view->term, STYLE_PLAIN));
	lines_take(lines, RANK_MUST);
}

static void draw_title(struct lines *lines, const struct columns *columns)
{
	const struct view *view = &lines->view;
	char text[4][TEXT_SIZE];

	text_fit(text[0], TEXT_SIZE, frame_word(view->lang, FRAME_LIST),
		 columns->id - 1 + 2 * columns->end + 4, ALIGN_LEFT);
	text_fit(text[1], TEXT_SIZE, frame_word(view->lang, FRAME_STATES), STATE_COLUMNS,
		 ALIGN_LEFT);
	text_fit(text[2], TEXT_SIZE, frame_word(view->lang, FRAME_UNREAD), UNREAD_COLUMNS,
		 ALIGN_RIGHT);
	snprintf(text[3], TEXT_SIZE, "%*s%s", BAR_COLUMNS + 2, "",
		 frame_word(view->lang, FRAME_CALL));
	fprintf(view->stream, " %s%s %s%s%s%s\n", term_style(&view->term, STYLE_BOLD), text[0],
		text[1], text[2], text[3], term_style(&view->term, STYLE_PLAIN));
	lines_take(lines, RANK_MUST);
}

void frame_list(const struct drawing *drawing, struct lines *lines, int rows)
{
	struct columns columns = columns_for(lines->view.columns);
	unsigned int count, first = 0, shown = rows > 1 ? (unsigned int)rows - 1 : 1;
	struct ranked *all = in_order(drawing->frame, drawing->trace, &count);
	unsigned int at = place_of(all, count, drawing->frame->chosen);

	draw_title(lines, &columns);
	if (at >= shown)
		first = at - shown + 1;
	for (unsigned int i = first; i < count && i < first + shown; i++)
		draw_row(drawing, lines, &columns, all[i].connection);
	free(all);
}
