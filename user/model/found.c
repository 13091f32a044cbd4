/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections that are older than the trace. The kernel's counters tell where
 * their bytes are since they began, and which end called connect(): its own SYN
 * is in bytes_acked, and nowhere in bytes_sent. Where this can't be told (a
 * segment that the host itself dropped is in bytes_sent twice), no connection
 * is made of the socket.
 */
#include <errno.h>
#include <netinet/tcp.h>

#include "user/model/internal.h"

/* A socket and its counters, as sequence numbers. */
struct origin {
	const struct record_found *record;
	bool own_known;	  /* its role, and with it: */
	uint32_t own_isn; /* initial sequence numbers */
	uint32_t peer_isn;
	enum end end;
};

/* No connection carries more: a capture that says so lies. */
#define BYTES_MOST (1ULL << 60)

static bool has_sent_fin(const struct record_found *record)
{
	const struct record_positions *at = &record->positions;

	switch (record->state) {
	case TCP_FIN_WAIT1:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return at->snd_nxt == at->write_seq;
	case TCP_FIN_WAIT2:
		return true;
	}
	return false;
}

static bool has_closed(const struct record_found *record)
{
	return record->state == TCP_FIN_WAIT1 || record->state == TCP_FIN_WAIT2 ||
	       record->state == TCP_CLOSING || record->state == TCP_LAST_ACK;
}

static bool has_received_fin(const struct record_found *record)
{
	return record->state == TCP_CLOSE_WAIT || record->state == TCP_LAST_ACK ||
	       record->state == TCP_CLOSING;
}

/*
 * Both go back to the number before the first byte: by what was acknowledged,
 * which counts the SYN of the end that called connect(), and by what was sent.
 */
static void find_origin(struct origin *origin, const struct entry *entry,
			const struct record_found *record)
{
	const struct record_positions *at = &record->positions;
	uint32_t acked = at->snd_una - (uint32_t)record->bytes_acked;
	uint32_t sent = at->snd_nxt - has_sent_fin(record) -
			(uint32_t)(record->bytes_sent - record->bytes_retrans);

	*origin = (struct origin){
		.record = record,
		.own_isn = sent - 1,
		.peer_isn = at->rcv_nxt - (uint32_t)record->bytes_received - 1,
	};
	if (acked == sent - 1) {
		origin->own_known = true;
		origin->end = END_CLIENT;
	} else if (acked == sent || entry->socket.identity.listener) {
		origin->own_known = true;
		origin->end = END_SERVER;
		origin->own_isn = acked - 1;
	}
}

/* The peer's end, found before; its numbers say the same of this one. NULL: not so. */
static struct connection *find_peer(const struct trace *trace, const struct entry *entry,
				    struct origin *origin)
{
	for (int end = 0; end < END_COUNT; end++) {
		struct connection *connection = connection_of_end(trace, entry, (enum end)end);
		uint32_t acked =
			origin->record->positions.snd_una - (uint32_t)origin->record->bytes_acked;

		if (!connection || !connection->older ||
		    connection->isn[other_end((enum end)end)] != origin->peer_isn)
			continue;
		if (origin->own_known ? connection->isn[end] != origin->own_isn
				      : connection->isn[end] != acked - (end == END_SERVER))
			continue;
		origin->own_known = true;
		origin->own_isn = connection->isn[end];
		origin->end = (enum end)end;
		return connection;
	}
	return NULL;
}

static void fill_own(struct direction *at, const struct origin *origin)
{
	const struct record_found *record = origin->record;
	const struct record_positions *positions = &record->positions;
	uint64_t acked = record->bytes_acked - (origin->end == END_CLIENT && record->bytes_acked);

	at->handed = acked + (uint32_t)(positions->write_seq - positions->snd_una);
	at->sent = acked + (uint32_t)(positions->snd_nxt - positions->snd_una);
	at->acked = acked;
	if (!has_closed(record))
		return;
	at->end_known = true;
	at->end = at->handed ? at->handed - 1 : 0;
	at->fin_acked = acked > at->end;
}

static void fill_peer(struct direction *at, const struct record_found *record)
{
	uint32_t unread = record->positions.rcv_nxt - record->positions.copied_seq;

	at->received = record->bytes_received;
	at->read = at->received > unread ? at->received - unread : 0;
	at->handed = at->sent = at->received;
	if (!has_received_fin(record))
		return;
	at->end_known = true;
	at->end = at->received ? at->received - 1 : 0;
}

static void learn_memory(struct connection *connection, const struct origin *origin)
{
	const struct record_found *record = origin->record;
	struct flow *out = &connection->flow[origin->end];
	struct flow *in = &connection->flow[other_end(origin->end)];

	out->wmem_queued = out->wmem_peak = record->wmem_queued;
	out->sndbuf = record->sndbuf;
	out->snd_wnd = record->snd_wnd;
	out->snd_cwnd = record->snd_cwnd;
	out->window_zero_found = !record->snd_wnd;
	out->window_zero_since_ns = record->snd_wnd ? 0 : record->header.time_ns;
	in->rmem_alloc = in->rmem_peak = record->rmem_alloc;
	in->rcvbuf = record->rcvbuf;
	in->rcv_wnd = record->rcv_wnd;
}

/* What the SYNs said, for the windows of the segments to come. */
static void learn_scales(struct connection *connection, const struct origin *origin)
{
	const struct record_found *record = origin->record;
	bool scaled = record->flags & FOUND_WSCALE;
	struct flow *own = &connection->flow[origin->end];
	struct flow *peer = &connection->flow[other_end(origin->end)];

	own->scale_known = peer->scale_known = true;
	own->scale = scaled ? record->rcv_wscale : SEGMENT_NO_WSCALE;
	peer->scale = scaled ? record->snd_wscale : SEGMENT_NO_WSCALE;
}

