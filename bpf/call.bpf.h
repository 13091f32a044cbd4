/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Socket calls of the command's tasks, from entry to return. Which system call
 * is which comes from the collector; where an argument stands, from the table
 * below. A call that a signal interrupts and the kernel restarts is one call.
 */
#ifndef TCPWATCH_CALL_BPF_H
#define TCPWATCH_CALL_BPF_H

#include "bpf/argument.bpf.h"
#include "bpf/call_emit.bpf.h"
#include "bpf/call_shape.bpf.h"
#include "bpf/compat.bpf.h"
#include "bpf/descriptor.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/other.bpf.h"
#include "bpf/peer_call.bpf.h"
#include "bpf/run.bpf.h"
#include "bpf/sample.bpf.h"
#include "bpf/sock.bpf.h"
#include "bpf/task.bpf.h"

#define SYSTEM_CALLS 512

/* System call number to enum call_kind; filled from SYS_* before loading. */
const volatile __u8 call_of_number[SYSTEM_CALLS];

/* RECORD_CALL_ENTER is wanted. */
const volatile bool emit_entries = true;

static void call_read_arguments(struct socket_call *call, struct pt_regs *regs)
{
	call->arguments[0] = PT_REGS_PARM1_SYSCALL(regs);
	call->arguments[1] = PT_REGS_PARM2_SYSCALL(regs);
	call->arguments[2] = PT_REGS_PARM3_SYSCALL(regs);
	call->arguments[3] = PT_REGS_PARM4_SYSCALL(regs);
	call->arguments[4] = PT_REGS_PARM5_SYSCALL(regs);
	call->stack = PT_REGS_SP(regs);
}

/* What the argument registers alone don't say. */
static void call_refine(struct socket_call *call)
{
	__u64 second = call_argument(call, 1), third = call_argument(call, 2);

	switch (call->kind) {
	case CALL_WRITEV:
	case CALL_READV:
		call->asked = vectors_length(second, third);
		break;
	case CALL_SENDMSG:
	case CALL_RECVMSG:
		call->asked = message_length(second);
		break;
	case CALL_SETSOCKOPT:
		call->flags = second << 16 | (third & 0xffff);
		call->asked = option_value(second, third, call_argument(call, 3));
		break;
	case CALL_BIND:
	case CALL_CONNECT:
		emit_address(call);
		break;
	}
}

/* send() and recv() are calls of their own only in the C library. */
static __u8 kind_by_arguments(__u8 kind, const struct socket_call *call)
{
	if (kind == CALL_SENDTO && !call_argument(call, 4))
		return CALL_SEND;
	if (kind == CALL_RECVFROM && !call_argument(call, 4))
		return CALL_RECV;
	return kind;
}

static bool call_begins(const struct socket_call *call, __u8 kind)
{
	if (kind == CALL_SOCKET || kind == CALL_SOCKETPAIR)
		return family_is_traced(call_argument(call, 0)) &&
		       filter_takes_call(call_argument(call, 0), call_argument(call, 1),
					 call_argument(call, 2));
	if (kind == CALL_SETSOCKOPT)
		return option_is_traced(call_argument(call, 1), call_argument(call, 2));
	return true;
}

/* What a filter wants to know before the call has said it to the kernel. */
static void call_names(struct named_end *named, const struct socket_call *call, __u8 kind)
{
	struct user_address address = {};
	__u64 at = call_argument(call, kind == CALL_SENDTO ? 4 : 1);

	if (kind == CALL_LISTEN)
		named->what = NAMED_LISTENER;
	if ((kind != CALL_BIND && kind != CALL_CONNECT && kind != CALL_SENDTO) ||
	    !user_address_read(&address, at))
		return;
	named->what = kind == CALL_BIND ? NAMED_LOCAL : NAMED_REMOTE;
	named->port = bpf_ntohs(address.port);
	user_address_copy(named->address, &address);
}

/* One call for both directions: the descriptors say which it is. */
static void call_find_socket(struct socket_call *call, __u8 *kind)
{
	__u32 origin = call->peer ? ORIGIN_PEER : ORIGIN_FIRST_USE;
	struct named_end named = {};
	struct reached reached = {
		.sk = call->sk,
		.inode = call->inode,
		.id = call->socket,
		.other = call->other,
	};

	if (filter_by_tuple)
		call_names(&named, call, *kind);
	call->fd = call_argument(call, shape_of(*kind)->fd);
	call->socket = socket_at(call->fd, &reached, origin, 0, &named);
	if (!call->socket && *kind == CALL_SPLICE_IN) {
		*kind = CALL_SPLICE_OUT;
		call->fd = call_argument(call, 0);
		call->socket = socket_at(call->fd, &reached, origin, 0, &named);
	}
	call->sk = reached.sk;
	call->inode = reached.inode;
	call->other = reached.other;
}

