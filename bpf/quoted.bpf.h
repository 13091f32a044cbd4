/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the bytes of an ICMP message to the segment of ours that it quotes. Who
 * sent it may be anybody: what doesn't lie within the message is not believed.
 */
#ifndef TCPWATCH_QUOTED_BPF_H
#define TCPWATCH_QUOTED_BPF_H

#include "bpf/filter.bpf.h"
#include "bpf/headers.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/tuple.bpf.h"

/* RFC 792, RFC 4443: behind it stands the packet that could not be delivered. */
struct icmp_header {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 more;
};

/* As much of the TCP header as every ICMP message quotes. */
struct quoted_tcp {
	__be16 source;
	__be16 destination;
	__be32 seq;
};

#define ICMP_UNREACHABLE 3
#define ICMPV6_UNREACHABLE 1

struct icmp {
	struct tuple tuple; /* of the segment that it quotes, from the sender's side */
	__u8 from[RECORD_ADDRESS_SIZE];
	__u32 seq;
	__u8 type;
	__u8 code;
	__u8 version;
};

/* Both return the length of the quoted IP header, or 0: it is not of a TCP segment, or damaged. */
static __u32 read_quoted_ipv4(struct icmp *icmp, __u64 quoted)
{
	struct ipv4_header ip;
	__u32 length;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), (void *)quoted) || ip.protocol != IPPROTO_TCP ||
	    ip.version_length >> 4 != 4 || ip.fragment & bpf_htons(IPV4_FRAGMENT_OFFSET))
		return 0;
	length = (ip.version_length & 0x0f) * 4;
	address_set_ipv4(icmp->tuple.local_address, ip.source);
	address_set_ipv4(icmp->tuple.remote_address, ip.destination);
	return length < sizeof(ip) ? 0 : length;
}

static __u32 read_quoted_ipv6(struct icmp *icmp, __u64 quoted)
{
	struct ipv6_header ip;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), (void *)quoted) ||
	    ip.next_header != IPPROTO_TCP || bpf_ntohl(ip.version_class_label) >> 28 != 6)
		return 0;
	__builtin_memcpy(icmp->tuple.local_address, ip.source, sizeof(ip.source));
	__builtin_memcpy(icmp->tuple.remote_address, ip.destination, sizeof(ip.destination));
	return sizeof(ip);
}

static bool is_unreachable(const struct icmp *icmp)
{
	return icmp->type == (icmp->version == 6 ? ICMPV6_UNREACHABLE : ICMP_UNREACHABLE);
}

/*
 * at: address of the message; readable: its bytes that can be read there. False: not a
 * "destination unreachable" for a segment from a port that the command uses.
 */
VERIFIED_ONCE int read_icmp(struct icmp *icmp, __u64 at, __u32 readable)
{
	__u32 needed = sizeof(struct icmp_header) + sizeof(struct quoted_tcp);
	struct icmp_header header;
	struct quoted_tcp tcp;
	__u32 length;

	if (!icmp)
		return false;
	needed += icmp->version == 6 ? sizeof(struct ipv6_header) : sizeof(struct ipv4_header);
	if (readable < needed || bpf_probe_read_kernel(&header, sizeof(header), (void *)at))
		return false;
	icmp->type = header.type;
	icmp->code = header.code;
	if (!is_unreachable(icmp))
		return false;
	at += sizeof(header);
	length = icmp->version == 6 ? read_quoted_ipv6(icmp, at) : read_quoted_ipv4(icmp, at);
	if (!length || sizeof(header) + length + sizeof(tcp) > readable ||
	    bpf_probe_read_kernel(&tcp, sizeof(tcp), (void *)(at + length)))
		return false;
	icmp->tuple.local_port = bpf_ntohs(tcp.source);
	icmp->tuple.remote_port = bpf_ntohs(tcp.destination);
	icmp->seq = bpf_ntohl(tcp.seq);
	return port_is_used(icmp->tuple.local_port);
}

#endif
