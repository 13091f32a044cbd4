/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which sockets the user asked for: --port, --addr, --family, --proto, --comm.
 * Everything that gives a socket an id asks filter_takes() first, or, where a
 * child is known by its SYN alone, filter_takes_tuple(). A socket whose
 * addresses are needed and not known yet is not taken: it is asked for again
 * at its next call. The collector fills in the values before loading, so what
 * is not configured is not even in the program.
 */
#ifndef TCPWATCH_CHOICE_BPF_H
#define TCPWATCH_CHOICE_BPF_H

#include "bpf/filter.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/tuple.bpf.h"

#define FILTER_VALUES 64

/* Any of the five is configured; one of those that a tuple answers is. */
const volatile bool filter_on;
const volatile bool filter_by_tuple;

/* Of a socket, one end must be among the wanted, if there are any; none among the refused. */
const volatile bool ports_are_wanted;
const volatile bool ports_are_refused;
const volatile __u64 ports_wanted[65536 / 64];
const volatile __u64 ports_refused[65536 / 64];

/* Each two words of a value and two of a mask, in memory order. */
const volatile __u32 addresses_wanted_count;
const volatile __u32 addresses_refused_count;
const volatile __u64 addresses_wanted[FILTER_VALUES][4];
const volatile __u64 addresses_refused[FILTER_VALUES][4];
const volatile __u32 comms_wanted_count;
const volatile __u32 comms_refused_count;
const volatile __u64 comms_wanted[FILTER_VALUES][4];
const volatile __u64 comms_refused[FILTER_VALUES][4];

/* A bit for each AF_* that is taken; 0: all are. */
const volatile __u32 families_taken;

/* Which are taken, when protocols_filtered. */
const volatile bool protocols_filtered;
const volatile bool protocol_tcp;
const volatile bool protocol_udp;
const volatile bool protocol_mptcp;
const volatile bool protocol_unix;
const volatile bool protocol_other;

_Static_assert(RECORD_ADDRESS_SIZE == 16 && RECORD_COMM_SIZE == 16, "two words each");

/* What a call is about to say of a socket that the socket doesn't say itself. */
enum named_what {
	NAMED_NOTHING,
	NAMED_LOCAL,	/* bind() */
	NAMED_REMOTE,	/* connect(), sendto() */
	NAMED_LISTENER, /* listen(): there will be no remote end */
};

struct named_end {
	__u8 address[RECORD_ADDRESS_SIZE];
	__u16 port;
	__u16 what; /* enum named_what */
	__u32 reserved;
};

static bool port_in(const volatile __u64 *ports, __u16 port)
{
	return ports[port / 64] >> (port % 64) & 1;
}

static bool pattern_in(const volatile __u64 (*patterns)[4], __u32 count, const __u64 words[2])
{
	__u32 i;

	for (i = 0; i < FILTER_VALUES && i < count; i++) {
		if ((words[0] & patterns[i][2]) == patterns[i][0] &&
		    (words[1] & patterns[i][3]) == patterns[i][1])
			return true;
	}
	return false;
}

/* The protocol that socket() gets when it asks for 0. */
static __u32 protocol_asked(__u32 type, __u32 protocol)
{
	__u32 kind = type & 0xf; /* without SOCK_NONBLOCK, SOCK_CLOEXEC */

	if (protocol || kind > SOCK_DGRAM)
		return protocol;
	return kind == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
}

static bool filter_takes_family(__u16 family)
{
	return !families_taken || (family < 32 && families_taken >> family & 1);
}

static bool filter_takes_protocol(__u16 family, __u32 protocol)
{
	if (!protocols_filtered)
		return true;
	if (family == AF_UNIX)
		return protocol_unix;
	switch (protocol) {
	case IPPROTO_TCP:
		return protocol_tcp;
	case IPPROTO_UDP:
		return protocol_udp;
	case IPPROTO_MPTCP:
		return protocol_mptcp;
	}
	return protocol_other;
}

static bool filter_takes_comm(struct task_struct *task)
{
	__u64 comm[2] = {};

	if (!comms_wanted_count && !comms_refused_count)
		return true;
	/* Up to its NUL: what is behind it may be of an older name. */
	bpf_probe_read_kernel_str(comm, sizeof(comm), task->comm);
	if (comms_wanted_count && !pattern_in(comms_wanted, comms_wanted_count, comm))
		return false;
	return !pattern_in(comms_refused, comms_refused_count, comm);
}

