/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What arrives: a segment, or an ICMP message that one of ours can't be
 * delivered. Such a message quotes the segment's own headers, which name the
 * socket; everything else that ICMP says is left out.
 */
#ifndef TCPWATCH_ICMP_BPF_H
#define TCPWATCH_ICMP_BPF_H

#include "bpf/packet.bpf.h"
#include "bpf/quoted.bpf.h"

static void read_router(struct icmp *icmp, __u64 network)
{
	struct ipv4_header ipv4;
	struct ipv6_header ipv6;

	if (icmp->version == 6 && !bpf_probe_read_kernel(&ipv6, sizeof(ipv6), (void *)network))
		__builtin_memcpy(icmp->from, ipv6.source, sizeof(ipv6.source));
	else if (icmp->version == 4 && !bpf_probe_read_kernel(&ipv4, sizeof(ipv4), (void *)network))
		address_set_ipv4(icmp->from, ipv4.source);
}

/* Bytes of the message that stand in one piece, and in the packet. */
static __u32 icmp_readable(struct sk_buff *skb, const struct packet *packet)
{
	__u32 linear = skb->len - skb->data_len;

	linear = linear > packet->icmp ? linear - packet->icmp : 0;
	return linear < packet->length ? linear : packet->length;
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
	struct icmp icmp = { .version = skb->protocol == bpf_htons(ETH_P_IPV6) ? 6 : 4 };
	struct tuple_end *end;

	if (!read_icmp(&icmp, packet->header + packet->icmp, icmp_readable(skb, packet)))
		return;
	read_router(&icmp, packet->header);
	icmp.tuple.netns = netns_of_device(skb);
	end = bpf_map_lookup_elem(&sockets_by_tuple, &icmp.tuple);
	if (end && !end->gone)
		emit_icmp(&icmp, end->id);
}

static void packet_received(struct sk_buff *skb)
{
	struct packet packet = { .received = true };
	bool segment;

	if (is_for_another_port(skb))
		return;
	segment = packet_read(&packet, skb);
	if ((!segment && !packet.icmp) || packet_is_repeated(skb))
		return;
	if (segment)
		segment_received(skb, &packet);
	else
		icmp_received(skb, &packet);
}

#endif
