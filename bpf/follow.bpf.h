/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where following begins: iterators that the collector runs once over the
 * held command. They mark its task and the sockets that it has open already.
 */
#ifndef TCPWATCH_FOLLOW_BPF_H
#define TCPWATCH_FOLLOW_BPF_H

#include "bpf/descriptor.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/sock.bpf.h"
#include "bpf/state.bpf.h"
#include "bpf/task.bpf.h"

static void mark_inherited(struct sock *sk, const struct identity *identity)
{
	struct mark *mark = mark_create(sk);
	__u64 address = address_of(sk);

	if (!mark)
		return;
	mark->identity = *identity;
	mark_learn_tuple(address, mark);
	emit_socket(address, identity);
	emit_state_found(address, identity->id);
	if (sk->__sk_common.skc_state == TCP_LISTEN)
		listener_add(address, identity->id);
}

static void socket_inherited(struct sock *sk, struct socket *socket, struct task_struct *task)
{
	struct identity identity = { .origin = ORIGIN_INHERITED };
	struct named_end named = {};
	__u64 inode = inode_of(socket);

	if (!family_is_traced(sk->__sk_common.skc_family) || known_id((__u64)sk, inode) ||
	    !filter_takes(sk, &named, task))
		return;
	identity.id = identity_new();
	identity.owner_tgid = task->tgid;
	identity.owner_tid = task->pid;
	bpf_get_socket_cookie(sk);
	known_insert(address_of(sk), &identity, inode, true);
	if (is_tcp(sk))
		mark_inherited(sk, &identity);
	else
		emit_socket(address_of(sk), &identity);
}

SEC("iter/task")
int follow_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (task && !bpf_task_storage_get(&tasks, task, NULL, 0) && task_track(task))
		emit_process(task, PROCESS_FORK);
	return 0;
}

SEC("iter/task_file")
int follow_sockets(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct socket *socket;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (socket && socket->sk)
		socket_inherited(socket->sk, socket, task);
	return 0;
}

#endif
