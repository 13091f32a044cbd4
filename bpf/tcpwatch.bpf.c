/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hooks, in the order of a connection's life. Each one only says which
 * question it asks; README.md has a table of what each fact needs care for.
 * BTF tracepoints alone: no tracefs, no kprobe, nothing pinned.
 */
#include "bpf/call.bpf.h"
#include "bpf/existing.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/icmp.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/moved.bpf.h"
#include "bpf/run.bpf.h"
#include "bpf/sample.bpf.h"
#include "bpf/sock.bpf.h"
#include "bpf/standin.bpf.h"
#include "bpf/state.bpf.h"
#include "bpf/task.bpf.h"

/* BPF_PROG hands every hook its raw context, which none needs. */
#pragma clang diagnostic ignored "-Wunused-parameter"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Tasks */

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	if (bpf_task_storage_get(&tasks, parent, NULL, 0) && task_track(child))
		emit_process(child, PROCESS_FORK);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task)
{
	if (bpf_task_storage_get(&tasks, task, NULL, 0))
		emit_process(task, PROCESS_EXEC);
	return 0;
}

SEC("tp_btf/task_rename")
int BPF_PROG(task_rename, struct task_struct *task, const char *name)
{
	if (bpf_task_storage_get(&tasks, task, NULL, 0))
		emit_rename(task, name);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct tracked_task *tracked = bpf_task_storage_get(&tasks, task, NULL, 0);

	if (!tracked && peers_wanted)
		peer_calls_end(task);
	if (!tracked)
		return 0;
	calls_end(tracked);
	emit_process(task, PROCESS_EXIT);
	__sync_fetch_and_add(&tasks_alive, -1);
	return 0;
}

/* Calls */

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long number)
{
	__u8 kind = (unsigned long)number < SYSTEM_CALLS ? call_of_number[number] : CALL_NONE;

	if (kind)
		call_enters(regs, kind);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	call_returns(regs, result);
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int number, void *info, struct k_sigaction *action)
{
	call_meets_handler(action);
	return 0;
}

/* States */

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sk, int old_state, int new_state)
{
	state_changes(sk, old_state, new_state);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_sock, struct sock *sk)
{
	socket_forget(sk);
	return 0;
}

/* Write queue */

SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(tcp_sendmsg_locked, struct sock *sk, struct msghdr *message, struct sk_buff *tail,
	     int size_goal)
{
	struct mark *mark = mark_of(sk);

	if (mark)
		sample_turn(sk, mark, message, tail, size_goal);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk, int length)
{
	bytes_are_sent(sk, length);
	return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(tcp_probe, struct sock *sk, struct sk_buff *skb)
{
	struct mark *mark = mark_seen(sk);

	if (mark)
		sample_acked(sk, mark, ack_number(skb));
	return 0;
}

/* Receive queue, and the accept queue of a listener */

SEC("tp_btf/sk_data_ready")
int BPF_PROG(sk_data_ready, struct sock *sk)
{
	data_is_ready(sk);
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(tcp_rcv_space_adjust, struct sock *sk)
{
	struct mark *mark = mark_seen(sk);

	if (mark)
		sample_recv(sk, mark, SAMPLE_COPIED);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int length)
{
	bytes_are_read(sk, length);
	return 0;
}

/* Segments */

SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue, struct sk_buff *skb)
{
	segment_sent(skb);
	return 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb, struct sk_buff *skb)
{
	packet_received(skb);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb__a2, struct sock *sk, struct sk_buff *skb)
{
	segment_retransmitted(sk, skb, 0);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb__a3, struct sock *sk, struct sk_buff *skb, int error)
{
	segment_retransmitted(sk, skb, error);
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(tcp_retransmit_synack, struct sock *sk, struct request_sock *request)
{
	synack_retransmitted(request);
	return 0;
}

/* Resets and errors */

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_send_reset__a2, struct sock *sk, struct sk_buff *skb)
{
	reset_sent(sk, -1);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_send_reset__a3, struct sock *sk, struct sk_buff *skb, int reason)
{
	reset_sent(sk, reason);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_receive_reset, struct sock *sk)
{
	reset_received(sk);
	return 0;
}

SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(inet_sk_error_report, struct sock *sk)
{
	error_reported(sk);
	return 0;
}

/* Never attached: the collector runs these two */

/* On a processor whose records have waited. */
SEC("raw_tp")
int flush_processor(void *context)
{
	if (coalesce)
		runs_end();
	buffer_flush();
	return 0;
}

/* After all have: no record that is older than this one follows it in the ring. */
SEC("raw_tp")
int mark_time(void *context)
{
	emit_mark();
	return 0;
}
