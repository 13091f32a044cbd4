/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON by hand: values in the order in which they come, nothing is stored.
 * Beyond what RFC 8259 demands, "<" and characters that steer a terminal are
 * escaped, so that the text may stand in a web page or on a screen.
 */
#include "user/base/json.h"

#include <string.h>

#include "user/base/utf8.h"

void json_start(struct json *json, FILE *stream)
{
	json->stream = stream;
	json->comma = false;
}

static void put_text(FILE *stream, const char *text, size_t length)
{
	fwrite_unlocked(text, 1, length, stream);
}

/* One or two UTF-16 units, as RFC 8259 section 7 has them. */
static void put_code(FILE *stream, uint32_t code)
{
	if (code > 0xffff) {
		code -= 0x10000;
		fprintf(stream, "\\u%04x", 0xd800 + (code >> 10));
		code = 0xdc00 + (code & 0x3ff);
	}
	fprintf(stream, "\\u%04x", code);
}

static void put_escaped(FILE *stream, uint32_t code)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = code && code < 0x80 ? strchr(plain, (int)code) : NULL;

	if (!found) {
		put_code(stream, code);
		return;
	}
	putc_unlocked('\\', stream);
	putc_unlocked(letters[found - plain], stream);
}

static bool needs_escape(uint32_t code)
{
	return code == '"' || code == '\\' || code == '<' || utf8_steers(code);
}

static void put_string(FILE *stream, const char *text, size_t length)
{
	size_t plain = 0;
	uint32_t code;
	int taken;

	putc_unlocked('"', stream);
	while (plain < length) {
		taken = utf8_decode(text + plain, length - plain, &code);
		if (taken && !needs_escape(code)) {
			plain += (size_t)taken;
			continue;
		}
		put_text(stream, text, plain);
		if (taken)
			put_escaped(stream, code);
		else
			put_text(stream, "\xef\xbf\xbd", 3);
		plain += taken ? (size_t)taken : 1;
		text += plain;
		length -= plain;
		plain = 0;
	}
	put_text(stream, text, length);
	putc_unlocked('"', stream);
}

static void before_value(struct json *json, const char *name)
{
	if (json->comma)
		putc_unlocked(',', json->stream);
	json->comma = true;
	if (!name)
		return;
	put_string(json->stream, name, strlen(name));
	putc_unlocked(':', json->stream);
}

static void open_with(struct json *json, const char *name, char bracket)
{
	before_value(json, name);
	putc_unlocked(bracket, json->stream);
	json->comma = false;
}

static void close_with(struct json *json, char bracket)
{
	putc_unlocked(bracket, json->stream);
	json->comma = true;
}

void json_object(struct json *json, const char *name)
{
	open_with(json, name, '{');
}

void json_object_end(struct json *json)
{
	close_with(json, '}');
}

void json_array(struct json *json, const char *name)
{
	open_with(json, name, '[');
}

void json_array_end(struct json *json)
{
	close_with(json, ']');
}

void json_string(struct json *json, const char *name, const char *value)
{
	json_bytes(json, name, value, PTRDIFF_MAX);
}

void json_bytes(struct json *json, const char *name, const char *value, size_t max_length)
{
	before_value(json, name);
	if (value)
		put_string(json->stream, value, strnlen(value, max_length));
	else
		put_text(json->stream, "null", 4);
}

static void put_number(FILE *stream, uint64_t value, bool negative)
{
	char buffer[24], *end = buffer + sizeof(buffer), *start = end;

	do {
		*--start = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	if (negative)
		*--start = '-';
	put_text(stream, start, (size_t)(end - start));
}

void json_uint(struct json *json, const char *name, uint64_t value)
{
	before_value(json, name);
	put_number(json->stream, value, false);
}

void json_int(struct json *json, const char *name, int64_t value)
{
	before_value(json, name);
	put_number(json->stream, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

void json_bool(struct json *json, const char *name, bool value)
{
	before_value(json, name);
	if (value)
		put_text(json->stream, "true", 4);
	else
		put_text(json->stream, "false", 5);
}

void json_null(struct json *json, const char *name)
{
	before_value(json, name);
	put_text(json->stream, "null", 4);
}

void json_line_end(struct json *json)
{
	putc_unlocked('\n', json->stream);
	json->comma = false;
}
