/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ladder: rows by time, the opening and the closing whole, data in
 * groups, and never more rows than there is room for.
 */
#include <netinet/tcp.h>

#include "tests/unit/model_records.h"

static const struct ladder *the_ladder(const struct play *play)
{
	return &the_connection(play)->detail->ladder;
}

static int rows_of(const struct ladder *ladder, enum row_kind kind)
{
	int count = 0;

	for (int i = 0; i < ladder->used; i++)
		count += ladder->rows[i].kind == kind;
	return count;
}

static const struct row *segment_row(const struct ladder *ladder, uint8_t flags)
{
	for (int i = 0; i < ladder->used; i++) {
		if (ladder->rows[i].kind == ROW_SEGMENT && ladder->rows[i].flags == flags)
			return &ladder->rows[i];
	}
	fail_msg("no such segment");
	return NULL;
}

static void assert_by_time(const struct ladder *ladder)
{
	for (int i = 1; i < ladder->used; i++)
		assert_true(ladder->rows[i - 1].time_ns <= ladder->rows[i].time_ns);
}

static void the_handshake_stands_in_it_step_by_step(void **state)
{
	static const struct {
		enum row_kind kind;
		enum end end;
		unsigned int word; /* call, state or flags */
	} steps[] = {
		{ ROW_CALL, SERVER, CALL_LISTEN },
		{ ROW_CALL_ENTER, SERVER, CALL_ACCEPT },
		{ ROW_CALL_ENTER, CLIENT, CALL_CONNECT },
		{ ROW_STATE, CLIENT, TCP_SYN_SENT },
		{ ROW_SEGMENT, CLIENT, SEGMENT_SYN },
		{ ROW_STATE, SERVER, TCP_SYN_RECV },
		{ ROW_SEGMENT, SERVER, SEGMENT_SYN | SEGMENT_ACK },
		{ ROW_STATE, CLIENT, TCP_ESTABLISHED },
		{ ROW_SEGMENT, CLIENT, SEGMENT_ACK },
		{ ROW_STATE, SERVER, TCP_ESTABLISHED },
		{ ROW_CALL, CLIENT, CALL_CONNECT },
		{ ROW_CALL, SERVER, CALL_ACCEPT },
	};
	struct play *play = *state;
	const struct row *row;
	size_t found = 0;

	handshake(play);
	assert_by_time(the_ladder(play));
	for (int i = 0; i < the_ladder(play)->used; i++) {
		row = &the_ladder(play)->rows[i];
		if (found < sizeof(steps) / sizeof(steps[0]) && row->kind == steps[found].kind &&
		    row->end == steps[found].end &&
		    (row->call == steps[found].word || row->state == steps[found].word ||
		     row->flags == steps[found].word))
			found++;
	}
	assert_int_equal(found, sizeof(steps) / sizeof(steps[0]));
}

static void a_segment_seen_at_both_ends_is_one_row(void **state)
{
	struct play *play = *state;
	const struct row *row;

	handshake(play);
	row = segment_row(the_ladder(play), SEGMENT_SYN | SEGMENT_ACK);
	assert_true(row->left);
	assert_true(row->arrived);
	assert_int_equal(row->arrived_ns, row->time_ns + US);
	assert_true(row->peer_seen);
	assert_int_equal(row->raw_seq, play->isn[SERVER]);
	assert_int_equal(row->ack, 1);
	assert_int_equal(row->mss, 1460);
	assert_int_equal(rows_of(the_ladder(play), ROW_SEGMENT), 3);
}

/* Where a traced socket listens, an arriving SYN would have been seen. */
static void a_syn_that_did_not_reach_a_traced_listener_was_lost(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	assert_true(segment_row(the_ladder(play), SEGMENT_SYN)->peer_seen);
}

static void a_syn_for_a_stranger_may_have_arrived(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	assert_false(segment_row(the_ladder(play), SEGMENT_SYN)->peer_seen);
}

static void a_segment_that_never_arrived_is_shown_as_such(void **state)
{
	struct play *play = *state;
	const struct row *row;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	pass(play, SECOND);
	syn_leaves(play);
	syn_arrives(play);
	row = segment_row(the_ladder(play), SEGMENT_SYN);
	assert_true(row->left);
	assert_false(row->arrived);
	assert_true(row[1].again || row[2].again);
}

