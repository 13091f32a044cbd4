/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words of the trade: each number has one name, and an unknown one has none. */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/cmocka_all.h"
#include "user/model/call.h"
#include "user/model/names.h"
#include "user/model/trace.h"

static void states_have_the_names_of_the_kernel(void **state)
{
	assert_string_equal(name_state(TCP_ESTABLISHED), "ESTABLISHED");
	assert_string_equal(name_state(TCP_FIN_WAIT2), "FIN_WAIT2");
	assert_string_equal(name_state(TCP_CLOSING), "CLOSING");
	for (unsigned int i = 1; i < STATE_COUNT; i++)
		assert_string_not_equal(name_state(i), "?");
	assert_string_equal(name_state(0), "?");
	assert_string_equal(name_state(STATE_COUNT), "?");
	assert_string_equal(name_state(UINT_MAX), "?");
	(void)state;
}

static void calls_have_their_posix_names(void **state)
{
	assert_string_equal(name_call(CALL_SEND), "send");
	assert_string_equal(name_call(CALL_ACCEPT4), "accept4");
	assert_string_equal(name_call(CALL_SPLICE_IN), "splice");
	for (int i = CALL_NONE + 1; i < CALL_KINDS; i++)
		assert_string_not_equal(name_call(i), "?");
	assert_string_equal(name_call(CALL_NONE), "?");
	assert_string_equal(name_call(CALL_KINDS), "?");
	(void)state;
}

static void no_call_both_sends_and_receives(void **state)
{
	int sends = 0, receives = 0;

	for (int i = 0; i < CALL_KINDS; i++) {
		assert_false(call_sends(i) && call_receives(i));
		sends += call_sends(i);
		receives += call_receives(i);
		if (call_sends(i) || call_receives(i))
			assert_int_equal(call_can_block(i), call_is_timed(i));
	}
	assert_int_equal(sends, 9);
	assert_int_equal(receives, 8);
	assert_true(call_can_block(CALL_CONNECT));
	assert_false(call_can_block(CALL_CLOSE));
	(void)state;
}

static void errors_have_names_with_either_sign(void **state)
{
	assert_string_equal(name_errno(EPIPE), "EPIPE");
	assert_string_equal(name_errno(-EPIPE), "EPIPE");
	assert_string_equal(name_errno(-ECONNREFUSED), "ECONNREFUSED");
	assert_string_equal(name_errno(-4000), "errno 4000");
	assert_string_equal(name_errno(INT_MIN), "errno 2147483648");
	(void)state;
}

static void segments_are_named_by_their_flags(void **state)
{
	static const struct {
		uint8_t flags;
		uint32_t length;
		const char *name;
		const char *tcpdump;
	} cases[] = {
		{ SEGMENT_SYN, 0, "SYN", "S" },
		{ SEGMENT_SYN | SEGMENT_ACK, 0, "SYN-ACK", "S." },
		{ SEGMENT_ACK, 0, "ACK", "." },
		{ SEGMENT_ACK | SEGMENT_PSH, 10, "data", "P." },
		{ SEGMENT_FIN | SEGMENT_ACK, 0, "FIN-ACK", "F." },
		{ SEGMENT_RST, 0, "RST", "R" },
		{ SEGMENT_RST | SEGMENT_ACK, 0, "RST-ACK", "R." },
		{ 0, 0, "none", "" },
	};
	char text[32];

	name_segment_told(SEGMENT_ACK | SEGMENT_URG, 2, text, sizeof(text));
	assert_string_equal(text, "data URG");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		name_segment(cases[i].flags, cases[i].length, text, sizeof(text));
		assert_string_equal(text, cases[i].name);
		name_tcp_flags(cases[i].flags, text, sizeof(text));
		assert_string_equal(text, cases[i].tcpdump);
	}
	(void)state;
}

