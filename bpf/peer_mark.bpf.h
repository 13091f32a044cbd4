/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Gives a socket that is the other end of one of ours (--peers) its id and its
 * mark: when its connect() begins, or with the first thing that happens to it.
 */
#ifndef TCPWATCH_PEER_MARK_BPF_H
#define TCPWATCH_PEER_MARK_BPF_H

#include "bpf/choice.bpf.h"
#include "bpf/compat.bpf.h"
#include "bpf/found.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/peer.bpf.h"
#include "bpf/sock.bpf.h"
#include "bpf/task.bpf.h"

/* bpf/state.bpf.h */
int emit_state_found(__u64 address, __u32 id);

/* The id of a socket that is a peer, as its SYN gave it or a new one; 0: it is none. */
VERIFIED_ONCE int peer_id(__u64 address, __u32 *told)
{
	struct tcp_sock *tcp = (void *)address;
	struct sock *sk = (void *)address;
	struct tuple tuple = {};
	struct tuple_end *end;
	bool fresh;

	tuple_of_sock(&tuple, address);
	if (!told || !compat_tuple_readable(&tuple))
		return 0;
	end = bpf_map_lookup_elem(&sockets_by_tuple, &tuple);
	*told = end && end->peer && !end->taken && !end->gone;
	if (*told)
		return end->id;
	fresh = BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_SYN_SENT;
	return peer_is_expected(&tuple, BPF_CORE_READ(tcp, snd_una), fresh) ? identity_new() : 0;
}

static struct mark *mark_as_peer(struct sock *sk, const struct identity *identity)
{
	struct mark *mark = mark_create(sk);
	__u64 address = address_of(sk);

	if (!mark)
		return NULL;
	mark->identity = *identity;
	mark_learn_tuple(address, mark);
	known_insert(address, identity, inode_of(BPF_CORE_READ(sk, sk_socket)), true);
	emit_socket(address, identity);
	return mark;
}

static struct mark *mark_peer(struct sock *sk)
{
	struct identity identity = { .origin = ORIGIN_PEER };
	__u8 state = sk->__sk_common.skc_state;
	struct mark *mark;
	__u32 told = 0;

	if (state == TCP_CLOSE || !port_is_used(sk->__sk_common.skc_num))
		return NULL;
	identity.id = peer_id(address_of(sk), &told);
	mark = identity.id ? mark_as_peer(sk, &identity) : NULL;
	/* A child that is being born is still called a listener. */
	if (!mark || told || state == TCP_LISTEN)
		return mark;
	emit_state_found(address_of(sk), identity.id);
	/* One that is only opening is no older than what is seen of it. */
	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV)
		emit_found(address_of(sk), identity.id);
	return mark;
}

/*
 * A stranger's connect() on its way to a listener of ours: a loopback address,
 * or one that source and destination share, is on this host.
 */
VERIFIED_ONCE int peer_is_connecting(__u64 address)
{
	struct tuple own = {}, tuple = {};

	tuple_of_sock(&own, address);
	tuple_reverse(&tuple, &own);
	/* The kernel takes the source port later. */
	if (ports_are_refused || !filter_takes_tuple(&tuple))
		return false;
	if (!address_is_loopback(tuple.local_address) &&
	    !addresses_are_same(own.local_address, own.remote_address))
		return false;
	return listener_for(&tuple) != NULL;
}

static struct mark *mark_connecting_peer(struct sock *sk)
{
	struct identity identity = { .origin = ORIGIN_PEER };

	if (!is_tcp(sk) || !peer_is_connecting(address_of(sk)))
		return NULL;
	identity.id = identity_new();
	identity.owner_tgid = current_tgid();
	identity.owner_tid = current_tid();
	if (!task_tracked())
		peer_task_meet();
	return mark_as_peer(sk, &identity);
}

#endif
