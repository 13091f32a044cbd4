/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sleeps inside blocking send calls, and what held the data back meanwhile.
 * Each ACK shows what the kernel's fields said just before it came: that is
 * what the time up to it was spent on. The parts of a sleep add up to it.
 */
#include "user/model/internal.h"

/* sysctl tcp_tso_win_divisor: with less room than this part of a window, more is waited for. */
#define TSO_WIN_DIVISOR 3

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* tcp_tso_should_defer(): a window that has some room left can still be what is waited for. */
static enum sleep_cause judge_deferred(const struct record_sample_send *record, uint64_t room,
				       uint64_t mss)
{
	uint64_t congestion = (uint64_t)record->snd_cwnd * mss;
	uint64_t congestion_room = congestion - record->packets_out * mss;
	uint64_t chunk = smaller(record->snd_wnd, congestion) / TSO_WIN_DIVISOR;

	if (smaller(room, congestion_room) >= chunk)
		return SLEEP_NONE;
	return room < congestion_room ? SLEEP_PEER_WINDOW : SLEEP_CONGESTION;
}

/*
 * What keeps unsent bytes from leaving. With none, or with less than a segment
 * that waits for more (RFC 9293, section 3.7.4), only the buffer is small.
 */
static enum sleep_cause judge(uint32_t mss, const struct record_sample_send *record)
{
	uint32_t unsent = record->write_seq - record->snd_nxt;
	uint32_t outstanding = record->snd_nxt - record->snd_una;
	uint32_t room = record->snd_wnd > outstanding ? record->snd_wnd - outstanding : 0;

	if (!unsent)
		return SLEEP_BUFFER;
	if (room < smaller(unsent, mss))
		return SLEEP_PEER_WINDOW;
	if (record->packets_out && record->packets_out >= record->snd_cwnd)
		return SLEEP_CONGESTION;
	if (record->flags & SAMPLE_PACED)
		return SLEEP_PACING;
	return unsent < mss ? SLEEP_BUFFER : judge_deferred(record, room, mss);
}

static bool is_below_lowat(const struct record_sample_send *record)
{
	return record->write_seq - record->snd_nxt < record->notsent_lowat;
}

/* With room in both ways, the kernel itself had no memory. */
static enum sleep_cause judge_start(uint32_t mss, const struct record_sample_send *record)
{
	if (record->wmem_queued >= record->sndbuf)
		return judge(mss, record);
	return is_below_lowat(record) ? SLEEP_NONE : SLEEP_LOWAT;
}

bool sample_is_inside(enum sample_reason reason)
{
	return reason == SAMPLE_TURN || reason == SAMPLE_WAITS || reason == SAMPLE_WOKEN;
}

/* What the peer's SYN said, or what the kernel said that the segments carry. */
static uint32_t mss_of(const struct connection *connection, enum end end)
{
	const struct flow *back = &connection->flow[source_of(connection, end)];
	uint32_t mss = back->mss ? back->mss : connection->flow[end].mss_found;

	return mss ? mss : 1;
}

/* sk_stream_memory_free() is false, the last sk_buff is full, and the call may wait. */
static bool falls_asleep(const struct record_sample_send *record)
{
	bool full = record->wmem_queued >= record->sndbuf || !is_below_lowat(record) ||
		    record->reason == SAMPLE_WAITS;

	return full && record->reason != SAMPLE_WOKEN && record->flags & SAMPLE_NEW_BUFFER &&
	       !(record->flags & SAMPLE_NONBLOCK);
}

/* The return of an earlier call can have been lost: its task may be elsewhere by now. */
static bool is_sending(const struct entry *entry)
{
	const struct task *task = entry->sending;

	return task && task->in_call && call_sends(task->call.kind) &&
	       task->call.socket == &entry->socket;
}

static void tell_part(struct trace *trace, const struct entry *entry, uint64_t end_ns)
{
	const struct turn *turn = &entry->turn;
	struct sleep_part part = {
		.connection = entry->socket.connection,
		.sender = entry->socket.end,
		.start_ns = turn->part_ns,
		.end_ns = end_ns,
		.cause = turn->part_cause,
	};

	if (part.end_ns > part.start_ns)
		tell(trace, sleep, &part);
}

