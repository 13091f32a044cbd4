/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The CSV export, from hand-made facts to the bytes of the files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "tests/unit/story.h"
#include "user/export/columns.h"

struct desk {
	struct story story;
	struct export_target target;
	struct trace *trace;
	void *csv;
	char path[64];
	char text[1 << 20]; /* of the file read last */
};

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	assert_non_null(desk);
	story_fill(&desk->story);
	strcpy(desk->path, "/tmp/tcpwatch-csv-XXXXXX");
	assert_non_null(mkdtemp(desk->path));
	desk->target.directory_fd = open(desk->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(desk->target.directory_fd >= 0);
	desk->target.zero_ns = STORY_ZERO_NS;
	assert_int_equal(trace_open(&desk->trace, &desk->story.info, NULL, NULL), 0);
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *desk = *state;
	DIR *directory = opendir(desk->path);
	struct dirent *entry;

	while ((entry = readdir(directory)))
		unlinkat(desk->target.directory_fd, entry->d_name, 0);
	closedir(directory);
	rmdir(desk->path);
	close(desk->target.directory_fd);
	trace_close(desk->trace);
	free(desk);
	return 0;
}

static void begin(struct desk *desk)
{
	assert_int_equal(export_csv.begin(&desk->csv, &desk->target, &desk->story.info), 0);
}

static void finish(struct desk *desk)
{
	assert_int_equal(export_csv.end(desk->csv, desk->trace, &desk->story.end), 0);
}

static const char *contents(struct desk *desk, const char *name)
{
	int fd = openat(desk->target.directory_fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	assert_true(fd >= 0);
	length = read(fd, desk->text, sizeof(desk->text) - 1);
	assert_true(length >= 0);
	desk->text[length] = '\0';
	close(fd);
	return desk->text;
}

/* The cell of a column in a row; row 0 is the header. Cells with commas aren't understood. */
static const char *cell(struct desk *desk, enum table_id id, int row, const char *column)
{
	static char text[256];
	char name[64];
	const char *at;
	int index = 0;

	while (strcmp(tables[id].columns[index].name, column))
		assert_true(++index < tables[id].count);
	snprintf(name, sizeof(name), "%s.csv", tables[id].name);
	for (at = contents(desk, name); row; row--, at++)
		assert_non_null(at = strchr(at, '\n'));
	for (; index; index--, at++)
		assert_non_null(at = strchr(at, ','));
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, ",\n"), at);
	return text;
}

static void every_file_exists_with_its_header_even_when_nothing_happened(void **state)
{
	struct desk *desk = *state;

	begin(desk);
	finish(desk);
	for (int t = 0; t < TABLE_COUNT; t++) {
		char name[64];
		const char *text;

		snprintf(name, sizeof(name), "%s.csv", tables[t].name);
		text = contents(desk, name);
		assert_int_equal(strncmp(text, "t_s,t_ns,", 9), 0);
		assert_int_equal(paper_count(text, "\n"), 1);
		assert_int_equal(text[strlen(text) - 1], '\n');
	}
}

static void losses_header_is_exact(void **state)
{
	struct desk *desk = *state;
	struct loss loss = {
		.first_ns = STORY_ZERO_NS - 1,
		.last_ns = STORY_ZERO_NS + 1500000000,
		.count = 1234,
		.what = RECORD_SEGMENT,
	};

	begin(desk);
	export_csv.sink.lost(desk->csv, &loss);
	finish(desk);
	assert_string_equal(contents(desk, "losses.csv"),
			    "t_s,t_ns,last_s,last_ns,kind,records\n"
			    "-0.000000001,-1,1.500000000,1500000000,SEGMENT,1234\n");
}

