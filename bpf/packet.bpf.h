/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments: which socket each belongs to, and what is told of it; headers only,
 * never a byte of data.
 */
#ifndef TCPWATCH_PACKET_BPF_H
#define TCPWATCH_PACKET_BPF_H

#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/headers.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/sample.bpf.h"
#include "bpf/sock.bpf.h"
#include "bpf/tuple.bpf.h"

/*
 * Where the network header starts. An arriving packet has it at data; its
 * network_header is set only later. A leaving one may have a MAC header first.
 */
static __u64 network_header(struct sk_buff *skb, bool received)
{
	return received ? (__u64)skb->data : (__u64)skb->head + skb->network_header;
}

/* Bytes from the network header on. */
static __u32 network_length(struct sk_buff *skb, bool received)
{
	return skb->len - (network_header(skb, received) - (__u64)skb->data);
}

/*
 * Most packets that arrive at a machine are nobody's here: a first look at the
 * port, with no copy of the headers. False where it can't tell.
 */
static bool is_for_another_port(struct sk_buff *skb)
{
	struct iphdr *ip;
	struct tcphdr *tcp;

	if (!reads_directly || skb->protocol != bpf_htons(ETH_P_IP))
		return false;
	ip = bpf_rdonly_cast(skb->data, bpf_core_type_id_kernel(struct iphdr));
	tcp = bpf_rdonly_cast(skb->data + sizeof(struct ipv4_header),
			      bpf_core_type_id_kernel(struct tcphdr));
	return ip->protocol == IPPROTO_TCP &&
	       BPF_CORE_READ_BITFIELD(ip, ihl) * 4 == sizeof(struct ipv4_header) &&
	       !port_is_used(bpf_ntohs(tcp->dest));
}

static bool packet_read(struct packet *packet, struct sk_buff *skb)
{
	packet->header = network_header(skb, packet->received);
	return read_headers(packet, network_length(skb, packet->received), skb->protocol);
}

/*
 * The ACK number that the kernel takes from an arriving segment. Not the one in
 * its header: ACKs that waited for the same call are one sk_buff, with the
 * header of the first and the number of the last (tcp_add_backlog).
 */
static __u32 ack_number(struct sk_buff *skb)
{
	return KERNEL_READ(struct tcp_skb_cb, skb->cb, ack_seq);
}

/* sender has a mark, so it is a full TCP socket; the verifier knows only that it may be one. */
static void read_sender(struct record_segment *record, struct sock *sender)
{
	record->write_seq = KERNEL_READ(struct tcp_sock, sender, write_seq);
	record->wmem_queued = sender->sk_wmem_queued;
	record->state = sender->__sk_common.skc_state;
}

static void fill_segment(struct record_segment *record, const struct packet *packet)
{
	record->seq = bpf_ntohl(packet->tcp.seq);
	record->ack = bpf_ntohl(packet->tcp.ack);
	record->length = packet->length;
	record->window = bpf_ntohs(packet->tcp.window);
	record->wscale = SEGMENT_NO_WSCALE;
	record->flags = packet->tcp.flags;
	record->received = packet->received;
	record->urgent = bpf_ntohs(packet->tcp.urgent);
	record->no_socket = packet->no_socket;
	if (packet->tcp.flags & SEGMENT_SYN)
		read_options(record, packet);
}

static void emit_segment(const struct packet *packet, __u32 id, struct sock *sender)
{
	struct record_segment *record = emit_reserve(RECORD_SEGMENT, sizeof(*record), id);

	if (!record)
		return;
	fill_segment(record, packet);
	if (sender)
		read_sender(record, sender);
	emit_submit(record);
}

static bool is_first_syn(const struct packet *packet)
{
	return (packet->tcp.flags & (SEGMENT_SYN | SEGMENT_ACK | SEGMENT_RST)) == SEGMENT_SYN;
}

static bool is_syn_ack(const struct packet *packet)
{
	return (packet->tcp.flags & (SEGMENT_SYN | SEGMENT_ACK)) == (SEGMENT_SYN | SEGMENT_ACK);
}

/* A SYN belongs to the socket that its tuple had before only when it is sent again. */
static bool tuple_is_new(const struct tuple_end *end, const struct packet *packet)
{
	if (!end || end->gone)
		return true;
	return !end->taken && end->isn != packet->tcp.seq;
}

/*
 * A SYN from a socket of ours to a stranger's port, which may be closed: it is
 * kept until it is answered.
 */
VERIFIED_ONCE int peer_syn_received(const struct packet *packet)
{
	struct record_segment syn = {};
	struct tuple tuple;

	if (!packet || !peer_is_expected(&packet->tuple, bpf_ntohl(packet->tcp.seq), true))
		return 0;
	tuple = packet->tuple;
	fill_segment(&syn, packet);
	syn.header.time_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&peer_syns, &tuple, &syn, BPF_ANY))
		lose(LOST_ADDRESS_MAP);
	return 0;
}

