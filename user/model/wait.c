/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why connect() and accept() took their time: which SYN was answered and when,
 * and whether the connection was ready before the program asked for it.
 */
#include "user/model/wait.h"

#include <errno.h>
#include <string.h>

#include "user/model/internal.h"

static const char *const phase_names[PHASES] = {
	[PHASE_BEFORE_SYN] = "before_syn",	 [PHASE_SYN_RETRY] = "syn_retry",
	[PHASE_SYN_ACK_RETRY] = "syn_ack_retry", [PHASE_ACCEPT_QUEUE] = "accept_queue",
	[PHASE_SYN_ACK_WAIT] = "syn_ack_wait",	 [PHASE_AFTER] = "after_answer",
};

const char *name_phase(enum connect_phase phase)
{
	return phase_names[phase];
}

enum connect_phase wait_longest(const uint64_t phase_ns[PHASES])
{
	enum connect_phase longest = PHASE_BEFORE_SYN;

	for (int phase = 0; phase < PHASES; phase++)
		if (phase_ns[phase] > phase_ns[longest])
			longest = (enum connect_phase)phase;
	return longest;
}

static void spend(struct attempt *attempt, enum connect_phase phase, uint64_t time_ns)
{
	attempt->phase_ns[phase] += span_ns(attempt->since_ns, time_ns);
	if (time_ns > attempt->since_ns)
		attempt->since_ns = time_ns;
}

/* Of the client; NULL: it is not traced, or was connecting before. */
static struct attempt *find_attempt(struct connection *connection)
{
	const struct entry *client =
		connection->ends[END_CLIENT] ? entry_of(connection->ends[END_CLIENT]) : NULL;
	const struct task *task = client ? client->inside : NULL;
	struct attempt *attempt = &connection->attempt;

	if (!client)
		return NULL;
	if (!attempt->begun_ns && task && task->in_call && task->call.kind == CALL_CONNECT) {
		attempt->begun_ns = task->call.enter_ns;
		attempt->since_ns = attempt->begun_ns;
	}
	return attempt->begun_ns && !attempt->ended ? attempt : NULL;
}

/* What the last SYN came to, when it is known that its answer did not come in time. */
static enum connect_phase unanswered(const struct attempt *attempt)
{
	if (attempt->refused)
		return PHASE_ACCEPT_QUEUE;
	return attempt->answered ? PHASE_SYN_ACK_RETRY : PHASE_SYN_RETRY;
}

void wait_syn(struct connection *connection, uint64_t time_ns)
{
	struct attempt *attempt = find_attempt(connection);

	if (!attempt)
		return;
	spend(attempt, attempt->syns ? unanswered(attempt) : PHASE_BEFORE_SYN, time_ns);
	attempt->syns++;
	attempt->answered = false;
	attempt->refused = false;
}

void wait_syn_ack(struct connection *connection, const struct segment *segment)
{
	bool leaves = !segment->received && segment->sender == END_SERVER &&
		      (segment->flags & (SEGMENT_SYN | SEGMENT_ACK)) == (SEGMENT_SYN | SEGMENT_ACK);

	if (leaves)
		connection->attempt.answered = true;
}

void wait_refused(struct connection *connection)
{
	connection->attempt.refused = true;
}

void wait_ended(struct connection *connection, uint64_t time_ns, int error)
{
	struct attempt *attempt = find_attempt(connection);

	if (!attempt)
		return;
	if (!attempt->syns)
		spend(attempt, PHASE_BEFORE_SYN, time_ns);
	else
		spend(attempt, error == ETIMEDOUT ? unanswered(attempt) : PHASE_SYN_ACK_WAIT,
		      time_ns);
	attempt->ended = true;
}

/* What was lost later has no part in it. */
bool wait_known(const struct connection *connection)
{
	const struct attempt *attempt = &connection->attempt;
	bool sure = !connection->lossy ||
		    (attempt->ended && connection->lossy_since_ns > attempt->since_ns);

	return attempt->begun_ns && connection->segments_known && sure;
}

/* A call that does not wait for the end of the attempt tells nothing of it. */
void wait_connect(struct connection *connection, struct call *call)
{
	struct attempt *attempt = &connection->attempt;
	bool goes_on = call->result == -EINPROGRESS || call->result == -EALREADY;

	if (call->socket->end != END_CLIENT)
		return;
	if (!attempt->begun_ns && connection->first_ns >= call->enter_ns)
		attempt->begun_ns = attempt->since_ns = call->enter_ns;
	if (!call->finished || goes_on || attempt->begun_ns != call->enter_ns)
		return;
	if (!attempt->ended)
		wait_ended(connection, call->return_ns, (int)-call->result);
	spend(attempt, PHASE_AFTER, call->return_ns);
	call->attempt = wait_known(connection) ? attempt : NULL;
}

void wait_accept(struct connection *connection, struct call *call)
{
	uint64_t ready_ns = connection->established_ns[END_SERVER];

	if (!ready_ns || !call->finished)
		return;
	call->accept = (struct accept_wait){
		.known = true,
		.ready_ns = span_ns(ready_ns, call->enter_ns),
		.idle_ns = span_ns(call->enter_ns,
				   ready_ns < call->return_ns ? ready_ns : call->return_ns),
	};
	connection->accept = call->accept;
}

/* Whose program has not read what a send call waits to get rid of. */
void wait_send(const struct connection *connection, struct call *call)
{
	const struct socket *peer = socket_at(connection, other_end(call->socket->end));

	if (!peer || !sleep_is_readers(call->sleep_ns, call->unread_ns))
		return;
	call->reader_tgid = peer->owner_tgid;
	memcpy(call->reader_comm, peer->owner_comm, RECORD_COMM_SIZE);
}
