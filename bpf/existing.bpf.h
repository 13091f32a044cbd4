/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rest of what was there before the trace: sockets that no descriptor
 * refers to (in an accept queue, in SYN_RECV, in TIME_WAIT, closed with data
 * under way), and the calls that tasks are asleep in.
 */
#ifndef TCPWATCH_EXISTING_BPF_H
#define TCPWATCH_EXISTING_BPF_H

#include "bpf/call.bpf.h"
#include "bpf/follow.bpf.h"

/* Nobody holds it: whose it is follows from a listener at its address, or -a wants all. */
static bool is_wanted(const struct tuple *tuple, __u16 family, __u32 *listener_id)
{
	struct tracked_listener *listener = listener_for(tuple);

	*listener_id = listener ? listener->id : 0;
	return compat_tuple_readable(tuple) && (listener || (follow_all && !comms_wanted_count)) &&
	       filter_takes_family(family) && filter_takes_protocol(family, IPPROTO_TCP) &&
	       filter_takes_tuple(tuple);
}

/* Request and TIME_WAIT sockets have only the common part of a socket. */
static void emit_mini(const struct tuple *tuple, const struct identity *identity,
		      struct sock_common *common)
{
	struct record_socket *record = emit_reserve(RECORD_SOCKET, sizeof(*record), identity->id);

	if (!record)
		return;
	record_tuple(record, tuple);
	record_identity(record, identity);
	record->family = common->skc_family;
	record->type = SOCK_STREAM;
	record->protocol = IPPROTO_TCP;
	record->cookie = BPF_CORE_READ(common, skc_cookie.counter);
	emit_submit(record);
}

static struct record_state *start_mini_state(__u32 id, __u8 state)
{
	struct record_state *record = emit_reserve(RECORD_STATE, sizeof(*record), id);

	if (!record)
		return NULL;
	record->old_state = state;
	record->new_state = state;
	return record;
}

static __u32 mini_begin(struct sock_common *common, struct tuple_end *end)
{
	struct identity identity = { .origin = ORIGIN_EXISTING };
	struct tuple tuple = {};

	tuple_of_sock(&tuple, address_of(common));
	if (!is_wanted(&tuple, common->skc_family, &identity.listener) ||
	    bpf_map_lookup_elem(&sockets_by_tuple, &tuple))
		return 0;
	identity.id = end->id = identity_new();
	end->listener = identity.listener;
	port_use(tuple.local_port);
	if (bpf_map_update_elem(&sockets_by_tuple, &tuple, end, BPF_ANY))
		lose(LOST_ADDRESS_MAP);
	emit_mini(&tuple, &identity, common);
	return identity.id;
}

static void time_wait_found(struct tcp_timewait_sock *socket, struct sock_common *common)
{
	struct tuple_end end = { .taken = 1, .gone = 1 };
	__u8 state = BPF_CORE_READ(socket, tw_sk.tw_substate);
	struct record_state *record;
	__u32 id;

	/* A FIN_WAIT2 that the full socket has left to a smaller one still owns its tuple. */
	end.gone = state == TCP_TIME_WAIT;
	id = mini_begin(common, &end);
	if (!id)
		return;
	record = start_mini_state(id, state);
	if (!record)
		return;
	record->flags = STATE_SOCK_DEAD;
	emit_submit(record);
}

static void request_found(struct tcp_request_sock *request, struct sock_common *common)
{
	struct tuple_end end = { .isn = BPF_CORE_READ(request, rcv_isn) };
	__u32 id = mini_begin(common, &end), isn = BPF_CORE_READ(request, snt_isn);
	struct record_state *record;

	if (!id)
		return;
	record = start_mini_state(id, TCP_SYN_RECV);
	if (!record)
		return;
	record->positions.write_seq = isn + 1;
	record->positions.snd_nxt = isn + 1;
	record->positions.snd_una = isn;
	record->positions.rcv_nxt = end.isn + 1;
	record->positions.copied_seq = end.isn + 1;
	emit_submit(record);
}