/* A segment that begins below is sent again; SYN and FIN count. */
static void learn_sent(struct connection *connection, const struct origin *origin)
{
	const struct record_found *record = origin->record;
	struct flow *own = &connection->flow[origin->end];
	struct direction at = { 0 };

	fill_own(&at, origin);
	own->taken = at.end_known ? at.end : at.handed;
	own->sent_any = true;
	own->sent_end = at.sent + 1;
	own->sent_ack = record->bytes_received + 1;
	if (!connection->ends[other_end(origin->end)])
		connection->flow[other_end(origin->end)].sent_end = record->bytes_received + 1;
}

static void tell_bytes(struct trace *trace, struct connection *connection,
		       const struct origin *origin, uint64_t time_ns)
{
	enum end source = source_of(connection, origin->end);
	struct direction own = { 0 }, peer = { 0 };

	fill_own(&own, origin);
	fill_peer(&peer, origin->record);
	connection->flow[source].consumed = peer.read;
	bytes_found(trace, connection, origin->end, &own, time_ns);
	bytes_found(trace, connection, source, &peer, time_ns);
}

/*
 * A child that is being accepted has a listener, too, and so has one that its
 * program has closed: that one has sent a FIN, or is about to.
 */
bool found_in_queue(const struct entry *entry)
{
	const struct record_socket *identity = &entry->socket.identity;
	unsigned int state = entry->socket.state;

	return identity->listener && identity->origin == ORIGIN_EXISTING &&
	       (state == TCP_SYN_RECV || state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT);
}

static void draw_state(struct connection *connection, const struct entry *entry)
{
	struct state_change found = {
		.time_ns = entry->socket.state_since_ns,
		.socket = &entry->socket,
		.new_state = entry->socket.state,
	};

	if (connection->detail)
		ladder_state(connection, entry->socket.end, &found);
}

static int join(struct trace *trace, struct entry *entry, const struct origin *origin,
		struct connection *connection)
{
	uint64_t time_ns = origin->record->header.time_ns;
	int err;

	if (!connection)
		connection = connection_new(trace, time_ns);
	if (!connection)
		return -ENOMEM;
	connection->older = true;
	connection_isn(connection, origin->end, origin->own_isn);
	connection_isn(connection, other_end(origin->end), origin->peer_isn);
	learn_memory(connection, origin);
	learn_scales(connection, origin);
	learn_sent(connection, origin);
	connection->flow[origin->end].mss_found = origin->record->mss_cache;
	connection->accepted_before |= origin->end == END_SERVER && !found_in_queue(entry);
	err = connection_attach(trace, connection, entry, origin->end);
	if (!err)
		err = connection_remember(trace, connection);
	if (err)
		return err;
	sleep_found(entry, origin->record);
	draw_state(connection, entry);
	tell_bytes(trace, connection, origin, time_ns);
	moment_found(trace, connection, entry, time_ns);
	return 0;
}

/* Of a connect() that is under way only the beginning is not known. */
static int join_connecting(struct trace *trace, struct entry *entry,
			   const struct record_found *record)
{
	int err = connection_connecting(trace, entry, record->header.time_ns);
	struct connection *connection = entry->socket.connection;

	if (err)
		return err;
	connection->older = true;
	connection_isn(connection, END_CLIENT, record->positions.snd_una);
	draw_state(connection, entry);
	return connection_remember(trace, connection);
}

static void no_longer_alone(struct trace *trace, struct entry *entry)
{
	if (entry->mini)
		trace->closing--;
	else
		trace->older--;
	entry->mini = false;
}

static void learn_accept_queue(struct trace *trace, struct socket *listener,
			       const struct record_found *record)
{
	listener->backlog_limit = record->max_ack_backlog;
	if (record->ack_backlog > listener->backlog_peak)
		listener->backlog_peak = record->ack_backlog;
	tell(trace, socket, listener);
}

static int find_place(struct trace *trace, struct entry *entry, const struct record_found *record)
{
	struct connection *connection;
	struct origin origin;

	if (record->bytes_acked > BYTES_MOST || record->bytes_received > BYTES_MOST)
		return 0;
	find_origin(&origin, entry, record);
	connection = find_peer(trace, entry, &origin);
	if (!origin.own_known)
		return 0;
	no_longer_alone(trace, entry);
	return join(trace, entry, &origin, connection);
}

int found_record(struct trace *trace, struct entry *entry, const struct record_found *record)
{
	if (record->state == TCP_LISTEN)
		learn_accept_queue(trace, &entry->socket, record);
	if (record->state == TCP_LISTEN || entry->socket.connection || !entry->found)
		return 0;
	entry->found = false;
	if (record->state != TCP_SYN_SENT)
		return find_place(trace, entry, record);
	no_longer_alone(trace, entry);
	return join_connecting(trace, entry, record);
}

void found_state(struct trace *trace, struct entry *entry, const struct record_state *record)
{
	unsigned int state = record->new_state;

	if (entry->socket.state)
		return;
	state_change(trace, entry, state, record->header.time_ns, CAUSE_UNKNOWN, "found");
	entry->socket.since_known = false;
	entry->socket.state_at_least[state] = true;
	if (state == TCP_LISTEN || state == TCP_CLOSE || state == TCP_SYN_RECV)
		return;
	entry->found = true;
	entry->mini = state == TCP_TIME_WAIT ||
		      (state == TCP_FIN_WAIT2 && record->flags & STATE_SOCK_DEAD);
	if (entry->mini)
		trace->closing++;
	else
		trace->older++;
}
