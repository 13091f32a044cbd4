/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two pipes hold the command: one that it waits on, so that its first system
 * call is seen and so that it ends when tcpwatch does; one that execvp closes,
 * or that brings the reason why it failed.
 */
#include "user/collect/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/collect/loop.h"
#include "user/collect/privilege.h"

#define EXIT_CANNOT_RUN 127

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the child. Anything but a byte means that tcpwatch has gone. */
static void wait_for_release(int fd)
{
	char byte;
	ssize_t count;

	do
		count = read(fd, &byte, 1);
	while (count < 0 && errno == EINTR);
	if (count != 1)
		_exit(EXIT_CANNOT_RUN);
}

/* In the child. */
static int take_streams(const int *streams)
{
	for (int fd = 0; streams && fd < 3; fd++)
		if (streams[fd] >= 0 && dup2(streams[fd], fd) < 0)
			return errno;
	return 0;
}

/* In the child. The inherited ends of the pipes are closed by exec. */
static void become_command(char *const argv[], const int *streams, int release_fd, int error_fd)
{
	int error;

	sigprocmask(SIG_SETMASK, loop_old_mask(), NULL);
	wait_for_release(release_fd);
	error = -privilege_become();
	if (!error)
		error = take_streams(streams);
	if (!error) {
		execvp(argv[0], argv);
		error = errno;
	}
	if (write(error_fd, &error, sizeof(error)) != sizeof(error))
		_exit(EXIT_CANNOT_RUN);
	_exit(EXIT_CANNOT_RUN);
}

/*
 * What tcpwatch opens for itself is closed by exec; what isn't was inherited for
 * the command, whose close() is the last one only when nobody else holds it.
 */
static void let_go_of_inherited(void)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		int fd = atoi(entry->d_name), flags;

		if (fd <= STDERR_FILENO)
			continue;
		flags = fcntl(fd, F_GETFD);
		if (flags >= 0 && !(flags & FD_CLOEXEC))
			close(fd);
	}
	if (directory)
		closedir(directory);
}

int command_hold(struct command *command, char *const argv[], const int *streams)
{
	int release[2] = { -1, -1 }, error[2] = { -1, -1 };
	int err = 0;

	command->pid = -1;
	if (pipe2(release, O_CLOEXEC) || pipe2(error, O_CLOEXEC)) {
		err = -errno;
		goto out;
	}
	command->pid = fork();
	if (command->pid < 0) {
		err = -errno;
		goto out;
	}
	if (!command->pid) {
		close(release[1]);
		close(error[0]);
		become_command(argv, streams, release[0], error[1]);
	}
	let_go_of_inherited();
	command->release_fd = release[1];
	command->exec_error_fd = error[0];
	release[1] = error[0] = -1;
out:
	close_fd(&release[0]);
	close_fd(&release[1]);
	close_fd(&error[0]);
	close_fd(&error[1]);
	return err;
}

static void wait_for_end(struct command *command)
{
	while (waitpid(command->pid, NULL, 0) < 0 && errno == EINTR)
		;
	command->pid = -1;
}

int command_release(struct command *command)
{
	ssize_t count;
	int error = 0;

	count = write(command->release_fd, "", 1);
	if (count != 1)
		return 0;
	close_fd(&command->release_fd);
	do
		count = read(command->exec_error_fd, &error, sizeof(error));
	while (count < 0 && errno == EINTR);
	close_fd(&command->exec_error_fd);
	if (count != sizeof(error))
		return 0;
	wait_for_end(command);
	return -error;
}

void command_close(struct command *command)
{
	bool held = command->pid > 0 && command->release_fd >= 0;

	close_fd(&command->release_fd);
	close_fd(&command->exec_error_fd);
	if (held)
		wait_for_end(command);
}
