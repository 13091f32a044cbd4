/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way out: take a place for a record, fill it, submit it. Records gather in
 * a buffer of their processor, for the ring's lock costs more than a record;
 * the ring is given many at once, and the collector asks for what has waited
 * long. A record that finds no room is counted, never silently dropped. The
 * reader is woken only when much waits.
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

/*
 * Room for what arrives while a hook is interrupted: the packets of a whole turn of
 * the softirq, 2 ms (net.core.netdev_budget_usecs). A power of two: a mask shows the
 * verifier what the comparison has shown.
 */
#define BUFFER_BYTES (64 << 10)
#define BUFFER_FLUSH_BYTES 4096
#define RECORD_BYTES_MAX 256
#define PROCESSORS_MAX 1024
#define FLUSH_TURNS 4 /* interrupts that write records meanwhile */

#define RECORD_BEING_WRITTEN (1ULL << 32)

/* How much of it is used: no more at once than a small ring takes. */
const volatile __u32 buffer_room = BUFFER_BYTES;

/*
 * Records of one processor, from flushed_bytes to the end of what is taken.
 * An interrupt may come between any two instructions and write records of its
 * own: places are taken by adding to state, in one step with the count of
 * records that are not complete yet. Only complete ones go to the ring.
 */
struct emit_buffer {
	__u64 state; /* bytes taken; records being written, times RECORD_BEING_WRITTEN */
	__u32 flushed_bytes;
	__u32 reserved;
	__u8 bytes[2 * BUFFER_BYTES + RECORD_BYTES_MAX];
};

/* By processor; the collector sets how many there are. A per-CPU map holds 32 KiB at most. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct emit_buffer);
} buffers SEC(".maps");

/* One for each processor: its buffer is not empty. */
__u8 buffer_waits[PROCESSORS_MAX];

static struct emit_buffer *this_buffer(void)
{
	__u32 processor = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&buffers, &processor);
}

static void set_buffer_waits(bool waits)
{
	buffer_waits[bpf_get_smp_processor_id() & (PROCESSORS_MAX - 1)] = waits;
}

/* Where the reader is woken. False: the ring is full. */
static __always_inline bool ring_put(const void *records, __u32 length)
{
	bool much = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= wakeup_bytes;

	return !bpf_ringbuf_output(&ring, (void *)records, length,
				   much ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* False: the ring is full. What is in the buffer stays there. */
static bool buffer_pass_on(struct emit_buffer *buffer, __u32 taken)
{
	__u32 from = buffer->flushed_bytes & (BUFFER_BYTES - 1);
	__u32 length = taken - buffer->flushed_bytes;

	if (length > BUFFER_BYTES + RECORD_BYTES_MAX || !ring_put(buffer->bytes + from, length))
		return false;
	buffer->flushed_bytes = taken;
	return true;
}

/* True when nobody has taken a place since then: the buffer is empty. */
static bool buffer_restart(struct emit_buffer *buffer, __u64 held)
{
	__u32 taken = held;

	buffer->flushed_bytes = 0;
	set_buffer_waits(false);
	if (__sync_val_compare_and_swap(&buffer->state, held, 0) == held)
		return true;
	buffer->flushed_bytes = taken;
	set_buffer_waits(true);
	return false;
}

/* Holds the buffer like a record being written, so that no interrupt flushes it as well. */
VERIFIED_ONCE int buffer_flush(void)
{
	struct emit_buffer *buffer = this_buffer();
	__u64 state, held;
	int turn;

	if (!buffer)
		return 0;
	state = buffer->state;
	held = state + RECORD_BEING_WRITTEN;
	if (!state || state >= RECORD_BEING_WRITTEN ||
	    __sync_val_compare_and_swap(&buffer->state, state, held) != state)
		return 0;
	for (turn = 0; turn < FLUSH_TURNS; turn++) {
		if (!buffer_pass_on(buffer, held))
			break;
		if (buffer_restart(buffer, held))
			return 0;
		held = buffer->state;
		if (held >= 2 * RECORD_BEING_WRITTEN)
			break;
	}
	__sync_fetch_and_sub(&buffer->state, RECORD_BEING_WRITTEN);
	return 0;
}

/* Set by the collector before it lets the processors flush. */
__u64 mark_ns;

static void emit_mark(void)
{
	struct record_header mark = {
		.kind = RECORD_NONE,
		.size = sizeof(mark),
		.time_ns = mark_ns,
	};

	bpf_ringbuf_output(&ring, &mark, sizeof(mark), BPF_RB_NO_WAKEUP);
}

/* Inlined, because the verifier wants to see the size as a constant. */
static __always_inline void *emit_reserve_at(enum record_kind kind, __u32 size, __u32 socket,
					     __u64 time_ns)
{
	struct emit_buffer *buffer = this_buffer();
	struct record_header *header;
	__u32 taken;

	if (!buffer)
		return NULL;
	taken = __sync_fetch_and_add(&buffer->state, RECORD_BEING_WRITTEN + size);
	if (taken >= buffer_room) {
		__sync_fetch_and_sub(&buffer->state, RECORD_BEING_WRITTEN + size);
		lose(kind);
		buffer_flush();
		return NULL;
	}
	if (!taken)
		set_buffer_waits(true);
	header = (void *)(buffer->bytes + (taken & (BUFFER_BYTES - 1)));
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

	/* Read late, so that the order of the records is nearly the order of time. */
	if (header)
		header->time_ns = bpf_ktime_get_ns();
	return header;
}

/* The record is complete. */
static __always_inline void emit_submit(const void *record)
{
	struct emit_buffer *buffer = this_buffer();
	__u64 state;

	if (!buffer)
		return;
	state = __sync_fetch_and_sub(&buffer->state, RECORD_BEING_WRITTEN);
	if (state < 2 * RECORD_BEING_WRITTEN && (__u32)state >= BUFFER_FLUSH_BYTES)
		buffer_flush();
}

#endif
