/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of a connection's ladder as the model keeps them; page/js/ladder.js draws them. */
#include "user/export/html_page.h"
#include "user/model/names.h"

static const char *const row_names[] = {
	[ROW_CALL_ENTER] = "enter", [ROW_CALL] = "call", [ROW_STATE] = "state",
	[ROW_SEGMENT] = "segment",  [ROW_DATA] = "data", [ROW_LOST] = "lost",
};

static void put_call(struct json *json, const struct row *row)
{
	json_string(json, "call", name_call(row->call));
	json_uint(json, "asked", row->asked_bytes);
	if (row->kind == ROW_CALL_ENTER)
		return;
	json_int(json, "result", row->result);
	json_uint(json, "inside", row->inside_ns);
	if (row->found)
		json_bool(json, "found", true);
	if (row->result < 0)
		json_string(json, "error", name_errno((int)-row->result));
}

static void put_segment(struct json *json, const struct row *row, uint64_t zero_ns)
{
	char name[64];

	name_segment_told(row->flags, row->length, name, sizeof(name));
	json_string(json, "name", name);
	json_uint(json, "flags", row->flags);
	json_uint(json, "seq", row->seq);
	json_uint(json, "raw_seq", row->raw_seq);
	if (row->flags & SEGMENT_ACK) {
		json_uint(json, "ack", row->ack);
		json_uint(json, "raw_ack", row->raw_ack);
	}
	json_uint(json, "length", row->length);
	json_uint(json, "window", row->window);
	if (row->mss)
		json_uint(json, "mss", row->mss);
	if (row->flags & SEGMENT_SYN && row->wscale != SEGMENT_NO_WSCALE)
		json_uint(json, "wscale", row->wscale);
	json_bool(json, "again", row->again);
	json_bool(json, "left", row->left);
	json_bool(json, "peer", row->peer_seen);
	if (row->arrived)
		json_int(json, "arrived", (int64_t)(row->arrived_ns - zero_ns));
}

static void put_row(struct json *json, const struct row *row, uint64_t zero_ns)
{
	json_object(json, NULL);
	json_string(json, "kind", row_names[row->kind]);
	json_uint(json, "end", row->end);
	json_int(json, "t", (int64_t)(row->time_ns - zero_ns));
	if (row->kind == ROW_CALL || row->kind == ROW_CALL_ENTER) {
		put_call(json, row);
	} else if (row->kind == ROW_STATE) {
		json_string(json, "state", name_state(row->state));
	} else if (row->kind == ROW_SEGMENT) {
		put_segment(json, row, zero_ns);
	} else if (row->kind == ROW_DATA) {
		json_uint(json, "segments", row->segments);
		json_uint(json, "bytes", row->data_bytes);
		json_int(json, "until", (int64_t)(row->until_ns - zero_ns));
	} else {
		json_uint(json, "lost", row->lost);
	}
	if (row->kind != ROW_DATA && row->until_ns)
		json_int(json, "until", (int64_t)(row->until_ns - zero_ns));
	if (row->calls)
		json_uint(json, "calls", row->calls);
	json_object_end(json);
}

void facts_ladder(struct json *json, const struct connection *connection, uint64_t zero_ns)
{
	const struct ladder *ladder = &connection->detail->ladder;

	json_uint(json, "dropped", ladder->dropped);
	json_int(json, "dropped_at", ladder->dropped_at);
	json_array(json, "ladder");
	for (int i = 0; i < ladder->used; i++)
		put_row(json, &ladder->rows[i], zero_ns);
	json_array_end(json);
}
