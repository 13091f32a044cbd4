/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events in the order in which they become known, given back in the order of
 * their times: a call is known when it returns, but stands where it began. The
 * text lies in an unnamed temporary file, 16 bytes for each event in memory.
 */
#ifndef TCPWATCH_EXPORT_PERFETTO_SPOOL_H
#define TCPWATCH_EXPORT_PERFETTO_SPOOL_H

#include "user/base/json.h"

struct spool_entry {
	uint64_t time_ns;
	uint64_t offset; /* of its text */
};

struct spool {
	FILE *file;
	struct json json;
	struct spool_entry *entries;
	size_t count, room;
	bool failed; /* no memory */
};

/* spool: zeroed. 0 or negative errno. */
int spool_open(struct spool *spool);

/* Begins an event of the kind ph, and closes it. Members go to what it returns. */
struct json *spool_event(struct spool *spool, const char *ph, uint64_t time_ns);
void spool_event_end(struct spool *spool);

/* A member in microseconds with three decimals, written from integers. */
void spool_duration(struct spool *spool, const char *name, uint64_t ns);

/* Puts the events in order; the time of the first one, 0 without any. */
uint64_t spool_sort(struct spool *spool);

/* All events, each behind a comma and a newline, times relative to base_ns. 0 or negative errno. */
int spool_write(struct spool *spool, FILE *stream, uint64_t base_ns);

/* Accepts one that is not open. */
void spool_close(struct spool *spool);

#endif
