/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The model's front: each record goes to the file that knows its kind of fact. */
#include "user/model/trace.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "user/model/internal.h"

/* What stands for such a hook sees TCP alone. */
static bool is_sure(const struct capture_info *info, const char *hook_name)
{
	const struct capture_hook *hook = info_hook(info, hook_name);

	return hook && hook->on && !hook->stand_in[0];
}

int trace_open(struct trace **trace, const struct capture_info *info, const struct trace_sink *sink,
	       void *context)
{
	const struct capture_hook *segments = info_hook(info, "net_dev_queue");
	const struct capture_hook *sends = info_hook(info, "sock_send_length");
	const struct capture_hook *receives = info_hook(info, "sock_recv_length");
	const struct capture_hook *calls = info_hook(info, "sys_exit");
	const struct capture_hook *turns = info_hook(info, "tcp_sendmsg_locked");
	const struct capture_hook *waits = info_hook(info, "sk_stream_wait_memory");

	*trace = calloc(1, sizeof(**trace));
	if (!*trace)
		return -ENOMEM;
	(*trace)->info = info;
	(*trace)->segments_known = !segments || segments->on;
	(*trace)->segments_unasked = segments && segments->unasked;
	(*trace)->calls_known = !calls || calls->on;
	(*trace)->bytes_known = (*trace)->segments_known || (calls && calls->on);
	(*trace)->places_known = (*trace)->segments_known ||
				 (sends && sends->on && receives && receives->on);
	(*trace)->places_unasked = sends && sends->unasked;
	(*trace)->sleeps_known = !turns || turns->on || (waits && waits->on);
	(*trace)->segments_sure = segments && segments->on;
	(*trace)->send_lengths_sure = is_sure(info, "sock_send_length");
	(*trace)->recv_lengths_sure = is_sure(info, "sock_recv_length");
	(*trace)->sink = sink;
	(*trace)->context = context;
	return 0;
}

static void free_values(struct map *map)
{
	size_t at = 0;
	void *value;

	while ((value = map_next(map, &at)))
		free(value);
	map_free(map);
}

void trace_close(struct trace *trace)
{
	struct entry *entry;
	size_t at = 0;

	if (!trace)
		return;
	while ((entry = map_next(&trace->sockets, &at)))
		free(entry->early);
	free_values(&trace->sockets);
	free_values(&trace->tasks);
	map_free(&trace->tuples);
	map_free(&trace->listeners);
	for (unsigned int i = 0; i < trace->connection_count; i++)
		connection_free(trace->connections[i]);
	free(trace->connections);
	free(trace->opening.records);
	free(trace);
}

struct entry *trace_socket(struct trace *trace, uint32_t id, uint64_t time_ns)
{
	struct entry *entry = map_get(&trace->sockets, id);

	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry || map_put(&trace->sockets, id, entry)) {
			free(entry);
			return NULL;
		}
		entry->socket.id = id;
		entry->socket.fd = -1;
		entry->socket.first_ns = time_ns;
		entry->socket.gone_before = id <= trace->fold.socket_max;
	}
	entry->socket.last_ns = time_ns;
	return entry;
}

struct task *trace_task(struct trace *trace, uint32_t tid, uint32_t tgid)
{
	struct task *task = map_get(&trace->tasks, tid);

	if (!task) {
		task = calloc(1, sizeof(*task));
		if (!task || map_put(&trace->tasks, tid, task)) {
			free(task);
			return NULL;
		}
		task->tid = tid;
	}
	if (tgid)
		task->tgid = tgid;
	return task;
}

const char *trace_comm(const struct trace *trace, uint32_t tid)
{
	const struct task *task = map_get(&trace->tasks, tid);

	return task ? task->comm : "";
}

void trace_listens(struct trace *trace, struct entry *entry, bool listens)
{
	if (!listens)
		map_remove(&trace->listeners, entry->socket.id);
	else if (map_put(&trace->listeners, entry->socket.id, entry))
		trace->failed = true;
}

void trace_owner(struct trace *trace, struct entry *entry, uint32_t tgid, uint32_t tid)
{
	const struct task *task = map_get(&trace->tasks, tid);
	const char *comm = trace_comm(trace, tid);

	if (!tid)
		return;
	entry->socket.owner_tgid = tgid;
	entry->socket.owner_tid = tid;
	entry->socket.owner_own_tgid = task ? task->own_tgid : 0;
	if (comm[0])
		memcpy(entry->socket.owner_comm, comm, RECORD_COMM_SIZE);
}

static bool is_set(const uint8_t address[RECORD_ADDRESS_SIZE])
{
	static const uint8_t zero[RECORD_ADDRESS_SIZE];

	return memcmp(address, zero, RECORD_ADDRESS_SIZE) != 0;
}

void trace_syn(struct trace *trace, uint64_t time_ns)
{
	if (trace->first_syn_ns)
		return;
	trace->first_syn_ns = time_ns;
	tell(trace, zero, time_ns);
}

