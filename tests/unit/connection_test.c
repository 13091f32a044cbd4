/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When a connection begins, which two sockets are its ends, and what its
 * segments say: relative numbers, scaled windows, what was sent again.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/unit/model_records.h"

static void who_called_connect_is_the_client(void **state)
{
	struct play *play = *state;
	const struct connection *connection;

	handshake(play);
	connection = the_connection(play);
	assert_int_equal(trace_connections(play->trace), 1);
	assert_int_equal(play->connections_told, 1);
	assert_int_equal(connection->ends[CLIENT]->id, play->id[CLIENT]);
	assert_int_equal(connection->ends[SERVER]->id, play->id[SERVER]);
	assert_int_equal(connection->port[CLIENT], play->port[CLIENT]);
	assert_int_equal(connection->port[SERVER], SERVER_PORT);
	assert_int_equal(connection->family, AF_INET);
	assert_int_equal(connection->isn[CLIENT], play->isn[CLIENT]);
	assert_int_equal(connection->isn[SERVER], play->isn[SERVER]);
}

static void two_ends_join_by_tuple_and_isn(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	play->isn[CLIENT]++; /* same addresses, another network namespace */
	syn_arrives(play);
	assert_int_equal(trace_connections(play->trace), 2);
	assert_null(the_connection(play)->ends[SERVER]);
}

/* --detail calls has no segments: the first numbers are known from ESTABLISHED. */
static void two_ends_join_without_segments(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	client_established(play);
	server_established(play);
	assert_int_equal(trace_connections(play->trace), 1);
	assert_non_null(the_connection(play)->ends[SERVER]);
	assert_int_equal(the_connection(play)->isn[CLIENT], play->isn[CLIENT]);
	assert_int_equal(the_connection(play)->isn[SERVER], play->isn[SERVER]);
}

static void a_reused_port_is_a_new_connection(void **state)
{
	struct play *play = *state;
	const struct connection *second;

	handshake(play);
	client_closes(play);
	server_closes(play);
	another_connection(play, play->port[CLIENT]);
	handshake(play);
	assert_int_equal(trace_connections(play->trace), 2);
	second = trace_connection(play->trace, 1);
	assert_int_equal(second->id, 2);
	assert_int_equal(second->ends[CLIENT]->id, play->id[CLIENT]);
	assert_int_equal(second->ends[SERVER]->id, play->id[SERVER]);
	assert_int_not_equal(the_connection(play)->ends[SERVER]->id, play->id[SERVER]);
}

static void a_syn_sent_again_is_the_same_connection(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	pass(play, SECOND);
	syn_leaves(play);
	syn_arrives(play);
	syn_arrives(play);
	syn_ack(play);
	client_established(play);
	server_established(play);
	assert_int_equal(trace_connections(play->trace), 1);
	assert_int_equal(the_connection(play)->flow[CLIENT].retransmits, 1);
	assert_int_equal(told_moments(play, MOMENT_SYN), 1);
	assert_int_equal(told_moments(play, MOMENT_SYN_AGAIN), 1);
}

static void an_unseen_peer_makes_read_unknown(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	handshake(play);
	sends(play, CLIENT, 100);
	assert_null(the_connection(play)->ends[SERVER]);
	assert_false(direction_from(play, CLIENT)->receiver_seen);
	assert_true(direction_from(play, CLIENT)->sender_seen);
	assert_false(direction_from(play, SERVER)->sender_seen);
	assert_contains(verdict(play, LANG_EN), "unknown");
}

static void a_server_whose_client_is_elsewhere_has_a_connection_too(void **state)
{
	struct play *play = *state;

	play->sees[CLIENT] = false;
	handshake(play);
	assert_int_equal(trace_connections(play->trace), 1);
	assert_null(the_connection(play)->ends[CLIENT]);
	assert_int_equal(the_connection(play)->port[CLIENT], play->port[CLIENT]);
	assert_int_equal(the_connection(play)->isn[CLIENT], play->isn[CLIENT]);
}

