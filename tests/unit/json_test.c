/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* JSON to the byte: commas, escapes, bounds of integers, and bytes that are no text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "user/base/json.h"

struct output {
	struct json json;
	char *text;
	size_t length;
};

static int open_output(void **state)
{
	struct output *output = calloc(1, sizeof(*output));
	FILE *stream = output ? open_memstream(&output->text, &output->length) : NULL;

	if (!stream)
		return -1;
	json_start(&output->json, stream);
	*state = output;
	return 0;
}

static int close_output(void **state)
{
	struct output *output = *state;

	fclose(output->json.stream);
	free(output->text);
	free(output);
	return 0;
}

static void assert_written(struct output *output, const char *expected)
{
	assert_int_equal(fflush(output->json.stream), 0);
	assert_string_equal(output->text, expected);
}

static void members_and_elements_are_separated_by_commas(void **state)
{
	struct output *output = *state;
	struct json *json = &output->json;

	json_object(json, NULL);
	json_uint(json, "a", 1);
	json_array(json, "b");
	json_int(json, NULL, -2);
	json_object(json, NULL);
	json_object_end(json);
	json_null(json, NULL);
	json_array_end(json);
	json_bool(json, "c", true);
	json_bool(json, "d", false);
	json_object_end(json);
	assert_written(output, "{\"a\":1,\"b\":[-2,{},null],\"c\":true,\"d\":false}");
}

static void each_line_starts_anew(void **state)
{
	struct output *output = *state;
	struct json *json = &output->json;

	for (int i = 0; i < 2; i++) {
		json_object(json, NULL);
		json_int(json, "i", i);
		json_object_end(json);
		json_line_end(json);
	}
	assert_written(output, "{\"i\":0}\n{\"i\":1}\n");
}

static void integers_are_exact_at_their_bounds(void **state)
{
	struct output *output = *state;

	json_uint(&output->json, NULL, UINT64_MAX);
	json_int(&output->json, NULL, INT64_MIN);
	json_int(&output->json, NULL, INT64_MAX);
	json_int(&output->json, NULL, 0);
	assert_written(output, "18446744073709551615,-9223372036854775808,9223372036854775807,0");
}

static void quotes_and_controls_are_escaped(void **state)
{
	struct output *output = *state;

	json_string(&output->json, "a\"b", "q\" b\\ \b\f\n\r\t \001 \033 \177");
	assert_written(output,
		       "\"a\\\"b\":\"q\\\" b\\\\ \\b\\f\\n\\r\\t \\u0001 \\u001b \\u007f\"");
}

static void a_string_can_not_leave_a_script_element(void **state)
{
	struct output *output = *state;

	json_string(&output->json, NULL, "</script><!--");
	assert_written(output, "\"\\u003c/script>\\u003c!--\"");
}

static void unicode_stays_and_its_steering_characters_do_not(void **state)
{
	struct output *output = *state;

	json_string(&output->json, NULL, "\xe6\x9c\x8d\xf0\x9f\x90\xa7\xe2\x80\xae\xc2\x9b");
	assert_written(output, "\"\xe6\x9c\x8d\xf0\x9f\x90\xa7\\u202e\\u009b\"");
}

static void each_invalid_byte_becomes_a_replacement_character(void **state)
{
	struct output *output = *state;

	json_string(&output->json, NULL, "a\xff\xc0\xafz\xe6\x9c");
	assert_written(output,
		       "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void bytes_stop_at_nul_or_at_their_bound(void **state)
{
	static const char unended[4] = { 'c', 'o', 'm', 'm' };
	struct output *output = *state;

	json_bytes(&output->json, NULL, unended, sizeof(unended));
	json_bytes(&output->json, NULL, "ab\0cd", 5);
	json_bytes(&output->json, NULL, "", 5);
	assert_written(output, "\"comm\",\"ab\",\"\"");
}

static void a_missing_string_is_null(void **state)
{
	struct output *output = *state;

	json_string(&output->json, NULL, NULL);
	assert_written(output, "null");
}

static void errors_stay_in_the_stream(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct json json;

	(void)state;
	assert_non_null(full);
	json_start(&json, full);
	json_string(&json, NULL, "lost");
	fflush(full);
	assert_int_not_equal(ferror(full), 0);
	fclose(full);
}

#define OUTPUT_TEST(name) cmocka_unit_test_setup_teardown(name, open_output, close_output)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTPUT_TEST(members_and_elements_are_separated_by_commas),
		OUTPUT_TEST(each_line_starts_anew),
		OUTPUT_TEST(integers_are_exact_at_their_bounds),
		OUTPUT_TEST(quotes_and_controls_are_escaped),
		OUTPUT_TEST(a_string_can_not_leave_a_script_element),
		OUTPUT_TEST(unicode_stays_and_its_steering_characters_do_not),
		OUTPUT_TEST(each_invalid_byte_becomes_a_replacement_character),
		OUTPUT_TEST(bytes_stop_at_nul_or_at_their_bound),
		OUTPUT_TEST(a_missing_string_is_null),
		cmocka_unit_test(errors_stay_in_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
