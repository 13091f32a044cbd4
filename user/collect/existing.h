/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What was there before tracing began: a task, and the sockets that it has open. */
#ifndef TCPWATCH_COLLECT_EXISTING_H
#define TCPWATCH_COLLECT_EXISTING_H

#include <sys/types.h>

struct bpf_program;

/* Runs one of the two iterators of bpf/follow.bpf.h over the task tgid. 0 or negative errno. */
int existing_walk(struct bpf_program *iterator, pid_t tgid);

#endif
