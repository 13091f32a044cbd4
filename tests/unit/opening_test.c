/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Both ends call connect(): one connection, once a SYN says that each is the
 * other's peer. And a socket that is connected with itself.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/unit/model_records.h"

#define SYN_ACK (SEGMENT_SYN | SEGMENT_ACK)

static void tells_tuple(struct play *play, enum end who, uint16_t local, uint16_t remote)
{
	static const uint8_t loopback[RECORD_ADDRESS_SIZE] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };
	struct record_socket socket = {
		.header = { RECORD_SOCKET, sizeof(socket), play->id[who], 0 },
		.family = AF_INET,
		.type = SOCK_STREAM,
		.protocol = IPPROTO_TCP,
		.local_port = local,
		.remote_port = remote,
	};

	memcpy(socket.local_address, loopback, sizeof(loopback));
	memcpy(socket.remote_address, loopback, sizeof(loopback));
	play_feed(play, (union record){ .socket = socket });
}

static void connects(struct play *play, enum end who)
{
	enum end peer = who == CLIENT ? SERVER : CLIENT;

	tells_tuple(play, who, play->port[who], play->port[peer]);
	enters(play, who, .call = CALL_CONNECT);
	changes(play, who, TCP_CLOSE, TCP_SYN_SENT, by_call(play, who, CALL_CONNECT));
}

static void both_open(struct play *play)
{
	leaves(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT], 0, 0);
	leaves(play, SERVER, SEGMENT_SYN, play->isn[SERVER], 0, 0);
	for (int end = 0; end < END_COUNT; end++) {
		enum end who = (enum end)end, peer = who == CLIENT ? SERVER : CLIENT;

		arrives(play, peer, SEGMENT_SYN, play->isn[peer], 0, 0);
		changes(play, who, TCP_SYN_SENT, TCP_SYN_RECV);
		leaves(play, who, SYN_ACK, play->isn[who], play->isn[peer] + 1, 0);
	}
	for (int end = 0; end < END_COUNT; end++) {
		enum end who = (enum end)end, peer = who == CLIENT ? SERVER : CLIENT;

		arrives(play, peer, SYN_ACK, play->isn[peer], play->isn[who] + 1, 0);
		changes(play, who, TCP_SYN_RECV, TCP_ESTABLISHED);
		returns(play, who, .call = CALL_CONNECT);
	}
}

static int rows_of(const struct play *play, enum end end, uint8_t flags)
{
	const struct ladder *ladder = &the_connection(play)->detail->ladder;
	int count = 0;

	for (int i = 0; i < ladder->used; i++)
		count += ladder->rows[i].kind == ROW_SEGMENT && ladder->rows[i].end == end &&
			 ladder->rows[i].flags == flags && ladder->rows[i].left &&
			 ladder->rows[i].arrived && !ladder->rows[i].again;
	return count;
}

static void both_that_call_connect_are_ends_of_one_connection(void **state)
{
	struct play *play = *state;
	const struct connection *connection;

	connects(play, CLIENT);
	connects(play, SERVER);
	both_open(play);
	assert_int_equal(trace_begun(play->trace), 1);
	connection = the_connection(play);
	assert_true(connection->both_connected);
	for (int end = 0; end < END_COUNT; end++) {
		assert_int_equal(connection->ends[end]->id, play->id[end]);
		assert_int_equal(connection->ends[end]->state, TCP_ESTABLISHED);
		assert_true(connection->ends[end]->syn_recv_known);
		assert_int_equal(connection->isn[end], play->isn[end]);
		assert_int_equal(connection_calls(connection, (enum end)end, CALL_CONNECT)->count,
				 1);
		assert_int_equal(connection->flow[end].retransmits, 0);
		assert_int_equal(rows_of(play, (enum end)end, SEGMENT_SYN), 1);
		assert_int_equal(rows_of(play, (enum end)end, SYN_ACK), 1);
	}
	assert_int_equal(told_moments(play, MOMENT_SYN), 2);
	assert_int_equal(told_moments(play, MOMENT_CONNECTED), 2);
	assert_string_equal(last_state(play, SERVER)->detail, "SYN-ACK");
	assert_contains(verdict(play, LANG_EN), "Both ends called connect()");
}

static void the_client_is_the_one_that_connected_first(void **state)
{
	struct play *play = *state;

	connects(play, SERVER);
	connects(play, CLIENT);
	both_open(play);
	assert_int_equal(trace_begun(play->trace), 1);
	assert_int_equal(the_connection(play)->ends[CLIENT]->id, play->id[SERVER]);
}

static void nothing_is_told_until_a_syn_says_whose_end_it_is(void **state)
{
	struct play *play = *state;

	connects(play, CLIENT);
	assert_int_equal(play->state_count, 1);
	connects(play, SERVER);
	leaves(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT], 0, 0);
	assert_int_equal(play->state_count, 1);
	assert_int_equal(play->segment_count, 0);
	arrives(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT], 0, 0);
	assert_int_equal(play->state_count, 2);
	assert_int_equal(play->segment_count, 2);
	for (int i = 0; i < play->segment_count; i++)
		assert_int_equal(play->segments[i].connection->id, 1);
}

