/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pictures, pages and packets. Of a picture, that it is well-formed XML of
 * elements that only draw; of a page, that nothing but its own frame is markup;
 * of packets, that blocks and options fit into each other.
 */
#include "tests/unit/judge.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "user/export/html_page.h"

#define DEPTH_MAX 32
#define NAME_SIZE 16

struct markup {
	const char *at;
	int depth;
	char open[DEPTH_MAX][NAME_SIZE];
};

static bool entity(const char *at)
{
	static const char *const known[] = { "&lt;", "&gt;", "&amp;", "&quot;", "&#39;", "&apos;" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(at, known[i], strlen(known[i])))
			return true;
	return false;
}

/* Text up to a letter that is in ends. */
static const char *take_text(struct markup *markup, const char *ends)
{
	for (; *markup->at && !strchr(ends, *markup->at); markup->at++) {
		if (*markup->at == '<')
			return "a < in a value";
		if (*markup->at == '&' && !entity(markup->at))
			return "an & that begins no entity";
	}
	return NULL;
}

static const char *take_attributes(struct markup *markup)
{
	const char *wrong = NULL;

	while (!wrong && *markup->at && !strchr("/>", *markup->at)) {
		size_t name;

		markup->at += strspn(markup->at, " \n");
		name = strspn(markup->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789-:");
		if (!name || strncmp(markup->at + name, "=\"", 2))
			return "an attribute that is none";
		if (!strncmp(markup->at, "on", 2) || !strncmp(markup->at, "href", 4))
			return "an attribute that acts";
		markup->at += name + 2;
		wrong = take_text(markup, "\"");
		markup->at += *markup->at == '"';
	}
	return wrong;
}

static bool draws(const char *name)
{
	static const char *const known[] = { "svg",    "title",	  "desc",    "style",	 "g",
					     "rect",   "line",	  "path",    "polyline", "polygon",
					     "circle", "ellipse", "text",    "tspan",	 "defs",
					     "marker", "pattern", "clipPath" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(name, known[i]))
			return true;
	return false;
}

static const char *take_tag(struct markup *markup)
{
	bool closes = *markup->at == '/';
	char name[NAME_SIZE] = "";
	const char *wrong;
	size_t length;

	markup->at += closes;
	length = strspn(markup->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (!length || length >= NAME_SIZE || markup->depth == DEPTH_MAX)
		return "a tag that is none";
	memcpy(name, markup->at, length);
	markup->at += length;
	if (!draws(name))
		return "an element that does more than draw";
	wrong = take_attributes(markup);
	if (wrong)
		return wrong;
	if (closes && (!markup->depth || strcmp(markup->open[--markup->depth], name)))
		return "a tag that closes another one";
	if (!closes && *markup->at != '/')
		strcpy(markup->open[markup->depth++], name);
	markup->at += *markup->at == '/';
	return *markup->at++ == '>' ? NULL : "a tag without an end";
}

const char *judge_svg(const char *text, size_t size)
{
	struct markup markup = { .at = text };
	const char *wrong = judge_text(text, size);

	if (!wrong && strlen(text) != size)
		wrong = "a NUL";
	if (!wrong && !strncmp(text, "<?xml", 5))
		markup.at = strstr(text, "?>") ? strstr(text, "?>") + 2 : text;
	while (!wrong && *markup.at) {
		wrong = take_text(&markup, "<");
		if (!wrong && *markup.at++ == '<')
			wrong = take_tag(&markup);
		else
			break;
	}
	if (!wrong && markup.depth)
		wrong = "an element that is not closed";
	return wrong;
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t decode(uint8_t *out, const char *text, size_t length)
{
	uint32_t group = 0;
	size_t used = 0;

	for (size_t i = 0; i < length && text[i] != '='; i++) {
		group = group << 6 | (uint32_t)(strchr(base64, text[i]) - base64);
		if (i % 4)
			out[used++] = (uint8_t)(group >> (6 - 2 * (i % 4)));
	}
	return used;
}

/* Facts are one JSON object in each line. */
static const char *judge_facts(const char *text, size_t length)
{
	static char facts[16 << 20];
	uint8_t *packed = malloc(length + 1);
	uLongf size = sizeof(facts) - 1;
	const char *wrong = "facts that can't be unpacked";

	if (packed &&
	    uncompress((Bytef *)facts, &size, packed, decode(packed, text, length)) == Z_OK) {
		facts[size] = '\0';
		wrong = judge_json_lines(facts, size);
	}
	free(packed);
	return wrong;
}

/* A script that is only data: base64 between its tags. */
static const char *judge_data(const char **at)
{
	static const char begin[] = "<script type=\"text/plain\" ", end[] = "</script>\n";
	size_t length = strcspn(*at, ">\n"), packed;
	const char *wrong = NULL;
	bool facts;

	if (strncmp(*at, begin, strlen(begin)) || (*at)[length] != '>')
		return "foreign markup in the page";
	facts = memmem(*at, length, "\"facts\"", 7);
	*at += length + 1;
	packed = strspn(*at, base64);
	packed += strspn(*at + packed, "=");
	if (facts)
		wrong = judge_facts(*at, packed);
	*at += packed;
	if (strncmp(*at, end, strlen(end)))
		return "foreign bytes in the page";
	*at += strlen(end);
	return wrong;
}

const char *judge_html(const char *text, size_t size)
{
	size_t head = (size_t)(page_head_end - page_head);
	size_t tail = (size_t)(page_tail_end - page_tail);
	const char *end = text + size - tail, *wrong = NULL;

	if (size < head + tail || memcmp(text, page_head, head) || memcmp(end, page_tail, tail))
		return "a page in another frame";
	text += head;
	while (text < end && !wrong)
		wrong = judge_data(&text);
	return wrong;
}

static uint32_t u32(const char *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

static uint16_t u16(const char *at)
{
	uint16_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

/* Options from at to end; code 1 is a comment, and 2 to 4 are text outside of packets. */
static const char *judge_options(const char *at, const char *end, bool packet)
{
	while (end - at >= 4 && u16(at)) {
		size_t length = u16(at + 2), padded = (length + 3) & ~(size_t)3;

		if (padded > (size_t)(end - at) - 4)
			return "an option that is longer than its block";
		if (u16(at) == 1 || (!packet && u16(at) <= 4)) {
			const char *wrong = judge_text(at + 4, length);

			if (wrong)
				return wrong;
		}
		at += 4 + padded;
	}
	return end - at == 4 || end == at ? NULL : "something behind the options";
}

static const char *judge_block(uint32_t type, const char *body, const char *end)
{
	size_t room = (size_t)(end - body), captured;

	switch (type) {
	case 0x0a0d0d0a:
		return room < 16 ? "a short block" : judge_options(body + 16, end, false);
	case 1:
		return room < 8 ? "a short block" : judge_options(body + 8, end, false);
	case 5:
		return room < 12 ? "a short block" : judge_options(body + 12, end, true);
	case 6:
		captured = room < 20 ? SIZE_MAX : (u32(body + 12) + 3u) & ~3u;
		if (captured > room - 20 || u32(body + 12) > u32(body + 16))
			return "a packet that does not fit its block";
		return judge_options(body + 20 + captured, end, true);
	}
	return "a block of another type";
}

const char *judge_pcapng(const char *text, size_t size)
{
	const char *end = text + size, *wrong = NULL;

	if (size < 28 || u32(text) != 0x0a0d0d0a)
		return "no section at the beginning";
	while (text < end && !wrong) {
		size_t left = (size_t)(end - text), length = left < 12 ? 0 : u32(text + 4);

		if (length < 12 || length % 4 || length > left || u32(text + length - 4) != length)
			return "a block whose lengths are wrong";
		wrong = judge_block(u32(text), text + 8, text + length - 4);
		text += length;
	}
	return wrong;
}
