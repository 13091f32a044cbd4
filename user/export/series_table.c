/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps the last row of each series, and hands the differences to the packs. */
#include "user/export/series_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int series_table_open(struct series_table *table, const char *name, const char *const *columns)
{
	table->name = name;
	table->columns = columns;
	table->err = pack_open(&table->keys);
	while (columns[table->count] && !table->err)
		table->err = pack_open(&table->cells[table->count++]);
	return table->err;
}

static int make_room(struct series_table *table, uint32_t key)
{
	uint32_t room = table->room ? table->room : 16;
	size_t row_size = (size_t)table->count * sizeof(*table->last);
	int64_t *last;

	while (room <= key)
		room *= 2;
	last = realloc(table->last, room * row_size);
	if (!last)
		return -ENOMEM;
	memset((char *)last + table->room * row_size, 0, (room - table->room) * row_size);
	table->last = last;
	table->room = room;
	return 0;
}

void series_table_add(struct series_table *table, uint32_t key, const int64_t *values)
{
	int64_t *last;

	if (key >= table->room && !table->err)
		table->err = make_room(table, key);
	if (table->err)
		return;
	last = table->last + (size_t)key * (size_t)table->count;
	pack_int(&table->keys, (int64_t)key - (int64_t)table->last_key);
	table->last_key = key;
	table->rows++;
	for (int i = 0; i < table->count; i++) {
		/* Modulo 2^64: a forged capture may hold any two times. */
		pack_int(&table->cells[i], (int64_t)((uint64_t)values[i] - (uint64_t)last[i]));
		last[i] = values[i];
	}
}

static int write_column(struct series_table *table, const char *column, struct pack *pack,
			FILE *stream)
{
	int err;

	fprintf(stream,
		"<script type=\"text/plain\" data-table=\"%s\" data-column=\"%s\" "
		"data-rows=\"%" PRIu64 "\">",
		table->name, column, table->rows);
	err = pack_write(pack, stream);
	fputs("</script>\n", stream);
	return err;
}

int series_table_write(struct series_table *table, FILE *stream)
{
	int err = table->err;

	if (!err)
		err = write_column(table, "key", &table->keys, stream);
	for (int i = 0; i < table->count && !err; i++)
		err = write_column(table, table->columns[i], &table->cells[i], stream);
	return err;
}

void series_table_close(struct series_table *table)
{
	pack_close(&table->keys);
	for (int i = 0; i < table->count; i++)
		pack_close(&table->cells[i]);
	free(table->last);
}
