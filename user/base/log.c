/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line on standard error, in one write, so that it stays whole beside the
 * traced program's own output. Refuses to exit and to touch errno.
 */
#include "user/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/fmt.h"

static bool log_verbose;

static void write_all(const char *line, size_t length)
{
	ssize_t written;

	while (length) {
		written = write(STDERR_FILENO, line, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		line += written;
		length -= (size_t)written;
	}
}

static void log_line(const char *prefix, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static void log_line(const char *prefix, const char *format, va_list arguments)
{
	char message[2048], line[4096];
	int saved = errno;
	size_t length;

	vsnprintf(message, sizeof(message), format, arguments);
	length = (size_t)snprintf(line, sizeof(line), "tcpwatch: %s", prefix);
	fmt_escape(line + length, sizeof(line) - length - 1, message, sizeof(message));
	length = strlen(line);
	line[length++] = '\n';
	write_all(line, length);
	errno = saved;
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line("", format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line("warning: ", format, arguments);
	va_end(arguments);
}

void log_detail(const char *format, ...)
{
	va_list arguments;

	if (!log_verbose)
		return;
	va_start(arguments, format);
	log_line("", format, arguments);
	va_end(arguments);
}

void log_set_verbose(bool verbose)
{
	log_verbose = verbose;
}
