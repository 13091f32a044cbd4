/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Queues of sockets without states: which call they belong to, what is kept, what is said. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tests/unit/exported.h"

#define TASK 100
#define UDP_ID 10
#define LOCAL_ID 20
#define PEER_ID 21
#define DOOR_ID 30
#define ALL 63

static void is_there(struct play *play, uint32_t id, uint16_t family, uint16_t type,
		     uint16_t protocol)
{
	feed(play, RECORD_SOCKET, socket, id, .family = family, .type = type, .protocol = protocol,
	     .owner_tgid = TASK, .owner_tid = TASK);
}

#define seen(play, id, ...) \
	feed(play, RECORD_SAMPLE_OTHER, sample_other, id, .tgid = TASK, .tid = TASK, __VA_ARGS__)

static uint64_t call_returns(struct play *play, uint32_t id, enum call_kind kind, uint64_t enter_ns,
			     int32_t result)
{
	return feed(play, RECORD_CALL, call, id, .call = kind, .enter_ns = enter_ns, .fd = 3,
		    .tgid = TASK, .tid = TASK, .result = result);
}

static const struct queue_sums *sums_of(const struct play *play, uint32_t id)
{
	const struct socket *sockets[64];
	struct queue_totals rest;
	unsigned int count = trace_queues(play->trace, sockets, 64, &rest);

	for (unsigned int i = 0; i < count; i++)
		if (sockets[i]->id == id)
			return &sockets[i]->queues;
	return NULL;
}

