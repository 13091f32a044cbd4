/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The view "events": calls as strace writes them, and everything between them. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/desk.h"
#include "user/export/events.h"

/* Events, one line each. */
static const char *event_of(struct desk *desk, const struct call *call)
{
	void *context;

	paper_free(&desk->paper);
	paper_open(&desk->paper, 80, false);
	assert_int_equal(view_events.begin(&context, &desk->paper.target, &desk->story.info), 0);
	view_events.sink.zero(context, desk->story.info.start_mono_ns);
	view_events.sink.call(context, call);
	assert_int_equal(view_events.end(context, desk->trace, &desk->story.end), 0);
	paper_close(&desk->paper);
	return desk->paper.text;
}

static struct call call_of(struct desk *desk, enum call_kind kind)
{
	struct call call = {
		.kind = kind,
		.enter_ns = STORY_ZERO_NS,
		.return_ns = STORY_ZERO_NS + 106000,
		.finished = true,
		.fd = 3,
		.tgid = 9788,
		.tid = 9788,
		.socket = &desk->story.client,
		.family = AF_INET,
		.port = 12345,
	};

	strcpy(call.comm, "exp_client");
	memcpy(call.address, desk->story.connection.address[0], sizeof(call.address));
	return call;
}

static void calls_read_like_those_of_strace(void **state)
{
	struct desk *desk = *state;
	struct call call = call_of(desk, CALL_CONNECT);

	call.has_address = true;
	assert_has(event_of(desk, &call), "  0.300106 exp_client/9788 connect(3<#1 client>, "
					  "127.0.0.1:12345) = 0 <0.000106>\n");
	call.result = -ECONNREFUSED;
	assert_has(event_of(desk, &call), "= -1 ECONNREFUSED (Connection refused) <0.000106>\n");
	call = call_of(desk, CALL_SEND);
	call.asked_bytes = call.moved_bytes = 10240000;
	call.result = 10240000;
	call.flags = MSG_NOSIGNAL;
	call.sleep_ns[SLEEP_PEER_WINDOW] = 100000;
	assert_has(event_of(desk, &call), "send(3<#1 client>, 10240000, MSG_NOSIGNAL) = "
					  "10240000 <0.000106> slept 0.000100 (peer's "
					  "window)\n");
	call = call_of(desk, CALL_SHUTDOWN);
	call.flags = SHUT_WR;
	assert_has(event_of(desk, &call), "shutdown(3<#1 client>, SHUT_WR) = 0 <");
	call = call_of(desk, CALL_SOCKET);
	call.result = 3;
	desk->story.client.connection = NULL;
	assert_has(event_of(desk, &call), "socket(AF_INET, SOCK_STREAM) = 3 <");
	call = call_of(desk, CALL_LISTEN);
	call.flags = 128;
	desk->story.client.state = TCP_LISTEN;
	assert_has(event_of(desk, &call), "listen(3<socket 2>, 128) = 0 <");
	call = call_of(desk, CALL_SETSOCKOPT);
	call.flags = IPPROTO_TCP << 16 | TCP_NODELAY;
	call.asked_bytes = 1;
	assert_has(event_of(desk, &call), ", SOL_TCP, TCP_NODELAY, [1]) = 0 <");
}

static void calls_that_never_returned_say_so(void **state)
{
	struct desk *desk = *state;
	struct call call = call_of(desk, CALL_READ);

	call.finished = false;
	assert_has(event_of(desk, &call), "read(3<#1 client>, 0) = ? (its task ended inside) <");
	call.return_ns = 0;
	assert_has(event_of(desk, &call), "read(3<#1 client>, 0) (still inside)\n");
}

static void joined_calls_stand_in_one_line_with_their_number(void **state)
{
	struct desk *desk = *state;
	struct call call = call_of(desk, CALL_SEND);

	call.run = (struct call_run){ .count = 37, .inside_ns = 52000 };
	call.asked_bytes = call.moved_bytes = 37000;
	call.result = 1000;
	assert_has(event_of(desk, &call), "37 x send(3<#1 client>, 37000) = 37000 <0.000052>\n");
	call.kind = CALL_RECV;
	call.moved_bytes = 0;
	call.result = -EAGAIN;
	assert_has(event_of(desk, &call), "37 x recv(3<#1 client>, 37000) = -1 EAGAIN (");
}

