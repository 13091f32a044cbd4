/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How numbers, addresses and foreign text are shown: each unit's first and
 * last value, both sides of each rounding, and text that wants to do harm.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "user/base/fmt.h"
#include "user/base/log.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct unsigned_case {
	uint64_t value;
	const char *expected;
};

struct signed_case {
	int64_t value;
	const char *expected;
};

static void check_unsigned(char *(*format)(char *, size_t, uint64_t),
			   const struct unsigned_case *cases, size_t count)
{
	char text[FMT_SIZE];

	for (size_t i = 0; i < count; i++)
		assert_string_equal(format(text, sizeof(text), cases[i].value), cases[i].expected);
}

static void check_signed(char *(*format)(char *, size_t, int64_t), const struct signed_case *cases,
			 size_t count)
{
	char text[FMT_SIZE];

	for (size_t i = 0; i < count; i++)
		assert_string_equal(format(text, sizeof(text), cases[i].value), cases[i].expected);
}

static void counts_have_a_comma_every_three_digits(void **state)
{
	static const struct unsigned_case cases[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 1001, "1,001" },
		{ 999999, "999,999" },
		{ 10240000, "10,240,000" },
		{ UINT64_MAX, "18,446,744,073,709,551,615" },
	};

	(void)state;
	check_unsigned(fmt_count, cases, COUNT(cases));
}

static void durations_keep_four_digits_and_round_into_the_next_unit(void **state)
{
	static const struct unsigned_case cases[] = {
		{ 0, "0 ns" },
		{ 1, "1 ns" },
		{ 850, "850 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.0 us" },
		{ 1049, "1.0 us" },
		{ 1050, "1.1 us" },
		{ 42600, "42.6 us" },
		{ 106000, "106.0 us" },
		{ 999949, "999.9 us" },
		{ 999950, "1.000 ms" },
		{ 999999, "1.000 ms" },
		{ 1000000, "1.000 ms" },
		{ 6350000, "6.350 ms" },
		{ 9999499, "9.999 ms" },
		{ 9999500, "10.00 ms" },
		{ 51620000, "51.62 ms" },
		{ 99994999, "99.99 ms" },
		{ 99995000, "100.0 ms" },
		{ 200123456, "200.1 ms" },
		{ 999949999, "999.9 ms" },
		{ 999950000, "1.000 s" },
		{ 7805000000, "7.805 s" },
		{ 9999499999, "9.999 s" },
		{ 9999500000, "10.00 s" },
		{ 11350000000, "11.35 s" },
		{ 99994999999, "99.99 s" },
		{ 99995000000, "100.0 s" },
		{ 999949999999, "999.9 s" },
		{ 999950000000, "1,000.0 s" },
		{ 1234500000000, "1,234.5 s" },
		{ UINT64_MAX, "18,446,744,073.7 s" },
	};

	(void)state;
	check_unsigned(fmt_duration, cases, COUNT(cases));
}

static void short_forms_keep_three_digits_and_no_blank(void **state)
{
	static const struct unsigned_case durations[] = {
		{ 0, "0ns" },
		{ 999, "999ns" },
		{ 1000, "1.00us" },
		{ 9995, "10.0us" },
		{ 42600, "42.6us" },
		{ 999499, "999us" },
		{ 999500, "1.00ms" },
		{ 197400000, "197ms" },
		{ 7805000000, "7.81s" },
		{ 99950000000, "100s" },
		{ 86399000000000, "86,399s" },
	};
	static const struct unsigned_case bytes[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1.00k" },
		{ 10240000, "10.2M" },
		{ 999499, "999k" },
		{ 999500, "1.00M" },
		{ 1000000000000, "1T" },
	};

	(void)state;
	check_unsigned(fmt_duration_short, durations, COUNT(durations));
	check_unsigned(fmt_bytes_short, bytes, COUNT(bytes));
}

static void offsets_always_carry_their_sign(void **state)
{
	static const struct signed_case cases[] = {
		{ 0, "+0 ns" },
		{ 1, "+1 ns" },
		{ -1, "-1 ns" },
		{ 18500, "+18.5 us" },
		{ -200100000, "-200.1 ms" },
		{ INT64_MAX, "+9,223,372,036.9 s" },
		{ INT64_MIN, "-9,223,372,036.9 s" },
	};

	(void)state;
	check_signed(fmt_offset, cases, COUNT(cases));
}

static void seconds_have_nine_decimals_and_lose_nothing(void **state)
{
	static const struct signed_case cases[] = {
		{ 0, "0.000000000" },
		{ 1, "0.000000001" },
		{ -1, "-0.000000001" },
		{ 999999999, "0.999999999" },
		{ 1000000000, "1.000000000" },
		{ -200100123, "-0.200100123" },
		{ 12345678900000001, "12345678.900000001" },
		{ INT64_MIN, "-9223372036.854775808" },
	};

	(void)state;
	check_signed(fmt_seconds, cases, COUNT(cases));
}

