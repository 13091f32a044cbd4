/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every difference between kernels from 6.1 on, one accessor each, with the
 * release that made it. Differences in the arguments of a tracepoint are not
 * here: those hooks have variants (NAME__a2, NAME__a3), and the collector
 * loads the one that the running kernel's BTF fits.
 */
#ifndef TCPWATCH_COMPAT_BPF_H
#define TCPWATCH_COMPAT_BPF_H

#include "bpf/kernel.bpf.h"
#include "bpf/tuple.bpf.h"

#ifdef __TARGET_ARCH_arm64
#define TIF_32BIT 22 /* arch/arm64/include/asm/thread_info.h */

struct thread_info___arm64 {
	unsigned long flags;
} __attribute__((preserve_access_index));

static bool compat_is_32bit_call(struct task_struct *task)
{
	struct thread_info___arm64 *info = (void *)&task->thread_info;

	return BPF_CORE_READ(info, flags) & 1UL << TIF_32BIT;
}
#else
#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h */

struct thread_info___x86 {
	__u32 status;
} __attribute__((preserve_access_index));

/* A 32-bit call has other numbers and other structures: it is not decoded. */
static bool compat_is_32bit_call(struct task_struct *task)
{
	struct thread_info___x86 *info = (void *)&task->thread_info;

	if (!bpf_core_field_exists(info->status))
		return false;
	return info->status & TS_COMPAT;
}
#endif

struct task_struct___uring {
	void *io_uring;
} __attribute__((preserve_access_index));

/*
 * The kernel moves bytes for the task without a call of its own. A kernel
 * without io_uring has no such field.
 */
static bool compat_uses_io_uring(struct task_struct *task)
{
	struct task_struct___uring *user = (void *)task;

	if (!bpf_core_field_exists(user->io_uring))
		return false;
	return BPF_CORE_READ(user, io_uring) || task->flags & PF_IO_WORKER;
}

/* The number of the system call that these registers entered with; -1: can't be told. */
static long compat_call_number(struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	return regs->orig_ax;
#else
	return -1;
#endif
}

/*
 * The system call that another task is asleep in; -1: none, or it can't be told.
 * x86 keeps -ENOSYS where the result will be, until there is one.
 */
static long compat_call_asleep(struct task_struct *task, struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	if (!(BPF_CORE_READ(task, __state) & (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)) ||
	    (long)regs->ax != -ENOSYS || compat_is_32bit_call(task))
		return -1;
	return regs->orig_ax;
#else
	return -1;
#endif
}

/*
 * Before 6.12 a child's tuple is not set yet at LISTEN -> SYN_RECV: its
 * remote port is 0 there.
 */
static bool compat_tuple_readable(const struct tuple *tuple)
{
	return tuple->local_port && tuple->remote_port;
}

/* Of a UDP socket: bytes that its readers took, and its account has not given back yet. */
static bool compat_udp_given_back(struct sock *sk, int *bytes)
{
	struct udp_sock *udp = (void *)sk;

	if (!bpf_core_field_exists(udp->forward_deficit))
		return false;
	*bytes = BPF_CORE_READ(udp, forward_deficit);
	return true;
}

/* Datagrams that its readers took over from its receive queue. */
static bool compat_udp_taken_over(struct sock *sk, __u32 *datagrams)
{
	struct udp_sock *udp = (void *)sk;

	if (!bpf_core_field_exists(udp->reader_queue))
		return false;
	*datagrams = BPF_CORE_READ(udp, reader_queue.qlen);
	return true;
}

struct numa_drop_counters___6_18 {
	atomic_t drops0;
	atomic_t drops1;
} __attribute__((preserve_access_index));

struct sock___6_18 {
	struct numa_drop_counters___6_18 *sk_drop_counters;
} __attribute__((preserve_access_index));

/* sk_drops_read(): from 6.18 on a socket may count apart for two parts of the machine. */
static bool compat_drops(struct sock *sk, __u32 *drops)
{
	struct sock___6_18 *counting = (void *)sk;
	struct numa_drop_counters___6_18 *parts = NULL;

	if (bpf_core_field_exists(counting->sk_drop_counters)) {
		if (!bpf_core_field_exists(parts->drops0))
			return false;
		parts = BPF_CORE_READ(counting, sk_drop_counters);
		if (parts) {
			*drops = BPF_CORE_READ(parts, drops0.counter) +
				 BPF_CORE_READ(parts, drops1.counter);
			return true;
		}
	}
	if (!bpf_core_field_exists(sk->sk_drops))
		return false;
	*drops = BPF_CORE_READ(sk, sk_drops.counter);
	return true;
}

