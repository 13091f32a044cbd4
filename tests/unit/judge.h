/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Says whether what an output wrote can harm who reads it: text that steers a
 * terminal, bytes that are no UTF-8, JSON or XML that does not parse, a cell
 * that a spreadsheet would execute, markup that a name brought in. Shares no
 * code with what it judges, and knows nothing of the facts.
 */
#ifndef TCPWATCH_TESTS_JUDGE_H
#define TCPWATCH_TESTS_JUDGE_H

#include <stddef.h>

/* Each returns NULL, or what is wrong with the first size bytes of text. */
const char *judge_view(const char *text, size_t size); /* colour is allowed */
const char *judge_csv(const char *text, size_t size);
const char *judge_json(const char *text, size_t size); /* one value */
const char *judge_json_lines(const char *text, size_t size);
const char *judge_svg(const char *text, size_t size);
const char *judge_html(const char *text, size_t size);
const char *judge_pcapng(const char *text, size_t size);

/* judge_text.c: valid UTF-8 without characters that steer; newlines are allowed. */
const char *judge_text(const char *text, size_t size);

#endif
