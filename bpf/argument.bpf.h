/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the arguments of a call point at in the program's memory: lengths,
 * options and addresses, never data. What can't be read is reported as zero.
 */
#ifndef TCPWATCH_ARGUMENT_BPF_H
#define TCPWATCH_ARGUMENT_BPF_H

#include "bpf/filter.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/tuple.bpf.h"

/* struct user_msghdr of 64-bit callers, include/linux/socket.h */
struct user_message {
	__u64 name;
	__u64 name_length;
	__u64 vectors;
	__u64 vector_count;
	__u64 control;
	__u64 control_length;
};

struct user_vector {
	__u64 base;
	__u64 length;
};

#define VECTORS_MAX 64
#define RIGHTS_MAX 253 /* SCM_MAX_FD */

struct vectors {
	__u64 at; /* user address */
	__u64 sum;
};

static long add_vector(__u32 turn, struct vectors *vectors)
{
	struct user_vector vector;

	(void)turn;
	if (bpf_probe_read_user(&vector, sizeof(vector), (void *)vectors->at)) {
		vectors->sum = 0;
		return 1;
	}
	vectors->sum += vector.length;
	vectors->at += sizeof(vector);
	return 0;
}

/* Bytes in all vectors; 0 when there are too many to add up, or they can't be read. */
static __u64 vectors_length(__u64 address, __u64 count)
{
	struct vectors vectors = { .at = address };

	if (count > VECTORS_MAX)
		return 0;
	bpf_loop(count, add_vector, &vectors, 0);
	return vectors.sum;
}

static __u64 message_length(__u64 address)
{
	struct user_message message;

	if (bpf_probe_read_user(&message, sizeof(message), (void *)address))
		return 0;
	return vectors_length(message.vectors, message.vector_count);
}

/* struct cmsghdr; descriptors stand behind it */
struct user_control {
	__u64 length; /* bytes, with this header */
	__s32 level;
	__s32 type;
};

struct user_rights {
	__u64 at;    /* user address of the first */
	__u64 count; /* 64 bits: where bpf_loop() is inlined all of them are looked at */
};

/* The descriptors that came with a message. Only the kernel's first control message is looked at. */
static void message_rights(__u64 address, struct user_rights *rights)
{
	struct user_message message;
	struct user_control control;

	if (bpf_probe_read_user(&message, sizeof(message), (void *)address) ||
	    message.control_length < sizeof(control) ||
	    bpf_probe_read_user(&control, sizeof(control), (void *)message.control) ||
	    control.level != SOL_SOCKET || control.type != SCM_RIGHTS ||
	    control.length < sizeof(control))
		return;
	rights->at = message.control + sizeof(control);
	rights->count = (control.length - sizeof(control)) / sizeof(__s32);
	if (rights->count > RIGHTS_MAX)
		rights->count = RIGHTS_MAX;
}

static bool option_is_traced(__u32 level, __u32 option)
{
	if (level == IPPROTO_TCP)
		return option == TCP_NODELAY || option == TCP_NOTSENT_LOWAT;
	if (level != SOL_SOCKET)
		return false;
	return option == SO_REUSEADDR || option == SO_SNDBUF || option == SO_RCVBUF ||
	       option == SO_LINGER || option == SO_SNDBUFFORCE || option == SO_RCVBUFFORCE;
}

/* SO_LINGER has two words: on or off, and seconds. Off is told as -1. */
static __u64 option_value(__u32 level, __u32 option, __u64 address)
{
	__s32 value[2] = {};
	bool linger = level == SOL_SOCKET && option == SO_LINGER;

	bpf_probe_read_user(value, linger ? sizeof(value) : sizeof(value[0]), (void *)address);
	if (linger)
		return value[0] ? value[1] : -1;
	return value[0];
}

/* sockaddr_in and sockaddr_in6 as the program gave them */
struct user_address {
	__u16 family;
	__be16 port;
	__be32 ipv4; /* sin6_flowinfo in the other one */
	__u8 ipv6[16];
};

/* False: it can't be read, or is not an internet address. */
static bool user_address_read(struct user_address *address, __u64 at)
{
	void *from = (void *)at;

	if (bpf_probe_read_user(address, 8, from) || !family_is_internet(address->family))
		return false;
	return address->family == AF_INET || !bpf_probe_read_user(address, sizeof(*address), from);
}

static void user_address_copy(__u8 to[RECORD_ADDRESS_SIZE], const struct user_address *address)
{
	if (address->family == AF_INET6)
		__builtin_memcpy(to, address->ipv6, sizeof(address->ipv6));
	else
		address_set_ipv4(to, address->ipv4);
}

#endif
