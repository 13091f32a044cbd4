/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One row of a ladder as pieces of text: what stands left, between and right of the lifelines. */
#ifndef TCPWATCH_EXPORT_RUNG_H
#define TCPWATCH_EXPORT_RUNG_H

#include "user/export/text.h"

/* Columns of the pieces; the lifelines take one each. */
struct rung_layout {
	int left, area, right;
};

struct rung {
	char left[TEXT_SIZE], area[TEXT_SIZE], right[TEXT_SIZE];
	enum align align; /* of the area */
	enum style style;
};

/* rung: zeroed. Each piece fits its columns. */
void rung_fill(struct rung *rung, const struct view *view, const struct rung_layout *layout,
	       const struct row *row, uint64_t zero_ns);

#endif
