/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where every byte is. Raw sequence numbers become positions in the stream,
 * and the order handed >= sent >= received >= read is kept by raising the one
 * upstream: a byte that the peer holds has been sent.
 */
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "user/model/internal.h"

/* include/linux/fs.h: MAX_RW_COUNT with pages of 4 KiB; no call moves more. */
#define CALL_BYTES_MAX 0x7ffff000ull

/* The position of seq in end's stream, close to near; SYN not counted, FIN still in. */
static uint64_t position(const struct connection *connection, enum end end, uint32_t seq,
			 uint64_t near)
{
	uint32_t base = connection->isn[end] + 1;
	int64_t at = (int64_t)near + (int32_t)(seq - (base + (uint32_t)near));

	return at > 0 ? (uint64_t)at : 0;
}

static uint64_t data_only(const struct direction *at, uint64_t value)
{
	return at->end_known && value > at->end ? at->end : value;
}

static bool raise_to(uint64_t *value, uint64_t floor)
{
	if (*value >= floor)
		return false;
	*value = floor;
	return true;
}

/* What the kernel takes over leaves the memory of the program that is sending. */
static void raise_handed(struct flow *flow, uint64_t handed)
{
	uint64_t taken = handed > flow->at.handed ? handed - flow->at.handed : 0;

	flow->in_program -= taken < flow->in_program ? taken : flow->in_program;
	raise_to(&flow->at.handed, handed);
}

/* Repairs the order, from the reader back to the sender. */
static void keep_order(struct direction *at)
{
	raise_to(&at->received, at->read);
	raise_to(&at->received, at->acked);
	raise_to(&at->sent, at->received);
	raise_to(&at->handed, at->sent);
	if (!at->receiver_seen)
		at->received = at->acked;
	if (!at->sender_seen)
		at->handed = at->sent;
}

void bytes_now(const struct connection *connection, enum end sender, uint64_t time_ns,
	       struct bytes *bytes)
{
	const struct flow *flow = &connection->flow[sender];

	*bytes = (struct bytes){
		.time_ns = time_ns,
		.connection = connection,
		.sender = sender,
		.at = flow->at,
		.in_program = flow->in_program,
		.program_unknown = flow->program_unknown,
		.unsent = flow->at.handed - flow->at.sent,
		.in_flight = flow->at.sent - flow->at.received,
		.peer_queue = flow->at.received - flow->at.read,
		.unacked = flow->at.handed - flow->at.acked,
		.wmem_queued = flow->wmem_queued,
		.sndbuf = flow->sndbuf,
		.snd_wnd = flow->snd_wnd,
		.snd_cwnd = flow->snd_cwnd,
		.rmem_alloc = flow->rmem_alloc,
		.rcvbuf = flow->rcvbuf,
		.rcv_wnd = flow->rcv_wnd,
	};
}

static void tell_bytes(struct trace *trace, struct connection *connection, enum end sender,
		       uint64_t time_ns)
{
	struct connection_detail *detail = connection->detail;
	const struct flow *flow = &connection->flow[sender];
	struct bytes bytes;

	if (!connection->places_known)
		return;
	if (detail) {
		series_add(&detail->wmem[sender], time_ns, flow->wmem_queued);
		if (flow->at.receiver_seen)
			series_add(&detail->unread[source_of(connection, sender)], time_ns,
				   flow->at.received - flow->at.read);
	}
	sleep_bytes(connection, sender, time_ns);
	moment_bytes(trace, connection, sender, time_ns);
	if (!trace->sink || !trace->sink->bytes)
		return;
	bytes_now(connection, sender, time_ns, &bytes);
	tell(trace, bytes, &bytes);
}

/* Tells the connection of entry whose sequence numbers can be read; NULL: not yet. */
static struct connection *readable(const struct entry *entry, enum end sender)
{
	struct connection *connection = entry->socket.connection;

	return connection && connection->isn_known[sender] ? connection : NULL;
}