static void *begin_events(struct desk *desk, unsigned int shown)
{
	void *context;

	paper_free(&desk->paper);
	paper_open(&desk->paper, 80, false);
	desk->paper.target.events = shown;
	assert_int_equal(view_events.begin(&context, &desk->paper.target, &desk->story.info), 0);
	view_events.sink.zero(context, STORY_ZERO_NS);
	return context;
}

static const char *end_events(struct desk *desk, void *context)
{
	assert_int_equal(view_events.end(context, desk->trace, &desk->story.end), 0);
	paper_close(&desk->paper);
	return desk->paper.text;
}

static struct state_change change_of(struct desk *desk)
{
	return (struct state_change){
		.time_ns = STORY_ZERO_NS + 50000,
		.socket = &desk->story.client,
		.old_state = TCP_SYN_SENT,
		.new_state = TCP_ESTABLISHED,
		.cause = CAUSE_SEGMENT,
		.detail = "SYN-ACK",
	};
}

static void enter(void *context, struct call call)
{
	call.return_ns = 0;
	call.finished = false;
	view_events.sink.call_enter(context, &call);
}

static void a_call_is_cut_where_something_else_happens(void **state)
{
	struct desk *desk = *state;
	struct call call = call_of(desk, CALL_READ);
	struct state_change change = change_of(desk);
	void *context = begin_events(desk, 0);

	call.asked_bytes = 7;
	enter(context, call);
	view_events.sink.call(context, &call);
	call.enter_ns += 1000;
	enter(context, call);
	view_events.sink.state(context, &change);
	view_events.sink.call(context, &call);
	assert_has(end_events(desk, context),
		   "  0.000000 -              #1 is 127.0.0.1:57366 -> 127.0.0.1:12345\n"
		   "  0.000106 exp_client/9788 read(3<#1 client>, 7) = 0 <0.000106>\n"
		   "  0.000001 exp_client/9788 read(3<#1 client>, 7 <unfinished ...>\n"
		   "  0.000050 exp_client/9788 #1 client SYN_SENT -> ESTABLISHED (SYN-ACK)\n"
		   "  0.000106 exp_client/9788 <... read resumed>) = 0 <0.000105>\n");
}

static void an_address_that_came_late_is_told_at_the_return(void **state)
{
	struct desk *desk = *state;
	struct call call = call_of(desk, CALL_CONNECT);
	struct state_change change = change_of(desk);
	void *context = begin_events(desk, 0);

	enter(context, call);
	view_events.sink.state(context, &change);
	call.has_address = true;
	view_events.sink.call(context, &call);
	end_events(desk, context);
	assert_has(desk->paper.text, " connect(3 <unfinished ...>\n");
	assert_has(desk->paper.text, " <... connect resumed>, 127.0.0.1:12345) = 0 <");
}

static void whoever_watches_sees_what_a_call_waits_in(void **state)
{
	struct desk *desk = *state;
	struct call call = call_of(desk, CALL_READ);
	void *context = begin_events(desk, 0);

	call.return_ns = call.enter_ns + 2000000000;
	enter(context, call);
	view_events.passed(context, call.enter_ns + 500000000);
	view_events.sink.call(context, &call);
	call.enter_ns += 3000000000;
	call.return_ns += 3000000000;
	enter(context, call);
	view_events.passed(context, call.enter_ns + 1500000000);
	view_events.sink.call(context, &call);
	end_events(desk, context);
	assert_int_equal(paper_count(desk->paper.text, " <unfinished ...>"), 2);
	assert_int_equal(paper_count(desk->paper.text, "<... read resumed>) = 0 <2.000000>"), 2);
}

static void only_what_was_asked_for_is_shown(void **state)
{
	struct desk *desk = *state;
	struct call call = call_of(desk, CALL_READ);
	struct state_change change = change_of(desk);
	struct loss loss = { .count = 1, .what = RECORD_CALL };
	void *context = begin_events(desk, SHOW_STATES | SHOW_NOTES);

	enter(context, call);
	view_events.sink.state(context, &change);
	view_events.sink.call(context, &call);
	view_events.sink.lost(context, &loss);
	end_events(desk, context);
	assert_has(desk->paper.text, "SYN_SENT -> ESTABLISHED");
	assert_has(desk->paper.text, "1 records LOST");
	assert_lacks(desk->paper.text, "read(");
}

