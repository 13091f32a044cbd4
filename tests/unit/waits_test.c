/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What connect() and accept() waited for: the phases of an attempt, which add
 * up to its time, and whether accept() or the connection was there first. What
 * no record shows is not said.
 */
#include <errno.h>
#include <netinet/tcp.h>

#include "tests/unit/model_records.h"

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
