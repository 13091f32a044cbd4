/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line: what it means, and that each mistake gets one line that helps. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "user/export/export.h"
#include "user/export/frame.h"
#include "user/options.h"

#define WORDS_MAX 24

static struct options options;
static char said[4096]; /* on standard error */
static size_t longest;	/* word of the line: a message may repeat it beyond 80 columns */

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
	longest = 0;
	for (char *word = strtok(copy, " "); word && argc < WORDS_MAX; word = strtok(NULL, " ")) {
		argv[argc++] = word;
		longest = strlen(word) > longest ? strlen(word) : longest;
	}
	return parse_words(argc, argv);
}

static void assert_refused(const char *line, const char *because)
{
	assert_int_equal(parse(line), -EINVAL);
	print_message("%s: %s", line, said);
	assert_non_null(strstr(said, because));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	assert_in_range(strlen(said), 2, 81 + longest);
}

static void a_capture_is_split_by_size_by_time_or_by_both(void **state)
{
	assert_int_equal(parse("-o x.tcpw --rotate 100M -- true"), 0);
	assert_int_equal(options.rotate_bytes, 100 << 20);
	assert_int_equal(options.rotate_ns, 0);
	assert_int_equal(parse("-o x.tcpw --rotate 10min --keep 3 -- true"), 0);
	assert_int_equal(options.rotate_bytes, 0);
	assert_int_equal(options.rotate_ns, 600000000000);
	assert_int_equal(options.keep, 3);
	assert_int_equal(parse("-o x.tcpw --rotate 2h,1g -- true"), 0);
	assert_int_equal(options.rotate_bytes, 1 << 30);
	assert_int_equal(options.rotate_ns, 7200000000000);
	(void)state;
}

