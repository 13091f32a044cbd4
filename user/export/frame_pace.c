/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arithmetic of a replay's pace. */
#include "user/export/frame_pace.h"

#include <stdio.h>

#include "user/export/frame_words.h"

/* log10 of a value from 1 up, by its series around powers of ten: no libm is linked. */
static double log10_of(double value)
{
	double sum = 0, x, term;
	int whole = 0;

	while (value >= 10) {
		value /= 10;
		whole++;
	}
	x = (value - 1) / (value + 1);
	term = x;
	for (int i = 1; i < 80; i += 2) {
		sum += term / i;
		term *= x * x;
	}
	return whole + 2 * sum / 2.302585092994046;
}

uint64_t pace_auto_ns(uint64_t span_ns)
{
	return (uint64_t)((1.3 + log10_of(1 + (double)span_ns / 50000)) * 1e9);
}

static double speed_of(const struct pace *pace)
{
	double speed = 1;

	for (int i = 0; i < pace->doublings; i++)
		speed *= 2;
	for (int i = 0; i > pace->doublings; i--)
		speed /= 2;
	return speed;
}

void pace_seek(struct pace *pace, uint64_t from_ns, uint64_t to_ns, uint64_t now_ns)
{
	pace->part = 0;
	if (now_ns > from_ns && to_ns > from_ns)
		pace->part = (double)(now_ns - from_ns) / (double)(to_ns - from_ns);
}

static bool advance_auto(struct pace *pace, uint64_t from_ns, uint64_t to_ns, uint64_t wall_ns,
			 uint64_t *now_ns)
{
	uint64_t span_ns = to_ns > from_ns ? to_ns - from_ns : 0;

	pace->part += (double)wall_ns * speed_of(pace) / (double)pace_auto_ns(span_ns);
	if (pace->part >= 1) {
		pace->part = 0;
		*now_ns = to_ns;
		return true;
	}
	*now_ns = from_ns + (uint64_t)((double)span_ns * pace->part);
	return false;
}

bool pace_advance(struct pace *pace, uint64_t from_ns, uint64_t to_ns, uint64_t wall_ns,
		  uint64_t *now_ns)
{
	if (!pace->slower)
		return advance_auto(pace, from_ns, to_ns, wall_ns, now_ns);
	*now_ns += (uint64_t)((double)wall_ns * speed_of(pace) / pace->slower);
	if (*now_ns < to_ns)
		return false;
	*now_ns = to_ns;
	return true;
}

void pace_change(struct pace *pace, int doublings)
{
	pace->doublings += doublings;
	if (pace->doublings > PACE_DOUBLINGS_MOST)
		pace->doublings = PACE_DOUBLINGS_MOST;
	if (pace->doublings < -PACE_DOUBLINGS_MOST)
		pace->doublings = -PACE_DOUBLINGS_MOST;
}

char *pace_text(const struct pace *pace, enum lang lang, char *text, size_t size)
{
	double speed = speed_of(pace) / (pace->slower ? pace->slower : 1);
	enum frame_word evenly = pace->steps ? FRAME_STEP : FRAME_AUTO;
	const char *first = pace->slower ? "" : frame_word(lang, evenly);
	const char *comma = pace->slower ? "" : ", ";
	char factor[32];

	if (speed > 0.999 && speed < 1.001) {
		snprintf(text, size, "%s",
			 pace->slower ? frame_word(lang, FRAME_REAL_TIME) : first);
		return text;
	}
	snprintf(factor, sizeof(factor), "%.6g", speed > 1 ? speed : 1 / speed);
	frame_say(text, size, lang, speed > 1 ? FRAME_FASTER : FRAME_SLOWER, first, comma, factor,
		  NULL);
	return text;
}
