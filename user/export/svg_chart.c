/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Spans that widen as time goes on. Draws nothing. */
#include "user/export/svg_chart.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SPAN_NS 1000

struct chart *chart_new(uint64_t start_ns)
{
	struct chart *chart = calloc(1, sizeof(*chart));

	if (!chart)
		return NULL;
	chart->spans = calloc(CHART_SPANS, sizeof(chart->spans[0]));
	if (!chart->spans) {
		free(chart);
		return NULL;
	}
	chart->start_ns = start_ns;
	chart->span_ns = FIRST_SPAN_NS;
	return chart;
}

void chart_free(struct chart *chart)
{
	if (!chart)
		return;
	free(chart->spans);
	free(chart);
}

static void join(struct chart_span *span, const struct chart_span *first,
		 const struct chart_span *second)
{
	struct chart_span joined = *second;

	for (int end = 0; end < END_COUNT; end++) {
		if (first->flow[end].wmem_max > joined.flow[end].wmem_max)
			joined.flow[end].wmem_max = first->flow[end].wmem_max;
		for (int class = 0; class < CLASS_COUNT; class ++)
			joined.inside_ns[end][class] += first->inside_ns[end][class];
	}
	*span = joined;
}

/* A span in which nothing happens: every position stays what it was. */
static struct chart_span quiet_after(const struct chart_span *last)
{
	struct chart_span span = { 0 };

	memcpy(span.flow, last->flow, sizeof(span.flow));
	for (int end = 0; end < END_COUNT; end++)
		span.flow[end].wmem_max = span.flow[end].wmem;
	return span;
}

static void halve(struct chart *chart)
{
	static const struct chart_span nothing;
	int half = (chart->used + 1) / 2;

	for (int i = 0; i < half; i++) {
		struct chart_span *first = &chart->spans[2 * i];

		if (2 * i + 1 < chart->used)
			join(&chart->spans[i], first, first + 1);
		else
			join(&chart->spans[i], &nothing, first);
	}
	chart->used = half;
	chart->span_ns *= 2;
}

/* The span of time_ns; opens those before it. */
static struct chart_span *reach(struct chart *chart, uint64_t time_ns)
{
	static const struct chart_span nothing;
	uint64_t past = time_ns > chart->start_ns ? time_ns - chart->start_ns : 0;
	const struct chart_span *last;

	while (past / chart->span_ns >= CHART_SPANS)
		halve(chart);
	while ((uint64_t)chart->used <= past / chart->span_ns) {
		last = chart->used ? &chart->spans[chart->used - 1] : &nothing;
		chart->spans[chart->used++] = quiet_after(last);
	}
	return &chart->spans[past / chart->span_ns];
}

void chart_bytes(struct chart *chart, const struct bytes *bytes)
{
	enum end sender = bytes->sender;
	struct chart_point *point;
	uint64_t top = bytes->at.handed + bytes->in_program;

	reach(chart, bytes->time_ns);
	point = &chart->spans[chart->used - 1].flow[sender];
	point->read = bytes->at.read;
	point->received = bytes->at.received;
	point->sent = bytes->at.sent;
	point->handed = bytes->at.handed;
	point->in_program = bytes->in_program;
	point->wmem = bytes->wmem_queued;
	point->sndbuf = bytes->sndbuf;
	if (point->wmem > point->wmem_max)
		point->wmem_max = point->wmem;
	if (point->wmem > chart->wmem_peak[sender])
		chart->wmem_peak[sender] = point->wmem;
	if (top > chart->top[sender])
		chart->top[sender] = top;
	chart->sampled[sender] |= bytes->sndbuf != 0;
}

void chart_state(struct chart *chart, enum end end, const struct state_change *change)
{
	int count = chart->state_count[end];

	if (count == CHART_STATES)
		return;
	chart->states[end][count] = (struct chart_state){ change->time_ns, change->new_state };
	chart->state_count[end]++;
}

enum svg_call_class chart_class(enum call_kind kind)
{
	if (call_sends(kind))
		return CLASS_SEND;
	return call_receives(kind) ? CLASS_RECEIVE : CLASS_OTHER;
}

static uint64_t call_length(const struct call *call)
{
	return call_inside_ns(call);
}

/* The longest stay; a call that has no end yet has now for one. */
static void keep_call(struct chart *chart, enum end end, const struct call *call)
{
	struct call *calls = chart->calls[end], *shortest = calls;

	if (chart->call_count[end] < CHART_CALLS) {
		calls[chart->call_count[end]++] = *call;
		return;
	}
	for (int i = 1; i < CHART_CALLS; i++) {
		if (call_length(&calls[i]) < call_length(shortest))
			shortest = &calls[i];
	}
	if (call_length(call) > call_length(shortest))
		*shortest = *call;
}

void chart_call(struct chart *chart, enum end end, const struct call *call, uint64_t now_ns)
{
	enum svg_call_class class = chart_class(call->kind);
	struct call kept = *call;
	uint64_t at, to;

	kept.enter_ns = call_drawn_ns(call);
	if (!kept.return_ns) {
		kept.return_ns = now_ns > kept.enter_ns ? now_ns : kept.enter_ns;
		kept.finished = false;
	}
	keep_call(chart, end, &kept);
	to = kept.return_ns;
	at = kept.enter_ns > chart->start_ns ? kept.enter_ns : chart->start_ns;
	reach(chart, to);
	while (at < to) {
		uint64_t index = (at - chart->start_ns) / chart->span_ns;
		uint64_t edge = chart->start_ns + (index + 1) * chart->span_ns;
		uint64_t until = edge < to ? edge : to;

		chart->spans[index].inside_ns[end][class] += until - at;
		at = until;
	}
}

const struct chart_span *chart_at(const struct chart *chart, uint64_t time_ns)
{
	uint64_t index;

	if (!chart->used || time_ns < chart->start_ns)
		return NULL;
	index = (time_ns - chart->start_ns) / chart->span_ns;
	if (index >= (uint64_t)chart->used)
		index = (uint64_t)chart->used - 1;
	return &chart->spans[index];
}

uint32_t chart_wmem_max(const struct chart *chart, enum end sender, uint64_t from_ns,
			uint64_t to_ns)
{
	const struct chart_span *from = chart_at(chart, from_ns);
	const struct chart_span *last = chart_at(chart, to_ns > from_ns ? to_ns - 1 : from_ns);
	uint32_t max = 0;

	if (last && !from)
		from = chart->spans;
	for (; from && from <= last; from++) {
		if (from->flow[sender].wmem_max > max)
			max = from->flow[sender].wmem_max;
	}
	return max;
}

double chart_inside(const struct chart *chart, enum end end, enum svg_call_class class,
		    uint64_t from_ns, uint64_t to_ns)
{
	const struct chart_span *first = chart_at(chart, from_ns), *last = chart_at(chart, to_ns);
	double inside = 0;

	for (const struct chart_span *span = first; span && span <= last; span++) {
		uint64_t start = chart->start_ns + (uint64_t)(span - chart->spans) * chart->span_ns;
		uint64_t from = from_ns > start ? from_ns : start;
		uint64_t to = to_ns < start + chart->span_ns ? to_ns : start + chart->span_ns;

		if (to > from)
			inside += (double)span->inside_ns[end][class] * (double)(to - from) /
				  (double)chart->span_ns;
	}
	return inside;
}
