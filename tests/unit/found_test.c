/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Connections that are older than the trace: who called connect(), and where
 * the bytes are since the beginning, from the kernel's counters alone.
 */
#include <netinet/tcp.h>

#include "tests/unit/model_records.h"

#define GIB (1ULL << 30)

/* What one end's kernel counted; own and peer: initial sequence numbers. */
struct counted {
	uint32_t own, peer, listener;
	bool called_connect;
	uint64_t handed, sent, acked, received, read, again;
	bool fin_received, fin_sent;
	uint8_t state, flags;
	uint32_t wmem, sndbuf, window, cwnd, out, lowat;
};

static void finds(struct play *play, enum end who, struct counted at)
{
	uint8_t state = at.state ? at.state : TCP_ESTABLISHED;
	uint32_t out = at.own + 1, in = at.peer + 1;

	feed(play, RECORD_SOCKET, socket, play->id[who], .origin = ORIGIN_EXISTING,
	     .listener = at.listener, .family = 2, .type = 1, .local_port = play->port[who],
	     .remote_port = play->port[!who], .local_address = { [10] = 0xff, 0xff, 127, 0, 0, 1 },
	     .remote_address = { [10] = 0xff, 0xff, 127, 0, 0, 1 });
	feed(play, RECORD_STATE, state, play->id[who], .old_state = state, .new_state = state);
	feed(play, RECORD_FOUND, found, play->id[who], .state = state,
	     .bytes_sent = at.sent + at.again, .bytes_retrans = at.again,
	     .bytes_acked = at.acked + at.called_connect,
	     .bytes_received = at.received + at.fin_received,
	     .positions = { .write_seq = out + (uint32_t)at.handed + at.fin_sent,
			    .snd_nxt = out + (uint32_t)at.sent + at.fin_sent,
			    .snd_una = out + (uint32_t)at.acked,
			    .rcv_nxt = in + (uint32_t)at.received + at.fin_received,
			    .copied_seq = in + (uint32_t)at.read },
	     .wmem_queued = at.wmem, .sndbuf = at.sndbuf, .snd_wnd = at.window, .snd_cwnd = at.cwnd,
	     .packets_out = at.out, .notsent_lowat = at.lowat, .mss_cache = 1000,
	     .flags = at.flags);
}

/* A send() that has 9,000 bytes unsent and 1,000 under way, in a buffer that is full. */
#define in_a_send                                                                      \
	.own = 500, .peer = 70, .called_connect = true, .handed = 10000, .sent = 1000, \
	.wmem = 9999, .sndbuf = 8000

static const struct call *found_asleep(struct play *play, struct counted at)
{
	finds(play, CLIENT, at);
	pass(play, 5 * MS);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 50000, .found = 1);
	pass(play, 20 * MS);
	feed(play, RECORD_PROCESS, process, 0, .tid = 7, .tgid = 7);
	assert_int_equal(trace_finish(play->trace), 0);
	return last_call(play);
}

static void assert_asleep_for(const struct play *play, enum sleep_cause cause)
{
	const struct call *call = last_call(play);

	assert_int_equal(call->sleeps, 1);
	assert_int_equal(play->sleep_count, 1);
	assert_int_equal(play->sleeps[0].cause, cause);
	assert_int_equal(play->sleeps[0].start_ns, call->enter_ns);
	assert_int_equal(call->sleep_ns[cause], 20 * MS + US);
	assert_int_equal(told_moments(play, MOMENT_BUFFER_FULL), 0);
}

static void a_send_found_asleep_waits_for_the_peers_window(void **state)
{
	struct play *play = *state;

	found_asleep(play, (struct counted){ in_a_send, .window = 1500, .cwnd = 10, .out = 1 });
	assert_asleep_for(play, SLEEP_PEER_WINDOW);
}

static void a_send_found_asleep_waits_for_the_congestion_window(void **state)
{
	struct play *play = *state;

	found_asleep(play, (struct counted){ in_a_send, .window = 90000, .cwnd = 1, .out = 1 });
	assert_asleep_for(play, SLEEP_CONGESTION);
}

static void a_send_found_asleep_waits_for_pacing(void **state)
{
	struct play *play = *state;

	found_asleep(play, (struct counted){ in_a_send, .window = 90000, .cwnd = 10, .out = 1,
					     .flags = FOUND_PACED });
	assert_asleep_for(play, SLEEP_PACING);
}

