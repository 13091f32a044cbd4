/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames of the full screen: what stands in them, at every size, and what keys do. */
#include <netinet/tcp.h>
#include <stdlib.h>

#include "tests/unit/stage.h"

#define ALL_BYTES 10240000

static void server_reads(struct play *play, uint64_t received, uint64_t consumed)
{
	enters(play, SERVER, .call = CALL_READ, .asked = 1024);
	read_queue(play, SERVER, SAMPLE_COPIED, received, consumed);
	returns(play, SERVER, .call = CALL_READ, .asked = 1024, .bytes = 1024, .result = 1024);
}

static void writes(struct pane *pane, const char *text)
{
	pane_add(pane, text, strlen(text));
}

/* The handshake, and a send() that sleeps with a full buffer while the server reads slowly. */
static void blocked(struct play *play)
{
	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = ALL_BYTES);
	for (uint64_t i = 1; i <= 20; i++) {
		pass(play, 190 * MS);
		write_queue(play, CLIENT, SAMPLE_TURN, .handed = 4000000 + i * 150725,
			    .sent = i * 181195, .acked = i * 181195,
			    .wmem = 3400000 + i % 5 * 200000, .sndbuf = 4194304, .window = 1000,
			    .left = (uint32_t)(ALL_BYTES - 4000000 - i * 150725),
			    .flags = SAMPLE_NEW_BUFFER);
		server_reads(play, i * 181195, i * 180480);
	}
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 7014507, .sent = 3623900, .acked = 3623900,
		    .wmem = 4220000, .sndbuf = 4194304, .window = 1, .left = 3225493,
		    .flags = SAMPLE_NEW_BUFFER);
	pass(play, 953 * US);
}

static void one_connection_that_blocks(void **state)
{
	struct stage *stage = *state;

	blocked(stage->play);
	writes(&stage->pane, "client.send_calls=1\nserver.rea");
	kept_in_all_forms(stage, "blocked");
}

/* Takes our own escape sequences out of text. */
static void strip(char *text)
{
	char *to = text;

	while (*text) {
		if (*text == '\033')
			text += strcspn(text, "m") + 1;
		else
			*to++ = *text++;
	}
	*to = '\0';
}

static void colour_changes_nothing_else(void **state)
{
	static const char pages[] = "lle?";
	struct stage *stage = *state;

	blocked(stage->play);
	feed(stage->play, RECORD_LOST, lost, 0, .first_ns = stage->play->now_ns - 1000,
	     .last_ns = stage->play->now_ns, .count = 7, .what = RECORD_SEGMENT);
	for (const char *key = pages; *key; key++) {
		char *plain, *color;

		frame_key(stage->frame, stage->play->trace, *key);
		stage->scene.term = (struct term){ .utf8 = true };
		plain = render(stage, 80, 24);
		stage->scene.term.color = true;
		color = render(stage, 80, 24);
		strip(color);
		assert_string_equal(color, plain);
		free(plain);
		free(color);
	}
}

static void before_the_first_connection(void **state)
{
	struct stage *stage = *state;

	server_listens(stage->play);
	kept_in_all_forms(stage, "listening");
}

static void many(struct stage *stage)
{
	blocked(stage->play);
	for (uint16_t i = 1; i < 4; i++) {
		another_connection(stage->play, (uint16_t)(40000 + i));
		handshake(stage->play);
		sends(stage->play, CLIENT, 1000u * i);
		pass(stage->play, MS);
	}
	reads(stage->play, SERVER, 2000);
}

static void several_connections_are_a_list(void **state)
{
	struct stage *stage = *state;

	many(stage);
	kept_in_all_forms(stage, "list");
}

static void ladder_events_and_help(void **state)
{
	struct stage *stage = *state;
	const struct trace *trace = NULL;

	blocked(stage->play);
	trace = stage->play->trace;
	stage->scene.term.utf8 = true;
	assert_true(frame_key(stage->frame, trace, 'l'));
	kept_at(stage, "ladder", 80, 24);
	assert_true(frame_key(stage->frame, trace, 'e'));
	kept_at(stage, "events", 80, 24);
	assert_true(frame_key(stage->frame, trace, '?'));
	kept_at(stage, "help", 80, 24);
	assert_true(frame_key(stage->frame, trace, '?'));
	assert_false(frame_key(stage->frame, trace, 'y'));
}

static void every_page_keeps_its_shape(void **state)
{
	static const char pages[] = "lle?";
	struct stage *stage = *state;

	blocked(stage->play);
	writes(&stage->pane, "one\ntwo\nthree\nfour\n");
	for (const char *key = pages; *key; key++) {
		frame_key(stage->frame, stage->play->trace, *key);
		shaped_in_all_forms(stage);
	}
}

