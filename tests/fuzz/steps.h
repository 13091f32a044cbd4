/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records in few bytes, so that a small change of an input is a small change
 * of the story. Each step is three bytes, kind, time and count, and count
 * pairs of offset and value: the record is the last one of its kind with these
 * bytes changed.
 */
#ifndef TCPWATCH_TESTS_FUZZ_STEPS_H
#define TCPWATCH_TESTS_FUZZ_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/capture/decode.h"

#define STEPS_START_NS 5000000000000ULL
#define STEP_BACK 0x80	/* of the first byte: time goes back */
#define STEP_CHANGES 96 /* at most, in one step */
#define STEP_SIZE (3 + 2 * STEP_CHANGES)

struct steps {
	uint64_t now_ns;
	union record last[RECORD_KINDS]; /* times within count back from the record's own */
};

void steps_begin(struct steps *steps);

/* Takes one step of size bytes at data; the bytes taken, 0: no whole step. */
size_t step_take(struct steps *steps, const uint8_t *data, size_t size, union record *record);

/* Writes the step that leads to record, its time rounded; the bytes written. */
size_t step_write(struct steps *steps, uint8_t data[STEP_SIZE], const union record *record);

#endif
