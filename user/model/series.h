/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The course of one value over a time whose end isn't known yet, in bounded
 * memory: equal spans, each with its largest value; when they are used up,
 * neighbours are joined and the spans become twice as wide.
 */
#ifndef TCPWATCH_MODEL_SERIES_H
#define TCPWATCH_MODEL_SERIES_H

#include <stdint.h>

#define SERIES_SPANS 512

struct series {
	uint64_t start_ns; /* of span 0 */
	uint64_t span_ns;  /* 0: empty */
	uint64_t last_ns;
	uint64_t last_value;
	uint64_t peak;
	int used;
	uint64_t max[SERIES_SPANS];
};

/* Times must not go back; one that does counts as the last. */
void series_add(struct series *series, uint64_t time_ns, uint64_t value);

/* The largest value within [from_ns, to_ns); the value holds until the next one. */
uint64_t series_max(const struct series *series, uint64_t from_ns, uint64_t to_ns);

#endif
