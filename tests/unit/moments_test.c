/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The instants that a teacher points at: each is told once, at its own time,
 * with a caption that has all its numbers, in English and in Chinese.
 */
#include <errno.h>
#include <netinet/tcp.h>

#include "tests/unit/model_records.h"
#include "user/base/term.h"

#define TITLE_COLUMNS 28
#define CAPTION_COLUMNS 240 /* three lines of 80 */

static void assert_filled(const struct moment *moment, enum lang lang)
{
	char title[256], text[1024];

	moment_title(moment, lang, title, sizeof(title));
	moment_caption(moment, lang, text, sizeof(text));
	print_message("%s %d: %s: %s\n", moment_name(moment->kind), lang, title, text);
	assert_true(title[0] && text[0]);
	assert_null(strpbrk(title, "{}"));
	assert_null(strpbrk(text, "{}"));
	assert_lacks(text, "  ");
	assert_lacks(text, " .");
	assert_lacks(text, " ,");
	assert_in_range(term_width(title), 1, TITLE_COLUMNS);
	assert_in_range(term_width(text), 1, CAPTION_COLUMNS);
}

/* Every argument that one language uses, the other one uses as well: none is lost in translation. */
static void assert_same_arguments(const struct moment *moment)
{
	char en[1024], zh[1024];

	for (int i = 0; i < WORDS_ARGS; i++) {
		struct moment marked = *moment;

		strcpy(marked.args[i], "MARK");
		moment_caption(&marked, LANG_EN, en, sizeof(en));
		moment_caption(&marked, LANG_ZH, zh, sizeof(zh));
		assert_int_equal(!!strstr(en, "MARK"), !!strstr(zh, "MARK"));
	}
}

static void check_all(const struct play *play)
{
	assert_in_range(play->moment_count, 1, TOLD_MAX);
	for (int i = 0; i < play->moment_count; i++) {
		assert_filled(&play->moments[i], LANG_EN);
		assert_filled(&play->moments[i], LANG_ZH);
		assert_same_arguments(&play->moments[i]);
	}
}

static void blocked_send(struct play *play, struct write_queue full)
{
	enters(play, CLIENT, .call = CALL_SEND, .asked = 90000);
	full.left = 80000;
	full.flags = SAMPLE_NEW_BUFFER;
	play_write_queue(play, CLIENT, SAMPLE_TURN, full);
	pass(play, MS);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 10000, .wmem = 5000, .sndbuf = 8000,
		    .left = 80000);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 90000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 90000, .bytes = 90000, .result = 90000);
}

static void the_whole_story(struct play *play)
{
	handshake(play);
	blocked_send(play, (struct write_queue){ .handed = 10000, .wmem = 9000, .sndbuf = 8000 });
	data(play, CLIENT, 0, 60000);
	reads(play, SERVER, 40000);
	data(play, CLIENT, 60000, 30000);
	client_closes(play);
	reads(play, SERVER, 90000);
	server_closes(play);
	assert_int_equal(trace_finish(play->trace), 0);
}

static void a_connection_is_told_from_listen_to_closed(void **state)
{
	static const enum moment_kind kinds[] = {
		MOMENT_LISTEN,
		MOMENT_SYN,
		MOMENT_SYN_ACK,
		MOMENT_CLIENT_ESTABLISHED,
		MOMENT_SERVER_ESTABLISHED,
		MOMENT_CONNECTED,
		MOMENT_ACCEPTED,
		MOMENT_SEND,
		MOMENT_BUFFER_FULL,
		MOMENT_WAKE,
		MOMENT_SENT,
		MOMENT_CLOSE,
		MOMENT_FIN_RECEIVED,
		MOMENT_LAST_READ,
		MOMENT_TIME_WAIT,
		MOMENT_CLOSED,
	};
	struct play *play = *state;

	the_whole_story(play);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		print_message("%s\n", moment_name(kinds[i]));
		assert_int_equal(told_moments(play, kinds[i]), kinds[i] == MOMENT_CLOSE ? 2 : 1);
	}
	check_all(play);
}