static void hostile_names_and_output_are_inert(void **state)
{
	struct stage *stage = *state;
	char *text;

	strcpy(stage->info.command, "./a\033]0;owned\a \xe2\x80\xae backwards \xff");
	blocked(stage->play);
	feed(stage->play, RECORD_PROCESS, process, 0, .tgid = 100, .tid = 100,
	     .event = PROCESS_RENAME, .comm = "\033[31m\r\nx\xff");
	enters(stage->play, CLIENT, .call = CALL_SEND, .asked = 1);
	writes(&stage->pane, "\033[2Jbell\a\033]0;title\a \xff\xe2\x80\xae end");
	shaped_in_all_forms(stage);
	stage->scene.term = (struct term){ .utf8 = true };
	text = render(stage, 80, 24);
	assert_contains(text, "\\x1b]0;owned");
	assert_contains(text, "bell \\xff");
	assert_lacks(text, "title");
	free(text);
}

static char *first_row_of_list(struct stage *stage, char *row, size_t size)
{
	char *text = render(stage, 80, 24);
	const char *at = text;

	for (int i = 0; i < 3; i++)
		at = strchr(at, '\n') + 1;
	snprintf(row, size, "%.*s", (int)strcspn(at, "\n"), at);
	free(text);
	return row;
}

static void the_longest_blocked_stands_first_though_its_call_has_not_returned(void **state)
{
	struct stage *stage = *state;
	char row[512];

	many(stage);
	assert_contains(first_row_of_list(stage, row, sizeof(row)), "#1 ");
	assert_contains(row, "send");
}

static void keys_choose_open_and_go_back(void **state)
{
	struct stage *stage = *state;
	char *text, row[512];

	many(stage);
	first_row_of_list(stage, row, sizeof(row));
	frame_key(stage->frame, stage->play->trace, FRAME_KEY_DOWN);
	frame_key(stage->frame, stage->play->trace, FRAME_KEY_ENTER);
	text = render(stage, 80, 24);
	assert_contains(text, "WHERE ARE THE BYTES?");
	assert_contains(text, "\n #1  client");
	free(text);
	frame_key(stage->frame, stage->play->trace, FRAME_KEY_TAB);
	text = render(stage, 80, 24);
	assert_contains(text, "\n #2  client");
	free(text);
	frame_key(stage->frame, stage->play->trace, FRAME_KEY_ESCAPE);
	assert_contains(first_row_of_list(stage, row, sizeof(row)), "#1 ");
}

static void losses_are_said_in_the_head_and_beside_the_connection(void **state)
{
	struct stage *stage = *state;
	char *text;

	blocked(stage->play);
	feed(stage->play, RECORD_LOST, lost, 0, .first_ns = stage->play->now_ns - 1000,
	     .last_ns = stage->play->now_ns, .count = 7, .what = RECORD_SEGMENT);
	text = render(stage, 60, 20);
	assert_contains(text, "7 lost");
	assert_contains(text, "!! Records were LOST");
	free(text);
}

static void a_closed_end_works_alone(void **state)
{
	struct stage *stage = *state;
	char *text;

	handshake(stage->play);
	sends(stage->play, CLIENT, 5000);
	client_closes(stage->play);
	returns(stage->play, CLIENT, .call = CALL_CLOSE);
	pass(stage->play, 2 * SECOND);
	text = render(stage, 80, 24);
	assert_contains(text, "closed                its kernel alone for 2.0");
	free(text);
}

static void the_question_hides_the_answer(void **state)
{
	struct frame_replay replay = {
		.title = "window 0",
		.caption = "The server's receive queue is full.",
		.question = "How many of them has the server's program read?",
		.pace = "auto",
		.moment = 11,
		.moments = 18,
		.permille = 600,
		.paused = true,
		.masked = true,
	};
	struct stage *stage = *state;
	char *text;

	blocked(stage->play);
	stage->scene.replay = &replay;
	stage->scene.term.utf8 = true;
	kept_at(stage, "question", 80, 24);
	text = render(stage, 200, 50);
	assert_lacks(text, "3,609,600");
	assert_lacks(text, "unread");
	free(text);
	replay.masked = false;
	replay.question = "";
	kept_at(stage, "replay", 80, 24);
	shaped_in_all_forms(stage);
}

static void a_table_whose_rows_do_not_fit_has_no_title(void **state)
{
	struct stage *stage = *state;

	blocked(stage->play);
	for (int rows = 14; rows <= 40; rows++) {
		char *text = render(stage, 60, rows), *title = strstr(text, "CALLS ");

		if (title) {
			title = strchr(title, '\n');
			assert_non_null(title);
			assert_true(!strncmp(title, "\n  client ", 10) ||
				    !strncmp(title, "\n  server ", 10));
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_stage(one_connection_that_blocks),
		on_stage(a_table_whose_rows_do_not_fit_has_no_title),
		on_stage(colour_changes_nothing_else),
		on_stage(before_the_first_connection),
		on_stage(several_connections_are_a_list),
		on_stage(ladder_events_and_help),
		on_stage(every_page_keeps_its_shape),
		on_stage(hostile_names_and_output_are_inert),
		on_stage(the_longest_blocked_stands_first_though_its_call_has_not_returned),
		on_stage(keys_choose_open_and_go_back),
		on_stage(losses_are_said_in_the_head_and_beside_the_connection),
		on_stage(a_closed_end_works_alone),
		on_stage(the_question_hides_the_answer),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
