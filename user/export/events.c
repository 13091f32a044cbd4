/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The view of every event, one line each, in the order of their times, as
 * strace(1) would write them: calls when they return, or in two parts when
 * something else is to be told in between; states, segments, notes, and losses
 * where they happened. Samples of the buffers are not shown: they are rows of
 * the CSV.
 */
#include "user/export/events.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/base/fmt.h"
#include "user/export/footer.h"
#include "user/model/names.h"

#define TIME_COLUMNS 10
#define WHO_COLUMNS 14
/* A call that has been inside for longer is told of before it returns. */
#define PATIENCE_NS 1000000000ULL

/* On a terminal a long line is wrapped behind the names; in a file it stays one line. */
static void write_line(struct events *events, uint64_t time_ns, const char *who, const char *text)
{
	const struct view *view = events->view;
	int64_t us = (int64_t)(time_ns - view->zero_ns) / 1000;
	char time[FMT_SIZE], column[TEXT_SIZE], own[TEXT_LONG];

	if (term_width(who) > events->who_columns)
		events->who_columns = term_width(who);
	text_fit(column, sizeof(column), who, events->who_columns, ALIGN_LEFT);
	snprintf(time, sizeof(time), "%s%lld.%06lld", us < 0 ? "-" : "", llabs(us) / 1000000,
		 llabs(us) % 1000000);
	fprintf(view->stream, "%s%*s%s %s ", term_style(&view->term, STYLE_DIM), TIME_COLUMNS, time,
		term_style(&view->term, STYLE_PLAIN), column);
	if (view->term.tty)
		text_wrap(view, TIME_COLUMNS + events->who_columns + 2, TIME_COLUMNS + 5, text);
	else
		fprintf(view->stream, "%s\n", text_own(view, own, sizeof(own), text));
}

static char *task_text(const struct view *view, char *text, size_t size, const char *comm,
		       uint32_t tid)
{
	char name[4 * RECORD_COMM_SIZE + 1];

	text_foreign(view, name, sizeof(name), comm, RECORD_COMM_SIZE);
	snprintf(text, size, "%s%s%u", name, *name ? "/" : "", tid);
	return text;
}

static struct begun *begun_of(struct events *events, uint32_t tid)
{
	return &events->begun[tid % EVENTS_REMEMBERED];
}

/* Something else comes first: the call that was entered is written as it stands. */
static void write_entered(struct events *events)
{
	const struct call *call = &events->entered;
	char who[TEXT_SIZE], text[TEXT_SIZE];

	if (!events->waiting)
		return;
	events->waiting = false;
	*begun_of(events, call->tid) = (struct begun){
		.enter_ns = call->enter_ns,
		.tid = call->tid,
		.has_address = call->has_address,
	};
	task_text(events->view, who, sizeof(who), call->comm, call->tid);
	event_call_begins(call, text, sizeof(text));
	write_line(events, call->enter_ns, who, text);
}

static void print_line(struct events *events, uint64_t time_ns, const char *who, const char *text)
{
	write_entered(events);
	write_line(events, time_ns, who, text);
}

/* Who owns the socket: in softirq the running task is not the one to name. */
static char *owner_text(const struct view *view, char *text, size_t size,
			const struct socket *socket)
{
	if (!socket->owner_tid)
		snprintf(text, size, "-");
	else
		task_text(view, text, size, socket->owner_comm, socket->owner_tid);
	return text;
}

char *event_subject(char *text, size_t size, const struct socket *socket)
{
	if (socket->connection)
		snprintf(text, size, "#%u %s", socket->connection->id,
			 socket->end == END_CLIENT ? "client" : "server");
	else
		snprintf(text, size, "socket %u", socket->id);
	return text;
}

/* A connection's addresses are told once, before the first line that needs them. */
static void introduce(struct events *events, uint64_t time_ns, const struct connection *connection)
{
	unsigned int *told;
	char ends[END_COUNT][FMT_SIZE], text[TEXT_SIZE];

	if (!connection || !connection->port[END_CLIENT] || !connection->port[END_SERVER])
		return;
	told = &events->connections[connection->id % EVENTS_REMEMBERED];
	if (*told == connection->id)
		return;
	*told = connection->id;
	for (int end = 0; end < END_COUNT; end++)
		text_endpoint(ends[end], FMT_SIZE, connection, (enum end)end);
	snprintf(text, sizeof(text), "#%u is %s -> %s", connection->id, ends[END_CLIENT],
		 ends[END_SERVER]);
	print_line(events, time_ns, "-", text);
}

