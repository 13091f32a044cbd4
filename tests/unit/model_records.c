/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How the helpers of model_records.h become records, in the order in which
 * the kernel's hooks fire. Checks no fact: that is for the tests.
 */
#include "tests/unit/model_records.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static const uint8_t loopback[RECORD_ADDRESS_SIZE] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };

uint64_t play_feed(struct play *play, union record record)
{
	play->now_ns += US;
	record.header.time_ns = play->now_ns;
	assert_int_equal(trace_feed(play->trace, &record), 0);
	return play->now_ns;
}

void pass(struct play *play, uint64_t ns)
{
	play->now_ns += ns;
}

uint32_t raw(const struct play *play, enum end end, uint64_t position)
{
	return play->isn[end] + 1 + (uint32_t)position;
}

static enum end other(enum end end)
{
	return end == CLIENT ? SERVER : CLIENT;
}

static void tell_process(struct play *play, enum end who)
{
	struct record_process process = {
		.tgid = play->tid[who],
		.tid = play->tid[who],
		.event = PROCESS_EXEC,
	};

	strcpy(process.comm, who == CLIENT ? "client" : "server");
	process.header = (struct record_header){ .kind = RECORD_PROCESS, .size = sizeof(process) };
	play_feed(play, (union record){ .process = process });
}

static struct record_socket identity(const struct play *play, enum end who, bool connected)
{
	struct record_socket socket = {
		.header = { .kind = RECORD_SOCKET,
			    .size = sizeof(socket),
			    .socket = play->id[who] },
		.family = AF_INET,
		.type = SOCK_STREAM,
		.protocol = IPPROTO_TCP,
		.netns = 7,
	};

	if (!connected)
		return socket;
	memcpy(socket.local_address, loopback, sizeof(loopback));
	memcpy(socket.remote_address, loopback, sizeof(loopback));
	socket.local_port = play->port[who];
	socket.remote_port = play->port[other(who)];
	return socket;
}

static void tell_child(struct play *play)
{
	struct record_socket child = identity(play, SERVER, true);

	child.origin = ORIGIN_CHILD;
	child.listener = LISTENER_ID;
	play_feed(play, (union record){ .socket = child });
	play->child_known = true;
}

uint64_t play_change(struct play *play, enum end who, struct record_state record)
{
	enum end peer = other(who);

	if (!play->sees[who])
		return play->now_ns;
	record.header = (struct record_header){ RECORD_STATE, sizeof(record), play->id[who], 0 };
	if (!record.positions.write_seq) {
		record.positions.write_seq = raw(play, who, play->handed[who]);
		record.positions.snd_nxt = raw(play, who, play->arrived[who]);
		record.positions.snd_una = raw(play, who, play->arrived[who]);
		record.positions.rcv_nxt = raw(play, peer, play->arrived[peer]);
		record.positions.copied_seq = raw(play, peer, 0);
	}
	return play_feed(play, (union record){ .state = record });
}

uint64_t play_enter(struct play *play, enum end who, struct record_call_enter record)
{
	if (!play->sees[who])
		return play->now_ns;
	record.header.kind = RECORD_CALL_ENTER;
	record.header.size = sizeof(record);
	if (!record.header.socket)
		record.header.socket = play->id[who];
	if (!record.tid)
		record.tid = play->tid[who];
	record.tgid = play->tid[who];
	record.fd = record.fd ? record.fd : 4;
	play->entered_ns[who] = play_feed(play, (union record){ .call_enter = record });
	return play->now_ns;
}

uint64_t play_return(struct play *play, enum end who, struct record_call record)
{
	if (!play->sees[who])
		return play->now_ns;
	record.header.kind = RECORD_CALL;
	record.header.size = sizeof(record);
	if (!record.header.socket)
		record.header.socket = play->id[who];
	if (!record.tid)
		record.tid = play->tid[who];
	record.tgid = play->tid[who];
	record.fd = record.fd ? record.fd : 4;
	if (!record.enter_ns)
		record.enter_ns = play->entered_ns[who] ? play->entered_ns[who] : play->now_ns;
	play->entered_ns[who] = 0;
	return play_feed(play, (union record){ .call = record });
}

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
	return value ? value : otherwise;
}

