/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The JSON export: every line is one valid object, whatever names come in. */
#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/desk.h"
#include "user/base/utf8.h"
#include "user/export/columns.h"
#include "user/export/json_parts.h"

static int open_desk(void **state)
{
	int err = desk_open(state);

	if (!err)
		paper_open(&((struct desk *)*state)->paper, 80, true);
	return err;
}

static void begin(struct desk *desk)
{
	assert_int_equal(export_json.begin(&desk->context, &desk->paper.target, &desk->story.info),
			 0);
}

static const char *finish(struct desk *desk)
{
	assert_int_equal(export_json.end(desk->context, desk->trace, &desk->story.end), 0);
	paper_close(&desk->paper);
	return desk->paper.text;
}

/* A reader of JSON, as strict as RFC 8259: returns what follows the value, or NULL. */
static const char *skip_value(const char *at);

static const char *skip_string(const char *at)
{
	uint32_t code;

	if (*at++ != '"')
		return NULL;
	while (*at != '"') {
		int length = utf8_decode(at, strnlen(at, 4), &code);

		if (!length || (unsigned char)*at < ' ')
			return NULL;
		if (*at == '\\') {
			if (!strchr("\"\\/bfnrtu", at[1]) || !at[1])
				return NULL;
			if (at[1] == 'u' && strspn(at + 2, "0123456789abcdefABCDEF") < 4)
				return NULL;
			at++;
			length = 1;
		}
		at += length;
	}
	return at + 1;
}

static const char *skip_number(const char *at)
{
	at += *at == '-';
	if (!isdigit((unsigned char)*at) || (*at == '0' && isdigit((unsigned char)at[1])))
		return NULL;
	return at + strspn(at, "0123456789");
}

static const char *skip_members(const char *at, char close)
{
	if (*at == close)
		return at + 1;
	for (;;) {
		if (close == '}') {
			at = skip_string(at);
			if (!at || *at++ != ':')
				return NULL;
		}
		at = skip_value(at);
		if (!at || (*at != ',' && *at != close))
			return NULL;
		if (*at++ == close)
			return at;
	}
}

static const char *skip_value(const char *at)
{
	static const char *const words[] = { "true", "false", "null" };

	if (*at == '{' || *at == '[')
		return skip_members(at + 1, *at == '{' ? '}' : ']');
	if (*at == '"')
		return skip_string(at);
	for (int i = 0; i < 3; i++)
		if (!strncmp(at, words[i], strlen(words[i])))
			return at + strlen(words[i]);
	return skip_number(at);
}

/* Lines of text; fails on one that isn't exactly one object with a type in front. */
static int valid_lines(const char *text)
{
	int lines = 0;

	while (*text) {
		const char *end = strncmp(text, "{\"type\":\"", 9) ? NULL : skip_value(text);

		if (!end || *end != '\n')
			fail_msg("not a line of JSON: %.200s", text);
		text = end + 1;
		lines++;
	}
	return lines;
}

static void an_empty_capture_is_a_first_and_a_last_line(void **state)
{
	struct desk *desk = *state;
	const char *text;

	begin(desk);
	text = finish(desk);
	assert_int_equal(valid_lines(text), 2);
	assert_int_equal(strncmp(text, "{\"type\":\"capture\",\"schema\":1,", 29), 0);
	assert_non_null(strstr(text, "\"kernel\":\"6.18.0-test\""));
	assert_non_null(strstr(text, "\"start_ns\":-300000000"));
	assert_non_null(strstr(text, "\n{\"type\":\"end\",\"t_ns\":null,\"events\":0,\"lost\":0,"
				     "\"complete\":true,"));
}

static void hostile_bytes_give_valid_json(void **state)
{
	static const char *const names[] = {
		"\"},{\"x\":\"",
		"\\",
		"\n\r\t\x01\x1f",
		"\xff\xfe\x80",
		"\xc3",
		"</script>",
		("\xe2\x80\xae"
		 "abc"),
		"\xf0\x9f\x98\x80",
		"\x7f",
	};
	struct desk *desk = *state;
	struct call call = { .kind = CALL_CLOSE, .enter_ns = STORY_ZERO_NS, .fd = 3 };
	struct process process = { .time_ns = STORY_ZERO_NS, .event = PROCESS_EXEC, .tgid = 1 };

	strcpy(desk->story.info.command, "sh -c 'echo \"\xc3\x28\"\n'");
	memset(desk->story.info.host, '\xe2', sizeof(desk->story.info.host));
	begin(desk);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		memset(call.comm, 0, sizeof(call.comm));
		memcpy(call.comm, names[i], strlen(names[i]));
		memcpy(process.comm, call.comm, sizeof(process.comm));
		memcpy(desk->story.client.owner_comm, call.comm, sizeof(call.comm));
		export_json.sink.call(desk->context, &call);
		export_json.sink.process(desk->context, &process);
		export_json.sink.socket(desk->context, &desk->story.client);
	}
	assert_int_equal(valid_lines(finish(desk)), 2 + 3 * sizeof(names) / sizeof(names[0]));
}

