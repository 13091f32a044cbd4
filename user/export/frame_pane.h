/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last lines that the command wrote, for the bottom of the frame. What
 * steers a terminal is left out: the bytes themselves are kept elsewhere.
 */
#ifndef TCPWATCH_EXPORT_FRAME_PANE_H
#define TCPWATCH_EXPORT_FRAME_PANE_H

#include <stddef.h>
#include <stdint.h>

#define PANE_LINES 128
#define PANE_LINE_SIZE 500

struct pane {
	char line[PANE_LINES][PANE_LINE_SIZE]; /* raw bytes, hostile; a ring */
	uint64_t count;			       /* lines begun */
	size_t used;			       /* bytes of the last one */
	enum { PANE_TEXT, PANE_ESCAPE, PANE_CSI, PANE_STRING } within;
	char before; /* last byte */
};

/* pane: zero-initialised. */
void pane_add(struct pane *pane, const char *bytes, size_t length);

/* Lines that are kept, the last one only if something stands in it. */
int pane_lines(const struct pane *pane);

/* index: from 0, the oldest that is kept. */
const char *pane_line(const struct pane *pane, int index);

#endif
