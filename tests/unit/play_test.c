/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The replay's arithmetic, its moments, and its option. No clock, no terminal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/model_records.h"
#include "user/export/frame_pace.h"
#include "user/export/frame_stops.h"
#include "user/options.h"

static void assert_near(uint64_t value, uint64_t expected, uint64_t within)
{
	if (value > expected + within || expected > value + within)
		fail_msg("%llu is not near %llu", (unsigned long long)value,
			 (unsigned long long)expected);
}

/* 1.3 + log10(1 + us / 50) seconds */
static void a_handshake_and_a_long_wait_both_take_seconds(void **state)
{
	assert_near(pace_auto_ns(0), 1300 * MS, MS);
	assert_near(pace_auto_ns(50 * US), 1601 * MS, MS);
	assert_near(pace_auto_ns(450 * US), 2300 * MS, MS);
	assert_near(pace_auto_ns(7805 * MS), 6493 * MS, MS);
	assert_near(pace_auto_ns(3600 * SECOND), 9157 * MS, MS);
	(void)state;
}

static void auto_goes_through_an_interval_in_its_time(void **state)
{
	struct pace pace = { 0 };
	uint64_t now_ns = 1000;

	assert_false(pace_advance(&pace, 1000, 1000 + 50 * US, 800 * MS, &now_ns));
	assert_near(now_ns, 1000 + 25 * US, US / 10);
	assert_true(pace_advance(&pace, 1000, 1000 + 50 * US, 900 * MS, &now_ns));
	assert_int_equal(now_ns, 1000 + 50 * US);
	(void)state;
}

static void two_moments_at_one_instant_are_both_seen(void **state)
{
	struct pace pace = { 0 };
	uint64_t now_ns = 5000;

	assert_false(pace_advance(&pace, 5000, 5000, 1200 * MS, &now_ns));
	assert_true(pace_advance(&pace, 5000, 5000, 200 * MS, &now_ns));
	assert_int_equal(now_ns, 5000);
	(void)state;
}

static void real_time_and_slower(void **state)
{
	struct pace real = { .slower = 1 }, slow = { .slower = 100 };
	uint64_t now_ns = 0;

	assert_false(pace_advance(&real, 0, SECOND, 300 * MS, &now_ns));
	assert_int_equal(now_ns, 300 * MS);
	assert_false(pace_advance(&slow, 0, SECOND, 300 * MS, &now_ns));
	assert_int_equal(now_ns, 303 * MS);
	assert_true(pace_advance(&real, 0, SECOND, 5 * SECOND, &now_ns));
	assert_int_equal(now_ns, SECOND);
	(void)state;
}

static void the_pace_can_be_changed_and_is_named(void **state)
{
	struct pace pace = { 0 };
	char text[64];

	assert_string_equal(pace_text(&pace, LANG_EN, text, sizeof(text)), "auto");
	pace.steps = true;
	assert_string_equal(pace_text(&pace, LANG_EN, text, sizeof(text)), "step");
	pace.steps = false;
	pace_change(&pace, 2);
	assert_string_equal(pace_text(&pace, LANG_EN, text, sizeof(text)), "auto, 4x faster");
	pace_change(&pace, -3);
	assert_string_equal(pace_text(&pace, LANG_EN, text, sizeof(text)), "auto, 2x slower");
	pace = (struct pace){ .slower = 1 };
	assert_string_equal(pace_text(&pace, LANG_EN, text, sizeof(text)), "real time");
	pace.slower = 100;
	assert_string_equal(pace_text(&pace, LANG_EN, text, sizeof(text)), "100x slower");
	for (int i = 0; i < 1000; i++)
		pace_change(&pace, 1);
	assert_int_equal(pace.doublings, PACE_DOUBLINGS_MOST);
	(void)state;
}

static void seeking_goes_on_from_there(void **state)
{
	struct pace pace = { 0 };
	uint64_t now_ns = 75;

	pace_seek(&pace, 0, 100, now_ns);
	assert_false(pace_advance(&pace, 0, 100, 0, &now_ns));
	assert_int_equal(now_ns, 75);
	pace_seek(&pace, 100, 100, 100);
	assert_false(pace_advance(&pace, 100, 100, 0, &now_ns));
	assert_int_equal(now_ns, 100);
	(void)state;
}

/* The moments of a story told to the collector. */
struct book {
	struct play *play;
	struct capture_info info;
	struct stops stops;
	void *context;
};

static struct book *open_book(void **state)
{
	struct book *book = calloc(1, sizeof(*book));
	struct stops_target target = { .target = { .lang = LANG_EN }, .stops = &book->stops };

	assert_non_null(book);
	book->play = *state;
	trace_close(book->play->trace);
	assert_int_equal(export_stops.begin(&book->context, &target.target, &book->info), 0);
	assert_int_equal(
		trace_open(&book->play->trace, &book->info, &export_stops.sink, book->context), 0);
	return book;
}

static void finish_book(struct book *book, bool complete)
{
	const struct capture_end end = { .complete = complete };

	assert_int_equal(trace_finish(book->play->trace), 0);
	assert_int_equal(export_stops.end(book->context, book->play->trace, &end), 0);
}

static void close_book(struct book *book)
{
	stops_free(&book->stops);
	free(book);
}

static const struct stop *stop_titled(const struct stops *stops, const char *title)
{
	for (size_t i = 0; i < stops->count; i++)
		if (!strcmp(stops->at[i].title, title))
			return &stops->at[i];
	fail_msg("no moment \"%s\"", title);
	return NULL;
}