static void a_file_that_exists_is_not_touched(void **state)
{
	struct desk *desk = *state;
	int fd = openat(desk->target.directory_fd, "calls.csv", O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	assert_int_equal(export_csv.begin(&desk->csv, &desk->target, &desk->story.info), -EEXIST);
	assert_null(desk->csv);
	assert_string_equal(contents(desk, "calls.csv"), "mine");
}

static void a_symbolic_link_is_not_followed(void **state)
{
	struct desk *desk = *state;

	assert_int_equal(symlinkat("elsewhere.csv", desk->target.directory_fd, "states.csv"), 0);
	assert_int_equal(export_csv.begin(&desk->csv, &desk->target, &desk->story.info), -EEXIST);
	assert_int_equal(faccessat(desk->target.directory_fd, "elsewhere.csv", F_OK, 0), -1);
}

static void bytes_of_both_seen_ends_are_complete(void **state)
{
	struct desk *desk = *state;
	const struct bytes *bytes = &desk->story.connection.flow[END_CLIENT].at_return;

	begin(desk);
	export_csv.sink.bytes(desk->csv, bytes);
	finish(desk);
	assert_string_equal(strchr(contents(desk, "bytes.csv"), '\n') + 1,
			    "7.805000000,7805000000,1,client,10240000,3092507,0,95205,7052288,"
			    "3092507,0,,,,,,,\n");
}

static void what_an_unseen_end_would_tell_is_an_empty_cell(void **state)
{
	struct desk *desk = *state;
	struct bytes bytes = desk->story.connection.flow[END_CLIENT].at_return;

	bytes.at.receiver_seen = false;
	bytes.sndbuf = 4194304;
	begin(desk);
	export_csv.sink.bytes(desk->csv, &bytes);
	bytes.at.receiver_seen = true;
	bytes.at.sender_seen = false;
	export_csv.sink.bytes(desk->csv, &bytes);
	finish(desk);
	assert_string_equal(cell(desk, TABLE_BYTES, 1, "handed_over"), "10240000");
	assert_string_equal(cell(desk, TABLE_BYTES, 1, "peer_queue"), "");
	assert_string_equal(cell(desk, TABLE_BYTES, 1, "app_read"), "");
	assert_string_equal(cell(desk, TABLE_BYTES, 1, "wmem_queued"), "0");
	assert_string_equal(cell(desk, TABLE_BYTES, 1, "rcvbuf"), "");
	assert_string_equal(cell(desk, TABLE_BYTES, 2, "handed_over"), "");
	assert_string_equal(cell(desk, TABLE_BYTES, 2, "unsent"), "");
	assert_string_equal(cell(desk, TABLE_BYTES, 2, "app_read"), "7052288");
}

static void integers_of_every_length_are_exact(void **state)
{
	struct desk *desk = *state;
	struct bytes bytes = desk->story.connection.flow[END_CLIENT].at_return;
	uint64_t power = 1;
	char expected[32];
	int row = 0;

	begin(desk);
	for (int digits = 0; digits < 20; digits++, power *= 10)
		for (int64_t off = -1; off <= 1; off++) {
			bytes.at.handed = power + (uint64_t)off;
			export_csv.sink.bytes(desk->csv, &bytes);
		}
	finish(desk);
	power = 1;
	for (int digits = 0; digits < 20; digits++, power *= 10)
		for (int64_t off = -1; off <= 1; off++) {
			snprintf(expected, sizeof(expected), "%llu",
				 (unsigned long long)(power + (uint64_t)off));
			assert_string_equal(cell(desk, TABLE_BYTES, ++row, "handed_over"),
					    expected);
		}
}

static void times_before_zero_are_negative_and_exact(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} times[] = {
		{ 0, "0.000000000" },		{ -1, "-0.000000001" },
		{ -200100123, "-0.200100123" }, { -1000000000, "-1.000000000" },
		{ 987654321, "0.987654321" },	{ 123456789012345678, "123456789.012345678" },
	};
	struct desk *desk = *state;
	struct state_change change = { .socket = &desk->story.client, .new_state = TCP_CLOSE };
	char ns[32];

	begin(desk);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		change.time_ns = STORY_ZERO_NS + (uint64_t)times[i].ns;
		export_csv.sink.state(desk->csv, &change);
	}
	finish(desk);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(ns, sizeof(ns), "%lld", (long long)times[i].ns);
		assert_string_equal(cell(desk, TABLE_STATES, (int)i + 1, "t_s"), times[i].text);
		assert_string_equal(cell(desk, TABLE_STATES, (int)i + 1, "t_ns"), ns);
	}
}

static void give_name(struct call *call, const char *comm)
{
	memset(call, 0, sizeof(*call));
	call->kind = CALL_CLOSE;
	call->enter_ns = STORY_ZERO_NS;
	call->return_ns = STORY_ZERO_NS + 5;
	call->finished = true;
	strncpy(call->comm, comm, sizeof(call->comm) - 1);
}

