/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sleeps inside send(): from ACK to ACK, what held the data back; whose window
 * it was, and whether that reader was slow. The parts of a sleep add up to it.
 */
#include "tests/unit/model_records.h"

#define FULL .wmem = 9999, .sndbuf = 8000

/* A send() of 50000 bytes falls asleep: its buffer is full. */
static void falls_asleep(struct play *play)
{
	enters(play, CLIENT, .call = CALL_SEND, .asked = 50000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 40000, .sent = 1000, FULL, .window = 1000,
		    .left = 10000, .flags = SAMPLE_NEW_BUFFER);
}

static void wakes(struct play *play)
{
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 40000, .sent = 40000, .wmem = 100,
		    .left = 10000);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 50000, .sent = 50000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 50000, .bytes = 50000, .result = 50000);
}

/* An ACK comes after a while: the queue is as given until then. */
#define acked_after(play, ms, ...)                                                           \
	do {                                                                                 \
		pass(play, (ms)*MS - US);                                                    \
		write_queue(play, CLIENT, SAMPLE_ACKED, .handed = 40000, FULL, __VA_ARGS__); \
	} while (0)

static uint64_t slept_ns(const struct call *call)
{
	uint64_t sum_ns = 0;

	for (int cause = 0; cause < SLEEP_CAUSES; cause++)
		sum_ns += call->sleep_ns[cause];
	return sum_ns;
}

static void assert_parts_touch(const struct play *play)
{
	const struct sleep *sleep = &last_call(play)->last_sleep;
	uint64_t at_ns = sleep->start_ns;

	for (int i = 0; i < play->sleep_count; i++) {
		assert_int_equal(play->sleeps[i].start_ns, at_ns);
		assert_int_equal(play->sleeps[i].sender, CLIENT);
		at_ns = play->sleeps[i].end_ns;
	}
	assert_int_equal(at_ns, sleep->end_ns);
}

static void a_sleep_is_parted_by_what_each_ack_found(void **state)
{
	struct play *play = *state;
	const struct call *call;

	handshake(play);
	falls_asleep(play);
	acked_after(play, 10, .sent = 1000, .window = 1000, .ack = 1000);
	acked_after(play, 20, .sent = 15600, .acked = 1000, .out = 10, .cwnd = 10, .ack = 3920);
	acked_after(play, 30, .sent = 20000, .acked = 3920, .out = 5, .flags = SAMPLE_PACED,
		    .ack = 20000);
	acked_after(play, 40, .sent = 40000, .acked = 20000, .out = 7, .ack = 40000);
	wakes(play);

	call = last_call(play);
	assert_int_equal(call->sleeps, 1);
	assert_int_equal(call->sleep_ns[SLEEP_PEER_WINDOW], 10 * MS);
	assert_int_equal(call->sleep_ns[SLEEP_CONGESTION], 20 * MS);
	assert_int_equal(call->sleep_ns[SLEEP_PACING], 30 * MS);
	assert_int_equal(call->sleep_ns[SLEEP_BUFFER], 40 * MS + US);
	assert_int_equal(slept_ns(call), call->last_sleep.end_ns - call->last_sleep.start_ns);
	assert_int_equal(play->sleep_count, 4);
	assert_parts_touch(play);
}

/* What fell asleep for one cause and meets another at the first ACK was waiting for that. */
static void the_first_ack_corrects_what_falling_asleep_looked_like(void **state)
{
	struct play *play = *state;

	handshake(play);
	falls_asleep(play);
	acked_after(play, 10, .sent = 15600, .acked = 1000, .out = 10, .cwnd = 10, .ack = 3920);
	wakes(play);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_PEER_WINDOW], 0);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_CONGESTION], 10 * MS + US);
	assert_int_equal(last_call(play)->last_sleep.cause, SLEEP_PEER_WINDOW);
	assert_int_equal(play->sleep_count, 1);
	assert_parts_touch(play);
}

/* tcp_tso_should_defer() waits for more room than one segment. */
static void a_window_with_little_room_is_still_what_is_waited_for(void **state)
{
	struct play *play = *state;

	handshake(play);
	falls_asleep(play);
	acked_after(play, 10, .sent = 27000, .acked = 1000, .window = 30000, .out = 18, .cwnd = 90,
		    .ack = 27000);
	acked_after(play, 20, .sent = 27000, .acked = 1000, .out = 18, .cwnd = 20, .ack = 27000);
	wakes(play);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_PEER_WINDOW], 10 * MS);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_CONGESTION], 20 * MS + US);
}

static void unsent_bytes_that_nothing_holds_back_have_no_known_cause(void **state)
{
	struct play *play = *state;

	handshake(play);
	falls_asleep(play);
	acked_after(play, 10, .sent = 2000, .acked = 1000, .out = 1, .cwnd = 20, .ack = 2000);
	wakes(play);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_NONE], 10 * MS + US);
	assert_int_equal(slept_ns(last_call(play)), 10 * MS + US);
}

/* Less than one segment waits for what comes behind it, which finds no room. */
static void less_than_a_segment_unsent_is_the_small_buffers_fault(void **state)
{
	struct play *play = *state;

	handshake(play);
	falls_asleep(play);
	acked_after(play, 10, .sent = 39000, .acked = 36000, .out = 3, .cwnd = 20, .ack = 39000);
	wakes(play);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_BUFFER], 10 * MS + US);
}

