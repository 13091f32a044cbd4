/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the model lets go and what it keeps: no sum changes by it, nothing is
 * told twice, and what comes late is not taken for something new.
 */
#include <netinet/tcp.h>
#include <stdlib.h>

#include "tests/unit/desk.h"
#include "tests/unit/model_records.h"
#include "user/export/footer.h"

#define MANY (TRACE_DETAILED + TRACE_FINISHED + 200)

struct folds {
	unsigned int folded, gone;
	unsigned int last_folded; /* id */
	uint64_t bytes;
	bool ends_known; /* in each folded one both ends were still to be seen */
	bool late_row;	 /* a segment came for a socket that had gone */
};

static void on_folded(void *context, const struct connection *connection)
{
	struct folds *folds = context;

	folds->folded++;
	folds->last_folded = connection->id;
	folds->bytes += connection->flow[CLIENT].at.read;
	folds->ends_known &= connection->ends[CLIENT] && connection->ends[SERVER] &&
			     connection->ends[CLIENT]->connection == connection;
}

static void on_gone(void *context, const struct socket *socket)
{
	struct folds *folds = context;

	folds->gone++;
	(void)socket;
}

static void on_segment(void *context, const struct segment *segment)
{
	struct folds *folds = context;

	folds->late_row |= segment->socket->gone_before && !segment->connection;
}

static const struct trace_sink sink = {
	.folded = on_folded,
	.gone = on_gone,
	.segment = on_segment,
};

static struct play *open_folds(void **state, struct folds *folds)
{
	static const struct capture_info info = { .start_mono_ns = PLAY_START_NS };
	struct play *play;

	assert_int_equal(play_open(state), 0);
	play = *state;
	trace_close(play->trace);
	*folds = (struct folds){ .ends_known = true };
	assert_int_equal(trace_open(&play->trace, &info, &sink, folds), 0);
	return play;
}

static void open_one(struct play *play)
{
	another_connection(play, (uint16_t)(1024 + play->id[CLIENT] % 60000));
	handshake(play);
	sends(play, CLIENT, 100);
	reads(play, SERVER, 100);
}

static void close_one(struct play *play)
{
	client_closes(play);
	server_closes(play);
	returns(play, CLIENT, .call = CALL_CLOSE, .fd = 3);
	returns(play, SERVER, .call = CALL_CLOSE, .fd = 4);
}

static void talk_many(struct play *play, unsigned int count)
{
	server_listens(play);
	for (unsigned int i = 0; i < count; i++) {
		open_one(play);
		close_one(play);
	}
}

static void what_is_kept_is_the_first_ones_and_the_last_ones(void **state)
{
	struct folds folds;
	struct play *play = open_folds(state, &folds);

	talk_many(play, MANY);
	assert_int_equal(trace_begun(play->trace), MANY);
	assert_in_range(trace_connections(play->trace), TRACE_DETAILED + TRACE_FINISHED,
			TRACE_DETAILED + TRACE_FINISHED + 1);
	assert_int_equal(folds.folded, MANY - trace_connections(play->trace));
	assert_int_equal(folds.gone, 2 * folds.folded);
	assert_true(folds.ends_known);
	assert_int_equal(trace_connection(play->trace, TRACE_DETAILED - 1)->id, TRACE_DETAILED);
	assert_int_equal(folds.last_folded, TRACE_DETAILED + folds.folded);
	assert_null(trace_find(play->trace, folds.last_folded));
	assert_int_equal(trace_find(play->trace, MANY)->id, MANY);
}

static void sums_are_those_of_all(void **state)
{
	struct trace_totals totals;
	struct folds folds;
	struct play *play = open_folds(state, &folds);

	talk_many(play, MANY);
	trace_totals(play->trace, 8, &totals);
	assert_int_equal(totals.connections, MANY - 8);
	assert_int_equal(totals.bytes[CLIENT], (MANY - 8) * 100);
	assert_int_equal(totals.open, 0);
	assert_int_equal(folds.bytes, folds.folded * 100);
}

static void what_is_open_stays(void **state)
{
	struct folds folds;
	struct play *play = open_folds(state, &folds);
	unsigned int open_id;

	talk_many(play, TRACE_DETAILED);
	open_one(play);
	open_id = trace_begun(play->trace);
	talk_many(play, MANY);
	assert_non_null(trace_find(play->trace, open_id));
	assert_false(trace_find(play->trace, open_id)->finished);
}

/* It may still read what came, or the error. */
static void what_the_program_holds_stays_longer(void **state)
{
	struct folds folds;
	struct play *play = open_folds(state, &folds);
	unsigned int held_id;

	talk_many(play, TRACE_DETAILED);
	open_one(play);
	held_id = trace_begun(play->trace);
	client_closes(play);
	server_closes(play);
	talk_many(play, MANY);
	assert_non_null(trace_find(play->trace, held_id));
}

static void what_comes_late_is_nothing_new(void **state)
{
	struct folds folds;
	struct play *play = open_folds(state, &folds);
	unsigned int begun;
	uint32_t late;

	talk_many(play, TRACE_DETAILED);
	late = play->id[CLIENT] + 10;
	talk_many(play, MANY);
	begun = trace_begun(play->trace);
	feed(play, RECORD_SEGMENT, segment, late, .flags = SEGMENT_ACK, .received = 1);
	assert_true(folds.late_row);
	assert_int_equal(trace_begun(play->trace), begun);
}

