/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCP states as RFC 9293 means them, though the kernel's tracepoint shows
 * SYN_RECV for microseconds and TIME_WAIT not at all; each with its cause.
 */
#include <errno.h>
#include <netinet/tcp.h>

#include "tests/unit/model_records.h"

static const struct state_change *change_to(const struct play *play, enum end who,
					    unsigned int state)
{
	for (int i = 0; i < play->state_count; i++) {
		if (play->states[i].socket->id == play->id[who] &&
		    play->states[i].new_state == state)
			return &play->states[i];
	}
	return NULL;
}

static void assert_cause(const struct state_change *change, enum state_cause cause,
			 const char *detail)
{
	assert_non_null(change);
	assert_string_equal(name_cause(change->cause), name_cause(cause));
	assert_string_equal(change->detail, detail);
}

static void the_state_shown_is_the_one_after_the_change(void **state)
{
	struct play *play = *state;

	client_connects(play);
	assert_int_equal(last_state(play, CLIENT)->old_state, TCP_CLOSE);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_SYN_SENT);
	assert_int_equal(last_state(play, CLIENT)->socket->state, TCP_SYN_SENT);
}

static void syn_recv_lasts_from_the_syns_arrival(void **state)
{
	struct play *play = *state;
	const struct state_change *change;
	uint64_t syn_ns, up_ns;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	syn_ns = syn_arrives(play);
	syn_ack(play);
	pass(play, 50 * MS);
	acknowledges(play, CLIENT);
	up_ns = server_established(play);
	change = change_to(play, SERVER, TCP_SYN_RECV);
	assert_int_equal(change->time_ns, syn_ns);
	assert_cause(change, CAUSE_SEGMENT, "SYN");
	change = change_to(play, SERVER, TCP_ESTABLISHED);
	assert_true(change->duration_known);
	assert_int_equal(change->duration_ns, up_ns - syn_ns);
	assert_int_equal(change->socket->state_total_ns[TCP_SYN_RECV], up_ns - syn_ns);
	assert_cause(change, CAUSE_SEGMENT, "ACK");
}

static void syn_recv_is_told_once(void **state)
{
	struct play *play = *state;
	int count = 0;

	handshake(play);
	for (int i = 0; i < play->state_count; i++)
		count += play->states[i].new_state == TCP_SYN_RECV;
	assert_int_equal(count, 1);
}

static void syn_recv_without_a_seen_syn_has_unknown_duration(void **state)
{
	struct play *play = *state;

	server_listens(play);
	server_established(play);
	assert_int_equal(last_state(play, SERVER)->new_state, TCP_ESTABLISHED);
	assert_false(last_state(play, SERVER)->duration_known);
}

static void a_socket_that_was_open_before_has_an_unknown_beginning(void **state)
{
	struct play *play = *state;

	feed(play, RECORD_SOCKET, socket, play->id[CLIENT], .origin = ORIGIN_INHERITED);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_CLOSE_WAIT, .flags = STATE_SOCK_DONE);
	assert_int_equal(last_state(play, CLIENT)->old_state, TCP_ESTABLISHED);
	assert_false(last_state(play, CLIENT)->duration_known);
	pass(play, MS);
	changes(play, CLIENT, TCP_CLOSE_WAIT, TCP_LAST_ACK, by_call(play, CLIENT, CALL_CLOSE));
	assert_true(last_state(play, CLIENT)->duration_known);
	assert_int_equal(last_state(play, CLIENT)->duration_ns, MS + US);
}

static void after_a_lost_change_the_duration_is_unknown(void **state)
{
	struct play *play = *state;

	handshake(play);
	pass(play, SECOND);
	changes(play, CLIENT, TCP_FIN_WAIT1, TCP_FIN_WAIT2);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_FIN_WAIT2);
	assert_false(last_state(play, CLIENT)->duration_known);
}

