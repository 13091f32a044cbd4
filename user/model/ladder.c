/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of the conversation, in the order of their times. Keeps what opens and
 * what closes a connection; counts the data between in groups.
 */
#include "user/model/ladder.h"

#include <string.h>

#include "user/model/internal.h"

#define KEEP_FIRST 56	 /* rows of the opening that are never dropped */
#define PLAIN_SEGMENTS 6 /* segments after the handshake before groups begin */
#define PLAIN_REPEATS 6	 /* retransmissions that get a row of their own */
#define PLAIN_CALLS 2	 /* calls of a kind that get rows of their own */
#define PLAIN_FAILURES 4

static void remove_row(struct ladder *ladder, int at)
{
	memmove(ladder->rows + at, ladder->rows + at + 1,
		(size_t)(ladder->used - at - 1) * sizeof(ladder->rows[0]));
	ladder->used--;
}

static struct row *insert(struct ladder *ladder, const struct row *row)
{
	int at;

	if (ladder->used == LADDER_ROWS) {
		remove_row(ladder, KEEP_FIRST);
		ladder->dropped++;
		ladder->dropped_at = KEEP_FIRST - 1;
	}
	for (at = ladder->used; at > 0 && ladder->rows[at - 1].time_ns > row->time_ns; at--)
		ladder->rows[at] = ladder->rows[at - 1];
	ladder->rows[at] = *row;
	ladder->used++;
	return &ladder->rows[at];
}

void ladder_state(struct connection *connection, enum end end, const struct state_change *change)
{
	struct row row = {
		.kind = ROW_STATE,
		.end = end,
		.time_ns = change->time_ns,
		.state = change->new_state,
	};

	if (connection->detail)
		insert(&connection->detail->ladder, &row);
}

static bool is_data_call(enum call_kind call)
{
	return call_sends(call) || call_receives(call);
}

void ladder_call_enter(struct connection *connection, enum end end, const struct call *call)
{
	struct row row = {
		.kind = ROW_CALL_ENTER,
		.end = end,
		.time_ns = call->enter_ns,
		.call = call->kind,
		.asked_bytes = call->asked_bytes,
		.found = call->found,
	};

	if (!connection->detail || !call_can_block(call->kind))
		return;
	if (is_data_call(call->kind) &&
	    connection_calls(connection, end, call->kind)->count >= PLAIN_CALLS)
		return;
	insert(&connection->detail->ladder, &row);
}

/* A call with nothing between its entry and its return needs one row only. */
static void drop_entry_just_before(struct ladder *ladder, enum end end, const struct call *call)
{
	const struct row *last = ladder->rows + ladder->used - 1;

	if (ladder->used && last->kind == ROW_CALL_ENTER && last->end == end &&
	    last->call == call->kind && last->time_ns == call->enter_ns)
		ladder->used--;
}

static bool is_plain(const struct call_stats *stats, const struct call *call)
{
	if (!is_data_call(call->kind) || stats->count <= PLAIN_CALLS || call->sleeps)
		return true;
	return call->result < 0 ? stats->failed <= PLAIN_FAILURES : call->result == 0;
}

/* It gets no row, but it breaks the silence. */
static void count_call(struct ladder *ladder, const struct call *call)
{
	struct row *last = ladder->used ? &ladder->rows[ladder->used - 1] : NULL;

	if (!last)
		return;
	last->calls += call_count(call);
	last->calls_until_ns = call->return_ns;
}

void ladder_call(struct connection *connection, enum end end, const struct call *call)
{
	struct row row = {
		.kind = ROW_CALL,
		.end = end,
		.time_ns = call->return_ns,
		.call = call->kind,
		.asked_bytes = call->asked_bytes,
		.result = call->result,
		.inside_ns = call->return_ns - call->enter_ns,
		.found = call->found,
	};
	struct ladder *ladder;

	if (!connection->detail || !call->finished)
		return;
	ladder = &connection->detail->ladder;
	if (call->run.count || !is_plain(connection_calls(connection, end, call->kind), call)) {
		count_call(ladder, call);
		return;
	}
	drop_entry_just_before(ladder, end, call);
	insert(ladder, &row);
}

