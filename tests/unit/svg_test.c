/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pictures as documents: well-formed whatever names come in, nothing
 * outside of the sheet, the model's numbers on it. How they look is for eyes.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/exported.h"
#include "user/base/utf8.h"
#include "user/export/svg.h"
#include "user/export/svg_picture.h"

#define DEPTH 16

/* Reads one tag; keeps the names of those that are open. Returns what follows. */
static const char *read_tag(const char *at, char open[DEPTH][16], int *depth)
{
	bool closing = at[1] == '/';
	const char *name = at + 1 + closing;
	size_t length = strcspn(name, " />");
	bool quoted = false;

	assert_in_range(length, 1, 15);
	if (closing) {
		assert_true(*depth > 0);
		(*depth)--;
		assert_int_equal(strlen(open[*depth]), length);
		assert_memory_equal(open[*depth], name, length);
		return name + length + 1;
	}
	for (at = name + length; *at && (quoted || *at != '>'); at++) {
		assert_int_not_equal(*at, '<');
		if (*at == '"')
			quoted = !quoted;
	}
	assert_int_equal(*at, '>');
	if (at[-1] != '/') {
		assert_in_range(*depth, 0, DEPTH - 1);
		snprintf(open[(*depth)++], 16, "%.*s", (int)length, name);
	}
	return at + 1;
}

static void assert_reference(const char *at)
{
	static const char *const known[] = { "&lt;", "&gt;", "&amp;", "&quot;" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strncmp(at, known[i], strlen(known[i])))
			return;
	}
	fail_msg("a reference that is none: %.10s", at);
}

static void assert_document(const char *text)
{
	char open[DEPTH][16];
	const char *at = text;
	uint32_t code;
	int depth = 0, taken;

	while (*at) {
		if (*at == '<') {
			at = read_tag(at, open, &depth);
			continue;
		}
		if (*at == '&')
			assert_reference(at);
		taken = utf8_decode(at, strlen(at), &code);
		assert_true(taken > 0);
		assert_true(code == '\n' || !utf8_steers(code));
		at += taken;
	}
	assert_int_equal(depth, 0);
}

static double attribute(const char *element, const char *name)
{
	const char *at = strstr(element, name);

	assert_non_null(at);
	return strtod(at + strlen(name), NULL);
}

/* Text neither begins nor ends outside of the sheet, nor stands below its edge. */
static void assert_text_on_sheet(const char *document)
{
	char text[1024];

	for (const char *at = document; (at = strstr(at, "<text ")); at++) {
		const char *words = strchr(at, '>') + 1;
		double x = attribute(at, " x=\""), y = attribute(at, " y=\"");
		int size = (int)attribute(at, "font-size=\"");
		double width;

		snprintf(text, sizeof(text), "%.*s", (int)strcspn(words, "<"), words);
		width = svg_text_width(text, size, false) * 0.85;
		if (memmem(at, (size_t)(words - at), "\"end\"", 5))
			x -= width;
		else if (memmem(at, (size_t)(words - at), "\"middle\"", 8))
			x -= width / 2;
		if (x < 0 || x + width > svg_layout.width || y < size * 0.7 ||
		    y > svg_layout.height - 4)
			fail_msg("\"%s\" lies at %.0f, %.0f", text, x, y);
	}
}

static void (*const stories[])(struct play *play) = {
	story_empty,	   story_whole,	  story_hostile, story_server_only,
	story_client_only, story_refused, story_lossy,	 story_crowd,
};

static void check_all(const struct export *export)
{
	struct exported exported;

	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			exported_make(&exported, export, (enum lang)lang, stories[i]);
			assert_document(exported.text);
			assert_text_on_sheet(exported.text);
			exported_free(&exported);
		}
	}
}

static void every_axis_is_a_document_with_its_text_on_it(void **state)
{
	(void)state;
	check_all(&export_svg_axis);
}

static void every_ladder_is_a_document_with_its_text_on_it(void **state)
{
	(void)state;
	check_all(&export_svg_ladder);
}