static void hostile_names_stay_in_their_cell(void **state)
{
	static const struct {
		const char *comm, *cell;
	} names[] = {
		{ "plain", ",plain," },
		{ "=1+1", ",'=1+1," },
		{ "+cmd", ",'+cmd," },
		{ "-x", ",'-x," },
		{ "@sum", ",'@sum," },
		{ "a,b", ",\"a,b\"," },
		{ "say \"hi\"", ",\"say \"\"hi\"\"\"," },
		{ "=a,\"b", ",\"'=a,\"\"b\"," },
		{ "line\nfeed", ",line\\x0afeed," },
		{ "\tx", ",\\x09x," },
		{ "esc\033[2J", ",esc\\x1b[2J," },
		{ "\xff\xfe", ",\\xff\\xfe," },
	};
	struct desk *desk = *state;
	struct call call;
	const char *text;

	begin(desk);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		give_name(&call, names[i].comm);
		export_csv.sink.call(desk->csv, &call);
	}
	finish(desk);
	text = contents(desk, "calls.csv");
	assert_int_equal(paper_count(text, "\n"), 1 + sizeof(names) / sizeof(names[0]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		text = strchr(text, '\n') + 1;
		if (!strstr(text, names[i].cell))
			fail_msg("no cell %s in %s", names[i].cell, text);
		assert_true(strstr(text, names[i].cell) < strchr(text, '\n'));
	}
}

static void a_failed_call_has_its_errors_name(void **state)
{
	struct desk *desk = *state;
	struct call call;

	give_name(&call, "client");
	call.kind = CALL_CONNECT;
	call.result = -ECONNREFUSED;
	call.fd = 3;
	call.socket = &desk->story.client;
	begin(desk);
	export_csv.sink.call(desk->csv, &call);
	finish(desk);
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "result"), "-111");
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "error"), "ECONNREFUSED");
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "inside_ns"), "5");
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "asked_bytes"), "");
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "side"), "client");
}

static void a_call_that_never_returned_has_no_result(void **state)
{
	struct desk *desk = *state;
	struct call call;

	give_name(&call, "server");
	call.kind = CALL_READ;
	call.return_ns = 0;
	call.finished = false;
	begin(desk);
	export_csv.sink.call(desk->csv, &call);
	finish(desk);
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "t_ns"), "0");
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "return_ns"), "");
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "inside_ns"), "");
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "result"), "");
	assert_string_equal(cell(desk, TABLE_CALLS, 1, "finished"), "");
}

static void sockets_are_written_once_as_last_seen_in_the_order_of_ids(void **state)
{
	struct desk *desk = *state;
	struct state_change change = { .socket = &desk->story.client };

	begin(desk);
	desk->story.client.id = 4000000000u;
	desk->story.client.state = TCP_SYN_SENT;
	export_csv.sink.socket(desk->csv, &desk->story.client);
	export_csv.sink.socket(desk->csv, &desk->story.server);
	desk->story.client.state = change.new_state = TCP_TIME_WAIT;
	desk->story.client.error = ETIMEDOUT;
	export_csv.sink.state(desk->csv, &change);
	finish(desk);
	assert_int_equal(paper_count(contents(desk, "sockets.csv"), "\n"), 3);
	assert_string_equal(cell(desk, TABLE_SOCKETS, 1, "socket"), "3");
	assert_string_equal(cell(desk, TABLE_SOCKETS, 1, "origin"), "child");
	assert_string_equal(cell(desk, TABLE_SOCKETS, 2, "socket"), "4000000000");
	assert_string_equal(cell(desk, TABLE_SOCKETS, 2, "final_state"), "TIME_WAIT");
	assert_string_equal(cell(desk, TABLE_SOCKETS, 2, "error"), "ETIMEDOUT");
	assert_string_equal(cell(desk, TABLE_SOCKETS, 2, "local_address"), "127.0.0.1");
	assert_string_equal(cell(desk, TABLE_SOCKETS, 2, "cookie"), "");
}

