/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rows of the page's curves: places of bytes, calls, segments, sleeps.
 * Times are relative to zero. page/js/tables.js reads them.
 */
#include "user/export/html_page.h"
#include "user/model/names.h"

#define CALL_UNFINISHED 32
#define CALL_OPEN 64
#define CALL_FOUND 128

static const char *const bytes_names[] = { "t",	   "handed",	 "sent", "received",
					   "read", "in_program", "wmem", "sndbuf",
					   "rmem", "rcvbuf",	 NULL };
static const char *const call_names[] = { "t",	    "inside", "call",  "asked",
					  "result", "other",  "calls", NULL };
static const char *const segment_names[] = { "t", "seq", "ack", "bytes", "window", "flags", NULL };
static const char *const sleep_names[] = { "t", "inside", "cause", NULL };

const char *const *const page_columns[PAGE_TABLES] = {
	[PAGE_BYTES] = bytes_names,
	[PAGE_CALLS] = call_names,
	[PAGE_SEGMENTS] = segment_names,
	[PAGE_SLEEPS] = sleep_names,
};

static int64_t since_zero(const struct page *page, uint64_t time_ns)
{
	return (int64_t)(time_ns - page->facts.zero_ns);
}

static bool has_curves(const struct connection *connection)
{
	return connection->id <= PAGE_CONNECTIONS;
}

static uint32_t flow_key(const struct connection *connection, enum end sender)
{
	return (connection->id - 1) * END_COUNT + sender;
}

static bool full(const struct series_table *table, uint64_t limit, uint64_t *left_out)
{
	if (table->rows < limit)
		return false;
	++*left_out;
	return true;
}

void page_add_bytes(struct page *page, const struct bytes *bytes)
{
	const int64_t values[] = {
		since_zero(page, bytes->time_ns),
		(int64_t)bytes->at.handed,
		(int64_t)bytes->at.sent,
		(int64_t)bytes->at.received,
		(int64_t)bytes->at.read,
		(int64_t)bytes->in_program,
		bytes->wmem_queued,
		bytes->sndbuf,
		bytes->rmem_alloc,
		bytes->rcvbuf,
	};
	struct series_table *table = &page->tables[PAGE_BYTES];

	if (has_curves(bytes->connection) && !full(table, PAGE_CURVE_ROWS, &page->left_out.bytes))
		series_table_add(table, flow_key(bytes->connection, bytes->sender), values);
}

void page_add_call(struct page *page, const struct call *call, uint32_t socket, uint32_t other)
{
	const int64_t values[] = {
		since_zero(page, call_drawn_ns(call)),
		call->return_ns ? (int64_t)call_inside_ns(call) : 0,
		(int64_t)call->kind | (call->finished ? 0 : CALL_UNFINISHED) |
			(call->return_ns ? 0 : CALL_OPEN) | (call->found ? CALL_FOUND : 0),
		(int64_t)call->asked_bytes,
		call->run.count ? (int64_t)call->moved_bytes : call->result,
		other,
		(int64_t)call_count(call),
	};
	struct series_table *table = &page->tables[PAGE_CALLS];

	if (!full(table, PAGE_CURVE_ROWS, &page->left_out.calls))
		series_table_add(table, socket, values);
}

/* Once: where it leaves, or where it arrives when its sender is not traced. */
void page_add_segment(struct page *page, const struct segment *segment)
{
	const struct connection *connection = segment->connection;
	const int64_t values[] = {
		since_zero(page, segment->time_ns),
		(int64_t)segment->seq,
		(int64_t)segment->ack,
		segment->length,
		segment->window,
		segment->flags | segment->again << 8,
	};
	struct series_table *table = &page->tables[PAGE_SEGMENTS];

	if (!connection || !has_curves(connection))
		return;
	if (segment->received && connection->ends[segment->sender])
		return;
	if (!full(table, PAGE_SEGMENT_ROWS, &page->left_out.segments))
		series_table_add(table, flow_key(connection, segment->sender), values);
}

void page_add_sleep(struct page *page, const struct sleep_part *part)
{
	const int64_t values[] = {
		since_zero(page, part->start_ns),
		(int64_t)(part->end_ns - part->start_ns),
		part->cause,
	};

	struct series_table *table = &page->tables[PAGE_SLEEPS];

	if (has_curves(part->connection) && !full(table, PAGE_CURVE_ROWS, &page->left_out.calls))
		series_table_add(table, flow_key(part->connection, part->sender), values);
}
