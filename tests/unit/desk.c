/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tests/unit/desk.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"

int desk_open(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	assert_non_null(desk);
	setlocale(LC_CTYPE, "C.UTF-8");
	story_fill(&desk->story);
	assert_int_equal(trace_open(&desk->trace, &desk->story.info, NULL, NULL), 0);
	*state = desk;
	return 0;
}

int desk_close(void **state)
{
	struct desk *desk = *state;

	paper_free(&desk->paper);
	trace_close(desk->trace);
	free(desk);
	return 0;
}

struct view *desk_begin(struct desk *desk, int columns, bool utf8, enum lang lang)
{
	paper_free(&desk->paper);
	paper_open(&desk->paper, columns, utf8);
	desk->paper.target.lang = lang;
	desk->view = view_open(&desk->paper.target, &desk->story.info);
	assert_non_null(desk->view);
	desk->view->zero_ns = STORY_ZERO_NS;
	return desk->view;
}

const char *desk_finish(struct desk *desk)
{
	assert_int_equal(view_close(desk->view), 0);
	paper_close(&desk->paper);
	return desk->paper.text;
}

void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

void assert_fits(const char *text, int columns)
{
	if (paper_columns(text) > columns)
		fail_msg("%d columns where %d are:\n%s", paper_columns(text), columns, text);
}
