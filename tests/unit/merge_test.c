/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Spans of several processors become one sequence by time, complete and bounded by a time. */
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/cmocka_all.h"
#include "user/capture/merge.h"

#define GOT_MAX 20000
#define SPAN_MAX 80

static struct record_header got[GOT_MAX];
static unsigned int got_count;

static int take(void *context, const struct record_header *record)
{
	assert_ptr_equal(context, got);
	assert_in_range(got_count, 0, GOT_MAX - 1);
	got[got_count++] = *record;
	return 0;
}

static int refuse(void *context, const struct record_header *record)
{
	(void)context;
	return record->time_ns == 2 ? -ENOSPC : 0;
}

static int open_merge(void **state)
{
	got_count = 0;
	return merge_open((struct merge **)state);
}

static int shut_merge(void **state)
{
	merge_close(*state);
	return 0;
}

/* A span of records at first_ns, first_ns + step_ns, ...; each carries its processor. */
static void add_span(struct merge *merge, uint32_t processor, uint64_t first_ns, uint64_t step_ns,
		     unsigned int count)
{
	struct record_header span[SPAN_MAX];

	for (unsigned int i = 0; i < count; i++)
		span[i] = (struct record_header){
			.kind = RECORD_RESET,
			.size = sizeof(span[i]),
			.socket = processor,
			.time_ns = first_ns + i * step_ns,
		};
	assert_int_equal(merge_add(merge, span, count * sizeof(span[0])), 0);
}

static void assert_sorted(unsigned int count)
{
	assert_int_equal(got_count, count);
	for (unsigned int i = 1; i < count; i++)
		assert_true(got[i - 1].time_ns <= got[i].time_ns);
}

static void spans_of_two_processors_interleave(void **state)
{
	add_span(*state, 1, 100, 10, 50);
	add_span(*state, 2, 103, 10, 50);
	assert_int_equal(merge_until(*state, UINT64_MAX, take, got), 100);
	assert_sorted(100);
	assert_int_equal(merge_held(*state), 0);
}

static void what_is_younger_than_the_time_waits(void **state)
{
	add_span(*state, 1, 100, 10, 10);
	add_span(*state, 2, 1000, 10, 10);
	assert_int_equal(merge_until(*state, 150, take, got), 6);
	assert_int_equal(merge_held(*state), 14 * sizeof(struct record_header));
	add_span(*state, 2, 1100, 10, 10);
	assert_int_equal(merge_until(*state, UINT64_MAX, take, got), 24);
	assert_sorted(30);
}

/* As a processor that rarely records anything: its span is old when it comes. */
static void an_old_span_comes_before_younger_ones(void **state)
{
	for (uint64_t turn = 0; turn < 100; turn++)
		add_span(*state, 1, 1000 + turn * 800, 10, 80);
	add_span(*state, 2, 500, 100, 80);
	assert_int_equal(merge_until(*state, UINT64_MAX, take, got), 8080);
	assert_sorted(8080);
	assert_int_equal(got[0].socket, 2);
}

/* As runs of calls that end together: they come in no order, and behind younger records. */
static void late_records_find_their_place(void **state)
{
	struct record_header late = { .kind = RECORD_CALL_RUN, .size = sizeof(late), .socket = 9 };
	uint32_t seed = 7;

	add_span(*state, 1, 1000, 10, 80);
	for (int i = 0; i < 300; i++) {
		seed = seed * 1664525 + 1013904223;
		late.time_ns = 900 + (seed >> 20) % 1000;
		assert_int_equal(merge_add_late(*state, &late, sizeof(late)), 0);
		if (i == 150)
			assert_true(merge_until(*state, 899, take, got) == 0);
	}
	merge_until(*state, 1400, take, got);
	assert_in_range(got_count, 1, 379);
	merge_until(*state, UINT64_MAX, take, got);
	assert_sorted(380);
}

static void a_late_record_of_a_wrong_size_is_refused(void **state)
{
	struct record_header late[2] = { { .kind = RECORD_CALL_RUN, .size = sizeof(late) } };

	assert_int_equal(merge_add_late(*state, late, sizeof(late[0])), -EBADMSG);
	late[0].size = sizeof(late[0]);
	assert_int_equal(merge_add_late(*state, late, sizeof(late)), -EBADMSG);
	assert_int_equal(merge_held(*state), 0);
}

static void many_processors_lose_nothing(void **state)
{
	uint64_t at_ns[64] = { 0 };
	uint32_t seed = 1;
	unsigned int count = 0;

	for (int span = 0; span < 600; span++) {
		unsigned int processor, length;

		seed = seed * 1664525 + 1013904223;
		processor = seed >> 26;
		length = 1 + (seed >> 8) % 20;
		add_span(*state, processor, at_ns[processor], 7, length);
		at_ns[processor] += length * 7 + (seed >> 16) % 300;
		count += length;
		if (span % 100 == 50)
			merge_until(*state, 0, take, got);
	}
	merge_until(*state, UINT64_MAX, take, got);
	assert_sorted(count);
}

static void a_span_of_wrong_sizes_is_refused_whole(void **state)
{
	struct record_header span[2] = { { .kind = RECORD_RESET, .size = sizeof(span[0]) },
					 { .kind = RECORD_RESET, .size = sizeof(span[0]) + 8 } };

	assert_int_equal(merge_add(*state, span, sizeof(span)), -EBADMSG);
	span[1].size = 4;
	assert_int_equal(merge_add(*state, span, sizeof(span)), -EBADMSG);
	span[1].size = sizeof(span[0]);
	assert_int_equal(merge_add(*state, span, sizeof(span) - 8), -EBADMSG);
	assert_int_equal(merge_held(*state), 0);
}

static void an_error_of_the_taker_is_passed_on(void **state)
{
	add_span(*state, 1, 1, 1, 3);
	assert_int_equal(merge_until(*state, UINT64_MAX, refuse, NULL), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(spans_of_two_processors_interleave, open_merge,
						shut_merge),
		cmocka_unit_test_setup_teardown(what_is_younger_than_the_time_waits, open_merge,
						shut_merge),
		cmocka_unit_test_setup_teardown(an_old_span_comes_before_younger_ones, open_merge,
						shut_merge),
		cmocka_unit_test_setup_teardown(late_records_find_their_place, open_merge,
						shut_merge),
		cmocka_unit_test_setup_teardown(a_late_record_of_a_wrong_size_is_refused,
						open_merge, shut_merge),
		cmocka_unit_test_setup_teardown(many_processors_lose_nothing, open_merge,
						shut_merge),
		cmocka_unit_test_setup_teardown(a_span_of_wrong_sizes_is_refused_whole, open_merge,
						shut_merge),
		cmocka_unit_test_setup_teardown(an_error_of_the_taker_is_passed_on, open_merge,
						shut_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
