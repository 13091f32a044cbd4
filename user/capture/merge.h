/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Joins the records of all processors into one sequence by time. Each processor
 * hands over spans: many records at once, each span in order, and long after
 * their time. What is older than a time by which all have handed theirs over
 * goes on.
 */
#ifndef TCPWATCH_CAPTURE_MERGE_H
#define TCPWATCH_CAPTURE_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"

struct merge;

/* 0 or -ENOMEM. */
int merge_open(struct merge **merge);

/* Copies a span of whole records. 0, -ENOMEM, or -EBADMSG: a size in it is wrong. */
int merge_add(struct merge *merge, const void *bytes, size_t length);

/*
 * Copies a record that comes by itself, after others of its processor that are younger.
 * All such records are of one size. As merge_add().
 */
int merge_add_late(struct merge *merge, const struct record_header *record, size_t size);

/*
 * Hands on the records that are not younger than until_ns. A negative value
 * from out stops it, and is returned. Else the number of records.
 */
int merge_until(struct merge *merge, uint64_t until_ns,
		int (*out)(void *context, const struct record_header *record), void *context);

/* Bytes that wait. */
size_t merge_held(const struct merge *merge);

/* Accepts NULL. */
void merge_close(struct merge *merge);

#endif