static void raise_acked(const struct connection *connection, struct flow *flow, enum end end,
			uint32_t ack)
{
	uint64_t acked = position(connection, end, ack, flow->at.acked);

	if (flow->at.end_known && acked > flow->at.end)
		flow->at.fin_acked = true;
	raise_to(&flow->at.acked, data_only(&flow->at, acked));
}

void bytes_sample_send(struct trace *trace, struct entry *entry,
		       const struct record_sample_send *record)
{
	enum end end = entry->socket.end;
	struct connection *connection = readable(entry, end);
	struct direction *at;
	struct flow *flow;

	if (!connection)
		return;
	flow = &connection->flow[end];
	at = &flow->at;
	raise_handed(flow, data_only(at, position(connection, end, record->write_seq, at->handed)));
	raise_to(&at->sent, data_only(at, position(connection, end, record->snd_nxt, at->sent)));
	raise_acked(connection, flow, end, record->snd_una);
	raise_acked(connection, flow, end, record->ack_seq);
	keep_order(at);

	flow->wmem_queued = record->wmem_queued;
	flow->sndbuf = record->sndbuf;
	flow->snd_wnd = record->snd_wnd;
	flow->snd_cwnd = record->snd_cwnd;
	if (record->wmem_queued > flow->wmem_peak)
		flow->wmem_peak = record->wmem_queued;
	if (sample_is_inside(record->reason) && (flow->in_program || flow->program_unknown))
		flow->in_program = record->left;
	else if (record->reason == SAMPLE_SENT)
		flow->in_program = 0;
	if (sample_is_inside(record->reason) || record->reason == SAMPLE_SENT)
		flow->program_unknown = false;
	tell_bytes(trace, connection, end, record->header.time_ns);
}

static enum end arriving_from(const struct entry *entry)
{
	const struct connection *connection = entry->socket.connection;

	return connection ? source_of(connection, entry->socket.end) : other_end(entry->socket.end);
}

void bytes_sample_recv(struct trace *trace, struct entry *entry,
		       const struct record_sample_recv *record)
{
	enum end sender = arriving_from(entry);
	struct connection *connection = readable(entry, sender);
	struct direction *at;
	struct flow *flow;

	if (!connection)
		return;
	flow = &connection->flow[sender];
	at = &flow->at;
	raise_to(&at->received,
		 data_only(at, position(connection, sender, record->rcv_nxt, at->received)));
	if (raise_to(&at->read,
		     data_only(at, position(connection, sender, record->copied_seq, at->read))))
		flow->last_read_ns = record->header.time_ns;
	keep_order(at);

	flow->rmem_alloc = record->rmem_alloc;
	flow->rcvbuf = record->rcvbuf;
	flow->rcv_wnd = record->rcv_wnd;
	if (record->rmem_alloc > flow->rmem_peak)
		flow->rmem_peak = record->rmem_alloc;
	tell_bytes(trace, connection, sender, record->header.time_ns);
}

static void end_of_data(struct direction *at, uint64_t end)
{
	if (at->end_known)
		return;
	at->end_known = true;
	at->end = end > at->handed ? end : at->handed;
}

static void segment_sent(struct trace *trace, struct connection *connection, enum end end,
			 const struct record_segment *record)
{
	struct flow *flow = &connection->flow[end];
	enum end source = source_of(connection, end);
	struct flow *back = &connection->flow[source];
	uint64_t seq = position(connection, end, record->seq, flow->at.sent);

	if (record->flags & SEGMENT_SYN)
		return;
	flow->segments++;
	if (record->flags & SEGMENT_FIN)
		end_of_data(&flow->at, seq + record->length);
	raise_to(&flow->at.sent, data_only(&flow->at, seq + record->length));
	if (record->state) {
		raise_handed(flow, data_only(&flow->at, position(connection, end, record->write_seq,
								 flow->at.handed)));
		flow->wmem_queued = record->wmem_queued;
	}
	keep_order(&flow->at);
	if (record->length || record->flags & SEGMENT_FIN)
		tell_bytes(trace, connection, end, record->header.time_ns);

	if (!(record->flags & SEGMENT_ACK) || !connection->isn_known[source])
		return;
	if (!raise_to(&back->at.received,
		      data_only(&back->at,
				position(connection, source, record->ack, back->at.received))))
		return;
	keep_order(&back->at);
	tell_bytes(trace, connection, source, record->header.time_ns);
}

