/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A heap of runs, the one with the first entry on top; of each run a few entries in memory. */
#include "user/export/perfetto_merge.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_ENTRIES 128

struct run {
	uint64_t next, end; /* entries of the file, that are not read yet */
	int at, filled;
	struct spool_entry read[READ_ENTRIES];
};

struct merge {
	int fd, err;
	struct run *runs;
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
static bool fill(struct merge *merge, struct run *run)
{
	uint64_t left = run->end - run->next, wanted = left < READ_ENTRIES ? left : READ_ENTRIES;
	size_t bytes = wanted * sizeof(run->read[0]);
	ssize_t got = pread(merge->fd, run->read, bytes, (off_t)(run->next * sizeof(run->read[0])));

	if (got != (ssize_t)bytes) {
		merge->err = got < 0 ? -errno : -EIO;
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

static void sink(struct merge *merge, size_t at)
{
	struct run **heap = merge->heap;

	for (;;) {
		size_t child = 2 * at + 1;
		struct run *run = heap[at];

		if (child + 1 < merge->count && before(heap[child + 1], heap[child]))
			child++;
		if (child >= merge->count || !before(heap[child], run))
			return;
		heap[at] = heap[child];
		heap[child] = run;
		at = child;
	}
}

static void begin(struct merge *merge, uint64_t count, uint64_t run_entries)
{
	struct run *run = merge->runs;

	for (uint64_t at = 0; at < count; at += run_entries, run++) {
		run->next = at;
		run->end = at + run_entries < count ? at + run_entries : count;
		if (fill(merge, run))
			merge->heap[merge->count++] = run;
	}
	for (size_t i = merge->count / 2; i-- > 0;)
		sink(merge, i);
}

int merge_open(struct merge **out, int fd, uint64_t count, uint64_t run_entries)
{
	size_t runs = (size_t)((count + run_entries - 1) / run_entries);
	struct merge *merge = calloc(1, sizeof(*merge));

	*out = merge;
	if (!merge)
		return -ENOMEM;
	merge->fd = fd;
	merge->runs = calloc(runs, sizeof(merge->runs[0]));
	merge->heap = calloc(runs, sizeof(struct run *));
	if (runs && (!merge->runs || !merge->heap)) {
		merge_close(merge);
		return -ENOMEM;
	}
	begin(merge, count, run_entries);
	return 0;
}

const struct spool_entry *merge_next(struct merge *merge)
{
	struct run *run;

	if (!merge->count || merge->err)
		return NULL;
	run = merge->heap[0];
	merge->entry = run->read[run->at++];
	if (run->at == run->filled && !fill(merge, run))
		merge->heap[0] = merge->heap[--merge->count];
	if (merge->count)
		sink(merge, 0);
	return &merge->entry;
}

int merge_close(struct merge *merge)
{
	int err = merge->err;

	free(merge->runs);
	free(merge->heap);
	free(merge);
	return err;
}
