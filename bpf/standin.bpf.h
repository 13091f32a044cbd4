/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For kernels that lack a tracepoint: the function that the tracepoint is in,
 * or that its place is in, by fentry and fexit. The collector loads one of
 * these only where the tracepoint is missing and the kernel takes such programs
 * (user/collect/standins.c says which stands for which).
 */
#ifndef TCPWATCH_STANDIN_BPF_H
#define TCPWATCH_STANDIN_BPF_H

#include "bpf/kernel.bpf.h"
#include "bpf/moved.bpf.h"
#include "bpf/sample.bpf.h"

/* What a task is handing to TCP. */
struct handing {
	__u64 message; /* address; 0: pages, of which: */
	__u32 left;    /* bytes, when write_seq was the next one */
	__u32 write_seq;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct handing);
} handings SEC(".maps");

/* By its type, which differs between kernels, a function's result can't be named. */
static int result_of(void *context)
{
	__u64 result = 0;

	bpf_get_func_ret(context, &result);
	return result;
}

static struct handing *handing_get(__u64 flags)
{
	return bpf_task_storage_get(&handings, bpf_get_current_task_btf(), NULL, flags);
}

static __u32 handing_left(const struct handing *handing, struct tcp_sock *tcp)
{
	struct msghdr *message = (void *)handing->message;

	if (message)
		return BPF_CORE_READ(message, msg_iter.count);
	return handing->left - (tcp->write_seq - handing->write_seq);
}

static void handing_begins(struct sock *sk, struct msghdr *message, __u32 pages_bytes)
{
	struct tcp_sock *tcp = mark_of(sk) ? bpf_skc_to_tcp_sock(sk) : NULL;
	struct handing *handing;

	if (!tcp)
		return;
	handing = handing_get(BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!handing) {
		lose(LOST_TASK_STORAGE);
		return;
	}
	handing->message = (__u64)message;
	handing->left = pages_bytes;
	handing->write_seq = tcp->write_seq;
}

static void emit_wait(struct sock *sk, struct tcp_sock *tcp, const struct handing *handing,
		      enum sample_reason reason, bool sleeps)
{
	struct mark *mark = mark_of(sk);
	struct record_sample_send *record = mark ? start_sample_send(sk, tcp, mark) : NULL;

	if (!record)
		return;
	record->left = handing_left(handing, tcp);
	record->reason = reason;
	record->flags |= SAMPLE_NEW_BUFFER;
	if (!sleeps)
		record->flags |= SAMPLE_NONBLOCK;
	emit_submit(record);
}

/* The socket is locked here, and again at the end of the wait; not in between. */
static void wait_begins(struct sock *sk, long *timeout)
{
	struct handing *handing = handing_get(0);
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	long jiffies = 0;

	if (!tcp || !handing)
		return;
	bpf_probe_read_kernel(&jiffies, sizeof(jiffies), timeout);
	emit_wait(sk, tcp, handing, SAMPLE_WAITS, jiffies);
	handing->left = handing_left(handing, tcp);
}

static void wait_ends(struct sock *sk, int error)
{
	struct handing *handing = handing_get(0);
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	if (!tcp || !handing)
		return;
	handing->write_seq = tcp->write_seq;
	if (!error)
		emit_wait(sk, tcp, handing, SAMPLE_WOKEN, true);
}

/* Instead of sock_send_length */

SEC("?fexit/tcp_sendmsg")
int BPF_PROG(tcp_sendmsg_ends, struct sock *sk)
{
	bytes_are_sent(sk, result_of(ctx));
	return 0;
}

/* sendfile() until 6.4 */
SEC("?fexit/tcp_sendpage")
int BPF_PROG(tcp_sendpage_ends, struct sock *sk)
{
	bytes_are_sent(sk, result_of(ctx));
	return 0;
}

/* Instead of sock_recv_length */

SEC("?fexit/tcp_recvmsg")
int BPF_PROG(tcp_recvmsg_ends, struct sock *sk)
{
	bytes_are_read(sk, result_of(ctx));
	return 0;
}

/* Instead of sk_data_ready, which is the first line of this function */

SEC("?fentry/sock_def_readable")
int BPF_PROG(sock_def_readable_begins, struct sock *sk)
{
	data_is_ready(sk);
	return 0;
}

/* Instead of tcp_sendmsg_locked: only where a send call waits */

SEC("?fentry/tcp_sendmsg_locked")
int BPF_PROG(tcp_sendmsg_locked_begins, struct sock *sk, struct msghdr *message)
{
	handing_begins(sk, message, 0);
	return 0;
}

SEC("?fentry/do_tcp_sendpages")
int BPF_PROG(do_tcp_sendpages_begins, struct sock *sk, void *page, int offset, size_t size)
{
	handing_begins(sk, NULL, size);
	return 0;
}

SEC("?fentry/sk_stream_wait_memory")
int BPF_PROG(sk_stream_wait_memory_begins, struct sock *sk, long *timeout)
{
	wait_begins(sk, timeout);
	return 0;
}

SEC("?fexit/sk_stream_wait_memory")
int BPF_PROG(sk_stream_wait_memory_ends, struct sock *sk)
{
	wait_ends(sk, result_of(ctx));
	return 0;
}

#endif
