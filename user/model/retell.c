/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way back, from the model to records: what a piece of a capture has to
 * begin with. Tells only what records have told before.
 */
#include <netinet/tcp.h>
#include <string.h>

#include "user/model/internal.h"

struct retelling {
	const struct trace *trace;
	int (*out)(void *context, const struct record_header *record);
	void *context;
};

static int put(const struct retelling *telling, union record *record, enum record_kind kind,
	       size_t size, uint32_t socket)
{
	record->header = (struct record_header){
		.kind = (uint16_t)kind,
		.size = (uint16_t)size,
		.socket = socket,
		.time_ns = telling->trace->last_ns,
	};
	return telling->out(telling->context, &record->header);
}

static int put_task(const struct retelling *telling, const struct task *task)
{
	union record record = {
		.process = { .tgid = task->tgid, .tid = task->tid, .event = PROCESS_FOUND },
	};

	if (task->ended_ns)
		return 0;
	memcpy(record.process.comm, task->comm, RECORD_COMM_SIZE);
	return put(telling, &record, RECORD_PROCESS, sizeof(record.process), 0);
}

/* A call or a segment can still come for it, as far as its records tell. */
static bool is_open(const struct entry *entry)
{
	const struct socket *socket = &entry->socket;

	if (!socket->state || socket->state == TCP_CLOSE)
		return socket->fd >= 0 && !entry->closed;
	return socket->state != TCP_TIME_WAIT;
}

static int put_socket(const struct retelling *telling, const struct socket *socket)
{
	union record record = { .socket = socket->identity };

	record.socket.owner_tgid = socket->owner_tgid;
	record.socket.owner_tid = socket->owner_tid;
	return put(telling, &record, RECORD_SOCKET, sizeof(record.socket), socket->id);
}

/* Both states the same: it was found in that one. */
static int put_state(const struct retelling *telling, const struct socket *socket)
{
	union record record = {
		.state = { .old_state = (uint8_t)socket->state,
			   .new_state = (uint8_t)socket->state },
	};

	if (!socket->state)
		return 0;
	return put(telling, &record, RECORD_STATE, sizeof(record.state), socket->id);
}

/* Owners are tasks, so tasks come first; and listeners come before their children. */
static int put_sockets(const struct retelling *telling, bool listening)
{
	const struct entry *entry;
	size_t at = 0;
	int err = 0;

	while (!err && (entry = map_next(&telling->trace->sockets, &at))) {
		if ((entry->socket.state == TCP_LISTEN) != listening || !is_open(entry))
			continue;
		err = put_socket(telling, &entry->socket);
		if (!err)
			err = put_state(telling, &entry->socket);
	}
	return err;
}

int trace_retell(const struct trace *trace,
		 int (*out)(void *context, const struct record_header *record), void *context)
{
	const struct retelling telling = { trace, out, context };
	const struct task *task;
	size_t at = 0;
	int err = 0;

	while (!err && (task = map_next(&trace->tasks, &at)))
		err = put_task(&telling, task);
	if (!err)
		err = put_sockets(&telling, true);
	if (!err)
		err = put_sockets(&telling, false);
	return err;
}
