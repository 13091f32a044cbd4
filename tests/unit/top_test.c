/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The page of connection ends: rates, order, what falls out, and what keys do. */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/stage.h"

/* A send() that sleeps for the peer's window, while the server reads a little. */
static void sender_blocks(struct play *play)
{
	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 5000000);
	write_queue(play, CLIENT, SAMPLE_TURN, .left = 5000000, .sndbuf = 4194304, .window = 65535);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 4000000, .sent = 100000, .acked = 90000,
		    .wmem = 4220000, .sndbuf = 4194304, .window = 1, .left = 1000000,
		    .flags = SAMPLE_NEW_BUFFER);
	read_queue(play, SERVER, SAMPLE_QUEUED, 95000, 0);
}

/* Two connections more: one that carried data both ways, one whose SYN waits for an answer. */
static void three(struct stage *stage)
{
	struct play *play = stage->play;

	sender_blocks(play);
	another_connection(play, 40001);
	play->tid[CLIENT] = 101;
	handshake(play);
	sends(play, CLIENT, 3000);
	sends(play, SERVER, 700);
	another_connection(play, 40002);
	play->tid[CLIENT] = 102;
	client_connects(play);
	syn_leaves(play);
}

static char *row(struct stage *stage, int index, char *text, size_t size)
{
	char *frame = render(stage, 80, 24), *at = frame;

	for (int i = 0; i < 5 + index; i++)
		at = strchr(at, '\n') + 1;
	snprintf(text, size, "%.*s", (int)strcspn(at, "\n"), at);
	free(frame);
	return text;
}

static void ends_are_rows_in_all_forms(void **state)
{
	struct stage *stage = *state;

	frame_top(stage->frame, TOP_BY_BLOCKED);
	three(stage);
	pass(stage->play, SECOND);
	kept_in_all_forms(stage, "top");
	shaped_in_all_forms(stage);
}

static void rates_are_of_the_time_between_two_looks(void **state)
{
	struct stage *stage = *state;
	char text[512];

	frame_top(stage->frame, TOP_BY_BLOCKED);
	handshake(stage->play);
	pass(stage->play, SECOND);
	row(stage, 0, text, sizeof(text));
	sends(stage->play, CLIENT, 5000);
	enters(stage->play, CLIENT, .call = CALL_SEND, .asked = 1);
	pass(stage->play, 2 * SECOND);
	row(stage, 0, text, sizeof(text));
	assert_contains(text, "client/100");
	assert_contains(text, " ESTAB   99 2.50k     0    0 send 2.00s");
	pass(stage->play, SECOND / 2);
	assert_contains(row(stage, 0, text, sizeof(text)), "  99 2.50k     0    0 send 2.50s");
	pass(stage->play, SECOND);
	assert_contains(row(stage, 0, text, sizeof(text)), " 100     0     0    0 send 3.50s");
	assert_contains(row(stage, 1, text, sizeof(text)), "server/200");
}

/* What sleeps says why only where that is known, and never for something else. */
static void a_sleep_is_given_its_own_cause(void **state)
{
	struct stage *stage = *state;
	char text[512];

	frame_top(stage->frame, TOP_BY_BLOCKED);
	sender_blocks(stage->play);
	pass(stage->play, SECOND);
	assert_contains(row(stage, 0, text, sizeof(text)), ": peer window");
	write_queue(stage->play, CLIENT, SAMPLE_ACKED, .handed = 4000000, .sent = 100000,
		    .acked = 90000, .wmem = 4220000, .sndbuf = 4194304, .window = 8000000,
		    .cwnd = 10, .out = 1, .ack = 95000, .flags = SAMPLE_PACED);
	assert_contains(row(stage, 0, text, sizeof(text)), ": pacing");
	write_queue(stage->play, CLIENT, SAMPLE_ACKED, .handed = 4000000, .sent = 100000,
		    .acked = 95000, .wmem = 4220000, .sndbuf = 4194304, .window = 8000000,
		    .cwnd = 10, .out = 1, .ack = 96000);
	row(stage, 0, text, sizeof(text));
	assert_contains(text, "send");
	assert_null(strstr(text, "buffer"));
}