static bool filter_takes_ports(const struct tuple *tuple)
{
	if (ports_are_refused && (port_in(ports_refused, tuple->local_port) ||
				  port_in(ports_refused, tuple->remote_port)))
		return false;
	return !ports_are_wanted || port_in(ports_wanted, tuple->local_port) ||
	       port_in(ports_wanted, tuple->remote_port);
}

/* A listener is there for any client: only its own address can speak against it. */
static bool filter_takes_addresses(const struct tuple *tuple, bool listens)
{
	__u64 local[2], remote[2];

	__builtin_memcpy(local, tuple->local_address, sizeof(local));
	__builtin_memcpy(remote, tuple->remote_address, sizeof(remote));
	if (pattern_in(addresses_refused, addresses_refused_count, local) ||
	    pattern_in(addresses_refused, addresses_refused_count, remote))
		return false;
	return listens || !addresses_wanted_count ||
	       pattern_in(addresses_wanted, addresses_wanted_count, local) ||
	       pattern_in(addresses_wanted, addresses_wanted_count, remote);
}

/* An end that is not known has port 0 and an address of zeros, which are in no filter. */
VERIFIED_ONCE int filter_takes_ends(const struct tuple *tuple, bool listens)
{
	return tuple && filter_takes_ports(tuple) && filter_takes_addresses(tuple, listens);
}

static bool filter_takes_tuple(const struct tuple *tuple)
{
	return !filter_by_tuple || filter_takes_ends(tuple, false);
}

static void name_end(struct tuple *tuple, const struct named_end *named)
{
	if (named->what == NAMED_LOCAL) {
		__builtin_memcpy(tuple->local_address, named->address, RECORD_ADDRESS_SIZE);
		tuple->local_port = named->port;
	} else if (named->what == NAMED_REMOTE) {
		__builtin_memcpy(tuple->remote_address, named->address, RECORD_ADDRESS_SIZE);
		tuple->remote_port = named->port;
	}
}

/*
 * Until the remote end is known, a refusal may still come; only a datagram
 * socket, which may never have one, is taken by the address it is bound to.
 */
static bool ends_are_known(const struct tuple *tuple, const struct named_end *named, bool stream)
{
	bool bound = named->what == NAMED_LOCAL || !address_is_wildcard(tuple->local_address);

	if (tuple->remote_port)
		return true;
	if (!ports_are_refused && !addresses_refused_count)
		return tuple->local_port;
	return !stream && bound;
}

VERIFIED_ONCE int filter_takes_internet(__u64 address, const struct named_end *named)
{
	struct sock *sk = (void *)address;
	struct tuple tuple = {};
	bool listens, stream;

	if (!named)
		return false;
	stream = BPF_CORE_READ(sk, sk_type) == SOCK_STREAM;
	listens = named->what == NAMED_LISTENER ||
		  (stream && BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN);
	tuple_of_sock(&tuple, address);
	name_end(&tuple, named);
	if (!listens && !ends_are_known(&tuple, named, stream))
		return false;
	return filter_takes_ends(&tuple, listens);
}

/* A socket without ports and addresses has none that was asked for, and none that was refused. */
static bool filter_takes_its_ends(struct sock *sk, __u16 family, const struct named_end *named)
{
	if (!filter_by_tuple)
		return true;
	if (!family_is_internet(family))
		return !ports_are_wanted && !addresses_wanted_count;
	return filter_takes_internet(address_of(sk), named);
}

/* The socket at this address (may be a mere address), in the hands of this task. */
static bool filter_takes(struct sock *sk, const struct named_end *named, struct task_struct *task)
{
	__u16 family;

	if (!filter_on)
		return true;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	return filter_takes_family(family) &&
	       filter_takes_protocol(family, BPF_CORE_READ(sk, sk_protocol)) &&
	       filter_takes_comm(task) && filter_takes_its_ends(sk, family, named);
}

/* A call that makes a socket, by its arguments: it may fail, and then there is no socket. */
static bool filter_takes_call(__u64 family, __u64 type, __u64 protocol)
{
	return !filter_on || (filter_takes_family(family) &&
			      filter_takes_protocol(family, protocol_asked(type, protocol)) &&
			      filter_takes_comm(bpf_get_current_task_btf()));
}

#endif
