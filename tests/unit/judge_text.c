/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Characters one by one: UTF-8 by RFC 3629, terminals, cells of RFC 4180. */
#include "tests/unit/judge.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the character at text, 0: it is none. */
static size_t character(const unsigned char *text, size_t size, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = *text < 0x80	       ? 1
			: (*text >> 5) == 0x06 ? 2
			: (*text >> 4) == 0x0e ? 3
			: (*text >> 3) == 0x1e ? 4
					       : 0;

	if (!length || length > size)
		return 0;
	*code = length == 1 ? *text : *text & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (*code < smallest[length] || *code > 0x10ffff || (*code >> 11) == 0x1b)
		return 0;
	return length;
}

/* C0, DEL, C1, and what reorders or ends lines. */
static bool steers(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
	       code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static const char *walk(const char *text, size_t size, bool color)
{
	size_t at = 0, length;
	uint32_t code;

	while (at < size) {
		length = character((const unsigned char *)text + at, size - at, &code);
		if (!length)
			return "a byte that is no UTF-8";
		if (color && code == 0x1b && at + 1 < size && text[at + 1] == '[') {
			length = 2 + strspn(text + at + 2, "0123456789;");
			if (text[at + length++] != 'm')
				return "an escape sequence that is no colour";
		} else if (code != '\n' && steers(code)) {
			return "a character that steers";
		}
		at += length;
	}
	return NULL;
}

const char *judge_text(const char *text, size_t size)
{
	return walk(text, size, false);
}

const char *judge_view(const char *text, size_t size)
{
	return walk(text, size, true);
}

/* A number may begin with a sign; text must not. */
static bool executes(const char *cell, size_t length)
{
	return length && strchr("=+-@\t\r", cell[0]) &&
	       (cell[0] != '-' || strspn(cell + 1, "0123456789.") < length - 1);
}

/* Goes behind the cell; *cell and *length are what is in it. NULL: not well formed. */
static const char *take_cell(const char *at, const char **cell, size_t *length)
{
	bool quoted = *at == '"';

	*cell = at += quoted;
	if (!quoted) {
		*length = strcspn(at, ",\n");
		return memchr(at, '"', *length) ? NULL : at + *length;
	}
	for (; *at && (*at != '"' || at[1] == '"'); at++)
		at += *at == '"';
	*length = (size_t)(at - *cell);
	return *at && strchr(",\n", at[1]) ? at + 1 : NULL;
}

const char *judge_csv(const char *text, size_t size)
{
	const char *wrong = judge_text(text, size), *at = text, *cell;
	size_t columns = 0, cells = 0, length;

	if (wrong)
		return wrong;
	if (!size || text[size - 1] != '\n' || strlen(text) != size)
		return "a table whose last line is not whole";
	while (at < text + size) {
		at = take_cell(at, &cell, &length);
		if (!at)
			return "a cell with quotes in the wrong place";
		if (executes(cell, length))
			return "a cell that a spreadsheet executes";
		cells++;
		if (*at++ == ',')
			continue;
		columns = columns ? columns : cells;
		if (cells != columns)
			return "a row with other columns than the first";
		cells = 0;
	}
	return NULL;
}
