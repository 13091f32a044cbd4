/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Socket calls: who is inside one, what it moved, and how long it took. Sums
 * go to the connection's end.
 */
#include "user/model/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "user/model/internal.h"

static void fill_who(struct call *call, const struct task *task)
{
	call->tgid = task->tgid;
	call->tid = task->tid;
	memcpy(call->comm, task->comm, RECORD_COMM_SIZE);
}

static void fill_address(struct call *call, struct task *task)
{
	if (!task->has_address || task->address.call != call->kind)
		return;
	call->has_address = true;
	call->port = task->address.port;
	call->family = task->address.family;
	memcpy(call->address, task->address.address, RECORD_ADDRESS_SIZE);
	task->has_address = false;
}

int call_address(struct trace *trace, const struct record_address *record)
{
	struct task *task = trace_task(trace, record->tid, record->tgid);

	if (!task)
		return -ENOMEM;
	task->address = *record;
	task->has_address = true;
	if (task->in_call)
		fill_address(&task->call, task);
	return 0;
}

static struct entry *entry_inside(const struct task *task)
{
	return task->in_call && task->call.socket ? entry_of((struct socket *)task->call.socket)
						  : NULL;
}

void call_leave(struct task *task)
{
	struct entry *entry = entry_inside(task);

	task->in_call = false;
	if (!entry)
		return;
	entry->tasks--;
	if (entry->inside == task)
		entry->inside = NULL;
	if (entry->sending == task)
		entry->sending = NULL;
}

/* The task goes on elsewhere: the return of the call that it was in was lost. */
static void forget_unreturned(struct task *task)
{
	struct entry *entry = entry_inside(task);
	struct connection *connection = entry ? entry->socket.connection : NULL;
	bool sending = connection && entry->sending == task;
	struct flow *flow;

	call_leave(task);
	if (!sending)
		return;
	flow = &connection->flow[entry->socket.end];
	flow->inside_since_ns = 0;
	flow->asleep_since_ns = 0;
}

static void enter_send(struct trace *trace, struct entry *entry, const struct call *call)
{
	struct connection *connection = entry->socket.connection;
	struct flow *flow;

	if (!connection)
		return;
	flow = &connection->flow[entry->socket.end];
	if (!flow->first_send_ns)
		flow->first_send_ns = call->enter_ns;
	flow->inside_since_ns = call->enter_ns;
	flow->inside_call = call->kind;
	flow->program_unknown = call->found;
	bytes_in_program(trace, entry, call->enter_ns, call->found ? 0 : call->asked_bytes);
	if (call->found)
		sleep_goes_on(trace, entry, call);
}

static void enter_socket(struct trace *trace, struct entry *entry, struct task *task)
{
	struct connection *connection = entry->socket.connection;
	const struct call *call = &task->call;

	trace_owner(trace, entry, call->tgid, call->tid);
	entry->tasks++;
	entry->closed = false;
	entry->inside = task;
	entry->socket.fd = call->fd;
	if (call_sends(call->kind)) {
		entry->sending = task;
		entry->turn_seen = false;
		enter_send(trace, entry, call);
	}
	if (!connection)
		return;
	if (connection->detail)
		ladder_call_enter(connection, entry->socket.end, call);
	moment_call_enter(trace, connection, call);
}

int call_enter(struct trace *trace, const struct record_call_enter *record)
{
	struct task *task = trace_task(trace, record->tid, record->tgid);
	struct entry *entry = NULL;

	if (!task)
		return -ENOMEM;
	if (record->header.socket)
		entry = trace_socket(trace, record->header.socket, record->header.time_ns);
	forget_unreturned(task);
	task->cut_send = 0;
	task->in_call = true;
	task->call = (struct call){
		.enter_ns = record->header.time_ns,
		.kind = record->call,
		.socket = entry ? &entry->socket : NULL,
		.fd = record->fd,
		.asked_bytes = record->asked,
		.flags = record->flags,
		.found = record->found,
	};
	fill_who(&task->call, task);
	fill_address(&task->call, task);
	if (entry)
		enter_socket(trace, entry, task);
	tell(trace, call_enter, &task->call);
	return 0;
}

