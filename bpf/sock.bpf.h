/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which socket is it. Hooks that are given a socket find its mark in socket
 * storage; calls, which reach it through a file descriptor, and packets, which
 * have none, find its id by address and by tuple. One id for the life of a
 * socket, from one counter; nothing is ever marked because of who is running.
 */
#ifndef TCPWATCH_SOCK_BPF_H
#define TCPWATCH_SOCK_BPF_H

#include "bpf/choice.bpf.h"
#include "bpf/compat.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/peer.bpf.h"
#include "bpf/task.bpf.h"
#include "bpf/tuple.bpf.h"

struct identity {
	__u32 id; /* 0: a child whose tuple could not be read yet */
	__u32 listener;
	__u32 owner_tgid;
	__u32 owner_tid;
	__u16 origin; /* enum socket_origin */
	__u16 other;  /* its queues are told after each call on it: other.bpf.h */
};

/* Kept with the socket. */
struct mark {
	struct identity identity;
	__u64 sk; /* address: a new child carries its listener's mark */
	struct tuple tuple;
	bool tuple_known;
	bool refused;	     /* a child that the filters leave out */
	__u32 notsent_lowat; /* of the namespace; 0: not read yet */
	__u32 write_seq;     /* as in the last record of the write queue */
	bool turn_full;	     /* there was no room in that record, one of SAMPLE_TURN */
	__u32 rcv_nxt;	     /* these four: as in the last record of the receive queue */
	__u32 copied_seq;
	__s32 rmem_alloc;
	__s32 rcvbuf;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct mark);
} marks SEC(".maps");

/* Found by the address of struct sock, for the way through a descriptor. */
struct known_socket {
	struct identity identity;
	__u32 adopted; /* 1: the socket has its mark (or never needs one) */
	__u64 inode;   /* 0: not accepted yet */
};

/* LRU: only TCP tells of a socket's end; others leave when room is needed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct known_socket);
} sockets_by_address SEC(".maps");

/*
 * False: every hook is given its socket, so that a marked one is never looked
 * up by address or tuple: none found at attach, no calls, segments or peers.
 */
const volatile bool sockets_indexed = true;

/* False: no packet is looked at and no socket found by its tuple, so that none is kept by it. */
const volatile bool tuples_indexed = true;

/* TCP sockets that have an id but no mark yet. */
__s64 unadopted;
__u32 last_id;

static __u32 identity_new(void)
{
	return __sync_fetch_and_add(&last_id, 1) + 1;
}

static __u64 inode_of(struct socket *socket)
{
	return socket ? KERNEL_READ(struct socket_alloc, socket, vfs_inode.i_ino) : 0;
}

/* What the packet hooks and the calls need to know of a tuple's socket. */
struct tuple_end {
	__u32 id;
	__u32 listener;
	__u32 isn;   /* of the SYN that made it, when a listener's child */
	__u32 taken; /* a full socket has this tuple */
	__u32 gone;  /* that socket is closed */
	__u32 peer;  /* it is not one of ours but the other end of one */
};

/* LRU: outlives the socket, because TIME_WAIT and RST segments still belong to it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct tuple);
	__type(value, struct tuple_end);
} sockets_by_tuple SEC(".maps");

struct tracked_listener {
	__u64 sk; /* address */
	__u32 id;
	__u16 family;
	bool v6_only;
};

