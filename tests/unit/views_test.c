/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The summary and the ladder: what they say, and that it fits the terminal. */
#include <locale.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/desk.h"
#include "user/export/ladder.h"
#include "user/export/summary.h"

static const char *summary(struct desk *desk, int columns, bool utf8, enum lang lang)
{
	summary_connection(desk_begin(desk, columns, utf8, lang), &desk->story.connection, 28);
	return desk_finish(desk);
}

static const char *ladder(struct desk *desk, int columns, int max_rows)
{
	ladder_draw(desk_begin(desk, columns, false, LANG_EN), &desk->story.connection, max_rows);
	return desk_finish(desk);
}

static void summaries_fit_every_width_in_both_languages(void **state)
{
	static const int widths[] = { 60, 61, 66, 67, 79, 80, 100, 120, 200 };

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		for (int lang = 0; lang < LANG_COUNT; lang++)
			for (int utf8 = 0; utf8 < 2; utf8++)
				assert_fits(summary(*state, widths[i], utf8, (enum lang)lang),
					    widths[i]);
}

static void a_narrower_terminal_gets_sixty_columns(void **state)
{
	assert_fits(summary(*state, 20, false, LANG_EN), 60);
}

static void ascii_views_hold_no_other_byte(void **state)
{
	struct desk *desk = *state;

	strcpy(desk->story.client.owner_comm, "caf\xc3\xa9\033[31m");
	assert_true(paper_is_ascii(summary(desk, 80, false, LANG_EN)));
	assert_has(desk->paper.text, "caf\\xc3\\xa9\\x1b[31m 9788");
}

static void names_from_the_kernel_come_out_escaped(void **state)
{
	struct desk *desk = *state;

	strcpy(desk->story.client.owner_comm, "a\033]0;x\a\n");
	assert_lacks(summary(desk, 80, true, LANG_EN), "\033");
	assert_has(desk->paper.text, "a\\x1b]0;x\\x07\\x0a 9788");
}

static void no_colour_means_no_escape_sequence(void **state)
{
	struct desk *desk = *state;
	struct view *view = desk_begin(desk, 80, true, LANG_EN);

	view->term.color = true;
	summary_connection(view, &desk->story.connection, 28);
	assert_has(desk_finish(desk), "\033[");
	assert_lacks(summary(desk, 80, true, LANG_EN), "\033");
}

static void summary_tells_the_story_in_exact_numbers(void **state)
{
	const char *text = summary(*state, 80, true, LANG_EN);

	assert_has(text, "#1  exp_client 9788 127.0.0.1:57366  ->  "
			 "exp_server 9789 127.0.0.1:12345\n");
	assert_has(text, "at the return of send()  █");
	assert_has(text, "█ read 7,052,288   ▓ receive queue 95,205   ▒ send buffer 3,092,507\n");
	assert_has(text, "^ send() returned\n");
	assert_has(text, "    SYN_RECV                         -             24.1 us\n");
	assert_has(text, "    client send             1   10,240,000    10,240,000     7.804 s"
			 "     7.804 s\n      slept 7.790 s (>99 %): peer's window; slow reader: "
			 "exp_server 9789\n");
	assert_has(text, "    server read        10,107   10,240,000         1,024    346.3 ms"
			 "    6.350 ms\n      2 failed\n");
}

static void the_table_of_calls_names_each_in_full(void **state)
{
	struct desk *desk = *state;
	struct connection *connection = &desk->story.connection;

	story_calls(&desk->story, END_CLIENT, CALL_SETSOCKOPT)->count = 1;
	connection->flow[END_CLIENT].inside_since_ns = STORY_ZERO_NS;
	connection->flow[END_CLIENT].inside_call = CALL_SENDTO;
	connection->until_ns = STORY_ZERO_NS + 2000000000;
	assert_has(summary(desk, 80, false, LANG_EN), "  client setsockopt  ");
	assert_has(desk->paper.text, "    client sendto      2.000 s so far\n");
	assert_has(desk->paper.text, " largest asked ");
}

static void of_calls_that_were_found_running_the_longest_is_a_lower_bound(void **state)
{
	struct desk *desk = *state;
	struct call_stats *stats = story_calls(&desk->story, END_CLIENT, CALL_CONNECT);

	stats->count = 1;
	stats->inside_ns = stats->longest_ns = 1073000;
	stats->at_least = true;
	assert_has(summary(desk, 80, false, LANG_EN), " >= 1.073 ms >= 1.073 ms\n");
}

