/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Snapshots of one socket's queues, taken where the kernel has just changed
 * them. Each reads the socket once and decides nothing but whether anything
 * moved since the last one.
 */
#ifndef TCPWATCH_SAMPLE_BPF_H
#define TCPWATCH_SAMPLE_BPF_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/sock.bpf.h"

/* Without a limit of its own the socket has its namespace's, read once. */
static __u32 notsent_lowat_of(struct mark *mark, struct tcp_sock *tcp, struct sock *sk)
{
	if (tcp->notsent_lowat)
		return tcp->notsent_lowat;
	if (!mark->notsent_lowat)
		mark->notsent_lowat =
			BPF_CORE_READ(sk, __sk_common.skc_net.net, ipv4.sysctl_tcp_notsent_lowat);
	return mark->notsent_lowat;
}

/* tcp_update_skb_after_send(): when pacing lets the next segment leave. */
static bool is_paced(struct sock *sk, struct tcp_sock *tcp, __u64 now_ns)
{
	return sk->sk_pacing_status && tcp->tcp_wstamp_ns > now_ns;
}

static void fill_sample_send(struct record_sample_send *record, struct mark *mark, struct sock *sk,
			     struct tcp_sock *tcp)
{
	mark->write_seq = record->write_seq = tcp->write_seq;
	record->snd_nxt = tcp->snd_nxt;
	record->snd_una = tcp->snd_una;
	record->wmem_queued = sk->sk_wmem_queued;
	record->sndbuf = sk->sk_sndbuf;
	record->snd_wnd = tcp->snd_wnd;
	record->snd_cwnd = tcp->snd_cwnd;
	record->packets_out = tcp->packets_out;
	record->notsent_lowat = notsent_lowat_of(mark, tcp, sk);
	record->state = sk->__sk_common.skc_state;
	if (is_paced(sk, tcp, record->header.time_ns))
		record->flags |= SAMPLE_PACED;
}

static struct record_sample_send *start_sample_send(struct sock *sk, struct tcp_sock *tcp,
						    struct mark *mark)
{
	struct record_sample_send *record;

	record = emit_reserve(RECORD_SAMPLE_SEND, sizeof(*record), mark->identity.id);
	if (!record)
		return NULL;
	fill_sample_send(record, mark, sk, tcp);
	record->ack_seq = record->snd_una;
	return record;
}

static void sample_sent(struct sock *sk, struct mark *mark)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct record_sample_send *record;

	mark->turn_full = false;
	if (!tcp)
		return;
	record = start_sample_send(sk, tcp, mark);
	if (!record)
		return;
	record->reason = SAMPLE_SENT;
	emit_submit(record);
}

/* Bytes go to the last sk_buff of the write queue as long as it has room and no MSG_EOR. */
static bool wants_new_buffer(struct sk_buff *tail, int size_goal)
{
	struct tcp_skb_cb *control;

	if (!tail || (int)BPF_CORE_READ(tail, len) >= size_goal)
		return true;
	control = (void *)tail->cb;
	return BPF_CORE_READ_BITFIELD_PROBED(control, eor);
}

/* sk_stream_memory_free() is false: the copy loop sleeps if it wants a new buffer. */
static bool has_no_room(struct sock *sk, struct tcp_sock *tcp, struct mark *mark)
{
	return sk->sk_wmem_queued >= sk->sk_sndbuf ||
	       tcp->write_seq - tcp->snd_nxt >= notsent_lowat_of(mark, tcp, sk);
}

static void sample_turn(struct sock *sk, struct mark *mark, struct msghdr *message,
			struct sk_buff *tail, int size_goal)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct record_sample_send *record;
	bool full, woken = mark->turn_full;

	if (!tcp)
		return;
	full = has_no_room(sk, tcp, mark);
	mark->turn_full = full;
	/* The first turn of a call that finds room tells nothing new. */
	if (!full && !woken && mark->write_seq == tcp->write_seq)
		return;
	record = start_sample_send(sk, tcp, mark);
	if (!record)
		return;
	record->left = message->msg_iter.count;
	if (message->msg_flags & MSG_DONTWAIT)
		record->flags |= SAMPLE_NONBLOCK;
	if (wants_new_buffer(tail, size_goal))
		record->flags |= SAMPLE_NEW_BUFFER;
	record->reason = SAMPLE_TURN;
	emit_submit(record);
}

/* An ACK of nothing new may still change the window that bytes wait for. */
static bool ack_matters(struct tcp_sock *tcp, __u32 ack_seq)
{
	if (seq_after(ack_seq, tcp->snd_nxt) || seq_after(tcp->snd_una, ack_seq))
		return false;
	return ack_seq != tcp->snd_una || tcp->write_seq != tcp->snd_nxt;
}

/* The fields are from before the ACK; its number is in the segment only. */
static void sample_acked(struct sock *sk, struct mark *mark, __u32 ack_seq)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct record_sample_send *record;

	if (!tcp || !ack_matters(tcp, ack_seq))
		return;
	record = start_sample_send(sk, tcp, mark);
	if (!record)
		return;
	record->ack_seq = ack_seq;
	record->reason = SAMPLE_ACKED;
	emit_submit(record);
}

static bool recv_moved(struct mark *mark, struct sock *sk, struct tcp_sock *tcp)
{
	return mark->rcv_nxt != tcp->rcv_nxt || mark->copied_seq != tcp->copied_seq ||
	       mark->rmem_alloc != sk->sk_backlog.rmem_alloc.counter ||
	       mark->rcvbuf != sk->sk_rcvbuf;
}

static void sample_recv(struct sock *sk, struct mark *mark, enum sample_reason reason)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct record_sample_recv *record;

	if (!tcp || (reason == SAMPLE_READ && !recv_moved(mark, sk, tcp)))
		return;
	record = emit_reserve(RECORD_SAMPLE_RECV, sizeof(*record), mark->identity.id);
	if (!record)
		return;
	mark->rcv_nxt = record->rcv_nxt = tcp->rcv_nxt;
	mark->copied_seq = record->copied_seq = tcp->copied_seq;
	mark->rmem_alloc = record->rmem_alloc = sk->sk_backlog.rmem_alloc.counter;
	mark->rcvbuf = record->rcvbuf = sk->sk_rcvbuf;
	record->rcv_wnd = tcp->rcv_wnd;
	record->reason = reason;
	record->state = sk->__sk_common.skc_state;
	emit_submit(record);
}

/* sk may be a mere address; child: of QUEUE_SYN. */
static void emit_queue(struct sock *sk, __u32 id, enum queue_event event, __u32 child)
{
	struct record_queue *record = emit_reserve(RECORD_QUEUE, sizeof(*record), id);

	if (!record)
		return;
	record->length = BPF_CORE_READ(sk, sk_ack_backlog);
	record->limit = BPF_CORE_READ(sk, sk_max_ack_backlog);
	record->event = event;
	record->child = child;
	emit_submit(record);
}

#endif
