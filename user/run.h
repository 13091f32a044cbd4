/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two things that tcpwatch does. Each returns the exit status of the process. */
#ifndef TCPWATCH_RUN_H
#define TCPWATCH_RUN_H

#include "user/options.h"

/* Runs options->command, or attaches to what runs already, and traces it. */
int run_live(const struct options *options);

/* Reads the capture options->read. */
int run_replay(const struct options *options);

#endif
