/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was there before tracing began: tasks, their sockets, and sockets that nobody holds. */
#ifndef TCPWATCH_COLLECT_EXISTING_H
#define TCPWATCH_COLLECT_EXISTING_H

#include <sys/types.h>

struct bpf_program;

/*
 * Runs an iterator of bpf/follow.bpf.h or bpf/existing.bpf.h: over the task tgid,
 * or with 0 over all that there is. 0 or negative errno.
 */
int existing_walk(struct bpf_program *iterator, pid_t tgid);

#endif