static void whole_story(struct play *play)
{
	handshake(play);
	sends(play, CLIENT, 5000);
	client_closes(play);
	reads(play, SERVER, 5000);
	server_closes(play);
}

static void moments_are_in_order_though_some_are_told_late(void **state)
{
	struct book *book = open_book(state);
	const struct stops *stops = &book->stops;

	whole_story(book->play);
	finish_book(book, true);
	assert_true(stops->count > 8);
	for (size_t i = 1; i < stops->count; i++)
		assert_true(stops->at[i - 1].time_ns <= stops->at[i].time_ns);
	assert_true(stop_titled(stops, "SYN")->time_ns == stops->zero_ns);
	assert_true(stop_titled(stops, "send() returned")->time_ns <
		    stop_titled(stops, "last byte read")->time_ns);
	assert_int_equal(stops_until(stops, 0), 0);
	assert_int_equal(stops_until(stops, stops->at[3].time_ns), 4);
	assert_int_equal(stops_until(stops, stops->last_ns), stops->count);
	assert_false(stops->cut);
	close_book(book);
}

static void the_question_knows_what_was_read_when_send_returned(void **state)
{
	struct book *book = open_book(state);
	const struct stop *stop;

	whole_story(book->play);
	finish_book(book, false);
	stop = stop_titled(&book->stops, "send() returned");
	assert_true(stop->asks);
	assert_int_equal(stop->given, 5000);
	assert_int_equal(stop->read, 0);
	assert_int_equal(stop->receiver, END_SERVER);
	assert_false(stop_titled(&book->stops, "SYN")->asks);
	assert_true(book->stops.cut);
	close_book(book);
}

static void nothing_is_asked_when_the_reader_is_not_traced(void **state)
{
	((struct play *)*state)->sees[SERVER] = false;
	struct book *book = open_book(state);

	whole_story(book->play);
	finish_book(book, true);
	assert_false(stop_titled(&book->stops, "send() returned")->asks);
	close_book(book);
}

static void in_a_pipe_there_is_one_line_for_each_moment(void **state)
{
	struct book *book = open_book(state);
	struct export_target target = { .lang = LANG_EN };
	size_t size, lines = 0;
	char *text = NULL;

	whole_story(book->play);
	finish_book(book, true);
	target.stream = open_memstream(&text, &size);
	stops_print(&book->stops, &target);
	fclose(target.stream);
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, book->stops.count);
	assert_contains(text, "      +0 ns  #1   SYN: The client's kernel asks");
	assert_contains(text, "  -    listen(): ");
	free(text);
	close_book(book);
}

static void a_capture_without_moments_says_what_it_holds(void **state)
{
	struct export_target target = { .lang = LANG_EN };
	struct book *book = open_book(state);
	size_t size = 0;
	char *text;

	finish_book(book, true);
	target.stream = open_memstream(&text, &size);
	stops_print(&book->stops, &target);
	fclose(target.stream);
	assert_contains(text, "No new TCP connection was seen. 0 events, 0 lost.");
	free(text);
	close_book(book);
}

static int parse(const char *play, struct options *options)
{
	char word[64], *argv[] = { "tcpwatch", "-r", "a.tcpw", word, NULL };

	snprintf(word, sizeof(word), "%s", play);
	return options_parse(options, 4, argv);
}

static void the_option_takes_a_pace(void **state)
{
	struct options options;

	assert_int_equal(parse("--play", &options), 0);
	assert_true(options.play && !options.step && !options.slower);
	assert_int_equal(parse("--play=auto", &options), 0);
	assert_true(options.play && !options.step && !options.slower);
	assert_int_equal(parse("--play=step", &options), 0);
	assert_true(options.play && options.step && !options.slower);
	assert_int_equal(parse("--play=1", &options), 0);
	assert_int_equal(options.slower, 1);
	assert_int_equal(parse("--play=100", &options), 0);
	assert_int_equal(options.slower, 100);
	assert_int_equal(parse("--view=summary", &options), 0);
	assert_false(options.play);
	(void)state;
}

static void a_pace_that_means_nothing_is_refused(void **state)
{
	static const char *const words[] = { "--play=0",   "--play=-1",		"--play=fast",
					     "--play=",	   "--play=9999999999", "--play=1.5",
					     "--view=live" };
	struct options options;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(parse(words[i], &options), -EINVAL);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_and_a_long_wait_both_take_seconds),
		cmocka_unit_test(auto_goes_through_an_interval_in_its_time),
		cmocka_unit_test(two_moments_at_one_instant_are_both_seen),
		cmocka_unit_test(real_time_and_slower),
		cmocka_unit_test(the_pace_can_be_changed_and_is_named),
		cmocka_unit_test(seeking_goes_on_from_there),
		promise(moments_are_in_order_though_some_are_told_late),
		promise(the_question_knows_what_was_read_when_send_returned),
		promise(nothing_is_asked_when_the_reader_is_not_traced),
		promise(in_a_pipe_there_is_one_line_for_each_moment),
		promise(a_capture_without_moments_says_what_it_holds),
		cmocka_unit_test(the_option_takes_a_pace),
		cmocka_unit_test(a_pace_that_means_nothing_is_refused),
	};

	return cmocka_run_group_tests_name("play", tests, NULL, NULL);
}
