/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON lines: an object about the capture, one for each event, and one for each
 * connection when nothing more is expected of it, or at the end. Names are those of the CSV columns; what isn't
 * known is null. Foreign text is data here, made valid but not escaped twice.
 */
#include "user/base/json.h"

#include <errno.h>
#include <stdlib.h>

#include "user/export/columns.h"
#include "user/export/export.h"
#include "user/export/json_parts.h"

struct json_export {
	struct json json;
	FILE *stream;
	uint64_t zero_ns;
};

static void put_value(struct json_export *export, const struct column *column, const void *row)
{
	struct json *json = &export->json;
	const char *name = column->name;
	struct value value;

	switch (column_value(column, row, &value)) {
	case VALUE_NONE:
		json_null(json, name);
		break;
	case VALUE_UINT:
		json_uint(json, name, value.number);
		break;
	case VALUE_INT:
		json_int(json, name, (int64_t)value.number);
		break;
	case VALUE_BOOL:
		json_bool(json, name, value.number);
		break;
	case VALUE_TIME:
		json_int(json, name, (int64_t)(value.number - export->zero_ns));
		break;
	case VALUE_WORD:
	case VALUE_FOREIGN:
		json_bytes(json, name, value.text, value.length);
		break;
	case VALUE_SECONDS:
		break;
	}
}

/* Seconds are left out: the same time stands beside them in nanoseconds, exact. */
static void put_row(struct json_export *export, enum table_id id, const void *row)
{
	const struct table *table = &tables[id];

	json_object(&export->json, NULL);
	json_string(&export->json, "type", table->type);
	for (int i = 0; i < table->count; i++)
		if (table->columns[i].kind != VALUE_SECONDS)
			put_value(export, &table->columns[i], row);
	json_object_end(&export->json);
	json_line_end(&export->json);
}

static void on_socket(void *context, const struct socket *socket)
{
	struct socket_row row = { 0 };

	socket_row_take(&row, socket);
	put_row(context, TABLE_SOCKETS, &row);
}

static void on_state(void *context, const struct state_change *change)
{
	put_row(context, TABLE_STATES, change);
}

static void on_call(void *context, const struct call *call)
{
	put_row(context, TABLE_CALLS, call);
}

static void on_bytes(void *context, const struct bytes *bytes)
{
	put_row(context, TABLE_BYTES, bytes);
}

static void on_segment(void *context, const struct segment *segment)
{
	put_row(context, TABLE_SEGMENTS, segment);
}

static void on_note(void *context, const struct note *note)
{
	put_row(context, TABLE_EVENTS, note);
}

static void on_queues(void *context, const struct queues *queues)
{
	put_row(context, TABLE_QUEUES, queues);
}

static void on_lost(void *context, const struct loss *loss)
{
	put_row(context, TABLE_LOSSES, loss);
}

static void on_process(void *context, const struct process *process)
{
	struct json_export *export = context;

	json_process(&export->json, process, export->zero_ns);
}

static void on_moment(void *context, const struct moment *moment)
{
	struct json_export *export = context;

	json_moment(&export->json, moment, export->zero_ns);
}

static void on_folded(void *context, const struct connection *connection)
{
	struct json_export *export = context;

	json_connection(&export->json, connection, export->zero_ns);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct json_export *export = calloc(1, sizeof(*export));

	*context = export;
	if (!export)
		return -ENOMEM;
	export->stream = target->stream;
	export->zero_ns = target->zero_ns;
	json_start(&export->json, target->stream);
	json_capture(&export->json, info, target->zero_ns);
	return 0;
}

static int end_export(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct json_export *export = context;
	unsigned int count = trace_connections(trace);
	int err = 0;

	for (unsigned int i = 0; i < count; i++)
		json_connection(&export->json, trace_connection(trace, i), export->zero_ns);
	json_end(&export->json, trace, end, export->zero_ns);
	errno = 0;
	if (fflush(export->stream) || ferror(export->stream))
		err = errno ? -errno : -EIO;
	free(export);
	return err;
}

const struct export export_json = {
	.name = "json",
	.sink = {
		.socket = on_socket,
		.process = on_process,
		.state = on_state,
		.call = on_call,
		.bytes = on_bytes,
		.segment = on_segment,
		.note = on_note,
		.queues = on_queues,
		.moment = on_moment,
		.lost = on_lost,
		.folded = on_folded,
	},
	.begin = begin,
	.end = end_export,
};
