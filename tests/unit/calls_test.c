/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Socket calls: what each moved, how long it took, and how much of a blocking
 * send() was sleep and why. A call is told once, when it returns.
 */
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/unit/model_records.h"

static const struct call_stats *stats(const struct play *play, enum end end, enum call_kind call)
{
	return connection_calls(the_connection(play), end, call);
}

/* A send() of 9000 bytes that finds the queue as given, waits 40 ms, and ends. */
#define sleepy_send(play, ...) play_sleepy_send(play, (struct write_queue){ __VA_ARGS__ })
static void play_sleepy_send(struct play *play, struct write_queue queue)
{
	uint64_t handed = queue.handed;

	enters(play, CLIENT, .call = CALL_SEND, .asked = 9000);
	play_write_queue(play, CLIENT, SAMPLE_TURN, queue);
	pass(play, 40 * MS - US);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = handed, .wmem = 100, .left = queue.left);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = handed + queue.left);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 9000, .bytes = 9000, .result = 9000);
}

static void assert_slept(const struct play *play, enum sleep_cause cause)
{
	const struct call *call = last_call(play);

	assert_int_equal(call->sleeps, 1);
	assert_string_equal(name_sleep(call->last_sleep.cause), name_sleep(cause));
	assert_int_equal(call->sleep_ns[cause], 40 * MS);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->sleep_ns[cause], 40 * MS);
	assert_int_equal(the_connection(play)->flow[CLIENT].sleep_ns[cause], 40 * MS);
}

static void a_call_lasts_from_its_entry_to_its_return(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, CLIENT, .call = CALL_WRITE, .asked = 10);
	pass(play, 7 * MS);
	returns(play, CLIENT, .call = CALL_WRITE, .asked = 10, .bytes = 10, .result = 10);
	assert_int_equal(last_call(play)->return_ns - last_call(play)->enter_ns, 7 * MS + US);
	assert_int_equal(stats(play, CLIENT, CALL_WRITE)->inside_ns, 7 * MS + US);
	assert_int_equal(last_call(play)->moved_bytes, 10);
	assert_string_equal(last_call(play)->comm, "client");
	assert_true(last_call(play)->finished);
}

static void a_call_without_an_entry_is_told_by_its_return(void **state)
{
	struct play *play = *state;

	handshake(play);
	pass(play, MS);
	returns(play, CLIENT, .call = CALL_CLOSE, .enter_ns = play->now_ns - 300);
	assert_int_equal(last_call(play)->return_ns - last_call(play)->enter_ns, US + 300);
	assert_int_equal(last_call(play)->kind, CALL_CLOSE);
}

static void a_restarted_call_is_one_call(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, SERVER, .call = CALL_RECV, .asked = 100);
	pass(play, MS);
	returns(play, SERVER, .call = CALL_RECV, .asked = 100, .bytes = 5, .result = 5,
		.restarts = 3);
	assert_int_equal(last_call(play)->restarts, 3);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->count, 1);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->inside_ns, MS + US);
}

static void sleep_while_the_peers_window_takes_no_more(void **state)
{
	struct play *play = *state;

	handshake(play);
	sleepy_send(play, .handed = 5000, .sent = 1000, .wmem = 9999, .sndbuf = 8000,
		    .window = 1000, .out = 1, .left = 4000, .flags = SAMPLE_NEW_BUFFER);
	assert_slept(play, SLEEP_PEER_WINDOW);
	assert_int_equal(last_call(play)->last_sleep.left_bytes, 4000);
	assert_int_equal(last_call(play)->last_sleep.wmem_at_start, 9999);
	assert_int_equal(last_call(play)->last_sleep.sndbuf_at_start, 8000);
}

/* Less than one segment's room is no room (RFC 9293, 3.8.6.2.1). */
static void a_window_too_small_for_a_segment_takes_no_more(void **state)
{
	struct play *play = *state;

	handshake(play);
	sleepy_send(play, .handed = 5000, .sent = 1000, .wmem = 9999, .sndbuf = 8000,
		    .window = 2459, .out = 1, .left = 4000, .flags = SAMPLE_NEW_BUFFER);
	assert_slept(play, SLEEP_PEER_WINDOW);
}

static void sleep_while_the_congestion_window_is_used_up(void **state)
{
	struct play *play = *state;

	handshake(play);
	sleepy_send(play, .handed = 50000, .sent = 14600, .wmem = 99999, .sndbuf = 80000,
		    .cwnd = 10, .out = 10, .left = 4000, .flags = SAMPLE_NEW_BUFFER);
	assert_slept(play, SLEEP_CONGESTION);
}

