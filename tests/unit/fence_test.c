/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What can't be done any more behind the fence, and what can. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"
#include "user/fence.h"

static char directory[64], outside[64];

static int make_directories(void **state)
{
	snprintf(directory, sizeof(directory), "/tmp/tcpwatch-fence-XXXXXX");
	snprintf(outside, sizeof(outside), "/tmp/tcpwatch-fence-XXXXXX");
	(void)state;
	return mkdtemp(directory) && mkdtemp(outside) ? 0 : -1;
}

static int remove_directories(void **state)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s %s", directory, outside);
	(void)state;
	return system(command) ? -1 : 0;
}

static const char *in(const char *where, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", where, name);
	return path;
}

static int open_error(const char *path, int how)
{
	int fd = open(path, how | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int connect_error(void)
{
	struct sockaddr_in nowhere = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), error;

	nowhere.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	error = connect(fd, (struct sockaddr *)&nowhere, sizeof(nowhere)) ? errno : 0;
	close(fd);
	return error;
}

static int execute_error(void)
{
	char *const words[] = { "true", NULL };

	execv("/bin/true", words);
	return errno;
}

static void go_inside(struct fence *fence)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fence_open(fence);
	fence_let_files(fence, fd);
	fence_let_removal(fence, in(outside, "made"));
	close(fd);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || fence_close(fence))
		_exit(100);
}

/* The number of the first claim that doesn't hold; 0: all do. */
static int inside(void)
{
	int kept = open(in(outside, "kept"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct fence fence;

	if (open_error(in(outside, "made"), O_WRONLY | O_CREAT))
		return 1;
	go_inside(&fence);
	if (open_error("/etc/passwd", O_RDONLY) != EACCES)
		return 2;
	if (open_error(in(outside, "new"), O_WRONLY | O_CREAT) != EACCES)
		return 3;
	if (open_error(in(outside, "made"), O_WRONLY) != EACCES || unlink(in(outside, "made")))
		return 4;
	if (open_error(in(directory, "new"), O_RDWR | O_CREAT) || unlink(in(directory, "new")))
		return 5;
	if (write(kept, "x", 1) != 1 || ftruncate(kept, 0))
		return 6;
	if (fence.abi >= 4 && connect_error() != EACCES)
		return 7;
	return execute_error() == EACCES ? 0 : 8;
}

static void only_what_was_let_can_be_done(void **state)
{
	struct fence fence;
	int status;
	pid_t pid;

	(void)state;
	fence_open(&fence);
	if (fence.fd < 0) {
		print_message("this kernel has no Landlock\n");
		skip();
	}
	close(fence.fd);
	pid = fork();
	if (!pid)
		_exit(inside());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void without_it_nothing_happens(void **state)
{
	struct fence none = { .fd = -1 };

	(void)state;
	fence_let_files(&none, 0);
	fence_let_removal(&none, "x");
	fence_let_temporary(&none);
	fence_let_terminal(&none);
	assert_int_equal(fence_close(&none), 0);
	assert_int_equal(open_error("/dev/null", O_RDONLY), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_was_let_can_be_done, make_directories,
						remove_directories),
		cmocka_unit_test(without_it_nothing_happens),
	};

	return cmocka_run_group_tests_name("fence", tests, NULL, NULL);
}
