/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Puts records in the order of their times. Processors share one ring and read
 * the clock after they took their place in it, so neighbours can be swapped
 * by microseconds. A record is held until one arrives that is 1 ms younger;
 * what comes out depends on the sequence of records alone, so a live run and
 * its replay give the same order. At most 8192 records are held. One that is
 * older than what was handed on already goes on at once (LOST comes late).
 */
#ifndef TCPWATCH_CAPTURE_ORDER_H
#define TCPWATCH_CAPTURE_ORDER_H

#include <stdbool.h>

#include "user/capture/decode.h"

struct order;

/* Returns 0 or -ENOMEM. */
int order_open(struct order **order, void (*out)(void *context, const union record *record),
	       void *context);

/* Takes one record; hands on all that are 1 ms older, in order. 0 or -ENOMEM. */
int order_add(struct order *order, const union record *record);

/* Hands on all that are held: at the end, or when nothing has come for longer than 1 ms. */
void order_flush(struct order *order);

/* Accepts NULL. Does not flush. */
void order_close(struct order *order);

#endif