/* sk_wmem_alloc_get(): the socket itself counts one. */
static bool compat_sent(struct sock *sk, __u32 *bytes)
{
	if (!bpf_core_field_exists(sk->sk_wmem_alloc))
		return false;
	*bytes = BPF_CORE_READ(sk, sk_wmem_alloc.refs.counter) - 1;
	return true;
}

struct unix_sock___6_17 {
	__u32 inq_len;
} __attribute__((preserve_access_index));

/* Bytes to be read from a stream of AF_UNIX; before 6.17 a sum over its queue. */
static bool compat_unix_unread(struct sock *sk, __u32 *bytes)
{
	struct unix_sock___6_17 *local = (void *)sk;

	if (!bpf_core_field_exists(local->inq_len))
		return false;
	*bytes = BPF_CORE_READ(local, inq_len);
	return true;
}

/* NULL: it is connected to none. */
static struct sock *compat_unix_peer(struct sock *sk)
{
	struct unix_sock *local = (void *)sk;

	return bpf_core_field_exists(local->peer) ? BPF_CORE_READ(local, peer) : NULL;
}

/* 6.12 began to tell; the names came one after the other, and their numbers moved. */
enum sk_rst_reason___named {
	SK_RST_REASON_NO_SOCKET___named,
	SK_RST_REASON_TCP_INVALID_ACK_SEQUENCE___named,
	SK_RST_REASON_TCP_RFC7323_PAWS___named,
	SK_RST_REASON_TCP_TOO_OLD_ACK___named,
	SK_RST_REASON_TCP_ACK_UNSENT_DATA___named,
	SK_RST_REASON_TCP_FLAGS___named,
	SK_RST_REASON_TCP_OLD_ACK___named,
	SK_RST_REASON_TCP_ABORT_ON_DATA___named,
	SK_RST_REASON_TCP_TIMEWAIT_SOCKET___named,
	SK_RST_REASON_INVALID_SYN___named,
	SK_RST_REASON_TCP_ABORT_ON_CLOSE___named,
	SK_RST_REASON_TCP_ABORT_ON_LINGER___named,
	SK_RST_REASON_TCP_ABORT_ON_MEMORY___named,
	SK_RST_REASON_TCP_STATE___named,
	SK_RST_REASON_TCP_KEEPALIVE_TIMEOUT___named,
	SK_RST_REASON_TCP_DISCONNECT_WITH_DATA___named,
};

#define IS_REASON(reason, name)                                                                    \
	(bpf_core_enum_value_exists(enum sk_rst_reason___named, SK_RST_REASON_##name##___named) && \
	 (reason) == (int)bpf_core_enum_value(enum sk_rst_reason___named,                          \
					      SK_RST_REASON_##name##___named))

/* A RST that answers a segment. */
static enum reset_cause compat_answer_cause(int reason)
{
	if (IS_REASON(reason, NO_SOCKET))
		return RESET_NO_SOCKET;
	if (IS_REASON(reason, TCP_ABORT_ON_DATA))
		return RESET_LATE_DATA;
	if (IS_REASON(reason, TCP_TIMEWAIT_SOCKET))
		return RESET_TIME_WAIT;
	if (IS_REASON(reason, TCP_INVALID_ACK_SEQUENCE) || IS_REASON(reason, TCP_TOO_OLD_ACK) ||
	    IS_REASON(reason, TCP_ACK_UNSENT_DATA) || IS_REASON(reason, TCP_OLD_ACK))
		return RESET_BAD_ACK;
	if (IS_REASON(reason, TCP_FLAGS) || IS_REASON(reason, INVALID_SYN) ||
	    IS_REASON(reason, TCP_RFC7323_PAWS))
		return RESET_BAD_SEGMENT;
	return RESET_UNKNOWN;
}

static enum reset_cause compat_reset_cause(int reason)
{
	if (reason < 0)
		return RESET_UNKNOWN;
	if (IS_REASON(reason, TCP_ABORT_ON_CLOSE))
		return RESET_UNREAD;
	if (IS_REASON(reason, TCP_ABORT_ON_LINGER))
		return RESET_LINGER;
	if (IS_REASON(reason, TCP_ABORT_ON_MEMORY))
		return RESET_MEMORY;
	if (IS_REASON(reason, TCP_STATE))
		return RESET_STATE;
	if (IS_REASON(reason, TCP_KEEPALIVE_TIMEOUT))
		return RESET_KEEPALIVE;
	if (IS_REASON(reason, TCP_DISCONNECT_WITH_DATA))
		return RESET_DISCONNECT;
	return compat_answer_cause(reason);
}

#endif
