/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows from the model, their rates from two looks at it, and their order. */
#include "user/export/frame_top.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "user/export/frame_parts.h"

int top_begins(struct top *top, const struct connection *connection)
{
	if (top->count == top->room) {
		size_t room = top->room ? 2 * top->room : 64;
		struct top_open *open = realloc(top->open, room * sizeof(*open));

		if (!open)
			return -ENOMEM;
		top->open = open;
		top->room = room;
	}
	top->open[top->count++] = (struct top_open){ .connection = connection };
	return 0;
}

static uint64_t since(uint64_t now_ns, uint64_t time_ns)
{
	return now_ns > time_ns ? now_ns - time_ns : 0;
}

static struct top_sums sums_of(const struct frame *frame, const struct connection *connection,
			       enum end end, uint64_t now_ns)
{
	const struct call *call = frame_call_of(frame, connection, end);
	struct top_sums sums = {
		.out = connection->flow[end].at.sent,
		.in = connection->flow[!end].at.received,
		.blocked_ns = connection_blocked_ns(connection, end),
	};

	if (call && call_can_block(call->kind))
		sums.blocked_ns += since(now_ns, call->enter_ns);
	return sums;
}

static uint64_t per_second(uint64_t now, uint64_t before, uint64_t span_ns)
{
	return now > before ? (uint64_t)((double)(now - before) * 1e9 / (double)span_ns) : 0;
}

static void take_rates(struct top_row *rates, const struct top_sums *sums, uint64_t span_ns)
{
	uint64_t blocked = per_second(sums->blocked_ns, rates->sums.blocked_ns, span_ns);

	rates->blocked_permille = blocked < 1000000000 ? (uint32_t)(blocked / 1000000) : 1000;
	rates->out_rate = per_second(sums->out, rates->sums.out, span_ns);
	rates->in_rate = per_second(sums->in, rates->sums.in, span_ns);
	rates->sums = *sums;
}

static void look_at(const struct frame *frame, struct top_open *open, uint64_t now_ns)
{
	uint64_t from_ns = open->connection->first_ns, span_ns;

	if (from_ns < frame->top.looked_ns)
		from_ns = frame->top.looked_ns;
	span_ns = since(now_ns, from_ns);
	for (int end = 0; end < END_COUNT && span_ns; end++) {
		struct top_sums sums = sums_of(frame, open->connection, (enum end)end, now_ns);

		take_rates(&open->rates[end], &sums, span_ns);
	}
}

void top_look(struct frame *frame, uint64_t now_ns)
{
	struct top *top = &frame->top;

	if (top->looked_ns && since(now_ns, top->looked_ns) < TOP_LOOK_NS)
		return;
	for (size_t i = 0; i < top->count; i++)
		look_at(frame, &top->open[i], now_ns);
	top->looked_ns = now_ns;
}

static enum frame_word why_asleep(enum sleep_cause cause)
{
	static const enum frame_word words[SLEEP_CAUSES] = {
		[SLEEP_NONE] = FRAME_WORDS,
		[SLEEP_PEER_WINDOW] = FRAME_TOP_WINDOW,
		[SLEEP_CONGESTION] = FRAME_TOP_CONGESTION,
		[SLEEP_BUFFER] = FRAME_TOP_BUFFER,
		[SLEEP_LOWAT] = FRAME_TOP_LOWAT,
		[SLEEP_PACING] = FRAME_TOP_PACING,
	};

	return words[cause];
}

/* As in frame_now.c: where the cause isn't known, none is given. */
static enum frame_word why_of(const struct connection *connection, enum end end,
			      const struct call *call)
{
	const struct flow *out = &connection->flow[end], *in = &connection->flow[!end];

	if (call_sends(call->kind) && out->asleep_since_ns)
		return why_asleep(out->asleep_cause);
	if (call->kind == CALL_CONNECT && connection->ends[end]->state == TCP_SYN_SENT)
		return FRAME_TOP_SYN;
	if (call_receives(call->kind) && connection->isn_known[!end] &&
	    in->at.received == in->at.read && !in->at.end_known)
		return FRAME_TOP_NO_DATA;
	return FRAME_WORDS;
}

static void fill_call(struct top_row *row, const struct connection *connection,
		      const struct call *call, uint64_t now_ns)
{
	row->inside = call ? call->kind : CALL_NONE;
	if (!call)
		return;
	row->inside_ns = since(now_ns, call->enter_ns);
	row->why = why_of(connection, row->end, call);
}

static void fill_row(struct top_row *row, const struct frame *frame, const struct top_open *open,
		     enum end end, uint64_t now_ns)
{
	const struct connection *connection = open->connection;
	const struct socket *socket = connection->ends[end];
	const struct direction *out = &connection->flow[end].at, *in = &connection->flow[!end].at;

