/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A curve in bounded memory: it folds, and no peak is lost by that. */
#include "tests/unit/cmocka_all.h"
#include "user/model/series.h"

#define START_NS 7000000000ULL

static void an_empty_series_is_0(void **state)
{
	struct series series = { 0 };

	assert_int_equal(series_max(&series, 0, UINT64_MAX), 0);
	(void)state;
}

static void the_largest_value_of_a_span_is_kept(void **state)
{
	struct series series = { 0 };

	series_add(&series, START_NS, 5);
	series_add(&series, START_NS + 10, 900);
	series_add(&series, START_NS + 20, 7);
	assert_int_equal(series_max(&series, START_NS, START_NS + 1000), 900);
	assert_int_equal(series.peak, 900);
	assert_int_equal(series.last_value, 7);
	(void)state;
}

static void a_value_holds_until_the_next_one(void **state)
{
	struct series series = { 0 };

	series_add(&series, START_NS, 40);
	series_add(&series, START_NS + 100000, 3);
	assert_int_equal(series_max(&series, START_NS + 50000, START_NS + 51000), 40);
	assert_int_equal(series_max(&series, START_NS + 900000, START_NS + 910000), 3);
	assert_int_equal(series_max(&series, START_NS + 50000, START_NS + 900000), 40);
	(void)state;
}

static void nothing_is_known_before_the_first_value(void **state)
{
	struct series series = { 0 };

	series_add(&series, START_NS, 40);
	assert_int_equal(series_max(&series, 0, START_NS), 0);
	assert_int_equal(series_max(&series, 0, START_NS + 1), 40);
	assert_int_equal(series_max(&series, START_NS + 5, START_NS + 5), 0);
	(void)state;
}

static void peaks_survive_when_it_folds(void **state)
{
	struct series series = { 0 };
	uint64_t at_ns = START_NS;

	for (uint64_t i = 0; i < 200000; i++) {
		series_add(&series, at_ns, i % 50000 == 777 ? 1000000 + i : i % 90);
		at_ns += 1 + i % 7919;
	}
	assert_in_range(series.used, 1, SERIES_SPANS);
	assert_int_equal(series.peak, 1150777);
	assert_int_equal(series_max(&series, START_NS, at_ns), 1150777);
	(void)state;
}

/* Each peak is found in its own span and in no span but its neighbours. */
static void folding_moves_no_peak(void **state)
{
	struct series series = { 0 };
	uint64_t peak_ns = START_NS + 333333333;

	for (uint64_t ms = 0; ms < 5000; ms++) {
		series_add(&series, START_NS + ms * 1000000, 1);
		if (ms == 333) {
			series_add(&series, peak_ns, 99);
			series_add(&series, peak_ns + 1, 1);
		}
	}
	assert_int_equal(series_max(&series, peak_ns, peak_ns + 1), 99);
	assert_int_equal(series_max(&series, START_NS, peak_ns - 2 * series.span_ns), 1);
	assert_int_equal(series_max(&series, peak_ns + 2 * series.span_ns, START_NS + 5000000000),
			 1);
	(void)state;
}

static void a_time_that_goes_back_counts_as_the_last(void **state)
{
	struct series series = { 0 };

	series_add(&series, START_NS, 1);
	series_add(&series, START_NS + 5000, 2);
	series_add(&series, START_NS - 5000, 30);
	assert_int_equal(series.last_ns, START_NS + 5000);
	assert_int_equal(series_max(&series, START_NS, START_NS + 5000), 1);
	assert_int_equal(series_max(&series, START_NS + 5000, START_NS + 6000), 30);
	(void)state;
}

static void a_leap_to_the_end_of_time_is_survived(void **state)
{
	struct series series = { 0 };

	series_add(&series, 1, 4);
	series_add(&series, UINT64_MAX, 9);
	assert_in_range(series.used, 1, SERIES_SPANS);
	assert_int_equal(series_max(&series, 1, 2), 4);
	assert_int_equal(series_max(&series, 0, UINT64_MAX), 9);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_series_is_0),
		cmocka_unit_test(the_largest_value_of_a_span_is_kept),
		cmocka_unit_test(a_value_holds_until_the_next_one),
		cmocka_unit_test(nothing_is_known_before_the_first_value),
		cmocka_unit_test(peaks_survive_when_it_folds),
		cmocka_unit_test(folding_moves_no_peak),
		cmocka_unit_test(a_time_that_goes_back_counts_as_the_last),
		cmocka_unit_test(a_leap_to_the_end_of_time_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
