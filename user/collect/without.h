/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * TCPWATCH_WITHOUT=HOOK[,HOOK]: as if the kernel lacked these, and nothing stood
 * for them. For tests: so each kernel shows what is told where a hook is missing.
 */
#ifndef TCPWATCH_COLLECT_WITHOUT_H
#define TCPWATCH_COLLECT_WITHOUT_H

#include <stdbool.h>

bool without_hook(const char *name);

/* 0, or -EINVAL after one line when a name is none of those that is_hook knows. */
int without_check(bool (*is_hook)(const char *name));

#endif
