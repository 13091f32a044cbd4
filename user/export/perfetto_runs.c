/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A heap of runs, the one with the first entry on top; of each run a few entries in memory. */
#include "user/export/perfetto_runs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_ENTRIES 128

struct run {
	uint64_t next, end; /* entries of the file, that are not read yet */
	int at, filled;
	struct spool_entry read[READ_ENTRIES];
};

struct runs {
	int fd, err;
	struct run *all;
	struct run **heap;
	size_t count;
	struct spool_entry entry; /* the last one given out */
};

int spool_compare(const struct spool_entry *a, const struct spool_entry *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* False: the run is at its end. */
static bool fill(struct runs *runs, struct run *run)
{
	uint64_t left = run->end - run->next, wanted = left < READ_ENTRIES ? left : READ_ENTRIES;
	size_t bytes = wanted * sizeof(run->read[0]);
	ssize_t got = pread(runs->fd, run->read, bytes, (off_t)(run->next * sizeof(run->read[0])));

	if (got != (ssize_t)bytes) {
		runs->err = got < 0 ? -errno : -EIO;
		return false;
	}
	run->at = 0;
	run->filled = (int)wanted;
	run->next += wanted;
	return wanted > 0;
}

static bool before(const struct run *a, const struct run *b)
{
	return spool_compare(&a->read[a->at], &b->read[b->at]) < 0;
}

static void sink(struct runs *runs, size_t at)
{
	struct run **heap = runs->heap;

	for (;;) {
		size_t child = 2 * at + 1;
		struct run *run = heap[at];

		if (child + 1 < runs->count && before(heap[child + 1], heap[child]))
			child++;
		if (child >= runs->count || !before(heap[child], run))
			return;
		heap[at] = heap[child];
		heap[child] = run;
		at = child;
	}
}

static void begin(struct runs *runs, uint64_t count, uint64_t run_entries)
{
	struct run *run = runs->all;

	for (uint64_t at = 0; at < count; at += run_entries, run++) {
		run->next = at;
		run->end = at + run_entries < count ? at + run_entries : count;
		if (fill(runs, run))
			runs->heap[runs->count++] = run;
	}
	for (size_t i = runs->count / 2; i-- > 0;)
		sink(runs, i);
}

int runs_open(struct runs **out, int fd, uint64_t count, uint64_t run_entries)
{
	size_t number = (size_t)((count + run_entries - 1) / run_entries);
	struct runs *runs = calloc(1, sizeof(*runs));

	*out = runs;
	if (!runs)
		return -ENOMEM;
	runs->fd = fd;
	runs->all = calloc(number, sizeof(runs->all[0]));
	runs->heap = calloc(number, sizeof(struct run *));
	if (number && (!runs->all || !runs->heap)) {
		runs_close(runs);
		return -ENOMEM;
	}
	begin(runs, count, run_entries);
	return 0;
}

const struct spool_entry *runs_next(struct runs *runs)
{
	struct run *run;

	if (!runs->count || runs->err)
		return NULL;
	run = runs->heap[0];
	runs->entry = run->read[run->at++];
	if (run->at == run->filled && !fill(runs, run))
		runs->heap[0] = runs->heap[--runs->count];
	if (runs->count)
		sink(runs, 0);
	return &runs->entry;
}

int runs_close(struct runs *runs)
{
	int err = runs->err;

	free(runs->all);
	free(runs->heap);
	free(runs);
	return err;
}
