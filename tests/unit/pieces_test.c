/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of a split capture: their names, which go, and that no foreign file is touched. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "user/pieces.h"

static char directory[64];

static int enter_directory(void **state)
{
	snprintf(directory, sizeof(directory), "/tmp/tcpwatch-pieces-XXXXXX");
	(void)state;
	return mkdtemp(directory) && !chdir(directory) ? 0 : -1;
}

static int leave_directory(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	(void)state;
	return chdir("/") || system(command) ? -1 : 0;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool exists(const char *name)
{
	return !access(name, F_OK);
}

/* The pieces close it. */
static int here(void)
{
	return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void make(struct pieces *pieces, int count)
{
	while (count--) {
		int fd = pieces_next(pieces);

		assert_true(fd >= 0);
		close(fd);
	}
}

static void the_last_ones_are_kept(void **state)
{
	struct pieces *pieces;

	assert_int_equal(pieces_open(&pieces, here(), "run.tcpw", 3, false), 0);
	make(pieces, 5);
	assert_false(exists("run.0002.tcpw"));
	assert_true(exists("run.0003.tcpw") && exists("run.0004.tcpw") && exists("run.0005.tcpw"));
	assert_false(exists("run.tcpw"));
	assert_string_equal(pieces_path(pieces), "run.0005.tcpw");
	assert_int_equal(pieces_number(pieces), 5);
	pieces_close(pieces);
	(void)state;
}

static void a_path_without_the_suffix_gets_its_number_at_the_end(void **state)
{
	struct pieces *pieces;

	assert_int_equal(pieces_open(&pieces, here(), "./run", 1, false), 0);
	make(pieces, 1);
	assert_true(exists("run.0001"));
	pieces_close(pieces);
	(void)state;
}

static void a_series_that_exists_is_refused(void **state)
{
	struct pieces *pieces;

	write_file("run.0007.tcpw", "old");
	write_file("run.notes.tcpw", "foreign");
	assert_int_equal(pieces_open(&pieces, here(), "run.tcpw", 3, false), -EEXIST);
	assert_null(pieces);
	unlink("run.0007.tcpw");
	assert_int_equal(pieces_open(&pieces, here(), "run.tcpw", 3, false), 0);
	pieces_close(pieces);
	(void)state;
}

static void a_name_that_is_taken_meanwhile_is_passed_over(void **state)
{
	struct pieces *pieces;

	assert_int_equal(pieces_open(&pieces, here(), "run.tcpw", 2, false), 0);
	make(pieces, 1);
	write_file("run.0002.tcpw", "foreign");
	make(pieces, 3);
	assert_string_equal(pieces_path(pieces), "run.0005.tcpw");
	assert_true(exists("run.0002.tcpw"));
	pieces_close(pieces);
	(void)state;
}

static void what_was_put_in_a_file_s_place_is_not_removed(void **state)
{
	struct pieces *pieces;

	assert_int_equal(pieces_open(&pieces, here(), "run.tcpw", 1, false), 0);
	make(pieces, 1);
	write_file("other", "foreign");
	assert_int_equal(rename("other", "run.0001.tcpw"), 0);
	make(pieces, 1);
	assert_true(exists("run.0001.tcpw") && exists("run.0002.tcpw"));
	pieces_close(pieces);
	(void)state;
}

static void force_overwrites_what_it_reaches_and_no_link(void **state)
{
	struct pieces *pieces;

	write_file("run.0001.tcpw", "old");
	write_file("run.0003.tcpw", "old");
	write_file("kept", "kept");
	assert_int_equal(symlink("kept", "run.0002.tcpw"), 0);
	assert_int_equal(pieces_open(&pieces, here(), "run.tcpw", 5, true), 0);
	make(pieces, 2);
	assert_string_equal(pieces_path(pieces), "run.0003.tcpw");
	assert_true(exists("kept"));
	pieces_close(pieces);
	(void)state;
}

#define piece(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		piece(the_last_ones_are_kept),
		piece(a_path_without_the_suffix_gets_its_number_at_the_end),
		piece(a_series_that_exists_is_refused),
		piece(a_name_that_is_taken_meanwhile_is_passed_over),
		piece(what_was_put_in_a_file_s_place_is_not_removed),
		piece(force_overwrites_what_it_reaches_and_no_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