static void introduce_end(struct events *events, uint64_t time_ns, const struct socket *socket)
{
	if (socket)
		introduce(events, time_ns, socket->connection);
}

static bool shows(const struct events *events, enum shown_events kind)
{
	return !events->view->events || events->view->events & kind;
}

static void on_zero(void *context, uint64_t zero_ns)
{
	struct events *events = context;
	char text[TEXT_SIZE];

	write_entered(events);
	if (view_zero(events->view, zero_ns, text, sizeof(text)))
		text_wrap(events->view, 0, 3, text);
}

static bool same_names(const struct record_socket *a, const struct record_socket *b)
{
	return a->header.socket == b->header.socket && a->local_port == b->local_port &&
	       a->remote_port == b->remote_port &&
	       !memcmp(a->local_address, b->local_address, RECORD_ADDRESS_SIZE) &&
	       !memcmp(a->remote_address, b->remote_address, RECORD_ADDRESS_SIZE);
}

/* Of a TCP socket that has a peer, the connection is told of instead; a raw one has no port. */
static bool has_own_name(const struct socket *socket)
{
	return socket->has_local && !socket->connection && socket->identity.type != SOCK_RAW &&
	       !(socket->identity.protocol == IPPROTO_TCP && socket->has_remote);
}

/* A call that names its socket need not be told of in two parts for that. */
static void write_name(struct events *events, const struct socket *socket, const char *text)
{
	bool own = events->waiting && events->entered.socket == socket;
	char who[TEXT_SIZE];

	owner_text(events->view, who, sizeof(who), socket);
	if (own)
		write_line(events, events->entered.enter_ns, who, text);
	else
		print_line(events, socket->last_ns, who, text);
}

static void on_socket(void *context, const struct socket *socket)
{
	struct events *events = context;
	const struct record_socket *identity = &socket->identity;
	struct record_socket *told = &events->sockets[socket->id % EVENTS_REMEMBERED];
	char local[FMT_SIZE], remote[FMT_SIZE] = "", text[TEXT_SIZE];

	if (!has_own_name(socket) || same_names(told, identity))
		return;
	*told = *identity;
	fmt_endpoint(local, sizeof(local), identity->local_address, identity->family,
		     identity->scope, identity->local_port);
	if (socket->has_remote)
		fmt_endpoint(remote, sizeof(remote), identity->remote_address, identity->family,
			     identity->scope, identity->remote_port);
	snprintf(text, sizeof(text), "socket %u is %s %s%s%s", socket->id,
		 name_protocol(identity->protocol), local, *remote ? " -> " : "", remote);
	write_name(events, socket, text);
}

static void on_call_enter(void *context, const struct call *call)
{
	struct events *events = context;

	if (!shows(events, SHOW_CALLS))
		return;
	write_entered(events);
	introduce_end(events, call->enter_ns, call->socket);
	events->waiting = true;
	events->entered = *call;
}

static void write_call(struct events *events, const struct call *call, uint64_t time_ns)
{
	struct begun *begun = begun_of(events, call->tid);
	bool resumes = begun->enter_ns == call->enter_ns && begun->tid == call->tid;
	char who[TEXT_SIZE], text[TEXT_SIZE];

	if (resumes && !call->return_ns)
		return;
	task_text(events->view, who, sizeof(who), call->comm, call->tid);
	if (resumes)
		event_call_resumes(call, begun, text, sizeof(text));
	else
		event_call(call, text, sizeof(text));
	if (resumes)
		begun->enter_ns = 0;
	print_line(events, time_ns, who, text);
}

static void on_call(void *context, const struct call *call)
{
	struct events *events = context;
	uint64_t time_ns = call->return_ns ? call->return_ns : call->enter_ns;
	bool own = events->waiting && events->entered.tid == call->tid &&
		   events->entered.enter_ns == call->enter_ns;

	if (!shows(events, SHOW_CALLS))
		return;
	introduce_end(events, time_ns, call->socket);
	introduce_end(events, time_ns, call->other);
	if (own && call->return_ns > call->enter_ns + PATIENCE_NS)
		write_entered(events);
	else if (own)
		events->waiting = false;
	write_call(events, call, time_ns);
}

/* So that whoever watches sees what a call waits in. */
static void passed(void *context, uint64_t time_ns)
{
	struct events *events = context;

	if (events->waiting && time_ns > events->entered.enter_ns + PATIENCE_NS)
		write_entered(events);
}

