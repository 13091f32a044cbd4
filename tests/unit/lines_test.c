/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The views that write line by line, the footer under every view, and --info. */
#include <errno.h>
#include <locale.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/story.h"
#include "user/export/events.h"
#include "user/export/footer.h"

struct desk {
	struct story story;
	struct paper paper;
	struct trace *trace;
	struct view *view;
};

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	assert_non_null(desk);
	setlocale(LC_CTYPE, "C.UTF-8");
	story_fill(&desk->story);
	assert_int_equal(trace_open(&desk->trace, &desk->story.info, NULL, NULL), 0);
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *desk = *state;

	paper_free(&desk->paper);
	trace_close(desk->trace);
	free(desk);
	return 0;
}

/* A fresh page; what was written before is thrown away. */
static struct view *begin(struct desk *desk, int columns, bool utf8, enum lang lang)
{
	paper_free(&desk->paper);
	paper_open(&desk->paper, columns, utf8);
	desk->paper.target.lang = lang;
	desk->view = view_open(&desk->paper.target, &desk->story.info);
	assert_non_null(desk->view);
	desk->view->zero_ns = STORY_ZERO_NS;
	return desk->view;
}

static const char *finish(struct desk *desk)
{
	assert_int_equal(view_close(desk->view), 0);
	paper_close(&desk->paper);
	return desk->paper.text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

static void assert_fits(const char *text, int columns)
{
	if (paper_columns(text) > columns)
		fail_msg("%d columns where %d are:\n%s", paper_columns(text), columns, text);
}

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
	assert_has(event_of(desk, &call), "   0.300106 exp_client/9788    "
					  "connect(3, 127.0.0.1:12345) = 0 <106.0 us>\n");
	call.result = -ECONNREFUSED;
	assert_has(event_of(desk, &call), "= ECONNREFUSED <106.0 us>\n");
	call = call_of(desk, CALL_SEND);
	call.asked_bytes = call.moved_bytes = 10240000;
	call.result = 10240000;
	call.flags = MSG_NOSIGNAL;
	call.sleep_ns[SLEEP_PEER_WINDOW] = 100000;
	assert_has(event_of(desk, &call), "send(3, 10,240,000, MSG_NOSIGNAL) = 10,240,000 "
					  "<106.0 us, slept 100.0 us: peer's window>\n");
	call = call_of(desk, CALL_SHUTDOWN);
	call.flags = SHUT_WR;
	assert_has(event_of(desk, &call), "shutdown(3, SHUT_WR) = 0 <");
	call = call_of(desk, CALL_SOCKET);
	call.result = 3;
	assert_has(event_of(desk, &call), "socket(IPv4, TCP) = 3 <");
	call = call_of(desk, CALL_LISTEN);
	call.flags = 128;
	assert_has(event_of(desk, &call), "listen(3, 128) = 0 <");
}

static void calls_that_never_returned_say_so(void **state)
{
	struct desk *desk = *state;
	struct call call = call_of(desk, CALL_READ);

	call.finished = false;
	assert_has(event_of(desk, &call), "read(3, 0) = ? (its task ended inside) <");
	call.return_ns = 0;
	assert_has(event_of(desk, &call), "read(3, 0) (still inside)\n");
}

