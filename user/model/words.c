/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filling templates. What is said stands in sentences_en.c and sentences_zh.c. */
#include "user/model/words.h"

#include <stdbool.h>
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

/* Appends as many whole characters as fit, and keeps room for the NUL. */
static size_t append(char *text, size_t size, size_t used, const char *source, size_t length)
{
	size_t room = size - used - 1;

	if (length > room) {
		length = room;
		while (length > 0 && continues_character(source[length]))
			length--;
	}
	memcpy(text + used, source, length);
	return used + length;
}

static bool is_slot(const char *at)
{
	return at[0] == '{' && at[1] >= '0' && at[1] < '0' + WORDS_ARGS && at[2] == '}';
}

char *words_fill(char *text, size_t size, const char *template, const char (*args)[WORDS_ARG_SIZE])
{
	size_t used = 0;

	while (*template) {
		size_t plain = 0;

		if (is_slot(template)) {
			const char *arg = args[template[1] - '0'];

			used = append(text, size, used, arg, strnlen(arg, WORDS_ARG_SIZE));
			template += 3;
			continue;
		}
		while (template[plain] && (plain == 0 || template[plain] != '{'))
			plain++;
		used = append(text, size, used, template, plain);
		template += plain;
	}
	text[used] = '\0';
	return text;
}
