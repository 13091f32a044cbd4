/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The CSV directory: one sheet for each table. Every file is there in the end,
 * if only with its header row; a failed write is reported by csv_end.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/export/columns.h"
#include "user/export/export.h"
#include "user/export/roster.h"
#include "user/export/sheet.h"
#include "user/export/thin.h"

struct csv {
	struct sheet sheets[TABLE_COUNT];
	struct roster roster;
	struct thin *thin; /* NULL: every row of bytes is written */
	bool failed;	   /* no memory */
};

int csv_remove(int directory_fd)
{
	int err = 0;

	for (int i = 0; i < TABLE_COUNT && !err; i++)
		err = sheet_remove(directory_fd, &tables[i]);
	return err;
}

bool csv_holds(int directory_fd, const struct stat *status)
{
	for (int i = 0; i < TABLE_COUNT; i++)
		if (sheet_is(directory_fd, &tables[i], status))
			return true;
	return false;
}

static void on_socket(void *context, const struct socket *socket)
{
	struct csv *csv = context;

	roster_see(&csv->roster, socket);
}

static void on_state(void *context, const struct state_change *change)
{
	struct csv *csv = context;

	sheet_row(&csv->sheets[TABLE_STATES], change);
	roster_see(&csv->roster, change->socket);
}

static void on_call(void *context, const struct call *call)
{
	struct csv *csv = context;

	sheet_row(&csv->sheets[TABLE_CALLS], call);
	roster_see(&csv->roster, call->socket);
	roster_see(&csv->roster, call->other);
}

static void write_bytes(void *context, const struct bytes *bytes)
{
	struct csv *csv = context;

	sheet_row(&csv->sheets[TABLE_BYTES], bytes);
}

static void on_bytes(void *context, const struct bytes *bytes)
{
	struct csv *csv = context;

	if (!csv->thin)
		write_bytes(csv, bytes);
	else if (thin_add(csv->thin, bytes))
		csv->failed = true;
}

static void on_segment(void *context, const struct segment *segment)
{
	struct csv *csv = context;

	sheet_row(&csv->sheets[TABLE_SEGMENTS], segment);
	roster_see(&csv->roster, segment->socket);
}

static void on_note(void *context, const struct note *note)
{
	struct csv *csv = context;

	sheet_row(&csv->sheets[TABLE_EVENTS], note);
	roster_see(&csv->roster, note->socket);
}

static void on_queues(void *context, const struct queues *queues)
{
	struct csv *csv = context;

	sheet_row(&csv->sheets[TABLE_QUEUES], queues);
	roster_see(&csv->roster, queues->socket);
}

static void on_lost(void *context, const struct loss *loss)
{
	struct csv *csv = context;

	sheet_row(&csv->sheets[TABLE_LOSSES], loss);
}

static void on_connection(void *context, const struct connection *connection)
{
	struct csv *csv = context;

	for (int end = 0; end < END_COUNT; end++)
		roster_see(&csv->roster, connection->ends[end]);
}

/* The row of a socket of which nothing more will be told. */
static void on_gone(void *context, const struct socket *socket)
{
	struct csv *csv = context;
	struct socket_row row;

	roster_see(&csv->roster, socket);
	if (roster_take(&csv->roster, socket->id, &row))
		sheet_row(&csv->sheets[TABLE_SOCKETS], &row);
}

static void write_sockets(struct csv *csv)
{
	const struct socket_row **rows = roster_sorted(&csv->roster);

	for (size_t i = 0; rows && rows[i]; i++)
		sheet_row(&csv->sheets[TABLE_SOCKETS], rows[i]);
	free(rows);
}

/* Closes all that is open and frees; 0, or the first error. */
static int close_all(struct csv *csv)
{
	int err = csv->failed || csv->roster.failed ? -ENOMEM : 0;

	for (int i = 0; i < TABLE_COUNT; i++) {
		int sheet_err = sheet_close(&csv->sheets[i]);

		err = err ? err : sheet_err;
	}
	thin_close(csv->thin);
	roster_free(&csv->roster);
	free(csv);
	return err;
}

static int csv_begin(void **context, const struct export_target *target,
		     const struct capture_info *info)
{
	struct csv *csv = calloc(1, sizeof(*csv));
	int err = 0;

	(void)info;
	*context = NULL;
	if (!csv)
		return -ENOMEM;
	for (int i = 0; i < TABLE_COUNT && !err; i++)
		err = sheet_open(&csv->sheets[i], target->directory_fd, &tables[i],
				 target->zero_ns);
	if (!err && target->every_ns)
		err = thin_open(&csv->thin, target->every_ns, write_bytes, csv);
	if (err)
		close_all(csv);
	else
		*context = csv;
	return err;
}

static int csv_end(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct csv *csv = context;

	(void)trace;
	(void)end;
	if (csv->thin)
		thin_flush(csv->thin);
	write_sockets(csv);
	return close_all(csv);
}

const struct export export_csv = {
	.name = "csv",
	.sink = {
		.socket = on_socket,
		.connection = on_connection,
		.state = on_state,
		.call = on_call,
		.bytes = on_bytes,
		.segment = on_segment,
		.note = on_note,
		.queues = on_queues,
		.lost = on_lost,
		.finished = on_connection,
		.folded = on_connection,
		.gone = on_gone,
	},
	.begin = csv_begin,
	.end = csv_end,
};