static void sleep_because_the_buffer_is_small(void **state)
{
	struct play *play = *state;

	handshake(play);
	sleepy_send(play, .handed = 5000, .sent = 5000, .wmem = 9999, .sndbuf = 8000, .out = 4,
		    .left = 4000, .flags = SAMPLE_NEW_BUFFER);
	assert_slept(play, SLEEP_BUFFER);
}

static void sleep_because_unsent_bytes_reached_their_limit(void **state)
{
	struct play *play = *state;

	handshake(play);
	sleepy_send(play, .handed = 140000, .sent = 1000, .wmem = 150000, .lowat = 131072,
		    .left = 4000, .flags = SAMPLE_NEW_BUFFER);
	assert_slept(play, SLEEP_LOWAT);
}

static void a_nonblocking_send_never_sleeps(void **state)
{
	struct play *play = *state;

	handshake(play);
	sleepy_send(play, .handed = 5000, .sent = 5000, .wmem = 9999, .sndbuf = 8000, .left = 4000,
		    .flags = SAMPLE_NEW_BUFFER | SAMPLE_NONBLOCK);
	assert_int_equal(last_call(play)->sleeps, 0);
	assert_int_equal(the_connection(play)->flow[CLIENT].sleeps, 0);
	assert_null(told_moment(play, MOMENT_BUFFER_FULL));
}

static void room_in_the_last_buffer_needs_no_sleep(void **state)
{
	struct play *play = *state;

	handshake(play);
	sleepy_send(play, .handed = 5000, .sent = 5000, .wmem = 9999, .sndbuf = 8000, .left = 4000);
	assert_int_equal(last_call(play)->sleeps, 0);
}

static void every_sleep_of_one_call_is_counted(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 9000);
	for (int i = 0; i < 5; i++) {
		write_queue(play, CLIENT, SAMPLE_TURN, .handed = 1000, .wmem = 9000, .sndbuf = 8000,
			    .left = 8000, .flags = SAMPLE_NEW_BUFFER);
		pass(play, 10 * MS - US);
	}
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 9000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 9000, .bytes = 9000, .result = 9000);
	assert_int_equal(last_call(play)->sleeps, 5);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->sleeps, 5);
	assert_in_range(50 * MS, 1, last_call(play)->return_ns - last_call(play)->enter_ns);
}

/* Full duplex: one thread reads while the other one's send() sleeps. */
static void a_reading_thread_does_not_hide_the_senders_sleep(void **state)
{
	struct play *play = *state;
	uint64_t enter_ns;

	handshake(play);
	enter_ns = enters(play, CLIENT, .call = CALL_SEND, .asked = 9000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 1000, .wmem = 9000, .sndbuf = 8000,
		    .left = 8000, .flags = SAMPLE_NEW_BUFFER);
	enters(play, CLIENT, .call = CALL_RECV, .asked = 100, .tid = 101);
	pass(play, 40 * MS);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 9000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 9000, .bytes = 9000, .result = 9000,
		.enter_ns = enter_ns);
	assert_int_equal(last_call(play)->sleeps, 1);
}

static void a_peek_reads_nothing(void **state)
{
	struct play *play = *state;

	handshake(play);
	data(play, CLIENT, 0, 500);
	enters(play, SERVER, .call = CALL_RECV, .asked = 500, .flags = MSG_PEEK);
	returns(play, SERVER, .call = CALL_RECV, .asked = 500, .flags = MSG_PEEK, .bytes = 500,
		.result = 500);
	assert_int_equal(last_call(play)->moved_bytes, 500);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->count, 1);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->moved_bytes, 0);
	reads(play, SERVER, 500);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->moved_bytes, 500);
}

static void a_short_write_and_a_failed_one_are_counted_apart(void **state)
{
	struct play *play = *state;

	handshake(play);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 100, .bytes = 60, .result = 60);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 100, .result = -EAGAIN);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 100, .bytes = 100, .result = 100);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->count, 3);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->short_count, 1);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->failed, 1);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->moved_bytes, 160);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->asked_max, 100);
}

/* Three calls of 100 bytes each that asked for 110 at most, within 90 us. */
static void run_of_sends(struct play *play)
{
	pass(play, 99 * US);
	feed(play, RECORD_CALL_RUN, call_run, play->id[CLIENT], .tgid = play->tid[CLIENT],
	     .tid = play->tid[CLIENT], .fd = 4, .call = CALL_SEND, .count = 3, .short_count = 1,
	     .asked = 310, .bytes = 300, .asked_most = 110, .inside_ns = 60 * US,
	     .longest_ns = 30 * US, .first_enter_ns = play->now_ns - 89 * US,
	     .last_enter_ns = play->now_ns - 19 * US, .result = 100);
}