static void data_segments_are_counted_in_groups(void **state)
{
	struct play *play = *state;
	uint64_t segments = 0, bytes = 0;

	handshake(play);
	for (uint64_t i = 0; i < 500; i++) {
		data(play, CLIENT, i * 1000, 1000);
		acknowledges(play, SERVER);
	}
	assert_in_range(rows_of(the_ladder(play), ROW_DATA), 1, 3);
	assert_in_range(rows_of(the_ladder(play), ROW_SEGMENT), 3, 20);
	for (int i = 0; i < the_ladder(play)->used; i++) {
		const struct row *row = &the_ladder(play)->rows[i];
		bool plain = row->kind == ROW_SEGMENT && !(row->flags & SEGMENT_SYN);

		segments += row->kind == ROW_DATA ? row->segments : plain;
		bytes += row->kind == ROW_DATA ? row->data_bytes : row->length;
	}
	assert_int_equal(bytes, 500000);
	assert_int_equal(segments, 1001);
}

static void it_is_bounded_and_keeps_opening_and_closing(void **state)
{
	struct play *play = *state;
	const struct ladder *ladder;

	handshake(play);
	for (uint64_t i = 0; i < 400; i++) {
		data(play, CLIENT, i * 10, 10);
		returns(play, CLIENT, .call = CALL_SHUTDOWN);
	}
	client_closes(play);
	server_closes(play);
	ladder = the_ladder(play);
	assert_int_equal(ladder->used, LADDER_ROWS);
	assert_true(ladder->dropped > 300);
	assert_in_range(ladder->dropped_at, 0, LADDER_ROWS - 1);
	segment_row(ladder, SEGMENT_SYN);
	segment_row(ladder, SEGMENT_FIN | SEGMENT_ACK);
	assert_int_equal(ladder->rows[ladder->used - 1].kind, ROW_STATE);
	assert_int_equal(ladder->rows[ladder->used - 1].state, TCP_CLOSE);
	assert_by_time(ladder);
}

static void both_fins_and_their_acks_stand_alone(void **state)
{
	struct play *play = *state;
	int fins = 0;

	handshake(play);
	for (uint64_t i = 0; i < 50; i++)
		data(play, CLIENT, i * 1000, 1000);
	client_closes(play);
	server_closes(play);
	for (int i = 0; i < the_ladder(play)->used; i++) {
		const struct row *row = &the_ladder(play)->rows[i];

		fins += row->kind == ROW_SEGMENT && row->flags & SEGMENT_FIN;
	}
	assert_int_equal(fins, 2);
	assert_int_equal(the_ladder(play)->rows[the_ladder(play)->used - 2].kind, ROW_SEGMENT);
	assert_int_equal(the_ladder(play)->rows[the_ladder(play)->used - 2].ack, 2);
}

static void lost_records_leave_a_gap_that_is_shown(void **state)
{
	struct play *play = *state;

	handshake(play);
	for (int i = 0; i < 3; i++)
		feed(play, RECORD_LOST, lost, 0, .first_ns = play->now_ns, .last_ns = play->now_ns,
		     .count = 10, .what = RECORD_SEGMENT);
	assert_int_equal(rows_of(the_ladder(play), ROW_LOST), 1);
	assert_int_equal(the_ladder(play)->rows[the_ladder(play)->used - 1].lost, 30);
}

static void many_calls_of_one_kind_are_not_all_told(void **state)
{
	struct play *play = *state;

	handshake(play);
	for (int i = 0; i < 40; i++)
		sends(play, CLIENT, 10);
	assert_in_range(rows_of(the_ladder(play), ROW_CALL), 3, 12);
	returns(play, SERVER, .call = CALL_RECV, .asked = 100, .result = 0);
	assert_int_equal(the_ladder(play)->rows[the_ladder(play)->used - 1].call, CALL_RECV);
}

/* Each fills ladder->used rows, a second apart. */
static void fill_ladder(struct ladder *ladder, const struct row *rows, int used)
{
	*ladder = (struct ladder){ .used = used };
	for (int i = 0; i < used; i++) {
		ladder->rows[i] = rows[i];
		ladder->rows[i].time_ns = SECOND * (uint64_t)(i + 1);
	}
}