static void keys_change_the_order(void **state)
{
	struct stage *stage = *state;
	char text[512];

	three(stage);
	frame_key(stage->frame, stage->play->trace, 't');
	pass(stage->play, SECOND);
	assert_contains(row(stage, 0, text, sizeof(text)), " #3 client");
	frame_key(stage->frame, stage->play->trace, '2');
	assert_contains(row(stage, 0, text, sizeof(text)), " #1 client");
	stage->play->tid[SERVER] = 201;
	another_connection(stage->play, 40003);
	stage->play->tid[CLIENT] = 103;
	handshake(stage->play);
	pass(stage->play, SECOND);
	row(stage, 0, text, sizeof(text));
	sends(stage->play, CLIENT, 5000);
	pass(stage->play, SECOND);
	assert_contains(row(stage, 0, text, sizeof(text)), " #1 client");
	frame_key(stage->frame, stage->play->trace, '4');
	assert_contains(row(stage, 0, text, sizeof(text)), " #4 client/103");
	frame_key(stage->frame, stage->play->trace, '1');
	assert_contains(row(stage, 0, text, sizeof(text)), " #1 client");
	assert_false(frame_key(stage->frame, stage->play->trace, '5'));
	frame_key(stage->frame, stage->play->trace, 't');
	assert_false(frame_key(stage->frame, stage->play->trace, '1'));
}

static void segments_sent_again_come_first_when_asked(void **state)
{
	struct stage *stage = *state;
	char text[512];

	three(stage);
	data(stage->play, CLIENT, 0, 100);
	data(stage->play, CLIENT, 0, 100);
	frame_top(stage->frame, TOP_BY_RETRANSMITS);
	assert_contains(row(stage, 0, text, sizeof(text)), " #3 client");
	assert_contains(text, "    1 ");
}

static void what_is_over_falls_out_after_some_seconds(void **state)
{
	struct stage *stage = *state;
	char text[512];

	frame_top(stage->frame, TOP_BY_BLOCKED);
	handshake(stage->play);
	client_closes(stage->play);
	server_closes(stage->play);
	pass(stage->play, 4 * SECOND);
	assert_contains(row(stage, 0, text, sizeof(text)), "(over)");
	pass(stage->play, 2 * SECOND);
	assert_lacks(row(stage, 0, text, sizeof(text)), "client");
}

static void more_than_are_kept_are_over(void **state)
{
	struct stage *stage = *state;
	char *text;
	int rows = 0;

	frame_top(stage->frame, TOP_BY_BLOCKED);
	for (uint16_t i = 0; i < 40; i++) {
		if (i)
			another_connection(stage->play, (uint16_t)(41000 + i));
		handshake(stage->play);
		client_closes(stage->play);
		server_closes(stage->play);
	}
	text = render(stage, 80, 70);
	for (const char *at = strstr(text, "(over)"); at; at = strstr(at + 1, "(over)"))
		rows++;
	assert_int_equal(rows, 32);
	free(text);
}

static void enter_opens_and_escape_comes_back(void **state)
{
	struct stage *stage = *state;
	const struct trace *trace = stage->play->trace;
	char *text, first[512];

	three(stage);
	frame_top(stage->frame, TOP_BY_BLOCKED);
	row(stage, 0, first, sizeof(first));
	frame_key(stage->frame, trace, FRAME_KEY_DOWN);
	frame_key(stage->frame, trace, FRAME_KEY_DOWN);
	assert_true(row(stage, 0, first, sizeof(first))[0] == ' ');
	assert_true(row(stage, 1, first, sizeof(first))[0] == '>');
	frame_key(stage->frame, trace, FRAME_KEY_ENTER);
	text = render(stage, 80, 24);
	assert_contains(text, "\n #1  client");
	free(text);
	frame_key(stage->frame, trace, 'l');
	frame_key(stage->frame, trace, FRAME_KEY_ESCAPE);
	frame_key(stage->frame, trace, FRAME_KEY_ESCAPE);
	text = render(stage, 80, 24);
	assert_contains(text, "ENDS by time blocked");
	free(text);
	frame_key(stage->frame, trace, '?');
	frame_key(stage->frame, trace, '?');
	text = render(stage, 80, 24);
	assert_contains(text, "ENDS by time blocked");
	free(text);
}

static void what_was_chosen_outlives_a_frame(void **state)
{
	struct stage *stage = *state;
	struct frame_choice choice;
	char *text;

	three(stage);
	frame_top(stage->frame, TOP_BY_RATE);
	frame_choice_get(stage->frame, &choice);
	frame_key(stage->frame, stage->play->trace, 't');
	frame_choice_set(stage->frame, &choice);
	text = render(stage, 80, 24);
	assert_contains(text, "ENDS by bytes per second");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_stage(ends_are_rows_in_all_forms),
		on_stage(rates_are_of_the_time_between_two_looks),
		on_stage(a_sleep_is_given_its_own_cause),
		on_stage(keys_change_the_order),
		on_stage(segments_sent_again_come_first_when_asked),
		on_stage(what_is_over_falls_out_after_some_seconds),
		on_stage(more_than_are_kept_are_over),
		on_stage(enter_opens_and_escape_comes_back),
		on_stage(what_was_chosen_outlives_a_frame),
	};

	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