static void joined_calls_are_counted_each(void **state)
{
	struct play *play = *state;

	handshake(play);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 50, .bytes = 50, .result = 50);
	run_of_sends(play);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->count, 4);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->short_count, 1);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->failed, 0);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->moved_bytes, 350);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->asked_max, 110);
	assert_int_equal(stats(play, CLIENT, CALL_SEND)->longest_ns, 30 * US);
	assert_int_equal(the_connection(play)->flow[CLIENT].at.handed, 350);
}

static void of_joined_calls_the_last_is_known_alone(void **state)
{
	struct play *play = *state;
	const struct flow *flow;

	handshake(play);
	run_of_sends(play);
	flow = &the_connection(play)->flow[CLIENT];
	assert_int_equal(flow->last_moved_bytes, 100);
	assert_int_equal(flow->last_return_ns - flow->last_enter_ns, 20 * US);
}

static void joined_calls_are_drawn_as_long_as_they_are_together(void **state)
{
	struct play *play = *state;

	handshake(play);
	run_of_sends(play);
	assert_int_equal(last_call(play)->return_ns - last_call(play)->enter_ns, 90 * US);
	assert_int_equal(call_inside_ns(last_call(play)), 60 * US);
	assert_int_equal(last_call(play)->return_ns - call_drawn_ns(last_call(play)), 60 * US);
}

static void joined_polls_that_found_nothing_all_failed(void **state)
{
	struct play *play = *state;

	handshake(play);
	feed(play, RECORD_CALL_RUN, call_run, play->id[SERVER], .tgid = play->tid[SERVER],
	     .tid = play->tid[SERVER], .fd = 4, .call = CALL_RECV, .count = 7, .asked = 7,
	     .first_enter_ns = play->now_ns, .result = -EAGAIN);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->count, 7);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->failed, 7);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->short_count, 0);
}

/* sendmmsg() returns messages; its bytes are summed by the kernel side. */
static void a_call_for_many_messages_counts_bytes_not_messages(void **state)
{
	struct play *play = *state;

	handshake(play);
	returns(play, CLIENT, .call = CALL_SENDMMSG, .bytes = 3000, .result = 3);
	assert_int_equal(stats(play, CLIENT, CALL_SENDMMSG)->moved_bytes, 3000);
	assert_int_equal(last_call(play)->result, 3);
}

/* As on a kernel without that hook: the number of messages is no number of bytes. */
static void without_the_hook_for_lengths_the_bytes_of_messages_are_unknown(void **state)
{
	struct play *play = *state;

	handshake(play);
	returns(play, CLIENT, .call = CALL_SENDMMSG, .result = 3);
	assert_true(last_call(play)->moved_unknown);
	assert_int_equal(last_call(play)->moved_bytes, 0);
	assert_true(stats(play, CLIENT, CALL_SENDMMSG)->moved_unknown);
}

static void accept_belongs_to_the_connection_it_returned(void **state)
{
	struct play *play = *state;

	handshake(play);
	assert_int_equal(stats(play, SERVER, CALL_ACCEPT)->count, 1);
	assert_int_equal(last_call(play)->socket->id, LISTENER_ID);
	assert_int_equal(last_call(play)->other->id, play->id[SERVER]);
	assert_int_equal(last_call(play)->other->fd, 4);
	assert_string_equal(last_call(play)->other->owner_comm, "server");
	assert_int_equal(the_connection(play)->accepted_ns, last_call(play)->return_ns);
}

static void calls_made_before_the_connection_are_counted_with_it(void **state)
{
	struct play *play = *state;

	returns(play, CLIENT, .call = CALL_SOCKET, .result = 4);
	returns(play, CLIENT, .call = CALL_SETSOCKOPT, .asked = 65536,
		.flags = SOL_SOCKET << 16 | SO_SNDBUF);
	handshake(play);
	assert_int_equal(stats(play, CLIENT, CALL_SOCKET)->count, 1);
	assert_int_equal(stats(play, CLIENT, CALL_SETSOCKOPT)->count, 1);
}

static void a_call_that_never_returned_is_told_at_the_end(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, SERVER, .call = CALL_RECV, .asked = 100);
	assert_int_not_equal(last_call(play)->kind, CALL_RECV);
	assert_int_equal(trace_finish(play->trace), 0);
	assert_int_equal(last_call(play)->kind, CALL_RECV);
	assert_int_equal(last_call(play)->return_ns, 0);
}