static void long_addresses_and_pids_are_never_cut(void **state)
{
	struct desk *desk = *state;
	struct connection *connection = &desk->story.connection;

	connection->family = AF_INET6;
	for (int end = 0; end < END_COUNT; end++)
		memset(connection->address[end], 0x2a, sizeof(connection->address[end]));
	desk->story.server.owner_tgid = 4194303;
	strcpy(desk->story.server.owner_comm, "a_long_name_xyz");
	assert_has(ladder(desk, 80, 0), "]:57366\n");
	assert_has(desk->paper.text, "]:12345\n");
	assert_has(desk->paper.text, "server a_long_name_xyz 4194303\n");
	assert_fits(desk->paper.text, 80);
}

static void both_directions_are_told_apart(void **state)
{
	struct desk *desk = *state;
	struct connection *connection = &desk->story.connection;

	assert_lacks(summary(desk, 80, false, LANG_EN), "client -> server");
	connection->flow[END_SERVER] = connection->flow[END_CLIENT];
	connection->flow[END_SERVER].at_return.connection = connection;
	desk->story.detail.wmem[END_SERVER] = desk->story.detail.wmem[END_CLIENT];
	assert_has(summary(desk, 80, false, LANG_EN), "  client -> server:\n  at the return of");
	assert_has(desk->paper.text, "  server -> client:\n  at the ");
	assert_int_equal(paper_count(desk->paper.text, "  client -> server:\n"), 2);
}

/* Cells of each glyph in the bar. */
static void the_bar_gives_every_place_its_share(void **state)
{
	const char *text = summary(*state, 80, false, LANG_EN);
	const char *bar = strstr(text, "send()  #");
	size_t read, queue, unsent;

	assert_non_null(bar);
	bar += strlen("send()  ");
	read = strspn(bar, "#");
	queue = strspn(bar + read, "=");
	unsent = strspn(bar + read + queue, "-");
	assert_int_equal(read + queue + unsent, 80 - 2 - 23 - 2);
	assert_int_equal(queue, 1);
	assert_in_range(read, 35, 37);
	assert_in_range(unsent, 15, 17);
}

static void an_end_that_is_not_traced_says_so(void **state)
{
	struct desk *desk = *state;

	desk->story.connection.ends[END_SERVER] = NULL;
	desk->story.connection.flow[END_CLIENT].at_return.at.receiver_seen = false;
	assert_has(summary(desk, 80, false, LANG_EN), "->  127.0.0.1:12345 (not traced)\n");
	assert_has(desk->paper.text, "server (not traced)");
	assert_has(desk->paper.text, "# acknowledged 7,147,493");
	assert_lacks(desk->paper.text, "# read");
}

static void a_lossy_connection_says_so_above_its_verdict(void **state)
{
	struct desk *desk = *state;
	const char *text;

	desk->story.connection.lossy = true;
	text = summary(desk, 80, false, LANG_EN);
	assert_has(text, "!! Records were LOST");
	assert_true(strstr(text, "LOST") < strstr(text, "at the return of"));
}

static void a_state_not_left_yet_counts_up_to_the_last_event(void **state)
{
	struct desk *desk = *state;
	struct socket *client = &desk->story.client;

	client->state = TCP_TIME_WAIT;
	client->state_seen[TCP_TIME_WAIT] = true;
	client->state_since_ns = desk->story.connection.last_ns - 1500;
	assert_has(summary(desk, 80, false, LANG_EN), "1.5 us so far");
	client->state_since_ns = desk->story.connection.last_ns;
	assert_has(summary(desk, 80, false, LANG_EN), "    TIME_WAIT                  entered");
}

static void the_ladder_draws_the_handshake(void **state)
{
	const char *text = ladder(*state, 80, 0);

	assert_has(text, " -200.1 ms               |                              | accept()\n");
	assert_has(text, "                         :        200.0 ms pass         :\n");
	assert_has(text, "  -19.2 us     [SYN_SENT]|                              |\n");
	assert_has(text, "     +0 ns               |--------- SYN seq=0 --------->| "
			 "raw 578461303\n");
	assert_has(text, "  +18.6 us               |<---- SYN-ACK seq=0 ack=1 ----| "
			 "raw 3596862573\n");
	assert_has(text, "  +50.2 us               | connect() = 0 (106.0 us)     |\n");
	assert_has(text, ": 246 segments, 10.24 MB :");
	assert_fits(text, 80);
}

static void a_wide_ladder_shows_the_options_of_the_syn(void **state)
{
	assert_has(ladder(*state, 140, 0), "raw 578461303 mss 65495 wscale 10 win 65,536\n");
}