static void bytes_use_decimal_powers(void **state)
{
	static const struct unsigned_case cases[] = {
		{ 0, "0 B" },
		{ 812, "812 B" },
		{ 999, "999 B" },
		{ 1000, "1.0 kB" },
		{ 129024, "129.0 kB" },
		{ 999949, "999.9 kB" },
		{ 999950, "1.00 MB" },
		{ 4224838, "4.22 MB" },
		{ 999994999, "999.99 MB" },
		{ 999995000, "1.00 GB" },
		{ 999995000000, "1.00 TB" },
		{ 1500000000000000, "1.50 PB" },
		{ UINT64_MAX, "18.45 EB" },
	};

	(void)state;
	check_unsigned(fmt_bytes, cases, COUNT(cases));
}

static void percents_are_never_falsely_nothing_or_all(void **state)
{
	static const struct {
		uint64_t part, whole;
		const char *expected;
	} cases[] = {
		{ 0, 100, "0 %" },
		{ 1, 1000, "<1 %" },
		{ 1, 100, "1 %" },
		{ 3187712, 10240000, "31 %" },
		{ 99, 100, "99 %" },
		{ 991, 1000, ">99 %" },
		{ UINT64_MAX - 1, UINT64_MAX, ">99 %" },
		{ UINT64_MAX, UINT64_MAX, "100 %" },
		{ 3, 2, "150 %" },
		{ 0, 0, "-" },
		{ 5, 0, "-" },
	};
	char text[FMT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(fmt_percent(text, sizeof(text), cases[i].part, cases[i].whole),
				    cases[i].expected);
}

static const uint8_t *address_of(const char *text)
{
	static uint8_t address[16];

	assert_int_equal(inet_pton(AF_INET6, text, address), 1);
	return address;
}

static void mapped_addresses_show_as_ipv4_unless_the_socket_is_ipv6(void **state)
{
	const uint8_t *address = address_of("::ffff:127.0.0.1");
	char text[FMT_SIZE];

	(void)state;
	assert_string_equal(fmt_address(text, sizeof(text), address, AF_INET, 0), "127.0.0.1");
	assert_string_equal(fmt_address(text, sizeof(text), address, AF_INET6, 0),
			    "::ffff:127.0.0.1");
	assert_string_equal(fmt_endpoint(text, sizeof(text), address, AF_INET, 0, 12345),
			    "127.0.0.1:12345");
	assert_string_equal(fmt_endpoint(text, sizeof(text), address, AF_INET6, 0, 0),
			    "[::ffff:127.0.0.1]:0");
}

static void link_local_addresses_show_their_scope(void **state)
{
	char text[FMT_SIZE];

	(void)state;
	assert_string_equal(fmt_address(text, sizeof(text), address_of("fe80::1"), AF_INET6, 3),
			    "fe80::1%3");
	assert_string_equal(fmt_endpoint(text, sizeof(text), address_of("::1"), AF_INET6, 0, 443),
			    "[::1]:443");
}

static void the_longest_endpoint_fits_into_fmt_size(void **state)
{
	const uint8_t *address = address_of("1111:2222:3333:4444:5555:6666:7777:8888");
	char text[FMT_SIZE];

	(void)state;
	assert_string_equal(fmt_endpoint(text, sizeof(text), address, AF_INET6, 4294967295u, 65535),
			    "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535");
}

static void results_are_cut_to_size_and_end_with_nul(void **state)
{
	char text[8] = "#######";

	(void)state;
	assert_string_equal(fmt_count(text, 4, 1234567), "1,2");
	assert_int_equal(text[4], '#');
	assert_string_equal(fmt_duration(text, 1, 5), "");
	assert_ptr_equal(fmt_bytes(text, 0, 5), text);
	assert_string_equal(text, "");
}

static void check_escape(const char *source, size_t length, const char *expected)
{
	char text[128];

	assert_string_equal(fmt_escape(text, sizeof(text), source, length), expected);
}

static void printable_text_passes_in_any_script(void **state)
{
	(void)state;
	check_escape("plain name", 10, "plain name");
	check_escape("\xe6\x9c\x8d\xe5\x8a\xa1", 6, "\xe6\x9c\x8d\xe5\x8a\xa1");
	check_escape("\xf0\x9f\x90\xa7", 4, "\xf0\x9f\x90\xa7");
	check_escape("", 0, "");
}

static void control_characters_become_visible(void **state)
{
	(void)state;
	check_escape("\033[31mred\n", 9, "\\x1b[31mred\\x0a");
	check_escape("\x7f", 1, "\\x7f");
	check_escape("\xc2\x9b", 2, "\\xc2\\x9b");
	check_escape("a\\b", 3, "a\\\\b");
}

static void text_that_reorders_its_line_becomes_visible(void **state)
{
	(void)state;
	check_escape("\xe2\x80\xae", 3, "\\xe2\\x80\\xae");
	check_escape("\xe2\x80\x8f", 3, "\\xe2\\x80\\x8f");
	check_escape("\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6");
	check_escape("\xd8\x9c", 2, "\\xd8\\x9c");
	check_escape("\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8");
}

static void invalid_utf8_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	check_escape("\xff", 1, "\\xff");
	check_escape("\x80x", 2, "\\x80x");
	check_escape("\xc0\xaf", 2, "\\xc0\\xaf");
	check_escape("\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf");
	check_escape("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
	check_escape("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80");
	check_escape("\xe6\x9c", 2, "\\xe6\\x9c");
	check_escape("\xe6\x9c\x8d", 2, "\\xe6\\x9c");
}

static void escaping_stops_at_nul_and_at_length(void **state)
{
	(void)state;
	check_escape("abc\0def", 7, "abc");
	check_escape("abcdef", 2, "ab");
}

static void a_cut_never_splits_an_escape_or_a_character(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(fmt_escape(text, 6, "ab\033", 3), "ab");
	assert_string_equal(fmt_escape(text, 7, "ab\033", 3), "ab\\x1b");
	assert_string_equal(fmt_escape(text, 4, "a\xe6\x9c\x8d", 4), "a");
	assert_string_equal(fmt_escape(text, 5, "a\xe6\x9c\x8d", 4), "a\xe6\x9c\x8d");
	assert_string_equal(fmt_escape(text, 2, "\\", 1), "");
	assert_string_equal(fmt_escape(text, 1, "abc", 3), "");
}

/* Runs say with standard error in a pipe; returns what one read(2) gets. */
static ssize_t heard(void (*say)(void), char *text, size_t size)
{
	int pipe_fds[2], saved = dup(STDERR_FILENO);
	ssize_t length;

	assert_int_equal(pipe2(pipe_fds, O_DIRECT | O_NONBLOCK), 0);
	dup2(pipe_fds[1], STDERR_FILENO);
	say();
	dup2(saved, STDERR_FILENO);
	length = read(pipe_fds[0], text, size - 1);
	text[length > 0 ? length : 0] = '\0';
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(saved);
	return length;
}

static void say_error(void)
{
	log_error("%s: can't be opened: %s", "a\nb", "No such file");
}

static void say_detail(void)
{
	log_detail("detail");
}

static void say_detail_verbosely(void)
{
	log_set_verbose(true);
	log_detail("detail");
	log_set_verbose(false);
}

static void a_log_message_is_one_escaped_line_in_one_write(void **state)
{
	char text[256];

	(void)state;
	heard(say_error, text, sizeof(text));
	assert_string_equal(text, "tcpwatch: a\\x0ab: can't be opened: No such file\n");
}

static void details_are_said_only_when_asked_for(void **state)
{
	char text[256];

	(void)state;
	assert_int_equal(heard(say_detail, text, sizeof(text)), -1);
	heard(say_detail_verbosely, text, sizeof(text));
	assert_string_equal(text, "tcpwatch: detail\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_have_a_comma_every_three_digits),
		cmocka_unit_test(durations_keep_four_digits_and_round_into_the_next_unit),
		cmocka_unit_test(short_forms_keep_three_digits_and_no_blank),
		cmocka_unit_test(offsets_always_carry_their_sign),
		cmocka_unit_test(seconds_have_nine_decimals_and_lose_nothing),
		cmocka_unit_test(bytes_use_decimal_powers),
		cmocka_unit_test(percents_are_never_falsely_nothing_or_all),
		cmocka_unit_test(mapped_addresses_show_as_ipv4_unless_the_socket_is_ipv6),
		cmocka_unit_test(link_local_addresses_show_their_scope),
		cmocka_unit_test(the_longest_endpoint_fits_into_fmt_size),
		cmocka_unit_test(results_are_cut_to_size_and_end_with_nul),
		cmocka_unit_test(printable_text_passes_in_any_script),
		cmocka_unit_test(control_characters_become_visible),
		cmocka_unit_test(text_that_reorders_its_line_becomes_visible),
		cmocka_unit_test(invalid_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(escaping_stops_at_nul_and_at_length),
		cmocka_unit_test(a_cut_never_splits_an_escape_or_a_character),
		cmocka_unit_test(a_log_message_is_one_escaped_line_in_one_write),
		cmocka_unit_test(details_are_said_only_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
