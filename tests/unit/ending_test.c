/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How connections and attempts end, and what shows it: SYNs with their times,
 * ICMP, a full accept queue, the cause of a RST. What no record shows is not said.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/unit/model_records.h"

#define LOOPBACK                                \
	{                                       \
		[10] = 0xff, 0xff, 127, 0, 0, 1 \
	}
#define ROUTER                                 \
	{                                      \
		[10] = 0xff, 0xff, 10, 0, 0, 2 \
	}

static void says(const struct play *play, const char *en, const char *zh)
{
	assert_contains(verdict(play, LANG_EN), en);
	assert_contains(verdict(play, LANG_ZH), zh);
}

static void gets_icmp(struct play *play, uint8_t version, uint8_t type, uint8_t code)
{
	feed(play, RECORD_ICMP, icmp, play->id[CLIENT], .from = ROUTER, .version = version,
	     .type = type, .code = code);
}

static void fails(struct play *play, int error)
{
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = error);
	connect_returns(play, -error);
}

static void icmp_is_named_with_its_sender_and_the_times_of_the_syns(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	gets_icmp(play, 4, 3, 1);
	pass(play, 1020 * MS);
	syn_leaves(play);
	gets_icmp(play, 4, 3, 1);
	fails(play, EHOSTUNREACH);
	says(play,
	     "2 SYNs left, at 0 s, 1.02 s, and ICMP came back: host unreachable (3/1). It was "
	     "10.0.0.2 that sent the ICMP message.",
	     "发出了 2 个 SYN（0 s, 1.02 s），回来的是 ICMP：host unreachable (3/1)。");
	assert_int_equal(told_moments(play, MOMENT_ICMP), 1);
	assert_contains(caption(told_moment(play, MOMENT_ICMP), LANG_EN), "10.0.0.2 answers");
	assert_int_equal(the_connection(play)->icmp.count, 2);
	assert_string_equal(name_reason(ending_failure(the_connection(play))), "icmp");
}

static void icmp_that_means_another_errno_explains_nothing(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	gets_icmp(play, 4, 3, 13);
	fails(play, ECONNREFUSED);
	assert_lacks(verdict(play, LANG_EN), "ICMP");
	assert_int_equal(ending_failure(the_connection(play)), REASON_UNKNOWN);
}

static void after_icmp_a_timeout_is_no_silence(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	gets_icmp(play, 4, 3, 1);
	fails(play, ETIMEDOUT);
	assert_lacks(verdict(play, LANG_EN), "nothing answered");
}