static void assert_drawn(const struct export *export, void (*story)(struct play *play),
			 const char *part)
{
	struct exported exported;

	exported_make(&exported, export, LANG_EN, story);
	assert_contains(exported.text, part);
	exported_free(&exported);
}

static void assert_not_drawn(const struct export *export, void (*story)(struct play *play),
			     const char *part)
{
	struct exported exported;

	exported_make(&exported, export, LANG_EN, story);
	assert_lacks(exported.text, part);
	exported_free(&exported);
}

static void the_bracket_says_what_is_not_read(void **state)
{
	(void)state;
	assert_drawn(&export_svg_axis, story_whole, ">100.0 kB</text>");
	assert_drawn(&export_svg_axis, story_whole, ">&quot;sent&quot;, not read</text>");
	assert_drawn(&export_svg_axis, story_whole, ">send() = 100,000</text>");
}

static void hostile_names_are_text(void **state)
{
	(void)state;
	assert_drawn(&export_svg_axis, story_hostile, "&lt;&amp;&quot;\\x1b]\\xff&lt;/a\\x0a 100");
	assert_drawn(&export_svg_ladder, story_hostile,
		     "&lt;&amp;&quot;\\x1b]\\xff&lt;/a\\x0a 100");
	assert_not_drawn(&export_svg_axis, story_hostile, "</a");
}

static void an_unseen_receiver_is_not_said_to_read(void **state)
{
	(void)state;
	assert_drawn(&export_svg_axis, story_client_only, "acknowledged by the peer's kernel");
	assert_not_drawn(&export_svg_axis, story_client_only, "read by the peer's program");
	assert_not_drawn(&export_svg_axis, story_client_only, "receive queue");
	assert_drawn(&export_svg_ladder, story_client_only, "(not traced)");
}

static void an_unseen_sender_has_no_buffer(void **state)
{
	(void)state;
	assert_not_drawn(&export_svg_axis, story_server_only, "in the send buffer, not sent yet");
	assert_drawn(&export_svg_axis, story_server_only, "not recorded");
}

static void a_failed_connect_shows_what_was_tried(void **state)
{
	(void)state;
	assert_drawn(&export_svg_axis, story_refused, "no data was sent");
	assert_drawn(&export_svg_axis, story_refused, "SYN_SENT");
	assert_drawn(&export_svg_ladder, story_refused, ">again: SYN seq=0");
	assert_drawn(&export_svg_ladder, story_refused, "connect() = ETIMEDOUT");
}

static void no_connection_is_said(void **state)
{
	(void)state;
	assert_drawn(&export_svg_axis, story_empty, ">No new TCP connection was seen.</text>");
	assert_drawn(&export_svg_ladder, story_empty, ">No new TCP connection was seen.</text>");
}

static void losses_cover_what_would_be_a_guess(void **state)
{
	(void)state;
	assert_drawn(&export_svg_axis, story_lossy, ">42 records LOST</text>");
	assert_drawn(&export_svg_axis, story_lossy, "fill=\"url(#lost)\"");
	assert_not_drawn(&export_svg_axis, story_whole, "fill=\"url(#lost)\"");
	assert_drawn(&export_svg_ladder, story_lossy, "42 records LOST here");
}

static void of_many_the_one_that_waited_longest_is_drawn(void **state)
{
	char text[64];

	(void)state;
	snprintf(text, sizeof(text), "connection %d of %d", CROWD_SLOWEST, CROWD);
	assert_drawn(&export_svg_axis, story_crowd, text);
	assert_drawn(&export_svg_ladder, story_crowd, text);
}

/* More rows than a slide holds. */
static void story_long(struct play *play)
{
	handshake(play);
	for (int i = 0; i < 200; i++) {
		enters(play, SERVER, .call = CALL_RECV, .asked = 10);
		returns(play, SERVER, .call = CALL_RECV, .asked = 10, .result = -EAGAIN);
		passes(play, CLIENT, SEGMENT_ACK | SEGMENT_FIN, raw(play, CLIENT, 0),
		       raw(play, SERVER, 0), 0);
	}
	client_closes(play);
}