static void the_first_syn_is_zero_of_the_time_axis(void **state)
{
	struct play *play = *state;
	uint64_t first_ns = play->now_ns + US, syn_ns;

	server_listens(play);
	assert_int_equal(trace_zero_ns(play->trace), first_ns);
	client_connects(play);
	syn_ns = syn_leaves(play);
	syn_arrives(play);
	assert_int_equal(trace_zero_ns(play->trace), syn_ns);
	assert_int_equal(the_connection(play)->syn_ns, syn_ns);
	assert_int_equal(trace_first_ns(play->trace), first_ns);
	assert_int_equal(trace_last_ns(play->trace), play->now_ns);
}

static void segments_are_numbered_from_the_initial_sequence_number(void **state)
{
	struct play *play = *state;
	const struct segment *segment;

	handshake(play);
	assert_int_equal(play->segments[0].seq, 0);
	assert_int_equal(play->segments[2].ack, 1);
	data(play, CLIENT, 0, 1000);
	data(play, CLIENT, 1000, 500);
	segment = &play->segments[play->segment_count - 1];
	assert_int_equal(segment->seq, 1001);
	assert_int_equal(segment->ack, 1);
	assert_int_equal(segment->raw_seq, play->isn[CLIENT] + 1001);
	assert_int_equal(segment->sender, CLIENT);
	assert_true(segment->received);
}

/* RFC 7323, section 2.2: never in a SYN, and only if both ends offer it. */
static void windows_are_scaled_once_both_ends_offered_it(void **state)
{
	struct play *play = *state;

	handshake(play);
	assert_int_equal(play->segments[0].window, 512);
	assert_int_equal(play->segments[2].window, 512);
	assert_int_equal(play->segments[play->segment_count - 1].window, 512 << 7);
}

static void without_one_ends_offer_no_window_is_scaled(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	feed(play, RECORD_SEGMENT, segment, play->id[CLIENT], .flags = SEGMENT_SYN | SEGMENT_ACK,
	     .seq = play->isn[SERVER], .ack = play->isn[CLIENT] + 1, .received = 1, .window = 512,
	     .wscale = SEGMENT_NO_WSCALE);
	client_established(play);
	acknowledges(play, CLIENT);
	assert_int_equal(play->segments[play->segment_count - 1].window, 512);
}

/* RFC 7323, section 2.3: a shift above 14 is taken as 14. */
static void a_scale_that_is_too_large_is_taken_as_14(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	feed(play, RECORD_SEGMENT, segment, play->id[CLIENT], .flags = SEGMENT_SYN | SEGMENT_ACK,
	     .seq = play->isn[SERVER], .ack = play->isn[CLIENT] + 1, .received = 1, .window = 512,
	     .wscale = 200);
	client_established(play);
	arrives(play, SERVER, SEGMENT_ACK, raw(play, SERVER, 0), raw(play, CLIENT, 0), 0);
	assert_int_equal(play->segments[play->segment_count - 1].window, 512 << 14);
}

static void data_that_begin_below_what_was_sent_are_sent_again(void **state)
{
	struct play *play = *state;

	handshake(play);
	data(play, CLIENT, 0, 1000);
	assert_false(play->segments[play->segment_count - 1].again);
	leaves(play, CLIENT, SEGMENT_ACK, raw(play, CLIENT, 0), raw(play, SERVER, 0), 1000);
	assert_true(play->segments[play->segment_count - 1].again);
	assert_int_equal(told_moments(play, MOMENT_RETRANSMIT), 1);
	assert_contains(caption(told_moment(play, MOMENT_RETRANSMIT), LANG_EN), "1,000 bytes");
}

static void a_pure_ack_is_never_sent_again(void **state)
{
	struct play *play = *state;

	handshake(play);
	acknowledges(play, SERVER);
	acknowledges(play, SERVER);
	assert_false(play->segments[play->segment_count - 1].again);
	assert_int_equal(the_connection(play)->flow[SERVER].retransmits, 0);
}

static void segments_that_a_network_reordered_were_not_sent_again(void **state)
{
	struct play *play = *state;

	play->sees[CLIENT] = false;
	handshake(play);
	data(play, CLIENT, 2000, 1000);
	data(play, CLIENT, 0, 1000);
	data(play, CLIENT, 1000, 1000);
	assert_int_equal(the_connection(play)->flow[CLIENT].retransmits, 0);
	assert_null(told_moment(play, MOMENT_RETRANSMIT));
}

