/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines of a frame before they get their places: written through a view like
 * any other text, ranked, and dropped by rank until they fit.
 */
#ifndef TCPWATCH_EXPORT_FRAME_LINES_H
#define TCPWATCH_EXPORT_FRAME_LINES_H

#include "user/export/text.h"

#define LINES_MOST 512

/* What a line is worth; a higher rank is dropped earlier. */
enum rank {
	RANK_MUST,
	RANK_NOW,
	RANK_BUFFER,
	RANK_PLACE,
	RANK_CALL,
	RANK_EMPTY_PLACE,
	RANK_OTHER,
	RANK_BLANK,
	RANK_MINOR,
};

struct lines {
	struct view view; /* write to its stream; then lines_take */
	char *text;
	size_t size, taken;
	int count;
	int table; /* the one that is being written; 0: none */
	int tables;
	struct {
		size_t at;
		int length;
		enum rank rank;
		int table;
		bool title;
	} line[LINES_MOST];
};

/* 0 or -ENOMEM. */
int lines_open(struct lines *lines, const struct view *like, int columns);

/* Accepts one that is not open but zeroed. */
void lines_close(struct lines *lines);

/*
 * Gives rank to what was written since the last call; it must end with a newline.
 * A style that is on at the end of a line need not be turned off: lines_clip does.
 */
void lines_take(struct lines *lines, enum rank rank);

/*
 * The same for the title of a table, which goes when its last row goes. Rows are
 * what is taken from here on until lines_end_table.
 */
void lines_title(struct lines *lines, enum rank rank);
void lines_end_table(struct lines *lines);

/* An empty line. */
void lines_blank(struct lines *lines);

/* Drops lines until at most rows are left. */
void lines_fit(struct lines *lines, int rows);

/* The text of a line, NUL-terminated; changes nothing but the newline behind it. */
const char *lines_text(const struct lines *lines, int index);

/*
 * Writes text cut to columns, escape sequences not counted and all turned off
 * at its end. pad: filled up with blanks. Returns the columns that were taken.
 */
int lines_clip(FILE *stream, const struct term *term, const char *text, int columns, bool pad);

#endif
