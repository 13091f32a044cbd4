/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel has counted of a socket that is older than the trace: from
 * this the model tells where its bytes are since the connection began. Read
 * without the socket's lock: what belongs together is read until it holds still.
 */
#ifndef TCPWATCH_FOUND_BPF_H
#define TCPWATCH_FOUND_BPF_H

#include "bpf/emit.bpf.h"
#include "bpf/kernel.bpf.h"

/* Not a loop: the verifier of 6.1 refuses one whose end falls through to its beginning. */
#define UNTIL_STEADY(read) ((void)((read) || (read) || (read) || (read)))

/* A counter and the sequence number that moves with it. */
struct counted {
	__u64 bytes;
	__u32 seq;
};

static bool read_acked(struct tcp_sock *tcp, struct counted *acked)
{
	__u64 bytes = BPF_CORE_READ(tcp, bytes_acked);

	acked->seq = BPF_CORE_READ(tcp, snd_una);
	acked->bytes = BPF_CORE_READ(tcp, bytes_acked);
	return acked->bytes == bytes && acked->seq == BPF_CORE_READ(tcp, snd_una);
}

static bool read_received(struct tcp_sock *tcp, struct counted *received)
{
	__u64 bytes = BPF_CORE_READ(tcp, bytes_received);

	received->seq = BPF_CORE_READ(tcp, rcv_nxt);
	received->bytes = BPF_CORE_READ(tcp, bytes_received);
	return received->bytes == bytes && received->seq == BPF_CORE_READ(tcp, rcv_nxt);
}

static bool read_sent(struct tcp_sock *tcp, struct counted *sent, __u64 *again)
{
	__u64 bytes = BPF_CORE_READ(tcp, bytes_sent);

	*again = BPF_CORE_READ(tcp, bytes_retrans);
	sent->seq = BPF_CORE_READ(tcp, snd_nxt);
	sent->bytes = BPF_CORE_READ(tcp, bytes_sent);
	return sent->bytes == bytes && sent->seq == BPF_CORE_READ(tcp, snd_nxt);
}

static void fill_counters(struct record_found *record, struct tcp_sock *tcp)
{
	struct counted acked = {}, received = {}, sent = {};
	__u64 again = 0;

	UNTIL_STEADY(read_acked(tcp, &acked));
	UNTIL_STEADY(read_received(tcp, &received));
	UNTIL_STEADY(read_sent(tcp, &sent, &again));
	record->bytes_acked = acked.bytes;
	record->positions.snd_una = acked.seq;
	record->bytes_received = received.bytes;
	record->positions.rcv_nxt = received.seq;
	record->bytes_sent = sent.bytes;
	record->bytes_retrans = again;
	record->positions.snd_nxt = sent.seq;
	record->positions.write_seq = BPF_CORE_READ(tcp, write_seq);
	record->positions.copied_seq = BPF_CORE_READ(tcp, copied_seq);
}

static void fill_memory(struct record_found *record, struct sock *sk)
{
	record->wmem_queued = BPF_CORE_READ(sk, sk_wmem_queued);
	record->sndbuf = BPF_CORE_READ(sk, sk_sndbuf);
	record->rmem_alloc = BPF_CORE_READ(sk, sk_backlog.rmem_alloc.counter);
	record->rcvbuf = BPF_CORE_READ(sk, sk_rcvbuf);
	record->ack_backlog = BPF_CORE_READ(sk, sk_ack_backlog);
	record->max_ack_backlog = BPF_CORE_READ(sk, sk_max_ack_backlog);
}

static void fill_windows(struct record_found *record, struct tcp_sock *tcp)
{
	record->snd_wnd = BPF_CORE_READ(tcp, snd_wnd);
	record->rcv_wnd = BPF_CORE_READ(tcp, rcv_wnd);
	record->snd_cwnd = BPF_CORE_READ(tcp, snd_cwnd);
	record->mss_cache = BPF_CORE_READ(tcp, mss_cache);
	if (!BPF_CORE_READ_BITFIELD_PROBED(tcp, rx_opt.wscale_ok))
		return;
	record->snd_wscale = BPF_CORE_READ_BITFIELD_PROBED(tcp, rx_opt.snd_wscale);
	record->rcv_wscale = BPF_CORE_READ_BITFIELD_PROBED(tcp, rx_opt.rcv_wscale);
	record->flags |= FOUND_WSCALE;
}

/* What holds unsent bytes back, as the samples of the write queue have it. */
static void fill_hold(struct record_found *record, struct tcp_sock *tcp, struct sock *sk)
{
	record->packets_out = BPF_CORE_READ(tcp, packets_out);
	record->notsent_lowat = BPF_CORE_READ(tcp, notsent_lowat);
	if (!record->notsent_lowat)
		record->notsent_lowat =
			BPF_CORE_READ(sk, __sk_common.skc_net.net, ipv4.sysctl_tcp_notsent_lowat);
	if (BPF_CORE_READ(sk, sk_pacing_status) &&
	    BPF_CORE_READ(tcp, tcp_wstamp_ns) > record->header.time_ns)
		record->flags |= FOUND_PACED;
}

VERIFIED_ONCE int emit_found(__u64 address, __u32 id)
{
	struct sock *sk = (void *)address;
	struct tcp_sock *tcp = (void *)address;
	struct record_found *record;

	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE)
		return 0;
	record = emit_reserve(RECORD_FOUND, sizeof(*record), id);
	if (!record)
		return 0;
	record->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	fill_counters(record, tcp);
	fill_memory(record, sk);
	fill_windows(record, tcp);
	fill_hold(record, tcp, sk);
	emit_submit(record);
	return 0;
}

#endif
