/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a lesson's command line into exp->options; only exp.c needs this. */
#ifndef TCPWATCH_EXPERIMENTS_OPTIONS_H
#define TCPWATCH_EXPERIMENTS_OPTIONS_H

#include "experiments/exp.h"

#define OPTIONS_GO_ON (-1)

/*
 * Fills exp->options and prints each as option.NAME=VALUE, times in ns.
 * Returns OPTIONS_GO_ON, or the exit status where the program is to end here.
 */
int options_read(struct exp *exp, int argc, char **argv);

#endif
