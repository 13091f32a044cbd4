/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One CSV file (RFC 4180, UTF-8, LF): a table's header row and its rows,
 * formatted by hand into a large buffer. An existing file is never touched.
 */
#ifndef TCPWATCH_EXPORT_SHEET_H
#define TCPWATCH_EXPORT_SHEET_H

#include <stdbool.h>
#include <sys/stat.h>

#include "user/export/columns.h"

#define SHEET_COLUMNS_MAX 64

/* The number or the word last written in a column, as it was written. */
struct sheet_cell {
	uint64_t number;
	size_t length; /* 0: none yet */
	char text[24];
};

struct sheet {
	const struct table *table;
	uint64_t zero_ns;
	int fd;
	int err; /* the first failed write; nothing is written after it */
	size_t used;
	char *buffer;
	struct sheet_cell above[SHEET_COLUMNS_MAX];
};

/* Removes what an earlier run left of table in the directory. 0 or negative errno. */
int sheet_remove(int directory_fd, const struct table *table);

/* The file of table in the directory is this one. */
bool sheet_is(int directory_fd, const struct table *table, const struct stat *status);

/* Makes the file and writes the header row. sheet: zeroed. 0 or negative errno. */
int sheet_open(struct sheet *sheet, int directory_fd, const struct table *table, uint64_t zero_ns);

void sheet_row(struct sheet *sheet, const void *row);

/* Writes what waits and closes. 0, or the first error. Accepts a sheet that isn't open. */
int sheet_close(struct sheet *sheet);

#endif
