/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* JSON by RFC 8259, read with a stack of brackets; numbers by their first letters. */
#include "tests/unit/judge.h"

#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 64

struct parser {
	const char *at, *end;
	const char *wrong;
	int depth;
};

static void value(struct parser *parser);

static void fail(struct parser *parser, const char *wrong)
{
	if (!parser->wrong)
		parser->wrong = wrong;
	parser->at = parser->end;
}

static bool next_is(struct parser *parser, char letter)
{
	if (parser->at == parser->end || *parser->at != letter)
		return false;
	parser->at++;
	return true;
}

static void blank(struct parser *parser)
{
	while (parser->at < parser->end && strchr(" \n", *parser->at))
		parser->at++;
}

static void escape(struct parser *parser)
{
	size_t digits = 0;

	if (parser->at < parser->end && strchr("\"\\/bfnrt", *parser->at)) {
		parser->at++;
		return;
	}
	if (next_is(parser, 'u'))
		digits = strspn(parser->at, "0123456789abcdefABCDEF");
	if (digits < 4)
		fail(parser, "a backslash that escapes nothing");
	else
		parser->at += 4;
}

static void string(struct parser *parser)
{
	if (!next_is(parser, '"'))
		fail(parser, "no string where one must be");
	while (parser->at < parser->end && *parser->at != '"') {
		unsigned char letter = (unsigned char)*parser->at++;

		if (letter < 0x20)
			fail(parser, "a control character in a string");
		else if (letter == '<')
			fail(parser, "a < that could end a script");
		else if (letter == '\\')
			escape(parser);
	}
	if (!next_is(parser, '"'))
		fail(parser, "a string without an end");
}

static void number(struct parser *parser)
{
	size_t length;

	next_is(parser, '-');
	length = strspn(parser->at, "0123456789");
	if (!length || (*parser->at == '0' && length > 1))
		fail(parser, "no value where one must be");
	else
		parser->at += length;
	if (!next_is(parser, '.'))
		return;
	length = strspn(parser->at, "0123456789");
	if (!length)
		fail(parser, "a number that ends with a point");
	else
		parser->at += length;
}

static bool word(struct parser *parser, const char *text)
{
	size_t length = strlen(text);

	if ((size_t)(parser->end - parser->at) < length || memcmp(parser->at, text, length))
		return false;
	parser->at += length;
	return true;
}

static void inside(struct parser *parser, char last, bool named)
{
	blank(parser);
	if (next_is(parser, last))
		return;
	do {
		blank(parser);
		if (named) {
			string(parser);
			blank(parser);
			if (!next_is(parser, ':'))
				fail(parser, "a name without a value");
		}
		value(parser);
		blank(parser);
	} while (next_is(parser, ','));
	if (!next_is(parser, last))
		fail(parser, "a bracket that is not closed");
}

static void value(struct parser *parser)
{
	blank(parser);
	if (++parser->depth > DEPTH_MAX)
		fail(parser, "too deep");
	else if (next_is(parser, '{'))
		inside(parser, '}', true);
	else if (next_is(parser, '['))
		inside(parser, ']', false);
	else if (parser->at < parser->end && *parser->at == '"')
		string(parser);
	else if (!word(parser, "true") && !word(parser, "false") && !word(parser, "null"))
		number(parser);
	parser->depth--;
}

const char *judge_json(const char *text, size_t size)
{
	struct parser parser = { .at = text, .end = text + size };
	const char *wrong = judge_text(text, size);

	if (wrong)
		return wrong;
	value(&parser);
	blank(&parser);
	if (!parser.wrong && parser.at != parser.end)
		return "something behind the value";
	return parser.wrong;
}

const char *judge_json_lines(const char *text, size_t size)
{
	const char *end = text + size, *wrong = NULL;

	if (!size || end[-1] != '\n')
		return "a last line that is not whole";
	while (text < end && !wrong) {
		size_t length = strcspn(text, "\n");

		wrong = judge_json(text, length);
		text += length + 1;
	}
	return wrong;
}
