/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The name that packets know a socket by, always from the socket's own side,
 * whichever way the packet goes. IPv4 is IPv4-mapped, so a dual-stack
 * socket's packets and its own fields give the same tuple.
 */
#ifndef TCPWATCH_TUPLE_BPF_H
#define TCPWATCH_TUPLE_BPF_H

#include "bpf/kernel.bpf.h"
#include "bpf/read.bpf.h"

/* A map key: no padding. */
struct tuple {
	__u32 netns; /* inode number */
	__u8 local_address[RECORD_ADDRESS_SIZE];
	__u8 remote_address[RECORD_ADDRESS_SIZE];
	__u16 local_port;
	__u16 remote_port;
};

/* The collector reads netns out of a key. */
_Static_assert(sizeof(struct tuple) == 40, "tuple");

static void address_set_ipv4(__u8 address[RECORD_ADDRESS_SIZE], __u32 ipv4)
{
	__builtin_memset(address, 0, 10);
	address[10] = 0xff;
	address[11] = 0xff;
	__builtin_memcpy(address + 12, &ipv4, sizeof(ipv4));
}

static bool address_is_zero(const __u8 address[RECORD_ADDRESS_SIZE])
{
	const __u32 *words = (const __u32 *)address;

	return !(words[0] | words[1] | words[2] | words[3]);
}

/* 0.0.0.0 as IPv4-mapped, or :: */
static bool address_is_wildcard(const __u8 address[RECORD_ADDRESS_SIZE])
{
	const __u32 *words = (const __u32 *)address;

	return !(words[0] | words[1] | words[3]) && (!words[2] || words[2] == bpf_htonl(0xffff));
}

static bool address_is_link_local(const __u8 address[RECORD_ADDRESS_SIZE])
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

static bool addresses_are_same(const __u8 a[RECORD_ADDRESS_SIZE], const __u8 b[RECORD_ADDRESS_SIZE])
{
	const __u32 *left = (const __u32 *)a, *right = (const __u32 *)b;

	return left[0] == right[0] && left[1] == right[1] && left[2] == right[2] &&
	       left[3] == right[3];
}

/* 127.0.0.0/8 as IPv4-mapped, and ::1 */
static bool address_is_loopback(const __u8 address[RECORD_ADDRESS_SIZE])
{
	const __u32 *words = (const __u32 *)address;

	if (words[0] | words[1])
		return false;
	if (words[2] == bpf_htonl(0xffff))
		return address[12] == 127;
	return !words[2] && words[3] == bpf_htonl(1);
}

/* The inode number of a socket's network namespace. */
static __u32 netns_of(__u64 address)
{
	struct net *net = (void *)KERNEL_READ(struct sock, address, __sk_common.skc_net.net);

	return KERNEL_READ(struct net, net, ns.inum);
}

/* Works on a request socket too: the common part is the same. */
VERIFIED_ONCE int tuple_of_sock(struct tuple *tuple, __u64 address)
{
	struct sock *sk = (void *)address;
	bool ipv6 = KERNEL_READ(struct sock, address, __sk_common.skc_family) == AF_INET6;

	if (!tuple)
		return 0;
	__builtin_memset(tuple, 0, sizeof(*tuple));
	tuple->netns = netns_of(address);
	tuple->remote_port = bpf_ntohs(KERNEL_READ(struct sock, address, __sk_common.skc_dport));
	tuple->local_port = KERNEL_READ(struct sock, address, __sk_common.skc_num);
	/* A closed socket has given its port back; the source port is still there. */
	if (!tuple->local_port &&
	    KERNEL_READ(struct sock, address, __sk_common.skc_state) != TCP_NEW_SYN_RECV)
		tuple->local_port = bpf_ntohs(KERNEL_READ(struct inet_sock, address, inet_sport));
	if (ipv6) {
		BPF_CORE_READ_INTO(&tuple->local_address, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&tuple->remote_address, sk, __sk_common.skc_v6_daddr);
	}
	/* A dual-stack child has only the IPv4 fields set when it is born. */
	if (ipv6 && !(address_is_zero(tuple->remote_address) && tuple->remote_port))
		return 0;
	if (tuple->local_port)
		address_set_ipv4(tuple->local_address,
				 KERNEL_READ(struct sock, address, __sk_common.skc_rcv_saddr));
	if (tuple->remote_port)
		address_set_ipv4(tuple->remote_address,
				 KERNEL_READ(struct sock, address, __sk_common.skc_daddr));
	return 0;
}

static void tuple_cut_remote(struct tuple *tuple)
{
	__builtin_memset(tuple->remote_address, 0, sizeof(tuple->remote_address));
	tuple->remote_port = 0;
}

#endif
