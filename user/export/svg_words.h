/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fixed words of the pictures, one table for each language; sentences are the model's. */
#ifndef TCPWATCH_EXPORT_SVG_WORDS_H
#define TCPWATCH_EXPORT_SVG_WORDS_H

#include "user/model/words.h"

enum svg_word {
	SVG_WORD_AXIS, /* what the picture is, for those who can't see it */
	SVG_WORD_LADDER,
	SVG_WORD_BYTES, /* titles of the panels; {0}: the receiver's role */
	SVG_WORD_MEMORY,
	SVG_WORD_CALLS,
	SVG_WORD_BAND, /* and one for each enum svg_band */
	SVG_WORD_BAND_LAST = SVG_WORD_BAND + 4,
	SVG_WORD_ACKED, /* the lowest band, when the receiver is not traced */
	SVG_WORD_UNACKED,
	SVG_WORD_LIMIT, /* {0} bytes */
	SVG_WORD_NOT_READ,
	SVG_WORD_NOT_ACKED,
	SVG_WORD_ALL_READ,
	SVG_WORD_ALL_ACKED,
	SVG_WORD_NO_DATA,
	SVG_WORD_NO_SAMPLES,
	SVG_WORD_LOST,	  /* {0} records */
	SVG_WORD_SHARE,	  /* the height of a call bar */
	SVG_WORD_RUNNING, /* of a call that had not returned */
	SVG_WORD_CHOSEN,  /* {0} number, {1} how many */
	SVG_WORD_ZERO,	  /* {0} an offset on the capture's axis */
	SVG_WORD_SHOWN,	  /* {0} rows of {1} */
	SVG_WORD_SEEN,	  /* {0} events */
	SVG_WORD_COUNT
};

const char *svg_word(enum lang lang, enum svg_word word);

/* With its arguments; the list ends with NULL. Returns text. */
char *svg_word_fill(char *text, size_t size, enum lang lang, enum svg_word word, ...)
	__attribute__((sentinel));

#endif