static void the_codes_of_ipv6_have_their_own_errnos(void **state)
{
	static const struct {
		uint8_t code;
		int error;
		const char *name;
	} cases[] = {
		{ 0, ENETUNREACH, "no route (1/0)" },
		{ 1, EACCES, "prohibited (1/1)" },
		{ 3, EHOSTUNREACH, "address unreachable (1/3)" },
		{ 4, ECONNREFUSED, "port unreachable (1/4)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		void *fresh;

		assert_int_equal(play_open(&fresh), 0);
		client_connects(fresh);
		syn_leaves(fresh);
		gets_icmp(fresh, 6, 1, cases[i].code);
		fails(fresh, cases[i].error);
		assert_contains(verdict(fresh, LANG_EN), cases[i].name);
		play_close(&fresh);
	}
	(void)state;
}

static void a_code_that_nobody_knows_is_a_number(void **state)
{
	struct icmp_seen icmp = { .type = 3, .code = 200, .version = 4 };
	char text[64];

	assert_string_equal(name_icmp(&icmp, text, sizeof(text)),
			    "destination unreachable (3/200)");
	(void)state;
}

/* Both ends are 127.0.0.1 here: a firewall that rejects looks like this. */
static void icmp_from_the_peers_own_address_is_not_called_this_host(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	feed(play, RECORD_ICMP, icmp, play->id[CLIENT], .from = LOOPBACK, .version = 4, .type = 3,
	     .code = 1);
	assert_false(the_connection(play)->icmp.own);
}

static void many_syns_are_counted_and_the_first_have_their_times(void **state)
{
	struct play *play = *state;

	client_connects(play);
	for (int i = 0; i < 9; i++) {
		syn_leaves(play);
		pass(play, SECOND);
	}
	fails(play, ETIMEDOUT);
	says(play, "9 SYNs left, at 0 s, 1.00 s, 2.00 s, 3.00 s, 4.00 s, 5.00 s, 6.00 s, ...",
	     "发出了 9 个 SYN");
	assert_int_equal(the_connection(play)->syns, 9);
}

static void each_errno_without_a_syn_keeps_open_what_it_leaves_open(void **state)
{
	static const struct {
		int error;
		const char *cause, *says;
	} cases[] = {
		{ ENETUNREACH, "no_route", "no usable route" },
		{ EHOSTUNREACH, "route_unreachable", "calls it unreachable" },
		{ EACCES, "forbidden", "prohibit, or a security rule" },
		{ EINVAL, "invalid", "blackhole, or the address" },
		{ EADDRNOTAVAIL, "no_port", "no local port or address" },
		{ EAFNOSUPPORT, "local", "refused by itself" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		void *fresh;
		struct play *play;

		assert_int_equal(play_open(&fresh), 0);
		play = fresh;
		feed(play, RECORD_SOCKET, socket, play->id[CLIENT], .family = AF_INET,
		     .type = SOCK_STREAM, .protocol = 6);
		enters(play, CLIENT, .call = CALL_CONNECT);
		connect_returns(play, -cases[i].error);
		assert_contains(verdict(play, LANG_EN), "No SYN was made");
		assert_contains(verdict(play, LANG_EN), cases[i].says);
		assert_string_equal(name_reason(ending_failure(the_connection(play))),
				    cases[i].cause);
		play_close(&fresh);
	}
	(void)state;
}

static void queue_is_full(struct play *play, uint32_t child)
{
	feed(play, RECORD_QUEUE, queue, LISTENER_ID, .length = 2, .limit = 1, .event = QUEUE_SYN,
	     .child = child);
}

static void syns_that_met_a_full_accept_queue_are_the_clients_too(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	for (int i = 0; i < 2; i++) {
		syn_leaves(play);
		syn_arrives(play);
		queue_is_full(play, play->id[SERVER]);
		pass(play, SECOND);
	}
	fails(play, ETIMEDOUT);
	says(play, "2 of them met a full accept queue", "其中 2 个遇到监听者的 accept 队列已满");
	assert_int_equal(told_moments(play, MOMENT_SYN_QUEUE_FULL), 1);
	assert_ptr_equal(told_moment(play, MOMENT_SYN_QUEUE_FULL)->connection,
			 the_connection(play));
}

static void a_queue_that_was_full_for_another_is_not_blamed(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	syn_arrives(play);
	queue_is_full(play, 0);
	fails(play, ETIMEDOUT);
	assert_lacks(verdict(play, LANG_EN), "accept queue");
}

static void a_later_syn_may_find_room(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	syn_arrives(play);
	queue_is_full(play, play->id[SERVER]);
	pass(play, SECOND);
	syn_leaves(play);
	syn_arrives(play);
	syn_ack(play);
	client_established(play);
	acknowledges(play, CLIENT);
	server_established(play);
	says(play, "1 of 2 SYNs met a full accept queue", "2 个 SYN 中有 1 个遇到");
}

static void closes_with(struct play *play, uint32_t unread, uint8_t flags, enum reset_cause cause)
{
	struct record_positions at = {
		.write_seq = raw(play, SERVER, 0),
		.snd_nxt = raw(play, SERVER, 0),
		.snd_una = raw(play, SERVER, 0),
		.rcv_nxt = raw(play, CLIENT, unread),
		.copied_seq = raw(play, CLIENT, 0),
	};

	changes(play, SERVER, TCP_ESTABLISHED, TCP_CLOSE, .positions = at, .flags = flags,
		by_call(play, SERVER, CALL_CLOSE));
	passes(play, SERVER, SEGMENT_RST | SEGMENT_ACK, raw(play, SERVER, 0),
	       raw(play, CLIENT, unread), 0);
	feed(play, RECORD_RESET, reset, play->id[CLIENT], .received = 1, .reason = -1,
	     .state = TCP_ESTABLISHED);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_CLOSE, .error = ECONNRESET);
	feed(play, RECORD_RESET, reset, play->id[SERVER], .reason = 11, .cause = cause,
	     .state = TCP_CLOSE);
}

static void closing_with_unread_data_is_counted_at_both_ends(void **state)
{
	struct play *play = *state;

	handshake(play);
	data(play, CLIENT, 0, 95);
	closes_with(play, 95, 0, RESET_UNREAD);
	says(play, "The server closed with 95 bytes unread in its receive queue.",
	     "服务器关闭时接收队列里还有 95 字节没有读走。");
	assert_int_equal(told_moments(play, MOMENT_RESET), 2);
	for (int i = 0; i < play->moment_count; i++) {
		if (play->moments[i].kind == MOMENT_RESET)
			assert_contains(caption(&play->moments[i], LANG_EN),
					"The server closed with 95 bytes unread");
	}
}

static void linger_0_is_told_only_when_it_was_set(void **state)
{
	struct play *play = *state;

	handshake(play);
	closes_with(play, 0, STATE_LINGER_0, RESET_STATE);
	says(play, "The server closed with SO_LINGER set to 0 seconds", "SO_LINGER 设为 0 秒");
}

static void a_rst_of_which_nothing_is_known_has_no_cause(void **state)
{
	struct play *play = *state;

	handshake(play);
	closes_with(play, 0, 0, RESET_STATE);
	assert_int_equal(ending_reset(the_connection(play)), REASON_UNKNOWN);
	assert_lacks(verdict(play, LANG_EN), "closed with");
}

/* The socket that SO_LINGER would close at once has unread data: the kernel looks at those first. */
static void unread_data_come_before_linger(void **state)
{
	struct play *play = *state;

	handshake(play);
	data(play, CLIENT, 0, 7);
	closes_with(play, 7, STATE_LINGER_0, RESET_UNREAD);
	assert_int_equal(ending_reset(the_connection(play)), REASON_UNREAD_BYTES);
}

static void what_comes_for_a_closed_socket_is_answered_by_its_remains(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	data(play, SERVER, 0, 10);
	passes(play, CLIENT, SEGMENT_RST, raw(play, CLIENT, 1), 0, 0);
	assert_true(the_connection(play)->reset);
	assert_int_equal(the_connection(play)->reset_by, CLIENT);
	says(play, "A segment had come to a socket that the client had closed.",
	     "有报文段到达客户端已经关闭的套接字。");
	assert_contains(caption(told_moment(play, MOMENT_RESET), LANG_EN), "The client sent a RST");
}

static void a_socket_may_fail_twice_for_two_reasons(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	gets_icmp(play, 4, 3, 1);
	fails(play, EHOSTUNREACH);
	play->isn[CLIENT] += 5000;
	enters(play, CLIENT, .call = CALL_CONNECT);
	changes(play, CLIENT, TCP_CLOSE, TCP_SYN_SENT, by_call(play, CLIENT, CALL_CONNECT));
	syn_leaves(play);
	fails(play, ETIMEDOUT);
	assert_int_equal(trace_connections(play->trace), 2);
	assert_int_equal(ending_failure(trace_connection(play->trace, 1)), REASON_SILENCE);
}

static void every_reason_has_a_word_for_machines(void **state)
{
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		const char *name = name_reason((enum reason)reason);

		assert_in_range(strlen(name), 4, 24);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_0"), strlen(name));
	}
	assert_string_equal(name_reason(REASON_COUNT), "unknown");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(icmp_is_named_with_its_sender_and_the_times_of_the_syns),
		promise(icmp_that_means_another_errno_explains_nothing),
		promise(after_icmp_a_timeout_is_no_silence),
		cmocka_unit_test(the_codes_of_ipv6_have_their_own_errnos),
		cmocka_unit_test(a_code_that_nobody_knows_is_a_number),
		promise(icmp_from_the_peers_own_address_is_not_called_this_host),
		promise(many_syns_are_counted_and_the_first_have_their_times),
		cmocka_unit_test(each_errno_without_a_syn_keeps_open_what_it_leaves_open),
		promise(syns_that_met_a_full_accept_queue_are_the_clients_too),
		promise(a_queue_that_was_full_for_another_is_not_blamed),
		promise(a_later_syn_may_find_room),
		promise(closing_with_unread_data_is_counted_at_both_ends),
		promise(linger_0_is_told_only_when_it_was_set),
		promise(a_rst_of_which_nothing_is_known_has_no_cause),
		promise(unread_data_come_before_linger),
		promise(what_comes_for_a_closed_socket_is_answered_by_its_remains),
		promise(a_socket_may_fail_twice_for_two_reasons),
		cmocka_unit_test(every_reason_has_a_word_for_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