static void a_send_found_asleep_with_room_waits_for_what_is_unsent(void **state)
{
	struct play *play = *state;

	found_asleep(play, (struct counted){ .own = 500,
					     .peer = 70,
					     .called_connect = true,
					     .handed = 10000,
					     .sent = 1000,
					     .wmem = 9999,
					     .sndbuf = 80000,
					     .lowat = 10000 });
	assert_asleep_for(play, SLEEP_LOWAT);
}

/* It may wait for something else: another call that holds the socket, say. */
static void a_send_found_asleep_where_nothing_holds_it_has_no_cause(void **state)
{
	struct play *play = *state;
	const struct call *call = found_asleep(play, (struct counted){ .own = 500,
								       .peer = 70,
								       .called_connect = true,
								       .handed = 10000,
								       .sent = 1000,
								       .wmem = 9999,
								       .sndbuf = 80000,
								       .lowat = UINT32_MAX });

	assert_int_equal(call->sleeps, 0);
	assert_int_equal(play->sleep_count, 0);
}

/* As with any sleep: the ACK shows what it had waited for until then. */
static void the_acks_after_the_attach_part_that_sleep(void **state)
{
	struct play *play = *state;

	play->isn[CLIENT] = 500;
	play->isn[SERVER] = 70;
	finds(play, CLIENT, (struct counted){ in_a_send, .window = 1000, .cwnd = 10, .out = 1 });
	enters(play, CLIENT, .call = CALL_SEND, .asked = 50000, .found = 1);
	pass(play, 9 * MS - US);
	write_queue(play, CLIENT, SAMPLE_ACKED, .handed = 10000, .sent = 1000, .acked = 0,
		    .wmem = 9999, .sndbuf = 8000, .window = 1000, .ack = 1000);
	pass(play, 4 * MS - US);
	write_queue(play, CLIENT, SAMPLE_ACKED, .handed = 10000, .sent = 2000, .acked = 1000,
		    .wmem = 9999, .sndbuf = 8000, .window = 90000, .cwnd = 1, .out = 1,
		    .ack = 2000);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 50000, .sent = 50000, .acked = 50000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 50000, .bytes = 50000, .result = 50000,
		.found = 1);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_PEER_WINDOW], 9 * MS);
	assert_int_equal(last_call(play)->sleep_ns[SLEEP_CONGESTION], 4 * MS + US);
	assert_contains(caption(told_moment(play, MOMENT_WAKE), LANG_EN), ">= 13.0");
}

static void the_end_with_its_syn_acknowledged_called_connect(void **state)
{
	struct play *play = *state;

	finds(play, SERVER, (struct counted){ .own = 70, .peer = 500, .received = 10 });
	assert_ptr_equal(the_connection(play)->ends[SERVER]->connection, the_connection(play));
	assert_null(the_connection(play)->ends[CLIENT]);
	assert_int_equal(direction_from(play, CLIENT)->received, 10);
	finds(play, CLIENT,
	      (struct counted){ .own = 500,
				.peer = 70,
				.called_connect = true,
				.sent = 10,
				.acked = 10,
				.handed = 12 });
	assert_int_equal(trace_connections(play->trace), 1);
	assert_non_null(the_connection(play)->ends[CLIENT]);
	assert_int_equal(direction_from(play, CLIENT)->handed, 12);
	assert_int_equal(trace_older(play->trace), 0);
}

static void positions_go_back_beyond_four_gib(void **state)
{
	struct play *play = *state;

	finds(play, CLIENT,
	      (struct counted){ .own = 4294967290u,
				.peer = 5,
				.called_connect = true,
				.handed = 9 * GIB + 3000,
				.sent = 9 * GIB + 2000,
				.acked = 9 * GIB + 1000,
				.again = 77,
				.received = 6 * GIB,
				.read = 6 * GIB - 5 });
	assert_true(direction_from(play, CLIENT)->handed == 9 * GIB + 3000);
	assert_true(direction_from(play, CLIENT)->sent == 9 * GIB + 2000);
	assert_true(direction_from(play, CLIENT)->acked == 9 * GIB + 1000);
	assert_true(direction_from(play, SERVER)->received == 6 * GIB);
	assert_true(direction_from(play, SERVER)->read == 6 * GIB - 5);
}