static void kept_moments_are_in_the_order_of_their_times(void **state)
{
	struct play *play = *state;
	const struct connection_detail *detail;
	uint64_t sent_ns = 0, closed_ns = 0;

	handshake(play);
	sends(play, CLIENT, 5000);
	reads(play, SERVER, 100);
	pass(play, SECOND);
	sends(play, CLIENT, 700); /* the last one: known only when the FIN comes */
	pass(play, 2 * SECOND);
	client_closes(play);
	detail = the_connection(play)->detail;
	for (int i = 0; i < detail->moment_count; i++) {
		assert_true(i == 0 || detail->moments[i - 1].time_ns <= detail->moments[i].time_ns);
		if (detail->moments[i].kind == MOMENT_SENT)
			sent_ns = detail->moments[i].time_ns;
		else if (detail->moments[i].kind == MOMENT_CLOSE)
			closed_ns = detail->moments[i].time_ns;
	}
	assert_true(sent_ns && sent_ns + SECOND < closed_ns);
	assert_contains(caption(told_moment(play, MOMENT_SENT), LANG_EN),
			"The last of 2 send calls took 700 bytes");
	assert_contains(caption(told_moment(play, MOMENT_SENT), LANG_EN),
			"5,600 bytes (98 %) of all that was sent are not read");
}

static void what_an_untraced_program_has_read_is_not_told(void **state)
{
	struct play *play = *state;

	play->sees[SERVER] = false;
	handshake(play);
	sends(play, CLIENT, 700);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 300);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 1000, .sent = 700, .acked = 700);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 300, .bytes = 300, .result = 300);
	client_closes(play);
	assert_contains(caption(told_moment(play, MOMENT_SENT), LANG_EN),
			"300 bytes (30 %) of all that was sent are not acknowledged yet");
	assert_null(told_moment(play, MOMENT_LAST_READ));
	check_all(play);
}

static void the_syn_shows_the_raw_initial_sequence_number(void **state)
{
	struct play *play = *state;

	play->isn[CLIENT] = 3596862573;
	handshake(play);
	assert_contains(caption(told_moment(play, MOMENT_SYN), LANG_EN), "j = 3596862573");
	assert_contains(caption(told_moment(play, MOMENT_SYN_ACK), LANG_EN), "3596862574");
	assert_contains(caption(told_moment(play, MOMENT_SYN_ACK), LANG_ZH), "k = 500000");
}

static void each_cause_of_a_full_buffer_has_its_sentence(void **state)
{
	static const struct {
		struct write_queue queue;
		const char *says;
	} cases[] = {
		{ { .handed = 9000, .sent = 1000, .wmem = 9000, .sndbuf = 8000, .window = 1000 },
		  "window takes no more" },
		{ { .handed = 9000, .sent = 1000, .wmem = 9000, .sndbuf = 8000, .out = 10 },
		  "congestion window" },
		{ { .handed = 9000, .sent = 9000, .wmem = 9000, .sndbuf = 8000 }, "are used" },
		{ { .handed = 9000, .sent = 1000, .wmem = 9000, .lowat = 4000 },
		  "8,000 unsent bytes" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		void *fresh;
		struct play *play;

		assert_int_equal(play_open(&fresh), 0);
		play = fresh;
		handshake(play);
		blocked_send(play, cases[i].queue);
		assert_contains(caption(told_moment(play, MOMENT_BUFFER_FULL), LANG_EN),
				cases[i].says);
		check_all(play);
		play_close(&fresh);
	}
	(void)state;
}

static void a_third_of_the_buffer_is_free_when_the_kernel_wakes_send(void **state)
{
	struct play *play = *state;

	the_whole_story(play);
	assert_contains(caption(told_moment(play, MOMENT_WAKE), LANG_EN), "A third of the buffer");
	assert_contains(caption(told_moment(play, MOMENT_WAKE), LANG_EN), "5.0 kB of 8.0 kB");
}

/* tcp_reset() empties the write queue: memory is free, but that is not why send() woke. */
static void a_rst_that_wakes_send_frees_no_third_of_a_buffer(void **state)
{
	struct play *play = *state;

	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 90000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 9000, .wmem = 9000, .sndbuf = 8000,
		    .left = 81000, .flags = SAMPLE_NEW_BUFFER);
	feed(play, RECORD_RESET, reset, play->id[CLIENT], .received = 1, .reason = -1);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_CLOSE, .error = ECONNRESET);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 9000, .wmem = 0, .sndbuf = 8000);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 90000, .result = -ECONNRESET);
	if (told_moment(play, MOMENT_WAKE))
		assert_lacks(caption(told_moment(play, MOMENT_WAKE), LANG_EN), "third");
	check_all(play);
}

