/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP states as RFC 9293 means them, from a tracepoint that knows less: the
 * kernel shows SYN_RECV for microseconds and TIME_WAIT not at all. Segments
 * fill in both. Each change gets its cause.
 */
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "user/model/internal.h"

struct cause {
	enum state_cause kind;
	char detail[48];
};

static void leave(struct entry *entry, struct state_change *change)
{
	struct socket *socket = &entry->socket;

	change->old_state = socket->state;
	if (!socket->state)
		return;
	if (change->time_ns > socket->state_since_ns)
		change->duration_ns = change->time_ns - socket->state_since_ns;
	change->duration_known = socket->state == TCP_SYN_RECV ? socket->syn_recv_known
							       : socket->since_known;
	if (change->duration_known || socket->state_at_least[socket->state])
		socket->state_total_ns[socket->state] += change->duration_ns;
}

static void enter(struct trace *trace, struct entry *entry, unsigned int state, uint64_t time_ns)
{
	if ((entry->socket.state == TCP_LISTEN) != (state == TCP_LISTEN))
		trace_listens(trace, entry, state == TCP_LISTEN);
	entry->socket.state = state;
	entry->socket.state_since_ns = time_ns;
	entry->socket.since_known = true;
	entry->socket.state_seen[state] = true;
}

/* RFC 9293, section 3.10.5: a call that closes without a FIN sends a RST. */
static bool is_abort(const struct state_change *change)
{
	return change->new_state == TCP_CLOSE && change->cause == CAUSE_CALL &&
	       (change->old_state == TCP_ESTABLISHED || change->old_state == TCP_CLOSE_WAIT ||
		change->old_state == TCP_SYN_RECV);
}

static void note_abort(struct entry *entry)
{
	entry->reset_sent = true;
	ending_rst(entry, entry->socket.end, entry->reset_reason);
}

/* What the direction that stays open has carried until now. */
static uint64_t open_bytes(const struct entry *entry, unsigned int state)
{
	const struct connection *connection = entry->socket.connection;
	enum end end = entry->socket.end;

	if (!connection)
		return 0;
	return state == TCP_CLOSE_WAIT ? connection->flow[end].at.handed
				       : connection->flow[source_of(connection, end)].at.received;
}

static void note_end_of_stream(struct entry *entry, unsigned int state)
{
	if (state == TCP_CLOSE_WAIT || state == TCP_FIN_WAIT2)
		entry->half_closed_bytes = open_bytes(entry, state);
	if (state == TCP_CLOSE_WAIT || state == TCP_CLOSING || state == TCP_TIME_WAIT ||
	    state == TCP_LAST_ACK)
		entry->fin_received = true;
}

void state_change(struct trace *trace, struct entry *entry, unsigned int new_state,
		  uint64_t time_ns, enum state_cause cause, const char *detail)
{
	struct connection *connection = entry->socket.connection;
	struct state_change change = {
		.time_ns = time_ns,
		.socket = &entry->socket,
		.new_state = new_state,
		.cause = cause,
		.owner_tgid = entry->socket.owner_tgid,
		.owner_tid = entry->socket.owner_tid,
	};

	snprintf(change.detail, sizeof(change.detail), "%s", detail);
	leave(entry, &change);
	enter(trace, entry, new_state, time_ns);
	note_end_of_stream(entry, new_state);
	tell(trace, state, &change);
	if (!connection)
		return;
	if (is_abort(&change))
		note_abort(entry);
	if (connection->detail)
		ladder_state(connection, entry->socket.end, &change);
	moment_state(trace, connection, &change);
	if (new_state == TCP_CLOSE || new_state == TCP_TIME_WAIT)
		connection_check_finished(trace, connection, time_ns);
}

/* Which arriving segment brings about a change; NULL: none does. */
static const char *segment_that_causes(unsigned int old, unsigned int new)
{
	static const struct {
		uint8_t old, new;
		const char *segment;
	} table[] = {
		{ TCP_SYN_SENT, TCP_ESTABLISHED, "SYN-ACK" },
		{ TCP_SYN_SENT, TCP_SYN_RECV, "SYN" },
		{ TCP_LISTEN, TCP_SYN_RECV, "SYN" },
		{ TCP_SYN_RECV, TCP_ESTABLISHED, "ACK" },
		{ TCP_SYN_RECV, TCP_CLOSE_WAIT, "FIN" },
		{ TCP_ESTABLISHED, TCP_CLOSE_WAIT, "FIN" },
		{ TCP_FIN_WAIT1, TCP_FIN_WAIT2, "ACK of FIN" },
		{ TCP_FIN_WAIT1, TCP_CLOSING, "FIN" },
		{ TCP_FIN_WAIT1, TCP_TIME_WAIT, "FIN-ACK" },
		{ TCP_FIN_WAIT2, TCP_TIME_WAIT, "FIN" },
		{ TCP_CLOSING, TCP_TIME_WAIT, "ACK of FIN" },
		{ TCP_LAST_ACK, TCP_CLOSE, "ACK of FIN" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].old == old && table[i].new == new)
			return table[i].segment;
	}
	return NULL;
}

