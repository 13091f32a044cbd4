/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The story, paper to write it on, and what a test of a view says of the text. */
#ifndef TCPWATCH_TESTS_DESK_H
#define TCPWATCH_TESTS_DESK_H

#include "tests/unit/story.h"
#include "user/export/text.h"

struct desk {
	struct story story;
	struct paper paper;
	struct trace *trace; /* empty */
	struct view *view;   /* between desk_begin and desk_finish */
	void *context;	     /* of an output that the test opens */
};

/* For cmocka: *state is a desk. */
int desk_open(void **state);
int desk_close(void **state);

/* A fresh page; what was written before is thrown away. */
struct view *desk_begin(struct desk *desk, int columns, bool utf8, enum lang lang);

/* The page, valid until the next one. */
const char *desk_finish(struct desk *desk);

void assert_has(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);
void assert_fits(const char *text, int columns);

#endif