static void fin_wait2_to_close_with_the_peers_fin_is_time_wait(void **state)
{
	struct play *play = *state;

	handshake(play);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_CLOSE));
	changes(play, CLIENT, TCP_FIN_WAIT1, TCP_FIN_WAIT2, .flags = STATE_SOCK_DEAD);
	changes(play, CLIENT, TCP_FIN_WAIT2, TCP_CLOSE, .flags = STATE_SOCK_DONE | STATE_SOCK_DEAD);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_TIME_WAIT);
	assert_cause(last_state(play, CLIENT), CAUSE_SEGMENT, "FIN");
	assert_int_equal(told_moments(play, MOMENT_TIME_WAIT), 1);
}

static void a_mini_socket_stays_in_fin_wait2(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_FIN_WAIT2);
	assert_int_equal(last_state(play, CLIENT)->socket->state, TCP_FIN_WAIT2);
	assert_false(the_connection(play)->finished);
}

static void a_mini_socket_enters_time_wait_when_the_fin_arrives(void **state)
{
	struct play *play = *state;
	uint64_t fin_ns;

	handshake(play);
	client_closes(play);
	pass(play, 300 * MS);
	changes(play, SERVER, TCP_CLOSE_WAIT, TCP_LAST_ACK, by_call(play, SERVER, CALL_CLOSE));
	fin_ns = fin(play, SERVER);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_TIME_WAIT);
	assert_int_equal(last_state(play, CLIENT)->time_ns, fin_ns);
	assert_cause(last_state(play, CLIENT), CAUSE_SEGMENT, "FIN");
	assert_true(last_state(play, CLIENT)->duration_known);
	assert_true(last_state(play, CLIENT)->duration_ns > 300 * MS);
}

static void a_rst_that_arrives_ends_a_mini_socket(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	passes(play, SERVER, SEGMENT_RST, raw(play, SERVER, 0), 0, 0);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_CLOSE);
	assert_cause(last_state(play, CLIENT), CAUSE_SEGMENT, "RST");
}

/* Data for a program that has closed: the kernel answers with a RST. */
static void a_rst_that_leaves_is_not_a_segment_that_arrived(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	passes(play, CLIENT, SEGMENT_RST, raw(play, CLIENT, 1), 0, 0);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_CLOSE);
	assert_int_not_equal(last_state(play, CLIENT)->cause, CAUSE_SEGMENT);
}

static void fins_that_cross_lead_through_closing_to_time_wait(void **state)
{
	struct play *play = *state;

	handshake(play);
	for (int end = 0; end < END_COUNT; end++)
		changes(play, end, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, end, CALL_CLOSE));
	for (int end = 0; end < END_COUNT; end++) {
		changes(play, end, TCP_FIN_WAIT1, TCP_CLOSING, .flags = STATE_SOCK_DONE);
		assert_cause(last_state(play, end), CAUSE_SEGMENT, "FIN");
	}
	for (int end = 0; end < END_COUNT; end++) {
		changes(play, end, TCP_CLOSING, TCP_CLOSE,
			.flags = STATE_SOCK_DONE | STATE_SOCK_DEAD);
		assert_int_equal(last_state(play, end)->new_state, TCP_TIME_WAIT);
		assert_cause(last_state(play, end), CAUSE_SEGMENT, "ACK of FIN");
	}
	assert_true(the_connection(play)->finished);
	for (int i = 0; i < play->moment_count; i++) {
		if (play->moments[i].kind == MOMENT_TIME_WAIT)
			assert_lacks(caption(&play->moments[i], LANG_EN), "closed first");
	}
}

static void last_ack_to_close_is_closed(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	server_closes(play);
	assert_int_equal(last_state(play, SERVER)->new_state, TCP_CLOSE);
	assert_cause(last_state(play, SERVER), CAUSE_SEGMENT, "ACK of FIN");
	assert_true(the_connection(play)->finished);
	assert_int_equal(play->finished_told, 1);
}