static bool call_is_again(const struct socket_call *before, const struct socket_call *call,
			  __u8 kind)
{
	int i;

	if (before->kind != kind || before->stack != call->stack)
		return false;
	for (i = 0; i < NO_ARGUMENT; i++) {
		if (before->arguments[i] != call->arguments[i])
			return false;
	}
	return true;
}

static void call_start(struct tracked_task *task, __u8 kind)
{
	struct socket_call *call = &task->pending;
	const struct call_shape *shape;

	call->bytes = 0;
	call->restarts = 0;
	call->found = 0;
	call->enter_ns = bpf_ktime_get_ns();
	if (kind == CALL_SOCKET || kind == CALL_SOCKETPAIR) {
		call->sk = 0;
		call->socket = 0;
		call->fd = -1;
		call->other = 0;
	} else {
		call_find_socket(call, &kind);
		if (!call->socket)
			return;
	}
	shape = shape_of(kind);
	call->asked = call_argument(call, shape->asked);
	call->flags = call_argument(call, shape->flags);
	call->kind = kind;
	call_refine(call);
	if (emit_entries && shape->blocks)
		emit_call_enter(call, current_tgid(), current_tid());
	other_begins(call);
}

static bool fd_is_socket(int fd)
{
	__u64 inode;

	return socket_behind(current_table(), fd, &inode);
}

/* Most calls of a system read and write files: the task is met when it uses a socket. */
static struct tracked_task *task_meets_call(struct pt_regs *regs, __u8 kind)
{
	struct tracked_task *task = task_tracked();
	bool uses;

	if (task || !follow_all)
		return task;
	uses = kind == CALL_SOCKET || kind == CALL_SOCKETPAIR;
	if (kind == CALL_SPLICE_IN)
		uses = fd_is_socket(PT_REGS_PARM3_SYSCALL(regs));
	return uses || fd_is_socket(PT_REGS_PARM1_SYSCALL(regs)) ? task_tracked_or_met() : NULL;
}

/* Its numbers mean other calls: whichever comes first shows that there are some. */
static void tell_32bit(struct tracked_task *task)
{
	if (task->told_32bit)
		return;
	task->told_32bit = true;
	emit_process(bpf_get_current_task_btf(), PROCESS_32BIT);
}

static void call_enters(struct pt_regs *regs, __u8 kind)
{
	struct tracked_task *task = task_meets_call(regs, kind);

	if (!task && peers_wanted)
		task = peer_task(regs, kind);
	if (!task)
		return;
	if (compat_is_32bit_call(bpf_get_current_task_btf())) {
		tell_32bit(task);
		return;
	}
	if (kind >= CALL_KINDS)
		return;
	task->pending.kind = CALL_NONE;
	task->closed_sk = 0;
	call_read_arguments(&task->pending, regs);
	kind = kind_by_arguments(kind, &task->pending);
	if (call_is_again(&task->interrupted, &task->pending, kind)) {
		task->pending = task->interrupted;
		task->pending.restarts++;
		task->interrupted.kind = CALL_NONE;
	} else if (call_begins(&task->pending, kind)) {
		call_start(task, kind);
	}
}

static bool is_restart(long result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK;
}

/* A second interruption, in a handler, displaces the first: its result stays unknown. */
static void call_interrupt(struct tracked_task *task, long result)
{
	if (task->interrupted.kind)
		emit_call(&task->interrupted, 0, 0, true);
	task->interrupted = task->pending;
	task->interrupted.result = result;
	task->interrupted.restart_decided = 0;
	task->pending.kind = CALL_NONE;
}

static __u32 socketpair_learn(struct socket_call *call)
{
	struct named_end named = {};
	struct reached reached = {};
	__s32 fds[2];

	if (bpf_probe_read_user(fds, sizeof(fds), (void *)call_argument(call, 3)))
		return 0;
	call->fd = fds[0];
	call->socket = socket_at(fds[0], &reached, ORIGIN_CREATED, 0, &named);
	call->sk = reached.sk;
	return socket_at(fds[1], &reached, ORIGIN_CREATED, 0, &named);
}

static long right_learn(__u32 turn, struct user_rights *rights)
{
	struct named_end named = {};
	struct reached reached = {};
	__s32 fd;

	(void)turn;
	if (bpf_probe_read_user(&fd, sizeof(fd), (void *)rights->at))
		return 1;
	socket_at(fd, &reached, ORIGIN_FIRST_USE, 0, &named);
	rights->at += sizeof(fd);
	return 0;
}

