/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is over leaves, so that a run of days needs no more memory than one of
 * minutes: connections go into totals, sockets and tasks are let go. The first
 * connections stay whole, and so do the last ones that finished, because calls
 * and segments may still come for them. Tells the sinks, and makes no facts.
 */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "user/model/internal.h"

#define SOCKETS_FIRST 4096 /* so many are there before any is looked at */
#define TASKS_FIRST 1024
#define CONNECTIONS_FIRST 4096
#define OPEN_STEP (TRACE_OPEN / 8) /* so many that are open are let go at once */
#define TRIES 8			   /* connections that are looked at to find one that may go */
#define LATE_NS 1000000000ULL	   /* records that come late come sooner */

static bool has_ended(const struct trace *trace, uint32_t tid)
{
	const struct task *task = map_get(&trace->tasks, tid);

	return task && task->ended_ns;
}

static void note_owner(const struct trace *trace, struct entry *entry)
{
	const struct socket *socket = &entry->socket;

	if (!entry->owner_ended && has_ended(trace, socket->owner_tgid))
		entry->owner_ended = has_ended(trace, socket->owner_tid);
}

static void let_go(struct trace *trace, struct entry *entry)
{
	if (entry->socket.id > trace->fold.socket_max)
		trace->fold.socket_max = entry->socket.id;
	queues_total(&trace->fold.queues, &entry->socket);
	map_remove(&trace->sockets, entry->socket.id);
	free(entry->early);
	free(entry);
}

static void unlink_end(struct connection *connection, struct entry *entry)
{
	entry->connections--;
	if (entry->socket.connection != connection)
		return;
	entry->socket.connection = NULL;
	entry->folded = true;
	memset(&entry->turn, 0, sizeof(entry->turn));
}