/* No more than that connect, and nothing else of them. */
static void connect_many(struct play *play, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		another_connection(play, (uint16_t)(1024 + play->id[CLIENT] % 60000));
		changes(play, CLIENT, TCP_CLOSE, TCP_SYN_SENT);
		changes(play, CLIENT, TCP_SYN_SENT, TCP_ESTABLISHED);
	}
}

static const char *footer_of(const struct play *play, struct desk *desk, enum lang lang)
{
	footer_print(desk_begin(desk, 80, true, lang), play->trace, &desk->story.end);
	return desk_finish(desk);
}

static void check_footer(const struct play *play)
{
	void *state = NULL;
	struct desk *desk;

	assert_int_equal(desk_open(&state), 0);
	desk = state;
	assert_contains(footer_of(play, desk, LANG_EN), "More than 65,536 connections were open");
	assert_contains(footer_of(play, desk, LANG_EN), "8,192 that had been silent");
	assert_contains(footer_of(play, desk, LANG_ZH), "8,192");
	desk_close(&state);
}

static void as_many_as_are_kept_open_are_kept(void **state)
{
	struct folds folds;
	struct play *play = open_folds(state, &folds);

	play->sees[SERVER] = false;
	connect_many(play, TRACE_OPEN);
	assert_int_equal(folds.folded, 0);
	assert_int_equal(trace_left_open(play->trace), 0);
	assert_int_equal(trace_connections(play->trace), TRACE_OPEN);
}

static void of_too_many_open_ones_the_longest_silent_are_let_go(void **state)
{
	const unsigned int most = TRACE_DETAILED + TRACE_FINISHED + 1 + TRACE_OPEN;
	struct trace_totals totals;
	struct folds folds;
	struct play *play = open_folds(state, &folds);
	uint32_t busy;

	play->sees[SERVER] = false;
	connect_many(play, TRACE_DETAILED + 1);
	busy = play->id[CLIENT];
	connect_many(play, most - TRACE_DETAILED - 1);
	feed(play, RECORD_SEGMENT, segment, busy, .flags = SEGMENT_ACK, .received = 1);
	connect_many(play, 100);
	assert_int_equal(folds.folded, TRACE_OPEN / 8);
	assert_int_equal(trace_left_open(play->trace), folds.folded);
	assert_int_equal(trace_connections(play->trace), most + 100 - folds.folded);
	assert_non_null(trace_find(play->trace, TRACE_DETAILED));
	assert_non_null(trace_find(play->trace, TRACE_DETAILED + 1));
	assert_null(trace_find(play->trace, TRACE_DETAILED + 2));
	assert_int_equal(folds.last_folded, TRACE_DETAILED + 1 + folds.folded);
	assert_non_null(trace_find(play->trace, folds.last_folded + 1));
	trace_totals(play->trace, 0, &totals);
	assert_int_equal(totals.connections, most + 100);
	assert_int_equal(totals.open, most + 100);
	check_footer(play);
}

struct retold {
	struct trace *trace; /* that hears it */
	unsigned int tasks, sockets, states;
	bool in_order;
};

static int hear(void *context, const struct record_header *header)
{
	struct retold *retold = context;
	union record record;

	assert_int_equal(decode_record(header, header->size, &record), header->size);
	retold->in_order &= header->kind != RECORD_PROCESS || !retold->sockets;
	retold->tasks += header->kind == RECORD_PROCESS;
	retold->sockets += header->kind == RECORD_SOCKET;
	retold->states += header->kind == RECORD_STATE;
	return trace_feed(retold->trace, &record);
}

static void what_is_retold_is_what_lives(void **state)
{
	static const struct capture_info info = { .start_mono_ns = PLAY_START_NS };
	struct retold retold = { .in_order = true };
	struct folds folds;
	struct play *play = open_folds(state, &folds);

	talk_many(play, 5);
	open_one(play);
	feed(play, RECORD_PROCESS, process, 0, .tgid = 900, .tid = 900, .event = PROCESS_EXIT);
	assert_int_equal(trace_open(&retold.trace, &info, NULL, NULL), 0);
	assert_int_equal(trace_retell(play->trace, hear, &retold), 0);
	/* The listener and both ends of the connection that is open. */
	assert_int_equal(retold.sockets, 3);
	assert_int_equal(retold.states, 3);
	assert_int_equal(trace_older(retold.trace), 2);
	assert_true(retold.in_order);
	assert_int_equal(trace_connections(retold.trace), 0);
	trace_close(retold.trace);
}

#define fold(test) cmocka_unit_test_teardown(test, play_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fold(what_is_kept_is_the_first_ones_and_the_last_ones),
		fold(sums_are_those_of_all),
		fold(what_is_open_stays),
		fold(what_the_program_holds_stays_longer),
		fold(what_comes_late_is_nothing_new),
		fold(as_many_as_are_kept_open_are_kept),
		fold(of_too_many_open_ones_the_longest_silent_are_let_go),
		fold(what_is_retold_is_what_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
