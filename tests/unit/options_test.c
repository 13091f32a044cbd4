/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line: what it means, and that each mistake gets one line that helps. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "user/options.h"

#define WORDS_MAX 24

static struct options options;
static char said[4096]; /* on standard error */

static int parse_words(int argc, char **argv)
{
	FILE *file = tmpfile();
	int err, kept = dup(STDERR_FILENO);
	size_t length;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	err = options_parse(&options, argc, argv);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(file);
	length = fread(said, 1, sizeof(said) - 1, file);
	said[length] = '\0';
	fclose(file);
	return err;
}

/* Words are split at blanks; options point into them until the next line. */
static int parse(const char *line)
{
	static char copy[512], *argv[WORDS_MAX + 1];
	static char name[] = "tcpwatch";
	int argc = 1;

	memset(argv, 0, sizeof(argv));
	argv[0] = name;
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	return parse_words(argc, argv);
}

static void assert_refused(const char *line, const char *because)
{
	assert_int_equal(parse(line), -EINVAL);
	print_message("%s: %s", line, said);
	assert_non_null(strstr(said, because));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void the_command_follows_two_dashes(void **state)
{
	assert_int_equal(parse("-- ./bulk_send --size 5 -r x"), 0);
	assert_string_equal(options.command[0], "./bulk_send");
	assert_string_equal(options.command[3], "-r");
	assert_string_equal(options.command[4], "x");
	assert_null(options.command[5]);
	assert_null(options.read);
	(void)state;
}

static void the_commands_own_options_are_its_own(void **state)
{
	assert_int_equal(parse("-v ls --color=bogus --view x"), 0);
	assert_true(options.verbose);
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "--color=bogus");
	(void)state;
}

static void defaults_are_moments_in_full_detail(void **state)
{
	assert_int_equal(parse("ls"), 0);
	assert_int_equal(options.view, VIEW_MOMENTS);
	assert_int_equal(options.detail, CHOOSE_FULL);
	assert_int_equal(options.color, COLOR_AUTO);
	assert_int_equal(options.lang, LANG_EN);
	assert_int_equal(options.ring_bytes, 8 << 20);
	assert_false(options.force || options.ascii || options.verbose || options.info);
	assert_null(options.output);
	assert_null(options.csv);
	assert_null(options.files[OUTPUT_JSON]);
	(void)state;
}

static void processes_that_run_are_numbers_with_commas(void **state)
{
	assert_int_equal(parse("-p 812"), 0);
	assert_int_equal(options.pid_count, 1);
	assert_int_equal(options.detail, CHOOSE_CALLS);
	assert_int_equal(parse("-p 812,9 -p 1 --detail full"), 0);
	assert_int_equal(options.pid_count, 3);
	assert_int_equal(options.pids[1], 9);
	assert_int_equal(options.pids[2], 1);
	assert_int_equal(options.detail, CHOOSE_FULL);
	assert_refused("-p 0", "process ids");
	assert_refused("-p 8x", "process ids");
	assert_refused("-p 8,", "process ids");
	assert_refused("-p ,8", "process ids");
	assert_refused("-p -8", "process ids");
	assert_refused("-p 99999999", "process ids");
	assert_refused("-p 8,8", "twice");
	assert_refused("-p 8 -p 8", "twice");
	(void)state;
}

static void the_whole_system_is_traced_by_its_states(void **state)
{
	assert_int_equal(parse("-a"), 0);
	assert_true(options.all);
	assert_int_equal(options.detail, CHOOSE_STATES);
	assert_int_equal(parse("-a --detail calls"), 0);
	assert_int_equal(options.detail, CHOOSE_CALLS);
	(void)state;
}

static void there_is_one_source(void **state)
{
	assert_refused("-a -p 8", "choose one");
	assert_refused("-a -- ls", "choose one");
	assert_refused("-p 8 -- ls", "choose one");
	assert_refused("-r run.tcpw -a", "choose one");
	(void)state;
}

static void a_duration_is_in_seconds(void **state)
{
	assert_int_equal(parse("-d 2 -a"), 0);
	assert_true(options.duration_ns == 2000000000);
	assert_int_equal(parse("-d 0.25 -- ls"), 0);
	assert_true(options.duration_ns == 250000000);
	assert_int_equal(parse("-d 1.000000001 -p 8"), 0);
	assert_true(options.duration_ns == 1000000001);
	assert_refused("-d 0 -a", "seconds");
	assert_refused("-d 1e3 -a", "seconds");
	assert_refused("-d -1 -a", "seconds");
	assert_refused("-d 1s -a", "seconds");
	assert_refused("-d 99999999999999999999 -a", "seconds");
	assert_refused("-d .5 -a", "seconds");
	assert_refused("-d 1 -r run.tcpw", "-d");
	(void)state;
}

static void a_capture_is_read_without_a_command(void **state)
{
	assert_int_equal(parse("-r run.tcpw --info"), 0);
	assert_string_equal(options.read, "run.tcpw");
	assert_null(options.command);
	assert_true(options.info);
	assert_int_equal(parse("-r - --json - --csv out --every 1ms"), 0);
	assert_string_equal(options.read, "-");
	assert_string_equal(options.files[OUTPUT_JSON], "-");
	assert_int_equal(options.every_ns, 1000000);
	(void)state;
}