static void a_split_that_can_not_be_is_refused(void **state)
{
	static const char *const lines[] = {
		"-o x --rotate 100 -- true",
		"-o x --rotate 1k -- true",
		"-o x --rotate 1m,2m -- true",
		"-o x --rotate 60s,1min -- true",
		"-o x --rotate= -- true",
		"-o x --rotate 1m, -- true",
		"-o x --rotate 0s -- true",
		"--rotate 1m -- true",
		"-o x --rotate 1m --keep 0 -- true",
		"-o x --keep 3 -- true",
		"-o x --rotate 1m --csv d -- true",
		"-o x --rotate 1m --json j -- true",
		"-r x.tcpw --rotate 1m",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_refused(lines[i], "--");
	(void)state;
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
	assert_true(options.all && options.detail == CHOOSE_STATES);
	assert_int_equal(parse("-a --coalesce"), 0);
	assert_true(options.coalesce && options.detail == CHOOSE_CALLS);
	assert_true(!parse("-a --detail calls") && options.detail == CHOOSE_CALLS);
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
	static const char *const views[] = { "moments", "events", "ladder",	"summary",
					     "live",	"none",	  "connections" };
	char line[64];

	for (int i = 0; i < 7; i++) {
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

static void events_may_be_chosen(void **state)
{
	assert_int_equal(parse("--view events=calls,notes ls"), 0);
	assert_int_equal(options.view, VIEW_EVENTS);
	assert_int_equal(options.events, SHOW_CALLS | SHOW_NOTES);
	assert_int_equal(parse("--view events=calls --view events ls"), 0);
	assert_int_equal(options.events, 0);
	assert_refused("--view events=calls,cats ls", " --view events=cats: choose ");
	assert_refused("--view events= ls", " --view events=: choose ");
	assert_int_equal(parse("--view moments=calls ls"), -EINVAL);
	(void)state;
}

static void top_is_the_live_view_in_an_order(void **state)
{
	assert_int_equal(parse("--top ls"), 0);
	assert_int_equal(options.view, VIEW_LIVE);
	assert_true(options.top);
	assert_int_equal(options.top_order, TOP_BY_BLOCKED);
	assert_int_equal(parse("--top=rate ls"), 0);
	assert_int_equal(options.top_order, TOP_BY_RATE);
	assert_refused("--top --view moments ls", "leave out --view");
	assert_refused("--top=size ls", "choose blocked|bytes|retransmits|rate");
	assert_refused("-r run.tcpw --top", "--view connections");
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
	assert_refused("--view pretty ls", "moments|events|connections|ladder|summary|live|none");
	assert_refused("--detail most ls", "states|calls|full");
	assert_refused("--lang fr ls", "en|zh");
	assert_refused("--color=red ls", "auto|always|never");
	(void)state;
}

static bool port_in(enum filter_side side, int port)
{
	return options.filter.ports[side][port / 64] >> (port % 64) & 1;
}

static void filters_take_lists_ranges_and_refusals(void **state)
{
	assert_int_equal(parse("--port 443,8000-8002 --port !22 ls"), 0);
	assert_true(port_in(FILTER_WANTED, 443) && port_in(FILTER_WANTED, 8000));
	assert_true(port_in(FILTER_WANTED, 8002) && port_in(FILTER_REFUSED, 22));
	assert_false(port_in(FILTER_WANTED, 22) || port_in(FILTER_WANTED, 8003));
	assert_false(port_in(FILTER_WANTED, 7999) || port_in(FILTER_REFUSED, 443));
	assert_string_equal(options.filter.text, "--port 443,8000-8002 --port !22");
	assert_int_equal(parse("--family inet6,unix --proto !tcp ls"), 0);
	assert_int_equal(filter_left(options.filter.families, UINT32_MAX), 1 << 10 | 1 << 1);
	assert_int_equal(filter_left(options.filter.protocols, 31), 31 & ~(1 << FILTER_TCP));
	assert_int_equal(parse("ls"), 0);
	assert_false(filter_is_on(&options.filter) || options.filter.peers);
	assert_int_equal(parse("--peers ls"), 0);
	assert_true(options.filter.peers);
	assert_false(filter_is_on(&options.filter));
	(void)state;
}

static void assert_pattern(const struct filter_pattern *pattern, const char *value,
			   const char *mask)
{
	char text[2][33];

	for (int i = 0; i < 16; i++) {
		snprintf(text[0] + 2 * i, 3, "%02x", pattern->value[i]);
		snprintf(text[1] + 2 * i, 3, "%02x", pattern->mask[i]);
	}
	assert_string_equal(text[0], value);
	assert_string_equal(text[1], mask);
}

static void addresses_and_names_become_patterns(void **state)
{
	const struct filter *filter = &options.filter;

	assert_int_equal(parse("--addr 10.1.2.3/9,!fe80::1/10,::1 --comm nginx*,!sh ls"), 0);
	assert_int_equal(filter->addresses[FILTER_WANTED].count, 2);
	assert_pattern(&filter->addresses[FILTER_WANTED].at[0], "00000000000000000000ffff0a000000",
		       "ffffffffffffffffffffffffff800000");
	assert_pattern(&filter->addresses[FILTER_WANTED].at[1], "00000000000000000000000000000001",
		       "ffffffffffffffffffffffffffffffff");
	assert_pattern(&filter->addresses[FILTER_REFUSED].at[0], "fe800000000000000000000000000000",
		       "ffc00000000000000000000000000000");
	assert_pattern(&filter->comms[FILTER_WANTED].at[0], "6e67696e780000000000000000000000",
		       "ffffffffff0000000000000000000000");
	assert_pattern(&filter->comms[FILTER_REFUSED].at[0], "73680000000000000000000000000000",
		       "ffffff00000000000000000000000000");
	(void)state;
}

static void filters_that_make_no_sense_are_refused(void **state)
{
	static const char *const ports[] = {
		"0",	 "65536", "http",  "80-", "-80",
		"90-80", "80x",	  "1-2-3", "!0",  "99999999999999999999"
	};
	static const char *const addresses[] = { "10.0.0",	"10.0.0.0/33", "10.0.0.0/",
						 "::1/129",	"fe80::1%lo",  "localhost",
						 "10.0.0.0/-1", "1.2.3.4/8x" };
	char line[1024] = "--addr 10.0.0.0";

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		snprintf(line, sizeof(line), "--port %s ls", ports[i]);
		assert_refused(line, "1 to 65535");
	}
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		snprintf(line, sizeof(line), "--addr %s ls", addresses[i]);
		assert_refused(line, "10.0.0.0/8");
	}
	assert_refused("--addr ::/0 ls", "--family inet6");
	assert_refused("--family ipv4 ls", "inet|inet6|unix");
	assert_refused("--proto sctp ls", "tcp|udp|mptcp|unix");
	assert_refused("--comm a*b ls", "15 bytes");
	assert_refused("--comm sixteen-letters- ls", "15 bytes");
	assert_refused("--port 80,,90 ls", "empty");
	assert_refused("--comm ! ls", "empty");
	assert_refused("--proto tcp,!tcp ls", "--proto");
	assert_refused("-r x --port 80", "-r");
	assert_refused("-r x --peers", "-r");
	(void)state;
}

static void filters_have_room_for_64_values(void **state)
{
	char line[512] = "--comm a0";

	for (int i = 1; i < 64; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), ",a%d", i);
	strcat(line, " ls");
	assert_int_equal(parse(line), 0);
	assert_int_equal(options.filter.comms[FILTER_WANTED].count, 64);
	strcpy(line + strlen(line) - 3, ",b ls");
	assert_refused(line, "more than 64");
	(void)state;
}