static void count_unread(struct turn *turn, const struct direction *at, uint64_t time_ns)
{
	if (turn->unread_since_ns)
		turn->unread_part_ns += span_ns(turn->unread_since_ns, time_ns);
	turn->unread_since_ns = at->receiver_seen && at->received > at->read ? time_ns : 0;
}

void sleep_bytes(const struct connection *connection, enum end sender, uint64_t time_ns)
{
	struct entry *entry = connection->ends[sender] ? entry_of(connection->ends[sender]) : NULL;

	if (entry && entry->turn.asleep)
		count_unread(&entry->turn, &connection->flow[sender].at, time_ns);
}

/* The time since the last judgement was spent on this cause. */
static void spend(struct trace *trace, struct entry *entry, enum sleep_cause cause,
		  uint64_t time_ns)
{
	const struct direction *at = &entry->socket.connection->flow[entry->socket.end].at;
	struct turn *turn = &entry->turn;

	if (cause != turn->part_cause) {
		tell_part(trace, entry, turn->judged_ns);
		turn->part_ns = turn->judged_ns;
		turn->part_cause = cause;
	}
	turn->cause_ns[cause] += span_ns(turn->judged_ns, time_ns);
	count_unread(turn, at, time_ns);
	if (cause == SLEEP_PEER_WINDOW)
		turn->unread_ns += turn->unread_part_ns;
	turn->unread_part_ns = 0;
	turn->judged_ns = time_ns;
}

static void account(struct entry *entry, struct flow *flow)
{
	const struct turn *turn = &entry->turn;
	struct call *call = is_sending(entry) ? &entry->sending->call : NULL;

	flow->sleeps++;
	for (int cause = 0; cause < SLEEP_CAUSES; cause++) {
		flow->sleep_ns[cause] += turn->cause_ns[cause];
		if (call)
			call->sleep_ns[cause] += turn->cause_ns[cause];
	}
	flow->unread_ns += turn->unread_ns;
	if (!call)
		return;
	call->unread_ns += turn->unread_ns;
	call->sleeps++;
	call->last_sleep = turn->sleep;
}

static void wake(struct trace *trace, struct entry *entry, const struct record_sample_send *record)
{
	struct connection *connection = entry->socket.connection;
	struct turn *turn = &entry->turn;
	struct sleep *sleep = &turn->sleep;

	turn->woken = sample_is_inside(record->reason);
	turn->asleep = false;
	sleep->end_ns = record->header.time_ns;
	sleep->wmem_at_end = record->wmem_queued;
	sleep->sndbuf_at_end = record->sndbuf;
	/* The last ACK is what wakes it: up to here nothing else was found. */
	spend(trace, entry, turn->part_cause, sleep->end_ns);
	tell_part(trace, entry, sleep->end_ns);
	account(entry, &connection->flow[entry->socket.end]);
	moment_woke(trace, connection, entry);
}

static void fall_asleep(struct trace *trace, struct entry *entry,
			const struct record_sample_send *record)
{
	struct connection *connection = entry->socket.connection;
	struct flow *flow = &connection->flow[entry->socket.end];
	uint64_t start_ns = record->header.time_ns;
	enum sleep_cause cause = judge_start(mss_of(connection, entry->socket.end), record);

	entry->turn = (struct turn){
		.asleep = true,
		.part_ns = start_ns,
		.judged_ns = start_ns,
		.part_cause = cause,
		.sleep = {
			.start_ns = start_ns,
			.cause = cause,
			.left_bytes = record->left,
			.wmem_at_start = record->wmem_queued,
			.sndbuf_at_start = record->sndbuf,
		},
	};
	count_unread(&entry->turn, &flow->at, start_ns);
	flow->asleep_since_ns = start_ns;
	flow->asleep_cause = cause;
	moment_asleep(trace, connection, entry);
}

/* sk_stream_write_space() has not woken it: less than half of what is used is free. */
static bool has_no_room(const struct record_found *record)
{
	return record->wmem_queued >= record->sndbuf ||
	       record->sndbuf - record->wmem_queued < record->wmem_queued / 2;
}

