/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which sockets have data or a FIN under way though their program has closed them. */
#ifndef TCPWATCH_MODEL_CLOSING_H
#define TCPWATCH_MODEL_CLOSING_H

#include <stdbool.h>

#include "bpf/record.h"
#include "user/model/map.h"

/* Zero-initialised: none. */
struct closing {
	struct map sockets; /* in FIN_WAIT1, CLOSING or LAST_ACK */
};

/* 0 or -ENOMEM. */
int closing_take(struct closing *closing, const struct record_state *state);

static inline bool closing_none(const struct closing *closing)
{
	return !closing->sockets.used;
}

void closing_free(struct closing *closing);

#endif
