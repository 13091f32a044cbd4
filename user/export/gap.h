/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a ladder says between two rows: how many are missing, or that nothing happened. */
#ifndef TCPWATCH_EXPORT_GAP_H
#define TCPWATCH_EXPORT_GAP_H

#include <stddef.h>

#include "user/model/ladder.h"
#include "user/model/words.h"

#define GAP_PAUSE_NS 10000000 /* a silence of this length gets a row of its own */

/* Rows that are left out are always told of, time only where it is long. */
bool gap_told(const struct ladder_gap *gap, uint64_t pause_ns);

/* Its words. dots: what stands at both sides where something is not shown. Returns text. */
char *gap_words(char *text, size_t size, enum lang lang, const char *dots,
		const struct ladder_gap *gap);

#endif