uint64_t play_write_queue(struct play *play, enum end who, enum sample_reason reason,
			  struct write_queue queue)
{
	play->handed[who] = queue.handed;
	if (!play->sees[who])
		return play->now_ns;
	return feed(play, RECORD_SAMPLE_SEND, sample_send, play->id[who],
		    .write_seq = raw(play, who, queue.handed),
		    .snd_nxt = raw(play, who, queue.sent), .snd_una = raw(play, who, queue.acked),
		    .ack_seq = raw(play, who, queue.ack ? queue.ack : queue.acked),
		    .wmem_queued = queue.wmem, .sndbuf = or_else(queue.sndbuf, 4000000),
		    .snd_wnd = or_else(queue.window, 65536), .snd_cwnd = or_else(queue.cwnd, 10),
		    .packets_out = queue.out, .notsent_lowat = or_else(queue.lowat, UINT32_MAX),
		    .left = queue.left, .reason = reason, .state = TCP_ESTABLISHED,
		    .flags = queue.flags);
}

uint64_t read_queue(struct play *play, enum end who, enum sample_reason reason, uint64_t received,
		    uint64_t consumed)
{
	enum end sender = other(who);

	if (!play->sees[who])
		return play->now_ns;
	return feed(play, RECORD_SAMPLE_RECV, sample_recv, play->id[who],
		    .rcv_nxt = raw(play, sender, received),
		    .copied_seq = raw(play, sender, consumed), .rcv_wnd = 65536,
		    .rmem_alloc = (uint32_t)(received - consumed), .rcvbuf = 131072,
		    .reason = reason, .state = TCP_ESTABLISHED);
}

static uint64_t segment(struct play *play, enum end from, bool received, struct record_segment at)
{
	enum end seen_by = received ? other(from) : from;

	if (!play->sees[seen_by])
		return play->now_ns;
	at.header = (struct record_header){ RECORD_SEGMENT, sizeof(at), play->id[seen_by], 0 };
	at.received = received;
	at.window = 512;
	at.mss = at.flags & SEGMENT_SYN ? 1460 : 0;
	at.wscale = at.flags & SEGMENT_SYN ? 7 : SEGMENT_NO_WSCALE;
	return play_feed(play, (union record){ .segment = at });
}

uint64_t leaves(struct play *play, enum end from, uint8_t flags, uint32_t seq, uint32_t ack,
		uint32_t length)
{
	return segment(play, from, false,
		       (struct record_segment){
			       .flags = flags, .seq = seq, .ack = ack, .length = length });
}

uint64_t arrives(struct play *play, enum end from, uint8_t flags, uint32_t seq, uint32_t ack,
		 uint32_t length)
{
	uint32_t position = seq - raw(play, from, 0);

	if (length && position + length > play->arrived[from])
		play->arrived[from] = position + length;
	return segment(play, from, true,
		       (struct record_segment){
			       .flags = flags, .seq = seq, .ack = ack, .length = length });
}

uint64_t passes(struct play *play, enum end from, uint8_t flags, uint32_t seq, uint32_t ack,
		uint32_t length)
{
	leaves(play, from, flags, seq, ack, length);
	return arrives(play, from, flags, seq, ack, length);
}

uint64_t data(struct play *play, enum end from, uint64_t position, uint32_t length)
{
	enum end to = other(from);

	if (play->handed[from] < position + length)
		play->handed[from] = position + length;
	return passes(play, from, SEGMENT_ACK | SEGMENT_PSH, raw(play, from, position),
		      raw(play, to, play->arrived[to]), length);
}

uint64_t acknowledges(struct play *play, enum end from)
{
	enum end to = other(from);

	return passes(play, from, SEGMENT_ACK, raw(play, from, play->handed[from]),
		      raw(play, to, play->arrived[to]), 0);
}

uint64_t fin(struct play *play, enum end from)
{
	enum end to = other(from);

	return passes(play, from, SEGMENT_FIN | SEGMENT_ACK, raw(play, from, play->handed[from]),
		      raw(play, to, play->arrived[to]), 0);
}

void server_listens(struct play *play)
{
	struct record_socket listener = identity(play, SERVER, true);

	if (!play->sees[SERVER])
		return;
	tell_process(play, SERVER);
	listener.header.socket = LISTENER_ID;
	listener.remote_port = 0;
	play_feed(play, (union record){ .socket = listener });
	feed(play, RECORD_STATE, state, LISTENER_ID, .old_state = TCP_CLOSE,
	     .new_state = TCP_LISTEN, by_call(play, SERVER, CALL_LISTEN));
	returns(play, SERVER, .header.socket = LISTENER_ID, .call = CALL_LISTEN, .flags = 5);
	enters(play, SERVER, .header.socket = LISTENER_ID, .call = CALL_ACCEPT, .fd = 3);
}

