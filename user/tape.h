/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A capture as a tape: the model is driven to any instant of it, forwards by
 * feeding records, backwards by starting anew, which is fast enough to do at
 * every key. Shows nothing.
 */
#ifndef TCPWATCH_TAPE_H
#define TCPWATCH_TAPE_H

#include <stdint.h>

#include "user/capture/order.h"
#include "user/capture/reader.h"
#include "user/export/export.h"

struct tape {
	int fd; /* of the capture; not closed */
	const struct export *export;
	const struct export_target *target;
	struct reader *reader;
	struct order *order;
	struct trace *trace;
	void *context;	     /* of export */
	union record *queue; /* in order, not fed yet */
	size_t queue_head, queue_count, queue_room;
	uint64_t fed; /* records */
	bool at_end;  /* of the file */
	int err;
};

/* Opens it before its first record. 0 or negative errno; close it in any case. */
int tape_open(struct tape *tape, int fd, const struct export *export,
	      const struct export_target *target);

/* The time of the next record; UINT64_MAX: there is none, or reading failed (tape->err). */
uint64_t tape_next_ns(struct tape *tape);

/* Feeds the next record. 1, 0 at the end, or negative errno. */
int tape_step(struct tape *tape);

/* Goes to the instant time_ns: all records until then, itself included, are fed. */
int tape_to(struct tape *tape, uint64_t time_ns);

/* Goes to where fed records are fed. */
int tape_to_record(struct tape *tape, uint64_t fed);

void tape_close(struct tape *tape);

#endif
