/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one path from records to pictures: put in order, fed to a model, shown
 * by an output. A live run and a replay differ only in where the records
 * come from.
 */
#ifndef TCPWATCH_PIPELINE_H
#define TCPWATCH_PIPELINE_H

#include "user/capture/order.h"
#include "user/capture/reader.h"
#include "user/export/export.h"
#include "user/options.h"
#include "user/outputs.h"

struct pipeline {
	struct order *order;
	struct trace *trace;
	const struct export *export; /* NULL: none */
	void *context;
	int err; /* the first failure while records were being handed on */
	/* Sees each record right before the model does. NULL: nobody does. */
	void (*before)(void *context, const union record *record);
	void *before_context;
};

/* export may be NULL. 0 or negative errno; the pipeline is empty on error. */
int pipeline_open(struct pipeline *pipeline, const struct export *export,
		  const struct export_target *target, const struct capture_info *info);

/* Hands on what order still holds. */
void pipeline_flush(struct pipeline *pipeline);

int pipeline_add(struct pipeline *pipeline, const union record *record);

/* The time is now_ns (CLOCK_MONOTONIC); idle: nothing has come since the last turn. */
int pipeline_turn(struct pipeline *pipeline, uint64_t now_ns, bool idle);

/* After the last record: the model closes its books and the output its own. */
int pipeline_finish(struct pipeline *pipeline, const struct capture_end *end);

void pipeline_close(struct pipeline *pipeline);

/* All records of reader through the pipeline. 0 or negative errno. */
int pipeline_read(struct pipeline *pipeline, struct reader *reader);

/* The output that the terminal shows; NULL for VIEW_NONE. */
const struct export *pipeline_view(const struct options *options);

/* With a command on standard error, else on standard output if nothing else goes there. */
void pipeline_view_target(struct export_target *target, const struct options *options,
			  const char *capture_path);

/*
 * The second pass: reads the capture at fd (taken over) from its start, and
 * writes what outputs wants. zero_ns 0: no first pass has found it. Logs its
 * own failures.
 */
int pipeline_files(int fd, const struct outputs *outputs, const struct options *options,
		   uint64_t zero_ns);

#endif
