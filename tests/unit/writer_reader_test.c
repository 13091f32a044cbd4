/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The capture file, written and read back: round trips, when chunks are
 * written, full disks, killed writers, pipes. Damage has a file of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/capture_file.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIRST_DATA 2

static void what_the_capture_says_of_itself_comes_back(void **state)
{
	static struct capture_info info = {
		.version = "1.2.3",
		.kernel = "6.1.0",
		.machine = "x86_64",
		.host = "a=b",
		.boot_id = "8c2d",
		.congestion = "cubic",
		.command = "./prog 'a\nb' \\x0a \xff \xe6\x9c\x8d\t= end",
		.detail = "full",
		.ring_bytes = UINT64_MAX,
		.start_mono_ns = START_NS,
		.start_real_ns = 1700000000000000001ULL,
		.command_tgid = UINT32_MAX,
		.hooks = { { "inet_sock_set_state", "states", true, false, "" },
			   { "tcp_probe", "\tacknowledged\nbytes ", false, false, "" },
			   { "sys_enter", "calls", false, true, "" },
			   { "sock_send_length", "bytes", true, false, "fexit/tcp\tsendmsg" } },
		.hook_count = 4,
	};
	int fd = memfd_create("capture", 0), kept = dup(fd);
	struct writer *writer;
	struct reader *reader;

	(void)state;
	assert_int_equal(writer_open(&writer, fd, &info), 0);
	assert_int_equal(writer_close(writer, 0), 0);
	assert_int_equal(lseek(kept, 0, SEEK_SET), 0);
	assert_int_equal(reader_open(&reader, kept), 0);
	assert_memory_equal(reader_info(reader), &info, sizeof(info));
	reader_close(reader);
}

static void text_that_fills_its_field_comes_back_whole(void **state)
{
	static struct capture_info info = { .start_mono_ns = 1, .start_real_ns = 1 }, read_back;
	static char text[64 * 1024];
	int length;

	(void)state;
	memset(info.command, '\n', sizeof(info.command) - 1);
	memset(info.hooks[0].fact, '\\', sizeof(info.hooks[0].fact) - 1);
	info.hook_count = CAPTURE_HOOKS_MAX;
	length = info_write(text, sizeof(text), &info);
	assert_true(length > 0);
	assert_int_equal(info_parse(text, (size_t)length, &read_back), 0);
	assert_memory_equal(&read_back, &info, sizeof(info));
	assert_int_equal(info_write(text, 100, &info), -ENOMEM);
}

static void info_that_can_not_be_believed_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"start_mono_ns=1\nstart_real_ns=1",
		"start_mono_ns=1\n",
		"start_real_ns=1\n",
		"start_mono_ns=\nstart_real_ns=1\n",
		"start_mono_ns=-1\nstart_real_ns=1\n",
		"start_mono_ns=18446744073709551616\nstart_real_ns=1\n",
		"start_mono_ns=1\nstart_real_ns=1\nstart_real_ns=2\n",
		"start_mono_ns=1\nstart_real_ns=1\ncommand_tgid=4294967296\n",
		"start_mono_ns=1\nstart_real_ns=1\nhook=on\tname\n",
		"start_mono_ns=1\nstart_real_ns=1\nno sign\n",
	};
	static struct capture_info info;
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		strcpy(text, texts[i]);
		assert_int_equal(info_parse(text, strlen(texts[i]), &info), -EBADMSG);
	}
	strcpy(text, "start_mono_ns=1\nof_the_future=7\nstart_real_ns=18446744073709551615\n");
	assert_int_equal(info_parse(text, strlen(text), &info), 0);
	assert_true(info.start_real_ns == UINT64_MAX);
}

static void records_come_back_unchanged_and_in_order(void **state)
{
	int fd = memfd_create("capture", 0), kept = dup(fd);
	const union record *record;
	struct writer *writer;
	struct reader *reader;

	(void)state;
	assert_int_equal(writer_open(&writer, fd, test_info()), 0);
	for (uint32_t i = 0; i < 50000; i++) {
		struct record_reset reset = reset_at(START_NS + (i ^ 5));

		reset.header.socket = i;
		assert_int_equal(writer_add(writer, &reset.header), 0);
	}
	assert_int_equal(writer_close(writer, 0), 0);
	assert_int_equal(lseek(kept, 0, SEEK_SET), 0);
	assert_int_equal(reader_open(&reader, kept), 0);
	for (uint32_t i = 0; i < 50000; i++) {
		struct record_reset reset = reset_at(START_NS + (i ^ 5));

		reset.header.socket = i;
		assert_int_equal(reader_next(reader, &record), 1);
		assert_memory_equal(record, &reset, sizeof(reset));
	}
	assert_int_equal(reader_next(reader, &record), 0);
	assert_true(reader_end(reader)->complete);
	assert_int_equal(reader_end(reader)->records, 50000);
	assert_true(reader_end(reader)->last_ns == START_NS + 50000 - 1);
	reader_close(reader);
}