static void a_long_ladder_keeps_the_handshake_and_says_what_is_left_out(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_svg_ladder, LANG_EN, story_long);
	assert_text_on_sheet(exported.text);
	assert_contains(exported.text, ">SYN seq=0");
	assert_contains(exported.text, ">SYN-ACK seq=0");
	assert_contains(exported.text, "rows shown");
	exported_free(&exported);
	assert_not_drawn(&export_svg_ladder, story_refused, "rows shown");
}

static void a_chart_keeps_the_last_value_and_the_peak(void **state)
{
	struct connection connection = { 0 };
	struct bytes bytes = { .connection = &connection, .sender = END_CLIENT, .sndbuf = 1 };
	struct chart *chart = chart_new(SECOND);

	(void)state;
	assert_non_null(chart);
	for (uint64_t i = 1; i <= 100000; i++) {
		bytes.time_ns = SECOND + i * MS;
		bytes.at.handed = i;
		bytes.wmem_queued = i == 31234 ? 9000 : 10;
		chart_bytes(chart, &bytes);
	}
	assert_in_range(chart->used, CHART_SPANS / 2, CHART_SPANS);
	assert_int_equal(chart_at(chart, UINT64_MAX)->flow[END_CLIENT].handed, 100000);
	assert_in_range(chart_at(chart, SECOND + 50000 * MS)->flow[END_CLIENT].handed, 50000,
			50000 + chart->span_ns / MS);
	assert_int_equal(chart_wmem_max(chart, END_CLIENT, SECOND, 200 * SECOND), 9000);
	assert_int_equal(chart_wmem_max(chart, END_CLIENT, SECOND, 30 * SECOND), 10);
	assert_int_equal(chart->top[END_CLIENT], 100000);
	assert_null(chart_at(chart, SECOND - 1));
	chart_free(chart);
}

static void time_inside_calls_is_neither_lost_nor_made(void **state)
{
	struct chart *chart = chart_new(SECOND);
	double inside;

	(void)state;
	for (uint64_t i = 0; i < 20000; i++) {
		struct call call = {
			.kind = CALL_READ,
			.enter_ns = SECOND + i * MS,
			.return_ns = SECOND + i * MS + 250 * US,
			.finished = true,
		};

		chart_call(chart, END_SERVER, &call, call.return_ns);
	}
	inside = chart_inside(chart, END_SERVER, CLASS_RECEIVE, SECOND, 100 * SECOND);
	assert_in_range((uint64_t)(inside / 1e6 + 0.5), 4999, 5001);
	assert_int_equal(chart_inside(chart, END_SERVER, CLASS_SEND, SECOND, 100 * SECOND), 0);
	assert_int_equal(chart_inside(chart, END_CLIENT, CLASS_RECEIVE, SECOND, 100 * SECOND), 0);
	assert_int_equal(chart->call_count[END_SERVER], CHART_CALLS);
	chart_free(chart);
}

static void the_longest_calls_are_kept(void **state)
{
	struct chart *chart = chart_new(SECOND);
	uint64_t shortest = UINT64_MAX;

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++) {
		uint64_t length = (i * 7919) % 1000 + 1;
		struct call call = { .kind = CALL_SEND, .enter_ns = SECOND + i * MS };

		call.return_ns = call.enter_ns + length;
		chart_call(chart, END_CLIENT, &call, call.return_ns);
	}
	for (int i = 0; i < CHART_CALLS; i++) {
		const struct call *call = &chart->calls[END_CLIENT][i];

		if (call->return_ns - call->enter_ns < shortest)
			shortest = call->return_ns - call->enter_ns;
	}
	assert_int_equal(shortest, 1000 - CHART_CALLS + 1);
	chart_free(chart);
}

static void without_blanks(char *out, const char *text)
{
	for (; *text; text++)
		if (*text != ' ')
			*out++ = *text;
	*out = '\0';
}

static void lines_fit_and_lose_nothing(void **state)
{
	static const char text[] =
		"send() reported success for 10,240,000 bytes after 7.805 s. "
		"那一刻服务器程序读到 0 字节：还有 1,024,000 字节（100 %）在内核缓冲区里。";
	char lines[SVG_LINES][SVG_LINE_SIZE], joined[1024] = "", plain[1024] = "";
	int count = svg_wrap(lines, text, 20, true, 400);

	(void)state;
	assert_in_range(count, 3, SVG_LINES);
	for (int i = 0; i < count; i++) {
		assert_true(svg_text_width(lines[i], 20, true) <= 400);
		strcat(joined, lines[i]);
	}
	without_blanks(plain, joined);
	without_blanks(joined, text);
	assert_string_equal(plain, joined);
}

