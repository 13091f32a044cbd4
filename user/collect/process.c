/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What /proc says of a process, before anything is attached to it. */
#include "user/collect/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/log.h"

#define KERNEL_THREAD 0x00200000 /* include/linux/sched.h: PF_KTHREAD */

struct process_status {
	char state;
	unsigned int flags;
	int tgid;
};

static bool read_file(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* The name in stat may hold anything; what follows its last parenthesis is numbers. */
static bool read_status(pid_t pid, struct process_status *status)
{
	char text[4096];
	const char *at;

	if (!read_file(pid, "stat", text, sizeof(text)))
		return false;
	at = strrchr(text, ')');
	if (!at ||
	    sscanf(at + 1, " %c %*d %*d %*d %*d %*d %u", &status->state, &status->flags) != 2)
		return false;
	status->tgid = pid;
	if (!read_file(pid, "status", text, sizeof(text)))
		return false;
	at = strstr(text, "\nTgid:");
	return at && sscanf(at, " Tgid: %d", &status->tgid) == 1;
}

int process_check(pid_t pid)
{
	struct process_status status;

	if (!read_status(pid, &status)) {
		log_error("-p %d: there is no such process", (int)pid);
		return -ESRCH;
	}
	if (status.flags & KERNEL_THREAD)
		log_error("-p %d: it is a thread of the kernel, and makes no socket calls",
			  (int)pid);
	else if (status.tgid != pid)
		log_error("-p %d: it is a thread; give its process, -p %d", (int)pid, status.tgid);
	else if (status.state == 'Z' || status.state == 'X')
		log_error("-p %d: the process has ended already", (int)pid);
	else if (pid == getpid())
		log_error("-p %d: that is tcpwatch itself", (int)pid);
	else
		return 0;
	return -EINVAL;
}

void process_name(pid_t pid, char *name, size_t size)
{
	char text[64];

	if (!read_file(pid, "comm", text, sizeof(text)))
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	snprintf(name, size, "%s", text);
}