/* The index of the first connection that is kept and has this id, or a larger one. */
static unsigned int place_of(const struct trace *trace, unsigned int id)
{
	unsigned int low = 0, high = trace->connection_count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (trace->connections[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct connection *trace_find(const struct trace *trace, unsigned int id)
{
	unsigned int at = place_of(trace, id);
	const struct connection *found = trace_connection(trace, at);

	return found && found->id == id ? found : NULL;
}

/* Takes it out of those that are kept, and frees it. */
static void drop(struct trace *trace, struct connection *connection)
{
	unsigned int at = place_of(trace, connection->id);

	trace->connection_count--;
	memmove(trace->connections + at, trace->connections + at + 1,
		(trace->connection_count - at) * sizeof(trace->connections[0]));
	connection_free(connection);
}

/* No other connection is or was its own, and nobody is inside a call on it or connects to it. */
static bool leaves_too(const struct entry *entry)
{
	return entry->connections == 1 && !entry->tasks && entry->socket.state != TCP_LISTEN;
}

/* The sink is told of both sockets while it still sees whose ends they were. */
static void tell_gone(struct trace *trace, const struct connection *connection)
{
	for (int end = 0; end < END_COUNT; end++)
		if (connection->ends[end] && leaves_too(entry_of(connection->ends[end])))
			tell(trace, gone, connection->ends[end]);
}

static void leave(struct trace *trace, struct connection *connection)
{
	connection->until_ns = trace->last_ns;
	if (!connection->finished)
		moment_last(trace, connection, trace->last_ns);
	fold_total(&trace->fold.totals, connection);
	tell(trace, folded, connection);
	tell_gone(trace, connection);
	connection_forget_tuple(trace, connection);
	for (int end = 0; end < END_COUNT; end++) {
		struct entry *entry = entry_of(connection->ends[end]);

		if (entry && leaves_too(entry))
			let_go(trace, entry);
		else if (entry)
			unlink_end(connection, entry);
		connection->ends[end] = NULL;
	}
	if (connection->listener)
		entry_of(connection->listener)->connections--;
	connection->listener = NULL;
}

static void fold(struct trace *trace, struct connection *connection)
{
	leave(trace, connection);
	drop(trace, connection);
}

/* The program still holds its descriptor, and can make a call that belongs to the connection. */
static bool is_held(struct trace *trace, const struct connection *connection)
{
	for (int end = 0; end < END_COUNT; end++) {
		struct entry *entry = entry_of(connection->ends[end]);

		if (!entry || entry->socket.connection != connection)
			continue;
		note_owner(trace, entry);
		if (entry->tasks || (entry->socket.fd >= 0 && !entry->owner_ended))
			return true;
	}
	return false;
}

static struct connection *take(struct fold *fold)
{
	struct connection *connection = fold->ring[fold->head];

	fold->head = (fold->head + 1) % FOLD_ROOM;
	fold->count--;
	return connection;
}

static void put(struct fold *fold, struct connection *connection)
{
	fold->ring[(fold->head + fold->count++) % FOLD_ROOM] = connection;
}

void fold_over(struct trace *trace, struct connection *connection)
{
	if (connection->detail || connection->waiting || !connection_is_over(connection) ||
	    trace->fold.count == FOLD_ROOM)
		return;
	connection->waiting = true;
	put(&trace->fold, connection);
}

/* One that is held goes to the end of the row, unless all that were looked at are. */
static void fold_one(struct trace *trace)
{
	struct connection *connection;

	for (int tries = 0;; tries++) {
		connection = take(&trace->fold);
		if (!connection_is_over(connection)) {
			connection->waiting = false;
			return;
		}
		if (tries == TRIES || !is_held(trace, connection))
			break;
		put(&trace->fold, connection);
	}
	fold(trace, connection);
}

/* Nothing can come for it any more, as far as its records tell. */
static bool is_over(const struct trace *trace, const struct entry *entry)
{
	const struct socket *socket = &entry->socket;
	bool shut = !socket->state || socket->state == TCP_CLOSE || socket->state == TCP_TIME_WAIT;

	if (entry->connections || entry->tasks || !shut ||
	    socket->last_ns + LATE_NS > trace->last_ns)
		return false;
	return entry->closed || entry->owner_ended || entry->folded ||
	       (socket->state && socket->fd < 0);
}

/* Removing an entry may move another one to its place, which is looked at again. */
static void look_through_sockets(struct trace *trace)
{
	struct entry *entry;
	size_t at = 0;

	while ((entry = map_next(&trace->sockets, &at))) {
		note_owner(trace, entry);
		if (!is_over(trace, entry))
			continue;
		tell(trace, gone, &entry->socket);
		let_go(trace, entry);
		at--;
	}
	trace->fold.sockets_at = 2 * trace->sockets.used;
}

static void look_through_tasks(struct trace *trace)
{
	struct task *task;
	size_t at = 0;

	while ((task = map_next(&trace->tasks, &at))) {
		if (!task->ended_ns || task->in_call || task->ended_ns + LATE_NS > trace->last_ns)
			continue;
		map_remove(&trace->tasks, task->tid);
		free(task);
		at--;
	}
	trace->fold.tasks_at = 2 * trace->tasks.used;
}

/* Its end may have been among what was lost: nobody knows. */
static bool may_have_ended(const struct connection *connection)
{
	return connection->lossy && !connection->waiting && !connection->detail;
}

/* Of these, those that have been silent for longer than the mean. They are told as not finished. */
static void look_through_lossy(struct trace *trace)
{
	uint64_t sum_ns = 0, mean_ns;
	size_t count = 0;

	for (unsigned int i = 0; i < trace->connection_count; i++) {
		if (!may_have_ended(trace->connections[i]))
			continue;
		sum_ns += span_ns(trace->first_ns, trace->connections[i]->last_ns);
		count++;
	}
	mean_ns = count ? sum_ns / count : 0;
	for (unsigned int i = trace->connection_count; i-- > 0 && count > CONNECTIONS_FIRST / 2;) {
		struct connection *connection = trace->connections[i];

		if (may_have_ended(connection) &&
		    span_ns(trace->first_ns, connection->last_ns) < mean_ns)
			fold(trace, connection);
	}
	trace->fold.connections_at = trace->connection_count + CONNECTIONS_FIRST / 2;
}

static bool may_leave_open(const struct connection *connection)
{
	return !connection->waiting && !connection->detail;
}

static int by_time(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Of those that may leave, so many have been silent since then or longer. */
static uint64_t silent_since(struct trace *trace, unsigned int silent)
{
	uint64_t *last_ns = malloc(trace->connection_count * sizeof(*last_ns)), since_ns = 0;
	unsigned int count = 0;

	if (!last_ns) {
		trace->failed = true;
		return 0;
	}
	for (unsigned int i = 0; i < trace->connection_count; i++)
		if (may_leave_open(trace->connections[i]))
			last_ns[count++] = trace->connections[i]->last_ns;
	qsort(last_ns, count, sizeof(*last_ns), by_time);
	if (silent && silent <= count)
		since_ns = last_ns[silent - 1];
	free(last_ns);
	return since_ns;
}

/* Frees at once what has left: one by one each would move all that stand behind it. */
static void drop_left(struct trace *trace)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < trace->connection_count; i++) {
		struct connection *connection = trace->connections[i];

		if (connection->left)
			connection_free(connection);
		else
			trace->connections[kept++] = connection;
	}
	trace->connection_count = kept;
}

/* Too many are open: those that have been silent longest are told as they stand. */
static void let_go_of_open(struct trace *trace)
{
	uint64_t since_ns = silent_since(trace, OPEN_STEP);
	unsigned int left = 0;

	for (unsigned int i = 0; i < trace->connection_count && left < OPEN_STEP; i++) {
		struct connection *connection = trace->connections[i];

		if (!may_leave_open(connection) || connection->last_ns > since_ns)
			continue;
		leave(trace, connection);
		connection->left = true;
		left++;
	}
	drop_left(trace);
	trace->fold.left_open += left;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Sockets first: they learn from a task that ended that it did. */
void fold_turn(struct trace *trace)
{
	struct fold *fold = &trace->fold;
	bool tasks = trace->tasks.used > larger(fold->tasks_at, TASKS_FIRST);

	if (fold->count > TRACE_FINISHED)
		fold_one(trace);
	if (trace->connection_count > TRACE_DETAILED + FOLD_ROOM + TRACE_OPEN)
		let_go_of_open(trace);
	if (trace->connection_count > larger(fold->connections_at, CONNECTIONS_FIRST))
		look_through_lossy(trace);
	if (tasks || trace->sockets.used > larger(fold->sockets_at, SOCKETS_FIRST))
		look_through_sockets(trace);
	if (tasks)
		look_through_tasks(trace);
}

static uint64_t moved(const struct direction *at)
{
	return at->sender_seen ? at->handed : at->received;
}

void fold_total(struct trace_totals *totals, const struct connection *connection)
{
	uint64_t lasted_ns = span_ns(connection->first_ns, connection->last_ns);

	totals->connections++;
	totals->failed += connection->connect_error != 0;
	totals->reset += connection->reset && !connection->connect_error;
	totals->open += !connection->finished && !connection->connect_error;
	totals->lossy += connection->lossy;
	totals->blocked_ns += connection->blocked_ns;
	for (int end = 0; end < END_COUNT; end++) {
		totals->bytes[end] += moved(&connection->flow[end].at);
		totals->retransmits += connection->flow[end].retransmits;
	}
	if (lasted_ns > totals->longest_ns) {
		totals->longest_ns = lasted_ns;
		totals->longest_id = connection->id;
	}
	if (connection->blocked_ns > totals->most_blocked_ns) {
		totals->most_blocked_ns = connection->blocked_ns;
		totals->most_blocked_id = connection->id;
	}
}

void trace_totals(const struct trace *trace, unsigned int first, struct trace_totals *totals)
{
	*totals = trace->fold.totals;
	for (unsigned int i = 0; i < trace->connection_count; i++)
		if (trace->connections[i]->id > first)
			fold_total(totals, trace->connections[i]);
}
