/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A run is over when no data and no FIN of a closed socket is under way. */
#include "user/model/closing.h"

#include <netinet/tcp.h>

#include "tests/unit/cmocka_all.h"

static void changes(struct closing *closing, uint32_t socket, uint16_t from, uint16_t to)
{
	const struct record_state state = {
		.header = { .kind = RECORD_STATE, .size = sizeof(state), .socket = socket },
		.old_state = from,
		.new_state = to,
	};

	assert_int_equal(closing_take(closing, &state), 0);
}

static void an_open_connection_has_nothing_under_way(void **state)
{
	struct closing closing = { 0 };

	(void)state;
	assert_true(closing_none(&closing));
	changes(&closing, 1, TCP_SYN_SENT, TCP_ESTABLISHED);
	assert_true(closing_none(&closing));
	closing_free(&closing);
}

static void a_fin_is_under_way_until_it_is_acknowledged(void **state)
{
	struct closing closing = { 0 };

	(void)state;
	changes(&closing, 1, TCP_ESTABLISHED, TCP_FIN_WAIT1);
	changes(&closing, 2, TCP_CLOSE_WAIT, TCP_LAST_ACK);
	assert_false(closing_none(&closing));
	changes(&closing, 1, TCP_FIN_WAIT1, TCP_FIN_WAIT2);
	assert_false(closing_none(&closing));
	changes(&closing, 2, TCP_LAST_ACK, TCP_CLOSE);
	assert_true(closing_none(&closing));
	closing_free(&closing);
}

static void two_fins_that_cross_are_under_way_in_closing(void **state)
{
	struct closing closing = { 0 };

	(void)state;
	changes(&closing, 1, TCP_ESTABLISHED, TCP_FIN_WAIT1);
	changes(&closing, 1, TCP_FIN_WAIT1, TCP_CLOSING);
	assert_false(closing_none(&closing));
	changes(&closing, 1, TCP_CLOSING, TCP_TIME_WAIT);
	assert_true(closing_none(&closing));
	closing_free(&closing);
}

static void a_socket_that_is_found_closing_counts(void **state)
{
	struct closing closing = { 0 };

	(void)state;
	changes(&closing, 1, TCP_LAST_ACK, TCP_LAST_ACK);
	assert_false(closing_none(&closing));
	closing_free(&closing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_connection_has_nothing_under_way),
		cmocka_unit_test(a_fin_is_under_way_until_it_is_acknowledged),
		cmocka_unit_test(two_fins_that_cross_are_under_way_in_closing),
		cmocka_unit_test(a_socket_that_is_found_closing_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
