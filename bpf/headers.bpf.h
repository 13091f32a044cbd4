/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the bytes of a packet to a segment. A packet that no socket of the
 * command can own is dropped after its ports were compared with a bitmap. TCP
 * directly on IPv4 or IPv6; not behind IPv6 extension headers (but the one that
 * the kernel itself puts into super-segments) or in fragments. Arriving packets
 * come here before the kernel has checked them: lengths that lie are refused.
 */
#ifndef TCPWATCH_HEADERS_BPF_H
#define TCPWATCH_HEADERS_BPF_H

#include "bpf/filter.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/tuple.bpf.h"

/* RFC 791 */
struct ipv4_header {
	__u8 version_length;
	__u8 service;
	__be16 total_length;
	__be16 identification;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};

/* RFC 8200 */
struct ipv6_header {
	__be32 version_class_label;
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	__u8 source[16];
	__u8 destination[16];
};

/* RFC 9293 */
struct tcp_header {
	__be16 source;
	__be16 destination;
	__be32 seq;
	__be32 ack;
	__u8 offset;
	__u8 flags;
	__be16 window;
	__be16 checksum;
	__be16 urgent;
};

#define IPV4_FRAGMENT_OFFSET 0x1fff
#define NEXT_HEADER_HOP_BY_HOP 0
#define HOP_BY_HOP_JUMBO_BYTES 8 /* RFC 2675 */
#define TCP_OPTIONS_MAX 40	 /* bytes */

struct packet {
	struct tuple tuple;
	struct tcp_header tcp;
	__u64 header;  /* address of the network header */
	__u64 options; /* address */
	__u32 options_length;
	__u32 length; /* of the data; of an ICMP message */
	__u32 icmp;   /* not TCP: bytes from the network header to that of ICMP; 0: neither */
	bool received;
	bool no_socket;
};

/* Ethernet pads short frames; 0 stands for a length that 16 bits can't hold. */
static __u32 without_padding(__u32 length, __u32 told)
{
	return told && told < length ? told : length;
}

/* Both return the length of the header, or 0: not TCP, or damaged. They set the bytes behind it, too. */
static __u32 read_ipv4(struct packet *packet, __u64 header, __u32 available)
{
	struct ipv4_header ip;
	__u32 header_length, length;

	if (bpf_probe_read_kernel(&ip, sizeof(ip), (void *)header))
		return 0;
	header_length = (ip.version_length & 0x0f) * 4;
	length = without_padding(available, bpf_ntohs(ip.total_length));
	if (ip.version_length >> 4 != 4 || header_length < sizeof(ip) || header_length > length)
		return 0;
	if (ip.fragment & bpf_htons(IPV4_FRAGMENT_OFFSET))
		return 0;
	packet->length = length - header_length;
	if (ip.protocol != IPPROTO_TCP) {
		packet->icmp = ip.protocol == IPPROTO_ICMP ? header_length : 0;
		return 0;
	}
	address_set_ipv4(packet->tuple.local_address,
			 packet->received ? ip.destination : ip.source);
	address_set_ipv4(packet->tuple.remote_address,
			 packet->received ? ip.source : ip.destination);
	return header_length;
}

/*
 * A super-segment beyond 64 KiB has a payload length of 0 and a hop-by-hop
 * header with the jumbo option, which never leaves the machine (BIG TCP).
 * Bytes between the IPv6 and the TCP header; negative: it is not TCP.
 */
static int ipv6_extension(const struct ipv6_header *ip, __u64 next)
{
	__u8 next_header;

	if (ip->next_header == IPPROTO_TCP)
		return 0;
	if (ip->next_header != NEXT_HEADER_HOP_BY_HOP || ip->payload_length ||
	    bpf_probe_read_kernel(&next_header, sizeof(next_header), (void *)next) ||
	    next_header != IPPROTO_TCP)
		return -1;
	return HOP_BY_HOP_JUMBO_BYTES;
}

static __u32 read_ipv6(struct packet *packet, __u64 header, __u32 available)
{
	struct ipv6_header ip;
	int extension;
	__u32 payload;

	if (available < sizeof(ip) || bpf_probe_read_kernel(&ip, sizeof(ip), (void *)header) ||
	    bpf_ntohl(ip.version_class_label) >> 28 != 6)
		return 0;
	payload = without_padding(available - sizeof(ip), bpf_ntohs(ip.payload_length));
	packet->length = payload;
	extension = ipv6_extension(&ip, header + sizeof(ip));
	if (extension < 0) {
		packet->icmp = ip.next_header == IPPROTO_ICMPV6 ? sizeof(ip) : 0;
		return 0;
	}
	if (payload < (__u32)extension)
		return 0;
	packet->length = payload - extension;
	__builtin_memcpy(packet->tuple.local_address, packet->received ? ip.destination : ip.source,
			 sizeof(ip.source));
	__builtin_memcpy(packet->tuple.remote_address,
			 packet->received ? ip.source : ip.destination, sizeof(ip.source));
	return sizeof(ip) + extension;
}

static __u32 read_ip(struct packet *packet, __u64 header, __u32 available, __be16 protocol)
{
	if (protocol == bpf_htons(ETH_P_IP))
		return read_ipv4(packet, header, available);
	if (protocol == bpf_htons(ETH_P_IPV6))
		return read_ipv6(packet, header, available);
	return 0;
}

/* False: not a TCP segment of a port that the command uses. */
VERIFIED_ONCE int read_headers(struct packet *packet, __u32 available, __u32 protocol)
{
	struct tcp_header *tcp = &packet->tcp;
	__u32 ip_length, tcp_length;
	__u64 header;

	if (!packet)
		return false;
	ip_length = read_ip(packet, packet->header, available, protocol);
	header = packet->header + ip_length;
	if (!ip_length || bpf_probe_read_kernel(tcp, sizeof(*tcp), (void *)header))
		return false;
	packet->tuple.local_port = bpf_ntohs(packet->received ? tcp->destination : tcp->source);
	if (!port_is_used(packet->tuple.local_port))
		return false;
	packet->tuple.remote_port = bpf_ntohs(packet->received ? tcp->source : tcp->destination);
	tcp_length = (tcp->offset >> 4) * 4;
	if (tcp_length < sizeof(*tcp) || tcp_length > packet->length)
		return false;
	packet->length -= tcp_length;
	packet->options = header + sizeof(*tcp);
	packet->options_length = tcp_length - sizeof(*tcp);
	return true;
}

struct options {
	__u64 at; /* address */
	__u64 end;
	__u16 mss;
	__u8 wscale;
};

/* RFC 9293, section 3.1: kind, length, value; kinds 0 and 1 are one byte. */
static long read_option(__u32 turn, struct options *options)
{
	__u8 option[4];

	(void)turn;
	if (options->at >= options->end ||
	    bpf_probe_read_kernel(option, sizeof(option), (void *)options->at) || option[0] == 0 ||
	    (option[0] != 1 && options->at + option[1] > options->end))
		return 1;
	if (option[0] == 2 && option[1] == 4)
		options->mss = option[2] << 8 | option[3];
	if (option[0] == 3 && option[1] == 3)
		options->wscale = option[2];
	options->at += option[0] == 1 || option[1] < 2 ? 1 : option[1];
	return 0;
}

static void read_options(struct record_segment *record, const struct packet *packet)
{
	struct options options = {
		.at = packet->options,
		.end = packet->options + packet->options_length,
		.wscale = SEGMENT_NO_WSCALE,
	};

	bpf_loop(TCP_OPTIONS_MAX, read_option, &options, 0);
	record->mss = options.mss;
	record->wscale = options.wscale;
}

#endif
