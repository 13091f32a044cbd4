/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bounded curves: the largest value of each span of time. Refuses to interpolate. */
#include "user/model/series.h"

#define FIRST_SPAN_NS 1000

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void join_neighbours(struct series *series)
{
	int half = (series->used + 1) / 2;

	for (int i = 0; i < half; i++) {
		uint64_t second = 2 * i + 1 < series->used ? series->max[2 * i + 1] : 0;

		series->max[i] = larger(series->max[2 * i], second);
	}
	series->used = half;
	series->span_ns *= 2;
}

/* Opens spans up to the one of time_ns; the last value holds in those between. */
static void reach(struct series *series, uint64_t time_ns)
{
	uint64_t index = (time_ns - series->start_ns) / series->span_ns;

	while (index >= SERIES_SPANS) {
		join_neighbours(series);
		index = (time_ns - series->start_ns) / series->span_ns;
	}
	while ((uint64_t)series->used <= index)
		series->max[series->used++] = series->last_value;
}

void series_add(struct series *series, uint64_t time_ns, uint64_t value)
{
	if (!series->span_ns) {
		series->start_ns = time_ns;
		series->last_ns = time_ns;
		series->span_ns = FIRST_SPAN_NS;
	}
	if (time_ns < series->last_ns)
		time_ns = series->last_ns;

	reach(series, time_ns);
	series->max[series->used - 1] = larger(series->max[series->used - 1], value);
	series->last_ns = time_ns;
	series->last_value = value;
	series->peak = larger(series->peak, value);
}

uint64_t series_max(const struct series *series, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t max = 0, first, last;

	if (!series->span_ns || to_ns <= series->start_ns || to_ns <= from_ns)
		return 0;
	if (from_ns < series->start_ns)
		from_ns = series->start_ns;
	first = (from_ns - series->start_ns) / series->span_ns;
	last = (to_ns - 1 - series->start_ns) / series->span_ns;
	if (last >= (uint64_t)series->used) {
		max = series->last_value;
		last = series->used - 1;
	}
	for (uint64_t i = first; i <= last; i++)
		max = larger(max, series->max[i]);
	return max;
}
