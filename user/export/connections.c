/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows and sums of connections that are over. The addresses come last: they are
 * what may not fit, and a part of an address would be another one.
 */
#include "user/export/connections.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/model/names.h"

#define TIME_COLUMNS 6
#define WHO_COLUMNS 12
#define BYTES_COLUMNS 5
#define DURATION_COLUMNS 6
#define AT_LEAST ">="
#define END_COLUMNS 7
#define TAIL_INDENT 8

/* The end that a row speaks of. */
static enum end own_end(const struct connection *connection)
{
	return connection->ends[END_CLIENT] ? END_CLIENT : END_SERVER;
}

static char *who_text(char *text, size_t size, const struct view *view,
		      const struct connection *connection)
{
	const struct socket *socket = connection->ends[own_end(connection)];
	char name[4 * RECORD_COMM_SIZE + 1];

	if (!socket || !socket->owner_tgid) {
		snprintf(text, size, "-");
		return text;
	}
	text_foreign(view, name, sizeof(name), socket->owner_comm, RECORD_COMM_SIZE);
	for (char *at = name; *at; at++)
		if (*at == ' ')
			*at = '_';
	snprintf(text, size, "%s%s%u", name, *name ? "/" : "", socket->owner_tgid);
	return text;
}

static void make_room(struct connections *connections, const char *who)
{
	if (term_width(who) > connections->who_columns)
		connections->who_columns = term_width(who);
}

void connections_begins(struct connections *connections, const struct view *view,
			const struct connection *connection)
{
	char who[TEXT_SIZE];

	make_room(connections, who_text(who, sizeof(who), view, connection));
}

/* False: this run records nothing of the kind. */
static bool is_recorded(const struct view *view, const char *hook_name)
{
	const struct capture_hook *hook = info_hook(view->info, hook_name);

	return !hook || hook->on;
}

static bool calls_known(const struct view *view)
{
	return is_recorded(view, "sys_exit");
}

static char *bytes_text(char *text, size_t size, const struct connection *connection, enum end from,
			enum end own)
{
	const struct direction *at = &connection->flow[from].at;

	if (!connection->bytes_known)
		snprintf(text, size, "-");
	else
		fmt_bytes_short(text, size,
				from == own ? summary_moved(connection, from) : at->received);
	return text;
}

static int error_of(const struct connection *connection)
{
	const struct socket *socket = connection->ends[own_end(connection)];

	if (connection->connect_error || connection->reset || !socket)
		return connection->connect_error;
	return socket->error;
}

/* Who closed first is what its states say. */
static const char *closed_text(const struct socket *socket)
{
	if (socket && socket->state_seen[TCP_FIN_WAIT1])
		return "FIN-out";
	if (socket && (socket->state_seen[TCP_CLOSE_WAIT] || socket->state_seen[TCP_LAST_ACK]))
		return "FIN-in";
	return "closed";
}

static const char *end_text(const struct connection *connection)
{
	enum end own = own_end(connection);

	if (error_of(connection))
		return name_errno(error_of(connection));
	if (connection->reset)
		return connection->reset_by == own ? "RST-out" : "RST-in";
	return connection->finished ? closed_text(connection->ends[own]) : "open";
}

/* "127.0.0.1:37388 -> :38533": a port alone is at the same address. */
static void ends_text(char *text, size_t size, const struct connection *connection)
{
	enum end own = own_end(connection), peer = other_end(own);
	char local[FMT_SIZE], remote[FMT_SIZE];
	bool same =
		connection->port[own] && connection->port[peer] &&
		!memcmp(connection->address[own], connection->address[peer], RECORD_ADDRESS_SIZE);

	text_endpoint(local, sizeof(local), connection, own);
	text_endpoint(remote, sizeof(remote), connection, peer);
	if (same)
		snprintf(remote, sizeof(remote), ":%u", connection->port[peer]);
	snprintf(text, size, "%s %s %s", local, own == END_CLIENT ? "->" : "<-", remote);
}