static bool consumes(const struct call *call)
{
	return !call_receives(call->kind) || !(call->flags & (MSG_PEEK | MSG_ERRQUEUE)) ||
	       call->kind == CALL_READ || call->kind == CALL_READV;
}

/* connect() that does not wait has not failed. */
static bool goes_on(const struct call *call)
{
	return call->kind == CALL_CONNECT && call->result == -EINPROGRESS;
}

/* A receive that returns 0 is the end of the stream, not a part of it. */
static bool is_short(const struct call *call)
{
	return call->finished && call->result >= 0 && call->moved_bytes < call->asked_bytes &&
	       !(call_receives(call->kind) && call->result == 0);
}

static void add_stats(struct call_stats *stats, const struct call *call)
{
	uint64_t inside = call_inside_ns(call);
	uint64_t longest = call->run.count ? call->run.longest_ns : inside;
	uint64_t most = call->run.count ? call->run.asked_most : call->asked_bytes;

	stats->count += call_count(call);
	if (call->result < 0 && !goes_on(call))
		stats->failed += call_count(call);
	stats->short_count += call->run.count ? call->run.short_count : is_short(call);
	if (consumes(call))
		stats->moved_bytes += call->moved_bytes;
	stats->moved_unknown |= call->moved_unknown;
	if (most > stats->asked_max)
		stats->asked_max = most;
	stats->inside_ns += inside;
	if (longest > stats->longest_ns)
		stats->longest_ns = longest;
	stats->at_least |= call->found;
	stats->sleeps += call->sleeps;
	stats->unread_ns += call->unread_ns;
	for (int i = 0; i < SLEEP_CAUSES; i++)
		stats->sleep_ns[i] += call->sleep_ns[i];
}

static void add_to_connection(struct trace *trace, struct connection *connection, enum end end,
			      const struct call *call)
{
	struct call_stats *stats = call_stats_of(connection, end, call->kind);

	if (!stats) {
		trace->failed = true;
		return;
	}
	add_stats(stats, call);
	if (call_can_block(call->kind))
		connection->blocked_ns += call_inside_ns(call);
	if (connection->detail)
		ladder_call(connection, end, call);
}

void call_replay_early(struct trace *trace, struct connection *connection, struct entry *entry,
		       enum end end)
{
	for (int i = 0; i < entry->early_count; i++)
		add_to_connection(trace, connection, end, &entry->early[i]);
	free(entry->early);
	entry->early = NULL;
	entry->early_count = 0;
	if (entry->inside && connection->detail)
		ladder_call_enter(connection, end, &entry->inside->call);
}

static int keep_early(struct entry *entry, const struct call *call)
{
	if (!entry->early)
		entry->early = calloc(EARLY_CALLS, sizeof(*entry->early));
	if (!entry->early)
		return -ENOMEM;
	if (entry->early_count < EARLY_CALLS)
		entry->early[entry->early_count++] = *call;
	return 0;
}

static void return_send(struct trace *trace, struct entry *entry, const struct call *call)
{
	struct connection *connection = entry->socket.connection;
	struct flow *flow = &connection->flow[entry->socket.end];

	if (!flow->first_send_ns)
		flow->first_send_ns = call->enter_ns;
	flow->last_call = call->kind;
	flow->untimed |= !call_is_timed(call->kind);
	bytes_taken(trace, entry, call);
	flow->inside_since_ns = 0;
	flow->asleep_since_ns = 0;
	flow->program_unknown = false;
	if (!call->moved_bytes)
		return;
	flow->last_return_ns = call->return_ns;
	flow->last_enter_ns = call->run.count ? call->run.last_enter_ns : call->enter_ns;
	flow->last_found = call->found;
	flow->last_moved_bytes = call->run.count ? call->run.last_moved : call->moved_bytes;
	bytes_now(connection, entry->socket.end, call->return_ns, &flow->at_return);
}

/* The socket that accept() returned; NULL: another call, or it failed. */
static struct entry *accepted_by(const struct call *call)
{
	bool accepts = call->kind == CALL_ACCEPT || call->kind == CALL_ACCEPT4;