static void crossing_syns_lead_through_syn_recv_of_known_duration(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	arrives(play, SERVER, SEGMENT_SYN, play->isn[SERVER], 0, 0);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_SYN_RECV);
	assert_cause(last_state(play, CLIENT), CAUSE_SEGMENT, "SYN");
	pass(play, MS);
	changes(play, CLIENT, TCP_SYN_RECV, TCP_ESTABLISHED);
	assert_true(last_state(play, CLIENT)->duration_known);
	assert_int_equal(last_state(play, CLIENT)->duration_ns, MS + US);
	assert_int_equal(trace_connections(play->trace), 1);
	assert_ptr_equal(the_connection(play)->ends[CLIENT], last_state(play, CLIENT)->socket);
}

static void a_change_in_the_owners_call_names_the_call(void **state)
{
	struct play *play = *state;

	handshake(play);
	assert_cause(change_to(play, CLIENT, TCP_SYN_SENT), CAUSE_CALL, "connect()");
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_SHUTDOWN));
	assert_cause(last_state(play, CLIENT), CAUSE_CALL, "shutdown()");
	assert_int_equal(last_state(play, CLIENT)->owner_tid, play->tid[CLIENT]);
}

static void the_end_of_a_process_closes_its_sockets(void **state)
{
	struct play *play = *state;

	handshake(play);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_NONE),
		.exiting = 1);
	assert_cause(last_state(play, CLIENT), CAUSE_CALL, "exit");
}

static void a_timeout_is_caused_by_a_timer(void **state)
{
	struct play *play = *state;

	client_connects(play);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ETIMEDOUT);
	assert_cause(last_state(play, CLIENT), CAUSE_TIMER, "ETIMEDOUT");
	assert_int_equal(last_state(play, CLIENT)->socket->error, ETIMEDOUT);
}

static void an_unreachable_host_is_an_error(void **state)
{
	struct play *play = *state;

	client_connects(play);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = EHOSTUNREACH);
	assert_cause(last_state(play, CLIENT), CAUSE_ERROR, "EHOSTUNREACH");
}

static void a_rst_that_arrives_closes_at_once(void **state)
{
	struct play *play = *state;

	handshake(play);
	feed(play, RECORD_RESET, reset, play->id[SERVER], .received = 1, .reason = -1,
	     .state = TCP_ESTABLISHED);
	changes(play, SERVER, TCP_ESTABLISHED, TCP_CLOSE, .error = ECONNRESET);
	assert_cause(last_state(play, SERVER), CAUSE_SEGMENT, "RST");
	assert_int_equal(last_state(play, SERVER)->new_state, TCP_CLOSE);
}

static void a_change_that_was_not_seen_is_a_loss(void **state)
{
	struct play *play = *state;

	handshake(play);
	pass(play, SECOND);
	changes(play, SERVER, TCP_LAST_ACK, TCP_CLOSE);
	assert_int_equal(play->losses_told, 1);
	assert_string_equal(name_record(play->loss.what), "STATE_UNSEEN");
	assert_false(last_state(play, SERVER)->duration_known);
}

static void times_in_states_add_up_to_the_whole(void **state)
{
	struct play *play = *state;
	const struct state_change *last;
	uint64_t sum = 0;

	handshake(play);
	pass(play, SECOND);
	client_closes(play);
	pass(play, SECOND);
	server_closes(play);
	last = last_state(play, SERVER);
	for (int i = 0; i < STATE_COUNT; i++)
		sum += last->socket->state_total_ns[i];
	assert_int_equal(sum, last->time_ns - change_to(play, SERVER, TCP_SYN_RECV)->time_ns);
}

/* It has no connection: nothing is known of its numbers. */
static void a_socket_that_was_connected_before_the_trace_may_close(void **state)
{
	struct play *play = *state;

	feed(play, RECORD_STATE, state, 77, .old_state = TCP_ESTABLISHED,
	     .new_state = TCP_ESTABLISHED);
	feed(play, RECORD_STATE, state, 77, .old_state = TCP_ESTABLISHED,
	     .new_state = TCP_FIN_WAIT1);
	feed(play, RECORD_STATE, state, 77, .old_state = TCP_FIN_WAIT1, .new_state = TCP_FIN_WAIT2);
	feed(play, RECORD_STATE, state, 77, .old_state = TCP_FIN_WAIT2, .new_state = TCP_CLOSE,
	     .flags = STATE_SOCK_DEAD);
	assert_int_equal(trace_connections(play->trace), 0);
	assert_int_equal(trace_older(play->trace), 1);
}