static void tail_text(char *text, size_t size, const struct connection *connection)
{
	uint64_t again = 0;
	int used;

	for (int end = 0; end < END_COUNT; end++)
		again += connection->flow[end].retransmits;
	ends_text(text, size, connection);
	used = (int)strlen(text);
	if (again)
		used += snprintf(text + used, size - (size_t)used, " retrans:%llu",
				 (unsigned long long)again);
	if (connection->lossy)
		snprintf(text + used, size - (size_t)used, " records-lost");
}

/* The beginning of one that is older than the trace isn't known. */
static char *took_text(char *text, size_t size, const struct connection *connection,
		       uint64_t end_ns)
{
	uint64_t span_ns = end_ns > connection->first_ns ? end_ns - connection->first_ns : 0;
	const char *least = connection->older ? AT_LEAST : "";
	size_t used = strlen(least);

	memcpy(text, least, used + 1);
	fmt_duration_short(text + used, size - used, span_ns ? span_ns : connection->connect_ns);
	return text;
}

static void time_text(char *text, size_t size, const struct view *view, uint64_t time_ns)
{
	int64_t centis = (int64_t)(time_ns - view->zero_ns) / 10000000;

	snprintf(text, size, "%s%lld.%02lld", centis < 0 ? "-" : "", llabs(centis) / 100,
		 llabs(centis) % 100);
}

/* Only of a run that was attached to something a connection can be older. */
static int took_columns(const struct view *view)
{
	return DURATION_COLUMNS + (view->info->command_tgid ? 0 : (int)strlen(AT_LEAST));
}

void connections_title(struct connections *connections, const struct view *view)
{
	const struct {
		enum label label;
		int columns; /* 0: the names' */
		enum align align;
	} titles[] = {
		{ LABEL_TIME, TIME_COLUMNS, ALIGN_RIGHT },
		{ LABEL_PROCESS, 0, ALIGN_LEFT },
		{ LABEL_SENT, BYTES_COLUMNS, ALIGN_RIGHT },
		{ LABEL_RECEIVED, BYTES_COLUMNS, ALIGN_RIGHT },
		{ LABEL_TOOK, took_columns(view), ALIGN_RIGHT },
		{ LABEL_INSIDE_CALLS, DURATION_COLUMNS, ALIGN_RIGHT },
		{ LABEL_END, END_COLUMNS, ALIGN_LEFT },
	};
	char text[TEXT_SIZE];

	if (connections->who_columns < WHO_COLUMNS)
		connections->who_columns = WHO_COLUMNS;
	fputs(term_style(&view->term, STYLE_BOLD), view->stream);
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		fprintf(view->stream, "%s ",
			text_fit(text, sizeof(text), label(view->lang, titles[i].label),
				 titles[i].columns ? titles[i].columns : connections->who_columns,
				 titles[i].align));
	fprintf(view->stream, "%s%s\n", label(view->lang, LABEL_ENDS),
		term_style(&view->term, STYLE_PLAIN));
}