static void a_word_without_blanks_is_broken(void **state)
{
	char lines[SVG_LINES][SVG_LINE_SIZE], text[300];

	(void)state;
	memset(text, 'W', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(svg_wrap(lines, text, 20, false, 200), SVG_LINES);
	assert_true(svg_text_width(lines[0], 20, false) <= 200);
	assert_int_equal(svg_wrap(lines, "", 20, false, 200), 0);
}

static void blanks_stay_within_a_line(void **state)
{
	char lines[SVG_LINES][SVG_LINE_SIZE], text[2 * SVG_LINE_SIZE];

	(void)state;
	memset(text, ' ', sizeof(text) - 1);
	text[0] = 'a';
	text[sizeof(text) - 1] = '\0';
	for (int i = 0, count = svg_wrap(lines, text, 20, false, 200); i < count; i++)
		assert_in_range(strlen(lines[i]), 0, SVG_LINE_SIZE - 1);
}

static void marks_are_short(void **state)
{
	char text[][16] = { "2.000 s", "10.50 MB", "0 B", "7.805 s", "100.0 ms" };

	(void)state;
	assert_string_equal(picture_short(text[0]), "2 s");
	assert_string_equal(picture_short(text[1]), "10.5 MB");
	assert_string_equal(picture_short(text[2]), "0 B");
	assert_string_equal(picture_short(text[3]), "7.805 s");
	assert_string_equal(picture_short(text[4]), "100 ms");
}

static void steps_are_round(void **state)
{
	(void)state;
	assert_int_equal(picture_step(11350000000, 10), 2000000000);
	assert_int_equal(picture_step(10240000, 5), 2000000);
	assert_int_equal(picture_step(3, 10), 1);
	assert_int_equal(picture_step(0, 10), 1);
}

static void a_full_disk_is_an_error(void **state)
{
	static const struct export *const exports[] = { &export_svg_axis, &export_svg_ladder };
	struct play *play = *state;
	struct capture_info info = { 0 };
	struct capture_end end = { 0 };

	for (size_t i = 0; i < 2; i++) {
		struct export_target target = { .stream = fopen("/dev/full", "w") };
		void *context;

		if (!target.stream)
			skip();
		assert_int_equal(exports[i]->begin(&context, &target, &info), 0);
		assert_int_equal(exports[i]->end(context, play->trace, &end), -ENOSPC);
		fclose(target.stream);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_axis_is_a_document_with_its_text_on_it),
		cmocka_unit_test(every_ladder_is_a_document_with_its_text_on_it),
		cmocka_unit_test(the_bracket_says_what_is_not_read),
		cmocka_unit_test(hostile_names_are_text),
		cmocka_unit_test(an_unseen_receiver_is_not_said_to_read),
		cmocka_unit_test(an_unseen_sender_has_no_buffer),
		cmocka_unit_test(a_failed_connect_shows_what_was_tried),
		cmocka_unit_test(no_connection_is_said),
		cmocka_unit_test(losses_cover_what_would_be_a_guess),
		cmocka_unit_test(of_many_the_one_that_waited_longest_is_drawn),
		cmocka_unit_test(a_long_ladder_keeps_the_handshake_and_says_what_is_left_out),
		cmocka_unit_test(a_chart_keeps_the_last_value_and_the_peak),
		cmocka_unit_test(time_inside_calls_is_neither_lost_nor_made),
		cmocka_unit_test(the_longest_calls_are_kept),
		cmocka_unit_test(lines_fit_and_lose_nothing),
		cmocka_unit_test(a_word_without_blanks_is_broken),
		cmocka_unit_test(blanks_stay_within_a_line),
		cmocka_unit_test(marks_are_short),
		cmocka_unit_test(steps_are_round),
		promise(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