/* The same segment where it arrives; a super-segment may arrive in parts. */
static bool mark_arrival(struct ladder *ladder, const struct segment *segment)
{
	for (int i = ladder->used - 1; i >= 0; i--) {
		struct row *row = &ladder->rows[i];

		if (row->kind != ROW_SEGMENT || row->end != segment->sender || !row->left ||
		    row->flags != segment->flags || row->arrived)
			continue;
		if (segment->raw_seq - row->raw_seq <= row->length &&
		    row->raw_ack == segment->raw_ack) {
			row->arrived = true;
			row->arrived_ns = segment->time_ns;
			return true;
		}
	}
	return false;
}

static bool acknowledges_fin(const struct connection *connection, const struct segment *segment)
{
	const struct direction *back = &connection->flow[source_of(connection, segment->sender)].at;

	return back->end_known && segment->ack == back->end + 2;
}

static bool is_plain_segment(const struct connection *connection, const struct segment *segment)
{
	const struct flow *flow = connection->flow;

	if (segment->flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST))
		return true;
	if (flow[END_CLIENT].segments + flow[END_SERVER].segments < PLAIN_SEGMENTS)
		return true;
	if (segment->again)
		return flow[segment->sender].retransmits <= PLAIN_REPEATS;
	return acknowledges_fin(connection, segment);
}

/* One alone is an arrow; the second makes a group of both. */
static void count_in_group(struct ladder *ladder, const struct row *row)
{
	struct row *last = ladder->used ? &ladder->rows[ladder->used - 1] : NULL;

	if (last && last->kind == ROW_SEGMENT && last->grouped)
		*last = (struct row){
			.kind = ROW_DATA,
			.end = last->end,
			.time_ns = last->time_ns,
			.segments = 1,
			.data_bytes = last->length,
		};
	if (!last || last->kind != ROW_DATA) {
		insert(ladder, row)->grouped = true;
		return;
	}
	last->segments++;
	last->data_bytes += row->length;
	last->until_ns = row->time_ns;
	last->calls = 0;
}

void ladder_segment(struct connection *connection, const struct segment *segment)
{
	bool sender_seen = connection->ends[segment->sender] != NULL;
	struct ladder *ladder = &connection->detail->ladder;
	struct row row = {
		.kind = ROW_SEGMENT,
		.end = segment->sender,
		.time_ns = segment->time_ns,
		.flags = segment->flags,
		.raw_seq = segment->raw_seq,
		.raw_ack = segment->raw_ack,
		.seq = segment->seq,
		.ack = segment->ack,
		.length = segment->length,
		.window = segment->window,
		.mss = segment->mss,
		.wscale = segment->wscale,
		.again = segment->again,
		.left = !segment->received,
		.arrived = segment->received,
		.arrived_ns = segment->received ? segment->time_ns : 0,
		.peer_seen = socket_at(connection, other_end(segment->sender)) ||
			     (connection->listener_seen && segment->flags & SEGMENT_SYN),
	};

	if (segment->received && sender_seen) {
		mark_arrival(ladder, segment);
		return;
	}
	row.acks_fin = acknowledges_fin(connection, segment);
	if (is_plain_segment(connection, segment))
		insert(ladder, &row);
	else
		count_in_group(ladder, &row);
}

void ladder_lost(struct connection *connection, const struct loss *loss)
{
	struct row row = {
		.kind = ROW_LOST,
		.time_ns = loss->first_ns,
		.lost = loss->count,
		.until_ns = loss->last_ns,
	};
	struct ladder *ladder;
	struct row *last;

	if (!connection->detail)
		return;
	ladder = &connection->detail->ladder;
	last = ladder->used ? &ladder->rows[ladder->used - 1] : NULL;
	if (last && last->kind == ROW_LOST) {
		last->lost += loss->count;
		if (loss->last_ns > last->until_ns)
			last->until_ns = loss->last_ns;
	} else {
		insert(ladder, &row);
	}
}