static void with_fast_open_syn_recv_begins_when_the_syn_arrives(void **state)
{
	struct play *play = *state;
	const struct state_change *change;
	uint64_t syn_ns, up_ns;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	syn_ns = syn_arrives(play);
	changes(play, SERVER, TCP_LISTEN, TCP_SYN_RECV);
	syn_ack(play);
	change = change_to(play, SERVER, TCP_SYN_RECV);
	assert_int_equal(change->time_ns, syn_ns);
	assert_cause(change, CAUSE_SEGMENT, "SYN");
	up_ns = changes(play, SERVER, TCP_SYN_RECV, TCP_ESTABLISHED);
	change = last_state(play, SERVER);
	assert_true(change->duration_known);
	assert_int_equal(change->duration_ns, up_ns - syn_ns);
}

static void with_a_syn_cookie_there_is_no_state_before_the_ack(void **state)
{
	struct play *play = *state;
	const struct state_change *change;
	uint64_t ack_ns;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	syn_arrives(play);
	feed(play, RECORD_SEGMENT, segment, play->id[SERVER], .flags = SEGMENT_SYN | SEGMENT_ACK,
	     .seq = play->isn[SERVER], .ack = play->isn[CLIENT] + 1, .no_socket = 1);
	assert_null(change_to(play, SERVER, TCP_SYN_RECV));
	pass(play, MS);
	ack_ns = acknowledges(play, CLIENT);
	server_established(play);
	change = change_to(play, SERVER, TCP_SYN_RECV);
	assert_true(change->time_ns >= ack_ns);
	assert_false(change->duration_known);
	assert_cause(change, CAUSE_SEGMENT, "ACK of a SYN cookie");
}

static void a_listener_stays_in_listen(void **state)
{
	struct play *play = *state;

	handshake(play);
	assert_int_equal(the_connection(play)->listener->state, TCP_LISTEN);
	assert_int_equal(the_connection(play)->listener->id, LISTENER_ID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(the_state_shown_is_the_one_after_the_change),
		promise(syn_recv_lasts_from_the_syns_arrival),
		promise(syn_recv_is_told_once),
		promise(with_fast_open_syn_recv_begins_when_the_syn_arrives),
		promise(with_a_syn_cookie_there_is_no_state_before_the_ack),
		promise(syn_recv_without_a_seen_syn_has_unknown_duration),
		promise(a_socket_that_was_open_before_has_an_unknown_beginning),
		promise(after_a_lost_change_the_duration_is_unknown),
		promise(fin_wait2_to_close_with_the_peers_fin_is_time_wait),
		promise(a_mini_socket_stays_in_fin_wait2),
		promise(a_mini_socket_enters_time_wait_when_the_fin_arrives),
		promise(a_rst_that_arrives_ends_a_mini_socket),
		promise(a_rst_that_leaves_is_not_a_segment_that_arrived),
		promise(fins_that_cross_lead_through_closing_to_time_wait),
		promise(last_ack_to_close_is_closed),
		promise(crossing_syns_lead_through_syn_recv_of_known_duration),
		promise(a_change_in_the_owners_call_names_the_call),
		promise(the_end_of_a_process_closes_its_sockets),
		promise(a_timeout_is_caused_by_a_timer),
		promise(an_unreachable_host_is_an_error),
		promise(a_rst_that_arrives_closes_at_once),
		promise(a_change_that_was_not_seen_is_a_loss),
		promise(times_in_states_add_up_to_the_whole),
		promise(a_socket_that_was_connected_before_the_trace_may_close),
		promise(a_listener_stays_in_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