static void a_segment_that_does_not_arrive_ends_in_x(void **state)
{
	struct desk *desk = *state;
	struct row *row = story_row(&desk->story, ROW_SEGMENT, END_CLIENT, 12000000000);

	row->flags = SEGMENT_ACK;
	row->ack = 77;
	row->arrived = false;
	assert_has(ladder(desk, 80, 0), "|------- ACK ack=77 -------X   | not seen to arrive");
	row->end = END_SERVER;
	assert_has(ladder(desk, 80, 0), "|   X------- ACK ack=77 -------|");
	row->peer_seen = false;
	assert_lacks(ladder(desk, 80, 0), "not seen to arrive");
	assert_lacks(desk->paper.text, "X-");
}

static void a_slow_segment_says_when_it_arrives(void **state)
{
	struct desk *desk = *state;
	struct row *row = story_row(&desk->story, ROW_SEGMENT, END_CLIENT, 12000000000);

	row->flags = SEGMENT_ACK;
	row->arrived_ns = row->time_ns + 500000000;
	assert_has(ladder(desk, 80, 0), "arrives +12.50 s");
}

static void retransmissions_and_losses_stand_out_in_words(void **state)
{
	struct desk *desk = *state;
	struct row *row = story_row(&desk->story, ROW_SEGMENT, END_CLIENT, 12000000000);

	row->flags = SEGMENT_ACK;
	row->length = 1448;
	row->seq = 1;
	row->again = true;
	story_row(&desk->story, ROW_LOST, END_CLIENT, 12000000001)->lost = 1234;
	assert_has(ladder(desk, 120, 0), "again: data seq=1 ack=0 len=1448");
	assert_has(desk->paper.text, "1,234 records LOST here");
}

static void a_shortened_ladder_keeps_what_matters_and_counts_the_rest(void **state)
{
	struct desk *desk = *state;
	int rows = desk->story.detail.ladder.used;

	assert_int_equal(rows, 16);
	assert_has(ladder(desk, 80, 10), "SYN_SENT");
	assert_has(desk->paper.text, ": 2 rows left out :");
	assert_has(desk->paper.text, ": 6 rows, 11.34 s :");
	assert_lacks(desk->paper.text, "pass");
	assert_has(desk->paper.text, "SYN seq=0");
	assert_has(desk->paper.text, "[CLOSE_WAIT]");
	assert_lacks(desk->paper.text, "socket()");
	assert_lacks(ladder(desk, 80, 16), "left out");
	desk->story.detail.ladder.dropped = 100;
	desk->story.detail.ladder.dropped_at = 11;
	assert_has(ladder(desk, 80, 0), ": 100 rows left out :");
	assert_has(ladder(desk, 80, 10), ": 106 rows, 11.34 s :");
}

static void ladders_fit_every_width(void **state)
{
	for (int columns = 60; columns < 200; columns += 7)
		assert_fits(ladder(*state, columns, 0), columns);
}

static void the_longest_addresses_fit_too(void **state)
{
	struct desk *desk = *state;

	desk->story.connection.family = AF_INET6;
	for (int end = 0; end < END_COUNT; end++)
		memset(desk->story.connection.address[end], 0xfd, RECORD_ADDRESS_SIZE);
	memset(desk->story.client.owner_comm, 'w', RECORD_COMM_SIZE - 1);
	memset(desk->story.server.owner_comm, 'w', RECORD_COMM_SIZE - 1);
	assert_fits(summary(desk, 80, false, LANG_EN), 80);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(summaries_fit_every_width_in_both_languages),
		DESK_TEST(a_narrower_terminal_gets_sixty_columns),
		DESK_TEST(ascii_views_hold_no_other_byte),
		DESK_TEST(names_from_the_kernel_come_out_escaped),
		DESK_TEST(no_colour_means_no_escape_sequence),
		DESK_TEST(summary_tells_the_story_in_exact_numbers),
		DESK_TEST(the_table_of_calls_names_each_in_full),
		DESK_TEST(of_calls_that_were_found_running_the_longest_is_a_lower_bound),
		DESK_TEST(long_addresses_and_pids_are_never_cut),
		DESK_TEST(both_directions_are_told_apart),
		DESK_TEST(the_bar_gives_every_place_its_share),
		DESK_TEST(an_end_that_is_not_traced_says_so),
		DESK_TEST(a_lossy_connection_says_so_above_its_verdict),
		DESK_TEST(a_state_not_left_yet_counts_up_to_the_last_event),
		DESK_TEST(the_ladder_draws_the_handshake),
		DESK_TEST(a_wide_ladder_shows_the_options_of_the_syn),
		DESK_TEST(a_segment_that_does_not_arrive_ends_in_x),
		DESK_TEST(a_slow_segment_says_when_it_arrives),
		DESK_TEST(retransmissions_and_losses_stand_out_in_words),
		DESK_TEST(a_shortened_ladder_keeps_what_matters_and_counts_the_rest),
		DESK_TEST(ladders_fit_every_width),
		DESK_TEST(the_longest_addresses_fit_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