static void states_segments_and_losses_are_lines_too(void **state)
{
	struct desk *desk = *state;
	struct state_change change = {
		.time_ns = STORY_ZERO_NS,
		.socket = &desk->story.client,
		.old_state = TCP_SYN_SENT,
		.new_state = TCP_ESTABLISHED,
		.duration_ns = 48600,
		.duration_known = true,
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
	assert_int_equal(view_events.end(context, desk->trace, &desk->story.end), 0);
	paper_close(&desk->paper);
	assert_has(desk->paper.text, "#1 client SYN_SENT -> ESTABLISHED  (segment SYN-ACK, "
				     "after 48.6 us)\n");
	assert_has(desk->paper.text, "#1 -> SYN seq=0 win=65,495 mss=65495 wscale=10\n");
	assert_has(desk->paper.text, "#1 -> data ack=0 len=7 win=65,495\n");
	assert_has(desk->paper.text, "~~~ 1,234 records LOST (SEGMENT) between +300.0 ms and "
				     "+1.300 s\n");
}

/* Moments of many connections. */
static const char *moments_of(struct desk *desk, unsigned int connections)
{
	static struct connection many[12];
	struct moment moment = { .kind = MOMENT_SYN, .socket = &desk->story.client };
	void *context;

	paper_free(&desk->paper);
	paper_open(&desk->paper, 80, false);
	assert_int_equal(view_moments.begin(&context, &desk->paper.target, &desk->story.info), 0);
	view_moments.sink.zero(context, desk->story.info.start_mono_ns);
	for (unsigned int i = 0; i < connections; i++) {
		many[i] = desk->story.connection;
		many[i].id = i + 1;
		moment.connection = &many[i];
		moment.time_ns = STORY_ZERO_NS + i;
		view_moments.sink.connection(context, &many[i]);
		view_moments.sink.moment(context, &moment);
		view_moments.sink.finished(context, &many[i]);
	}
	assert_int_equal(view_moments.end(context, desk->trace, &desk->story.end), 0);
	paper_close(&desk->paper);
	return desk->paper.text;
}

static void one_connection_needs_no_number(void **state)
{
	assert_has(moments_of(*state, 1), "  +300.0 ms  SYN: ");
	assert_lacks(moments_of(*state, 1), "#1");
}

static void more_than_eight_connections_get_one_line_each(void **state)
{
	struct desk *desk = *state;
	const char *text = moments_of(desk, 10);

	assert_int_equal(paper_count(text, "SYN: "), 8);
	assert_int_equal(paper_count(text, "More than 8 connections"), 1);
	assert_int_equal(paper_count(text, "  #9  exp_client 9788 127.0.0.1:57366 -> exp_server"),
			 1);
	assert_int_equal(paper_count(text, "  #10  exp_client"), 1);
	assert_lacks(text, "  #8  exp_client");
	assert_int_equal(paper_count(text, "10.24 MB ->, 0 B <-, closed"), 2);
	assert_fits(text, 80);
}

/* What --info says. */
static const char *info(struct desk *desk)
{
	paper_free(&desk->paper);
	paper_open(&desk->paper, 80, true);
	assert_int_equal(info_print(desk->paper.target.stream, &desk->story.info, &desk->story.end,
				    desk->trace),
			 0);
	paper_close(&desk->paper);
	return desk->paper.text;
}

/* Two moments, the second of which is told late, when the first may be shown already. */
static const char *late_by(struct desk *desk, uint64_t late_ns)
{
	struct moment moment = { .kind = MOMENT_CLOSE, .connection = &desk->story.connection };
	void *context;

	paper_free(&desk->paper);
	paper_open(&desk->paper, 80, false);
	assert_int_equal(view_moments.begin(&context, &desk->paper.target, &desk->story.info), 0);
	view_moments.sink.zero(context, desk->story.info.start_mono_ns);
	moment.time_ns = moment.told_ns = STORY_ZERO_NS + 2000000;
	view_moments.sink.moment(context, &moment);
	view_moments.passed(context, moment.time_ns + late_ns);
	moment.kind = MOMENT_SENT;
	moment.time_ns = STORY_ZERO_NS + 1000000;
	moment.told_ns = STORY_ZERO_NS + 2000000 + late_ns;
	view_moments.sink.moment(context, &moment);
	assert_int_equal(view_moments.end(context, desk->trace, &desk->story.end), 0);
	paper_close(&desk->paper);
	return desk->paper.text;
}

static void moments_stand_in_the_order_of_their_times(void **state)
{
	struct desk *desk = *state;
	const char *text = late_by(desk, 40000000);

	assert_non_null(strstr(text, "+301.0 ms  "));
	assert_true(strstr(text, "+301.0 ms  ") < strstr(text, "+302.0 ms  "));
	text = late_by(desk, 60000000);
	assert_non_null(strstr(text, "+302.0 ms  "));
	assert_true(strstr(text, "+302.0 ms  ") < strstr(text, ", at +301.0 ms: "));
}

static void one_clock_begins_at_the_first_syn(void **state)
{
	struct desk *desk = *state;
	struct moment moment = { .kind = MOMENT_LISTEN, .time_ns = STORY_ZERO_NS - 1000000 };
	void *context;

	paper_open(&desk->paper, 80, false);
	assert_int_equal(view_moments.begin(&context, &desk->paper.target, &desk->story.info), 0);
	view_moments.sink.zero(context, STORY_ZERO_NS - 3000000);
	view_moments.sink.moment(context, &moment);
	view_moments.sink.zero(context, STORY_ZERO_NS);
	moment.kind = MOMENT_SYN;
	moment.connection = &desk->story.connection;
	moment.time_ns = STORY_ZERO_NS;
	view_moments.sink.moment(context, &moment);
	assert_int_equal(view_moments.end(context, desk->trace, &desk->story.end), 0);
	paper_close(&desk->paper);
	assert_has(desk->paper.text, "  +2.000 ms  listen()");
	assert_has(desk->paper.text, "\n-- times count from the first event above, from the first "
				     "SYN (+3.000 ms) below\n      +0 ns  SYN: ");
	assert_fits(desk->paper.text, 80);
}

/* The footer. */
static const char *footer(struct desk *desk, const char *path)
{
	struct view *view = begin(desk, 80, true, LANG_EN);

	view->capture_path = path;
	footer_print(view, desk->trace, &desk->story.end);
	return finish(desk);
}

static void feed_loss(struct desk *desk)
{
	union record record = { .lost = {
					.header = { .kind = RECORD_LOST,
						    .size = sizeof(struct record_lost),
						    .time_ns = STORY_ZERO_NS },
					.first_ns = STORY_ZERO_NS,
					.last_ns = STORY_ZERO_NS + 5000000,
					.count = 1234,
					.what = RECORD_SEGMENT,
				} };

	assert_int_equal(trace_feed(desk->trace, &record), 0);
}

static void losses_are_said_loudly_with_kind_and_time(void **state)
{
	struct desk *desk = *state;

	assert_lacks(footer(desk, NULL), "!!");
	feed_loss(desk);
	assert_has(footer(desk, NULL), "  !! 1,234 RECORDS LOST");
	assert_has(desk->paper.text, "1,234 SEGMENT between ");
	assert_has(desk->paper.text, "0 events, 1,234 lost.\n");
}

static void facts_that_the_kernel_did_not_tell_are_named(void **state)
{
	struct desk *desk = *state;

	assert_lacks(footer(desk, NULL), "not known");
	desk->story.info.hooks[1].on = false;
	assert_has(footer(desk, NULL),
		   "  not known on this kernel: SYN-ACKs that were sent again\n");
}

static void what_detail_left_out_is_no_fault_of_the_kernel(void **state)
{
	struct desk *desk = *state;

	desk->story.info.hooks[0].on = desk->story.info.hooks[1].on = false;
	desk->story.info.hooks[0].unasked = desk->story.info.hooks[1].unasked = true;
	strcpy(desk->story.info.detail, "calls");
	assert_has(footer(desk, NULL), "  not recorded at --detail calls: states, SYN-ACKs that "
				       "were sent again;\n    --detail full records all\n");
	assert_lacks(desk->paper.text, "kernel");
	assert_has(info(desk), "not asked for by --detail: states\n");
}

static void a_capture_that_was_cut_off_says_so(void **state)
{
	struct desk *desk = *state;

	desk->story.end.complete = false;
	assert_has(footer(desk, NULL), "!! The capture is cut off at ");
	desk->story.end.last_ns = 0;
	assert_has(footer(desk, NULL), "!! The capture is cut off before its first record.\n");
}

static void damage_is_told_with_one_time_in_info_and_views(void **state)
{
	struct desk *desk = *state;
	union record record = { .process = { .header = { .kind = RECORD_PROCESS,
							 .size = sizeof(struct record_process),
							 .time_ns = STORY_ZERO_NS } } };

	assert_int_equal(trace_feed(desk->trace, &record), 0);
	desk->story.end.complete = false;
	desk->story.end.damaged = true;
	desk->story.end.cut_bytes = 12345;
	desk->story.end.last_ns = STORY_ZERO_NS + 5000000;
	assert_has(footer(desk, NULL), "  !! The capture is damaged behind +5.000 ms: 12,345 bytes "
				       "are not used");
	assert_has(info(desk), "ending      damaged behind +5.000 ms; 12,345 bytes behind it");
}

static void commands_to_type_next_are_safe_to_paste(void **state)
{
	assert_has(footer(*state, "run.tcpw"), "  next: tcpwatch -r run.tcpw --view ladder\n");
	assert_has(footer(*state, "my run;'x.tcpw"),
		   "tcpwatch -r 'my run;'\\''x.tcpw' --view ladder\n");
}

static void a_replay_gives_only_advice_that_makes_sense(void **state)
{
	struct desk *desk = *state;
	struct view *view = begin(desk, 80, true, LANG_EN);

	view->replayed = true;
	view->capture_path = "run.tcpw";
	view->shown = "ladder";
	footer_print(view, desk->trace, &desk->story.end);
	assert_has(finish(desk), "  next: tcpwatch -r run.tcpw --view events\n        tcpwatch -r "
				 "run.tcpw --csv DIR\n");
	assert_lacks(desk->paper.text, "saved");
	assert_lacks(desk->paper.text, "--view ladder");
	view = begin(desk, 80, true, LANG_EN);
	view->replayed = true;
	footer_print(view, desk->trace, &desk->story.end);
	assert_lacks(finish(desk), "-o FILE.tcpw");
}

static void info_says_traced_where_no_command_was_run(void **state)
{
	struct desk *desk = *state;
	const char *text;

	desk->story.info.command_tgid = 0;
	strcpy(desk->story.info.command, "-p 812,815 (nginx)");
	text = info(desk);
	assert_has(text, "traced      -p 812,815 (nginx)\n");
	assert_lacks(text, "result");
}

static void info_says_that_the_command_ran_on(void **state)
{
	struct desk *desk = *state;

	desk->story.end.command_status = -1;
	assert_has(info(desk), "result      still ran when the trace ended\n");
}

static void info_names_kernel_command_and_ending(void **state)
{
	struct desk *desk = *state;
	const char *text;

	desk->story.end.records = 22116;
	desk->story.info.hooks[1].on = false;
	strcpy(desk->story.info.command, "sh -c 'printf \"\033[2J\"'");
	text = info(desk);
	assert_has(text, "kernel      6.18.0-test\n");
	assert_has(text, "command     sh -c 'printf \"\\x1b[2J\"'\n");
	assert_has(text, "start       2023-11-14 22:13:20 UTC\n");
	assert_has(text, "records     22,116\n");
	assert_has(text, "ending      complete\n");
	assert_has(text, "off tcp_retransmit_synack\n");
	assert_has(text, "not known: SYN-ACKs that were sent again\n");
	assert_fits(text, 80);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(calls_read_like_those_of_strace),
		DESK_TEST(calls_that_never_returned_say_so),
		DESK_TEST(states_segments_and_losses_are_lines_too),
		DESK_TEST(one_connection_needs_no_number),
		DESK_TEST(more_than_eight_connections_get_one_line_each),
		DESK_TEST(moments_stand_in_the_order_of_their_times),
		DESK_TEST(one_clock_begins_at_the_first_syn),
		DESK_TEST(losses_are_said_loudly_with_kind_and_time),
		DESK_TEST(facts_that_the_kernel_did_not_tell_are_named),
		DESK_TEST(what_detail_left_out_is_no_fault_of_the_kernel),
		DESK_TEST(a_capture_that_was_cut_off_says_so),
		DESK_TEST(damage_is_told_with_one_time_in_info_and_views),
		DESK_TEST(commands_to_type_next_are_safe_to_paste),
		DESK_TEST(a_replay_gives_only_advice_that_makes_sense),
		DESK_TEST(info_names_kernel_command_and_ending),
		DESK_TEST(info_says_traced_where_no_command_was_run),
		DESK_TEST(info_says_that_the_command_ran_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
