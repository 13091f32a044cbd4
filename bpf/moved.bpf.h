/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes have moved between a program and its socket, or into a receive queue.
 * Whoever shows it: a tracepoint, or what stands for it (standin.bpf.h). Inlined,
 * because the verifier takes no more than eight calls within each other.
 */
#ifndef TCPWATCH_MOVED_BPF_H
#define TCPWATCH_MOVED_BPF_H

#include "bpf/call.bpf.h"
#include "bpf/sample.bpf.h"

/* io_uring tries again and again: what the program is never told of is no call. */
static bool is_for_io_uring(int length)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return length != -EAGAIN && length > -ERESTARTSYS && !compat_is_32bit_call(task) &&
	       compat_uses_io_uring(task);
}

/* Its memory is not in the frame of who asks for marks: all frames together have 512 bytes. */
static __noinline void emit_uring_call(__u64 address, __u32 id, bool other, int length,
				       enum call_kind kind)
{
	struct socket_call call = { .fd = -1, .kind = kind, .sk = address, .socket = id };

	call.other = other;
	call.enter_ns = bpf_ktime_get_ns();
	emit_call(&call, length, 0, false);
}

static void call_moves(struct sock *sk, int length, enum call_kind of_io_uring)
{
	struct tracked_task *task = task_in_call();
	struct known_socket *known;
	struct mark *mark;

	if (!task)
		return;
	if (task->pending.kind && task->pending.sk == (__u64)sk) {
		if (length > 0)
			task->pending.bytes += length;
		return;
	}
	if (!is_for_io_uring(length))
		return;
	mark = mark_of(sk);
	if (!mark && is_tcp(sk))
		mark = mark_by_owner(sk, false);
	if (mark) {
		emit_uring_call(address_of(sk), mark->identity.id, false, length, of_io_uring);
		return;
	}
	known = known_at(address_of(sk), inode_of(POINTER_READ(struct sock, sk, sk_socket)));
	if (known)
		emit_uring_call(address_of(sk), known->identity.id, known->identity.other, length,
				of_io_uring);
}

static __always_inline void bytes_are_sent(struct sock *sk, int length)
{
	struct mark *mark;

	call_moves(sk, length, CALL_URING_SEND);
	mark = mark_of(sk);
	if (mark)
		sample_sent(sk, mark);
}

static __always_inline void bytes_are_read(struct sock *sk, int length)
{
	struct mark *mark;

	call_moves(sk, length, CALL_URING_RECV);
	mark = mark_of(sk);
	if (mark)
		sample_recv(sk, mark, SAMPLE_READ);
}

/* Data, or at a listener a child that can be accepted. */
static __always_inline void data_is_ready(struct sock *sk)
{
	struct mark *mark = mark_of(sk);

	if (mark && sk->__sk_common.skc_state == TCP_LISTEN)
		emit_queue(sk, mark->identity.id, QUEUE_READY, 0);
	else if (mark)
		sample_recv(sk, mark, SAMPLE_QUEUED);
}

#endif