/* The same addresses in another network namespace. */
static void a_syn_of_somebody_else_makes_it_a_connection_of_its_own(void **state)
{
	struct play *play = *state;

	connects(play, CLIENT);
	connects(play, SERVER);
	leaves(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT], 0, 0);
	arrives(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT] + 5, 0, 0);
	assert_int_equal(trace_begun(play->trace), 2);
	assert_false(the_connection(play)->both_connected);
	assert_null(the_connection(play)->ends[SERVER]);
}

static void without_segments_the_numbers_are_known_from_established(void **state)
{
	struct play *play = *state;

	connects(play, CLIENT);
	connects(play, SERVER);
	for (int end = 0; end < END_COUNT; end++)
		changes(play, (enum end)end, TCP_SYN_SENT, TCP_SYN_RECV);
	for (int end = 0; end < END_COUNT; end++)
		changes(play, (enum end)end, TCP_SYN_RECV, TCP_ESTABLISHED);
	assert_int_equal(trace_begun(play->trace), 1);
	assert_int_equal(the_connection(play)->ends[SERVER]->state, TCP_ESTABLISHED);
}

static void an_attempt_that_fails_meanwhile_is_one_of_its_own(void **state)
{
	struct play *play = *state;

	connects(play, CLIENT);
	connects(play, SERVER);
	changes(play, SERVER, TCP_SYN_SENT, TCP_CLOSE, .error = 110);
	returns(play, SERVER, .call = CALL_CONNECT, .result = -110);
	assert_int_equal(trace_begun(play->trace), 2);
	assert_int_equal(trace_connection(play->trace, 1)->connect_error, 110);
}

static void the_end_of_the_trace_tells_what_waited(void **state)
{
	struct play *play = *state;

	connects(play, CLIENT);
	connects(play, SERVER);
	leaves(play, SERVER, SEGMENT_SYN, play->isn[SERVER], 0, 0);
	assert_int_equal(trace_finish(play->trace), 0);
	assert_int_equal(trace_begun(play->trace), 2);
	assert_int_equal(play->segment_count, 1);
}

static void no_more_than_some_records_wait(void **state)
{
	struct play *play = *state;

	connects(play, CLIENT);
	connects(play, SERVER);
	for (int i = 0; i < 1023; i++)
		feed(play, RECORD_PROCESS, process, 0, .tid = 7, .tgid = 7);
	assert_int_equal(trace_begun(play->trace), 2);
	leaves(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT], 0, 0);
	assert_int_equal(play->segment_count, 1);
}

static void a_socket_that_is_connected_with_itself_reads_what_it_sends(void **state)
{
	struct play *play = *state;
	const struct connection *connection;
	const struct direction *at;

	play->id[SERVER] = play->id[CLIENT];
	play->isn[SERVER] = play->isn[CLIENT];
	play->port[SERVER] = play->port[CLIENT];
	connects(play, CLIENT);
	passes(play, CLIENT, SEGMENT_SYN, play->isn[CLIENT], 0, 0);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_SYN_RECV);
	passes(play, CLIENT, SYN_ACK, play->isn[CLIENT], play->isn[CLIENT] + 1, 0);
	changes(play, CLIENT, TCP_SYN_RECV, TCP_ESTABLISHED);
	sends(play, CLIENT, 100);
	read_queue(play, CLIENT, SAMPLE_COPIED, 100, 60);
	connection = the_connection(play);
	assert_int_equal(trace_begun(play->trace), 1);
	assert_true(connection->itself);
	at = direction_from(play, CLIENT);
	assert_int_equal(at->handed, 100);
	assert_int_equal(at->received, 100);
	assert_int_equal(at->read, 60);
	assert_true(at->receiver_seen);
	assert_true(in_order(at));
	assert_int_equal(direction_from(play, SERVER)->received, 0);
	assert_int_equal(connection->flow[CLIENT].retransmits, 0);
	assert_int_equal(rows_of(play, CLIENT, SEGMENT_SYN), 1);
	assert_int_equal(rows_of(play, CLIENT, SYN_ACK), 1);
	assert_contains(verdict(play, LANG_EN), "connected with itself");
	assert_lacks(verdict(play, LANG_EN), "not traced");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(both_that_call_connect_are_ends_of_one_connection),
		promise(the_client_is_the_one_that_connected_first),
		promise(nothing_is_told_until_a_syn_says_whose_end_it_is),
		promise(a_syn_of_somebody_else_makes_it_a_connection_of_its_own),
		promise(without_segments_the_numbers_are_known_from_established),
		promise(an_attempt_that_fails_meanwhile_is_one_of_its_own),
		promise(the_end_of_the_trace_tells_what_waited),
		promise(no_more_than_some_records_wait),
		promise(a_socket_that_is_connected_with_itself_reads_what_it_sends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
