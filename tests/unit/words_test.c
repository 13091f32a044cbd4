/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Templates and their arguments; and that both languages have every sentence. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "user/base/utf8.h"
#include "user/model/sentences.h"

static const char args[WORDS_ARGS][WORDS_ARG_SIZE] = { "zero", "one", "{2}",	"",
						       "4",    "5",   "客户端", "seven" };

static void each_slot_takes_its_argument(void **state)
{
	char text[128];

	words_fill(text, sizeof(text), "{1} and {0}, {1}{6}", args);
	assert_string_equal(text, "one and zero, one客户端");
	words_fill(text, sizeof(text), "", args);
	assert_string_equal(text, "");
	(void)state;
}

/* Names of processes are foreign text, and may look like a slot. */
static void an_argument_is_not_a_template(void **state)
{
	char text[128];

	words_fill(text, sizeof(text), "[{2}]", args);
	assert_string_equal(text, "[{2}]");
	(void)state;
}

static void a_brace_that_is_no_slot_is_text(void **state)
{
	char text[128];

	words_fill(text, sizeof(text), "{ {8} {} {x} {", args);
	assert_string_equal(text, "{ {8} {} {x} {");
	(void)state;
}

static void a_word_takes_the_form_that_goes_with_its_number(void **state)
{
	static const char counts[WORDS_ARGS][WORDS_ARG_SIZE] = { "1", "2", "0", "1,000" };
	char text[128];

	words_fill(text, sizeof(text), "{0} {0|byte|bytes}, {1} {1|byte|bytes}", counts);
	assert_string_equal(text, "1 byte, 2 bytes");
	words_fill(text, sizeof(text), "{2} {2|byte|bytes}, {3} {3|is|are}", counts);
	assert_string_equal(text, "0 bytes, 1,000 are");
	words_fill(text, sizeof(text), "{0|byte} {0|byte|bytes", counts);
	assert_string_equal(text, "{0|byte} {0|byte|bytes");
	(void)state;
}

static void a_cut_is_made_at_a_whole_character(void **state)
{
	const char *whole = "a客户端b服务器";
	char text[64];

	for (size_t size = 1; size <= strlen(whole) + 1; size++) {
		size_t at = 0;
		uint32_t code;

		memset(text, 0x7f, sizeof(text));
		words_fill(text, size, "a{6}b服务器", args);
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], 0x7f);
		while (text[at]) {
			int bytes = utf8_decode(text + at, strlen(text + at), &code);

			assert_true(bytes > 0);
			at += (size_t)bytes;
		}
		assert_int_equal(strncmp(whole, text, strlen(text)), 0);
	}
	(void)state;
}

static unsigned int slots(const char *template)
{
	unsigned int mask = 0;

	for (; (template = strchr(template, '{')); template ++)
		mask |= 1u << (template[1] - '0');
	return mask;
}

/* {6} and {7} name the ends: a language may need them or not. */
static void assert_pair(const char *en, const char *zh)
{
	assert_int_equal(!en, !zh);
	if (!en)
		return;
	print_message("%s | %s\n", en, zh);
	assert_true(en[0] && zh[0]);
	assert_int_equal(slots(en) & 0x3f, slots(zh) & 0x3f);
}

static void both_languages_have_the_same_moments(void **state)
{
	const struct sentences *en = words_of(LANG_EN), *zh = words_of(LANG_ZH);

	for (int kind = 0; kind < MOMENT_KINDS; kind++) {
		assert_non_null(en->moments[kind].title);
		assert_pair(en->moments[kind].title, zh->moments[kind].title);
		assert_non_null(en->moments[kind].captions[0]);
		for (int i = 0; i < MOMENT_VARIANTS; i++)
			assert_pair(en->moments[kind].captions[i], zh->moments[kind].captions[i]);
	}
	(void)state;
}

static void both_languages_have_the_same_verdicts(void **state)
{
	for (int i = 0; i < SAY_COUNT; i++) {
		assert_non_null(words_of(LANG_EN)->verdict[i]);
		assert_pair(words_of(LANG_EN)->verdict[i], words_of(LANG_ZH)->verdict[i]);
	}
	(void)state;
}

static void assert_tidy(const char *sentence)
{
	uint32_t code;

	print_message("%s\n", sentence);
	assert_null(strstr(sentence, "  "));
	assert_true(sentence[0] != ' ' && sentence[strlen(sentence) - 1] != ' ');
	for (size_t at = 0; sentence[at];) {
		int bytes = utf8_decode(sentence + at, strlen(sentence + at), &code);

		assert_true(bytes > 0 && !utf8_steers(code));
		at += (size_t)bytes;
	}
}

static void every_sentence_is_clean_text(void **state)
{
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		const struct sentences *words = words_of(lang);

		for (int i = 0; i < SAY_COUNT; i++)
			assert_tidy(words->verdict[i]);
		for (int kind = 0; kind < MOMENT_KINDS; kind++) {
			for (int i = 0; i < MOMENT_VARIANTS; i++) {
				if (words->moments[kind].captions[i])
					assert_tidy(words->moments[kind].captions[i]);
			}
		}
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_slot_takes_its_argument),
		cmocka_unit_test(an_argument_is_not_a_template),
		cmocka_unit_test(a_brace_that_is_no_slot_is_text),
		cmocka_unit_test(a_word_takes_the_form_that_goes_with_its_number),
		cmocka_unit_test(a_cut_is_made_at_a_whole_character),
		cmocka_unit_test(both_languages_have_the_same_moments),
		cmocka_unit_test(both_languages_have_the_same_verdicts),
		cmocka_unit_test(every_sentence_is_clean_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