static void a_closed_capture_is_complete_and_knows_the_exit_status(void **state)
{
	struct bytes bytes = test_capture();
	struct outcome outcome = read_bytes(bytes.data, bytes.size);

	(void)state;
	assert_int_equal(outcome.records, TEST_CHUNKS * CHUNK_RECORDS);
	assert_true(outcome.end.complete);
	assert_int_equal(outcome.end.command_status, 256);
	assert_int_equal(outcome.end.cut_bytes, 0);
	free(bytes.data);
}

static off_t size_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_size;
}

static void a_chunk_is_written_when_it_is_full(void **state)
{
	int fd = memfd_create("capture", 0), kept = dup(fd);
	struct record_reset reset = reset_at(START_NS);
	size_t fitting = sizeof(((struct format_whole_chunk *)0)->payload) / sizeof(reset);
	struct writer *writer;
	off_t start;

	(void)state;
	assert_int_equal(writer_open(&writer, fd, test_info()), 0);
	start = size_of(kept);
	for (size_t i = 0; i < fitting; i++)
		assert_int_equal(writer_add(writer, &reset.header), 0);
	assert_int_equal(size_of(kept), start);
	assert_int_equal(writer_add(writer, &reset.header), 0);
	assert_int_equal(size_of(kept),
			 start + (off_t)(sizeof(struct format_chunk) + fitting * sizeof(reset)));
	assert_int_equal(writer_close(writer, 0), 0);
	close(kept);
}

static void what_waits_is_written_a_turn_before_250_ms(void **state)
{
	int fd = memfd_create("capture", 0), kept = dup(fd);
	struct record_reset reset = reset_at(START_NS);
	struct writer *writer;
	off_t start;

	(void)state;
	assert_int_equal(writer_open(&writer, fd, test_info()), 0);
	start = size_of(kept);
	assert_int_equal(writer_tick(writer, START_NS + 1000000000), 0);
	assert_int_equal(size_of(kept), start);
	assert_int_equal(writer_add(writer, &reset.header), 0);
	assert_int_equal(writer_tick(writer, START_NS + 150000000), 0);
	assert_int_equal(size_of(kept), start);
	assert_int_equal(writer_tick(writer, START_NS + 195000000), 0);
	assert_int_equal(size_of(kept), start + (off_t)sizeof(struct format_chunk) + 24);
	assert_int_equal(writer_close(writer, 0), 0);
	close(kept);
}

static void malformed_records_are_not_written(void **state)
{
	struct record_reset short_one = reset_at(START_NS), odd = short_one;
	struct record_reset early = reset_at(0), good = short_one;
	int fd = memfd_create("capture", 0), kept = dup(fd);
	struct writer *writer;
	struct outcome outcome;

	(void)state;
	short_one.header.size = 8;
	odd.header.size = 20;
	assert_int_equal(writer_open(&writer, fd, test_info()), 0);
	assert_int_equal(writer_add(writer, &short_one.header), -EINVAL);
	assert_int_equal(writer_add(writer, &odd.header), -EINVAL);
	assert_int_equal(writer_add(writer, &early.header), -EINVAL);
	assert_int_equal(writer_add(writer, &good.header), 0);
	assert_int_equal(writer_close(writer, 0), 0);
	assert_int_equal(lseek(kept, 0, SEEK_SET), 0);
	outcome = read_fd(kept);
	assert_int_equal(outcome.records, 1);
	assert_true(outcome.end.complete);
}

static void a_killed_writer_loses_the_open_chunk_only(void **state)
{
	struct record_reset reset = reset_at(START_NS);
	int fd = memfd_create("capture", 0), status;
	struct outcome outcome;
	struct writer *writer;
	pid_t child;

	(void)state;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		writer_open(&writer, fd, test_info());
		for (int i = 0; i < 7; i++)
			writer_add(writer, &reset.header);
		writer_tick(writer, START_NS + 1000000000);
		for (int i = 0; i < 5; i++)
			writer_add(writer, &reset.header);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	outcome = read_fd(fd);
	assert_int_equal(outcome.records, 7);
	assert_false(outcome.end.complete);
	assert_int_equal(outcome.end.cut_bytes, 0);
}

/* Fills writer until a write fails; returns that error and how many records went in before. */
static int add_until_error(struct writer *writer, unsigned int *added)
{
	int err = 0;

	for (*added = 0; *added < 1000000 && !err; (*added)++) {
		struct record_reset reset = reset_at(START_NS + *added);

		err = writer_add(writer, &reset.header);
	}
	return err;
}