static void a_fin_is_no_byte(void **state)
{
	struct play *play = *state;

	finds(play, CLIENT,
	      (struct counted){ .own = 9,
				.peer = 5,
				.called_connect = true,
				.handed = 100,
				.sent = 100,
				.acked = 40,
				.fin_sent = true,
				.state = TCP_FIN_WAIT1 });
	finds(play, SERVER,
	      (struct counted){ .own = 5,
				.peer = 9,
				.received = 100,
				.read = 30,
				.fin_received = true,
				.state = TCP_CLOSE_WAIT });
	assert_int_equal(direction_from(play, CLIENT)->handed, 100);
	assert_int_equal(direction_from(play, CLIENT)->received, 100);
	assert_int_equal(direction_from(play, CLIENT)->read, 30);
	assert_true(direction_from(play, CLIENT)->end_known);
	assert_int_equal(direction_from(play, CLIENT)->end, 100);
}

static void a_child_that_was_found_open_waits_for_accept(void **state)
{
	struct play *play = *state;

	finds(play, SERVER, (struct counted){ .listener = 99 });
	assert_contains(caption(told_moment(play, MOMENT_FOUND), LANG_EN),
			"no accept() has taken it yet");
	assert_false(the_connection(play)->accepted_before);
}

static void a_child_that_its_program_has_closed_waits_for_nothing(void **state)
{
	struct play *play = *state;

	finds(play, SERVER, (struct counted){ .listener = 99, .state = TCP_FIN_WAIT1 });
	assert_null(strstr(caption(told_moment(play, MOMENT_FOUND), LANG_EN), "accept()"));
	assert_true(the_connection(play)->accepted_before);
}

static void a_fin_that_is_acknowledged_says_that_all_data_is(void **state)
{
	struct play *play = *state;

	finds(play, CLIENT,
	      (struct counted){ .own = 9,
				.peer = 5,
				.called_connect = true,
				.handed = 100,
				.sent = 100,
				.acked = 40,
				.wmem = 300,
				.fin_sent = true,
				.state = TCP_FIN_WAIT1 });
	assert_int_equal(direction_from(play, CLIENT)->acked, 40);
	changes(play, CLIENT, TCP_FIN_WAIT1, TCP_FIN_WAIT2,
		.positions = { .write_seq = 111, .snd_nxt = 111, .snd_una = 111 });
	assert_int_equal(direction_from(play, CLIENT)->acked, 100);
	assert_int_equal(the_connection(play)->flow[CLIENT].wmem_queued, 0);
	assert_int_equal(play->bytes[CLIENT].unacked, 0);
}

static void counters_that_contradict_each_other_place_nothing(void **state)
{
	struct play *play = *state;

	finds(play, CLIENT,
	      (struct counted){ .own = 9,
				.peer = 5,
				.called_connect = true,
				.handed = 100,
				.sent = 100,
				.acked = 40 });
	another_connection(play, 4000);
	feed(play, RECORD_STATE, state, play->id[CLIENT], .old_state = TCP_ESTABLISHED,
	     .new_state = TCP_ESTABLISHED);
	feed(play, RECORD_FOUND, found, play->id[CLIENT], .state = TCP_ESTABLISHED,
	     .bytes_sent = 150, .bytes_acked = 41,
	     .positions = { .write_seq = 110, .snd_nxt = 110, .snd_una = 50 });
	assert_int_equal(trace_connections(play->trace), 1);
	assert_int_equal(trace_older(play->trace), 1);
}

static void other_sequence_numbers_are_another_connection(void **state)
{
	struct play *play = *state;

	finds(play, SERVER, (struct counted){ .own = 70, .peer = 500 });
	finds(play, CLIENT, (struct counted){ .own = 501, .peer = 70, .called_connect = true });
	assert_int_equal(trace_connections(play->trace), 2);
}

static void time_wait_is_counted_and_no_connection(void **state)
{
	struct play *play = *state;

	feed(play, RECORD_STATE, state, play->id[CLIENT], .old_state = TCP_TIME_WAIT,
	     .new_state = TCP_TIME_WAIT, .flags = STATE_SOCK_DEAD);
	assert_int_equal(trace_connections(play->trace), 0);
	assert_int_equal(trace_closing(play->trace), 1);
	assert_int_equal(trace_older(play->trace), 0);
}

static void what_fin_wait2_leaves_enters_time_wait_with_the_fin(void **state)
{
	struct play *play = *state;

	feed(play, RECORD_STATE, state, play->id[CLIENT], .old_state = TCP_FIN_WAIT2,
	     .new_state = TCP_FIN_WAIT2, .flags = STATE_SOCK_DEAD);
	arrives(play, SERVER, SEGMENT_FIN | SEGMENT_ACK, 7, 8, 0);
	assert_int_equal(last_state(play, CLIENT)->new_state, TCP_TIME_WAIT);
	assert_false(last_state(play, CLIENT)->duration_known);
}