void client_connects(struct play *play)
{
	if (!play->sees[CLIENT])
		return;
	tell_process(play, CLIENT);
	play_feed(play, (union record){ .socket = identity(play, CLIENT, false) });
	enters(play, CLIENT, .call = CALL_CONNECT);
	changes(play, CLIENT, TCP_CLOSE, TCP_SYN_SENT, by_call(play, CLIENT, CALL_CONNECT));
	play_feed(play, (union record){ .socket = identity(play, CLIENT, true) });
}

uint64_t syn_leaves(struct play *play)
{
	return leaves(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT], 0, 0);
}

uint64_t syn_arrives(struct play *play)
{
	if (!play->sees[SERVER])
		return play->now_ns;
	if (!play->child_known)
		tell_child(play);
	return arrives(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT], 0, 0);
}

uint64_t syn_ack(struct play *play)
{
	return passes(play, SERVER, SEGMENT_SYN | SEGMENT_ACK, play->isn[SERVER],
		      play->isn[CLIENT] + 1, 0);
}

uint64_t client_established(struct play *play)
{
	return changes(play, CLIENT, TCP_SYN_SENT, TCP_ESTABLISHED);
}

uint64_t server_established(struct play *play)
{
	if (play->sees[SERVER] && !play->child_known)
		tell_child(play);
	changes(play, SERVER, TCP_LISTEN, TCP_SYN_RECV);
	return changes(play, SERVER, TCP_SYN_RECV, TCP_ESTABLISHED);
}

uint64_t connect_returns(struct play *play, int result)
{
	return returns(play, CLIENT, .call = CALL_CONNECT, .result = result);
}

uint64_t accept_returns(struct play *play)
{
	return returns(play, SERVER, .header.socket = LISTENER_ID, .call = CALL_ACCEPT, .fd = 3,
		       .result = 4, .other = play->id[SERVER]);
}

void handshake(struct play *play)
{
	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	syn_arrives(play);
	syn_ack(play);
	client_established(play);
	acknowledges(play, CLIENT);
	server_established(play);
	connect_returns(play, 0);
	accept_returns(play);
}

void sends(struct play *play, enum end who, uint32_t bytes)
{
	uint64_t before = play->handed[who];

	enters(play, who, .call = CALL_SEND, .asked = bytes);
	data(play, who, before, bytes);
	acknowledges(play, other(who));
	write_queue(play, who, SAMPLE_ACKED, .handed = before + bytes, .sent = before + bytes,
		    .acked = before, .ack = before + bytes);
	write_queue(play, who, SAMPLE_SENT, .handed = before + bytes, .sent = before + bytes,
		    .acked = before + bytes);
	returns(play, who, .call = CALL_SEND, .asked = bytes, .bytes = bytes, .result = (int)bytes);
}

void reads(struct play *play, enum end who, uint64_t consumed)
{
	uint64_t arrived = play->arrived[other(who)];

	enters(play, who, .call = CALL_RECV, .asked = 1 << 20);
	read_queue(play, who, SAMPLE_COPIED, arrived, consumed);
	returns(play, who, .call = CALL_RECV, .asked = 1 << 20, .bytes = consumed,
		.result = (int)consumed);
}

void client_closes(struct play *play)
{
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_CLOSE));
	fin(play, CLIENT);
	changes(play, SERVER, TCP_ESTABLISHED, TCP_CLOSE_WAIT, .flags = STATE_SOCK_DONE);
	passes(play, SERVER, SEGMENT_ACK, raw(play, SERVER, play->handed[SERVER]),
	       raw(play, CLIENT, play->handed[CLIENT]) + 1, 0);
	changes(play, CLIENT, TCP_FIN_WAIT1, TCP_FIN_WAIT2, .flags = STATE_SOCK_DEAD);
	changes(play, CLIENT, TCP_FIN_WAIT2, TCP_CLOSE, .flags = STATE_SOCK_DEAD);
}

void server_closes(struct play *play)
{
	changes(play, SERVER, TCP_CLOSE_WAIT, TCP_LAST_ACK, by_call(play, SERVER, CALL_CLOSE),
		.flags = STATE_SOCK_DONE);
	fin(play, SERVER);
	passes(play, CLIENT, SEGMENT_ACK, raw(play, CLIENT, play->handed[CLIENT]) + 1,
	       raw(play, SERVER, play->handed[SERVER]) + 1, 0);
	changes(play, SERVER, TCP_LAST_ACK, TCP_CLOSE, .flags = STATE_SOCK_DONE | STATE_SOCK_DEAD);
}

void another_connection(struct play *play, uint16_t client_port)
{
	for (int end = 0; end < END_COUNT; end++) {
		play->id[end] += 10;
		play->isn[end] += 7000000;
		play->handed[end] = play->arrived[end] = 0;
	}
	play->port[CLIENT] = client_port;
	play->child_known = false;
}
