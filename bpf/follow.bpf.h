/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where following begins: iterators that the collector runs once, when the
 * hooks are on. They mark tasks, the held command's or those that run already,
 * and the sockets that these have open.
 */
#ifndef TCPWATCH_FOLLOW_BPF_H
#define TCPWATCH_FOLLOW_BPF_H

#include "bpf/descriptor.bpf.h"
#include "bpf/found.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/other.bpf.h"
#include "bpf/sock.bpf.h"
#include "bpf/state.bpf.h"
#include "bpf/task.bpf.h"

/* What is followed ran before tcpwatch did: -p and -a. */
const volatile bool attached = false;

/* Processes that are followed, by tgid: their children are found through it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u8);
} followed SEC(".maps");

/* Tasks that the iterators have marked. */
__u64 tasks_found;

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
	emit_found(address, identity->id);
	if (sk->__sk_common.skc_state == TCP_LISTEN)
		listener_add(address, identity->id);
}

static void socket_inherited(struct sock *sk, struct socket *socket, struct task_struct *task)
{
	struct identity identity = { .origin = attached ? ORIGIN_EXISTING : ORIGIN_INHERITED };
	struct named_end named = {};
	__u64 inode = inode_of(socket);

	if (!family_is_traced(sk->__sk_common.skc_family) || known_id((__u64)sk, inode) ||
	    !filter_takes(sk, &named, task))
		return;
	identity.id = identity_new();
	identity.owner_tgid = task->tgid;
	identity.owner_tid = task->pid;
	identity.other = sk_is_other(address_of(sk));
	bpf_get_socket_cookie(sk);
	known_insert(address_of(sk), &identity, inode, true);
	if (is_tcp(sk))
		mark_inherited(sk, &identity);
	else
		emit_socket(address_of(sk), &identity);
	if (calls_traced && identity.other)
		emit_other(address_of(sk), identity.id, CALL_NONE, false);
}

static void task_follow(struct task_struct *task)
{
	__u32 tgid = task->tgid;
	__u8 one = 1;

	bpf_map_update_elem(&followed, &tgid, &one, BPF_ANY);
	if (bpf_task_storage_get(&tasks, task, NULL, 0))
		return;
	if (attached)
		task_meet(task);
	else if (task_track(task))
		emit_process(task, PROCESS_FORK);
	tasks_found++;
}

SEC("iter/task")
int follow_self(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (task)
		own_tgid = task->tgid;
	return 0;
}

SEC("iter/task")
int follow_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (task)
		task_follow(task);
	return 0;
}

/* One generation of the children of what is followed; run until it finds no more. */
SEC("iter/task")
int follow_children(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	__u32 tgid, parent;

	if (!task || bpf_task_storage_get(&tasks, task, NULL, 0) || task_is_left_out(task))
		return 0;
	tgid = task->tgid;
	parent = BPF_CORE_READ(task, real_parent, tgid);
	if (bpf_map_lookup_elem(&followed, &tgid) || bpf_map_lookup_elem(&followed, &parent))
		task_follow(task);
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
	if (!socket || !socket->sk)
		return 0;
	if (!bpf_task_storage_get(&tasks, task, NULL, 0) && !(follow_all && task_meet(task)))
		return 0;
	socket_inherited(socket->sk, socket, task);
	return 0;
}

#endif