/* A field that is zero says "not known", and must not wipe out what was known. */
static void learn_identity(struct record_socket *known, const struct record_socket *record)
{
	struct record_socket old = *known;

	*known = *record;
	if (!record->cookie)
		known->cookie = old.cookie;
	if (!record->inode)
		known->inode = old.inode;
	if (!record->local_port) {
		known->local_port = old.local_port;
		memcpy(known->local_address, old.local_address, RECORD_ADDRESS_SIZE);
	}
	if (!record->remote_port) {
		known->remote_port = old.remote_port;
		memcpy(known->remote_address, old.remote_address, RECORD_ADDRESS_SIZE);
	}
	if (!is_set(record->local_address) && old.local_port == record->local_port)
		memcpy(known->local_address, old.local_address, RECORD_ADDRESS_SIZE);
	if (!record->netns)
		known->netns = old.netns;
	if (!record->listener)
		known->listener = old.listener;
	if (!record->scope)
		known->scope = old.scope;
}

/* Until a process accepts it, a connection is looked after by its listener's. */
static void inherit_owner(struct trace *trace, struct entry *entry)
{
	const struct entry *listener;

	if (entry->socket.owner_tgid || !entry->socket.identity.listener)
		return;
	listener = map_get(&trace->sockets, entry->socket.identity.listener);
	if (listener)
		trace_owner(trace, entry, listener->socket.owner_tgid, listener->socket.owner_tid);
}

static int feed_socket(struct trace *trace, struct entry *entry, const struct record_socket *record)
{
	struct socket *socket = &entry->socket;

	trace->undecoded.mptcp_sockets += !socket->identity.protocol &&
					  record->protocol == IPPROTO_MPTCP;
	learn_identity(&socket->identity, record);
	socket->gone_before = false;
	socket->has_local = socket->identity.local_port != 0;
	socket->has_remote = socket->identity.remote_port != 0;
	trace_owner(trace, entry, record->owner_tgid, record->owner_tid);
	inherit_owner(trace, entry);
	if (socket->connection)
		connection_addresses(socket->connection, entry);
	tell(trace, socket, socket);
	return 0;
}

/* A signal that ends a task is taken before the call that it cut short returns to the program. */
static void note_killed(struct trace *trace, const struct task *task, int exit_code)
{
	struct entry *entry = task->cut_send ? map_get(&trace->sockets, task->cut_send) : NULL;

	if (entry && entry->socket.connection && WIFSIGNALED(exit_code))
		entry->socket.connection->flow[entry->socket.end].killed_inside = true;
}

/* Each of its threads says so; the process is counted once. */
static void note_32bit(struct trace *trace, const struct record_process *record)
{
	struct undecoded *undecoded = &trace->undecoded;
	struct task *leader = trace_task(trace, record->tgid, record->tgid);

	if (!leader || leader->is_32bit)
		return;
	leader->is_32bit = true;
	if (undecoded->processes++)
		return;
	undecoded->first_tgid = record->tgid;
	memcpy(undecoded->first_comm, record->comm, RECORD_COMM_SIZE);
}

static void feed_process(struct trace *trace, const struct record_process *record)
{
	struct task *task = trace_task(trace, record->tid, record->tgid);
	struct process process = {
		.time_ns = record->header.time_ns,
		.event = record->event,
		.tgid = record->tgid,
		.tid = record->tid,
		.parent_tgid = record->parent_tgid,
		.own_tgid = record->own_tgid,
		.own_tid = record->own_tid,
		.exit_code = record->exit_code,
	};

	memcpy(process.comm, record->comm, RECORD_COMM_SIZE);
	if (task)
		task->own_tgid = record->own_tgid;
	if (task && record->event == PROCESS_EXIT) {
		note_killed(trace, task, record->exit_code);
		task->ended_ns = record->header.time_ns;
	} else if (task) {
		memcpy(task->comm, record->comm, RECORD_COMM_SIZE);
		task->ended_ns = 0;
	}
	if (record->event == PROCESS_32BIT)
		note_32bit(trace, record);
	tell(trace, process, &process);
}

static void note_lossy(struct connection *connection, uint64_t first_ns)
{
	if (!connection->lossy || first_ns < connection->lossy_since_ns)
		connection->lossy_since_ns = first_ns;
	connection->lossy = true;
}

/* When there is no more room, the last gap stands for all that follow. */
static void keep_loss(struct trace *trace, const struct loss *loss)
{
	struct loss *last = trace->losses + trace->loss_count;

	if (trace->loss_count < TRACE_LOSSES) {
		*last = *loss;
		trace->loss_count++;
	} else {
		last[-1].last_ns = loss->last_ns;
		last[-1].count += loss->count;
	}
}

static void feed_lost(struct trace *trace, const struct record_lost *record)
{
	struct loss loss = {
		.first_ns = record->first_ns,
		.last_ns = record->last_ns,
		.count = record->count,
		.what = record->what,
	};

	trace->lost += loss.count;
	trace->lost_records = true;
	for (unsigned int i = 0; i < trace->connection_count; i++) {
		struct connection *connection = trace->connections[i];

		if (connection->finished && connection->last_ns < loss.first_ns)
			continue;
		note_lossy(connection, loss.first_ns);
		ladder_lost(connection, &loss);
	}
	keep_loss(trace, &loss);
	tell(trace, lost, &loss);
}

