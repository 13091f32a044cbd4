/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --peers: the other end of a connection when a process of this host has it
 * that is not followed. It is known by the tuple that it must have: that of a
 * followed socket, reversed. Nothing else of its process is looked at. Without
 * --peers nothing of this is in the program.
 */
#ifndef TCPWATCH_PEER_BPF_H
#define TCPWATCH_PEER_BPF_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/task.bpf.h"
#include "bpf/tuple.bpf.h"

const volatile bool peers_wanted;

/* Who may have the reversed tuple. */
struct expected_peer {
	__u32 netns; /* of the socket that has the tuple itself */
	__u32 isn;   /* of the client, when isn_known */
	__u32 isn_known;
};

/* By the peer's tuple, with netns 0: it can be behind a veth. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct tuple);
	__type(value, struct expected_peer);
} expected_peers SEC(".maps");

/* The SYN that a peer was sent; it is told when an answer shows that there is a listener. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tuple);
	__type(value, struct record_segment);
} peer_syns SEC(".maps");

/* Calls of tasks that are not followed, on sockets that are peers. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tracked_task);
} peer_tasks SEC(".maps");

/* The current task, if calls of its are recorded. */
static struct tracked_task *task_in_call(void)
{
	struct tracked_task *task = task_tracked();

	if (task || !peers_wanted)
		return task;
	return bpf_task_storage_get(&peer_tasks, bpf_get_current_task_btf(), NULL, 0);
}

/* Where calls of the current task, which is not followed, are kept; it is named once. */
static struct tracked_task *peer_task_meet(void)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct tracked_task *task = bpf_task_storage_get(&peer_tasks, current, NULL, 0);

	if (task)
		return task;
	task = bpf_task_storage_get(&peer_tasks, current, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!task) {
		lose(LOST_TASK_STORAGE);
		return NULL;
	}
	task->pending.peer = 1;
	emit_process(current, PROCESS_FOUND);
	return task;
}

static void tuple_reverse(struct tuple *to, const struct tuple *from)
{
	to->netns = from->netns;
	__builtin_memcpy(to->local_address, from->remote_address, RECORD_ADDRESS_SIZE);
	__builtin_memcpy(to->remote_address, from->local_address, RECORD_ADDRESS_SIZE);
	to->local_port = from->remote_port;
	to->remote_port = from->local_port;
}

VERIFIED_ONCE int peer_expect(const struct tuple *own, __u32 isn, bool isn_known)
{
	struct expected_peer expected = { .isn = isn, .isn_known = isn_known };
	struct tuple tuple = {};

	if (!own)
		return 0;
	expected.netns = own->netns;
	tuple_reverse(&tuple, own);
	tuple.netns = 0;
	port_use(tuple.local_port);
	if (bpf_map_update_elem(&expected_peers, &tuple, &expected, BPF_ANY))
		lose(LOST_ADDRESS_MAP);
	return 0;
}

/* Somebody else may have the same ports later. */
VERIFIED_ONCE int peer_unexpect(const struct tuple *own)
{
	struct tuple tuple = {};

	if (!own)
		return 0;
	tuple_reverse(&tuple, own);
	tuple.netns = 0;
	bpf_map_delete_elem(&expected_peers, &tuple);
	return 0;
}

/*
 * True when this is the other end of a followed socket. In another network
 * namespace the same addresses can be anybody's: there the client's initial
 * sequence number must agree (or the next, once its SYN is acknowledged), and a
 * loopback address never leaves its own.
 */
VERIFIED_ONCE int peer_is_expected(const struct tuple *tuple, __u32 isn, bool isn_known)
{
	struct expected_peer *expected;
	struct tuple key;

	if (!tuple)
		return false;
	key = *tuple;
	key.netns = 0;
	expected = bpf_map_lookup_elem(&expected_peers, &key);
	if (!expected)
		return false;
	if (expected->netns == tuple->netns)
		return true;
	return isn_known && expected->isn_known && isn - expected->isn <= 1 &&
	       !address_is_loopback(key.local_address);
}

#endif
