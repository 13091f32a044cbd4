/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Thins the rows of bytes.csv: of each direction and interval of time it lets
 * pass the first, the last, and those with the extremes of the send buffer and
 * of the peer's queue, so a thinned curve still touches every peak.
 */
#ifndef TCPWATCH_EXPORT_THIN_H
#define TCPWATCH_EXPORT_THIN_H

#include "user/model/connection.h"

struct thin;

/* every_ns: more than 0. out takes the rows in the order of their times. 0 or -ENOMEM. */
int thin_open(struct thin **thin, uint64_t every_ns,
	      void (*out)(void *context, const struct bytes *bytes), void *context);

/* 0 or -ENOMEM. */
int thin_add(struct thin *thin, const struct bytes *bytes);

/* Lets pass what the last interval holds. */
void thin_flush(struct thin *thin);

/* Accepts NULL. Does not flush. */
void thin_close(struct thin *thin);

#endif
