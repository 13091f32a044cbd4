/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records come out in the order of their times, none lost, whatever comes in. */
#include <stdbool.h>
#include <stdlib.h>

#include "tests/unit/cmocka_all.h"
#include "user/capture/order.h"

#define MS 1000000ULL
#define GOT_MAX 100000

static struct record_header got[GOT_MAX];
static unsigned int got_count;

static void take(void *context, const union record *record)
{
	assert_ptr_equal(context, got);
	assert_in_range(got_count, 0, GOT_MAX - 1);
	got[got_count++] = record->header;
}

static int open_order(void **state)
{
	got_count = 0;
	return order_open((struct order **)state, take, got);
}

static int shut_order(void **state)
{
	order_close(*state);
	return 0;
}

/* socket carries the sequence of arrival. */
static void add(struct order *order, uint64_t time_ns, uint32_t socket)
{
	union record record = { .reset.header = { .kind = RECORD_RESET,
						  .size = sizeof(struct record_reset),
						  .socket = socket,
						  .time_ns = time_ns } };

	assert_int_equal(order_add(order, &record), 0);
}

static void assert_sorted(unsigned int count)
{
	assert_int_equal(got_count, count);
	for (unsigned int i = 1; i < count; i++)
		assert_true(got[i - 1].time_ns <= got[i].time_ns);
}

static void a_record_waits_for_one_that_is_a_millisecond_younger(void **state)
{
	add(*state, 10 * MS, 1);
	add(*state, 11 * MS - 1, 2);
	assert_int_equal(got_count, 0);
	add(*state, 11 * MS, 3);
	assert_int_equal(got_count, 1);
	assert_int_equal(got[0].socket, 1);
	order_flush(*state);
	assert_sorted(3);
}

static void swapped_neighbours_are_put_right(void **state)
{
	uint32_t seed = 1;

	for (uint32_t i = 0; i < 50000; i++) {
		seed = seed * 1664525 + 1013904223;
		add(*state, 5 * MS + i * 1000ULL + (seed >> 16) % 900000, i);
	}
	order_flush(*state);
	assert_sorted(50000);
}

static void equal_times_stay_in_the_order_of_arrival(void **state)
{
	for (uint32_t i = 0; i < 100; i++)
		add(*state, MS, i);
	order_flush(*state);
	assert_sorted(100);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(got[i].socket, i);
}

static void a_record_that_is_too_late_is_handed_on_at_once(void **state)
{
	add(*state, 1 * MS, 1);
	add(*state, 5 * MS, 2);
	add(*state, 9 * MS, 3);
	assert_int_equal(got_count, 2);
	add(*state, 2 * MS, 4);
	assert_int_equal(got_count, 3);
	assert_int_equal(got[2].socket, 4);
	order_flush(*state);
	assert_int_equal(got_count, 4);
	assert_int_equal(got[3].socket, 3);
}

static void late_but_not_yet_passed_records_find_their_place(void **state)
{
	add(*state, 1 * MS, 1);
	add(*state, 5 * MS, 2);
	add(*state, 4 * MS + 1, 3);
	add(*state, 3 * MS, 4);
	order_flush(*state);
	assert_sorted(4);
	assert_int_equal(got[1].socket, 4);
}

static void a_flood_within_one_instant_stays_bounded_and_complete(void **state)
{
	for (uint32_t i = 0; i < 30000; i++)
		add(*state, MS, i);
	assert_in_range(got_count, 10000, 30000);
	order_flush(*state);
	assert_sorted(30000);
	for (uint32_t i = 0; i < 30000; i++)
		assert_int_equal(got[i].socket, i);
}

static void order_goes_on_after_a_flush(void **state)
{
	add(*state, 1 * MS, 1);
	order_flush(*state);
	add(*state, 3 * MS, 2);
	add(*state, 2 * MS, 3);
	order_flush(*state);
	order_flush(*state);
	assert_sorted(3);
}

static void what_a_flush_passed_does_not_wait_again(void **state)
{
	add(*state, 9 * MS, 1);
	order_flush(*state);
	add(*state, 9 * MS - 10, 2);
	assert_int_equal(got_count, 2);
	add(*state, 9 * MS, 3);
	assert_int_equal(got_count, 2);
}

static void closing_accepts_nothing_and_does_not_flush(void **state)
{
	struct order *order;

	(void)state;
	got_count = 0;
	order_close(NULL);
	assert_int_equal(order_open(&order, take, got), 0);
	add(order, MS, 1);
	order_close(order);
	assert_int_equal(got_count, 0);
}

#define ORDER_TEST(name) cmocka_unit_test_setup_teardown(name, open_order, shut_order)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ORDER_TEST(a_record_waits_for_one_that_is_a_millisecond_younger),
		ORDER_TEST(swapped_neighbours_are_put_right),
		ORDER_TEST(equal_times_stay_in_the_order_of_arrival),
		ORDER_TEST(a_record_that_is_too_late_is_handed_on_at_once),
		ORDER_TEST(late_but_not_yet_passed_records_find_their_place),
		ORDER_TEST(a_flood_within_one_instant_stays_bounded_and_complete),
		ORDER_TEST(order_goes_on_after_a_flush),
		ORDER_TEST(what_a_flush_passed_does_not_wait_again),
		cmocka_unit_test(closing_accepts_nothing_and_does_not_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