static void it_is_finished_when_both_traced_ends_are(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	assert_false(the_connection(play)->finished);
	assert_int_equal(play->finished_told, 0);
	server_closes(play);
	assert_true(the_connection(play)->finished);
	assert_int_equal(play->finished_told, 1);
	assert_int_equal(told_moments(play, MOMENT_CLOSED), 1);
}

/* Linux allows it: the socket is as new after ECONNREFUSED. */
static void a_second_attempt_is_a_second_connection(void **state)
{
	struct play *play = *state;
	const struct connection *second;

	client_connects(play);
	syn_leaves(play);
	feed(play, RECORD_RESET, reset, play->id[CLIENT], .received = 1, .reason = -1,
	     .state = TCP_SYN_SENT);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ECONNREFUSED);
	connect_returns(play, -ECONNREFUSED);

	play->isn[CLIENT] += 12345;
	handshake(play);
	assert_int_equal(trace_connections(play->trace), 2);
	second = trace_connection(play->trace, 1);
	assert_int_equal(second->connect_error, 0);
	assert_int_equal(the_connection(play)->connect_error, ECONNREFUSED);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_CLOSE));
	changes(play, CLIENT, TCP_FIN_WAIT1, TCP_FIN_WAIT2);
	changes(play, CLIENT, TCP_FIN_WAIT2, TCP_CLOSE, .flags = STATE_SOCK_DONE);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_TIME_WAIT);
	assert_false(second->reset);
}

static void a_connection_too_many_has_no_detail_and_no_less_truth(void **state)
{
	struct play *play = *state;
	const struct connection *last;

	for (int i = 0; i <= TRACE_DETAILED; i++) {
		another_connection(play, (uint16_t)(1000 + i));
		handshake(play);
		sends(play, CLIENT, 100);
		reads(play, SERVER, 100);
	}
	assert_int_equal(trace_connections(play->trace), TRACE_DETAILED + 1);
	last = trace_connection(play->trace, TRACE_DETAILED);
	assert_non_null(trace_connection(play->trace, TRACE_DETAILED - 1)->detail);
	assert_null(last->detail);
	assert_int_equal(last->flow[CLIENT].at.read, 100);
	assert_int_equal(connection_calls(last, CLIENT, CALL_SEND)->moved_bytes, 100);
	assert_null(trace_connection(play->trace, TRACE_DETAILED + 1));
}

static void an_unknown_field_does_not_wipe_out_a_known_one(void **state)
{
	struct play *play = *state;

	handshake(play);
	feed(play, RECORD_SOCKET, socket, play->id[CLIENT], .cookie = 99, .family = AF_INET,
	     .type = SOCK_STREAM);
	assert_int_equal(the_connection(play)->ends[CLIENT]->identity.cookie, 99);
	assert_int_equal(the_connection(play)->ends[CLIENT]->identity.local_port,
			 play->port[CLIENT]);
	assert_int_equal(the_connection(play)->port[SERVER], SERVER_PORT);
	assert_int_equal(the_connection(play)->ends[CLIENT]->identity.netns, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(who_called_connect_is_the_client),
		promise(two_ends_join_by_tuple_and_isn),
		promise(two_ends_join_without_segments),
		promise(a_reused_port_is_a_new_connection),
		promise(a_syn_sent_again_is_the_same_connection),
		promise(an_unseen_peer_makes_read_unknown),
		promise(a_server_whose_client_is_elsewhere_has_a_connection_too),
		promise(the_first_syn_is_zero_of_the_time_axis),
		promise(segments_are_numbered_from_the_initial_sequence_number),
		promise(windows_are_scaled_once_both_ends_offered_it),
		promise(without_one_ends_offer_no_window_is_scaled),
		promise(a_scale_that_is_too_large_is_taken_as_14),
		promise(data_that_begin_below_what_was_sent_are_sent_again),
		promise(a_pure_ack_is_never_sent_again),
		promise(segments_that_a_network_reordered_were_not_sent_again),
		promise(it_is_finished_when_both_traced_ends_are),
		promise(a_second_attempt_is_a_second_connection),
		promise(a_connection_too_many_has_no_detail_and_no_less_truth),
		promise(an_unknown_field_does_not_wipe_out_a_known_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
