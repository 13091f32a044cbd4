/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs of entries, each in order in a file, read as one row that is in order. */
#ifndef TCPWATCH_EXPORT_PERFETTO_RUNS_H
#define TCPWATCH_EXPORT_PERFETTO_RUNS_H

#include "user/export/perfetto_spool.h"

struct runs;

/* By time, then by place in the text: the order in which they came. */
int spool_compare(const struct spool_entry *a, const struct spool_entry *b);

/*
 * The file at fd, which stays open, holds count entries in runs of run, the last
 * of which may be shorter. 0 or -ENOMEM.
 */
int runs_open(struct runs **runs, int fd, uint64_t count, uint64_t run);

/* NULL: there is none left, or reading failed. Valid until the next call. */
const struct spool_entry *runs_next(struct runs *runs);

/* 0, or the negative errno of a failed read. */
int runs_close(struct runs *runs);

#endif
