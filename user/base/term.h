/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the terminal can do: width, colour, character set. */
#ifndef TCPWATCH_BASE_TERM_H
#define TCPWATCH_BASE_TERM_H

#include <stdbool.h>
#include <stddef.h>

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct term {
	int columns; /* 80 when not a terminal */
	int rows;    /* 24 when not a terminal */
	bool color;
	bool utf8;
	bool tty;
};

/*
 * Looks at fd and the environment: colour only on a terminal, when NO_COLOR is
 * empty and TERM is not "dumb", unless choice says otherwise; UTF-8 when the
 * locale's character set is and ascii is false. Call setlocale(LC_CTYPE, "")
 * before.
 */
void term_look(struct term *term, int fd, enum color_choice choice, bool ascii);

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_BLUE,
	STYLE_MAGENTA,
	STYLE_CYAN
};

/* The escape sequence that turns style on, or "" without colour. STYLE_PLAIN resets. */
const char *term_style(const struct term *term, enum style style);

/* Columns that UTF-8 text takes (wcwidth), escape sequences not counted. */
int term_width(const char *text);

#endif
