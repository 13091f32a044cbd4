/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filling templates. What is said stands in sentences_en.c and sentences_zh.c. */
#include "user/model/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "user/model/sentences.h"

static const struct sentences *const languages[LANG_COUNT] = {
	[LANG_EN] = &sentences_en,
	[LANG_ZH] = &sentences_zh,
};

const struct sentences *words_of(enum lang lang)
{
	return languages[lang];
}

static bool continues_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

struct filling {
	char *text;
	size_t size, used; /* used keeps room for the NUL */
	bool cut;	   /* a piece did not fit: nothing may follow it */
};

/* As many whole characters as fit. */
static void append(struct filling *filling, const char *source, size_t length)
{
	size_t room = filling->size - filling->used - 1;

	if (filling->cut)
		return;
	if (length > room) {
		filling->cut = true;
		length = room;
		while (length > 0 && continues_character(source[length]))
			length--;
	}
	memcpy(filling->text + filling->used, source, length);
	filling->used += length;
}

static bool names_argument(const char *at)
{
	return at[0] == '{' && at[1] >= '0' && at[1] < '0' + WORDS_ARGS;
}

/* "{0}": the argument itself. Returns what follows it; NULL: at is no such slot. */
static const char *fill_slot(struct filling *filling, const char *at,
			     const char (*args)[WORDS_ARG_SIZE])
{
	const char *arg;

	if (!names_argument(at) || at[2] != '}')
		return NULL;
	arg = args[at[1] - '0'];
	append(filling, arg, strnlen(arg, WORDS_ARG_SIZE));
	return at + 3;
}

/* "{0|byte|bytes}": the form that goes with the argument. */
static const char *fill_form(struct filling *filling, const char *at,
			     const char (*args)[WORDS_ARG_SIZE])
{
	const char *one, *many, *end;

	if (!names_argument(at) || at[2] != '|')
		return NULL;
	one = at + 3;
	many = strchr(one, '|');
	end = many ? strchr(many, '}') : NULL;
	if (!end)
		return NULL;
	if (strcmp(args[at[1] - '0'], "1") == 0)
		append(filling, one, many - one);
	else
		append(filling, many + 1, end - many - 1);
	return end + 1;
}

bool words_fit(char *text, size_t size, const char *template, const char (*args)[WORDS_ARG_SIZE])
{
	struct filling filling = { .text = text, .size = size };

	while (*template) {
		const char *next = fill_slot(&filling, template, args);
		size_t plain = 0;

		if (!next)
			next = fill_form(&filling, template, args);
		if (next) {
			template = next;
			continue;
		}
		while (template[plain] && (plain == 0 || template[plain] != '{'))
			plain++;
		append(&filling, template, plain);
		template += plain;
	}
	text[filling.used] = '\0';
	return !filling.cut;
}

char *words_fill(char *text, size_t size, const char *template, const char (*args)[WORDS_ARG_SIZE])
{
	words_fit(text, size, template, args);
	return text;
}

char *words_fill_list(char *text, size_t size, const char *template, va_list list)
{
	char args[WORDS_ARGS][WORDS_ARG_SIZE] = { 0 };
	const char *arg;

	for (int i = 0; i < WORDS_ARGS && (arg = va_arg(list, const char *)); i++)
		snprintf(args[i], sizeof(args[i]), "%s", arg);
	return words_fill(text, size, template, (const char(*)[WORDS_ARG_SIZE])args);
}