static void an_asked_for_limit_of_unsent_bytes_stays_the_cause(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 50000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 40000, .sent = 1000, .wmem = 9999,
		    .lowat = 30000, .left = 10000, .flags = SAMPLE_NEW_BUFFER);
	acked_after(play, 10, .sent = 1000, .window = 1000, .ack = 1000);
	wakes(play);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_LOWAT], 10 * MS + US);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_PEER_WINDOW], 0);
}

static void a_reader_with_bytes_to_read_is_named_as_slow(void **state)
{
	struct play *play = *state;

	handshake(play);
	read_queue(play, SERVER, SAMPLE_QUEUED, 1000, 0);
	falls_asleep(play);
	acked_after(play, 10, .sent = 1000, .window = 1000, .ack = 1000);
	wakes(play);
	assert_int_equal(last_call(play)->unread_ns, 10 * MS + US);
	assert_int_equal(last_call(play)->reader_tgid, play->tid[SERVER]);
	assert_string_equal(last_call(play)->reader_comm, "server");
	assert_int_equal(the_connection(play)->flow[CLIENT].unread_ns, 10 * MS + US);
}

/* Its window is small: it has read what came. */
static void a_reader_with_nothing_to_read_is_not_slow(void **state)
{
	struct play *play = *state;

	handshake(play);
	read_queue(play, SERVER, SAMPLE_QUEUED, 1000, 0);
	falls_asleep(play);
	pass(play, 4 * MS - US);
	read_queue(play, SERVER, SAMPLE_COPIED, 1000, 1000);
	acked_after(play, 6, .sent = 1000, .window = 1000, .ack = 1000);
	wakes(play);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_PEER_WINDOW], 10 * MS + US);
	assert_int_equal(last_call(play)->unread_ns, 4 * MS);
	assert_int_equal(last_call(play)->reader_tgid, 0);
}

static void a_reader_that_is_not_traced_is_not_named(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	handshake(play);
	falls_asleep(play);
	acked_after(play, 10, .sent = 1000, .window = 1000, .ack = 1000);
	wakes(play);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_PEER_WINDOW], 10 * MS + US);
	assert_int_equal(last_call(play)->reader_tgid, 0);
}

static void a_send_that_sleeps_to_the_end_of_the_trace_is_told_with_its_causes(void **state)
{
	struct play *play = *state;
	const struct call *call;

	handshake(play);
	falls_asleep(play);
	acked_after(play, 10, .sent = 1000, .window = 1000, .ack = 1000);
	assert_int_equal(trace_finish(play->trace), 0);
	call = last_call(play);
	assert_int_equal(call->kind, CALL_SEND);
	assert_int_equal(call->return_ns, 0);
	assert_true(call->sleeps_known);
	assert_int_equal(call->sleep_ns[SLEEP_PEER_WINDOW], 10 * MS);
	assert_parts_touch(play);
}

/* Where the turns of the copy loop are not shown, the function that waits is. */
static void a_wait_that_is_shown_itself_needs_no_full_buffer(void **state)
{
	struct play *play = *state;
	const struct call *call;

	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 50000);
	write_queue(play, CLIENT, SAMPLE_WAITS, .handed = 40000, .sent = 40000, .wmem = 100,
		    .sndbuf = 8000, .left = 10000, .flags = SAMPLE_NEW_BUFFER);
	pass(play, 10 * MS);
	write_queue(play, CLIENT, SAMPLE_WOKEN, .handed = 40000, .sent = 40000, FULL, .left = 10000,
		    .flags = SAMPLE_NEW_BUFFER);
	pass(play, 10 * MS);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 50000, .sent = 50000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 50000, .bytes = 50000, .result = 50000);
	call = last_call(play);
	assert_int_equal(call->sleeps, 1);
	assert_int_equal(slept_ns(call), call->sleep_ns[SLEEP_NONE]);
	assert_in_range(slept_ns(call), 10 * MS, 11 * MS);
}

static void keep_call(void *context, const struct call *call)
{
	*(struct call *)context = *call;
}

/* The hook for turns is off, as at --detail calls: no sleep is seen, and none is denied. */
static void without_turns_sleeps_are_not_known(void **state)
{
	static const struct capture_info info = {
		.hooks = { { .name = "tcp_sendmsg_locked", .on = false } },
		.hook_count = 1,
	};
	static const struct trace_sink sink = { .call = keep_call };
	struct play *play = *state;
	struct call told = { 0 };

	trace_close(play->trace);
	assert_int_equal(trace_open(&play->trace, &info, &sink, &told), 0);
	handshake(play);
	sends(play, CLIENT, 100);
	assert_int_equal(told.kind, CALL_SEND);
	assert_false(told.sleeps_known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(a_sleep_is_parted_by_what_each_ack_found),
		promise(the_first_ack_corrects_what_falling_asleep_looked_like),
		promise(a_window_with_little_room_is_still_what_is_waited_for),
		promise(unsent_bytes_that_nothing_holds_back_have_no_known_cause),
		promise(less_than_a_segment_unsent_is_the_small_buffers_fault),
		promise(an_asked_for_limit_of_unsent_bytes_stays_the_cause),
		promise(a_reader_with_bytes_to_read_is_named_as_slow),
		promise(a_reader_with_nothing_to_read_is_not_slow),
		promise(a_reader_that_is_not_traced_is_not_named),
		promise(a_send_that_sleeps_to_the_end_of_the_trace_is_told_with_its_causes),
		promise(a_wait_that_is_shown_itself_needs_no_full_buffer),
		promise(without_turns_sleeps_are_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
