/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sentences that people read, one table for each language. A sentence is a
 * template: {0} to {7} stand for its arguments, which are text already, and
 * {0|byte|bytes} for the first word where that argument is "1", else the second.
 */
#ifndef TCPWATCH_MODEL_WORDS_H
#define TCPWATCH_MODEL_WORDS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum lang { LANG_EN, LANG_ZH, LANG_COUNT };

#define WORDS_ARGS 8
#define WORDS_ARG_SIZE 64

/* Fills template into text, cut to size at a whole UTF-8 character. Returns text. */
char *words_fill(char *text, size_t size, const char *template, const char (*args)[WORDS_ARG_SIZE]);

/* The same, with its arguments as a list of strings that NULL ends. */
char *words_fill_list(char *text, size_t size, const char *template, va_list list);

/* As words_fill; false: it had to be cut. */
bool words_fit(char *text, size_t size, const char *template, const char (*args)[WORDS_ARG_SIZE]);

#endif
