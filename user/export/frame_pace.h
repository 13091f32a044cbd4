/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How fast a replay goes: real time, slower by a factor, or "auto", which
 * gives a 40 us handshake and a 7.8 s wait both a length that can be watched.
 * Knows no clock: the caller says how much time has passed.
 */
#ifndef TCPWATCH_EXPORT_FRAME_PACE_H
#define TCPWATCH_EXPORT_FRAME_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/words.h"

#define PACE_DOUBLINGS_MOST 20

struct pace {
	uint32_t slower; /* times; 0: auto */
	bool steps;	 /* auto, and it stops at each moment */
	int doublings;	 /* faster by that power of two; negative: slower */
	double part;	 /* auto: of the interval between two moments that has been shown */
};

/* What auto gives to span_ns of capture time: 1.3 s and a decade more per tenfold of 50 us. */
uint64_t pace_auto_ns(uint64_t span_ns);

/* Puts the pace at now_ns of the interval. */
void pace_seek(struct pace *pace, uint64_t from_ns, uint64_t to_ns, uint64_t now_ns);

/*
 * wall_ns passed: moves *now_ns towards to_ns, never beyond. True: it is reached,
 * and the next interval begins.
 */
bool pace_advance(struct pace *pace, uint64_t from_ns, uint64_t to_ns, uint64_t wall_ns,
		  uint64_t *now_ns);

void pace_change(struct pace *pace, int doublings);

/* "auto", "step", "auto, 4x faster", "real time", "100x slower". Returns text. */
char *pace_text(const struct pace *pace, enum lang lang, char *text, size_t size);

#endif
