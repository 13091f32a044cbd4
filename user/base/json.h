/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes JSON (RFC 8259) to a stream: commas and escapes are taken care of.
 * Strings are written as valid UTF-8 whatever bytes come in: an invalid byte
 * becomes U+FFFD. "<" and characters that steer a terminal are always escaped.
 * A string that is NULL becomes null. Errors stay in the stream: see ferror(3).
 */
#ifndef TCPWATCH_BASE_JSON_H
#define TCPWATCH_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *stream;
	bool comma; /* a comma is due before the next value */
};

void json_start(struct json *json, FILE *stream);

/* name: NULL inside an array or at the top. */
void json_object(struct json *json, const char *name);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *name);
void json_array_end(struct json *json);
void json_string(struct json *json, const char *name, const char *value);
void json_bytes(struct json *json, const char *name, const char *value, size_t max_length);
void json_uint(struct json *json, const char *name, uint64_t value);
void json_int(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);

/* Ends one line of JSON lines; the next value starts anew. */
void json_line_end(struct json *json);

#endif
