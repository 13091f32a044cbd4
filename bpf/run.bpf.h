/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --coalesce: like calls of one task on one socket within a millisecond become one
 * record. Runs wait in places of their processor, found by what makes calls alike; a
 * run ends when another wants its place, when it is RUN_NS old, and in each turn of
 * the collector, before its mark: so its record, which has the time of the last
 * return, still finds its order by merge_add_late().
 */
#ifndef TCPWATCH_RUN_BPF_H
#define TCPWATCH_RUN_BPF_H

#include "bpf/call_shape.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/task.bpf.h"

#define RUN_PLACES 256 /* of one processor; a power of two */
#define CALLS_TOLD 16  /* of each kind on a socket, one by one, before any is joined */

const volatile bool coalesce = false;

struct run {
	__u32 socket; /* these: what the calls have in common */
	__u32 tid;
	__u32 flags;
	__s32 fd;
	__u8 kind; /* enum call_kind; CALL_NONE: the place is free */
	bool failed;
	__u8 told;		      /* calls that were told one by one */
	struct record_call_run calls; /* count 0: none waits */
};

struct run_places {
	__u64 used; /* just now, by a hook that the collector's turn may interrupt */
	struct run runs[RUN_PLACES];
};

/* By processor; the collector sets how many there are. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct run_places);
} places SEC(".maps");

/* One for each processor: some of its runs have not ended. */
__u8 runs_wait[PROCESSORS_MAX];

static struct run_places *these_places(void)
{
	__u32 processor = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&places, &processor);
}

VERIFIED_ONCE int run_end(struct run *run)
{
	if (!run || !run->calls.count)
		return 0;
	if (!ring_put(&run->calls, sizeof(run->calls)))
		lose(RECORD_CALL_RUN);
	__builtin_memset(&run->calls, 0, sizeof(run->calls));
	return 0;
}

static bool run_holds(const struct run *run, const struct socket_call *call, bool failed)
{
	return run->socket == call->socket && run->tid == current_tid() &&
	       run->kind == call->kind && run->flags == call->flags && run->fd == call->fd &&
	       run->failed == failed;
}

static void run_take_place(struct run *run, const struct socket_call *call, bool failed)
{
	run_end(run);
	run->socket = call->socket;
	run->tid = current_tid();
	run->flags = call->flags;
	run->fd = call->fd;
	run->kind = call->kind;
	run->failed = failed;
	run->told = 0;
}

static struct run *run_for(struct run_places *here, const struct socket_call *call, bool failed)
{
	/* Neighbours in number live at the same time; each may send, receive, and find nothing. */
	__u32 at = call->socket * 2 + (call->kind >= CALL_READ);
	struct run *run = &here->runs[(failed ? ~at : at) & (RUN_PLACES - 1)];

	if (!run_holds(run, call, failed))
		run_take_place(run, call, failed);
	return run;
}

static void run_begin(struct record_call_run *calls, const struct socket_call *call)
{
	calls->header.kind = RECORD_CALL_RUN;
	calls->header.size = sizeof(*calls);
	calls->header.socket = call->socket;
	calls->first_enter_ns = call->enter_ns;
	calls->fd = call->fd;
	calls->tgid = current_tgid();
	calls->tid = current_tid();
	calls->flags = call->flags;
	calls->call = call->kind;
	runs_wait[bpf_get_smp_processor_id() & (PROCESSORS_MAX - 1)] = true;
}

static void run_add(struct record_call_run *calls, const struct socket_call *call, long result,
		    __u64 now_ns)
{
	__u64 inside_ns = now_ns - call->enter_ns;
	__u64 moved = result > 0 ? result : 0;

	if (!calls->count)
		run_begin(calls, call);
	calls->header.time_ns = now_ns;
	calls->last_enter_ns = call->enter_ns;
	calls->asked += call->asked;
	calls->bytes += moved;
	calls->inside_ns += inside_ns;
	if (inside_ns > calls->longest_ns)
		calls->longest_ns = inside_ns;
	if (call->asked > calls->asked_most)
		calls->asked_most = call->asked;
	calls->count++;
	calls->short_count += result > 0 && moved < call->asked;
	calls->result = result;
}

/* False: the call is told by itself, as the first ones of its kind are on each socket. */
static bool run_joins(struct run *run, const struct socket_call *call, long result, __u64 now_ns)
{
	if (run->calls.count && now_ns - run->calls.first_enter_ns >= RUN_NS)
		run_end(run);
	if (run->told < CALLS_TOLD) {
		run->told++;
		return false;
	}
	run_add(&run->calls, call, result, now_ns);
	return true;
}

/* Nothing that a reader would look for: it was quick, and moved bytes or found none to move. */
static bool call_is_plain(const struct socket_call *call, long result, __u64 now_ns)
{
	return shape_of(call->kind)->moves && call->socket && !call->other && !call->restarts &&
	       !call->found && (result > 0 || result == -EAGAIN) &&
	       now_ns - call->enter_ns < RUN_NS;
}

/* True: a run tells of the call that returns. */
VERIFIED_ONCE int run_takes(const struct socket_call *call, long result)
{
	struct run_places *here = these_places();
	__u64 now_ns = bpf_ktime_get_ns();
	bool joined;

	if (!call || !here || !call_is_plain(call, result, now_ns))
		return false;
	__sync_lock_test_and_set(&here->used, 1);
	joined = run_joins(run_for(here, call, result < 0), call, result, now_ns);
	__sync_lock_test_and_set(&here->used, 0);
	return joined;
}

static long run_end_at(__u32 index, void *context)
{
	struct run_places *here = these_places();

	(void)context;
	if (here)
		run_end(&here->runs[index & (RUN_PLACES - 1)]);
	return 0;
}

/* In the collector's turn. While a hook uses the places they stay, and keep the mark away. */
static void runs_end(void)
{
	struct run_places *here = these_places();

	if (!here || here->used)
		return;
	bpf_loop(RUN_PLACES, run_end_at, NULL, 0);
	runs_wait[bpf_get_smp_processor_id() & (PROCESSORS_MAX - 1)] = false;
}

#endif
