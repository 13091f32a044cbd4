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
#include "tests/unit/desk.h"
#include "user/export/connections.h"
#include "user/export/footer.h"
#include "user/model/verdict.h"

/* Moments of many connections. */
static const char *moments_of(struct desk *desk, unsigned int connections)
{
	static struct connection many[12];
	struct moment moment = { .kind = MOMENT_SYN, .socket = &desk->story.client };
	void *context;

	paper_free(&desk->paper);
	paper_open(&desk->paper, 80, false);
	desk->paper.target.term.tty = true;
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
	assert_int_equal(paper_count(text, " exp_client/9788 "), 2);
	assert_has(text, "10 connections: 10 closed, 0 reset, 0 failed, 0 open.\n");
	assert_has(text, "102,400,000 bytes to servers, 0 to clients;");
	assert_fits(text, 80);
}

/* Rows of connections that are over. */
static const char *row_of(struct desk *desk, int columns, enum lang lang, bool tty)
{
	struct connections connections = { 0 };
	struct view *view = desk_begin(desk, columns, true, lang);

	view->term.tty = tty;
	connections_title(&connections, view);
	connections_row(&connections, view, &desk->story.connection,
			desk->story.connection.last_ns);
	return desk_finish(desk);
}

static void a_row_says_how_it_ended(void **state)
{
	struct desk *desk = *state;
	struct connection *connection = &desk->story.connection;

	desk->story.client.state_seen[TCP_FIN_WAIT1] = true;
	connection->finished = true;
	assert_has(row_of(desk, 80, LANG_EN, false),
		   "  time who           sent  recv   took  block end     local -> remote\n"
		   " 11.35 exp_client/9788 10.2M     0  11.6s  7.80s FIN-out "
		   "127.0.0.1:57366 -> :12345\n");
	desk->story.client.state_seen[TCP_FIN_WAIT1] = false;
	desk->story.client.state_seen[TCP_CLOSE_WAIT] = true;
	assert_has(row_of(desk, 80, LANG_EN, false), " FIN-in ");
	connection->reset = true;
	connection->reset_by = END_CLIENT;
	assert_has(row_of(desk, 80, LANG_EN, false), " RST-out ");
	connection->reset_by = END_SERVER;
	assert_has(row_of(desk, 80, LANG_EN, false), " RST-in ");
	connection->connect_error = ECONNREFUSED;
	assert_has(row_of(desk, 80, LANG_EN, false), " ECONNREFUSED 127.0.0.1:57366");
	connection->connect_error = 0;
	connection->reset = connection->finished = false;
	assert_has(row_of(desk, 80, LANG_EN, false), " open ");
}

static void a_row_of_the_server_looks_from_there(void **state)
{
	struct desk *desk = *state;
	struct connection *connection = &desk->story.connection;

	connection->ends[END_CLIENT] = NULL;
	connection->flow[END_SERVER].retransmits = 3;
	assert_has(row_of(desk, 80, LANG_EN, false), " exp_server/9789     0 10.2M ");
	assert_has(desk->paper.text, " 127.0.0.1:12345 <- :57366 retrans:3\n");
	connection->lossy = true;
	assert_has(row_of(desk, 80, LANG_EN, false), " retrans:3 records-lost\n");
}

static void what_was_not_recorded_is_a_dash(void **state)
{
	struct desk *desk = *state;

	strcpy(desk->story.info.hooks[1].name, "sys_exit");
	desk->story.info.hooks[1].on = false;
	desk->story.connection.bytes_known = false;
	assert_has(row_of(desk, 80, LANG_EN, false), "/9788     -     -  11.6s      - ");
}

static void what_detail_left_out_and_what_no_hook_shows_are_told_apart(void **state)
{
	struct desk *desk = *state;
	struct connection *connection = &desk->story.connection;
	char text[1024];

	connection->bytes_known = false;
	connection->segments_unasked = true;
	assert_has(verdict_text(connection, LANG_EN, text, sizeof(text)), "takes --detail full");
	connection->segments_unasked = false;
	assert_has(verdict_text(connection, LANG_EN, text, sizeof(text)), "lacks the hook");
	assert_lacks(text, "--detail");
	assert_has(verdict_text(connection, LANG_ZH, text, sizeof(text)), "缺少");
}

static void one_older_than_the_trace_took_at_least_that_long(void **state)
{
	struct desk *desk = *state;

	desk->story.info.command_tgid = 0;
	desk->story.connection.older = true;
	assert_has(row_of(desk, 80, LANG_EN, false),
		   "  time who           sent  recv     took  block end     local -> remote\n"
		   " 11.35 exp_client/9788 10.2M     0  >=11.6s  7.80s ");
}

static const char *total_of(struct desk *desk)
{
	struct connections connections = { 0 };
	struct view *view = desk_begin(desk, 80, true, LANG_EN);

	connections_add_open(&connections, &desk->story.connection);
	connections_total(&connections, view, 1);
	return desk_finish(desk);
}

static void sums_hold_what_open_connections_have_moved(void **state)
{
	struct desk *desk = *state;

	assert_has(total_of(desk), "1 connection: 0 closed, 0 reset, 0 failed, 1 open.\n");
	assert_has(desk->paper.text, "10,240,000 bytes to servers, 0 to clients; ");
	assert_has(desk->paper.text,
		   "; 7.804 s inside calls that can block;\n  0 segments sent again.\n");
}