/* A call or a segment is named by itself; of what is not known there may be a word, too. */
static void cause_text(char *text, size_t size, const struct state_change *change)
{
	bool named = *change->detail &&
		     (change->cause == CAUSE_CALL || change->cause == CAUSE_SEGMENT ||
		      change->cause == CAUSE_UNKNOWN);

	snprintf(text, size, "%s%s%s", named ? "" : name_cause(change->cause),
		 named || !*change->detail ? "" : " ", change->detail);
}

static void on_state(void *context, const struct state_change *change)
{
	struct events *events = context;
	char who[TEXT_SIZE], subject[FMT_SIZE], cause[TEXT_SIZE / 4], text[TEXT_SIZE];

	if (!shows(events, SHOW_STATES))
		return;
	introduce_end(events, change->time_ns, change->socket);
	owner_text(events->view, who, sizeof(who), change->socket);
	event_subject(subject, sizeof(subject), change->socket);
	cause_text(cause, sizeof(cause), change);
	snprintf(text, sizeof(text), "%s %s -> %s (%s)", subject,
		 change->old_state ? name_state(change->old_state) : "?",
		 name_state(change->new_state), cause);
	print_line(events, change->time_ns, who, text);
}

/* Where it begins: of a SYN that is always 0. */
static bool tells_seq(const struct segment *segment)
{
	return segment->connection && segment->connection->isn_known[segment->sender] &&
	       !(segment->flags & SEGMENT_SYN) &&
	       (segment->length || segment->probe || segment->flags & (SEGMENT_FIN | SEGMENT_RST));
}

/* The header's numbers: "seq=1 ack=1 len=7 win=65495"; an arrival doesn't tell all again. */
static void header_text(const struct segment *segment, char *text, size_t size)
{
	const struct connection *connection = segment->connection;
	enum end peer = other_end(segment->sender);
	bool again = segment->received && !segment->unseen;
	int used = 0;

	text[0] = '\0';
	if (tells_seq(segment))
		used += snprintf(text, size, " seq=%llu", (unsigned long long)segment->seq);
	if (segment->flags & SEGMENT_ACK && connection && connection->isn_known[peer])
		used += snprintf(text + used, size - (size_t)used, " ack=%llu",
				 (unsigned long long)segment->ack);
	if (segment->length)
		used += snprintf(text + used, size - (size_t)used, " len=%u", segment->length);
	if (segment->urgent)
		used += snprintf(text + used, size - (size_t)used, " urg=%u", segment->urgent);
	if (again)
		return;
	used += snprintf(text + used, size - (size_t)used, " win=%u", segment->window);
	if (segment->flags & SEGMENT_SYN && segment->mss)
		used += snprintf(text + used, size - (size_t)used, " mss=%u", segment->mss);
	if (segment->flags & SEGMENT_SYN && segment->wscale != SEGMENT_NO_WSCALE)
		snprintf(text + used, size - (size_t)used, " wscale=%u", segment->wscale);
}

static void on_segment(void *context, const struct segment *segment)
{
	struct events *events = context;
	char who[TEXT_SIZE], text[TEXT_SIZE], name[FMT_SIZE], header[TEXT_SIZE / 2];
	char subject[FMT_SIZE];
	const char *kind = segment->again ? "again: " : segment->probe ? "window probe: " : "";

	if (!shows(events, SHOW_SEGMENTS))
		return;
	introduce(events, segment->time_ns, segment->connection);
	owner_text(events->view, who, sizeof(who), segment->socket);
	if (segment->connection)
		snprintf(subject, sizeof(subject), "#%u %s", segment->connection->id,
			 segment->sender == END_CLIENT ? "->" : "<-");
	else
		event_subject(subject, sizeof(subject), segment->socket);
	name_segment(segment->flags, segment->length, name, sizeof(name));
	header_text(segment, header, sizeof(header));
	snprintf(text, sizeof(text), "%s %s%s%s%s", subject, kind, name, header,
		 segment->received ? " arrives" : "");
	print_line(events, segment->time_ns, who, text);
}

static void on_note(void *context, const struct note *note)
{
	struct events *events = context;
	char who[TEXT_SIZE], subject[FMT_SIZE], text[TEXT_SIZE], more[TEXT_SIZE / 4] = "";
	char from[FMT_SIZE];

	if (!shows(events, SHOW_NOTES))
		return;
	introduce_end(events, note->time_ns, note->socket);
	owner_text(events->view, who, sizeof(who), note->socket);
	event_subject(subject, sizeof(subject), note->socket);
	if (note->kind == NOTE_ACCEPT_QUEUE)
		snprintf(more, sizeof(more), " %lld of %llu%s at", (long long)note->value,
			 (unsigned long long)note->limit,
			 note->value > (int64_t)note->limit ? " (full)" : "");
	else if (note->kind == NOTE_RETRANSMIT)
		snprintf(more, sizeof(more), " len=%llu attempt=%lld",
			 (unsigned long long)note->limit, (long long)note->value);
	else if (note->kind == NOTE_ICMP)
		snprintf(more, sizeof(more),
			 " from %s:", fmt_address(from, sizeof(from), note->from, AF_INET, 0));
	else if (note->kind != NOTE_ERROR && note->value >= 0)
		snprintf(more, sizeof(more), " reason %lld", (long long)note->value);
	snprintf(text, sizeof(text), "%s %s%s%s%s", subject, name_note(note->kind), more,
		 *note->detail ? " " : "", note->detail);
	print_line(events, note->time_ns, who, text);
}