static void fileless_found(struct sock *sk)
{
	struct identity identity = { .origin = ORIGIN_EXISTING };
	struct tuple tuple = {};
	__u64 address = address_of(sk);

	if (BPF_CORE_READ(sk, sk_socket) || bpf_sk_storage_get(&marks, sk, NULL, 0))
		return;
	tuple_of_sock(&tuple, address);
	if (!is_wanted(&tuple, BPF_CORE_READ(sk, __sk_common.skc_family), &identity.listener))
		return;
	identity.id = identity_new();
	bpf_get_socket_cookie(sk);
	known_insert(address, &identity, 0, true);
	mark_inherited(sk, &identity);
}

SEC("iter/tcp")
int follow_tcp(struct bpf_iter__tcp *context)
{
	struct sock_common *common = context->sk_common;
	struct tcp_timewait_sock *time_wait;
	struct tcp_request_sock *request;
	struct tcp_sock *tcp;

	if (!common)
		return 0;
	tcp = bpf_skc_to_tcp_sock(common);
	if (tcp) {
		fileless_found((struct sock *)tcp);
		return 0;
	}
	time_wait = bpf_skc_to_tcp_timewait_sock(common);
	if (time_wait) {
		time_wait_found(time_wait, common);
		return 0;
	}
	request = bpf_skc_to_tcp_request_sock(common);
	if (request)
		request_found(request, common);
	return 0;
}

/* With -a a thread is met here when it sleeps on a socket. */
static struct tracked_task *task_asleep(struct task_struct *task, struct pt_regs *regs)
{
	struct tracked_task *tracked = bpf_task_storage_get(&tasks, task, NULL, 0);
	struct fdtable *table = table_of(task);
	__u64 inode;

	if (tracked || !follow_all || !socket_behind(table, PT_REGS_PARM1_SYSCALL(regs), &inode))
		return tracked;
	return task_meet(task);
}

static void call_found_on(struct task_struct *task, struct socket_call *call, __u8 kind)
{
	struct fdtable *table = table_of(task);
	const struct call_shape *shape;
	struct known_socket *known;
	__u64 inode = 0;

	if (kind == CALL_SPLICE_IN &&
	    !socket_behind(table, call_argument(call, shape_of(kind)->fd), &inode))
		kind = CALL_SPLICE_OUT;
	shape = shape_of(kind);
	call->fd = call_argument(call, shape->fd);
	call->sk = socket_behind(table, call->fd, &inode);
	known = call->sk ? known_at(call->sk, inode) : NULL;
	call->socket = known ? known->identity.id : 0;
	call->other = known && known->identity.other;
	if (!call->socket || !shape->blocks)
		return;
	call->asked = call_argument(call, shape->asked);
	call->flags = call_argument(call, shape->flags);
	call->bytes = 0;
	call->restarts = 0;
	call->found = 1;
	call->kind = kind;
	emit_call_enter(call, task->tgid, task->pid);
}

/* The user's memory can't be read from here: what an argument points at stays unknown. */
SEC("iter/task")
int follow_calls(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct tracked_task *tracked;
	struct pt_regs *regs;
	long number;
	__u8 kind;

	if (!task || task_is_left_out(task))
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	number = regs ? compat_call_asleep(task, regs) : -1;
	kind = (unsigned long)number < SYSTEM_CALLS ? call_of_number[number] : CALL_NONE;
	if (!kind)
		return 0;
	tracked = task_asleep(task, regs);
	if (!tracked || tracked->pending.kind)
		return 0;
	call_read_arguments(&tracked->pending, regs);
	kind = kind_by_arguments(kind, &tracked->pending);
	tracked->pending.number = number;
	tracked->pending.enter_ns = bpf_ktime_get_ns();
	call_found_on(task, &tracked->pending, kind);
	return 0;
}

#endif