static void flags_that_have_no_name_are_not_dropped(void **state)
{
	char text[128];

	name_msg_flags(MSG_PEEK | MSG_DONTWAIT, text, sizeof(text));
	assert_string_equal(text, "MSG_PEEK|MSG_DONTWAIT");
	name_msg_flags(MSG_NOSIGNAL | 0x10000000, text, sizeof(text));
	assert_string_equal(text, "MSG_NOSIGNAL|0x10000000");
	name_msg_flags(0, text, sizeof(text));
	assert_string_equal(text, "");
	(void)state;
}

static void names_are_cut_and_never_run_over(void **state)
{
	char text[16];

	for (size_t size = 1; size < sizeof(text); size++) {
		memset(text, 0x7f, sizeof(text));
		name_msg_flags(UINT_MAX, text, size);
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], 0x7f);
		name_tcp_flags(0xff, text, size);
		assert_true(strlen(text) < size);
		name_segment_told(0xff, 9, text, size);
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], 0x7f);
	}
	(void)state;
}

static void every_option_that_is_recorded_has_a_name(void **state)
{
	assert_string_equal(name_sockopt(SOL_SOCKET, SO_SNDBUF), "SO_SNDBUF");
	assert_string_equal(name_sockopt(SOL_SOCKET, SO_REUSEADDR), "SO_REUSEADDR");
	assert_string_equal(name_sockopt(SOL_SOCKET, SO_LINGER), "SO_LINGER");
	assert_string_equal(name_sockopt(IPPROTO_TCP, TCP_NODELAY), "TCP_NODELAY");
	assert_string_equal(name_sockopt(IPPROTO_TCP, TCP_NOTSENT_LOWAT), "TCP_NOTSENT_LOWAT");
	assert_null(name_sockopt(SOL_SOCKET, SO_KEEPALIVE));
	assert_null(name_sockopt(IPPROTO_TCP, UINT_MAX));
	(void)state;
}

static void everything_that_can_be_lost_has_a_name(void **state)
{
	for (unsigned int kind = RECORD_NONE + 1; kind < RECORD_KINDS; kind++)
		assert_string_not_equal(name_record(kind), "?");
	for (unsigned int what = LOST_TASK_STORAGE; what < LOST_WHATS; what++)
		assert_string_not_equal(name_record(what), "?");
	assert_string_equal(name_record(RECORD_SEGMENT), "SEGMENT");
	assert_string_equal(name_record(LOST_WHATS), "?");
	(void)state;
}

static void families_protocols_causes_and_notes_have_names(void **state)
{
	assert_string_equal(name_family(AF_INET), "IPv4");
	assert_string_equal(name_family(AF_INET6), "IPv6");
	assert_string_equal(name_family(AF_UNIX), "UNIX");
	assert_string_equal(name_family(999), "?");
	assert_string_equal(name_protocol(IPPROTO_TCP), "TCP");
	assert_string_equal(name_protocol(262), "MPTCP");
	assert_string_equal(name_cause(CAUSE_TIMER), "timer");
	assert_string_equal(name_cause(99), "?");
	for (int i = 0; i < SLEEP_CAUSES; i++)
		assert_string_not_equal(name_sleep(i), "?");
	for (int i = 0; i < NOTE_KINDS; i++)
		assert_string_not_equal(name_note(i), "?");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_have_the_names_of_the_kernel),
		cmocka_unit_test(calls_have_their_posix_names),
		cmocka_unit_test(no_call_both_sends_and_receives),
		cmocka_unit_test(errors_have_names_with_either_sign),
		cmocka_unit_test(segments_are_named_by_their_flags),
		cmocka_unit_test(flags_that_have_no_name_are_not_dropped),
		cmocka_unit_test(names_are_cut_and_never_run_over),
		cmocka_unit_test(every_option_that_is_recorded_has_a_name),
		cmocka_unit_test(everything_that_can_be_lost_has_a_name),
		cmocka_unit_test(families_protocols_causes_and_notes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
