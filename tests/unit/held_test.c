/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines that are held back: written in the order of their times, and soon enough. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "user/export/held.h"

struct sheet {
	struct held held;
	char *text;
	size_t size;
};

static int open_sheet(void **state)
{
	struct sheet *sheet = calloc(1, sizeof(*sheet));

	assert_non_null(sheet);
	sheet->held.stream = open_memstream(&sheet->text, &sheet->size);
	assert_non_null(sheet->held.stream);
	*state = sheet;
	return 0;
}

static int close_sheet(void **state)
{
	struct sheet *sheet = *state;

	held_flush(&sheet->held);
	fclose(sheet->held.stream);
	free(sheet->text);
	free(sheet);
	return 0;
}

static void add(struct sheet *sheet, uint64_t time_ns, unsigned int tag, const char *text)
{
	held_add(&sheet->held, time_ns, tag, strdup(text));
}

static const char *written(struct sheet *sheet)
{
	fflush(sheet->held.stream);
	return sheet->text;
}

static void lines_come_out_in_the_order_of_their_times(void **state)
{
	struct sheet *sheet = *state;

	add(sheet, 30, 0, "c");
	add(sheet, 10, 0, "a");
	add(sheet, 30, 0, "d");
	add(sheet, 20, 0, "b");
	held_flush(&sheet->held);
	assert_string_equal(written(sheet), "abcd");
}

static void nothing_waits_longer_than_it_must(void **state)
{
	struct sheet *sheet = *state;

	add(sheet, 10, 0, "a");
	add(sheet, 11, 0, "b");
	held_until(&sheet->held, 9 + HELD_NS);
	assert_string_equal(written(sheet), "");
	held_until(&sheet->held, 10 + HELD_NS);
	assert_string_equal(written(sheet), "a");
}

static void what_is_too_late_is_the_next(void **state)
{
	struct sheet *sheet = *state;

	add(sheet, 10, 0, "a");
	held_until(&sheet->held, 10 + HELD_NS);
	assert_false(held_is_late(&sheet->held, 10));
	assert_true(held_is_late(&sheet->held, 9));
	add(sheet, 20, 0, "c");
	add(sheet, 5, 0, "b");
	held_flush(&sheet->held);
	assert_string_equal(written(sheet), "abc");
}

static void a_line_can_be_taken_back_until_it_is_written(void **state)
{
	struct sheet *sheet = *state;

	add(sheet, 10, 7, "a");
	add(sheet, 20, 8, "b");
	assert_true(held_take_back(&sheet->held, 7));
	assert_false(held_take_back(&sheet->held, 7));
	held_flush(&sheet->held);
	assert_false(held_take_back(&sheet->held, 8));
	assert_string_equal(written(sheet), "b");
}

static void what_is_held_is_bounded(void **state)
{
	struct sheet *sheet = *state;

	for (int i = 0; i < HELD_MAX + 3; i++)
		add(sheet, 10, 0, "x");
	assert_int_equal(sheet->held.count, HELD_MAX);
	assert_string_equal(written(sheet), "xxx");
}

#define SHEET_TEST(name) cmocka_unit_test_setup_teardown(name, open_sheet, close_sheet)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHEET_TEST(lines_come_out_in_the_order_of_their_times),
		SHEET_TEST(nothing_waits_longer_than_it_must),
		SHEET_TEST(what_is_too_late_is_the_next),
		SHEET_TEST(a_line_can_be_taken_back_until_it_is_written),
		SHEET_TEST(what_is_held_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
