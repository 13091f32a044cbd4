/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is asked of a real pseudo-terminal, of the environment, and of text. */
#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "user/base/term.h"

struct terminal {
	int outside, inside;
};

static int open_terminal(void **state)
{
	static struct terminal terminal;
	struct winsize size = { .ws_row = 50, .ws_col = 200 };

	*state = &terminal;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	return openpty(&terminal.outside, &terminal.inside, NULL, NULL, &size);
}

static int close_terminal(void **state)
{
	struct terminal *terminal = *state;

	close(terminal->outside);
	close(terminal->inside);
	return 0;
}

static void a_terminal_tells_its_size(void **state)
{
	struct terminal *terminal = *state;
	struct term term;

	term_look(&term, terminal->inside, COLOR_AUTO, false);
	assert_true(term.tty);
	assert_int_equal(term.columns, 200);
	assert_int_equal(term.rows, 50);
}

static void a_pipe_counts_as_80_by_24_without_colour(void **state)
{
	int pipe_fds[2];
	struct term term;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	term_look(&term, pipe_fds[1], COLOR_AUTO, false);
	assert_false(term.tty);
	assert_false(term.color);
	assert_int_equal(term.columns, 80);
	assert_int_equal(term.rows, 24);
	term_look(&term, pipe_fds[1], COLOR_ALWAYS, false);
	assert_true(term.color);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static bool colored(int fd, enum color_choice choice)
{
	struct term term;

	term_look(&term, fd, choice, false);
	return term.color;
}

static void colour_follows_the_choice_then_the_environment(void **state)
{
	struct terminal *terminal = *state;
	int fd = terminal->inside;

	assert_true(colored(fd, COLOR_AUTO));
	assert_false(colored(fd, COLOR_NEVER));
	setenv("NO_COLOR", "", 1);
	assert_true(colored(fd, COLOR_AUTO));
	setenv("NO_COLOR", "1", 1);
	assert_false(colored(fd, COLOR_AUTO));
	assert_true(colored(fd, COLOR_ALWAYS));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(colored(fd, COLOR_AUTO));
	unsetenv("TERM");
	assert_false(colored(fd, COLOR_AUTO));
}

static void styles_are_empty_without_colour(void **state)
{
	struct term plain = { .color = false }, color = { .color = true };

	(void)state;
	assert_string_equal(term_style(&plain, STYLE_RED), "");
	assert_string_equal(term_style(&color, STYLE_RED), "\033[31m");
	assert_string_equal(term_style(&color, STYLE_PLAIN), "\033[0m");
}

static void utf8_needs_the_locale_and_no_ascii_option(void **state)
{
	struct terminal *terminal = *state;
	struct term term;

	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	term_look(&term, terminal->inside, COLOR_AUTO, false);
	assert_true(term.utf8);
	term_look(&term, terminal->inside, COLOR_AUTO, true);
	assert_false(term.utf8);
	assert_non_null(setlocale(LC_CTYPE, "C"));
	term_look(&term, terminal->inside, COLOR_AUTO, false);
	assert_false(term.utf8);
}

/* Chinese characters take 2 columns each, block elements 1. */
static void width_is_the_same_in_every_locale(void **state)
{
	static const char *const locales[] = { "C.UTF-8", "C" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_non_null(setlocale(LC_CTYPE, locales[i]));
		assert_int_equal(term_width(""), 0);
		assert_int_equal(term_width("ESTAB"), 5);
		assert_int_equal(term_width("\xe6\x9c\x8d\xe5\x8a\xa1"), 4);
		assert_int_equal(term_width("\xe2\x96\x88\xe2\x96\x92"), 2);
		assert_int_equal(term_width("a\xffz"), 3);
	}
}

static void escape_sequences_take_no_columns(void **state)
{
	(void)state;
	assert_int_equal(term_width("\033[1;31mred\033[0m"), 3);
	assert_int_equal(term_width("\033[?2026hx"), 1);
	assert_int_equal(term_width("\033Mx"), 1);
	assert_int_equal(term_width("x\033["), 1);
	assert_int_equal(term_width("x\033[31"), 1);
	assert_int_equal(term_width("x\033"), 1);
}

#define TERMINAL_TEST(name) cmocka_unit_test_setup_teardown(name, open_terminal, close_terminal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TERMINAL_TEST(a_terminal_tells_its_size),
		TERMINAL_TEST(colour_follows_the_choice_then_the_environment),
		TERMINAL_TEST(utf8_needs_the_locale_and_no_ascii_option),
		cmocka_unit_test(a_pipe_counts_as_80_by_24_without_colour),
		cmocka_unit_test(styles_are_empty_without_colour),
		cmocka_unit_test(width_is_the_same_in_every_locale),
		cmocka_unit_test(escape_sequences_take_no_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