static void sockets_without_a_connection_are_named_when_that_changes(void **state)
{
	struct desk *desk = *state;
	struct socket socket = desk->story.client;
	void *context = begin_events(desk, 0);

	socket.connection = NULL;
	socket.identity.protocol = IPPROTO_UDP;
	socket.identity.type = SOCK_DGRAM;
	socket.last_ns = STORY_ZERO_NS;
	socket.has_local = true;
	socket.has_remote = false;
	view_events.sink.socket(context, &socket);
	view_events.sink.socket(context, &socket);
	socket.has_remote = true;
	socket.identity.remote_port = 53;
	view_events.sink.socket(context, &socket);
	end_events(desk, context);
	assert_int_equal(paper_count(desk->paper.text, "socket 2 is UDP 127.0.0.1:57366"), 2);
	assert_int_equal(paper_count(desk->paper.text, "127.0.0.1:57366 -> 127.0.0.1:53"), 1);
}

static void states_segments_and_losses_are_lines_too(void **state)
{
	struct desk *desk = *state;
	struct state_change change = {
		.time_ns = STORY_ZERO_NS,
		.socket = &desk->story.client,
		.old_state = TCP_SYN_SENT,
		.new_state = TCP_ESTABLISHED,
		.cause = CAUSE_SEGMENT,
		.detail = "SYN-ACK",
	};
	struct segment segment = {
		.time_ns = STORY_ZERO_NS,
		.socket = &desk->story.client,
		.connection = &desk->story.connection,
		.flags = SEGMENT_SYN,
		.window = 65495,
		.mss = 65495,
		.wscale = 10,
	};
	struct loss loss = {
		.first_ns = STORY_ZERO_NS,
		.last_ns = STORY_ZERO_NS + 1000000000,
		.count = 1234,
		.what = RECORD_SEGMENT,
	};
	void *context;

	paper_open(&desk->paper, 80, false);
	assert_int_equal(view_events.begin(&context, &desk->paper.target, &desk->story.info), 0);
	view_events.sink.zero(context, desk->story.info.start_mono_ns);
	view_events.sink.state(context, &change);
	view_events.sink.segment(context, &segment);
	desk->story.connection.isn_known[END_CLIENT] = false;
	segment.flags = SEGMENT_ACK;
	segment.length = 7;
	view_events.sink.segment(context, &segment);
	view_events.sink.lost(context, &loss);
	change.old_state = 0;
	change.cause = CAUSE_UNKNOWN;
	strcpy(change.detail, "found");
	view_events.sink.state(context, &change);
	assert_int_equal(view_events.end(context, desk->trace, &desk->story.end), 0);
	paper_close(&desk->paper);
	assert_has(desk->paper.text, "#1 client SYN_SENT -> ESTABLISHED (SYN-ACK)\n");
	assert_has(desk->paper.text, "#1 client ? -> ESTABLISHED (found)\n");
	assert_has(desk->paper.text, "#1 -> SYN win=65495 mss=65495 wscale=10\n");
	assert_has(desk->paper.text, "#1 -> data ack=0 len=7 win=65495\n");
	assert_has(desk->paper.text, "~~~ 1,234 records LOST (SEGMENT) between +300.0 ms and "
				     "+1.300 s\n");
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(calls_read_like_those_of_strace),
		DESK_TEST(joined_calls_stand_in_one_line_with_their_number),
		DESK_TEST(calls_that_never_returned_say_so),
		DESK_TEST(a_call_is_cut_where_something_else_happens),
		DESK_TEST(an_address_that_came_late_is_told_at_the_return),
		DESK_TEST(whoever_watches_sees_what_a_call_waits_in),
		DESK_TEST(only_what_was_asked_for_is_shown),
		DESK_TEST(sockets_without_a_connection_are_named_when_that_changes),
		DESK_TEST(states_segments_and_losses_are_lines_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