static void what_contradicts_itself_is_refused(void **state)
{
	assert_refused("", "nothing to trace");
	assert_refused("-r run.tcpw ls", "-r");
	assert_refused("-r run.tcpw -o other.tcpw", "-o");
	assert_refused("--info ls", "-r FILE");
	assert_refused("-r run.tcpw --detail calls", "--detail says how to trace");
	assert_refused("-r run.tcpw --ring-size 1M", "--ring-size says how to trace");
	assert_refused("-r run.tcpw --coalesce", "--coalesce says how to trace");
	assert_refused("--coalesce --detail full ls", "--coalesce joins");
	assert_refused("-r run.tcpw --info --html page.html", "--info only prints");
	assert_refused("-r run.tcpw --info --csv tables --force", "--info only prints");
	assert_refused("-r run.tcpw --info --view summary", "--info only prints");
	assert_refused("-r run.tcpw --peers", "--peers says what to trace");
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
	assert_refused("--color=\033[31mred ls", "\\x1b[31mred");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_follows_two_dashes),
		cmocka_unit_test(a_capture_is_split_by_size_by_time_or_by_both),
		cmocka_unit_test(a_split_that_can_not_be_is_refused),
		cmocka_unit_test(the_commands_own_options_are_its_own),
		cmocka_unit_test(defaults_are_moments_in_full_detail),
		cmocka_unit_test(processes_that_run_are_numbers_with_commas),
		cmocka_unit_test(the_whole_system_is_traced_by_its_states),
		cmocka_unit_test(there_is_one_source),
		cmocka_unit_test(a_duration_is_in_seconds),
		cmocka_unit_test(a_capture_is_read_without_a_command),
		cmocka_unit_test(every_view_and_language_has_its_word),
		cmocka_unit_test(events_may_be_chosen),
		cmocka_unit_test(top_is_the_live_view_in_an_order),
		cmocka_unit_test(color_without_a_word_is_always),
		cmocka_unit_test(sizes_and_times_have_units),
		cmocka_unit_test(numbers_that_make_no_sense_are_refused),
		cmocka_unit_test(words_that_are_not_known_name_the_known_ones),
		cmocka_unit_test(filters_take_lists_ranges_and_refusals),
		cmocka_unit_test(addresses_and_names_become_patterns),
		cmocka_unit_test(filters_that_make_no_sense_are_refused),
		cmocka_unit_test(filters_have_room_for_64_values),
		cmocka_unit_test(what_contradicts_itself_is_refused),
		cmocka_unit_test(a_name_that_is_empty_is_refused),
		cmocka_unit_test(options_that_do_not_exist_are_named),
		cmocka_unit_test(a_foreign_word_reaches_the_terminal_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