	return accepts && call->other ? entry_of((struct socket *)call->other) : NULL;
}

static void learn_from(struct trace *trace, struct entry *entry, const struct call *call)
{
	trace_owner(trace, entry, call->tgid, call->tid);
	entry->closed = call->kind == CALL_CLOSE;
	if (call->kind == CALL_CLOSE)
		entry->socket.fd = -1;
	else if (call->kind == CALL_SOCKET)
		entry->socket.fd = (int)call->result;
	else
		entry->socket.fd = call->fd;
	if (call->kind == CALL_SHUTDOWN && call->finished && !call->result) {
		entry->shut_read |= call->flags == SHUT_RD || call->flags == SHUT_RDWR;
		entry->shut_write |= call->flags == SHUT_WR || call->flags == SHUT_RDWR;
	}
}

static bool connect_failed(const struct call *call)
{
	return call->kind == CALL_CONNECT && call->result < 0 && call->result >= -ERRNO_MAX &&
	       call->finished && strcmp(name_errno((int)call->result), "EINPROGRESS") != 0 &&
	       strcmp(name_errno((int)call->result), "EALREADY") != 0 &&
	       strcmp(name_errno((int)call->result), "EISCONN") != 0;
}

static bool is_internet_stream(const struct entry *entry)
{
	return entry->socket.identity.type == SOCK_STREAM &&
	       (entry->socket.identity.family == AF_INET ||
		entry->socket.identity.family == AF_INET6);
}

static void learn_port(struct trace *trace, struct entry *entry, const struct call *call)
{
	if (call->kind == CALL_SOCKET) {
		entry->port_origin = PORT_KERNEL;
	} else if (call->kind == CALL_BIND && call->result == 0) {
		if (!call->has_address || call->port)
			entry->port_origin = PORT_PROGRAM;
	} else if (call->kind == CALL_BIND) {
		moment_bind_failed(trace, entry, call);
	}
}

static void note_wait(struct connection *connection, struct call *call)
{
	if (call->kind == CALL_CONNECT)
		wait_connect(connection, call);
	else if (call->kind == CALL_ACCEPT || call->kind == CALL_ACCEPT4)
		wait_accept(connection, call);
	else if (call_sends(call->kind))
		wait_send(connection, call);
}

static int return_socket(struct trace *trace, struct entry *entry, struct call *call)
{
	struct entry *accepted = accepted_by(call);
	struct entry *subject = accepted ? accepted : entry;
	struct connection *connection;

	learn_from(trace, entry, call);
	if (accepted) {
		accepted->socket.fd = (int)call->result;
		trace_owner(trace, accepted, call->tgid, call->tid);
	}
	if (is_internet_stream(entry))
		learn_port(trace, entry, call);
	if (connect_failed(call) && is_internet_stream(entry) &&
	    connection_failed(trace, entry, call))
		return -ENOMEM;

	connection = subject->socket.connection;
	if (connection) {
		note_wait(connection, call);
		connection->failed_later |= goes_on(call) && connection->connect_error;
		add_to_connection(trace, connection, subject->socket.end, call);
		if (call_sends(call->kind))
			return_send(trace, entry, call);
		else if (call_receives(call->kind))
			bytes_consumed(entry, call);
		moment_call(trace, connection, call);
	} else if (call->kind != CALL_ACCEPT && call->kind != CALL_ACCEPT4) {
		if (keep_early(entry, call))
			return -ENOMEM;
	}
	if (call->kind == CALL_LISTEN && call->result == 0)
		moment_listen(trace, entry, call);
	return 0;
}

static bool counts_messages(enum call_kind kind)
{
	return kind == CALL_SENDMMSG || kind == CALL_RECVMMSG;
}

/* Messages without a byte are known for such only where a hook would have shown bytes. */
static bool moved_is_unknown(const struct trace *trace, const struct record_call *record)
{
	bool sure = call_sends(record->call) ? trace->send_lengths_sure : trace->recv_lengths_sure;

	return counts_messages(record->call) && record->result > 0 && !record->bytes && !sure;
}