static void what_is_seen_after_a_call_is_that_calls(void **state)
{
	struct play *play = *state;
	uint64_t enter_ns = play->now_ns;

	is_there(play, UDP_ID, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	seen(play, UDP_ID, .call = CALL_RECV, .begins = 1, .known = ALL, .recv_queue = 900);
	seen(play, UDP_ID, .call = CALL_RECV, .known = ALL, .recv_queue = 700);
	call_returns(play, UDP_ID, CALL_RECV, enter_ns, 100);
	assert_true(last_call(play)->queues_known);
	assert_int_equal(last_call(play)->queues.recv_queue, 700);
	call_returns(play, UDP_ID, CALL_RECV, play->now_ns, -EAGAIN);
	assert_false(last_call(play)->queues_known);
}

static void what_is_seen_before_a_call_is_not_what_it_left(void **state)
{
	struct play *play = *state;
	uint64_t enter_ns = play->now_ns;

	seen(play, UDP_ID, .call = CALL_RECV, .begins = 1, .known = ALL, .recv_queue = 900);
	call_returns(play, UDP_ID, CALL_RECV, enter_ns, 100);
	assert_false(last_call(play)->queues_known);
	enter_ns = play->now_ns;
	seen(play, UDP_ID, .call = CALL_CLOSE, .begins = 1, .known = ALL, .recv_queue = 800);
	call_returns(play, UDP_ID, CALL_CLOSE, enter_ns, 0);
	assert_int_equal(last_call(play)->queues.recv_queue, 800);
}

static void what_was_seen_elsewhere_is_no_calls(void **state)
{
	struct play *play = *state;
	uint64_t enter_ns = play->now_ns;

	/* accept() sees the new socket first, then the listener. */
	seen(play, PEER_ID, .call = CALL_ACCEPT, .known = ALL, .recv_queue = 9);
	call_returns(play, DOOR_ID, CALL_ACCEPT, enter_ns, 5);
	assert_false(last_call(play)->queues_known);
	seen(play, UDP_ID, .call = CALL_RECV, .known = ALL, .recv_queue = 9);
	call_returns(play, UDP_ID, CALL_RECV, play->now_ns + SECOND, 5);
	assert_false(last_call(play)->queues_known);
	feed(play, RECORD_SAMPLE_OTHER, sample_other, UDP_ID, .known = ALL, .recv_queue = 9);
	call_returns(play, UDP_ID, CALL_NONE, 0, 0);
	assert_false(last_call(play)->queues_known);
}

static void the_last_and_the_highest_are_kept(void **state)
{
	struct play *play = *state;
	const struct queue_sums *sums;

	is_there(play, UDP_ID, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	assert_null(sums_of(play, UDP_ID));
	seen(play, UDP_ID, .call = CALL_SEND, .known = ALL, .recv_queue = 10, .send_queue = 7,
	     .messages = 1);
	seen(play, UDP_ID, .call = CALL_RECV, .known = ALL, .recv_queue = 30, .messages = 3,
	     .drops = 2);
	seen(play, UDP_ID, .call = CALL_RECV, .known = ALL, .recv_queue = 20, .messages = 2,
	     .drops = 5);
	sums = sums_of(play, UDP_ID);
	assert_int_equal(sums->last.recv_queue, 20);
	assert_int_equal(sums->recv_peak, 30);
	assert_int_equal(sums->send_peak, 7);
	assert_int_equal(sums->last.send_queue, 0);
	assert_int_equal(sums->messages_peak, 3);
	assert_int_equal(sums->last.drops, 5);
}

static void a_number_that_moved_just_then_stays_what_it_was(void **state)
{
	struct play *play = *state;
	const struct queue_sums *sums;

	seen(play, UDP_ID, .call = CALL_SEND, .known = OTHER_RECV_QUEUE, .recv_queue = 10);
	seen(play, UDP_ID, .call = CALL_SEND, .known = OTHER_MESSAGES, .messages = 4);
	sums = sums_of(play, UDP_ID);
	assert_int_equal(sums->last.recv_queue, 10);
	assert_int_equal(sums->last.messages, 4);
	assert_int_equal(sums->last.known, OTHER_RECV_QUEUE | OTHER_MESSAGES);
}

static void a_senders_call_tells_of_its_peers_queue(void **state)
{
	struct play *play = *state;
	const struct queue_sums *sums;

	is_there(play, LOCAL_ID, AF_UNIX, SOCK_STREAM, 0);
	is_there(play, PEER_ID, AF_UNIX, SOCK_STREAM, 0);
	seen(play, LOCAL_ID, .call = CALL_SEND, .peer = PEER_ID,
	     .known = OTHER_SEND_QUEUE | OTHER_PEER_RECV_QUEUE, .send_queue = 4352,
	     .peer_recv_queue = 4096);
	sums = sums_of(play, PEER_ID);
	assert_int_equal(sums->last.recv_queue, 4096);
	assert_int_equal(sums->recv_peak, 4096);
	assert_int_equal(sums->last.known, OTHER_RECV_QUEUE);
	/* Nobody has heard of a socket 99. */
	seen(play, LOCAL_ID, .call = CALL_SEND, .peer = 99, .known = ALL);
	assert_null(sums_of(play, 99));
}

static void there_is_room_for_the_first_ones_and_sums_of_the_others(void **state)
{
	const struct socket *sockets[3];
	struct play *play = *state;
	struct queue_totals rest;

	for (uint32_t id = 9; id; id--)
		seen(play, id, .call = CALL_RECV, .known = ALL, .recv_queue = id, .drops = 1);
	seen(play, 10, .call = CALL_ACCEPT, .known = ALL, .recv_queue = 100, .listens = 1);
	assert_int_equal(trace_queues(play->trace, sockets, 3, &rest), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(sockets[i]->id, i + 1);
	assert_int_equal(rest.sockets, 7);
	assert_int_equal(rest.drops, 6);
	assert_int_equal(rest.recv_peak, 9);
}

static void unix_sockets_in_which_nothing_waited_are_only_counted(void **state)
{
	const struct socket *sockets[3];
	struct play *play = *state;
	struct queue_totals rest;

	for (uint32_t id = 1; id <= 4; id++) {
		is_there(play, id, id == 4 ? AF_INET : AF_UNIX, SOCK_DGRAM, 0);
		seen(play, id, .call = CALL_RECV, .known = id == 2 ? 0 : ALL,
		     .recv_queue = id == 3);
	}
	assert_int_equal(trace_queues(play->trace, sockets, 3, &rest), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(sockets[i]->id, i + 2);
	assert_int_equal(rest.empty, 1);
	assert_int_equal(rest.sockets, 0);
}

static void sockets_that_are_let_go_stay_in_the_sums(void **state)
{
	const struct socket *sockets[1];
	struct play *play = *state;
	struct queue_totals rest;
	uint32_t id;

	for (id = 1; id <= 5000; id++) {
		seen(play, id, .call = CALL_RECV, .known = ALL, .recv_queue = id, .drops = 2);
		call_returns(play, id, CALL_CLOSE, play->now_ns, 0);
		pass(play, 10 * MS);
	}
	assert_int_equal(trace_queues(play->trace, sockets, 1, &rest), 1);
	assert_true(sockets[0]->id > 1000);
	assert_int_equal(rest.sockets, 5000 - 1);
	assert_int_equal(rest.drops, 2 * (5000 - 1));
	assert_int_equal(rest.recv_peak, 5000);
}

/* A UDP socket that drops, a UNIX sender, a listener, and what isn't known. */
static void story_of_queues(struct play *play)
{
	uint64_t enter_ns = play->now_ns + MS;

	is_there(play, UDP_ID, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	is_there(play, LOCAL_ID, AF_UNIX, SOCK_STREAM, 0);
	is_there(play, PEER_ID, AF_UNIX, SOCK_SEQPACKET, 0);
	is_there(play, DOOR_ID, AF_UNIX, SOCK_STREAM, 0);
	pass(play, MS);
	seen(play, UDP_ID, .call = CALL_RECV, .recv_queue = 2304, .messages = 3, .drops = 5,
	     .rcvbuf = 4608, .sndbuf = 212992,
	     .known = OTHER_RECV_QUEUE | OTHER_SEND_QUEUE | OTHER_MESSAGES | OTHER_DROPS);
	call_returns(play, UDP_ID, CALL_RECV, enter_ns, 100);
	seen(play, LOCAL_ID, .call = CALL_SEND, .send_queue = 4352, .peer_recv_queue = 4096,
	     .known = OTHER_RECV_QUEUE | OTHER_SEND_QUEUE | OTHER_PEER_RECV_QUEUE);
	call_returns(play, LOCAL_ID, CALL_SEND, enter_ns, 4096);
	seen(play, PEER_ID, .call = CALL_RECV, .messages = 1, .known = OTHER_MESSAGES);
	call_returns(play, PEER_ID, CALL_RECV, enter_ns, 4096);
	seen(play, DOOR_ID, .call = CALL_ACCEPT, .recv_queue = 1, .send_queue = 128, .listens = 1,
	     .known = OTHER_RECV_QUEUE | OTHER_SEND_QUEUE);
	call_returns(play, DOOR_ID, CALL_ACCEPT, enter_ns, 7);
	seen(play, UDP_ID, .call = CALL_CLOSE, .begins = 1, .recv_queue = 2304,
	     .known = OTHER_RECV_QUEUE | OTHER_SEND_QUEUE);
	call_returns(play, UDP_ID, CALL_CLOSE, enter_ns, 0);
}

static void assert_exported(const struct exported *exported, const char *const *parts)
{
	for (; *parts; parts++)
		assert_contains(exported->text, *parts);
}

static void events_say_it_behind_the_call_in_the_words_of_ss(void **state)
{
	static const char *const parts[] = {
		"> recv-q=2304 (3 waiting) send-q=0 drops=5\n",
		"> recv-q=0 send-q=4352 peer recv-q=4096\n",
		"> recv-q=? (1 waiting) send-q=?\n",
		"> recv-q=1 (to be accepted) send-q=128 (limit)\n",
		"> before it: recv-q=2304 send-q=0\n",
		NULL,
	};
	struct exported exported;

	(void)state;
	exported_make(&exported, &view_events, LANG_EN, story_of_queues);
	assert_exported(&exported, parts);
	exported_free(&exported);
}

static void the_summary_has_a_paragraph_for_each(void **state)
{
	static const char *const english[] = {
		"no handshake, no states",
		"  socket 10 UDP 100: recv-q 2,304, at most 2,304; 3 messages\n"
		"    waiting, at most 3; send-q 0, at most 0; 5 dropped\n",
		"  socket 20 UNIX stream 100: recv-q 0, at most 0; send-q\n"
		"    4,352, at most 4,352\n",
		"  socket 21 UNIX seqpacket 100: recv-q not known; 1 message\n"
		"    waiting, at most 1; send-q not known\n",
		"  socket 30 UNIX stream 100: 1 to be accepted, at most 1;\n    limit 128\n",
		NULL,
	};
	static const char *const chinese[] = { "没有握手，没有状态", "丢弃 5 个", "recv-q 未知",
					       NULL };
	struct exported exported;

	(void)state;
	exported_make(&exported, &view_summary, LANG_EN, story_of_queues);
	assert_exported(&exported, english);
	exported_free(&exported);
	exported_make(&exported, &view_summary, LANG_ZH, story_of_queues);
	assert_exported(&exported, chinese);
	exported_free(&exported);
}

static void story_of_many(struct play *play)
{
	for (uint32_t id = 1; id <= 20; id++) {
		is_there(play, id, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
		seen(play, id, .call = CALL_RECV, .known = ALL, .recv_queue = 1000, .drops = 1);
	}
}

static void beyond_eight_the_summary_has_sums(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &view_summary, LANG_EN, story_of_many);
	assert_int_equal(exported_count(&exported, "  socket "), 8);
	assert_contains(exported.text, "  and 12 sockets more: at most 1,000 bytes in one receive\n"
				       "    queue; 12 dropped\n");
	exported_free(&exported);
}

static void without_such_sockets_nothing_is_said_of_them(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &view_summary, LANG_EN, story_whole);
	assert_lacks(exported.text, "no handshake");
	exported_free(&exported);
	exported_make(&exported, &view_events, LANG_EN, story_whole);
	assert_lacks(exported.text, "recv-q");
	exported_free(&exported);
}

static void json_has_an_object_for_each_and_null_for_what_is_not_known(void **state)
{
	static const char *const parts[] = {
		"\"socket\":10,\"call\":\"recv\",\"begins\":false,\"pid\":100,\"tid\":100,"
		"\"recv_q\":2304,\"send_q\":0,\"messages\":3,\"rcvbuf\":4608,\"sndbuf\":212992,"
		"\"drops\":5,\"listening\":false,\"peer_socket\":null,\"peer_recv_q\":null,"
		"\"peer_messages\":null}",
		"\"recv_q\":null,\"send_q\":null,\"messages\":1,",
		NULL,
	};
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_json, LANG_EN, story_of_queues);
	assert_int_equal(exported_count(&exported, "{\"type\":\"queues\""), 5);
	assert_exported(&exported, parts);
	exported_free(&exported);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(what_is_seen_after_a_call_is_that_calls),
		promise(what_is_seen_before_a_call_is_not_what_it_left),
		promise(what_was_seen_elsewhere_is_no_calls),
		promise(the_last_and_the_highest_are_kept),
		promise(a_number_that_moved_just_then_stays_what_it_was),
		promise(a_senders_call_tells_of_its_peers_queue),
		promise(there_is_room_for_the_first_ones_and_sums_of_the_others),
		promise(unix_sockets_in_which_nothing_waited_are_only_counted),
		promise(sockets_that_are_let_go_stay_in_the_sums),
		cmocka_unit_test(events_say_it_behind_the_call_in_the_words_of_ss),
		cmocka_unit_test(the_summary_has_a_paragraph_for_each),
		cmocka_unit_test(beyond_eight_the_summary_has_sums),
		cmocka_unit_test(without_such_sockets_nothing_is_said_of_them),
		cmocka_unit_test(json_has_an_object_for_each_and_null_for_what_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