/* As strace writes it. */
static void exit_text(char *text, size_t size, int code)
{
	const char *signal = sigabbrev_np(code & 0x7f);

	if (!(code & 0x7f))
		snprintf(text, size, "+++ exited with %d +++", code >> 8 & 0xff);
	else if (signal)
		snprintf(text, size, "+++ killed by SIG%s +++", signal);
	else
		snprintf(text, size, "+++ killed by signal %d +++", code & 0x7f);
}

static void found_text(char *text, size_t size, const struct process *process)
{
	int length = process->tid == process->tgid
			     ? snprintf(text, size, "runs already")
			     : snprintf(text, size, "runs already, a thread of %u", process->tgid);

	if (process->own_tid)
		snprintf(text + length, size - (size_t)length, "; pid %u in its own namespace",
			 process->own_tid);
}

static void on_process(void *context, const struct process *process)
{
	struct events *events = context;
	char who[TEXT_SIZE], text[TEXT_SIZE];

	if (!shows(events, SHOW_PROCESSES))
		return;
	task_text(events->view, who, sizeof(who), process->comm, process->tid);
	if (process->event == PROCESS_EXIT)
		exit_text(text, sizeof(text), process->exit_code);
	else if (process->event == PROCESS_EXEC)
		snprintf(text, sizeof(text), "executes");
	else if (process->event == PROCESS_RENAME)
		snprintf(text, sizeof(text), "has this name now");
	else if (process->event == PROCESS_FOUND)
		found_text(text, sizeof(text), process);
	else if (process->event == PROCESS_32BIT)
		snprintf(text, sizeof(text), "makes 32-bit calls, which are not decoded");
	else if (process->tid != process->tgid)
		snprintf(text, sizeof(text), "begins, a thread of %u", process->tgid);
	else
		snprintf(text, sizeof(text), "begins, a child of %u", process->parent_tgid);
	print_line(events, process->time_ns, who, text);
}

static void on_lost(void *context, const struct loss *loss)
{
	struct events *events = context;
	char count[FMT_SIZE], span[2][FMT_SIZE], text[TEXT_SIZE];
	uint64_t start_ns = events->view->zero_ns;

	fmt_count(count, sizeof(count), loss->count);
	fmt_offset(span[0], FMT_SIZE, (int64_t)(loss->first_ns - start_ns));
	fmt_offset(span[1], FMT_SIZE, (int64_t)(loss->last_ns - start_ns));
	snprintf(text, sizeof(text), "~~~ %s records LOST (%s) between %s and %s", count,
		 name_record(loss->what), span[0], span[1]);
	print_line(events, loss->last_ns, "-", text);
}

void events_open(struct events *events, struct view *view)
{
	*events = (struct events){ .view = view, .who_columns = WHO_COLUMNS };
}

/* What it points to is gone afterwards. */
static void on_finished(void *context, const struct connection *connection)
{
	struct events *events = context;
	const struct socket *socket = events->entered.socket;

	if (events->waiting && socket && socket->connection == connection)
		write_entered(events);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct events *events = malloc(sizeof(*events));
	struct view *view = view_open(target, info);

	*context = NULL;
	if (!events || !view) {
		free(events);
		view_close(view);
		return -ENOMEM;
	}
	events_open(events, view);
	*context = events;
	return 0;
}

static int end_view(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct events *events = context;
	int err;

	write_entered(events);
	footer_print(events->view, trace, end);
	err = view_close(events->view);
	free(events);
	return err;
}

const struct export view_events = {
	.name = "events",
	.sink = {
		.zero = on_zero,
		.socket = on_socket,
		.process = on_process,
		.state = on_state,
		.call_enter = on_call_enter,
		.call = on_call,
		.segment = on_segment,
		.note = on_note,
		.lost = on_lost,
		.finished = on_finished,
	},
	.begin = begin,
	.passed = passed,
	.end = end_view,
};
