/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One row of the ladder's picture: its height, and its drawing. */
#ifndef TCPWATCH_EXPORT_SVG_ROWS_H
#define TCPWATCH_EXPORT_SVG_ROWS_H

#include "user/export/svg_picture.h"

/* Percent of the usual height: closer rows would touch. */
#define PLAN_WIDEST 130
#define PLAN_TIGHTEST 70

/* Which rows are shown, and how close to each other. */
struct plan {
	const struct ladder *ladder;
	int percent; /* of a row's usual height */
	int shown;
	uint64_t pause_ns; /* a longer gap is written out */
	bool kept[LADDER_ROWS];
	double y[LADDER_ROWS]; /* the top of each row that is shown */
	double bottom;
};

/* Whether it arrives much later than it leaves. */
bool row_slow(const struct row *row);

int row_height(const struct plan *plan, const struct row *row);
int row_gap_height(const struct plan *plan);

/* y: the top of the row; arrival_y: where a segment that is long on its way ends, or 0 */
void row_draw(struct picture *picture, const struct plan *plan, const struct row *row, double y,
	      double arrival_y);

#endif