static struct cause because_of_call(const struct record_state *record)
{
	struct cause cause = { .kind = CAUSE_CALL };

	if (record->exiting && !record->call)
		strcpy(cause.detail, "exit");
	else
		snprintf(cause.detail, sizeof(cause.detail), "%s()", name_call(record->call));
	return cause;
}

static struct cause because_of_error(int error)
{
	struct cause cause = { .kind = CAUSE_ERROR };

	if (error == 110)
		cause.kind = CAUSE_TIMER;
	snprintf(cause.detail, sizeof(cause.detail), "%s", name_errno(error));
	return cause;
}

/* Closing a listener ends what nobody has accepted from it. */
static bool listener_is_gone(const struct entry *entry)
{
	const struct connection *connection = entry->socket.connection;

	return connection && entry->socket.end == END_SERVER && !connection->accepted_ns &&
	       connection->listener && connection->listener->state == TCP_CLOSE;
}

/* A SYN cookie: the kernel kept nothing until the ACK brought back what it had sent. */
static bool made_by_cookie(const struct entry *entry, const struct record_state *record)
{
	return entry->no_request && record->old_state == TCP_LISTEN &&
	       record->new_state == TCP_SYN_RECV;
}

/* Both ends have sent a SYN: the answer to the second one repeats it (RFC 9293, figure 8). */
static bool opens_both(const struct record_state *record)
{
	return record->old_state == TCP_SYN_RECV && record->new_state == TCP_ESTABLISHED;
}

static struct cause cause_of(const struct entry *entry, const struct record_state *record,
			     unsigned int new_state)
{
	const char *segment = segment_that_causes(entry->socket.state, new_state);
	struct cause cause = { .kind = CAUSE_UNKNOWN };

	if (made_by_cookie(entry, record)) {
		cause = (struct cause){ CAUSE_SEGMENT, "ACK of a SYN cookie" };
	} else if (new_state == TCP_CLOSE && entry->reset_received) {
		cause = (struct cause){ CAUSE_SEGMENT, "RST" };
	} else if (new_state == TCP_CLOSE && record->error) {
		cause = because_of_error(record->error);
	} else if (opens_both(record) && entry->syn_came) {
		cause = (struct cause){ CAUSE_SEGMENT, "SYN-ACK" };
	} else if (segment) {
		cause.kind = CAUSE_SEGMENT;
		snprintf(cause.detail, sizeof(cause.detail), "%s", segment);
	} else if (record->tid && (record->call || record->exiting)) {
		cause = because_of_call(record);
	} else if (new_state == TCP_CLOSE && listener_is_gone(entry)) {
		cause = (struct cause){ CAUSE_CALL, "close() of the listener" };
	}
	return cause;
}

/* The mini-socket speaks in segments only. */
static void note_end_unknown(struct entry *entry)
{
	struct connection *connection = entry->socket.connection;

	if (!connection || connection->segments_known)
		return;
	connection->end_unknown = true;
	entry->socket.since_known = false;
}

/* A closing full socket may live on as a mini-socket that the tracepoint is silent about. */
static unsigned int true_state(struct entry *entry, const struct record_state *record)
{
	unsigned int old = entry->socket.state;
	bool orderly = record->new_state == TCP_CLOSE && !record->error && !entry->reset_received;

	if (!orderly || (old != TCP_FIN_WAIT2 && old != TCP_CLOSING && old != TCP_FIN_WAIT1))
		return record->new_state;
	if (record->flags & STATE_SOCK_DONE)
		return TCP_TIME_WAIT;
	if (old == TCP_FIN_WAIT2 && record->flags & STATE_SOCK_DEAD && !entry->reset_sent) {
		entry->mini = true;
		note_end_unknown(entry);
		return old;
	}
	return record->new_state;
}

static void note_error(struct entry *entry, const struct record_state *record)
{
	struct connection *connection = entry->socket.connection;

	if (record->new_state != TCP_CLOSE || record->error <= 0 || record->error > ERRNO_MAX)
		return;
	entry->socket.error = record->error;
	if (!connection || entry->socket.state != TCP_SYN_SENT || connection->connect_error)
		return;
	wait_ended(connection, record->header.time_ns, record->error);
	connection->connect_error = record->error;
	connection->connect_ns = span_ns(connection->first_ns, record->header.time_ns);
	connection->failed_later = !entry->inside || entry->inside->call.kind != CALL_CONNECT;
}