/* By the listener's tuple: the remote half is zero. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tuple);
	__type(value, struct tracked_listener);
} listeners SEC(".maps");

VERIFIED_ONCE int listener_add(__u64 address, __u32 id)
{
	struct sock *sk = (void *)address;
	struct tracked_listener listener = { .sk = address, .id = id };
	struct tuple tuple = {};

	tuple_of_sock(&tuple, address);
	tuple_cut_remote(&tuple);
	if (!tuple.local_port)
		return 0;
	listener.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	listener.v6_only = BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_ipv6only);
	port_use(tuple.local_port);
	if (bpf_map_update_elem(&listeners, &tuple, &listener, BPF_ANY))
		lose(LOST_ADDRESS_MAP);
	return 0;
}

VERIFIED_ONCE int listener_remove(__u64 address, __u32 id)
{
	struct tracked_listener *listener;
	struct tuple tuple = {};

	tuple_of_sock(&tuple, address);
	tuple_cut_remote(&tuple);
	listener = bpf_map_lookup_elem(&listeners, &tuple);
	if (listener && listener->id == id)
		bpf_map_delete_elem(&listeners, &tuple);
	return 0;
}

static void record_tuple(struct record_socket *record, const struct tuple *tuple)
{
	__builtin_memcpy(record->local_address, tuple->local_address, RECORD_ADDRESS_SIZE);
	__builtin_memcpy(record->remote_address, tuple->remote_address, RECORD_ADDRESS_SIZE);
	record->local_port = tuple->local_port;
	record->remote_port = tuple->remote_port;
	record->netns = tuple->netns;
}

static void record_identity(struct record_socket *record, const struct identity *identity)
{
	record->listener = identity->listener;
	record->owner_tgid = identity->owner_tgid;
	record->owner_tid = identity->owner_tid;
	record->origin = identity->origin;
}

VERIFIED_ONCE int emit_socket(__u64 address, const struct identity *identity)
{
	struct record_socket *record;
	struct tuple tuple = {};

	if (!identity)
		return 0;
	record = emit_reserve(RECORD_SOCKET, sizeof(*record), identity->id);
	if (!record)
		return 0;
	record_identity(record, identity);
	record->family = KERNEL_READ(struct sock, address, __sk_common.skc_family);
	record->type = KERNEL_READ(struct sock, address, sk_type);
	record->protocol = KERNEL_READ(struct sock, address, sk_protocol);
	record->cookie = KERNEL_READ(struct sock, address, __sk_common.skc_cookie.counter);
	record->inode = inode_of(KERNEL_READ(struct sock, address, sk_socket));
	if (family_is_internet(record->family)) {
		tuple_of_sock(&tuple, address);
		record_tuple(record, &tuple);
		if (address_is_link_local(tuple.local_address))
			record->scope =
				KERNEL_READ(struct sock, address, __sk_common.skc_bound_dev_if);
	} else {
		record->netns = netns_of(address);
	}
	emit_submit(record);
	return 0;
}

/* A child before there is a socket: its listener and the SYN say what it will be. */
static void emit_child(const struct tuple *tuple, const struct tracked_listener *listener, __u32 id,
		       __u64 time_ns)
{
	struct record_socket *record;

	record = emit_reserve_at(RECORD_SOCKET, sizeof(*record), id, time_ns);
	if (!record)
		return;
	record_tuple(record, tuple);
	record->family = listener->family;
	record->type = SOCK_STREAM;
	record->protocol = IPPROTO_TCP;
	record->origin = listener->id ? ORIGIN_CHILD : ORIGIN_PEER;
	record->listener = listener->id;
	emit_submit(record);
}

static struct tracked_listener *listener_at(struct tuple *tuple, bool ipv4)
{
	struct tracked_listener *listener = bpf_map_lookup_elem(&listeners, tuple);

	return listener && listener->v6_only && ipv4 ? NULL : listener;
}

/*
 * The listener that a SYN to this tuple finds: by the exact address first, then
 * IPv4's wildcard, then IPv6's, which takes IPv4 as well.
 */
static struct tracked_listener *listener_for(const struct tuple *child)
{
	bool ipv4 = child->local_address[10] == 0xff;
	struct tracked_listener *listener;
	struct tuple tuple = *child;

	tuple_cut_remote(&tuple);
	listener = listener_at(&tuple, ipv4);
	if (listener)
		return listener;
	address_set_ipv4(tuple.local_address, 0);
	listener = listener_at(&tuple, ipv4);
	if (listener)
		return listener;
	__builtin_memset(tuple.local_address, 0, sizeof(tuple.local_address));
	return listener_at(&tuple, ipv4);
}

