/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tcpwatch can't do any more once all is open, whatever a capture makes of
 * it: Landlock (landlock(7)), as far as the kernel has it. Open no file but where
 * it is let, execute none, and connect to or listen at no TCP port. The command
 * is outside.
 */
#ifndef TCPWATCH_FENCE_H
#define TCPWATCH_FENCE_H

struct fence {
	int fd;	 /* -1: this kernel has none; all that follows then does nothing */
	int abi; /* of the kernel; 0: none */
};

void fence_open(struct fence *fence);

/* Files may be made, written, read and removed below this directory. */
void fence_let_files(const struct fence *fence, int directory_fd);

/* What was made in the directory of path may be removed again. */
void fence_let_removal(const struct fence *fence, const char *path);

/* tmpfile(3). */
void fence_let_temporary(const struct fence *fence);

/* /dev/tty, for the full screen. */
void fence_let_terminal(const struct fence *fence);

/* Goes inside, for good; needs no_new_privs. 0 or negative errno. */
int fence_close(struct fence *fence);

#endif
