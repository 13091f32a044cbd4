/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What arrives: a segment, or an ICMP message that one of ours can't be
 * delivered. Such a message quotes the segment's own headers, which name the
 * socket; everything else that ICMP says is left out.
 */
#ifndef TCPWATCH_ICMP_BPF_H
#define TCPWATCH_ICMP_BPF_H

#include "bpf/packet.bpf.h"

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

/* Both return the length of the quoted IP header, or 0: it is not of a TCP segment. */
static __u32 read_quoted_ipv4(struct icmp *icmp, __u64 quoted)
{
	struct ipv4_header ip;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), (void *)quoted) || ip.protocol != IPPROTO_TCP ||
	    ip.fragment & bpf_htons(IPV4_FRAGMENT_OFFSET))
		return 0;
	address_set_ipv4(icmp->tuple.local_address, ip.source);
	address_set_ipv4(icmp->tuple.remote_address, ip.destination);
	return (ip.version_length & 0x0f) * 4;
}

static __u32 read_quoted_ipv6(struct icmp *icmp, __u64 quoted)
{
	struct ipv6_header ip;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), (void *)quoted) || ip.next_header != IPPROTO_TCP)
		return 0;
	__builtin_memcpy(icmp->tuple.local_address, ip.source, sizeof(ip.source));
	__builtin_memcpy(icmp->tuple.remote_address, ip.destination, sizeof(ip.destination));
	return sizeof(ip);
}

static void read_router(struct icmp *icmp, __u64 network)
{
	struct ipv4_header ipv4;
	struct ipv6_header ipv6;

	if (icmp->version == 6 && !bpf_probe_read_kernel(&ipv6, sizeof(ipv6), (void *)network))
		__builtin_memcpy(icmp->from, ipv6.source, sizeof(ipv6.source));
	else if (icmp->version == 4 && !bpf_probe_read_kernel(&ipv4, sizeof(ipv4), (void *)network))
		address_set_ipv4(icmp->from, ipv4.source);
}

static bool is_unreachable(const struct icmp *icmp)
{
	return icmp->type == (icmp->version == 6 ? ICMPV6_UNREACHABLE : ICMP_UNREACHABLE);
}

/* False: not a "destination unreachable" for a segment from a port that the command uses. */
VERIFIED_ONCE int read_icmp(struct icmp *icmp, __u64 network, __u32 header_length)
{
	__u64 at = network + header_length;
	struct icmp_header header;
	struct quoted_tcp tcp;
	__u32 length;

	if (!icmp || bpf_probe_read_kernel(&header, sizeof(header), (void *)at))
		return false;
	icmp->type = header.type;
	icmp->code = header.code;
	if (!is_unreachable(icmp))
		return false;
	at += sizeof(header);
	length = icmp->version == 6 ? read_quoted_ipv6(icmp, at) : read_quoted_ipv4(icmp, at);
	if (!length || bpf_probe_read_kernel(&tcp, sizeof(tcp), (void *)(at + length)))
		return false;
	icmp->tuple.local_port = bpf_ntohs(tcp.source);
	icmp->tuple.remote_port = bpf_ntohs(tcp.destination);
	icmp->seq = bpf_ntohl(tcp.seq);
	read_router(icmp, network);
	return port_is_used(icmp->tuple.local_port);
}

static void emit_icmp(const struct icmp *icmp, __u32 id)
{
	struct record_icmp *record = emit_reserve(RECORD_ICMP, sizeof(*record), id);

	if (!record)
		return;
	__builtin_memcpy(record->from, icmp->from, sizeof(record->from));
	record->seq = icmp->seq;
	record->type = icmp->type;
	record->code = icmp->code;
	record->version = icmp->version;
	emit_submit(record);
}

static void icmp_received(struct sk_buff *skb, const struct packet *packet)
{
	struct net_device *device = skb->dev;
	struct icmp icmp = { .version = skb->protocol == bpf_htons(ETH_P_IPV6) ? 6 : 4 };
	struct tuple_end *end;

	if (!read_icmp(&icmp, packet->header, packet->icmp))
		return;
	icmp.tuple.netns = BPF_CORE_READ(device, nd_net.net, ns.inum);
	end = bpf_map_lookup_elem(&sockets_by_tuple, &icmp.tuple);
	if (end && !end->gone)
		emit_icmp(&icmp, end->id);
}

static void packet_received(struct sk_buff *skb)
{
	struct packet packet = { .received = true };
	bool segment = packet_read(&packet, skb);

	if ((!segment && !packet.icmp) || packet_is_repeated(skb))
		return;
	if (segment)
		segment_received(skb, &packet);
	else
		icmp_received(skb, &packet);
}

#endif
