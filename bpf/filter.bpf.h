/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Predicates: what is looked at, and what a fact may be blamed on. Each one
 * answers a single question and changes nothing.
 */
#ifndef TCPWATCH_FILTER_BPF_H
#define TCPWATCH_FILTER_BPF_H

#include "bpf/kernel.bpf.h"
#include "bpf/read.bpf.h"

/* One bit for each local port that a socket of the command has used. */
__u64 ports_used[65536 / 64];

static bool port_is_used(__u16 port)
{
	return ports_used[port / 64] >> (port % 64) & 1;
}

static void port_use(__u16 port)
{
	__u64 bit = 1ULL << (port % 64);

	if (!(ports_used[port / 64] & bit))
		__sync_fetch_and_or(&ports_used[port / 64], bit);
}

static bool family_is_traced(__u16 family)
{
	return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

static bool family_is_internet(__u16 family)
{
	return family == AF_INET || family == AF_INET6;
}

static bool is_tcp(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP && family_is_internet(sk->__sk_common.skc_family);
}

/* Request and TIME_WAIT sockets are smaller: most fields of struct sock lie behind their end. */
static bool is_mini_socket(const struct sock *sk)
{
	__u8 state = sk->__sk_common.skc_state;

	return state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV;
}

/*
 * Transitions that an arriving segment makes. They can run on top of a call
 * on the same socket (softirq, or release_sock inside it), yet that call did
 * not cause them.
 */
static bool state_change_by_segment(int old_state, int new_state)
{
	if (new_state == TCP_SYN_RECV || new_state == TCP_ESTABLISHED ||
	    new_state == TCP_CLOSE_WAIT)
		return true;
	return old_state == TCP_FIN_WAIT1 || old_state == TCP_FIN_WAIT2 ||
	       old_state == TCP_CLOSING || old_state == TCP_LAST_ACK;
}

/* Transitions that the end of the last descriptor makes. */
static bool state_change_by_close(int new_state)
{
	return new_state == TCP_CLOSE || new_state == TCP_FIN_WAIT1 || new_state == TCP_LAST_ACK;
}

/* sequence numbers wrap: a is later than b */
static bool seq_after(__u32 a, __u32 b)
{
	return (__s32)(b - a) < 0;
}

/* A bridge takes the packet again under its own name. */
static bool packet_is_repeated(struct sk_buff *skb)
{
	struct net_device *device = POINTER_READ(struct sk_buff, skb, dev);

	return BPF_CORE_READ_BITFIELD(device, priv_flags) & IFF_BRIDGE_PORT;
}

/* A stacked device (VLAN, bond) passes what it was given to the one below. */
static bool packet_is_passed_down(struct sk_buff *skb, struct sock *sk)
{
	struct net_device *device = POINTER_READ(struct sk_buff, skb, dev);
	struct dst_entry *route;

	if (!sk || is_mini_socket(sk) || device->ifindex == LOOPBACK_IFINDEX)
		return false;
	route = POINTER_READ(struct sock, sk, sk_dst_cache);
	return route && route->dev->ifindex != device->ifindex;
}

#endif
