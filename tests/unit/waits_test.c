/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What calls waited for: the parts of a sleep from ACK to ACK, the phases of
 * an attempt to connect, and whether accept() or the connection was there
 * first. Parts add up to the whole; what no record shows is not said.
 */
#include <errno.h>
#include <netinet/tcp.h>

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

static const struct attempt *attempt(const struct play *play)
{
	const struct call *call = last_call(play);
	uint64_t sum_ns = 0;

	assert_int_equal(call->kind, CALL_CONNECT);
	assert_non_null(call->attempt);
	for (int phase = 0; phase < PHASES; phase++)
		sum_ns += call->attempt->phase_ns[phase];
	assert_int_equal(sum_ns, call->return_ns - call->enter_ns);
	return call->attempt;
}

static void assert_phase(const struct play *play, enum connect_phase phase, uint64_t at_least_ns)
{
	const struct attempt *made = attempt(play);

	assert_string_equal(name_phase(wait_longest(made->phase_ns)), name_phase(phase));
	assert_in_range(made->phase_ns[phase], at_least_ns, at_least_ns + 20 * US);
}

static void up(struct play *play)
{
	syn_ack(play);
	client_established(play);
	connect_returns(play, 0);
}

static void a_syn_without_an_answer_is_sent_again(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	pass(play, SECOND);
	syn_leaves(play);
	syn_arrives(play);
	up(play);
	assert_phase(play, PHASE_SYN_RETRY, SECOND);
	assert_int_equal(attempt(play)->syns, 2);
}

static void a_syn_whose_syn_ack_was_lost_is_told_apart(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	syn_arrives(play);
	leaves(play, SERVER, SEGMENT_SYN | SEGMENT_ACK, play->isn[SERVER], play->isn[CLIENT] + 1,
	       0);
	pass(play, SECOND);
	syn_leaves(play);
	syn_arrives(play);
	up(play);
	assert_phase(play, PHASE_SYN_ACK_RETRY, SECOND);
}

static void a_syn_that_found_the_accept_queue_full_is_told_apart(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	for (int i = 0; i < 2; i++) {
		syn_leaves(play);
		feed(play, RECORD_QUEUE, queue, LISTENER_ID, .length = 2, .limit = 1,
		     .event = QUEUE_SYN, .child = play->id[CLIENT]);
		pass(play, SECOND);
	}
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ETIMEDOUT);
	connect_returns(play, -ETIMEDOUT);
	assert_phase(play, PHASE_ACCEPT_QUEUE, 2 * SECOND);
	assert_int_equal(attempt(play)->phase_ns[PHASE_SYN_RETRY], 0);
}

/* Each SYN is judged by itself. */
static void two_reasons_for_retries_are_counted_apart(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	feed(play, RECORD_QUEUE, queue, LISTENER_ID, .length = 2, .limit = 1, .event = QUEUE_SYN,
	     .child = play->id[CLIENT]);
	pass(play, SECOND);
	syn_leaves(play);
	pass(play, 2 * SECOND);
	syn_leaves(play);
	syn_arrives(play);
	up(play);
	assert_phase(play, PHASE_SYN_RETRY, 2 * SECOND);
	assert_in_range(attempt(play)->phase_ns[PHASE_ACCEPT_QUEUE], SECOND, SECOND + 10 * US);
}

static void a_long_way_is_a_wait_for_the_syn_ack(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	client_connects(play);
	syn_leaves(play);
	pass(play, 200 * MS);
	up(play);
	assert_phase(play, PHASE_SYN_ACK_WAIT, 200 * MS);
	assert_int_equal(attempt(play)->syns, 1);
}

static void an_attempt_that_is_refused_waited_for_the_answer(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	client_connects(play);
	syn_leaves(play);
	pass(play, 200 * MS);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ECONNREFUSED);
	connect_returns(play, -ECONNREFUSED);
	assert_phase(play, PHASE_SYN_ACK_WAIT, 200 * MS);
}

static void without_a_syn_all_of_it_was_before_the_syn(void **state)
{
	struct play *play = *state;

	client_connects(play);
	pass(play, 3 * SECOND);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = EHOSTUNREACH);
	connect_returns(play, -EHOSTUNREACH);
	assert_phase(play, PHASE_BEFORE_SYN, 3 * SECOND);
	assert_int_equal(attempt(play)->syns, 0);
}