	*row = open->rates[end];
	row->id = connection->id;
	row->end = end;
	row->tgid = socket->owner_tgid;
	memcpy(row->comm, socket->owner_comm, sizeof(row->comm));
	memcpy(row->address, connection->address, sizeof(row->address));
	memcpy(row->port, connection->port, sizeof(row->port));
	row->family = connection->family;
	row->scope = connection->scope;
	row->state = socket->state;
	row->bytes_known = connection->bytes_known;
	row->places_known = connection->places_known;
	row->segments_known = connection->segments_known;
	row->sums = sums_of(frame, connection, end, now_ns);
	row->send_queue = out->handed - out->acked;
	row->recv_queue = in->received - in->read;
	row->retransmits = connection->flow[end].retransmits;
	fill_call(row, connection, frame_call_of(frame, connection, end), now_ns);
}

void top_ends(struct frame *frame, const struct connection *connection)
{
	struct top *top = &frame->top;
	size_t at = 0;

	while (at < top->count && top->open[at].connection != connection)
		at++;
	if (at == top->count)
		return;
	for (int end = 0; end < END_COUNT; end++) {
		struct top_row *row = &top->gone[top->gone_count % TOP_GONE];

		if (!connection->ends[end])
			continue;
		fill_row(row, frame, &top->open[at], (enum end)end, connection->last_ns);
		row->gone_ns = connection->last_ns;
		row->inside = CALL_NONE;
		row->blocked_permille = 0;
		row->out_rate = row->in_rate = 0;
		top->gone_count++;
	}
	top->open[at] = top->open[--top->count];
}

static int by_number(uint64_t left, uint64_t right)
{
	return left == right ? 0 : left < right ? 1 : -1;
}

static int by_age(const struct top_row *a, const struct top_row *b)
{
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (int)a->end - (int)b->end;
}

/* First what was blocked in the last second, then what was blocked in all. */
static int by_blocked(const void *left, const void *right)
{
	const struct top_row *a = left, *b = right;
	int order = by_number(a->blocked_permille, b->blocked_permille);

	if (!order)
		order = by_number(a->sums.blocked_ns, b->sums.blocked_ns);
	return order ? order : by_age(a, b);
}

static int by_bytes(const void *left, const void *right)
{
	const struct top_row *a = left, *b = right;
	int order = by_number(a->sums.out + a->sums.in, b->sums.out + b->sums.in);

	return order ? order : by_age(a, b);
}

static int by_retransmits(const void *left, const void *right)
{
	const struct top_row *a = left, *b = right;
	int order = by_number(a->retransmits, b->retransmits);

	return order ? order : by_blocked(left, right);
}

static int by_rate(const void *left, const void *right)
{
	const struct top_row *a = left, *b = right;
	int order = by_number(a->out_rate + a->in_rate, b->out_rate + b->in_rate);

	return order ? order : by_age(a, b);
}

static bool is_shown(const struct top_row *row, uint64_t now_ns)
{
	return !row->gone_ns || since(now_ns, row->gone_ns) < TOP_GONE_NS;
}

struct top_row *top_rows(const struct frame *frame, uint64_t now_ns, size_t *count)
{
	static int (*const orders[])(const void *, const void *) = {
		[TOP_BY_BLOCKED] = by_blocked,
		[TOP_BY_BYTES] = by_bytes,
		[TOP_BY_RETRANSMITS] = by_retransmits,
		[TOP_BY_RATE] = by_rate,
	};
	const struct top *top = &frame->top;
	struct top_row *rows = malloc((top->count * END_COUNT + TOP_GONE) * sizeof(*rows));
	size_t used = 0;

	*count = 0;
	if (!rows)
		return NULL;
	for (size_t i = 0; i < top->count * END_COUNT; i++) {
		const struct top_open *open = &top->open[i / END_COUNT];
		enum end end = (enum end)(i % END_COUNT);

		if (open->connection->ends[end])
			fill_row(&rows[used++], frame, open, end, now_ns);
	}
	for (unsigned int i = 0; i < top->gone_count && i < TOP_GONE; i++)
		if (is_shown(&top->gone[i], now_ns))
			rows[used++] = top->gone[i];
	qsort(rows, used, sizeof(*rows), orders[top->order]);
	*count = used;
	return rows;
}

void top_step(struct frame *frame, int step)
{
	size_t count, at = 0;
	struct top_row *rows = top_rows(frame, frame->drawn_ns, &count);
	int64_t to;

	while (at < count && (rows[at].id != frame->chosen || rows[at].end != frame->top.end))
		at++;
	if (count) {
		to = at == count ? 0 : (int64_t)at + step;
		to = to < 0 ? 0 : to >= (int64_t)count ? (int64_t)count - 1 : to;
		frame->chosen = rows[to].id;
		frame->top.end = rows[to].end;
	}
	free(rows);
}

void top_free(struct top *top)
{
	free(top->open);
}