static void a_name_of_full_length_is_not_read_beyond_its_end(void **state)
{
	struct desk *desk = *state;
	struct call call = { .kind = CALL_CLOSE, .enter_ns = STORY_ZERO_NS };

	memset(call.comm, 'x', sizeof(call.comm));
	call.fd = -1;
	begin(desk);
	export_json.sink.call(desk->context, &call);
	assert_non_null(strstr(finish(desk), "\"comm\":\"xxxxxxxxxxxxxxxx\","));
}

static void objects_have_the_names_of_the_columns(void **state)
{
	struct desk *desk = *state;
	const struct table *table = &tables[TABLE_BYTES];
	const char *line;
	char member[64];

	begin(desk);
	export_json.sink.bytes(desk->context, &desk->story.connection.flow[END_CLIENT].at_return);
	line = strstr(finish(desk), "{\"type\":\"bytes\"");
	assert_non_null(line);
	for (int i = 0; i < table->count; i++) {
		snprintf(member, sizeof(member), "\"%s\":", table->columns[i].name);
		if (table->columns[i].kind == VALUE_SECONDS)
			assert_null(strstr(line, member));
		else
			assert_non_null(strstr(line, member));
	}
	assert_non_null(strstr(line, "\"t_ns\":7805000000,\"connection\":1,\"sender\":\"client\""));
	assert_non_null(strstr(line, "\"wmem_queued\":null"));
}

static void every_kind_of_event_is_one_valid_line(void **state)
{
	struct desk *desk = *state;
	struct state_change change = {
		.time_ns = STORY_ZERO_NS - 7,
		.socket = &desk->story.client,
		.old_state = TCP_CLOSE,
		.new_state = TCP_SYN_SENT,
		.cause = CAUSE_CALL,
		.detail = "connect()",
	};
	struct segment segment = {
		.time_ns = STORY_ZERO_NS,
		.socket = &desk->story.client,
		.connection = &desk->story.connection,
		.flags = SEGMENT_SYN,
		.mss = 65495,
		.wscale = 10,
	};
	struct note note = {
		.time_ns = STORY_ZERO_NS,
		.kind = NOTE_ERROR,
		.socket = &desk->story.client,
		.value = ECONNREFUSED,
		.detail = "ECONNREFUSED",
	};
	struct loss loss = { .first_ns = STORY_ZERO_NS, .last_ns = STORY_ZERO_NS, .count = 5 };
	const char *text;

	begin(desk);
	export_json.sink.state(desk->context, &change);
	export_json.sink.segment(desk->context, &segment);
	export_json.sink.note(desk->context, &note);
	export_json.sink.lost(desk->context, &loss);
	text = finish(desk);
	assert_int_equal(valid_lines(text), 6);
	assert_non_null(strstr(text, "{\"type\":\"state\",\"t_ns\":-7,"));
	assert_non_null(
		strstr(text, "\"segment\":\"SYN\",\"flags\":\"S\",\"seq\":0,\"ack\":null,"));
	assert_non_null(strstr(text, "\"error\":\"ECONNREFUSED\""));
	assert_non_null(strstr(text, "{\"type\":\"lost\","));
}

static void a_connection_is_one_line_with_its_verdict_in_both_languages(void **state)
{
	struct desk *desk = *state;
	struct json json;
	const char *text;

	json_start(&json, desk->paper.target.stream);
	json_connection(&json, &desk->story.connection, STORY_ZERO_NS);
	desk->story.connection.ends[END_SERVER] = NULL;
	json_connection(&json, &desk->story.connection, STORY_ZERO_NS);
	paper_close(&desk->paper);
	text = desk->paper.text;
	assert_int_equal(valid_lines(text), 2);
	assert_non_null(strstr(text, "\"verdict_en\":\"send() reported success for 10,240,000"));
	assert_non_null(strstr(text, "\"verdict_zh\":\""));
	assert_non_null(strstr(text, "\"at_return\":{\"t_ns\":7805000000,\"handed_over\":10240000,"
				     "\"unsent\":3092507,\"in_flight\":0,\"peer_queue\":95205,"
				     "\"app_read\":7052288,"));
	assert_non_null(strstr(strchr(text, '\n'), "\"server\":{\"traced\":false,"));
}

static void a_stream_that_fails_is_reported(void **state)
{
	struct desk *desk = *state;
	struct export_target target = desk->paper.target;
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	target.stream = full;
	assert_int_equal(export_json.begin(&desk->context, &target, &desk->story.info), 0);
	assert_int_equal(export_json.end(desk->context, desk->trace, &desk->story.end), -ENOSPC);
	fclose(full);
	paper_close(&desk->paper);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, desk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(an_empty_capture_is_a_first_and_a_last_line),
		DESK_TEST(hostile_bytes_give_valid_json),
		DESK_TEST(a_name_of_full_length_is_not_read_beyond_its_end),
		DESK_TEST(objects_have_the_names_of_the_columns),
		DESK_TEST(every_kind_of_event_is_one_valid_line),
		DESK_TEST(a_connection_is_one_line_with_its_verdict_in_both_languages),
		DESK_TEST(a_stream_that_fails_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
