/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A socket that connects to one that is connecting to it: either its other end
 * (simultaneous open, RFC 9293, section 3.5), or a stranger with the same
 * addresses in another network namespace. The initial sequence number that
 * reaches it tells. Until then the records wait, so that everything is told of
 * the right connection, and in order.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "user/model/internal.h"

/* More don't wait: then it is taken for a stranger. */
#define OPENING_RECORDS 1024

/* The attempt of another socket that this one would be the other end of; NULL: none. */
static struct connection *attempt_toward(const struct trace *trace, const struct entry *entry)
{
	struct connection *connection = connection_of_end(trace, entry, END_SERVER);
	const struct socket *first = connection ? connection->ends[END_CLIENT] : NULL;

	if (!first || connection->finished || first->state != TCP_SYN_SENT ||
	    first == &entry->socket)
		return NULL;
	return connection;
}

static bool begins(struct trace *trace, const union record *record)
{
	struct opening *opening = &trace->opening;
	struct connection *connection;
	struct entry *entry;

	if (record->header.kind != RECORD_STATE || record->state.new_state != TCP_SYN_SENT ||
	    record->state.old_state == TCP_SYN_SENT)
		return false;
	entry = map_get(&trace->sockets, record->header.socket);
	connection = entry && entry->opening == OPENING_ASKED ? attempt_toward(trace, entry) : NULL;
	if (!connection || (entry->socket.connection && !entry->socket.connection->finished))
		return false;
	*opening = (struct opening){
		.first = entry_of(connection->ends[END_CLIENT]),
		.second = entry,
		.isn_known = connection->isn_known[END_CLIENT],
		.isn = connection->isn[END_CLIENT],
	};
	opening->records = calloc(OPENING_RECORDS, sizeof(*opening->records));
	return opening->records != NULL;
}

static void learn_isn(struct opening *opening, uint32_t isn)
{
	opening->isn_known = true;
	opening->isn = isn;
}

static void learn_arrived(struct opening *opening, uint32_t isn)
{
	opening->arrived_known = true;
	opening->arrived = isn;
}

static void look_at_segment(struct opening *opening, const struct record_segment *segment)
{
	if (!(segment->flags & SEGMENT_SYN))
		return;
	if (segment->header.socket == opening->first->socket.id && !segment->received)
		learn_isn(opening, segment->seq);
	else if (segment->header.socket == opening->second->socket.id && segment->received)
		learn_arrived(opening, segment->seq);
}

/* Where no segments are recorded, the numbers are known once it is up. */
static void look_at_state(struct opening *opening, const struct record_state *state)
{
	bool first = state->header.socket == opening->first->socket.id;

	if (!first && state->header.socket != opening->second->socket.id)
		return;
	if (state->new_state == TCP_CLOSE)
		opening->ended = true;
	else if (state->new_state == TCP_ESTABLISHED && first)
		learn_isn(opening, state->positions.snd_una - 1);
	else if (state->new_state == TCP_ESTABLISHED)
		learn_arrived(opening, state->positions.rcv_nxt - 1);
}

static bool is_decided(const struct opening *opening)
{
	return opening->ended || opening->count == OPENING_RECORDS ||
	       (opening->isn_known && opening->arrived_known);
}

/* What is fed now may begin to wait again, for another two. */
int opening_decide(struct trace *trace)
{
	struct opening opening = trace->opening;
	int err = 0;

	if (!opening.second)
		return 0;
	opening.second->opening = opening.isn_known && opening.arrived_known &&
						  opening.isn == opening.arrived
					  ? OPENING_JOINS
					  : OPENING_ALONE;
	trace->opening = (struct opening){ 0 };
	for (unsigned int i = 0; i < opening.count && !err; i++)
		err = trace_feed(trace, &opening.records[i]);
	free(opening.records);
	return err;
}

bool opening_waits(struct trace *trace, const union record *record, int *err)
{
	struct opening *opening = &trace->opening;

	if (!opening->second && !begins(trace, record))
		return false;
	opening->records[opening->count++] = *record;
	if (record->header.kind == RECORD_SEGMENT)
		look_at_segment(opening, &record->segment);
	else if (record->header.kind == RECORD_STATE)
		look_at_state(opening, &record->state);
	*err = is_decided(opening) ? opening_decide(trace) : 0;
	return true;
}

struct connection *opening_joined(const struct trace *trace, struct entry *entry)
{
	bool joins = entry->opening == OPENING_JOINS;

	entry->opening = OPENING_ASKED;
	return joins ? attempt_toward(trace, entry) : NULL;
}

int opening_join(struct trace *trace, struct connection *connection, struct entry *entry)
{
	connection->both_connected = true;
	return connection_attach(trace, connection, entry, END_SERVER);
}