static void a_program_that_is_run_late_waits_after_the_answer(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	client_connects(play);
	syn_leaves(play);
	syn_ack(play);
	client_established(play);
	pass(play, 30 * MS);
	connect_returns(play, 0);
	assert_phase(play, PHASE_AFTER, 30 * MS);
}

static void a_call_that_does_not_wait_has_no_phases_but_its_attempt_has(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	client_connects(play);
	syn_leaves(play);
	connect_returns(play, -EINPROGRESS);
	assert_null(last_call(play)->attempt);
	pass(play, 200 * MS);
	syn_ack(play);
	client_established(play);
	assert_true(wait_known(the_connection(play)));
	assert_in_range(the_connection(play)->attempt.phase_ns[PHASE_SYN_ACK_WAIT], 200 * MS,
			200 * MS + 20 * US);
}

static void lost_records_leave_the_phases_unknown(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	client_connects(play);
	syn_leaves(play);
	feed(play, RECORD_LOST, lost, 0, .first_ns = play->now_ns - US, .last_ns = play->now_ns,
	     .count = 1, .what = RECORD_SEGMENT);
	up(play);
	assert_null(last_call(play)->attempt);
	assert_false(wait_known(the_connection(play)));
}

static void what_is_lost_later_leaves_the_phases_known(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	client_connects(play);
	syn_leaves(play);
	up(play);
	pass(play, MS);
	feed(play, RECORD_LOST, lost, 0, .first_ns = play->now_ns, .last_ns = play->now_ns,
	     .count = 1, .what = RECORD_SEGMENT);
	assert_true(the_connection(play)->lossy);
	assert_true(wait_known(the_connection(play)));
}

static void accept_that_comes_late_finds_the_connection_ready(void **state)
{
	struct play *play = *state;
	uint64_t ready_ns;

	server_listens(play);
	returns(play, SERVER, .header.socket = LISTENER_ID, .call = CALL_ACCEPT, .fd = 3,
		.result = -EAGAIN);
	assert_false(last_call(play)->accept.known);
	client_connects(play);
	syn_leaves(play);
	syn_arrives(play);
	up(play);
	ready_ns = server_established(play);
	pass(play, 2 * SECOND);
	enters(play, SERVER, .header.socket = LISTENER_ID, .call = CALL_ACCEPT, .fd = 3);
	accept_returns(play);
	assert_true(last_call(play)->accept.known);
	assert_int_equal(last_call(play)->accept.ready_ns, last_call(play)->enter_ns - ready_ns);
	assert_int_equal(last_call(play)->accept.idle_ns, 0);
}

static void accept_that_comes_early_waits_until_a_connection_is_ready(void **state)
{
	struct play *play = *state;
	const struct call *call;
	uint64_t ready_ns;

	server_listens(play);
	pass(play, SECOND);
	client_connects(play);
	syn_leaves(play);
	syn_arrives(play);
	up(play);
	ready_ns = server_established(play);
	accept_returns(play);
	call = last_call(play);
	assert_true(call->accept.known);
	assert_int_equal(call->accept.ready_ns, 0);
	assert_int_equal(call->accept.idle_ns, ready_ns - call->enter_ns);
	assert_true(call->accept.idle_ns > SECOND);
	assert_true(call->accept.idle_ns < call->return_ns - call->enter_ns);
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
		promise(without_turns_sleeps_are_not_known),
		promise(a_syn_without_an_answer_is_sent_again),
		promise(a_syn_whose_syn_ack_was_lost_is_told_apart),
		promise(a_syn_that_found_the_accept_queue_full_is_told_apart),
		promise(two_reasons_for_retries_are_counted_apart),
		promise(a_long_way_is_a_wait_for_the_syn_ack),
		promise(an_attempt_that_is_refused_waited_for_the_answer),
		promise(without_a_syn_all_of_it_was_before_the_syn),
		promise(a_program_that_is_run_late_waits_after_the_answer),
		promise(a_call_that_does_not_wait_has_no_phases_but_its_attempt_has),
		promise(what_is_lost_later_leaves_the_phases_known),
		promise(lost_records_leave_the_phases_unknown),
		promise(accept_that_comes_late_finds_the_connection_ready),
		promise(accept_that_comes_early_waits_until_a_connection_is_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
