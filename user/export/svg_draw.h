/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shapes and text as SVG elements. Foreign text comes out as text, never as
 * markup. Errors stay in the stream.
 */
#ifndef TCPWATCH_EXPORT_SVG_DRAW_H
#define TCPWATCH_EXPORT_SVG_DRAW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "user/model/words.h"

struct svg {
	FILE *stream;
	enum lang lang;
};

enum svg_anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

/* Of text: any of these, or'ed. */
#define SVG_BOLD 1
#define SVG_DIM 2
#define SVG_MONO 4
#define SVG_WHITE 8
#define SVG_RED 16
#define SVG_HALO 32 /* a white rim, for text on a picture */

/* title: what the picture says; description: what it shows. Both are read aloud. */
void svg_open(struct svg *svg, const char *title, const char *description);
void svg_close(struct svg *svg);

void svg_rect(struct svg *svg, double x, double y, double width, double height, const char *fill);

/* A rectangle that says tip when it is pointed at. */
void svg_rect_tip(struct svg *svg, double x, double y, double width, double height,
		  const char *fill, const char *tip);

/* dash: as stroke-dasharray has it; NULL: solid */
void svg_line(struct svg *svg, double x1, double y1, double x2, double y2, const char *stroke,
	      double width, const char *dash);

void svg_text(struct svg *svg, double x, double y, int size, enum svg_anchor anchor, int style,
	      const char *text);

/* text with the characters that XML reserves written as references. */
void svg_escape(FILE *stream, const char *text);

/* Pixels that text takes, at least: an estimate for a wide sans-serif font. */
double svg_text_width(const char *text, int size, bool bold);

#define SVG_LINES 6
#define SVG_LINE_SIZE 512

/*
 * Breaks text at blanks, and between wide characters, so that each line fits
 * width. Returns the number of lines; what needs more than SVG_LINES is cut.
 */
int svg_wrap(char lines[SVG_LINES][SVG_LINE_SIZE], const char *text, int size, bool bold,
	     double width);

#endif
