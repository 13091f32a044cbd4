/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The view of every event, one line each, in the order of their times: calls
 * when they return, states, segments, notes, and losses where they happened.
 * Samples of the buffers are not shown: they are rows of the CSV.
 */
#include "user/export/events.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "user/base/fmt.h"
#include "user/export/footer.h"
#include "user/model/names.h"

#define TIME_COLUMNS 11
#define WHO_COLUMNS 18

/* On a terminal a long line is wrapped behind the names; in a file it stays one line. */
static void print_line(const struct view *view, uint64_t time_ns, const char *who, const char *text)
{
	int64_t us = (int64_t)(time_ns - view->zero_ns) / 1000;
	char column[TEXT_SIZE], own[TEXT_LONG];
	int at = TIME_COLUMNS + 1 + term_width(who) + 1;

	text_fit(column, sizeof(column), who, WHO_COLUMNS, ALIGN_LEFT);
	if (term_width(who) < WHO_COLUMNS) {
		who = column;
		at = TIME_COLUMNS + 1 + WHO_COLUMNS + 1;
	}
	fprintf(view->stream, "%s%s%*lld.%06lld%s %s ", term_style(&view->term, STYLE_DIM),
		us < 0 ? "-" : " ", TIME_COLUMNS - 8, llabs(us) / 1000000, llabs(us) % 1000000,
		term_style(&view->term, STYLE_PLAIN), who);
	if (view->term.tty)
		text_wrap(view, at, TIME_COLUMNS + 5, text);
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

/* "#1 client", "socket 3" */
static char *subject_text(char *text, size_t size, const struct socket *socket)
{
	if (socket->connection)
		snprintf(text, size, "#%u %s", socket->connection->id,
			 socket->end == END_CLIENT ? "client" : "server");
	else
		snprintf(text, size, "socket %u", socket->id);
	return text;
}

static void on_zero(void *context, uint64_t zero_ns)
{
	struct view *view = context;
	char text[TEXT_SIZE];

	if (view_zero(view, zero_ns, text, sizeof(text)))
		text_wrap(view, 0, 3, text);
}

static void on_call(void *context, const struct call *call)
{
	struct view *view = context;
	char who[TEXT_SIZE], text[TEXT_SIZE];

	task_text(view, who, sizeof(who), call->comm, call->tid);
	event_call(call, text, sizeof(text));
	print_line(view, call->return_ns ? call->return_ns : call->enter_ns, who, text);
}

/* Other calls are told when they return. */
static void on_call_enter(void *context, const struct call *call)
{
	if (call->found)
		on_call(context, call);
}

static void on_state(void *context, const struct state_change *change)
{
	struct view *view = context;
	char who[TEXT_SIZE], subject[FMT_SIZE], duration[FMT_SIZE], text[TEXT_SIZE];
	int used;

	owner_text(view, who, sizeof(who), change->socket);
	subject_text(subject, sizeof(subject), change->socket);
	used = snprintf(text, sizeof(text), "%s %s -> %s  (%s", subject,
			change->old_state ? name_state(change->old_state) : "?",
			name_state(change->new_state), name_cause(change->cause));
	if (*change->detail)
		used += snprintf(text + used, sizeof(text) - (size_t)used, " %s", change->detail);
	if (change->duration_known)
		used += snprintf(text + used, sizeof(text) - (size_t)used, ", after %s",
				 fmt_duration(duration, sizeof(duration), change->duration_ns));
	snprintf(text + used, sizeof(text) - (size_t)used, ")");
	print_line(view, change->time_ns, who, text);
}

/* The header's numbers: "seq=0 win=65,495 mss=65495 wscale=10" */
static void header_text(const struct segment *segment, char *text, size_t size)
{
	char window[FMT_SIZE];
	const struct connection *connection = segment->connection;
	enum end peer = segment->sender == END_CLIENT ? END_SERVER : END_CLIENT;
	bool seq_known = connection && connection->isn_known[segment->sender];
	int used = 0;

	text[0] = '\0';
	if (seq_known && (segment->length || segment->probe ||
			  segment->flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST)))
		used += snprintf(text, size, " seq=%llu", (unsigned long long)segment->seq);
	if (segment->flags & SEGMENT_ACK && connection && connection->isn_known[peer])
		used += snprintf(text + used, size - (size_t)used, " ack=%llu",
				 (unsigned long long)segment->ack);
	if (segment->length)
		used += snprintf(text + used, size - (size_t)used, " len=%u", segment->length);
	used += snprintf(text + used, size - (size_t)used, " win=%s",
			 fmt_count(window, sizeof(window), segment->window));
	if (segment->urgent)
		used += snprintf(text + used, size - (size_t)used, " urg=%u", segment->urgent);
	if (segment->flags & SEGMENT_SYN && segment->mss)
		used += snprintf(text + used, size - (size_t)used, " mss=%u", segment->mss);
	if (segment->flags & SEGMENT_SYN && segment->wscale != SEGMENT_NO_WSCALE)
		snprintf(text + used, size - (size_t)used, " wscale=%u", segment->wscale);
}