void trace_unseen(struct trace *trace, struct connection *connection, enum lost_what what,
		  uint64_t first_ns, uint64_t last_ns)
{
	struct loss loss = {
		.first_ns = first_ns,
		.last_ns = last_ns,
		.count = 1,
		.what = what,
	};

	if (trace->lost_records)
		return;
	trace->lost += loss.count;
	note_lossy(connection, loss.first_ns);
	ladder_lost(connection, &loss);
	keep_loss(trace, &loss);
	tell(trace, lost, &loss);
}

static void feed_retransmit(struct trace *trace, struct entry *entry,
			    const struct record_retransmit *record)
{
	struct note note = {
		.time_ns = record->header.time_ns,
		.kind = NOTE_RETRANSMIT,
		.socket = &entry->socket,
		.value = record->attempt,
		.limit = record->length,
	};

	strcpy(note.detail, record->state == STATE_NEW_SYN_RECV ? "SYN-ACK"
			    : record->state == TCP_SYN_SENT	? "SYN"
								: "");
	tell(trace, note, &note);
}

static void feed_error(struct trace *trace, struct entry *entry, const struct record_error *record)
{
	struct note note = {
		.time_ns = record->header.time_ns,
		.kind = NOTE_ERROR,
		.socket = &entry->socket,
		.value = record->error,
		.limit = record->error_soft > 0 ? record->error_soft : 0,
	};

	strncpy(note.detail, name_errno(record->error ? record->error : record->error_soft),
		sizeof(note.detail) - 1);
	tell(trace, note, &note);
}

static int feed_socket_fact(struct trace *trace, const union record *record)
{
	struct entry *entry = trace_socket(trace, record->header.socket, record->header.time_ns);

	if (!entry)
		return -ENOMEM;
	if (entry->socket.connection && entry->socket.connection->last_ns < record->header.time_ns)
		entry->socket.connection->last_ns = record->header.time_ns;

	switch (record->header.kind) {
	case RECORD_SOCKET:
		return feed_socket(trace, entry, &record->socket);
	case RECORD_STATE:
		bytes_state(trace, entry, &record->state);
		state_record(trace, entry, &record->state);
		break;
	case RECORD_SAMPLE_SEND:
		bytes_sample_send(trace, entry, &record->sample_send);
		sleep_sample(trace, entry, &record->sample_send);
		break;
	case RECORD_SAMPLE_RECV:
		bytes_sample_recv(trace, entry, &record->sample_recv);
		break;
	case RECORD_SEGMENT:
		return segment_record(trace, entry, &record->segment);
	case RECORD_QUEUE:
		ending_queue(trace, entry, &record->queue);
		break;
	case RECORD_RESET:
		ending_reset_record(trace, entry, &record->reset);
		break;
	case RECORD_RETRANSMIT:
		feed_retransmit(trace, entry, &record->retransmit);
		break;
	case RECORD_ERROR:
		feed_error(trace, entry, &record->error);
		break;
	case RECORD_FOUND:
		return found_record(trace, entry, &record->found);
	case RECORD_ICMP:
		ending_icmp(trace, entry, &record->icmp);
		break;
	case RECORD_SAMPLE_OTHER:
		return queues_record(trace, entry, &record->sample_other);
	}
	return trace->failed ? -ENOMEM : 0;
}

int trace_feed(struct trace *trace, const union record *record)
{
	int err;

	if (record->header.kind == RECORD_NONE)
		return 0;
	if (opening_waits(trace, record, &err))
		return err;
	switch (record->header.kind) {
	case RECORD_LOST:
		feed_lost(trace, &record->lost);
		return 0;
	}

	fold_turn(trace);
	trace->events++;
	if (!trace->first_ns) {
		trace->first_ns = record->header.time_ns;
		tell(trace, zero, trace_zero_ns(trace));
	}
	if (record->header.time_ns > trace->last_ns)
		trace->last_ns = record->header.time_ns;

	switch (record->header.kind) {
	case RECORD_PROCESS:
		feed_process(trace, &record->process);
		return 0;
	case RECORD_CALL_ENTER:
		return call_enter(trace, &record->call_enter);
	case RECORD_CALL:
		return call_return(trace, &record->call);
	case RECORD_CALL_RUN:
		return call_run(trace, &record->call_run);
	case RECORD_ADDRESS:
		return call_address(trace, &record->address);
	default:
		return record->header.socket ? feed_socket_fact(trace, record) : 0;
	}
}

int trace_finish(struct trace *trace)
{
	int err = opening_decide(trace);

	while (!err && trace->opening.second)
		err = opening_decide(trace);
	if (err)
		return err;
	sleep_finish_all(trace);
	call_finish_all(trace);
	for (unsigned int i = 0; i < trace->connection_count; i++) {
		trace->connections[i]->until_ns = trace->last_ns;
		moment_last(trace, trace->connections[i], trace->last_ns);
	}
	return 0;
}
