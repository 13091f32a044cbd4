/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that read the command line share. */
#ifndef TCPWATCH_OPTIONS_PARSE_H
#define TCPWATCH_OPTIONS_PARSE_H

#include "user/options.h"

struct choice {
	const char *word;
	int value;
};

/* The value of word; -1 after one line that lists the words. */
int options_choose(const struct choice *choices, const char *option, const char *word);

/* A number and its unit. The unit's factor comes from units; 0: malformed or too large. */
uint64_t options_with_unit(const char *text, const struct choice *units);

/* options_rotate.c: --rotate, --keep. 0, or -EINVAL after one line. */
int options_rotate(struct options *options, const char *text);
int options_keep(uint32_t *keep, const char *text);
int options_check_rotation(const struct options *options);

/* 0, or -EINVAL after one line on standard error. */
int options_check(const struct options *options);

#endif