static void on_segment(void *context, const struct segment *segment)
{
	struct view *view = context;
	char who[TEXT_SIZE], text[TEXT_SIZE], name[FMT_SIZE], header[TEXT_SIZE / 2];
	char subject[FMT_SIZE];
	const char *kind = segment->again ? "again: " : segment->probe ? "window probe: " : "";

	owner_text(view, who, sizeof(who), segment->socket);
	if (segment->connection)
		snprintf(subject, sizeof(subject), "#%u %s", segment->connection->id,
			 segment->sender == END_CLIENT ? "->" : "<-");
	else
		subject_text(subject, sizeof(subject), segment->socket);
	name_segment(segment->flags, segment->length, name, sizeof(name));
	header_text(segment, header, sizeof(header));
	snprintf(text, sizeof(text), "%s %s%s%s%s", subject, kind, name, header,
		 segment->received ? " arrives" : "");
	print_line(view, segment->time_ns, who, text);
}

static void on_note(void *context, const struct note *note)
{
	struct view *view = context;
	char who[TEXT_SIZE], subject[FMT_SIZE], text[TEXT_SIZE], more[TEXT_SIZE / 4] = "";
	char from[FMT_SIZE];

	owner_text(view, who, sizeof(who), note->socket);
	subject_text(subject, sizeof(subject), note->socket);
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
	print_line(view, note->time_ns, who, text);
}

static void exit_text(char *text, size_t size, int code)
{
	if (code & 0x7f)
		snprintf(text, size, "ends by signal %d", code & 0x7f);
	else
		snprintf(text, size, "exits with %d", code >> 8 & 0xff);
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
	struct view *view = context;
	char who[TEXT_SIZE], text[TEXT_SIZE];

	task_text(view, who, sizeof(who), process->comm, process->tid);
	if (process->event == PROCESS_EXIT)
		exit_text(text, sizeof(text), process->exit_code);
	else if (process->event == PROCESS_EXEC)
		snprintf(text, sizeof(text), "executes");
	else if (process->event == PROCESS_RENAME)
		snprintf(text, sizeof(text), "has this name now");
	else if (process->event == PROCESS_FOUND)
		found_text(text, sizeof(text), process);
	else if (process->tid != process->tgid)
		snprintf(text, sizeof(text), "begins, a thread of %u", process->tgid);
	else
		snprintf(text, sizeof(text), "begins, a child of %u", process->parent_tgid);
	print_line(view, process->time_ns, who, text);
}

static void on_lost(void *context, const struct loss *loss)
{
	struct view *view = context;
	char count[FMT_SIZE], span[2][FMT_SIZE], text[TEXT_SIZE];
	uint64_t start_ns = view->zero_ns;

	fmt_count(count, sizeof(count), loss->count);
	fmt_offset(span[0], FMT_SIZE, (int64_t)(loss->first_ns - start_ns));
	fmt_offset(span[1], FMT_SIZE, (int64_t)(loss->last_ns - start_ns));
	snprintf(text, sizeof(text), "~~~ %s records LOST (%s) between %s and %s", count,
		 name_record(loss->what), span[0], span[1]);
	print_line(view, loss->last_ns, "-", text);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	*context = view_open(target, info);
	return *context ? 0 : -ENOMEM;
}

static int end_view(void *context, const struct trace *trace, const struct capture_end *end)
{
	footer_print(context, trace, end);
	return view_close(context);
}

const struct export view_events = {
	.name = "events",
	.sink = {
		.zero = on_zero,
		.process = on_process,
		.state = on_state,
		.call_enter = on_call_enter,
		.call = on_call,
		.segment = on_segment,
		.note = on_note,
		.lost = on_lost,
	},
	.begin = begin,
	.end = end_view,
};