static void a_handshake_that_needs_patience_is_told_step_by_step(void **state)
{
	struct play *play = *state;

	server_listens(play);
	client_connects(play);
	syn_leaves(play);
	pass(play, SECOND - US);
	syn_leaves(play);
	syn_arrives(play);
	syn_ack(play);
	pass(play, SECOND);
	syn_ack(play);
	client_established(play);
	acknowledges(play, CLIENT);
	server_established(play);
	assert_contains(caption(told_moment(play, MOMENT_SYN_AGAIN), LANG_EN), "1.000 s after");
	assert_int_equal(told_moments(play, MOMENT_SYN_ACK), 1);
	assert_int_equal(told_moments(play, MOMENT_SYN_ACK_AGAIN), 1);
	check_all(play);
}

static void a_full_accept_queue_is_told_once(void **state)
{
	struct play *play = *state;

	server_listens(play);
	feed(play, RECORD_QUEUE, queue, LISTENER_ID, .length = 1, .limit = 1, .event = QUEUE_SYN);
	assert_null(told_moment(play, MOMENT_SYN_QUEUE_FULL));
	for (int i = 0; i < 3; i++)
		feed(play, RECORD_QUEUE, queue, LISTENER_ID, .length = 2, .limit = 1,
		     .event = QUEUE_SYN);
	assert_int_equal(told_moments(play, MOMENT_SYN_QUEUE_FULL), 1);
	assert_int_equal(told_moment(play, MOMENT_SYN_QUEUE_FULL)->socket->syns_refused_full, 3);
	assert_int_equal(told_moment(play, MOMENT_SYN_QUEUE_FULL)->socket->backlog_peak, 2);
	check_all(play);
}

static void a_window_of_0_is_told_for_the_end_that_announced_it(void **state)
{
	struct play *play = *state;

	handshake(play);
	feed(play, RECORD_SEGMENT, segment, play->id[SERVER], .flags = SEGMENT_ACK,
	     .seq = raw(play, SERVER, 0), .ack = raw(play, CLIENT, 0), .window = 0);
	assert_int_equal(told_moments(play, MOMENT_WINDOW_ZERO), 1);
	assert_contains(caption(told_moment(play, MOMENT_WINDOW_ZERO), LANG_EN),
			"The server's receive queue is full");
	check_all(play);
}

/* tcp_send_reset fires when the state is CLOSE already (kernel-facts, 1.1). */
static void both_ends_tell_of_a_rst(void **state)
{
	struct play *play = *state;

	handshake(play);
	data(play, SERVER, 0, 100);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_CLOSE, by_call(play, CLIENT, CALL_CLOSE));
	passes(play, CLIENT, SEGMENT_RST | SEGMENT_ACK, raw(play, CLIENT, 0), raw(play, SERVER, 0),
	       0);
	feed(play, RECORD_RESET, reset, play->id[CLIENT], .reason = 11, .state = TCP_CLOSE);
	feed(play, RECORD_RESET, reset, play->id[SERVER], .received = 1, .reason = -1,
	     .state = TCP_ESTABLISHED);
	changes(play, SERVER, TCP_ESTABLISHED, TCP_CLOSE, .error = ECONNRESET);
	assert_int_equal(told_moments(play, MOMENT_RESET), 2);
	assert_contains(caption(told_moment(play, MOMENT_RESET), LANG_EN), "The client sent a RST");
	assert_null(told_moment(play, MOMENT_TIME_WAIT));
	check_all(play);
}