static void emit_kept_syn(const struct record_segment *syn, __u32 id)
{
	struct record_segment *record;

	record = emit_reserve_at(RECORD_SEGMENT, sizeof(*record), id, syn->header.time_ns);
	if (!record)
		return;
	__builtin_memcpy((void *)record + sizeof(syn->header), (void *)syn + sizeof(syn->header),
			 sizeof(*syn) - sizeof(syn->header));
	emit_submit(record);
}

/* The SYN-ACK of a stranger's listener: its child is a peer. */
VERIFIED_ONCE int peer_answers(const struct packet *packet)
{
	struct tracked_listener listener = { .family = AF_INET6 };
	struct tuple_end end = { .peer = 1 };
	struct record_segment *syn;
	struct tuple tuple;

	if (!packet)
		return 0;
	tuple = packet->tuple;
	syn = bpf_map_lookup_elem(&peer_syns, &tuple);
	if (!syn)
		return 0;
	end.id = identity_new();
	end.isn = bpf_htonl(syn->seq);
	if (bpf_map_update_elem(&sockets_by_tuple, &tuple, &end, BPF_ANY))
		lose(LOST_ADDRESS_MAP);
	if (tuple.local_address[10] == 0xff)
		listener.family = AF_INET;
	emit_child(&tuple, &listener, end.id, syn->header.time_ns);
	emit_kept_syn(syn, end.id);
	bpf_map_delete_elem(&peer_syns, &tuple);
	return end.id;
}

/* The child is born here: SYN_RECV is a request socket that no other hook shows. */
static void syn_received(const struct packet *packet, struct tuple_end *before)
{
	struct tracked_listener *listener = listener_for(&packet->tuple);
	struct tuple_end end = { .isn = packet->tcp.seq };

	if (!listener && peers_wanted && before && !tuple_is_new(before, packet))
		emit_segment(packet, before->id, NULL);
	else if (!listener && peers_wanted)
		peer_syn_received(packet);
	if (!listener)
		return;
	if (!filter_takes_tuple(&packet->tuple)) {
		emit_queue((struct sock *)listener->sk, listener->id, QUEUE_SYN, 0);
		return;
	}
	end.listener = listener->id;
	if (tuple_is_new(before, packet)) {
		end.id = identity_new();
		if (bpf_map_update_elem(&sockets_by_tuple, &packet->tuple, &end, BPF_ANY))
			lose(LOST_ADDRESS_MAP);
		emit_child(&packet->tuple, listener, end.id, bpf_ktime_get_ns());
		if (peers_wanted)
			peer_expect(&packet->tuple, bpf_ntohl(packet->tcp.seq), true);
	} else {
		end.id = before->id;
	}
	emit_segment(packet, end.id, NULL);
	emit_queue((struct sock *)listener->sk, listener->id, QUEUE_SYN, end.id);
}

static __u32 netns_of_device(struct sk_buff *skb)
{
	return POINTER_READ(struct sk_buff, skb, dev)->nd_net.net->ns.inum;
}

/* The socket that a packet belongs to by its tuple, with the namespace of its device. */
static struct tuple_end *packet_end(struct sk_buff *skb, struct packet *packet)
{
	packet->tuple.netns = netns_of_device(skb);
	return bpf_map_lookup_elem(&sockets_by_tuple, &packet->tuple);
}

static void segment_received(struct sk_buff *skb, struct packet *packet)
{
	struct tuple_end *end = packet_end(skb, packet);

	if (is_first_syn(packet) && (!end || end->gone || !end->taken))
		syn_received(packet, end);
	else if (end)
		emit_segment(packet, end->id, NULL);
}

/* Answers that the kernel gives for a request, a TIME_WAIT or no socket at all. */
static void segment_sent_for(struct sk_buff *skb, struct packet *packet)
{
	struct tuple_end *end = packet_end(skb, packet);
	__u32 id = end ? end->id : 0;

	/* tcp_make_synack() leaves out the owner where a cookie stands for a request socket. */
	packet->no_socket = !skb->sk && packet->tcp.flags & SEGMENT_SYN;
	if (peers_wanted && is_syn_ack(packet) && (!end || end->gone))
		id = peer_answers(packet) ?: id;
	if (id)
		emit_segment(packet, id, NULL);
}

static bool speaks_for_itself(struct sock *sk)
{
	return !is_mini_socket(sk) && sk->sk_type == SOCK_STREAM &&
	       sk->__sk_common.skc_state != TCP_LISTEN;
}

static void segment_sent(struct sk_buff *skb)
{
	struct packet packet = { .received = false };
	struct mark *mark = NULL;
	struct sock *sk = skb->sk;

	if (sk && speaks_for_itself(sk)) {
		mark = mark_of(sk);
		if (!mark)
			return;
		mark_tell_tuple(sk, mark);
	}
	if (!packet_read(&packet, skb) || packet_is_passed_down(skb, sk))
		return;
	if (mark)
		emit_segment(&packet, mark->identity.id, sk);
	else
		segment_sent_for(skb, &packet);
}

#endif