static void a_killed_connect_did_not_succeed(void **state)
{
	struct play *play = *state;
	const struct ladder *ladder;

	client_connects(play);
	syn_leaves(play);
	returns(play, CLIENT, .call = CALL_CONNECT, .unfinished = 1);
	assert_false(last_call(play)->finished);
	assert_null(told_moment(play, MOMENT_CONNECTED));
	ladder = &the_connection(play)->detail->ladder;
	for (int i = 0; i < ladder->used; i++)
		assert_int_not_equal(ladder->rows[i].kind, ROW_CALL);
}

static void a_killed_recv_is_not_an_end_of_file(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, SERVER, .call = CALL_RECV, .asked = 100);
	returns(play, SERVER, .call = CALL_RECV, .asked = 100, .unfinished = 1);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->short_count, 0);
}

static void the_end_of_the_stream_is_not_short(void **state)
{
	struct play *play = *state;

	handshake(play);
	returns(play, SERVER, .call = CALL_RECV, .asked = 100, .bytes = 60, .result = 60);
	returns(play, SERVER, .call = CALL_RECV, .asked = 100, .result = 0);
	assert_int_equal(stats(play, SERVER, CALL_RECV)->short_count, 1);
}

static void the_address_given_to_connect_belongs_to_that_call(void **state)
{
	struct play *play = *state;

	feed(play, RECORD_ADDRESS, address, play->id[CLIENT], .tgid = 100, .tid = 100, .port = 8080,
	     .family = AF_INET, .call = CALL_CONNECT);
	client_connects(play);
	connect_returns(play, -EINPROGRESS);
	assert_true(last_call(play)->has_address);
	assert_int_equal(last_call(play)->port, 8080);
	returns(play, CLIENT, .call = CALL_CONNECT, .result = -EALREADY);
	assert_false(last_call(play)->has_address);
}

static void an_entry_whose_return_was_lost_lends_no_sleep_to_the_next(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 9000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 1000, .wmem = 9000, .sndbuf = 8000,
		    .left = 8000, .flags = SAMPLE_NEW_BUFFER);
	pass(play, MS);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 9000);
	pass(play, MS);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 5, .bytes = 5, .result = 5,
		.enter_ns = play->now_ns - 200);
	assert_int_equal(last_call(play)->sleeps, 0);
}

/* A file may say so; no kernel does. */
static void a_send_that_names_another_socket_does_no_harm(void **state)
{
	struct play *play = *state;

	handshake(play);
	returns(play, CLIENT, .header.socket = 77, .call = CALL_SEND, .bytes = 5, .result = 5,
		.other = play->id[CLIENT]);
	returns(play, CLIENT, .header.socket = 78, .call = CALL_RECV, .result = INT_MIN,
		.other = play->id[SERVER]);
	returns(play, CLIENT, .call = CALL_CONNECT, .result = INT_MIN);
	assert_int_equal(last_call(play)->result, INT_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(a_call_lasts_from_its_entry_to_its_return),
		promise(a_call_without_an_entry_is_told_by_its_return),
		promise(a_restarted_call_is_one_call),
		promise(sleep_while_the_peers_window_takes_no_more),
		promise(a_window_too_small_for_a_segment_takes_no_more),
		promise(sleep_while_the_congestion_window_is_used_up),
		promise(sleep_because_the_buffer_is_small),
		promise(sleep_because_unsent_bytes_reached_their_limit),
		promise(a_nonblocking_send_never_sleeps),
		promise(room_in_the_last_buffer_needs_no_sleep),
		promise(every_sleep_of_one_call_is_counted),
		promise(a_reading_thread_does_not_hide_the_senders_sleep),
		promise(a_peek_reads_nothing),
		promise(a_short_write_and_a_failed_one_are_counted_apart),
		promise(a_call_for_many_messages_counts_bytes_not_messages),
		promise(without_the_hook_for_lengths_the_bytes_of_messages_are_unknown),
		promise(accept_belongs_to_the_connection_it_returned),
		promise(calls_made_before_the_connection_are_counted_with_it),
		promise(a_call_that_never_returned_is_told_at_the_end),
		promise(a_killed_connect_did_not_succeed),
		promise(joined_calls_are_counted_each),
		promise(of_joined_calls_the_last_is_known_alone),
		promise(joined_calls_are_drawn_as_long_as_they_are_together),
		promise(joined_polls_that_found_nothing_all_failed),
		promise(a_killed_recv_is_not_an_end_of_file),
		promise(the_end_of_the_stream_is_not_short),
		promise(the_address_given_to_connect_belongs_to_that_call),
		promise(an_entry_whose_return_was_lost_lends_no_sleep_to_the_next),
		promise(a_send_that_names_another_socket_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
