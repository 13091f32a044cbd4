/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A map finds what was put into it, however many keys there are and however alike. */
#include <stdlib.h>

#include "tests/unit/cmocka_all.h"
#include "user/model/map.h"

static void an_empty_map_knows_nothing(void **state)
{
	struct map map = { 0 };
	size_t at = 0;

	assert_null(map_get(&map, 0));
	assert_null(map_next(&map, &at));
	map_free(&map);
	(void)state;
}

static void a_key_finds_its_own_value(void **state)
{
	struct map map = { 0 };
	static char values[100000];

	for (size_t i = 0; i < sizeof(values); i++)
		assert_int_equal(map_put(&map, i, values + i), 0);
	for (size_t i = 0; i < sizeof(values); i++)
		assert_ptr_equal(map_get(&map, i), values + i);
	assert_null(map_get(&map, sizeof(values)));
	assert_int_equal(map.used, sizeof(values));
	map_free(&map);
	assert_null(map_get(&map, 1));
	(void)state;
}

static void putting_again_replaces(void **state)
{
	struct map map = { 0 };
	char first, second;

	assert_int_equal(map_put(&map, 7, &first), 0);
	assert_int_equal(map_put(&map, 7, &second), 0);
	assert_ptr_equal(map_get(&map, 7), &second);
	assert_int_equal(map.used, 1);
	map_free(&map);
	(void)state;
}

/* Differ in the high bits only. */
static void keys_that_are_alike_stay_apart(void **state)
{
	struct map map = { 0 };
	static char values[4096];

	for (uint64_t i = 0; i < sizeof(values); i++)
		assert_int_equal(map_put(&map, i << 48, values + i), 0);
	for (uint64_t i = 0; i < sizeof(values); i++)
		assert_ptr_equal(map_get(&map, i << 48), values + i);
	map_free(&map);
	(void)state;
}

static void stepping_through_meets_each_value_once(void **state)
{
	struct map map = { 0 };
	static char values[1000], met[1000];
	char *value;
	size_t at = 0, count = 0;

	for (size_t i = 0; i < sizeof(values); i++)
		assert_int_equal(map_put(&map, i * 977, values + i), 0);
	while ((value = map_next(&map, &at))) {
		assert_int_equal(met[value - values]++, 0);
		count++;
	}
	assert_int_equal(count, sizeof(values));
	map_free(&map);
	(void)state;
}

/* Many keys share a probe: what is removed must not hide what stands behind it. */
static void removing_leaves_every_other_key_where_it_is_found(void **state)
{
	struct map map = { 0 };
	static char values[3000];

	for (uint64_t i = 0; i < sizeof(values); i++)
		assert_int_equal(map_put(&map, i * 31, values + i), 0);
	for (uint64_t i = 0; i < sizeof(values); i += 3)
		assert_ptr_equal(map_remove(&map, i * 31), values + i);
	assert_int_equal(map.used, 2000);
	for (uint64_t i = 0; i < sizeof(values); i++)
		assert_ptr_equal(map_get(&map, i * 31), i % 3 ? values + i : NULL);
	assert_null(map_remove(&map, 0));
	map_free(&map);
	assert_null(map_remove(&map, 0));
	(void)state;
}

static void removing_while_stepping_misses_none(void **state)
{
	struct map map = { 0 };
	static char values[1000];
	size_t at = 0, met = 0;
	char *value;

	for (size_t i = 0; i < sizeof(values); i++)
		assert_int_equal(map_put(&map, i, values + i), 0);
	while ((value = map_next(&map, &at))) {
		assert_ptr_equal(map_remove(&map, (uint64_t)(value - values)), value);
		met++;
		at--;
	}
	assert_int_equal(met, sizeof(values));
	assert_int_equal(map.used, 0);
	map_free(&map);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_knows_nothing),
		cmocka_unit_test(a_key_finds_its_own_value),
		cmocka_unit_test(putting_again_replaces),
		cmocka_unit_test(keys_that_are_alike_stay_apart),
		cmocka_unit_test(stepping_through_meets_each_value_once),
		cmocka_unit_test(removing_leaves_every_other_key_where_it_is_found),
		cmocka_unit_test(removing_while_stepping_misses_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
