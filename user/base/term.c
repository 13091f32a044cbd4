/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the terminal can do. Sixteen theme colours only, which every theme
 * keeps readable; refuses terminfo, because its questions are answered here.
 */
#include "user/base/term.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "user/base/utf8.h"

static bool colors_wanted(enum color_choice choice, bool tty)
{
	const char *no_color = getenv("NO_COLOR"), *name = getenv("TERM");

	if (choice != COLOR_AUTO)
		return choice == COLOR_ALWAYS;
	return tty && !(no_color && *no_color) && name && *name && strcmp(name, "dumb");
}

void term_look(struct term *term, int fd, enum color_choice choice, bool ascii)
{
	struct winsize size = { 0 };

	term->tty = isatty(fd);
	if (term->tty)
		ioctl(fd, TIOCGWINSZ, &size);
	term->columns = size.ws_col ? size.ws_col : 80;
	term->rows = size.ws_row ? size.ws_row : 24;
	term->color = colors_wanted(choice, term->tty);
	term->utf8 = !ascii && !strcmp(nl_langinfo(CODESET), "UTF-8");
}

const char *term_style(const struct term *term, enum style style)
{
	static const char *const sequences[] = {
		[STYLE_PLAIN] = "\033[0m",  [STYLE_BOLD] = "\033[1m",
		[STYLE_DIM] = "\033[2m",    [STYLE_RED] = "\033[31m",
		[STYLE_GREEN] = "\033[32m", [STYLE_YELLOW] = "\033[33m",
		[STYLE_BLUE] = "\033[34m",  [STYLE_MAGENTA] = "\033[35m",
		[STYLE_CYAN] = "\033[36m",
	};

	return term->color ? sequences[style] : "";
}

/* Bytes of the escape sequence at text, which starts with ESC (ECMA-48, section 5.4). */
static size_t escape_length(const char *text)
{
	size_t length = 2;

	if (text[1] != '[')
		return text[1] ? 2 : 1;
	while (text[length] >= 0x20 && text[length] <= 0x3f)
		length++;
	return text[length] >= 0x40 && text[length] <= 0x7e ? length + 1 : length;
}

/* For locales in which wcwidth(3) knows ASCII only: East Asian Width W and F (UAX #11). */
static bool wide(uint32_t code)
{
	static const uint32_t ranges[][2] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf }, { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f }, { 0x20000, 0x3fffd },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (code >= ranges[i][0] && code <= ranges[i][1])
			return true;
	return false;
}

static int code_width(uint32_t code)
{
	int width = wcwidth((wchar_t)code);

	if (width >= 0)
		return width;
	if (utf8_steers(code))
		return 0;
	return wide(code) ? 2 : 1;
}

int term_width(const char *text)
{
	size_t left = strlen(text);
	int width = 0, taken;
	uint32_t code;

	while (left) {
		if (*text == '\033') {
			taken = (int)escape_length(text);
		} else {
			taken = utf8_decode(text, left, &code);
			width += taken ? code_width(code) : 1;
		}
		taken += !taken;
		text += taken;
		left -= (size_t)taken;
	}
	return width;
}