/* An untraced peer: what it sends is known when it arrives. */
static void segment_from_unseen(struct trace *trace, struct connection *connection, enum end end,
				const struct record_segment *record)
{
	struct flow *flow = &connection->flow[end];
	uint64_t seq = position(connection, end, record->seq, flow->at.sent);

	if (record->flags & SEGMENT_SYN)
		return;
	flow->segments++;
	if (record->flags & SEGMENT_FIN)
		end_of_data(&flow->at, seq + record->length);
	if (record->length &&
	    raise_to(&flow->at.sent, data_only(&flow->at, seq + record->length))) {
		keep_order(&flow->at);
		tell_bytes(trace, connection, end, record->header.time_ns);
	}
}

/*
 * In ESTABLISHED an ACK counts when tcp_probe shows it, not when it arrives:
 * it may wait in the backlog while the program is inside a call.
 */
static void segment_received(struct trace *trace, struct connection *connection,
			     const struct entry *entry, const struct record_segment *record)
{
	enum end end = entry->socket.end;
	struct flow *flow = &connection->flow[end];
	uint64_t before = flow->at.acked;

	if (!socket_at(connection, other_end(end)) && connection->isn_known[other_end(end)])
		segment_from_unseen(trace, connection, other_end(end), record);
	if (!(record->flags & SEGMENT_ACK) || entry->socket.state == TCP_ESTABLISHED ||
	    !connection->isn_known[end])
		return;
	raise_acked(connection, flow, end, record->ack);
	if (flow->at.acked == before)
		return;
	keep_order(&flow->at);
	tell_bytes(trace, connection, end, record->header.time_ns);
}

void bytes_segment(struct trace *trace, struct entry *entry, const struct record_segment *record)
{
	struct connection *connection = entry->socket.connection;

	if (!connection || record->flags & SEGMENT_RST)
		return;
	if (record->received)
		segment_received(trace, connection, entry, record);
	else if (connection->isn_known[entry->socket.end])
		segment_sent(trace, connection, entry->socket.end, record);
}

/* When the FIN arrives, the data that came with it are in already. */
static void state_received(struct connection *connection, enum end sender,
			   const struct record_state *record)
{
	const struct record_positions *positions = &record->positions;
	struct flow *flow = &connection->flow[sender];
	struct direction *at = &flow->at;

	if (!connection->isn_known[sender])
		return;
	raise_to(&at->received,
		 data_only(at, position(connection, sender, positions->rcv_nxt, at->received)));
	if (raise_to(&at->read,
		     data_only(at, position(connection, sender, positions->copied_seq, at->read))))
		flow->last_read_ns = record->header.time_ns;
	keep_order(at);
}

/* The state changes before the FIN takes its sequence number: write_seq is the end of the data. */
static void state_closing(struct connection *connection, enum end end,
			  const struct record_positions *positions)
{
	struct direction *at = &connection->flow[end].at;

	raise_to(&at->handed, position(connection, end, positions->write_seq, at->handed));
	end_of_data(at, at->handed);
	raise_to(&at->sent, data_only(at, position(connection, end, positions->snd_nxt, at->sent)));
	keep_order(at);
}