static void many_sockets_are_all_kept(void **state)
{
	struct desk *desk = *state;

	begin(desk);
	for (uint32_t i = 1000; i > 0; i--) {
		desk->story.client.id = i * 7;
		export_csv.sink.socket(desk->csv, &desk->story.client);
	}
	finish(desk);
	assert_string_equal(cell(desk, TABLE_SOCKETS, 1, "socket"), "7");
	assert_string_equal(cell(desk, TABLE_SOCKETS, 500, "socket"), "3500");
}

static void thinning_keeps_first_last_and_the_extremes(void **state)
{
	static const uint32_t wmem[] = { 50, 60, 999, 70, 1, 65, 66 };
	struct desk *desk = *state;
	struct bytes bytes = desk->story.connection.flow[END_CLIENT].at_return;

	desk->target.every_ns = 1000000000;
	begin(desk);
	bytes.sndbuf = 4194304;
	for (int i = 0; i < 7; i++) {
		bytes.time_ns = STORY_ZERO_NS + (uint64_t)i;
		bytes.wmem_queued = wmem[i];
		export_csv.sink.bytes(desk->csv, &bytes);
	}
	bytes.time_ns = STORY_ZERO_NS + 1000000000;
	export_csv.sink.bytes(desk->csv, &bytes);
	finish(desk);
	assert_int_equal(paper_count(contents(desk, "bytes.csv"), "\n"), 1 + 4 + 1);
	assert_string_equal(cell(desk, TABLE_BYTES, 1, "wmem_queued"), "50");
	assert_string_equal(cell(desk, TABLE_BYTES, 2, "wmem_queued"), "999");
	assert_string_equal(cell(desk, TABLE_BYTES, 3, "wmem_queued"), "1");
	assert_string_equal(cell(desk, TABLE_BYTES, 4, "wmem_queued"), "66");
	assert_string_equal(cell(desk, TABLE_BYTES, 5, "t_ns"), "1000000000");
}

static void thinned_rows_of_all_directions_stay_in_order(void **state)
{
	struct desk *desk = *state;
	struct bytes bytes = desk->story.connection.flow[END_CLIENT].at_return;
	char expected[32];

	desk->target.every_ns = 1000000000;
	begin(desk);
	for (int i = 0; i < 4; i++) {
		bytes.time_ns = STORY_ZERO_NS + (uint64_t)i;
		bytes.sender = i % 2 ? END_SERVER : END_CLIENT;
		export_csv.sink.bytes(desk->csv, &bytes);
	}
	finish(desk);
	for (int i = 0; i < 4; i++) {
		snprintf(expected, sizeof(expected), "%d", i);
		assert_string_equal(cell(desk, TABLE_BYTES, i + 1, "t_ns"), expected);
	}
}

static void a_write_that_fails_is_reported_at_the_end(void **state)
{
	struct desk *desk = *state;
	struct rlimit old, small;
	int err;

	begin(desk);
	for (int i = 0; i < 1000; i++)
		export_csv.sink.bytes(desk->csv,
				      &desk->story.connection.flow[END_CLIENT].at_return);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ .rlim_cur = 1000, .rlim_max = old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	err = export_csv.end(desk->csv, desk->trace, &desk->story.end);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(err, -EFBIG);
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_TEST(every_file_exists_with_its_header_even_when_nothing_happened),
		DESK_TEST(losses_header_is_exact),
		DESK_TEST(a_file_that_exists_is_not_touched),
		DESK_TEST(a_symbolic_link_is_not_followed),
		DESK_TEST(bytes_of_both_seen_ends_are_complete),
		DESK_TEST(what_an_unseen_end_would_tell_is_an_empty_cell),
		DESK_TEST(integers_of_every_length_are_exact),
		DESK_TEST(times_before_zero_are_negative_and_exact),
		DESK_TEST(hostile_names_stay_in_their_cell),
		DESK_TEST(a_failed_call_has_its_errors_name),
		DESK_TEST(a_call_that_never_returned_has_no_result),
		DESK_TEST(sockets_are_written_once_as_last_seen_in_the_order_of_ids),
		DESK_TEST(many_sockets_are_all_kept),
		DESK_TEST(thinning_keeps_first_last_and_the_extremes),
		DESK_TEST(thinned_rows_of_all_directions_stay_in_order),
		DESK_TEST(a_write_that_fails_is_reported_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
