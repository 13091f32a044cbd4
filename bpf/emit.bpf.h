/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way out: reserve a record in the ring, fill it, submit it. A record that
 * finds no room is counted, never silently dropped. The reader is woken only
 * when much waits: wakeups, not records, are what tracing costs.
 */
#ifndef TCPWATCH_EMIT_BPF_H
#define TCPWATCH_EMIT_BPF_H

#include "bpf/kernel.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps");

/* The reader is woken when this many bytes wait. */
const volatile __u64 wakeup_bytes = 256 << 10;

/*
 * Losses by enum record_kind or enum lost_what. The reader takes the counts
 * and moves the epoch on; the first loss of each epoch sets the start of the
 * span. Arrays of plain integers, so that the skeleton can name them.
 */
__u64 lost_count[LOST_WHATS];
__u64 lost_first_ns[LOST_WHATS];
__u64 lost_last_ns[LOST_WHATS];
__u64 lost_epoch[LOST_WHATS];
__u64 reader_epoch = 1;

VERIFIED_ONCE int lose(__u32 what)
{
	__u64 now_ns = bpf_ktime_get_ns();

	if (what >= LOST_WHATS)
		return 0;
	if (lost_epoch[what] != reader_epoch) {
		lost_epoch[what] = reader_epoch;
		lost_first_ns[what] = now_ns;
	}
	lost_last_ns[what] = now_ns;
	__sync_fetch_and_add(&lost_count[what], 1);
	return 0;
}

/* Inlined, because the verifier wants to see the size as a constant. */
static __always_inline void *emit_reserve_at(enum record_kind kind, __u32 size, __u32 socket,
					     __u64 time_ns)
{
	struct record_header *header = bpf_ringbuf_reserve(&ring, size, 0);

	if (!header) {
		lose(kind);
		return NULL;
	}
	__builtin_memset(header, 0, size);
	header->kind = kind;
	header->size = size;
	header->socket = socket;
	header->time_ns = time_ns;
	return header;
}

static __always_inline void *emit_reserve(enum record_kind kind, __u32 size, __u32 socket)
{
	struct record_header *header = emit_reserve_at(kind, size, socket, 0);

	/* Read late, so that the order of the ring is nearly the order of time. */
	if (header)
		header->time_ns = bpf_ktime_get_ns();
	return header;
}

static __always_inline void emit_submit(void *record)
{
	bool much = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= wakeup_bytes;

	bpf_ringbuf_submit(record, much ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#endif