static void a_file_that_may_not_grow_is_cut_back_to_its_last_whole_chunk(void **state)
{
	char path[] = "/tmp/tcpwatch-test-XXXXXX";
	int fd = mkstemp(path), kept = dup(fd);
	struct rlimit old, small = { .rlim_cur = 600 * 1024, .rlim_max = RLIM_INFINITY };
	struct record_reset reset = reset_at(START_NS);
	struct outcome outcome;
	struct writer *writer;
	struct capture_end written;
	unsigned int added;

	(void)state;
	unlink(path);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(writer_open(&writer, fd, test_info()), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(add_until_error(writer, &added), -EFBIG);
	assert_int_equal(writer_add(writer, &reset.header), 0);
	assert_int_equal(writer_tick(writer, UINT64_MAX), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(writer_end(writer, 0), 0);
	written = *writer_written(writer);
	assert_false(written.complete);
	assert_int_equal(writer_close(writer, 0), 0);
	assert_int_equal(lseek(kept, 0, SEEK_SET), 0);
	outcome = read_fd(kept);
	assert_int_equal(outcome.end.cut_bytes, 0);
	assert_false(outcome.end.complete);
	assert_in_range(outcome.records, 10922, added);
	assert_int_equal(outcome.records, written.records);
	assert_true(outcome.end.last_ns == written.last_ns && written.last_ns > START_NS);
}

static void a_full_disk_is_told_when_the_file_is_opened(void **state)
{
	struct writer *writer = (struct writer *)1;

	(void)state;
	assert_int_equal(writer_open(&writer, open("/dev/full", O_WRONLY), test_info()), -ENOSPC);
	assert_null(writer);
	assert_int_equal(writer_close(NULL, 0), 0);
}

static void a_file_with_foreign_bytes_is_never_cut(void **state)
{
	char path[] = "/tmp/tcpwatch-test-XXXXXX";
	int kept = mkstemp(path), fd;
	struct rlimit old, small;
	struct writer *writer;
	char byte;

	(void)state;
	assert_int_equal(write(kept, "diary", 5), 5);
	fd = open(path, O_WRONLY | O_APPEND);
	unlink(path);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ .rlim_cur = 40, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(writer_open(&writer, fd, test_info()), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(pread(kept, &byte, 1, 4), 1);
	assert_int_equal(byte, 'y');
	assert_true(size_of(kept) >= 5 + (off_t)sizeof(struct format_header));
	close(kept);
}

/* Copies bytes into a pipe in small pieces, from a child; returns the reading end. */
static int dribbling_pipe(const struct bytes *bytes, pid_t *child)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	*child = fork();
	assert_true(*child >= 0);
	if (!*child) {
		for (size_t at = 0; at < bytes->size; at += 7)
			if (write(fds[1], bytes->data + at,
				  bytes->size - at < 7 ? bytes->size - at : 7) < 0)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static void a_capture_is_read_from_a_pipe_that_dribbles(void **state)
{
	struct bytes bytes = test_capture();
	struct outcome outcome;
	pid_t child;
	int status;

	(void)state;
	outcome = read_fd(dribbling_pipe(&bytes, &child));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(outcome.records, TEST_CHUNKS * CHUNK_RECORDS);
	assert_true(outcome.end.complete);
	free(bytes.data);
}

static void what_is_cut_from_a_pipe_is_counted_too(void **state)
{
	struct bytes bytes = test_capture();
	size_t damaged = chunk_at(&bytes, FIRST_DATA + 1);
	struct outcome outcome;
	pid_t child;
	int status;

	(void)state;
	bytes.data[damaged + 40] ^= 1;
	outcome = read_fd(dribbling_pipe(&bytes, &child));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(outcome.records, CHUNK_RECORDS);
	assert_int_equal(outcome.end.cut_bytes, bytes.size - damaged);
	free(bytes.data);
}

static void a_capture_is_written_into_a_pipe_that_is_slow_to_take_it(void **state)
{
	struct record_reset reset = reset_at(START_NS);
	struct outcome outcome;
	struct writer *writer;
	int fds[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(fds[0]);
		status = writer_open(&writer, fds[1], test_info());
		for (int i = 0; i < 30000 && !status; i++)
			status = writer_add(writer, &reset.header);
		_exit(status || writer_close(writer, 0));
	}
	close(fds[1]);
	outcome = read_fd(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(outcome.records, 30000);
	assert_true(outcome.end.complete);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_capture_says_of_itself_comes_back),
		cmocka_unit_test(text_that_fills_its_field_comes_back_whole),
		cmocka_unit_test(info_that_can_not_be_believed_is_refused),
		cmocka_unit_test(records_come_back_unchanged_and_in_order),
		cmocka_unit_test(a_closed_capture_is_complete_and_knows_the_exit_status),
		cmocka_unit_test(a_chunk_is_written_when_it_is_full),
		cmocka_unit_test(what_waits_is_written_a_turn_before_250_ms),
		cmocka_unit_test(malformed_records_are_not_written),
		cmocka_unit_test(a_killed_writer_loses_the_open_chunk_only),
		cmocka_unit_test(a_file_that_may_not_grow_is_cut_back_to_its_last_whole_chunk),
		cmocka_unit_test(a_full_disk_is_told_when_the_file_is_opened),
		cmocka_unit_test(a_file_with_foreign_bytes_is_never_cut),
		cmocka_unit_test(a_capture_is_read_from_a_pipe_that_dribbles),
		cmocka_unit_test(what_is_cut_from_a_pipe_is_counted_too),
		cmocka_unit_test(a_capture_is_written_into_a_pipe_that_is_slow_to_take_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
