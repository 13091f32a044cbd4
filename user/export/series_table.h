/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Many series of integers as one table of packed columns. A row belongs to the
 * series of its key; a cell is stored as its difference from the cell of the
 * row before it in the same series, so neighbours may mix without cost. The
 * first column holds the keys, each as its difference from the row before.
 */
#ifndef TCPWATCH_EXPORT_SERIES_TABLE_H
#define TCPWATCH_EXPORT_SERIES_TABLE_H

#include "user/export/pack.h"

#define SERIES_TABLE_COLUMNS 12

struct series_table {
	const char *name;
	const char *const *columns; /* names, ends with NULL; at most SERIES_TABLE_COLUMNS */
	int count;
	struct pack keys;
	struct pack cells[SERIES_TABLE_COLUMNS];
	int64_t *last; /* count cells for each key */
	uint32_t room; /* keys that last has room for */
	uint32_t last_key;
	uint64_t rows;
	int err;
};

/* Zero-initialised before. 0 or -ENOMEM; close it in any case. */
int series_table_open(struct series_table *table, const char *name, const char *const *columns);

/* values: one for each column. A failure is remembered; series_table_write returns it. */
void series_table_add(struct series_table *table, uint32_t key, const int64_t *values);

/* A script element for each column, which a browser doesn't run. 0 or -ENOMEM. */
int series_table_write(struct series_table *table, FILE *stream);

void series_table_close(struct series_table *table);

#endif