static struct mark *mark_create(struct sock *sk)
{
	struct mark *mark = bpf_sk_storage_get(&marks, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (mark)
		mark->sk = (__u64)sk;
	else
		lose(LOST_SOCKET_STORAGE);
	return mark;
}

static void known_insert(__u64 address, const struct identity *identity, __u64 inode, bool adopted)
{
	struct known_socket known = { .identity = *identity, .adopted = adopted, .inode = inode };

	if (adopted && !sockets_indexed)
		return;
	if (bpf_map_update_elem(&sockets_by_address, &address, &known, BPF_ANY))
		lose(LOST_ADDRESS_MAP);
}

/* In SYN_SENT nothing was acknowledged yet but the SYN: its number is the first one. */
VERIFIED_ONCE int peer_expect_of(__u64 address, const struct mark *mark)
{
	struct tcp_sock *tcp = (void *)address;
	struct sock *sk = (void *)address;
	bool fresh = BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_SYN_SENT;

	if (mark && mark->identity.origin != ORIGIN_PEER)
		peer_expect(&mark->tuple, BPF_CORE_READ(tcp, snd_una), fresh);
	return 0;
}

/*
 * True when the tuple became readable just now: packets are matched from here
 * on. The key is a copy: 6.1 takes none out of an argument's memory.
 */
VERIFIED_ONCE int mark_learn_tuple(__u64 address, struct mark *mark)
{
	struct tuple_end end = { .taken = 1 };
	struct tuple tuple = {};

	if (!mark || mark->tuple_known)
		return false;
	end.id = mark->identity.id;
	tuple_of_sock(&tuple, address);
	if (!compat_tuple_readable(&tuple))
		return false;
	mark->tuple = tuple;
	mark->tuple_known = true;
	port_use(tuple.local_port);
	if (tuples_indexed && bpf_map_update_elem(&sockets_by_tuple, &tuple, &end, BPF_ANY))
		lose(LOST_ADDRESS_MAP);
	/* Of a child, its SYN has told. */
	if (peers_wanted && mark->identity.origin != ORIGIN_CHILD)
		peer_expect_of(address, mark);
	return true;
}

static void mark_tell_tuple(struct sock *sk, struct mark *mark)
{
	__u64 address;

	if (mark->tuple_known)
		return;
	address = address_of(sk);
	if (mark_learn_tuple(address, mark))
		emit_socket(address, &mark->identity);
}

static struct mark *mark_adopt(struct sock *sk)
{
	__u64 address = (__u64)sk;
	struct known_socket *known = bpf_map_lookup_elem(&sockets_by_address, &address);
	struct mark *mark;

	if (!known || known->adopted ||
	    known->inode != inode_of(POINTER_READ(struct sock, sk, sk_socket)))
		return NULL;
	mark = mark_create(sk);
	if (!mark || __sync_lock_test_and_set(&known->adopted, 1))
		return mark;
	mark->identity = known->identity;
	__sync_fetch_and_add(&unadopted, -1);
	mark_tell_tuple(sk, mark);
	return mark;
}

/* The child's id was given when its SYN arrived; without a SYN seen it gets one now. */
VERIFIED_ONCE int mark_resolve(__u64 address, struct mark *mark)
{
	struct tuple tuple = {};
	struct tuple_end *end = NULL;
	bool told;

	if (!mark || mark->identity.origin != ORIGIN_CHILD)
		return false;
	tuple_of_sock(&tuple, address);
	if (!compat_tuple_readable(&tuple))
		return false;
	if (tuples_indexed)
		end = bpf_map_lookup_elem(&sockets_by_tuple, &tuple);
	told = end && !end->gone && !end->taken;
	mark->refused = !told && !filter_takes_tuple(&tuple);
	if (mark->refused)
		return false;
	mark->identity.id = told ? end->id : identity_new();
	mark_learn_tuple(address, mark);
	if (peers_wanted && !told)
		peer_expect(&tuple, 0, false);
	known_insert(address, &mark->identity, 0, true);
	if (!told)
		emit_socket(address, &mark->identity);
	return true;
}

static void mark_make_child(struct mark *mark, struct sock *sk)
{
	struct identity child = { .origin = ORIGIN_CHILD, .listener = mark->identity.id };

	__builtin_memset(mark, 0, sizeof(*mark));
	mark->identity = child;
	mark->sk = (__u64)sk;
}

/* bpf/peer_mark.bpf.h */
static struct mark *mark_peer(struct sock *sk);

/*
 * The mark of a socket of the command, or NULL: not ours, or not known well
 * enough yet. For the hooks that a socket of ours meets first.
 */
static struct mark *mark_of(struct sock *sk)
{
	struct mark *mark;