/* The kernel left a state that the model never saw it enter: a record was lost. */
static bool missed_a_change(const struct entry *entry, const struct record_state *record)
{
	bool child = entry->socket.state == TCP_SYN_RECV && record->old_state == TCP_LISTEN;

	return entry->socket.state && record->old_state != entry->socket.state && !child;
}

static void change_unseen(struct trace *trace, struct entry *entry, uint64_t now_ns)
{
	struct socket *socket = &entry->socket;

	socket->since_known = false;
	if (socket->connection)
		trace_unseen(trace, socket->connection, LOST_STATE_UNSEEN, socket->state_since_ns,
			     now_ns);
}

/* The SYN-ACK says that the SYN was taken: SYN_RECV has lasted since the SYN arrived. */
static void syn_received(struct trace *trace, struct entry *entry)
{
	if (entry->socket.state || !entry->syn_ns)
		return;
	entry->socket.syn_recv_known = true;
	state_change(trace, entry, TCP_SYN_RECV, entry->syn_ns, CAUSE_SEGMENT, "SYN");
}

void state_record(struct trace *trace, struct entry *entry, const struct record_state *record)
{
	unsigned int new_state = record->new_state;
	struct cause cause;

	if (record->old_state == record->new_state) {
		found_state(trace, entry, record);
		return;
	}
	/* TCP Fast Open: the child is a socket when the SYN arrives, before the SYN-ACK leaves. */
	if (record->old_state == TCP_LISTEN && !entry->no_request) {
		syn_received(trace, entry);
		if (entry->socket.state == TCP_SYN_RECV)
			return;
	}
	if (!entry->socket.state && record->old_state != TCP_LISTEN) {
		entry->socket.state = record->old_state;
		entry->socket.state_since_ns = entry->socket.first_ns;
		entry->socket.since_known = entry->socket.identity.origin == ORIGIN_CREATED;
	} else if (missed_a_change(entry, record))
		change_unseen(trace, entry, record->header.time_ns);
	/* The last one to hold a descriptor need not have used it. */
	if (record->tid && (record->call || !entry->socket.owner_tid))
		trace_owner(trace, entry, record->tgid, record->tid);

	if (new_state == TCP_SYN_SENT)
		connection_connecting(trace, entry, record->header.time_ns);
	else if (new_state == TCP_ESTABLISHED)
		connection_established(trace, entry, record);
	if (new_state == TCP_SYN_RECV && record->old_state == TCP_SYN_SENT)
		entry->socket.syn_recv_known = true;
	note_error(entry, record);

	new_state = true_state(entry, record);
	if (new_state == entry->socket.state) {
		if (entry->mini && entry->socket.connection)
			connection_check_finished(trace, entry->socket.connection,
						  record->header.time_ns);
		return;
	}
	cause = cause_of(entry, record, new_state);
	ending_state(entry, record, !record->tid && listener_is_gone(entry));
	state_change(trace, entry, new_state, record->header.time_ns, cause.kind, cause.detail);
}

static void mini_socket(struct trace *trace, struct entry *entry,
			const struct record_segment *record)
{
	if (record->flags & SEGMENT_RST) {
		/* Sent for what comes late: the kernel may have forgotten the socket before. */
		entry->socket.since_known &= record->received;
		state_change(trace, entry, TCP_CLOSE, record->header.time_ns,
			     record->received ? CAUSE_SEGMENT : CAUSE_ERROR,
			     record->received ? "RST" : "RST sent");
	} else if (record->received && record->flags & SEGMENT_FIN) {
		state_change(trace, entry, TCP_TIME_WAIT, record->header.time_ns, CAUSE_SEGMENT,
			     "FIN");
	}
}

void state_segment(struct trace *trace, struct entry *entry, const struct record_segment *record)
{
	const uint8_t syn_ack = SEGMENT_SYN | SEGMENT_ACK;

	if (!record->received && (record->flags & syn_ack) == syn_ack) {
		entry->no_request = record->no_socket;
		if (!record->no_socket)
			syn_received(trace, entry);
	} else if (entry->mini && entry->socket.state == TCP_FIN_WAIT2)
		mini_socket(trace, entry, record);
	else if (entry->socket.state == TCP_SYN_RECV && record->received &&
		 record->flags & SEGMENT_RST)
		state_change(trace, entry, TCP_CLOSE, record->header.time_ns, CAUSE_SEGMENT, "RST");
}
