/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reader, order and model, as in the pipeline, but with a queue between order
 * and model, so that the model stands at an exact instant.
 */
#include "user/tape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUEUE_ROOM 1024

static void push(void *context, const union record *record)
{
	struct tape *tape = context;
	size_t room = tape->queue_room ? tape->queue_room * 2 : QUEUE_ROOM;
	union record *queue;

	if (tape->queue_head == tape->queue_count)
		tape->queue_head = tape->queue_count = 0;
	if (tape->queue_count == tape->queue_room) {
		queue = realloc(tape->queue, room * sizeof(*queue));
		if (!queue) {
			tape->err = -ENOMEM;
			return;
		}
		tape->queue = queue;
		tape->queue_room = room;
	}
	tape->queue[tape->queue_count++] = *record;
}

static int rewind_file(struct tape *tape)
{
	int copy;

	if (lseek(tape->fd, 0, SEEK_SET))
		return -errno;
	copy = dup(tape->fd);
	return copy < 0 ? -errno : reader_open(&tape->reader, copy);
}

static int start(struct tape *tape)
{
	int err = rewind_file(tape);

	if (!err)
		err = order_open(&tape->order, push, tape);
	if (!err)
		err = tape->export->begin(&tape->context, tape->target, reader_info(tape->reader));
	if (!err)
		err = trace_open(&tape->trace, reader_info(tape->reader), &tape->export->sink,
				 tape->context);
	return err;
}

int tape_open(struct tape *tape, int fd, const struct export *export,
	      const struct export_target *target)
{
	*tape = (struct tape){ .fd = fd, .export = export, .target = target };
	return start(tape);
}

void tape_close(struct tape *tape)
{
	if (tape->context)
		tape->export->end(tape->context, tape->trace, NULL);
	trace_close(tape->trace);
	order_close(tape->order);
	reader_close(tape->reader);
	free(tape->queue);
	*tape = (struct tape){ .fd = tape->fd, .export = tape->export, .target = tape->target };
}

static void fill_queue(struct tape *tape)
{
	const union record *record;

	while (tape->queue_head == tape->queue_count && !tape->at_end && !tape->err) {
		int got = reader_next(tape->reader, &record);

		if (got > 0) {
			got = order_add(tape->order, record);
			tape->err = tape->err ? tape->err : got;
		} else {
			tape->at_end = true;
			tape->err = got;
			order_flush(tape->order);
		}
	}
}

uint64_t tape_next_ns(struct tape *tape)
{
	fill_queue(tape);
	if (tape->err || tape->queue_head == tape->queue_count)
		return UINT64_MAX;
	return tape->queue[tape->queue_head].header.time_ns;
}

int tape_step(struct tape *tape)
{
	int err;

	if (tape_next_ns(tape) == UINT64_MAX)
		return tape->err;
	err = trace_feed(tape->trace, &tape->queue[tape->queue_head++]);
	tape->fed++;
	return err ? err : 1;
}

static int restart(struct tape *tape)
{
	tape_close(tape);
	return start(tape);
}

int tape_to(struct tape *tape, uint64_t time_ns)
{
	int err = 0;

	if (time_ns < trace_last_ns(tape->trace))
		err = restart(tape);
	while (!err && tape_next_ns(tape) <= time_ns && tape_next_ns(tape) != UINT64_MAX) {
		err = tape_step(tape);
		err = err > 0 ? 0 : err;
	}
	return err ? err : tape->err;
}

int tape_to_record(struct tape *tape, uint64_t fed)
{
	int err = 0;

	if (fed < tape->fed)
		err = restart(tape);
	while (!err && tape->fed < fed) {
		err = tape_step(tape);
		if (!err)
			break;
		err = err > 0 ? 0 : err;
	}
	return err ? err : tape->err;
}
