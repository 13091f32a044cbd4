/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tasks of the command, and the socket call that each is in. A task is
 * marked when its parent was; nothing else makes it one of ours. What the
 * current task does says nothing about a socket unless its call is on it.
 */
#ifndef TCPWATCH_TASK_BPF_H
#define TCPWATCH_TASK_BPF_H

#include "bpf/emit.bpf.h"
#include "bpf/kernel.bpf.h"

/* Slots 0 to 5 are the arguments; slot NO_ARGUMENT is never written and reads 0. */
#define CALL_ARGUMENTS 8
#define NO_ARGUMENT 6

struct socket_call {
	__u64 enter_ns;
	__u64 arguments[CALL_ARGUMENTS];
	__u64 asked; /* bytes, or the value of setsockopt */
	__u64 bytes; /* moved so far */
	__u64 sk;    /* address; 0: the call has no socket yet */
	__u64 inode; /* of that socket */
	__u64 stack; /* user stack pointer: tells a restarted call from one in a handler */
	__u32 socket;
	__s32 fd;
	__u32 flags;
	__s32 result; /* of an interrupted call: which kind of restart */
	__u8 kind;    /* enum call_kind; CALL_NONE: no call */
	__u8 restarts;
	__u8 restart_decided;
	__u8 peer;    /* the task is not followed: only this call is looked at */
	__u8 found;   /* it had begun before it was seen; its number is: */
	__u8 other;   /* its socket is one of those in other.bpf.h */
	__u16 number; /* of the system call; with found */
};

struct tracked_task {
	struct socket_call pending;
	struct socket_call interrupted;
	__u64 closed_sk; /* address; last socket that close() was called on */
	bool told_32bit;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tracked_task);
} tasks SEC(".maps");

/* The hooks of system calls are on: what a task is in is known. */
const volatile bool calls_traced = true;

/* -a: every task of the system is traced once it is met. */
const volatile bool follow_all = false;

/* tcpwatch itself. */
pid_t own_tgid;

/* Traced tasks that are alive. */
__s64 tasks_alive;

static struct tracked_task *task_tracked(void)
{
	return bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
}

static bool task_track(struct task_struct *task)
{
	if (!bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE)) {
		lose(LOST_TASK_STORAGE);
		return false;
	}
	__sync_fetch_and_add(&tasks_alive, 1);
	return true;
}

/* True of what is never traced: the kernel's own threads, and tcpwatch. */
static bool task_is_left_out(const struct task_struct *task)
{
	return task->flags & PF_KTHREAD || task->tgid == own_tgid;
}

static __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __u32 current_tid(void)
{
	return bpf_get_current_pid_tgid();
}

static __u32 own_id(struct pid *pid, __u32 level)
{
	__u64 at = (__u64)pid + bpf_core_field_offset(struct pid, numbers) +
		   level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr);
	__u32 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), (void *)at);
	return number;
}

/* What the task itself takes for its ids, in a pid namespace of its own. */
static void fill_own_ids(struct record_process *record, struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);

	if (!pid || !level)
		return;
	record->own_tid = own_id(pid, level);
	record->own_tgid = own_id(BPF_CORE_READ(task, group_leader, thread_pid), level);
}

static void emit_task(struct task_struct *task, enum process_event event, const char *name)
{
	struct record_process *record = emit_reserve(RECORD_PROCESS, sizeof(*record), 0);

	if (!record)
		return;
	record->tgid = task->tgid;
	record->tid = task->pid;
	record->parent_tgid = BPF_CORE_READ(task, real_parent, tgid);
	record->exit_code = event == PROCESS_EXIT ? task->exit_code : 0;
	record->event = event;
	fill_own_ids(record, task);
	bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), name);
	emit_submit(record);
}

static void emit_process(struct task_struct *task, enum process_event event)
{
	emit_task(task, event, task->comm);
}

/* A task that ran already. NULL: it is left out, or there is no memory for it. */
static struct tracked_task *task_meet(struct task_struct *task)
{
	if (task_is_left_out(task) || !task_track(task))
		return NULL;
	emit_process(task, PROCESS_FOUND);
	return bpf_task_storage_get(&tasks, task, NULL, 0);
}

/* The current task; with -a it is met here at the latest. */
static struct tracked_task *task_tracked_or_met(void)
{
	struct tracked_task *task = task_tracked();

	return task || !follow_all ? task : task_meet(bpf_get_current_task_btf());
}

/* The tracepoint fires before the task has its new name. */
static void emit_rename(struct task_struct *task, const char *name)
{
	emit_task(task, PROCESS_RENAME, name);
}

#endif
