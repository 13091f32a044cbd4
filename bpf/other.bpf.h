/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What waits in the queues of a UDP, raw or AF_UNIX socket, as ss(8) counts it.
 * Read without locks: fields alone, no list is walked. Where two fields belong
 * together one of them is read again, and what moved meanwhile is not told.
 */
#ifndef TCPWATCH_OTHER_BPF_H
#define TCPWATCH_OTHER_BPF_H

#include "bpf/compat.bpf.h"
#include "bpf/descriptor.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/state.bpf.h"
#include "bpf/task.bpf.h"

static void other_learn(struct record_sample_other *sample, __u32 *field, __u32 value, __u8 bit)
{
	*field = value;
	sample->known |= bit;
}

/* udp_rqueue_get(), and sk_rmem_alloc_get() of a raw socket. */
static void fill_received(struct record_sample_other *sample, struct sock *sk, bool udp)
{
	int bytes = BPF_CORE_READ(sk, sk_backlog.rmem_alloc.counter), given_back = 0;

	if (udp && !compat_udp_given_back(sk, &given_back))
		return;
	bytes -= given_back;
	if (bytes >= 0)
		other_learn(sample, &sample->recv_queue, bytes, OTHER_RECV_QUEUE);
}

/* A reader of UDP takes the whole queue over before it takes the first one. */
static void fill_datagrams(struct record_sample_other *sample, struct sock *sk, bool udp)
{
	__u32 taken_over = 0, after = 0, count;

	if (udp && !compat_udp_taken_over(sk, &taken_over))
		return;
	count = BPF_CORE_READ(sk, sk_receive_queue.qlen);
	if (udp)
		compat_udp_taken_over(sk, &after);
	if (after == taken_over)
		other_learn(sample, &sample->messages, count + taken_over, OTHER_MESSAGES);
}

static void fill_internet(struct record_sample_other *sample, struct sock *sk)
{
	__u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	bool udp = BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM &&
		   (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE);
	__u32 drops;

	fill_received(sample, sk, udp);
	fill_datagrams(sample, sk, udp);
	if (compat_drops(sk, &drops))
		other_learn(sample, &sample->drops, drops, OTHER_DROPS);
}

/* unix_inq_len(); of SOCK_SEQPACKET that is a sum over the queue. */
static bool unix_received(struct sock *sk, __u16 type, __u32 *bytes)
{
	struct sk_buff *first = BPF_CORE_READ(sk, sk_receive_queue.next);

	*bytes = 0;
	if (!BPF_CORE_READ(sk, sk_receive_queue.qlen))
		return true;
	if (type == SOCK_STREAM)
		return compat_unix_unread(sk, bytes);
	*bytes = BPF_CORE_READ(first, len);
	return type == SOCK_DGRAM && BPF_CORE_READ(sk, sk_receive_queue.next) == first;
}

/*
 * What was sent lies in the receive queue of the peer. In that of a SOCK_DGRAM
 * there may be others': it is told of a traced one only. The peer stays allocated
 * as long as this socket has it.
 */
static void fill_peer(struct record_sample_other *sample, struct sock *sk, __u16 type)
{
	struct sock *peer = compat_unix_peer(sk);
	__u32 bytes, messages;
	__u64 inode;
	bool known;

	if (!peer)
		return;
	inode = inode_of(BPF_CORE_READ(peer, sk_socket));
	sample->peer = inode ? known_id((__u64)peer, inode) : 0;
	messages = BPF_CORE_READ(peer, sk_receive_queue.qlen);
	known = unix_received(peer, type, &bytes);
	if ((type == SOCK_DGRAM && !sample->peer) || state_flags(peer) & STATE_SOCK_DEAD ||
	    compat_unix_peer(sk) != peer)
		return;
	if (known)
		other_learn(sample, &sample->peer_recv_queue, bytes, OTHER_PEER_RECV_QUEUE);
	if (type != SOCK_STREAM)
		other_learn(sample, &sample->peer_messages, messages, OTHER_PEER_MESSAGES);
}

static void fill_unix(struct record_sample_other *sample, struct sock *sk)
{
	__u32 count = BPF_CORE_READ(sk, sk_receive_queue.qlen), bytes;
	__u16 type = BPF_CORE_READ(sk, sk_type);

	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN) {
		sample->listens = 1;
		other_learn(sample, &sample->recv_queue, count, OTHER_RECV_QUEUE);
		other_learn(sample, &sample->send_queue, BPF_CORE_READ(sk, sk_max_ack_backlog),
			    OTHER_SEND_QUEUE);
		return;
	}
	if (type != SOCK_STREAM)
		other_learn(sample, &sample->messages, count, OTHER_MESSAGES);
	if (unix_received(sk, type, &bytes))
		other_learn(sample, &sample->recv_queue, bytes, OTHER_RECV_QUEUE);
	fill_peer(sample, sk, type);
}

/* True: this is still the socket, so all that was read was its own. */
static bool is_still(struct sock *sk, __u32 id)
{
	__u64 inode = inode_of(BPF_CORE_READ(sk, sk_socket));

	return inode && known_id((__u64)sk, inode) == id;
}

static bool is_empty(const struct record_sample_other *sample)
{
	return !sample->recv_queue && !sample->messages;
}

/* call: enum call_kind; CALL_NONE: the socket was found, the current task has no part in it. */
VERIFIED_ONCE int emit_other(__u64 address, __u32 id, __u32 call, bool begins)
{
	struct record_sample_other sample = { .call = call, .begins = begins }, *record;
	struct sock *sk = (void *)address;
	__u32 bytes;

	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX)
		fill_unix(&sample, sk);
	else
		fill_internet(&sample, sk);
	if (!sample.listens && compat_sent(sk, &bytes))
		other_learn(&sample, &sample.send_queue, bytes, OTHER_SEND_QUEUE);
	sample.rcvbuf = BPF_CORE_READ(sk, sk_rcvbuf);
	sample.sndbuf = BPF_CORE_READ(sk, sk_sndbuf);
	if (call != CALL_NONE) {
		sample.tgid = current_tgid();
		sample.tid = current_tid();
	}
	if (!is_still(sk, id) || (begins && call != CALL_CLOSE && is_empty(&sample)))
		return 0;
	record = emit_reserve(RECORD_SAMPLE_OTHER, sizeof(*record), id);
	if (!record)
		return 0;
	sample.header = record->header;
	*record = sample;
	emit_submit(record);
	return 0;
}

/* Before a call that takes out of the receive queue: else a queue that it empties is never seen. */
static void other_begins(const struct socket_call *call)
{
	__u8 kind = call->kind;

	if (call->other && (kind == CALL_CLOSE || kind == CALL_ACCEPT || kind == CALL_ACCEPT4 ||
			    (kind >= CALL_READ && kind <= CALL_SPLICE_OUT)))
		emit_other(call->sk, call->socket, kind, true);
}

#endif