	if (!is_tcp(sk))
		return NULL;
	mark = bpf_sk_storage_get(&marks, sk, NULL, 0);
	if (mark && mark->sk != (__u64)sk)
		mark_make_child(mark, sk);
	if (!mark && unadopted > 0)
		mark = mark_adopt(sk);
	if (!mark && peers_wanted)
		mark = mark_peer(sk);
	if (!mark || mark->refused || (!mark->identity.id && !mark_resolve(address_of(sk), mark)))
		return NULL;
	return mark;
}

/* The same for hooks that come after one of those: a lookup and no more. */
static struct mark *mark_seen(struct sock *sk)
{
	struct mark *mark = is_tcp(sk) ? bpf_sk_storage_get(&marks, sk, NULL, 0) : NULL;

	return mark && mark->identity.id && mark->sk == (__u64)sk ? mark : NULL;
}

/*
 * For the two transitions that only a call of the owner can make. Where calls
 * are traced, that call is known; a socket inside another one (MPTCP) has none.
 * io_uring makes its calls for the task.
 */
static struct mark *mark_by_owner(struct sock *sk, bool listens)
{
	struct named_end named = { .what = listens ? NAMED_LISTENER : NAMED_NOTHING };
	struct tracked_task *task = task_tracked_or_met();
	struct mark *mark;

	if (!task ||
	    (calls_traced && task->pending.sk != (__u64)sk &&
	     !compat_uses_io_uring(bpf_get_current_task_btf())) ||
	    !filter_takes(sk, &named, bpf_get_current_task_btf()))
		return NULL;
	mark = mark_create(sk);
	if (!mark)
		return NULL;
	mark->identity.id = identity_new();
	mark->identity.origin = ORIGIN_FIRST_USE;
	mark->identity.owner_tgid = current_tgid();
	mark->identity.owner_tid = current_tid();
	known_insert(address_of(sk), &mark->identity,
		     inode_of(POINTER_READ(struct sock, sk, sk_socket)), true);
	bpf_get_socket_cookie(sk);
	emit_socket(address_of(sk), &mark->identity);
	return mark;
}

/*
 * A child whose listener came to the command by a descriptor and has no mark
 * to inherit: its SYN was seen, so its tuple knows it.
 */
static struct mark *mark_by_syn(struct sock *sk)
{
	struct tuple_end *end;
	struct mark *mark;
	struct tuple tuple = {};

	tuple_of_sock(&tuple, address_of(sk));
	end = bpf_map_lookup_elem(&sockets_by_tuple, &tuple);
	if (!end || !end->listener || end->taken || end->gone)
		return NULL;
	mark = mark_create(sk);
	if (!mark)
		return NULL;
	mark->identity.origin = ORIGIN_CHILD;
	mark->identity.listener = end->listener;
	return mark;
}

static void tuple_set_gone(const struct mark *mark)
{
	struct tuple_end *end;

	if (!tuples_indexed)
		return;
	end = bpf_map_lookup_elem(&sockets_by_tuple, &mark->tuple);
	if (mark->tuple_known && end && end->id == mark->identity.id)
		end->gone = 1;
	if (peers_wanted && mark->tuple_known && mark->identity.origin != ORIGIN_PEER)
		peer_unexpect(&mark->tuple);
}

static void socket_forget(struct sock *sk)
{
	__u64 address = (__u64)sk;
	struct known_socket *known;

	if (unadopted <= 0 && (!sockets_indexed || !bpf_sk_storage_get(&marks, sk, NULL, 0)))
		return;
	known = bpf_map_lookup_elem(&sockets_by_address, &address);
	if (!known)
		return;
	if (!__sync_lock_test_and_set(&known->adopted, 1))
		__sync_fetch_and_add(&unadopted, -1);
	bpf_map_delete_elem(&sockets_by_address, &address);
}

#endif
