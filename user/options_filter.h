/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The options that choose sockets: --port, --addr, --family, --proto, --comm, --peers. */
#ifndef TCPWATCH_OPTIONS_FILTER_H
#define TCPWATCH_OPTIONS_FILTER_H

#include <argp.h>

#include "user/base/filter.h"

/* A child of the whole command line's parser; its input is a struct filter of zeros. */
extern const struct argp filter_argp;

/* What a parser returns behind its own line on standard error. */
#define FILTER_COMPLAINED ECANCELED

/* 0, or -EINVAL after one line: values that leave no socket at all. */
int filter_check(const struct filter *filter);

#endif
