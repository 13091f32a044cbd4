/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The traced command: forked, held at a pipe until the hooks are on, released,
 * and waited for. Its standard streams are tcpwatch's own, untouched, unless the
 * full screen needs the terminal.
 */
#ifndef TCPWATCH_COLLECT_COMMAND_H
#define TCPWATCH_COLLECT_COMMAND_H

#include <sys/types.h>

struct command {
	pid_t pid;
	int release_fd;	   /* write end: closing it without a byte ends the held child */
	int exec_error_fd; /* read end, CLOEXEC in the child: errno of a failed exec */
};

/* No command yet: command_close has nothing to do. */
#define COMMAND_NONE ((struct command){ -1, -1, -1 })

/*
 * Forks the child that will become argv[0]. Signals as at start-up. streams: what
 * its three standard streams become, -1 for those that stay; NULL: all stay.
 * 0 or negative errno.
 */
int command_hold(struct command *command, char *const argv[], const int *streams);

/*
 * Lets the held child run. SIGPIPE must be ignored: the child can have been
 * killed meanwhile, which is found by waiting for it. Returns 0 once exec succeeded, or the negative
 * errno of exec (the child has then ended and been waited for).
 */
int command_release(struct command *command);

/* Ends a child that is still held, and closes what is open. Safe on a released one. */
void command_close(struct command *command);

#endif