static void every_view_and_language_has_its_word(void **state)
{
	static const char *const views[] = { "moments", "events", "ladder",
					     "summary", "live",	  "none" };
	char line[64];

	for (int i = 0; i < 6; i++) {
		snprintf(line, sizeof(line), "--view %s ls", views[i]);
		assert_int_equal(parse(line), 0);
		assert_int_equal(options.view, VIEW_MOMENTS + i);
	}
	assert_int_equal(parse("--lang zh --detail calls --color=never ls"), 0);
	assert_int_equal(options.lang, LANG_ZH);
	assert_int_equal(options.detail, CHOOSE_CALLS);
	assert_int_equal(options.color, COLOR_NEVER);
	(void)state;
}

static void color_without_a_word_is_always(void **state)
{
	assert_int_equal(parse("--color ls"), 0);
	assert_int_equal(options.color, COLOR_ALWAYS);
	assert_string_equal(options.command[0], "ls");
	(void)state;
}

static void sizes_and_times_have_units(void **state)
{
	assert_int_equal(parse("--ring-size 64k ls"), 0);
	assert_int_equal(options.ring_bytes, 65536);
	assert_int_equal(parse("--ring-size 1G ls"), 0);
	assert_int_equal(options.ring_bytes, 1 << 30);
	assert_int_equal(parse("--csv d --every 500us ls"), 0);
	assert_int_equal(options.every_ns, 500000);
	assert_int_equal(parse("--csv d --every 2s ls"), 0);
	assert_int_equal(options.every_ns, 2000000000);
	(void)state;
}

static void numbers_that_make_no_sense_are_refused(void **state)
{
	static const char *const sizes[] = { "0",
					     "5",
					     "-8m",
					     "3m",
					     "2g",
					     "8mb",
					     "m",
					     "1e6",
					     "99999999999999999999k",
					     "18446744073709551615g" };
	static const char *const times[] = {
		"0ms", "1", "-1ms", "ms", "1h", "1.5ms", "99999999999999999999s"
	};
	char line[96];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(line, sizeof(line), "--ring-size %s ls", sizes[i]);
		assert_refused(line, "power of two");
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(line, sizeof(line), "--csv d --every %s ls", times[i]);
		assert_refused(line, "1ms");
	}
	(void)state;
}

static void words_that_are_not_known_name_the_known_ones(void **state)
{
	assert_refused("--view pretty ls", "moments, events, ladder, summary, live, none");
	assert_refused("--detail most ls", "states, calls, full");
	assert_refused("--lang fr ls", "en, zh");
	assert_refused("--color=red ls", "auto, always, never");
	(void)state;
}

static void what_contradicts_itself_is_refused(void **state)
{
	assert_refused("", "nothing to trace");
	assert_refused("-r run.tcpw ls", "-r");
	assert_refused("-r run.tcpw -o other.tcpw", "-o");
	assert_refused("--info ls", "-r FILE");
	assert_refused("-o - ls", "standard output");
	assert_refused("--csv - ls", "directory");
	assert_refused("--every 1ms ls", "--csv DIR");
	assert_refused("-o x --json x ls", "x is given for two outputs");
	assert_refused("-r y --svg x --svg ladder:x", "x is given for two outputs");
	(void)state;
}

static void a_name_that_is_empty_is_refused(void **state)
{
	static const char *const options_of_names[] = {
		"-r", "-o", "--csv", "--json", "--html", "--svg", "--perfetto", "--pcapng"
	};
	char name[] = "tcpwatch", option[16], empty[] = "", command[] = "ls";
	char *argv[] = { name, option, empty, command, NULL };

	for (size_t i = 0; i < sizeof(options_of_names) / sizeof(options_of_names[0]); i++) {
		snprintf(option, sizeof(option), "%s", options_of_names[i]);
		assert_int_equal(parse_words(4, argv), -EINVAL);
		assert_non_null(strstr(said, "empty"));
	}
	assert_refused("--svg ladder: ls", "empty");
	(void)state;
}

static void options_that_do_not_exist_are_named(void **state)
{
	assert_refused("--frobnicate ls", "--frobnicate");
	assert_refused("-Z ls", "-Z");
	assert_refused("--csv", "--csv");
	(void)state;
}

static void a_foreign_word_reaches_the_terminal_escaped(void **state)
{
	assert_refused("--view \033[31mred ls", "\\x1b[31mred");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_follows_two_dashes),
		cmocka_unit_test(the_commands_own_options_are_its_own),
		cmocka_unit_test(defaults_are_moments_in_full_detail),
		cmocka_unit_test(processes_that_run_are_numbers_with_commas),
		cmocka_unit_test(the_whole_system_is_traced_by_its_states),
		cmocka_unit_test(there_is_one_source),
		cmocka_unit_test(a_duration_is_in_seconds),
		cmocka_unit_test(a_capture_is_read_without_a_command),
		cmocka_unit_test(every_view_and_language_has_its_word),
		cmocka_unit_test(color_without_a_word_is_always),
		cmocka_unit_test(sizes_and_times_have_units),
		cmocka_unit_test(numbers_that_make_no_sense_are_refused),
		cmocka_unit_test(words_that_are_not_known_name_the_known_ones),
		cmocka_unit_test(what_contradicts_itself_is_refused),
		cmocka_unit_test(a_name_that_is_empty_is_refused),
		cmocka_unit_test(options_that_do_not_exist_are_named),
		cmocka_unit_test(a_foreign_word_reaches_the_terminal_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
