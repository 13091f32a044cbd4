/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Trace events, read line by line. That the file as a whole is what readers
 * need is checked by tests/golden/perfetto-check.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "tests/unit/exported.h"
#include "user/export/perfetto.h"
#include "user/export/perfetto_spool.h"
#include "user/export/perfetto_track.h"

/* The lines that are events: each begins with its time. */
static const char *next_event(const char *at, char *line, size_t size)
{
	static const char start[] = "\n{\"ts\":";
	size_t length;

	at = strstr(at, start);
	if (!at)
		return NULL;
	at++;
	length = strcspn(at, "\n");
	snprintf(line, size, "%.*s", (int)length, at);
	return at;
}

static uint64_t number_behind(const char *line, const char *name)
{
	const char *at = strstr(line, name);
	unsigned long long whole, part;

	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(name), "%llu.%3llu", &whole, &part), 2);
	return whole * 1000 + part;
}

static void events_come_in_order_from_zero(void **state)
{
	struct exported exported;
	uint64_t last = 0, time;
	char line[1024];
	int count = 0;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_whole);
	for (const char *at = exported.text; (at = next_event(at, line, sizeof(line)));) {
		time = number_behind(line, "\"ts\":");
		assert_true(time >= last);
		if (!count++)
			assert_int_equal(time, 0);
		last = time;
	}
	assert_true(count > 50);
	exported_free(&exported);
}

static void a_capture_without_events_is_a_whole_file(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_empty);
	assert_contains(exported.text, "{\"displayTimeUnit\":\"ns\"");
	assert_contains(exported.text, "\"traceEvents\":[");
	assert_string_equal(exported.text + exported.size - 3, "]}\n");
	exported_free(&exported);
}

static void each_data_segment_that_arrives_has_one_arrow(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_whole);
	/* SYN, SYN-ACK, data, FIN, FIN */
	assert_int_equal(exported_count(&exported, "\"ph\":\"s\""), 5);
	assert_int_equal(exported_count(&exported, "\"ph\":\"f\""), 5);
	assert_int_equal(exported_count(&exported, "\"bp\":\"e\""), 5);
	exported_free(&exported);
}

static void what_is_not_seen_to_arrive_has_no_arrow(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_refused);
	assert_int_equal(exported_count(&exported, "\"ph\":\"s\""), 0);
	assert_int_equal(exported_count(&exported, "\"name\":\"SYN sent\""), 1);
	assert_int_equal(exported_count(&exported, "\"name\":\"SYN sent again\""), 1);
	exported_free(&exported);
}

static void counters_are_told_when_they_change(void **state)
{
	struct exported exported;
	char line[1024], name[64] = "#1 to server: read by the program", last[1024] = "";
	int told = 0;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_whole);
	for (const char *at = exported.text; (at = next_event(at, line, sizeof(line)));) {
		if (!strstr(line, "\"ph\":\"C\"") || !strstr(line, name))
			continue;
		assert_string_not_equal(strstr(line, "\"args\""), last);
		snprintf(last, sizeof(last), "%s", strstr(line, "\"args\""));
		told++;
	}
	assert_in_range(told, 1, 2);
	assert_contains(last, "\"bytes\":100000");
	exported_free(&exported);
}

static void an_end_that_is_not_traced_has_no_tracks(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_client_only);
	assert_int_equal(exported_count(&exported, "receive queue"), 0);
	assert_int_equal(exported_count(&exported, "read by the program"), 0);
	assert_true(exported_count(&exported, "#1 to server: unsent") > 0);
	assert_int_equal(exported_count(&exported, "#1 server"), 0);
	exported_free(&exported);
}

static void hostile_names_stay_strings(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_hostile);
	assert_contains(exported.text, "\\u003c&\\\"\\u001b]\xef\xbf\xbd\\u003c/a\\n");
	assert_null(strchr(exported.text, '\x1b'));
	assert_null(strchr(exported.text, '<'));
	exported_free(&exported);
}

static void a_call_without_return_lasts_to_the_end(void **state)
{
	struct exported exported;
	char line[1024] = "";

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, server_listens);
	for (const char *at = exported.text; (at = next_event(at, line, sizeof(line)));)
		if (strstr(line, "\"name\":\"accept\""))
			break;
	assert_contains(line, "did not return");
	assert_lacks(line, "\"result\":");
	exported_free(&exported);
}

