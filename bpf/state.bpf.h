/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * State changes, resets, retransmissions and errors of a marked socket. A
 * task is named only where its own call, or its end, made the change.
 */
#ifndef TCPWATCH_STATE_BPF_H
#define TCPWATCH_STATE_BPF_H

#include "bpf/compat.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/peer_mark.bpf.h"
#include "bpf/sock.bpf.h"
#include "bpf/task.bpf.h"

struct change {
	int old_state;
	int new_state;
	int error;
};

static void fill_positions(struct record_positions *positions, struct tcp_sock *tcp)
{
	positions->write_seq = tcp->write_seq;
	positions->snd_nxt = tcp->snd_nxt;
	positions->snd_una = tcp->snd_una;
	positions->rcv_nxt = tcp->rcv_nxt;
	positions->copied_seq = tcp->copied_seq;
}

static __u8 state_flags(struct sock *sk)
{
	unsigned long flags = KERNEL_READ(struct sock, sk, __sk_common.skc_flags);
	__u8 result = 0;

	if (flags & 1UL << bpf_core_enum_value(enum sock_flags, SOCK_DONE))
		result |= STATE_SOCK_DONE;
	if (flags & 1UL << bpf_core_enum_value(enum sock_flags, SOCK_DEAD))
		result |= STATE_SOCK_DEAD;
	if (flags & 1UL << bpf_core_enum_value(enum sock_flags, SOCK_LINGER) &&
	    !KERNEL_READ(struct sock, sk, sk_lingertime))
		result |= STATE_LINGER_0;
	return result;
}

static __u8 call_behind(struct tracked_task *task, struct sock *sk, const struct change *change)
{
	if (task->pending.kind && task->pending.sk == (__u64)sk)
		return task->pending.kind;
	/* Until 6.6 the file was put after close() had returned. */
	if (!task->pending.kind && task->closed_sk == (__u64)sk &&
	    state_change_by_close(change->new_state))
		return CALL_CLOSE;
	return CALL_NONE;
}

static bool task_is_exiting(void)
{
	return bpf_get_current_task_btf()->flags & PF_EXITING;
}

/* The current task, if it is the one whose doing this is. */
static void fill_cause(struct record_state *record, struct sock *sk, const struct change *change)
{
	struct tracked_task *task;

	/* An error is set before the socket is closed by a segment or a timer. */
	if (change->error || state_change_by_segment(change->old_state, change->new_state))
		return;
	task = task_in_call();
	if (!task)
		return;
	record->call = call_behind(task, sk, change);
	record->exiting = !record->call && task_is_exiting() &&
			  state_change_by_close(change->new_state);
	if (!record->call && !record->exiting)
		return;
	record->tgid = current_tgid();
	record->tid = current_tid();
}

static void emit_state(struct sock *sk, __u32 id, const struct change *change)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct record_state *record;

	if (!tcp)
		return;
	record = emit_reserve(RECORD_STATE, sizeof(*record), id);
	if (!record)
		return;
	fill_positions(&record->positions, tcp);
	record->error = change->error;
	record->error_soft = sk->sk_err_soft;
	record->old_state = change->old_state;
	record->new_state = change->new_state;
	record->flags = state_flags(sk);
	record->shutdown = sk->sk_shutdown;
	fill_cause(record, sk, change);
	emit_submit(record);
}

/*
 * The state that a socket was found in, as a change from it to itself.
 */
VERIFIED_ONCE int emit_state_found(__u64 address, __u32 id)
{
	struct sock *sk = (void *)address;
	struct tcp_sock *tcp = (void *)sk;
	struct record_state *record = emit_reserve(RECORD_STATE, sizeof(*record), id);

	if (!record)
		return 0;
	record->positions.write_seq = BPF_CORE_READ(tcp, write_seq);
	record->positions.snd_nxt = BPF_CORE_READ(tcp, snd_nxt);
	record->positions.snd_una = BPF_CORE_READ(tcp, snd_una);
	record->positions.rcv_nxt = BPF_CORE_READ(tcp, rcv_nxt);
	record->positions.copied_seq = BPF_CORE_READ(tcp, copied_seq);
	record->error = BPF_CORE_READ(sk, sk_err);
	record->error_soft = BPF_CORE_READ(sk, sk_err_soft);
	record->old_state = BPF_CORE_READ(sk, __sk_common.skc_state);
	record->new_state = record->old_state;
	record->flags = state_flags(sk);
	record->shutdown = BPF_CORE_READ(sk, sk_shutdown);
	emit_submit(record);
	return 0;
}

static void state_before(struct sock *sk, struct mark *mark, const struct change *change)
{
	if (change->new_state == TCP_LISTEN)
		listener_add(address_of(sk), mark->identity.id);
	else if (change->new_state == TCP_SYN_SENT)
		mark->tuple_known = false;
	/* A port that bind() has named is known before the SYN. */
	if (change->new_state == TCP_SYN_SENT || change->new_state == TCP_ESTABLISHED ||
	    change->old_state == TCP_SYN_SENT)
		mark_tell_tuple(sk, mark);
}