/* The call as it was entered, or as its return alone tells it. */
static struct call begun_call(const struct trace *trace, struct task *task,
			      const struct record_call *record)
{
	struct call call = { .kind = record->call };

	if (call_is_timed(record->call)) {
		if (task->in_call && task->call.kind == record->call &&
		    task->call.enter_ns == record->enter_ns)
			call = task->call;
		else
			forget_unreturned(task);
		call_leave(task);
	}
	call.enter_ns = record->enter_ns;
	call.return_ns = record->header.time_ns;
	if (call.enter_ns > call.return_ns || !call_is_timed(call.kind))
		call.enter_ns = call.return_ns;
	call.fd = record->fd;
	call.asked_bytes = record->asked;
	call.moved_bytes = record->bytes;
	call.moved_unknown = moved_is_unknown(trace, record);
	call.result = record->result;
	call.flags = record->flags;
	call.restarts = record->restarts;
	call.finished = !record->unfinished;
	call.found = record->found;
	if (!call.moved_bytes && record->result > 0 && !counts_messages(call.kind) &&
	    (call_sends(call.kind) || call_receives(call.kind)))
		call.moved_bytes = (uint64_t)record->result;
	return call;
}

static bool is_cut_send(const struct call *call)
{
	return call_sends(call->kind) && call->moved_bytes && call->moved_bytes < call->asked_bytes;
}

int call_return(struct trace *trace, const struct record_call *record)
{
	struct task *task = trace_task(trace, record->tid, record->tgid);
	struct entry *entry = NULL, *other = NULL;
	struct call call;
	int err = 0;

	if (!task)
		return -ENOMEM;
	call = begun_call(trace, task, record);
	fill_who(&call, task);
	fill_address(&call, task);
	if (record->header.socket)
		entry = trace_socket(trace, record->header.socket, call.return_ns);
	if (record->other)
		other = trace_socket(trace, record->other, call.return_ns);
	call.socket = entry ? &entry->socket : NULL;
	call.other = other ? &other->socket : NULL;
	call.sleeps_known = trace->sleeps_known;
	queues_of_call(task, record, &call);
	task->cut_send = entry && is_cut_send(&call) ? entry->socket.id : 0;
	if (entry)
		err = return_socket(trace, entry, &call);
	tell(trace, call, &call);
	return err;
}

static void fill_run(struct call_run *run, const struct record_call_run *record)
{
	*run = (struct call_run){
		.count = record->count,
		.short_count = record->short_count,
		.inside_ns = record->inside_ns,
		.longest_ns = record->longest_ns,
		.asked_most = record->asked_most,
		.last_enter_ns = record->last_enter_ns,
		.last_moved = record->result > 0 ? (uint64_t)record->result : 0,
	};
}

/* A run is of transfers that TCP connections have, all told by their returns alone. */
int call_run(struct trace *trace, const struct record_call_run *record)
{
	struct task *task = trace_task(trace, record->tid, record->tgid);
	struct call call = {
		.enter_ns = record->first_enter_ns,
		.return_ns = record->header.time_ns,
		.kind = record->call,
		.fd = record->fd,
		.asked_bytes = record->asked,
		.moved_bytes = record->bytes,
		.result = record->result,
		.flags = record->flags,
		.finished = true,
	};
	struct entry *entry;

	if (!task)
		return -ENOMEM;
	if (!record->header.socket)
		return 0;
	if (record->count > 1)
		fill_run(&call.run, record);
	fill_who(&call, task);
	entry = trace_socket(trace, record->header.socket, call.return_ns);
	if (!entry)
		return -ENOMEM;
	call.socket = &entry->socket;
	call.sleeps_known = trace->sleeps_known;
	task->cut_send = 0;
	if (return_socket(trace, entry, &call))
		return -ENOMEM;
	tell(trace, call, &call);
	return 0;
}

void call_finish_all(struct trace *trace)
{
	struct task *task;
	size_t at = 0;

	while ((task = map_next(&trace->tasks, &at))) {
		if (task->in_call)
			tell(trace, call, &task->call);
	}
}
