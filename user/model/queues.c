/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Queues of sockets that have no states: the last of each number, and the highest. */
#include "user/model/queues.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "user/model/internal.h"

static void rise(uint32_t *peak, uint32_t value)
{
	if (value > *peak)
		*peak = value;
}

/* What moved just then is not told; what it was before that is. */
static void fill_gaps(struct record_sample_other *last, const struct record_sample_other *before)
{
	if (!queues_tell(last, OTHER_RECV_QUEUE))
		last->recv_queue = before->recv_queue;
	if (!queues_tell(last, OTHER_SEND_QUEUE))
		last->send_queue = before->send_queue;
	if (!queues_tell(last, OTHER_MESSAGES))
		last->messages = before->messages;
	if (!queues_tell(last, OTHER_DROPS))
		last->drops = before->drops;
	last->known |= before->known;
}

static void note(struct queue_sums *sums, const struct record_sample_other *sample)
{
	struct record_sample_other before = sums->last;

	sums->count++;
	sums->last = *sample;
	fill_gaps(&sums->last, &before);
	rise(&sums->recv_peak, sample->recv_queue);
	rise(&sums->send_peak, sample->send_queue);
	rise(&sums->messages_peak, sample->messages);
}

static void note_listener(struct socket *socket, const struct record_sample_other *sample)
{
	socket->backlog_limit = sample->send_queue;
	rise(&socket->backlog_peak, sample->recv_queue);
}

/* The receive queue alone, out of a call on the other end. */
static void note_peer(const struct trace *trace, const struct record_sample_other *sample)
{
	struct entry *peer = sample->peer ? map_get(&trace->sockets, sample->peer) : NULL;
	struct record_sample_other seen;

	if (!peer || peer->socket.queues.last.listens)
		return;
	seen = peer->socket.queues.last;
	if (queues_tell(sample, OTHER_PEER_RECV_QUEUE)) {
		seen.recv_queue = sample->peer_recv_queue;
		seen.known |= OTHER_RECV_QUEUE;
	}
	if (queues_tell(sample, OTHER_PEER_MESSAGES)) {
		seen.messages = sample->peer_messages;
		seen.known |= OTHER_MESSAGES;
	}
	note(&peer->socket.queues, &seen);
}

int queues_record(struct trace *trace, struct entry *entry,
		  const struct record_sample_other *record)
{
	struct queues queues = { .socket = &entry->socket, .at = *record };
	struct task *task = NULL;

	if (record->tid) {
		task = trace_task(trace, record->tid, record->tgid);
		if (!task)
			return -ENOMEM;
		task->queues = *record;
	}
	note(&entry->socket.queues, record);
	if (record->listens)
		note_listener(&entry->socket, record);
	note_peer(trace, record);
	tell(trace, queues, &queues);
	return 0;
}

void queues_of_call(struct task *task, const struct record_call *record, struct call *call)
{
	const struct record_sample_other *seen = &task->queues;

	call->queues_known = seen->call && seen->call == record->call &&
			     (!seen->begins || seen->call == CALL_CLOSE) &&
			     seen->header.socket == record->header.socket &&
			     seen->header.time_ns >= record->enter_ns;
	if (call->queues_known)
		call->queues = *seen;
	task->queues.call = CALL_NONE;
}

/* Nothing waited in it whenever it was seen. */
static bool is_empty(const struct socket *socket)
{
	const struct queue_sums *sums = &socket->queues;

	return socket->identity.family == AF_UNIX && !sums->last.listens &&
	       queues_tell(&sums->last, OTHER_RECV_QUEUE) && !sums->recv_peak && !sums->send_peak &&
	       !sums->messages_peak && !sums->last.drops;
}

void queues_total(struct queue_totals *totals, const struct socket *socket)
{
	const struct queue_sums *sums = &socket->queues;

	if (!sums->count)
		return;
	if (is_empty(socket)) {
		totals->empty++;
		return;
	}
	totals->sockets++;
	totals->drops += sums->last.drops;
	if (!sums->last.listens)
		rise(&totals->recv_peak, sums->recv_peak);
}

/* Into its place by id; the one that has no room any more, or NULL. */
static const struct socket *place(const struct socket **first, unsigned int count,
				  unsigned int most, const struct socket *socket)
{
	const struct socket *last = count == most ? first[most - 1] : NULL;
	unsigned int at = count == most ? most - 1 : count;

	if (last && last->id < socket->id)
		return socket;
	for (; at && first[at - 1]->id > socket->id; at--)
		first[at] = first[at - 1];
	first[at] = socket;
	return last;
}

unsigned int trace_queues(const struct trace *trace, const struct socket **first, unsigned int most,
			  struct queue_totals *rest)
{
	const struct socket *left_out;
	const struct entry *entry;
	unsigned int count = 0;
	size_t at = 0;

	*rest = trace->fold.queues;
	while ((entry = map_next(&trace->sockets, &at))) {
		if (!entry->socket.queues.count)
			continue;
		left_out = is_empty(&entry->socket) ? &entry->socket
						    : place(first, count, most, &entry->socket);
		if (left_out)
			queues_total(rest, left_out);
		else
			count++;
	}
	return count;
}