static void a_call_under_way_counts_what_it_moves_from_here(void **state)
{
	struct play *play = *state;

	finds(play, CLIENT,
	      (struct counted){ .own = play->isn[CLIENT],
				.peer = play->isn[SERVER],
				.called_connect = true,
				.handed = 600,
				.sent = 600,
				.acked = 600 });
	enters(play, CLIENT, .call = CALL_SEND, .asked = 1000, .found = 1);
	assert_true(play->bytes[CLIENT].program_unknown);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 700, .sent = 600, .acked = 600,
		    .left = 300);
	assert_false(play->bytes[CLIENT].program_unknown);
	assert_int_equal(play->bytes[CLIENT].in_program, 300);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 1000, .sent = 600, .acked = 600);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 1000, .bytes = 1000, .result = 1000,
		.found = 1);
	assert_true(last_call(play)->found);
	assert_int_equal(direction_from(play, CLIENT)->handed, 1000);
	assert_contains(verdict(play, LANG_EN), "beginning of the connection was not seen");
	assert_contains(verdict(play, LANG_EN), "1,000 bytes were handed over");
}

/* Nobody knows how often it was asked after before, and for how long it had been 0. */
static void of_a_window_that_was_0_before_only_what_was_seen_is_told(void **state)
{
	struct play *play = *state;
	const struct flow *flow;

	play->isn[CLIENT] = 500;
	play->isn[SERVER] = 70;
	finds(play, CLIENT, (struct counted){ in_a_send, .acked = 1000, .cwnd = 10 });
	flow = &the_connection(play)->flow[CLIENT];
	assert_true(flow->window_zero_found);
	pass(play, 30 * MS);
	leaves(play, CLIENT, SEGMENT_ACK, raw(play, CLIENT, 999), raw(play, SERVER, 0), 0);
	assert_int_equal(flow->probes, 1);
	assert_contains(caption(told_moment(play, MOMENT_WINDOW_PROBE), LANG_EN), ">= 30.0");
	assert_contains(verdict(play, LANG_EN), "window was 0 when the trace began");
	assert_contains(verdict(play, LANG_EN), "since then");
	pass(play, 10 * MS);
	arrives(play, SERVER, SEGMENT_ACK, raw(play, SERVER, 0), raw(play, CLIENT, 1000), 0);
	assert_contains(caption(told_moment(play, MOMENT_WINDOW_OPEN), LANG_EN), ">= 40.0");
	assert_lacks(caption(told_moment(play, MOMENT_WINDOW_OPEN), LANG_EN), "asked");
}

static void a_window_that_was_open_at_the_attach_is_told_in_full(void **state)
{
	struct play *play = *state;

	finds(play, CLIENT, (struct counted){ in_a_send, .acked = 1000, .window = 5, .cwnd = 10 });
	assert_false(the_connection(play)->flow[CLIENT].window_zero_found);
	assert_int_equal(the_connection(play)->flow[CLIENT].window_zero_since_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(the_end_with_its_syn_acknowledged_called_connect),
		promise(positions_go_back_beyond_four_gib),
		promise(a_fin_is_no_byte),
		promise(a_child_that_was_found_open_waits_for_accept),
		promise(a_child_that_its_program_has_closed_waits_for_nothing),
		promise(a_fin_that_is_acknowledged_says_that_all_data_is),
		promise(counters_that_contradict_each_other_place_nothing),
		promise(other_sequence_numbers_are_another_connection),
		promise(time_wait_is_counted_and_no_connection),
		promise(what_fin_wait2_leaves_enters_time_wait_with_the_fin),
		promise(a_call_under_way_counts_what_it_moves_from_here),
		promise(a_send_found_asleep_waits_for_the_peers_window),
		promise(a_send_found_asleep_waits_for_the_congestion_window),
		promise(a_send_found_asleep_waits_for_pacing),
		promise(a_send_found_asleep_with_room_waits_for_what_is_unsent),
		promise(a_send_found_asleep_where_nothing_holds_it_has_no_cause),
		promise(the_acks_after_the_attach_part_that_sleep),
		promise(of_a_window_that_was_0_before_only_what_was_seen_is_told),
		promise(a_window_that_was_open_at_the_attach_is_told_in_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
