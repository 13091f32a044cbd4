/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The page: its first part, the data, its last part. Facts and columns grow
 * packed while the trace goes by, and are written at the end. Foreign text
 * never stands in the page unpacked, so none of it can be taken for markup.
 */
#include "user/export/html.h"

#include <errno.h>
#include <stdlib.h>

#include "user/export/html_page.h"
#include "user/export/json_parts.h"

/* NULL: no socket, or one too many. */
static struct page_socket *see(struct page *page, const struct socket *socket)
{
	struct page_socket *known;

	if (!socket)
		return NULL;
	known = map_get(&page->sockets, socket->id);
	if (known && socket->gone_before)
		return known;
	if (!known && page->socket_count == PAGE_SOCKETS) {
		if (map_put(&page->sockets_left_out, socket->id, page))
			page->err = -ENOMEM;
		return NULL;
	}
	if (!known) {
		known = calloc(1, sizeof(*known));
		if (!known || map_put(&page->sockets, socket->id, known)) {
			free(known);
			page->err = -ENOMEM;
			return NULL;
		}
		known->index = ++page->socket_count;
	}
	socket_row_take(&known->row, socket);
	return known;
}

static void on_socket(void *context, const struct socket *socket)
{
	see(context, socket);
}

static void on_process(void *context, const struct process *process)
{
	struct page *page = context;

	if (page->process_count++ < PAGE_PROCESSES)
		json_process(&page->facts.json, process, page->facts.zero_ns);
	else
		page->left_out.processes++;
}

static void on_state(void *context, const struct state_change *change)
{
	struct page *page = context;

	if (see(page, change->socket))
		facts_state(&page->facts, change);
}

static void on_call(void *context, const struct call *call)
{
	struct page *page = context;
	const struct page_socket *socket = see(page, call->socket);
	const struct page_socket *other = see(page, call->other);

	if (call->socket && !socket)
		page->left_out.calls++;
	else
		page_add_call(page, call, socket ? socket->index : 0, other ? other->index : 0);
}

static void keep_bytes(void *context, const struct bytes *bytes)
{
	page_add_bytes(context, bytes);
}

static void on_bytes(void *context, const struct bytes *bytes)
{
	struct page *page = context;

	if (!page->thin)
		keep_bytes(page, bytes);
	else if (thin_add(page->thin, bytes))
		page->err = -ENOMEM;
}

static void on_sleep(void *context, const struct sleep_part *part)
{
	page_add_sleep(context, part);
}

static void on_segment(void *context, const struct segment *segment)
{
	page_add_segment(context, segment);
}

static void on_moment(void *context, const struct moment *moment)
{
	struct page *page = context;

	if (!moment->connection || moment->connection->id <= PAGE_CONNECTIONS)
		json_moment(&page->facts.json, moment, page->facts.zero_ns);
}

static void free_sockets(struct page *page)
{
	size_t at = 0;
	void *socket;

	while ((socket = map_next(&page->sockets, &at)))
		free(socket);
	map_free(&page->sockets);
	map_free(&page->sockets_left_out);
}

static void close_page(struct page *page)
{
	facts_close(&page->facts);
	for (int i = 0; i < PAGE_TABLES; i++)
		series_table_close(&page->tables[i]);
	thin_close(page->thin);
	free_sockets(page);
	free(page);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	static const char *const names[PAGE_TABLES] = {
		[PAGE_BYTES] = "bytes",
		[PAGE_CALLS] = "calls",
		[PAGE_SEGMENTS] = "segments",
		[PAGE_SLEEPS] = "sleeps",
	};
	struct page *page = calloc(1, sizeof(*page));
	int err;

	*context = NULL;
	if (!page)
		return -ENOMEM;
	page->stream = target->stream;
	page->lang = target->lang;
	err = facts_open(&page->facts, target->zero_ns);
	for (int i = 0; i < PAGE_TABLES && !err; i++)
		err = series_table_open(&page->tables[i], names[i], page_columns[i]);
	if (!err && target->every_ns)
		err = thin_open(&page->thin, target->every_ns, keep_bytes, page);
	if (err) {
		close_page(page);
		return err;
	}
	json_capture(&page->facts.json, info, target->zero_ns);
	facts_words(&page->facts, target->lang);
	*context = page;
	return 0;
}

static void put_connection(struct page *page, const struct connection *connection,
			   unsigned int most)
{
	if (page->listed >= most) {
		page->left_out.connections++;
		return;
	}
	page->listed++;
	for (int end = 0; end < END_COUNT; end++)
		see(page, connection->ends[end]);
	json_connection(&page->facts.json, connection, page->facts.zero_ns);
	facts_detail(&page->facts, connection);
}

static void on_folded(void *context, const struct connection *connection)
{
	put_connection(context, connection, PAGE_LISTED_EARLY);
}

static void on_gone(void *context, const struct socket *socket)
{
	struct page *page = context;

	see(page, socket);
	if (map_remove(&page->sockets_left_out, socket->id))
		page->left_out.sockets++;
}

static void put_connections(struct page *page, const struct trace *trace)
{
	unsigned int count = trace_connections(trace);

	for (unsigned int i = 0; i < count; i++)
		put_connection(page, trace_connection(trace, i), PAGE_LISTED);
	page->left_out.sockets += page->sockets_left_out.used;
}

static void put_rest(struct page *page, const struct trace *trace, const struct capture_end *end)
{
	const struct loss *losses;
	int spans = trace_losses(trace, &losses);
	const struct page_socket *socket;
	size_t at = 0;

	while ((socket = map_next(&page->sockets, &at)))
		facts_socket(&page->facts, socket);
	for (int i = 0; i < spans; i++)
		facts_loss(&page->facts, &losses[i]);
	facts_left_out(&page->facts, &page->left_out);
	json_end(&page->facts.json, trace, end, page->facts.zero_ns);
}

static int write_page(struct page *page)
{
	FILE *stream = page->stream;
	int err;

	errno = 0; /* the first write that fails says why, the last may have nothing to write */
	fwrite(page_head, 1, (size_t)(page_head_end - page_head), stream);
	err = facts_write(&page->facts, stream);
	for (int i = 0; i < PAGE_TABLES && !err; i++)
		err = series_table_write(&page->tables[i], stream);
	fwrite(page_tail, 1, (size_t)(page_tail_end - page_tail), stream);
	if (!err && (fflush(stream) || ferror(stream)))
		err = errno ? -errno : -EIO;
	return err;
}

static int end_page(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct page *page = context;
	int err;

	if (page->thin)
		thin_flush(page->thin);
	put_connections(page, trace);
	put_rest(page, trace, end);
	err = page->err ? page->err : write_page(page);
	close_page(page);
	return err;
}

const struct export export_html = {
	.name = "html",
	.sink = {
		.socket = on_socket,
		.process = on_process,
		.state = on_state,
		.call = on_call,
		.sleep = on_sleep,
		.bytes = on_bytes,
		.segment = on_segment,
		.moment = on_moment,
		.folded = on_folded,
		.gone = on_gone,
	},
	.begin = begin,
	.end = end_page,
};
