/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The column tables: names that every tool can read, and the man page, which
 * must say of every column what the table says. Runs in the source directory.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "user/export/columns.h"

#define PAGE "user/tcpwatch.8"

/* Reserved in SQLite or PostgreSQL, or keywords there that need quotes somewhere. */
static const char *const reserved[] = {
	"all",	      "alter",	"and",	       "any",	  "as",	     "asc",	   "between",
	"by",	      "case",	"cast",	       "check",	  "collate", "column",	   "commit",
	"constraint", "create", "cross",       "current", "default", "delete",	   "desc",
	"distinct",   "do",	"drop",	       "else",	  "end",     "except",	   "exists",
	"fetch",      "filter", "for",	       "foreign", "from",    "full",	   "grant",
	"group",      "having", "in",	       "index",	  "inner",   "insert",	   "intersect",
	"into",	      "is",	"join",	       "key",	  "left",    "like",	   "limit",
	"natural",    "not",	"null",	       "offset",  "on",	     "or",	   "order",
	"outer",      "over",	"plan",	       "primary", "range",   "references", "returning",
	"right",      "row",	"rows",	       "select",  "set",     "some",	   "table",
	"then",	      "to",	"transaction", "union",	  "unique",  "update",	   "user",
	"using",      "values", "view",	       "when",	  "where",   "window",	   "with",
};

static void column_names_are_plain_lower_case_words(void **state)
{
	(void)state;
	for (int t = 0; t < TABLE_COUNT; t++)
		for (int i = 0; i < tables[t].count; i++) {
			const char *name = tables[t].columns[i].name;

			assert_non_null(name);
			assert_true(islower((unsigned char)name[0]));
			assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789"),
					 strlen(name));
		}
}

static void no_column_name_is_a_keyword_of_sql(void **state)
{
	(void)state;
	for (int t = 0; t < TABLE_COUNT; t++)
		for (int i = 0; i < tables[t].count; i++)
			for (size_t word = 0; word < sizeof(reserved) / sizeof(reserved[0]); word++)
				assert_string_not_equal(tables[t].columns[i].name, reserved[word]);
}

static void no_table_has_two_columns_of_one_name(void **state)
{
	(void)state;
	for (int t = 0; t < TABLE_COUNT; t++)
		for (int i = 0; i < tables[t].count; i++)
			for (int k = 0; k < i; k++)
				assert_string_not_equal(tables[t].columns[i].name,
							tables[t].columns[k].name);
}

static void every_table_begins_with_the_time(void **state)
{
	(void)state;
	for (int t = 0; t < TABLE_COUNT; t++) {
		assert_string_equal(tables[t].columns[0].name, "t_s");
		assert_string_equal(tables[t].columns[1].name, "t_ns");
	}
}

/* The man page as plain text: escapes of roff undone. */
static char *read_page(void)
{
	static char text[1 << 16];
	FILE *page = fopen(PAGE, "r");
	char *out = text;
	int byte;

	if (!page)
		fail_msg("%s can't be read: run the tests in the source directory", PAGE);
	while ((byte = fgetc(page)) != EOF && out < text + sizeof(text) - 4) {
		if (byte != '\\') {
			*out++ = (char)byte;
			continue;
		}
		byte = fgetc(page);
		if (byte == '(' && fgetc(page) == 'a' && fgetc(page) == 'q')
			*out++ = '\'';
		else if (byte == '-')
			*out++ = '-';
	}
	*out = '\0';
	fclose(page);
	return text;
}

/* Everything that the page must say of one table, in its order. */
static void expect_table(const char *page, const struct table *table)
{
	char text[1 << 14];
	size_t used;

	used = (size_t)snprintf(text, sizeof(text),
				".Ss %s.csv\nJSON type\n.Dq %s :\n%s.\n"
				".Bl -tag -width remote_address -compact\n",
				table->name, table->type, table->about);
	for (int i = 0; i < table->count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ".It Va %s\n%s\n",
					 table->columns[i].name, table->columns[i].about);
	snprintf(text + used, sizeof(text) - used, ".El\n");
	if (!strstr(page, text))
		fail_msg("%s does not say of %s.csv what the column table says:\n%s", PAGE,
			 table->name, text);
}

static void man_page_defines_exactly_the_columns_that_exist(void **state)
{
	const char *page = read_page();
	int sections = 0;

	(void)state;
	for (int t = 0; t < TABLE_COUNT; t++)
		expect_table(page, &tables[t]);
	for (const char *at = page; (at = strstr(at, ".Ss ")); at++)
		sections++;
	assert_int_equal(sections, TABLE_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(column_names_are_plain_lower_case_words),
		cmocka_unit_test(no_column_name_is_a_keyword_of_sql),
		cmocka_unit_test(no_table_has_two_columns_of_one_name),
		cmocka_unit_test(every_table_begins_with_the_time),
		cmocka_unit_test(man_page_defines_exactly_the_columns_that_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
