/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the time axis of one connection needs, in bounded memory while its end
 * isn't known yet: equal spans of time, each with the last value of every
 * position and the largest of the send buffer; when they are used up,
 * neighbours are joined. Long calls are kept whole, short ones as the share of
 * each span that they filled. No value is made up between two of the model's.
 */
#ifndef TCPWATCH_EXPORT_SVG_CHART_H
#define TCPWATCH_EXPORT_SVG_CHART_H

#include "user/export/svg_layout.h"
#include "user/model/trace.h"

#define CHART_SPANS 2048
#define CHART_STATES 24 /* of one end */
#define CHART_CALLS 96	/* of one end: the longest */

/* One direction at the end of a span. */
struct chart_point {
	uint64_t read, received, sent, handed, in_program;
	uint32_t wmem, wmem_max, sndbuf;
};

struct chart_span {
	struct chart_point flow[END_COUNT];
	uint64_t inside_ns[END_COUNT][CLASS_COUNT];
};

struct chart_state {
	uint64_t from_ns;
	unsigned int state;
};

struct chart {
	uint64_t start_ns; /* of span 0 */
	uint64_t span_ns;
	int used;
	struct chart_span *spans;
	uint64_t top[END_COUNT]; /* largest handed + in_program */
	uint32_t wmem_peak[END_COUNT];
	bool sampled[END_COUNT];
	int state_count[END_COUNT];
	struct chart_state states[END_COUNT][CHART_STATES];
	int call_count[END_COUNT];
	struct call calls[END_COUNT][CHART_CALLS]; /* in no order */
};

/* NULL: no memory. */
struct chart *chart_new(uint64_t start_ns);
void chart_free(struct chart *chart); /* accepts NULL */

void chart_bytes(struct chart *chart, const struct bytes *bytes);
void chart_state(struct chart *chart, enum end end, const struct state_change *change);

/* now_ns: the end of a call that has not returned. */
void chart_call(struct chart *chart, enum end end, const struct call *call, uint64_t now_ns);

/* The span that holds time_ns, or the last one; NULL: before the first, or none. */
const struct chart_span *chart_at(const struct chart *chart, uint64_t time_ns);

/* Largest send buffer within [from_ns, to_ns). */
uint32_t chart_wmem_max(const struct chart *chart, enum end sender, uint64_t from_ns,
			uint64_t to_ns);

/* Time inside calls of a class within [from_ns, to_ns), spans counted in part. */
double chart_inside(const struct chart *chart, enum end end, enum svg_call_class class,
		    uint64_t from_ns, uint64_t to_ns);

enum svg_call_class chart_class(enum call_kind kind);

#endif
