/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command's output as lines: bounded, and without what steers a terminal. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "user/export/frame_pane.h"

static void writes(struct pane *pane, const char *text)
{
	pane_add(pane, text, strlen(text));
}

static void the_pane_understands_progress_bars_and_colours(void **state)
{
	struct pane *pane = calloc(1, sizeof(*pane));

	assert_non_null(pane);
	writes(pane, "10 %\r20 %\r\033[32m30 %\033[0m\nnext\r\n");
	assert_int_equal(pane_lines(pane), 2);
	assert_string_equal(pane_line(pane, 0), "30 %");
	assert_string_equal(pane_line(pane, 1), "next");
	for (int i = 0; i < 1000; i++)
		writes(pane, "line\n");
	writes(pane, "last");
	assert_int_equal(pane_lines(pane), PANE_LINES);
	assert_string_equal(pane_line(pane, PANE_LINES - 1), "last");
	assert_string_equal(pane_line(pane, 0), "line");
	free(pane);
	(void)state;
}

static void a_line_without_end_is_cut(void **state)
{
	struct pane *pane = calloc(1, sizeof(*pane));

	assert_non_null(pane);
	for (int i = 0; i < 100000; i++)
		writes(pane, "x");
	assert_int_equal(pane_lines(pane), 1);
	assert_int_equal(strlen(pane_line(pane, 0)), PANE_LINE_SIZE - 1);
	free(pane);
	(void)state;
}

static void a_sequence_may_come_in_pieces(void **state)
{
	static const char text[] = "a\033[1;31mb\033]0;title\033\\c\033(Bd\n";
	struct pane *pane = calloc(1, sizeof(*pane));

	assert_non_null(pane);
	for (const char *at = text; *at; at++)
		pane_add(pane, at, 1);
	assert_int_equal(pane_lines(pane), 1);
	assert_string_equal(pane_line(pane, 0), "abcd");
	writes(pane, "\033]never ended\nnext");
	assert_string_equal(pane_line(pane, 2), "next");
	free(pane);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pane_understands_progress_bars_and_colours),
		cmocka_unit_test(a_line_without_end_is_cut),
		cmocka_unit_test(a_sequence_may_come_in_pieces),
	};

	return cmocka_run_group_tests_name("pane", tests, NULL, NULL);
}