static void state_after(struct sock *sk, struct mark *mark, const struct change *change)
{
	if (change->new_state != TCP_CLOSE)
		return;
	tuple_set_gone(mark);
	if (change->old_state == TCP_LISTEN)
		listener_remove(address_of(sk), mark->identity.id);
}

static struct mark *mark_for_change(struct sock *sk, const struct change *change)
{
	struct mark *mark;

	if (change->old_state == TCP_LISTEN && change->new_state == TCP_SYN_RECV && unadopted > 0 &&
	    !bpf_sk_storage_get(&marks, sk, NULL, 0))
		mark_by_syn(sk);
	mark = mark_of(sk);
	if (mark || change->old_state != TCP_CLOSE)
		return mark;
	if (change->new_state != TCP_LISTEN && change->new_state != TCP_SYN_SENT)
		return NULL;
	mark = mark_by_owner(sk, change->new_state == TCP_LISTEN);
	if (!mark && peers_wanted && change->new_state == TCP_SYN_SENT)
		mark = mark_connecting_peer(sk);
	return mark;
}

static void state_changes(struct sock *sk, int old_state, int new_state)
{
	struct change change = { old_state, new_state, sk->sk_err };
	struct mark *mark;

	if (!is_tcp(sk) || old_state == new_state)
		return;
	mark = mark_for_change(sk, &change);
	if (!mark)
		return;
	/* A cookie exists once somebody asks; elsewhere it is only read. */
	bpf_get_socket_cookie(sk);
	state_before(sk, mark, &change);
	emit_state(sk, mark->identity.id, &change);
	state_after(sk, mark, &change);
}

static void emit_reset(struct sock *sk, __u32 id, int reason, bool received)
{
	struct record_reset *record = emit_reserve(RECORD_RESET, sizeof(*record), id);

	if (!record)
		return;
	record->reason = reason;
	record->cause = compat_reset_cause(reason);
	record->received = received;
	record->state = sk->__sk_common.skc_state;
	emit_submit(record);
}

/* sk: NULL, a mini-socket, or a listener when no connection has the RST for its own. */
static void reset_sent(struct sock *sk, int reason)
{
	struct mark *mark;

	if (!sk || is_mini_socket(sk) || sk->__sk_common.skc_state == TCP_LISTEN)
		return;
	mark = mark_seen(sk);
	if (mark)
		emit_reset(sk, mark->identity.id, reason, false);
}

static void reset_received(struct sock *sk)
{
	struct mark *mark = mark_seen(sk);

	if (mark)
		emit_reset(sk, mark->identity.id, -1, true);
}

static void error_reported(struct sock *sk)
{
	struct mark *mark = mark_seen(sk);
	struct record_error *record;

	if (!mark || !(sk->sk_err || sk->sk_err_soft))
		return;
	record = emit_reserve(RECORD_ERROR, sizeof(*record), mark->identity.id);
	if (!record)
		return;
	record->error = sk->sk_err;
	record->error_soft = sk->sk_err_soft;
	record->state = sk->__sk_common.skc_state;
	emit_submit(record);
}

static void segment_retransmitted(struct sock *sk, struct sk_buff *skb, int error)
{
	struct inet_connection_sock *connection = (void *)sk;
	struct tcp_skb_cb *control = (void *)skb->cb;
	struct mark *mark = mark_seen(sk);
	struct record_retransmit *record;

	if (!mark)
		return;
	/* A SYN that waits for the next hop's address has not left, and ICMP will quote it. */
	mark_tell_tuple(sk, mark);
	record = emit_reserve(RECORD_RETRANSMIT, sizeof(*record), mark->identity.id);
	if (!record)
		return;
	record->seq = BPF_CORE_READ(control, seq);
	record->length = skb->len;
	record->error = error;
	record->state = sk->__sk_common.skc_state;
	record->attempt = BPF_CORE_READ(connection, icsk_retransmits);
	emit_submit(record);
}

static void synack_retransmitted(struct request_sock *request)
{
	struct tcp_request_sock *tcp_request = (void *)request;
	struct record_retransmit *record;
	struct tuple_end *end;
	struct tuple tuple = {};

	tuple_of_sock(&tuple, address_of(request));
	end = bpf_map_lookup_elem(&sockets_by_tuple, &tuple);
	if (!end)
		return;
	record = emit_reserve(RECORD_RETRANSMIT, sizeof(*record), end->id);
	if (!record)
		return;
	record->seq = BPF_CORE_READ(tcp_request, snt_isn);
	record->state = TCP_NEW_SYN_RECV;
	record->attempt = BPF_CORE_READ_BITFIELD_PROBED(request, num_timeout);
	emit_submit(record);
}

#endif