/* Sockets that came in a message are known from here on, not from their first call on. */
static void rights_learn(const struct socket_call *call)
{
	struct user_rights rights = {};

	message_rights(call_argument(call, 1), &rights);
	if (rights.count)
		bpf_loop(rights.count, right_learn, &rights, 0);
}

static __u32 accept_learn(struct socket_call *call, int fd)
{
	struct named_end named = {};
	struct reached child = {};
	__u32 id = socket_at(fd, &child, ORIGIN_CHILD, call->socket, &named);

	if (child.other)
		emit_other(child.sk, id, call->kind, false);
	if (!sk_is_tcp(child.sk))
		return id;
	if (id)
		known_tell(child.sk);
	emit_queue((struct sock *)call->sk, call->socket, QUEUE_ACCEPT, 0);
	return id;
}

/* What a call's success says of sockets. Returns the id of the (second) new one. */
static __u32 call_learn(struct socket_call *call, int result)
{
	struct named_end named = {};
	struct reached reached = {};

	switch (call->kind) {
	case CALL_SOCKET:
		call->fd = result;
		call->socket = socket_at(result, &reached, ORIGIN_CREATED, 0, &named);
		call->sk = reached.sk;
		return 0;
	case CALL_SOCKETPAIR:
		return socketpair_learn(call);
	case CALL_ACCEPT:
	case CALL_ACCEPT4:
		return accept_learn(call, result);
	case CALL_LISTEN:
		if (sk_is_tcp(call->sk))
			listener_add(call->sk, call->socket);
		known_tell(call->sk);
		return 0;
	case CALL_CONNECT:
		if (!sk_is_tcp(call->sk))
			known_tell(call->sk);
		return 0;
	case CALL_BIND:
		known_tell(call->sk);
		return 0;
	case CALL_RECVMSG:
		rights_learn(call);
		return 0;
	}
	return 0;
}

/* A socket that is new, or is none because the call failed, has no address to be chosen by. */
static bool call_is_left_out(const struct socket_call *call)
{
	return filter_by_tuple && !call->socket;
}

/*
 * A call that was found in a task asleep may have returned before that was
 * written down: then another one returns here.
 */
static bool call_was_missed(const struct socket_call *call, struct pt_regs *regs)
{
	return call->found && call->number != compat_call_number(regs);
}

static void call_returns(struct pt_regs *regs, long result)
{
	struct tracked_task *task = task_in_call();
	__u32 other = 0;

	if (!task || !task->pending.kind)
		return;
	if (call_was_missed(&task->pending, regs)) {
		task->pending.kind = CALL_NONE;
		return;
	}
	if (is_restart(result)) {
		call_interrupt(task, result);
		return;
	}
	if (result >= 0)
		other = call_learn(&task->pending, result);
	if (task->pending.kind == CALL_CLOSE)
		task->closed_sk = task->pending.sk;
	if (!call_is_left_out(&task->pending) && !(coalesce && run_takes(&task->pending, result)))
		emit_call(&task->pending, result, other, false);
	task->pending.kind = CALL_NONE;
}

/* A handler will run: the kernel now decides between a restart and EINTR. */
static void call_meets_handler(struct k_sigaction *action)
{
	__u64 handler = (__u64)BPF_CORE_READ(action, sa.sa_handler);
	struct tracked_task *task = task_in_call();
	struct socket_call *call;
	bool restart;

	if (!task || handler <= 1)
		return;
	call = &task->interrupted;
	if (!call->kind || call->restart_decided)
		return;
	call->restart_decided = 1;
	restart = call->result == -ERESTARTNOINTR ||
		  (call->result == -ERESTARTSYS && BPF_CORE_READ(action, sa.sa_flags) & SA_RESTART);
	if (restart)
		return;
	emit_call(call, -EINTR, 0, false);
	call->kind = CALL_NONE;
}

/* The task ends: what it was in will never return. */
static void calls_end(struct tracked_task *task)
{
	if (task->interrupted.kind)
		emit_call(&task->interrupted, 0, 0, true);
	if (task->pending.kind)
		emit_call(&task->pending, 0, 0, true);
	task->interrupted.kind = CALL_NONE;
	task->pending.kind = CALL_NONE;
}

static void peer_calls_end(struct task_struct *task)
{
	struct tracked_task *peer = bpf_task_storage_get(&peer_tasks, task, NULL, 0);

	if (peer)
		calls_end(peer);
}

#endif