static void sums_leave_out_what_was_not_recorded(void **state)
{
	struct desk *desk = *state;

	strcpy(desk->story.info.hooks[1].name, "sys_exit");
	desk->story.info.hooks[1].on = false;
	desk->story.connection.bytes_known = false;
	assert_lacks(total_of(desk), "bytes to servers");
	assert_lacks(desk->paper.text, "inside calls");
	assert_has(desk->paper.text, "\n0 segments sent again.\n");
}

static void addresses_are_whole_at_any_width(void **state)
{
	struct desk *desk = *state;
	struct connection *connection = &desk->story.connection;

	connection->family = AF_INET6;
	memset(connection->address[END_CLIENT], 0x22, 16);
	memset(connection->address[END_SERVER], 0x33, 16);
	assert_has(row_of(desk, 80, LANG_EN, true),
		   "\n        [2222:2222:2222:2222:2222:2222:2222:2222]:57366 ->\n        "
		   "[3333:3333:3333:3333:3333:3333:3333:3333]:12345\n");
	assert_int_equal(paper_count(row_of(desk, 80, LANG_EN, false), "11.35"), 1);
	assert_int_equal(paper_count(desk->paper.text, "]:12345"), 1);
	assert_int_equal(paper_count(row_of(desk, 200, LANG_ZH, true), "]:12345"), 1);
	connection->family = AF_INET;
	assert_fits(row_of(desk, 80, LANG_ZH, true), 80);
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
	struct view *view = desk_begin(desk, 80, true, LANG_EN);

	view->capture_path = path;
	footer_print(view, desk->trace, &desk->story.end);
	return desk_finish(desk);
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

static void feed(struct desk *desk, union record record, size_t size, enum record_kind kind)
{
	record.header = (struct record_header){ .kind = (uint16_t)kind,
						.size = (uint16_t)size,
						.socket = kind == RECORD_PROCESS ? 0 : 1,
						.time_ns = STORY_ZERO_NS };
	assert_int_equal(trace_feed(desk->trace, &record), 0);
}

static void feed_connection(struct desk *desk)
{
	union record socket = { .socket = { .family = AF_INET,
					    .type = SOCK_STREAM,
					    .protocol = IPPROTO_TCP,
					    .remote_port = 80 } };
	union record state = { .state = { .old_state = TCP_CLOSE, .new_state = TCP_SYN_SENT } };

	feed(desk, socket, sizeof(socket.socket), RECORD_SOCKET);
	feed(desk, state, sizeof(state.state), RECORD_STATE);
}

static void of_what_is_not_there_no_next_step_is_named(void **state)
{
	struct desk *desk = *state;

	assert_lacks(footer(desk, "run.tcpw"), "next:");
	feed(desk, (union record){ 0 }, sizeof(struct record_process), RECORD_PROCESS);
	assert_has(footer(desk, "run.tcpw"), "  next: tcpwatch -r run.tcpw --view events\n");
	assert_lacks(desk->paper.text, "ladder");
}

static void commands_to_type_next_are_safe_to_paste(void **state)
{
	feed_connection(*state);
	assert_has(footer(*state, "run.tcpw"), "  next: tcpwatch -r run.tcpw --view ladder\n");
	assert_has(footer(*state, "my run;'x.tcpw"),
		   "tcpwatch -r 'my run;'\\''x.tcpw' --view ladder\n");
}

static void a_replay_gives_only_advice_that_makes_sense(void **state)
{
	struct desk *desk = *state;
	struct view *view = desk_begin(desk, 80, true, LANG_EN);

	feed_connection(desk);
	view->replayed = true;
	view->capture_path = "run.tcpw";
	view->shown = "ladder";
	footer_print(view, desk->trace, &desk->story.end);
	assert_has(desk_finish(desk),
		   "  next: tcpwatch -r run.tcpw --view events\n        tcpwatch -r "
		   "run.tcpw --csv DIR\n");
	assert_lacks(desk->paper.text, "saved");
	assert_lacks(desk->paper.text, "--view ladder");
	view = desk_begin(desk, 80, true, LANG_EN);
	view->replayed = true;
	footer_print(view, desk->trace, &desk->story.end);
	assert_lacks(desk_finish(desk), "-o FILE.tcpw");
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

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(one_connection_needs_no_number),
		DESK_TEST(more_than_eight_connections_get_one_line_each),
		DESK_TEST(a_row_says_how_it_ended),
		DESK_TEST(a_row_of_the_server_looks_from_there),
		DESK_TEST(what_was_not_recorded_is_a_dash),
		DESK_TEST(what_detail_left_out_and_what_no_hook_shows_are_told_apart),
		DESK_TEST(one_older_than_the_trace_took_at_least_that_long),
		DESK_TEST(sums_hold_what_open_connections_have_moved),
		DESK_TEST(sums_leave_out_what_was_not_recorded),
		DESK_TEST(addresses_are_whole_at_any_width),
		DESK_TEST(moments_stand_in_the_order_of_their_times),
		DESK_TEST(one_clock_begins_at_the_first_syn),
		DESK_TEST(losses_are_said_loudly_with_kind_and_time),
		DESK_TEST(facts_that_the_kernel_did_not_tell_are_named),
		DESK_TEST(what_detail_left_out_is_no_fault_of_the_kernel),
		DESK_TEST(a_capture_that_was_cut_off_says_so),
		DESK_TEST(damage_is_told_with_one_time_in_info_and_views),
		DESK_TEST(of_what_is_not_there_no_next_step_is_named),
		DESK_TEST(commands_to_type_next_are_safe_to_paste),
		DESK_TEST(a_replay_gives_only_advice_that_makes_sense),
		DESK_TEST(info_names_kernel_command_and_ending),
		DESK_TEST(info_says_traced_where_no_command_was_run),
		DESK_TEST(info_says_that_the_command_ran_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
