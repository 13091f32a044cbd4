/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a file descriptor of a task to the id of its socket. The way
 * there gives a mere address, which the verifier lets nobody mark: the id
 * waits by address, until a hook that is given the socket adopts it.
 */
#ifndef TCPWATCH_DESCRIPTOR_BPF_H
#define TCPWATCH_DESCRIPTOR_BPF_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/found.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/read.bpf.h"
#include "bpf/sock.bpf.h"
#include "bpf/state.bpf.h"
#include "bpf/task.bpf.h"

/* The socket behind a descriptor of a table; 0: none, or not a socket. */
static __u64 socket_behind(struct fdtable *table, int fd, __u64 *inode)
{
	struct inode *file_inode;
	struct socket *socket;
	__u64 file;

	if ((__u32)fd >= table->max_fds)
		return 0;
	file = read_pointer((__u64)(table->fd + fd));
	if (!file)
		return 0;
	file_inode = KERNEL_READ(struct file, file, f_inode);
	if ((KERNEL_READ(struct inode, file_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	*inode = KERNEL_READ(struct inode, file_inode, i_ino);
	socket = KERNEL_READ(struct file, file, private_data);
	return socket ? read_pointer((__u64)&socket->sk) : 0;
}

static struct fdtable *table_of(struct task_struct *task)
{
	return POINTER_READ(struct task_struct, task, files)->fdt;
}

static struct fdtable *current_table(void)
{
	return table_of(bpf_get_current_task_btf());
}

/* What this address is now. An inode that differs is another socket's. */
static struct known_socket *known_at(__u64 address, __u64 inode)
{
	struct known_socket *known = bpf_map_lookup_elem(&sockets_by_address, &address);

	if (known && !known->inode)
		known->inode = inode;
	return known && known->inode == inode ? known : NULL;
}

static __u32 known_id(__u64 address, __u64 inode)
{
	struct known_socket *known = known_at(address, inode);

	return known ? known->identity.id : 0;
}

/* UDP, raw and AF_UNIX: no states, and queues that mean what other.bpf.h says. */
static bool sk_is_other(__u64 address)
{
	__u16 type = KERNEL_READ(struct sock, address, sk_type);

	return type == SOCK_DGRAM || type == SOCK_RAW ||
	       KERNEL_READ(struct sock, address, __sk_common.skc_family) == AF_UNIX;
}

static bool sk_is_tcp(__u64 address)
{
	return KERNEL_READ(struct sock, address, sk_protocol) == IPPROTO_TCP &&
	       family_is_internet(KERNEL_READ(struct sock, address, __sk_common.skc_family));
}

/* A socket that was in use before it came here: what packets and the model need. */
static void known_begin(__u64 address, __u32 id)
{
	struct sock *sk = (void *)address;
	struct tuple_end end = { .id = id, .taken = 1 };
	struct tuple tuple = {};

	emit_state_found(address, id);
	emit_found(address, id);
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN) {
		listener_add(address, id);
		return;
	}
	tuple_of_sock(&tuple, address);
	if (!compat_tuple_readable(&tuple))
		return;
	port_use(tuple.local_port);
	if (tuples_indexed && bpf_map_update_elem(&sockets_by_tuple, &tuple, &end, BPF_ANY))
		lose(LOST_ADDRESS_MAP);
	if (peers_wanted)
		peer_expect(&tuple, 0, false);
}

/* What a descriptor led to; before that, what the last one did. */
struct reached {
	__u64 sk; /* address; 0: not a socket */
	__u64 inode;
	__u32 id;
	__u32 other; /* with an id: as in struct identity */
};

static __u32 known_add(struct reached *reached, __u64 inode, __u32 origin, __u32 listener,
		       const struct named_end *named)
{
	struct identity identity = { .origin = origin, .listener = listener };
	__u64 address = reached->sk;
	struct sock *sk = (void *)address;
	bool marked = sk_is_tcp(address) && BPF_CORE_READ(sk, sk_type) == SOCK_STREAM;

	if (!family_is_traced(BPF_CORE_READ(sk, __sk_common.skc_family)) ||
	    !filter_takes(sk, named, bpf_get_current_task_btf()))
		return 0;
	identity.id = identity_new();
	identity.owner_tgid = current_tgid();
	identity.owner_tid = current_tid();
	identity.other = reached->other = sk_is_other(address);
	known_insert(address, &identity, inode, !marked);
	if (marked)
		__sync_fetch_and_add(&unadopted, 1);
	emit_socket(address, &identity);
	if (marked && origin != ORIGIN_CREATED)
		known_begin(address, identity.id);
	return identity.id;
}

/*
 * The id of the socket behind fd, a new one (origin, listener) if need be; 0:
 * not a traced socket. No new one is made by a peer.
 */
VERIFIED_ONCE int socket_at(int fd, struct reached *reached, __u32 origin, __u32 listener,
			    const struct named_end *named)
{
	struct known_socket *known;
	__u64 inode = 0, sk;

	if (!reached || !named)
		return 0;
	sk = socket_behind(current_table(), fd, &inode);
	/* Most calls are on the socket that the last one was on. */
	if (sk && sk == reached->sk && inode == reached->inode && reached->id)
		return reached->id;
	reached->sk = sk;
	reached->inode = inode;
	reached->other = 0;
	if (!sk)
		return 0;
	known = known_at(sk, inode);
	if (!known)
		return origin == ORIGIN_PEER ? 0
					     : known_add(reached, inode, origin, listener, named);
	reached->other = known->identity.other;
	return known->identity.id;
}

/* Tells again what is known now of a socket that a call changed. */
static void known_tell(__u64 sk)
{
	struct known_socket *known = bpf_map_lookup_elem(&sockets_by_address, &sk);

	if (!known)
		return;
	if (!known->identity.owner_tgid) {
		known->identity.owner_tgid = current_tgid();
		known->identity.owner_tid = current_tid();
	}
	emit_socket(sk, &known->identity);
}

#endif
