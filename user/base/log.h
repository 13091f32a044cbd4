/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tcpwatch says of itself on standard error: one line each, with the
 * program's name in front, escaped as by fmt_escape (so give names raw). Nothing
 * here exits or changes errno.
 */
#ifndef TCPWATCH_BASE_LOG_H
#define TCPWATCH_BASE_LOG_H

#include <stdbool.h>

/* What failed, why, and what to do about it. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The run goes on, but the user should know. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Only with -v. */
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

void log_set_verbose(bool verbose);

#endif