/* __sk_stream_memory_free() for who is to be woken. */
static bool has_enough_unsent(const struct record_found *record)
{
	uint32_t unsent = record->positions.write_seq - record->positions.snd_nxt;

	return record->notsent_lowat && 2ULL * unsent >= record->notsent_lowat;
}

void sleep_found(struct entry *entry, const struct record_found *record)
{
	const struct record_sample_send sample = {
		.write_seq = record->positions.write_seq,
		.snd_nxt = record->positions.snd_nxt,
		.snd_una = record->positions.snd_una,
		.wmem_queued = record->wmem_queued,
		.sndbuf = record->sndbuf,
		.snd_wnd = record->snd_wnd,
		.snd_cwnd = record->snd_cwnd,
		.packets_out = record->packets_out,
		.flags = record->flags & FOUND_PACED ? SAMPLE_PACED : 0,
	};

	entry->found_full = has_no_room(record) || has_enough_unsent(record);
	entry->found_cause =
		has_no_room(record)
			? judge(mss_of(entry->socket.connection, entry->socket.end), &sample)
			: SLEEP_LOWAT;
}

/* It fell asleep at a time that nobody knows: only what comes next is told. */
void sleep_goes_on(struct trace *trace, struct entry *entry, const struct call *call)
{
	struct connection *connection = entry->socket.connection;
	struct flow *flow = &connection->flow[entry->socket.end];

	if (!entry->found_full || !trace->sleeps_known)
		return;
	entry->turn = (struct turn){
		.asleep = true,
		.found = true,
		.part_ns = call->enter_ns,
		.judged_ns = call->enter_ns,
		.part_cause = entry->found_cause,
		.sleep = {
			.start_ns = call->enter_ns,
			.cause = entry->found_cause,
			.wmem_at_start = flow->wmem_queued,
			.sndbuf_at_start = flow->sndbuf,
		},
	};
	count_unread(&entry->turn, &flow->at, call->enter_ns);
	flow->asleep_since_ns = call->enter_ns;
	flow->asleep_cause = entry->found_cause;
}

/* TCP_NOTSENT_LOWAT asks for the sleep itself: there it stays the cause. */
static void sleep_acked(struct trace *trace, struct entry *entry,
			const struct record_sample_send *record)
{
	struct connection *connection = entry->socket.connection;
	enum end end = entry->socket.end;
	enum sleep_cause cause = entry->turn.sleep.cause;

	if (cause != SLEEP_LOWAT)
		cause = judge(mss_of(connection, end), record);
	spend(trace, entry, cause, record->header.time_ns);
	connection->flow[end].asleep_cause = cause;
}

void sleep_finish_all(struct trace *trace)
{
	struct entry *entry;
	size_t at = 0;

	while ((entry = map_next(&trace->sockets, &at))) {
		if (!entry->turn.asleep || !entry->socket.connection || !is_sending(entry))
			continue;
		entry->turn.asleep = false;
		entry->turn.sleep.end_ns = trace->last_ns;
		spend(trace, entry, entry->turn.part_cause, trace->last_ns);
		tell_part(trace, entry, trace->last_ns);
		account(entry, &entry->socket.connection->flow[entry->socket.end]);
		entry->sending->call.sleeps_known = trace->sleeps_known;
		wait_send(entry->socket.connection, &entry->sending->call);
	}
}

void sleep_sample(struct trace *trace, struct entry *entry, const struct record_sample_send *record)
{
	struct turn *turn = &entry->turn;

	if (!entry->socket.connection)
		return;
	if (record->reason == SAMPLE_ACKED && turn->asleep)
		sleep_acked(trace, entry, record);
	if (!sample_is_inside(record->reason) && record->reason != SAMPLE_SENT)
		return;
	if (sample_is_inside(record->reason)) {
		entry->turn_seen = true;
		entry->nonblock = record->flags & SAMPLE_NONBLOCK;
	}
	if (turn->asleep)
		wake(trace, entry, record);
	entry->socket.connection->flow[entry->socket.end].asleep_since_ns = 0;
	if (sample_is_inside(record->reason) && falls_asleep(record))
		fall_asleep(trace, entry, record);
}
