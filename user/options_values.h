/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parsers of single values. Each returns 0, or -EINVAL after one line. */
#ifndef TCPWATCH_OPTIONS_VALUES_H
#define TCPWATCH_OPTIONS_VALUES_H

#include "user/options.h"

/* Numbers of processes with commas between them, added to those that options has. */
int option_pids(struct options *options, const char *text);

/* Seconds, with a fraction down to a nanosecond; more than 0. */
int option_seconds(uint64_t *ns, const char *option, const char *text);

#endif
