/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines of JSON that only the page needs. What isn't known is left out. The
 * text is packed as it is written and never stands in the page as it is.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "user/export/html_page.h"
#include "user/export/labels.h"
#include "user/model/names.h"

#define ERRNO_LAST 133

static ssize_t take(void *cookie, const char *bytes, size_t length)
{
	pack_bytes(cookie, bytes, length);
	return (ssize_t)length;
}

int facts_open(struct facts *facts, uint64_t zero_ns)
{
	const cookie_io_functions_t functions = { .write = take };
	int err = pack_open(&facts->pack);

	if (err)
		return err;
	facts->stream = fopencookie(&facts->pack, "w", functions);
	if (!facts->stream)
		return -ENOMEM;
	facts->zero_ns = zero_ns;
	json_start(&facts->json, facts->stream);
	return 0;
}

int facts_write(struct facts *facts, FILE *stream)
{
	int err;

	fflush(facts->stream);
	fputs("<script type=\"text/plain\" data-table=\"facts\">", stream);
	err = pack_write(&facts->pack, stream);
	fputs("</script>\n", stream);
	return err;
}

void facts_close(struct facts *facts)
{
	if (facts->stream)
		fclose(facts->stream);
	pack_close(&facts->pack);
}

static struct json *begin_line(struct facts *facts, const char *type)
{
	json_object(&facts->json, NULL);
	json_string(&facts->json, "type", type);
	return &facts->json;
}

static void end_line(struct facts *facts)
{
	json_object_end(&facts->json);
	json_line_end(&facts->json);
}

static void put_value(struct facts *facts, const char *name, enum value_kind kind,
		      const struct value *value)
{
	struct json *json = &facts->json;

	if (kind == VALUE_UINT)
		json_uint(json, name, value->number);
	else if (kind == VALUE_INT)
		json_int(json, name, (int64_t)value->number);
	else if (kind == VALUE_BOOL)
		json_bool(json, name, value->number);
	else if (kind == VALUE_TIME)
		json_int(json, name, (int64_t)(value->number - facts->zero_ns));
	else if (kind == VALUE_WORD || kind == VALUE_FOREIGN)
		json_bytes(json, name, value->text, value->length);
}

static void put_row(struct facts *facts, enum table_id id, const void *row)
{
	const struct table *table = &tables[id];
	struct value value;

	for (int i = 0; i < table->count; i++) {
		const struct column *column = &table->columns[i];

		put_value(facts, column->name, column_value(column, row, &value), &value);
	}
}

static const char *trade(enum call_kind kind)
{
	if (call_sends(kind))
		return "send";
	return call_receives(kind) ? "receive" : "other";
}

static void put_labels(struct json *json, const char *name, enum label first, int count)
{
	json_array(json, name);
	for (int i = 0; i < count; i++) {
		json_array(json, NULL);
		for (int l = 0; l < LANG_COUNT; l++)
			json_string(json, NULL, label((enum lang)l, (enum label)(first + i)));
		json_array_end(json);
	}
	json_array_end(json);
}

/* The tables that numbers in the columns stand for. */
void facts_words(struct facts *facts, enum lang lang)
{
	struct json *json = begin_line(facts, "words");

	json_string(json, "lang", lang == LANG_ZH ? "zh" : "en");
	json_array(json, "calls");
	for (int kind = 0; kind < CALL_KINDS; kind++) {
		json_array(json, NULL);
		json_string(json, NULL, name_call((enum call_kind)kind));
		json_string(json, NULL, trade((enum call_kind)kind));
		json_array_end(json);
	}
	json_array_end(json);
	json_array(json, "errors");
	for (int error = 0; error <= ERRNO_LAST; error++)
		json_string(json, NULL, error ? name_errno(error) : "");
	json_array_end(json);
	put_labels(json, "sleeps", LABEL_SLEEP, SLEEP_CAUSES);
	put_labels(json, "phases", LABEL_PHASE, PHASES);
	end_line(facts);
}

void facts_socket(struct facts *facts, const struct page_socket *socket)
{
	json_uint(begin_line(facts, "socket"), "index", socket->index);
	put_row(facts, TABLE_SOCKETS, &socket->row);
	end_line(facts);
}

void facts_state(struct facts *facts, const struct state_change *change)
{
	begin_line(facts, "state");
	put_row(facts, TABLE_STATES, change);
	end_line(facts);
}

void facts_loss(struct facts *facts, const struct loss *loss)
{
	begin_line(facts, "loss");
	put_row(facts, TABLE_LOSSES, loss);
	end_line(facts);
}

/* Time in state as the terminal's table shows it: known or not, over or not. */
static void put_state_table(struct facts *facts, const struct connection *connection, enum end end)
{
	const struct socket *socket = socket_at(connection, end);
	struct json *json = &facts->json;

	json_array(json, end == END_CLIENT ? "client_states" : "server_states");
	for (unsigned int state = 1; socket && state < STATE_COUNT; state++) {
		uint64_t ns = socket_state_ns(socket, state, connection->last_ns);

		if (!socket->state_seen[state] || state == TCP_CLOSE)
			continue;
		json_object(json, NULL);
		json_string(json, "state", name_state(state));
		json_bool(json, "open", socket->state == state);
		if (ns)
			json_uint(json, "ns", ns);
		if (state == TCP_SYN_RECV && !socket->syn_recv_known)
			json_bool(json, "late", true);
		if (socket->state_at_least[state])
			json_bool(json, "found", true);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_sndbuf(struct json *json, const char *name, const struct flow *flow)
{
	json_object(json, name);
	if (flow->sndbuf)
		json_uint(json, "sndbuf", flow->sndbuf);
	if (flow->rcvbuf)
		json_uint(json, "rcvbuf", flow->rcvbuf);
	if (flow->last_return_ns)
		json_string(json, "call", name_call(flow->last_call));
	json_object_end(json);
}

void facts_detail(struct facts *facts, const struct connection *connection)
{
	struct json *json = begin_line(facts, "detail");

	json_uint(json, "connection", connection->id);
	json_string(json, "family", name_family(connection->family));
	if (connection->listener)
		json_uint(json, "listener", connection->listener->id);
	for (int end = 0; end < END_COUNT; end++)
		if (connection->isn_known[end])
			json_uint(json, end == END_CLIENT ? "client_isn" : "server_isn",
				  connection->isn[end]);
	put_sndbuf(json, "to_server", &connection->flow[END_CLIENT]);
	put_sndbuf(json, "to_client", &connection->flow[END_SERVER]);
	put_state_table(facts, connection, END_CLIENT);
	put_state_table(facts, connection, END_SERVER);
	if (connection->detail)
		facts_ladder(json, connection, facts->zero_ns);
	end_line(facts);
}

void facts_left_out(struct facts *facts, const struct left_out *left_out)
{
	struct json *json = begin_line(facts, "left_out");

	json_uint(json, "connections", left_out->connections);
	json_uint(json, "sockets", left_out->sockets);
	json_uint(json, "processes", left_out->processes);
	json_uint(json, "calls", left_out->calls);
	json_uint(json, "bytes", left_out->bytes);
	json_uint(json, "segments", left_out->segments);
	end_line(facts);
}