/* Two calls of one thread at one time: no kernel shows that, but a file may say it. */
static void story_overlap(struct play *play)
{
	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 1);
	pass(play, MS);
	returns(play, CLIENT, .call = CALL_SEND, .asked = 1, .result = 1);
	returns(play, CLIENT, .call = CALL_CLOSE, .enter_ns = play->now_ns - 500 * US);
}

static void slices_of_one_thread_never_overlap(void **state)
{
	uint64_t free_at = 0, from;
	struct exported exported;
	char line[1024];

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_overlap);
	for (const char *at = exported.text; (at = next_event(at, line, sizeof(line)));) {
		if (!strstr(line, "\"cat\":\"call\"") || !strstr(line, "\"tid\":100,"))
			continue;
		from = number_behind(line, "\"ts\":");
		assert_true(from >= free_at);
		free_at = from + number_behind(line, "\"dur\":");
	}
	assert_true(free_at > 0);
	exported_free(&exported);
}

static void losses_are_told_to_the_whole_trace(void **state)
{
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_lossy);
	assert_int_equal(exported_count(&exported, "40 SEGMENT records LOST"), 1);
	assert_int_equal(exported_count(&exported, "2 STATE records LOST"), 1);
	exported_free(&exported);
}

static void moments_speak_the_language_asked_for(void **state)
{
	static const char ascii_moment[] = "\"cat\":\"moment\",\"name\":\"SYN";
	struct exported exported;

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_whole);
	for (size_t i = 0; i < exported.size; i++)
		assert_true((unsigned char)exported.text[i] < 0x80);
	assert_contains(exported.text, ascii_moment);
	exported_free(&exported);
	exported_make(&exported, &export_perfetto, LANG_ZH, story_whole);
	assert_contains(exported.text, "。");
	exported_free(&exported);
}

static void a_crowd_has_tracks_of_its_own(void **state)
{
	struct exported exported;
	char name[64];

	(void)state;
	exported_make(&exported, &export_perfetto, LANG_EN, story_crowd);
	for (int i = 1; i <= CROWD; i++) {
		snprintf(name, sizeof(name), " #%d client ", i);
		assert_int_equal(exported_count(&exported, name), 2);
	}
	exported_free(&exported);
}

static void the_spool_sorts_and_keeps_what_is_equal(void **state)
{
	struct spool spool = { 0 };
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(spool_open(&spool), 0);
	for (unsigned int i = 0; i < 5; i++) {
		json_uint(spool_event(&spool, "X", 1000000 + (i == 4 ? 0 : 2500)), "n", i);
		spool_event_end(&spool);
	}
	assert_int_equal(spool_sort(&spool), 1000000);
	assert_int_equal(spool_write(&spool, stream, 1000000), 0);
	spool_close(&spool);
	fclose(stream);
	assert_string_equal(text, ",\n{\"ts\":0.000,\"ph\":\"X\",\"n\":4}"
				  ",\n{\"ts\":2.500,\"ph\":\"X\",\"n\":0}"
				  ",\n{\"ts\":2.500,\"ph\":\"X\",\"n\":1}"
				  ",\n{\"ts\":2.500,\"ph\":\"X\",\"n\":2}"
				  ",\n{\"ts\":2.500,\"ph\":\"X\",\"n\":3}");
	free(text);
}

static void a_full_disk_is_an_error(void **state)
{
	struct export_target target = { .stream = fopen("/dev/full", "w") };
	struct play *play = *state;
	struct capture_info info = { 0 };
	struct capture_end end = { 0 };
	void *context;

	if (!target.stream)
		skip();
	assert_int_equal(export_perfetto.begin(&context, &target, &info), 0);
	assert_int_equal(export_perfetto.end(context, play->trace, &end), -ENOSPC);
	fclose(target.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_in_order_from_zero),
		cmocka_unit_test(a_capture_without_events_is_a_whole_file),
		cmocka_unit_test(each_data_segment_that_arrives_has_one_arrow),
		cmocka_unit_test(what_is_not_seen_to_arrive_has_no_arrow),
		cmocka_unit_test(counters_are_told_when_they_change),
		cmocka_unit_test(an_end_that_is_not_traced_has_no_tracks),
		cmocka_unit_test(hostile_names_stay_strings),
		cmocka_unit_test(a_call_without_return_lasts_to_the_end),
		cmocka_unit_test(slices_of_one_thread_never_overlap),
		cmocka_unit_test(losses_are_told_to_the_whole_trace),
		cmocka_unit_test(moments_speak_the_language_asked_for),
		cmocka_unit_test(a_crowd_has_tracks_of_its_own),
		cmocka_unit_test(the_spool_sorts_and_keeps_what_is_equal),
		promise(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