static void a_connect_that_fails_says_how(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ETIMEDOUT);
	connect_returns(play, -ETIMEDOUT);
	assert_int_equal(told_moments(play, MOMENT_CONNECT_FAILED), 1);
	assert_contains(caption(told_moment(play, MOMENT_CONNECT_FAILED), LANG_EN), "ETIMEDOUT");
	assert_null(told_moment(play, MOMENT_CLOSED));
	check_all(play);
}

static void a_connect_that_did_not_wait_fails_later(void **state)
{
	struct play *play = *state;

	client_connects(play);
	syn_leaves(play);
	connect_returns(play, -EINPROGRESS);
	assert_int_equal(told_moments(play, MOMENT_CONNECTED), 1);
	pass(play, 2 * SECOND);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ECONNREFUSED);
	assert_int_equal(told_moments(play, MOMENT_CONNECT_FAILED), 1);
	assert_contains(caption(told_moment(play, MOMENT_CONNECT_FAILED), LANG_EN), "2.000 s");
	check_all(play);
}

static void nothing_is_claimed_of_an_end_that_is_not_traced(void **state)
{
	struct play *play = *state;

	play->sees[CLIENT] = false;
	handshake(play);
	client_closes(play);
	server_closes(play);
	assert_true(the_connection(play)->finished);
	assert_string_not_equal(caption(told_moment(play, MOMENT_CLOSED), LANG_EN),
				"Nothing is left of the connection.");
	check_all(play);
}

static void without_a_syn_the_handshake_has_no_duration(void **state)
{
	struct play *play = *state;

	client_connects(play);
	client_established(play);
	assert_lacks(caption(told_moment(play, MOMENT_CLIENT_ESTABLISHED), LANG_EN), "0 ns");
	check_all(play);
}

static void a_fin_waits_behind_what_has_not_left(void **state)
{
	struct play *play = *state;

	handshake(play);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 5000, .sent = 2000);
	play->arrived[CLIENT] = 2000;
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_CLOSE));
	assert_contains(caption(told_moment(play, MOMENT_CLOSE), LANG_EN), "behind 3,000 bytes");
	check_all(play);
}

static void every_kind_has_a_word_for_machines(void **state)
{
	for (int kind = 0; kind < MOMENT_KINDS; kind++) {
		const char *name = moment_name(kind);

		assert_in_range(strlen(name), 2, 24);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
		for (int before = 0; before < kind; before++)
			assert_string_not_equal(name, moment_name(before));
	}
	assert_string_equal(moment_name(MOMENT_KINDS), "?");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(a_connection_is_told_from_listen_to_closed),
		promise(kept_moments_are_in_the_order_of_their_times),
		promise(what_an_untraced_program_has_read_is_not_told),
		promise(the_syn_shows_the_raw_initial_sequence_number),
		promise(each_cause_of_a_full_buffer_has_its_sentence),
		promise(a_third_of_the_buffer_is_free_when_the_kernel_wakes_send),
		promise(a_rst_that_wakes_send_frees_no_third_of_a_buffer),
		promise(a_handshake_that_needs_patience_is_told_step_by_step),
		promise(a_full_accept_queue_is_told_once),
		promise(a_window_of_0_is_told_for_the_end_that_announced_it),
		promise(both_ends_tell_of_a_rst),
		promise(a_connect_that_fails_says_how),
		promise(a_connect_that_did_not_wait_fails_later),
		promise(nothing_is_claimed_of_an_end_that_is_not_traced),
		promise(without_a_syn_the_handshake_has_no_duration),
		promise(a_fin_waits_behind_what_has_not_left),
		cmocka_unit_test(every_kind_has_a_word_for_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
