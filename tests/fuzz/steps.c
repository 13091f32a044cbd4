/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Both directions, so that recorded captures can be the first inputs. */
#include "tests/fuzz/steps.h"

#include <string.h>

void steps_begin(struct steps *steps)
{
	memset(steps, 0, sizeof(*steps));
	steps->now_ns = STEPS_START_NS;
}

/* Five bits of step, three of scale: from nothing to 17 minutes. */
static uint64_t step_ns(uint8_t byte)
{
	return (uint64_t)(byte & 31) << 5 * (byte >> 5);
}

static uint8_t byte_of(uint64_t ns)
{
	uint8_t scale = 0;

	for (; ns > 31 && scale < 7; scale++)
		ns >>= 5;
	return (uint8_t)(scale << 5 | (ns > 31 ? 31 : ns));
}

/* From a time back to a time and the other way: the same. */
static void turn_times(union record *record, uint64_t now_ns)
{
	if (record->header.kind == RECORD_CALL)
		record->call.enter_ns = now_ns - record->call.enter_ns;
	if (record->header.kind == RECORD_LOST) {
		record->lost.first_ns = now_ns - record->lost.first_ns;
		record->lost.last_ns = now_ns - record->lost.last_ns;
	}
}

size_t step_take(struct steps *steps, const uint8_t *data, size_t size, union record *record)
{
	unsigned int kind, count;
	size_t bytes_of_kind;
	uint8_t *bytes;

	if (size < 3)
		return 0;
	kind = (data[0] & ~STEP_BACK) % RECORD_KINDS;
	count = data[2] < STEP_CHANGES ? data[2] : STEP_CHANGES;
	bytes_of_kind = decode_size(kind);
	if (!bytes_of_kind || size - 3 < 2 * count)
		return 0;
	bytes = (uint8_t *)&steps->last[kind];
	for (unsigned int i = 0; i < count; i++)
		bytes[data[3 + 2 * i] % bytes_of_kind] = data[4 + 2 * i];
	steps->now_ns += data[0] & STEP_BACK ? -step_ns(data[1]) : step_ns(data[1]);
	*record = steps->last[kind];
	record->header.kind = (uint16_t)kind;
	record->header.size = (uint16_t)bytes_of_kind;
	record->header.time_ns = steps->now_ns;
	turn_times(record, steps->now_ns);
	return 3 + 2 * count;
}

size_t step_write(struct steps *steps, uint8_t data[STEP_SIZE], const union record *record)
{
	union record turned = *record;
	unsigned int kind = record->header.kind;
	const uint8_t *from = (const uint8_t *)&turned;
	uint8_t *bytes = (uint8_t *)&steps->last[kind];
	bool back = record->header.time_ns < steps->now_ns;
	uint64_t step = record->header.time_ns - steps->now_ns;

	data[0] = (uint8_t)(kind | (back ? STEP_BACK : 0));
	data[1] = byte_of(back ? -step : step);
	data[2] = 0;
	steps->now_ns += back ? -step_ns(data[1]) : step_ns(data[1]);
	turn_times(&turned, record->header.time_ns);
	for (unsigned int at = 0; at < decode_size(kind) && data[2] < STEP_CHANGES; at++) {
		if (bytes[at] == from[at] || at < 4 || (at >= 8 && at < 16))
			continue;
		data[3 + 2 * data[2]] = (uint8_t)at;
		data[4 + 2 * data[2]++] = from[at];
		bytes[at] = from[at];
	}
	return 3 + 2 * (size_t)data[2];
}