void connections_row(struct connections *connections, const struct view *view,
		     const struct connection *connection, uint64_t end_ns)
{
	enum end own = own_end(connection);
	char who[TEXT_SIZE], column[TEXT_SIZE], time[FMT_SIZE], sent[FMT_SIZE], received[FMT_SIZE];
	char took[FMT_SIZE], blocked[FMT_SIZE] = "-", head[2 * TEXT_SIZE], tail[TEXT_SIZE];

	make_room(connections, who_text(who, sizeof(who), view, connection));
	text_fit(column, sizeof(column), who, connections->who_columns, ALIGN_LEFT);
	time_text(time, sizeof(time), view, connection->last_ns);
	bytes_text(sent, sizeof(sent), connection, own, own);
	bytes_text(received, sizeof(received), connection, source_of(connection, own), own);
	took_text(took, sizeof(took), connection, end_ns);
	if (calls_known(view))
		fmt_duration_short(blocked, sizeof(blocked),
				   connection_blocked_ns(connection, own));
	tail_text(tail, sizeof(tail), connection);
	snprintf(head, sizeof(head), "%*s %s %*s %*s %*s %*s %-*s", TIME_COLUMNS, time, column,
		 BYTES_COLUMNS, sent, BYTES_COLUMNS, received, took_columns(view), took,
		 DURATION_COLUMNS, blocked, END_COLUMNS, end_text(connection));
	fputs(head, view->stream);
	if (!view->term.tty || term_width(head) + 1 + term_width(tail) <= view->columns) {
		fprintf(view->stream, " %s\n", tail);
		return;
	}
	fprintf(view->stream, "\n%*s", TAIL_INDENT, "");
	text_wrap(view, TAIL_INDENT, TAIL_INDENT, tail);
}

void connections_add_open(struct connections *connections, const struct connection *connection)
{
	connections->bytes_known |= connection->bytes_known;
	for (int end = 0; end < END_COUNT; end++) {
		if (connection->bytes_known)
			connections->bytes[end] += summary_moved(connection, (enum end)end);
		connections->retransmits += connection->flow[end].retransmits;
	}
	connections->blocked_ns += connection_blocked_ns(connection, own_end(connection));
}

void connections_add(struct connections *connections, const struct connection *connection)
{
	if (error_of(connection))
		connections->failed++;
	else if (connection->reset)
		connections->reset++;
	else
		connections->closed++;
	connections_add_open(connections, connection);
}

/* What the run did not record is left out: the footer says what that was. */
static void total_moved(const struct connections *connections, const struct view *view, char *text,
			size_t size)
{
	char client[FMT_SIZE], server[FMT_SIZE], blocked[FMT_SIZE], again[FMT_SIZE];
	char parts[3][TEXT_SIZE];
	int count = 0, used = 0;

	fmt_count(client, sizeof(client), connections->bytes[END_CLIENT]);
	fmt_count(server, sizeof(server), connections->bytes[END_SERVER]);
	fmt_duration(blocked, sizeof(blocked), connections->blocked_ns);
	fmt_count(again, sizeof(again), connections->retransmits);
	if (connections->bytes_known)
		label_fill(parts[count++], TEXT_SIZE, view->lang, LABEL_TOTAL_BYTES, client, server,
			   NULL);
	if (calls_known(view))
		label_fill(parts[count++], TEXT_SIZE, view->lang, LABEL_TOTAL_INSIDE, blocked,
			   NULL);
	if (is_recorded(view, "net_dev_queue"))
		label_fill(parts[count++], TEXT_SIZE, view->lang, LABEL_TOTAL_AGAIN, again, NULL);
	*text = '\0';
	for (int i = 0; i < count; i++)
		used += snprintf(text + used, size - (size_t)used, "%s%s",
				 i ? label(view->lang, LABEL_PART) : "", parts[i]);
	if (count)
		snprintf(text + used, size - (size_t)used, "%s", label(view->lang, LABEL_STOP));
}

void connections_total(const struct connections *connections, const struct view *view,
		       unsigned int begun)
{
	uint64_t over = connections->closed + connections->reset + connections->failed;
	uint64_t counts[] = { begun, connections->closed, connections->reset, connections->failed,
			      begun > over ? begun - over : 0 };
	char count[5][FMT_SIZE], text[3 * TEXT_SIZE];

	for (int i = 0; i < 5; i++)
		fmt_count(count[i], FMT_SIZE, counts[i]);
	label_fill(text, sizeof(text), view->lang, LABEL_TOTAL, count[0], count[1], count[2],
		   count[3], count[4], NULL);
	text_wrap(view, 0, 2, text);
	total_moved(connections, view, text, sizeof(text));
	if (*text)
		text_wrap(view, 0, 2, text);
}
