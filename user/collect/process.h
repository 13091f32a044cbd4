/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A process that runs already: whether it can be attached to, and its name. */
#ifndef TCPWATCH_COLLECT_PROCESS_H
#define TCPWATCH_COLLECT_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

/* 0, or -ESRCH or -EINVAL after one line that says what is wrong with pid. */
int process_check(pid_t pid);

/* Its command name, as hostile as the process; "": it isn't there. */
void process_name(pid_t pid, char *name, size_t size);

#endif
