/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events in the order in which they become known, given back in the order of
 * their times: a call is known when it returns, but stands where it began. The
 * text lies in an unnamed temporary file, and so does what is needed to sort it:
 * runs that are in order, merged at the end.
 */
#ifndef TCPWATCH_EXPORT_PERFETTO_SPOOL_H
#define TCPWATCH_EXPORT_PERFETTO_SPOOL_H

#include "user/base/json.h"

struct spool_entry {
	uint64_t time_ns;
	uint64_t offset; /* of its text */
};

#define SPOOL_RUN 65536

struct spool {
	FILE *file;
	struct json json;
	struct spool_entry *entries; /* SPOOL_RUN, of which count are not in a run yet */
	size_t count;
	FILE *index; /* runs of SPOOL_RUN entries, but for the last one */
	uint64_t indexed;
	uint64_t first_ns; /* time of the first event; UINT64_MAX: none */
	bool failed;	   /* a temporary file could not be written */
};

/* spool: zeroed. 0 or negative errno. */
int spool_open(struct spool *spool);

/* Begins an event of the kind ph, and closes it. Members go to what it returns. */
struct json *spool_event(struct spool *spool, const char *ph, uint64_t time_ns);
void spool_event_end(struct spool *spool);

/* A member in microseconds with three decimals, written from integers. */
void spool_duration(struct spool *spool, const char *name, uint64_t ns);

/* After the last event: the time of the first one, 0 without any. */
uint64_t spool_sort(struct spool *spool);

/* All events, each behind a comma and a newline, times relative to base_ns. 0 or negative errno. */
int spool_write(struct spool *spool, FILE *stream, uint64_t base_ns);

/* Accepts one that is not open. */
void spool_close(struct spool *spool);

#endif