/* The FIN is acknowledged, or the socket is no more: no sample will say it. True: that was news. */
static bool state_acked(struct connection *connection, enum end end,
			const struct record_positions *positions)
{
	struct flow *flow = &connection->flow[end];
	struct direction *at = &flow->at;
	uint64_t acked = at->acked;
	uint32_t memory = flow->wmem_queued;

	raise_to(&at->sent, data_only(at, position(connection, end, positions->snd_nxt, at->sent)));
	raise_acked(connection, flow, end, positions->snd_una);
	keep_order(at);
	if (at->end_known && at->acked == at->end)
		flow->wmem_queued = 0;
	return at->acked != acked || flow->wmem_queued != memory;
}

static bool is_closing(unsigned int state)
{
	return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING ||
	       state == TCP_LAST_ACK;
}

void bytes_state(struct trace *trace, struct entry *entry, const struct record_state *record)
{
	enum end end = entry->socket.end;
	struct connection *connection = readable(entry, end);

	if (!connection)
		return;
	if (is_closing(record->old_state) &&
	    (record->new_state == TCP_FIN_WAIT2 || record->new_state == TCP_CLOSE) &&
	    state_acked(connection, end, &record->positions))
		tell_bytes(trace, connection, end, record->header.time_ns);
	switch (record->new_state) {
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
		state_received(connection, source_of(connection, end), record);
		tell_bytes(trace, connection, source_of(connection, end), record->header.time_ns);
		break;
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		state_closing(connection, end, &record->positions);
		tell_bytes(trace, connection, end, record->header.time_ns);
		break;
	case TCP_CLOSE: /* whatever was queued is freed: tcp_write_queue_purge() */
		if (!connection->flow[end].wmem_queued)
			break;
		connection->flow[end].wmem_queued = 0;
		tell_bytes(trace, connection, end, record->header.time_ns);
		break;
	}
}

void bytes_found(struct trace *trace, struct connection *connection, enum end sender,
		 const struct direction *found, uint64_t time_ns)
{
	struct direction *at = &connection->flow[sender].at;

	if (found->end_known)
		end_of_data(at, found->end);
	at->fin_acked |= found->fin_acked;
	raise_to(&at->handed, data_only(at, found->handed));
	raise_to(&at->sent, data_only(at, found->sent));
	raise_to(&at->acked, data_only(at, found->acked));
	raise_to(&at->received, data_only(at, found->received));
	raise_to(&at->read, data_only(at, found->read));
	keep_order(at);
	tell_bytes(trace, connection, sender, time_ns);
}

/* A call that had begun before moved bytes that were counted already when it was found. */
static bool is_counted_in_part(const struct connection *connection, const struct call *call)
{
	return call->found || (connection->older && call->enter_ns < connection->first_ns);
}

void bytes_taken(struct trace *trace, struct entry *entry, const struct call *call)
{
	struct connection *connection = entry->socket.connection;
	struct flow *flow = &connection->flow[entry->socket.end];
	uint64_t limit = CALL_BYTES_MAX * call_count(call);
	uint64_t before = flow->at.handed;

	if (is_counted_in_part(connection, call))
		flow->taken = flow->at.handed;
	else
		flow->taken += call->moved_bytes < limit ? call->moved_bytes : limit;
	raise_handed(flow, data_only(&flow->at, flow->taken));
	if (flow->in_program || flow->at.handed > before)
		bytes_in_program(trace, entry, call->return_ns, 0);
}

void bytes_consumed(struct entry *entry, const struct call *call)
{
	struct connection *connection = entry->socket.connection;
	struct flow *flow = &connection->flow[arriving_from(entry)];

	if (connection->places_known || is_counted_in_part(connection, call) ||
	    call->flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE))
		return;
	flow->consumed += call->moved_bytes;
	if (raise_to(&flow->at.read, data_only(&flow->at, flow->consumed)))
		flow->last_read_ns = call->return_ns;
	keep_order(&flow->at);
}

void bytes_in_program(struct trace *trace, struct entry *entry, uint64_t time_ns, uint64_t left)
{
	struct connection *connection = entry->socket.connection;

	if (!connection)
		return;
	connection->flow[entry->socket.end].in_program = left;
	tell_bytes(trace, connection, entry->socket.end, time_ns);
}
