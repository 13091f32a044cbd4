/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The numbers of both pictures: places and sizes in pixels, colours, and the
 * order of the bands. Whoever draws the same picture elsewhere takes them
 * from here. No colour stands alone: bands differ by pattern and place too,
 * states carry their names.
 */
#ifndef TCPWATCH_EXPORT_SVG_LAYOUT_H
#define TCPWATCH_EXPORT_SVG_LAYOUT_H

#include "user/model/connection.h"

/* A stretch from top to bottom. */
struct svg_panel {
	int y, height;
};

/* One lane for each end. */
struct svg_lanes {
	int y, step, height;
};

struct svg_layout {
	int width, height;
	int left, right; /* of the time axis, and of all text */
	int margin;
	struct svg_panel head; /* the verdict */
	int who_y;	       /* base line: the two ends */
	int legend_y;	       /* base line */
	int ticks_top_y, ticks_bottom_y;
	struct svg_panel grid;
	struct svg_lanes states;
	struct svg_panel bytes, memory;
	struct svg_lanes calls;
	int foot_y; /* base line */
	/* the ladder */
	struct svg_panel rows;
	int names_y; /* base line of the upper line above the lifelines */
	int life_x[END_COUNT], life_width;
	int slant; /* how far an arrow falls */
};

extern const struct svg_layout svg_layout;

/* Where a byte can be, from the bottom of the stack to its top. */
enum svg_band { BAND_READ, BAND_QUEUE, BAND_FLIGHT, BAND_UNSENT, BAND_PROGRAM, BAND_COUNT };

struct svg_band_look {
	const char *fill;
	const char *pattern; /* path in a cell of 8 by 8; NULL: plain */
	const char *stroke;  /* of the pattern */
};

extern const struct svg_band_look svg_bands[BAND_COUNT];

/* Fill behind a state's name in white; of states that are not TCP's: grey. */
const char *svg_state_fill(unsigned int state);

/* Send calls, receive calls, others. */
enum svg_call_class { CLASS_SEND, CLASS_RECEIVE, CLASS_OTHER, CLASS_COUNT };

extern const char *const svg_call_fills[CLASS_COUNT];

#define SVG_INK "#15191e"
#define SVG_MUTED "#55606d"
#define SVG_GRID "#e7eaee"
#define SVG_ACCENT "#0b5cad"
#define SVG_BAD "#b3261e"
#define SVG_LOST "#c9ced6"

#endif