static const struct row closing[] = {
	{ .kind = ROW_CALL_ENTER, .call = CALL_CONNECT },
	{ .kind = ROW_SEGMENT, .flags = SEGMENT_SYN },
	{ .kind = ROW_CALL, .call = CALL_RECV, .result = 7 },
	{ .kind = ROW_SEGMENT, .length = 5, .flags = SEGMENT_ACK },
	{ .kind = ROW_CALL_ENTER, .call = CALL_SEND },
	{ .kind = ROW_DATA, .segments = 9 },
	{ .kind = ROW_SEGMENT, .flags = SEGMENT_FIN },
	{ .kind = ROW_SEGMENT, .flags = SEGMENT_ACK, .acks_fin = true },
	{ .kind = ROW_STATE, .state = TCP_CLOSE },
};

static bool at_most_seven(const bool kept[LADDER_ROWS], void *context)
{
	int count = 0;

	(void)context;
	for (int i = 0; i < LADDER_ROWS; i++)
		count += kept[i];
	return count <= 7;
}

static void what_opens_blocks_and_closes_stays(void **state)
{
	bool kept[LADDER_ROWS];
	struct ladder ladder;

	(void)state;
	fill_ladder(&ladder, closing, 9);
	ladder_choose(&ladder, kept, at_most_seven, NULL);
	for (int i = 0; i < ladder.used; i++)
		assert_int_equal(kept[i], i != 2 && i != 3);
}

static void a_silence_is_told_only_where_nothing_is_left_out(void **state)
{
	bool kept[LADDER_ROWS];
	struct ladder_gap gap;
	struct ladder ladder;

	(void)state;
	fill_ladder(&ladder, closing, 9);
	ladder_choose(&ladder, kept, at_most_seven, NULL);
	gap = ladder_gap(&ladder, kept, 0, 1);
	assert_true(!gap.rows && !gap.calls && gap.ns == SECOND);
	gap = ladder_gap(&ladder, kept, 1, ladder_next(&ladder, kept, 1));
	assert_true(gap.rows == 2 && gap.ns == 3 * SECOND);
	ladder.rows[0].calls = 4;
	assert_int_equal(ladder_gap(&ladder, kept, 0, 1).calls, 4);
	ladder.dropped = 10;
	ladder.dropped_at = 6;
	assert_int_equal(ladder_gap(&ladder, kept, 6, 7).rows, 10);
	assert_int_equal(ladder_gap(&ladder, kept, 7, 8).rows, 0);
}

static void calls_without_rows_are_counted_behind_the_last_row(void **state)
{
	struct play *play = *state;
	const struct row *last;

	handshake(play);
	for (int i = 0; i < 40; i++)
		returns(play, SERVER, .call = CALL_READ, .asked = 100, .result = 100);
	last = &the_ladder(play)->rows[the_ladder(play)->used - 1];
	assert_int_equal(last->calls, 38);
	assert_true(last->calls_until_ns > last->time_ns);
}

static void one_segment_alone_is_no_group(void **state)
{
	struct play *play = *state;
	const struct row *last;

	handshake(play);
	for (uint64_t i = 0; i < 8; i++)
		data(play, CLIENT, i * 1000, 1000);
	client_closes(play);
	for (int i = 0; i < the_ladder(play)->used; i++)
		assert_true(the_ladder(play)->rows[i].kind != ROW_DATA ||
			    the_ladder(play)->rows[i].segments > 1);
	data(play, SERVER, 0, 10);
	last = &the_ladder(play)->rows[the_ladder(play)->used - 1];
	assert_true(last->kind == ROW_SEGMENT && last->length == 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(the_handshake_stands_in_it_step_by_step),
		promise(a_segment_seen_at_both_ends_is_one_row),
		promise(a_segment_that_never_arrived_is_shown_as_such),
		promise(data_segments_are_counted_in_groups),
		promise(it_is_bounded_and_keeps_opening_and_closing),
		promise(both_fins_and_their_acks_stand_alone),
		promise(lost_records_leave_a_gap_that_is_shown),
		promise(many_calls_of_one_kind_are_not_all_told),
		promise(what_opens_blocks_and_closes_stays),
		promise(a_silence_is_told_only_where_nothing_is_left_out),
		promise(calls_without_rows_are_counted_behind_the_last_row),
		promise(a_syn_that_did_not_reach_a_traced_listener_was_lost),
		promise(a_syn_for_a_stranger_may_have_arrived),
		promise(one_segment_alone_is_no_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
