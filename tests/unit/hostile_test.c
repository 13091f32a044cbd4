/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names that are made to do harm, in every place where a capture holds foreign
 * text, through every output; and that the judge of these outputs would see it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/judge.h"
#include "tests/unit/sinks.h"
#include "user/capture/reader.h"
#include "user/capture/writer.h"

static const char *const names[] = {
	"\033[2J\033]0;own\a", /* clears the screen, renames the window */
	"\xc2\x9b"
	"31m\x9b"
	"2J", /* the same with C1, as UTF-8 and alone */
	"a\r\nb\tc\bd\x7f",
	"\xff\xfe\xc0\xaf\xed\xa0\x80", /* no UTF-8: overlong, a surrogate */
	"0123456789abc\xe6\x9c\x8d",	/* the kernel cuts a character in two */
	"\xe2\x80\xae"
	"txt.\xe2\x81\xa6"
	"exe", /* read from right to left */
	"<script>x()",
	"</script><!--",
	"<img src=x onerr",
	"\"onload=\"x()",
	"'><svg/onload=",
	"]]>&lt;&#60;&x;",
	"=1+cmd|'/C x'!A",
	"@SUM(1,2)",
	"+1-1",
	"-2+3",
	"\t=1\r",
	"a,\"b\",\"\"c\n",
	"\\\",\\u0022:{}[",
	"%s%n%99999d%p",
	"",
	" ",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

static void put(char *field, size_t size, const char *name)
{
	snprintf(field, size, "%s", name);
}

/* Repeated until it fills the field. */
static void fill(char *field, size_t size, const char *name)
{
	size_t length = strlen(name), used = 0;

	for (; length && used + length < size; used += length)
		memcpy(field + used, name, length);
	field[used] = '\0';
}

static void change_info(struct capture_info *info, const char *name)
{
	put(info->version, sizeof(info->version), name);
	fill(info->kernel, sizeof(info->kernel), name);
	put(info->machine, sizeof(info->machine), name);
	fill(info->host, sizeof(info->host), name);
	put(info->boot_id, sizeof(info->boot_id), name);
	put(info->congestion, sizeof(info->congestion), name);
	fill(info->command, sizeof(info->command), name);
	put(info->detail, sizeof(info->detail), name);
	for (int i = 0; i < info->hook_count; i += 2) {
		info->hooks[i].on = false;
		put(info->hooks[i].name, sizeof(info->hooks[i].name), name);
		fill(info->hooks[i].fact, sizeof(info->hooks[i].fact), name);
	}
}

/* A recorded run in which every process is called name, and everything else too. */
static int changed_capture(const char *path, const char *name)
{
	int fd = memfd_create("capture", MFD_CLOEXEC), kept = dup(fd);
	struct capture_info info;
	const union record *record;
	struct reader *reader;
	struct writer *writer;
	int processes = 0;

	assert_int_equal(reader_open(&reader, open(path, O_RDONLY | O_CLOEXEC)), 0);
	info = *reader_info(reader);
	change_info(&info, name);
	assert_int_equal(writer_open(&writer, fd, &info), 0);
	while (reader_next(reader, &record) > 0) {
		union record changed = *record;

		if (changed.header.kind == RECORD_PROCESS) {
			put(changed.process.comm, RECORD_COMM_SIZE, name);
			processes++;
		}
		assert_int_equal(writer_add(writer, &changed.header), 0);
	}
	assert_true(processes > 0);
	assert_int_equal(writer_close(writer, 0), 0);
	reader_close(reader);
	return kept;
}

static void no_name_harms_any_output(void **state)
{
	(void)state;
	for (size_t i = 0; i < NAMES; i++) {
		int fd = changed_capture("tests/golden/lifecycle.tcpw", names[i]);
		const char *wrong = sinks_judge(fd, 0);

		if (wrong)
			fail_msg("name %zu: %s", i, wrong);
	}
	sinks_close();
}

#define harmful(form, text) assert_non_null(judge_##form(text, sizeof(text) - 1))
#define harmless(form, text) assert_null(judge_##form(text, sizeof(text) - 1))

static void the_judge_of_text_sees_what_steers(void **state)
{
	(void)state;
	harmless(text, "plain \xe6\x9c\x8d\n");
	harmful(text, "\033[31m");
	harmful(text, "\r");
	harmful(text, "\0");
	harmful(text, "\xc2\x9b");
	harmful(text, "\xe2\x80\xae");
	harmful(text, "\xff");
	harmful(text, "\xc0\xaf");
	harmful(text, "\xed\xa0\x80");
	harmful(text, "\xe6\x9c");
	harmless(view, "\033[1;31mred\033[0m\n");
	harmful(view, "\033[2J");
	harmful(view, "\033]0;x\a");
}

static void the_judge_of_tables_sees_formulas_and_quotes(void **state)
{
	(void)state;
	harmless(csv, "a,b\n-1.5,\"x \"\"y\"\", z\"\n'=1,\n");
	harmful(csv, "a,b\n1\n");
	harmful(csv, "a\n=1\n");
	harmful(csv, "a\n-2+3\n");
	harmful(csv, "a\n\"@x\"\n");
	harmful(csv, "a\nb\"c\n");
	harmful(csv, "a\n\"b\n");
	harmful(csv, "a\nb");
}

static void the_judge_of_json_sees_what_does_not_parse(void **state)
{
	(void)state;
	harmless(json, "{\"a\": [1, -2.5, \"x\\u003c\\n\", true, null], \"b\": {}}\n");
	harmful(json, "{\"a\": \"b\"c\"}");
	harmful(json, "{\"a\": \"\\x1b\"}");
	harmful(json, "{\"a\": \"</script>\"}");
	harmful(json, "{\"a\": }");
	harmful(json, "{\"a\": 01}");
	harmful(json, "[1, 2");
	harmful(json, "[1] 2");
	harmful(json, "");
	harmless(json_lines, "{}\n[]\n");
	harmful(json_lines, "{}\n[]");
}

static void the_judge_of_pictures_sees_foreign_markup(void **state)
{
	(void)state;
	harmless(svg, "<svg a=\"1\"><title>&lt;x&amp;</title><rect x=\"2\"/></svg>\n");
	harmful(svg, "<svg><script>x()</script></svg>");
	harmful(svg, "<svg onload=\"x()\"></svg>");
	harmful(svg, "<svg><text>a</svg>");
	harmful(svg, "<svg><text>a & b</text></svg>");
	harmful(svg, "<svg a=\"<\"></svg>");
	harmful(svg, "<svg>");
}

static void the_judge_of_packets_sees_lengths_that_lie(void **state)
{
	static const char section[] = "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0"
				      "\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0";
	char changed[sizeof(section)];

	(void)state;
	assert_null(judge_pcapng(section, sizeof(section)));
	assert_non_null(judge_pcapng(section, sizeof(section) - 4));
	memcpy(changed, section, sizeof(section));
	changed[24] = 0x20;
	assert_non_null(judge_pcapng(changed, sizeof(changed)));
	harmful(html, "<!doctype html><script>x()</script>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_judge_of_text_sees_what_steers),
		cmocka_unit_test(the_judge_of_tables_sees_formulas_and_quotes),
		cmocka_unit_test(the_judge_of_json_sees_what_does_not_parse),
		cmocka_unit_test(the_judge_of_pictures_sees_foreign_markup),
		cmocka_unit_test(the_judge_of_packets_sees_lengths_that_lie),
		cmocka_unit_test(no_name_harms_any_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
