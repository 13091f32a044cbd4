/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command line of an experiment, as a table: each lesson takes its part of
 * it and gives the defaults. Refuses what it does not understand to the letter,
 * with one line and exit status 2.
 */
#include "experiments/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_MAX_NS 3600000000000ull

/* What one send() or read() moves at most: MAX_RW_COUNT of the kernel with 4 KiB pages. */
#define BYTES_MAX 0x7ffff000ull

#define EXIT_USAGE 2

enum option_kind { KIND_BYTES, KIND_COUNT, KIND_TIME, KIND_DROP, KIND_FILE, KIND_FLAG };

static const struct {
	const char *name;
	const char *argument;
	const char *help;
	enum option_kind kind;
} option_table[EXP_OPTIONS] = {
	[EXP_BYTES] = { "bytes", "N", "the client sends N bytes", KIND_BYTES },
	[EXP_READ] = { "read", "N", "the server reads at most N bytes at a time", KIND_BYTES },
	[EXP_PAUSE] = { "pause", "TIME", "the server waits after each read", KIND_TIME },
	[EXP_HOLD] = { "hold", "TIME", "one end holds still so long", KIND_TIME },
	[EXP_COUNT] = { "count", "N", "how many times", KIND_COUNT },
	[EXP_BACKLOG] = { "backlog", "N", "what listen() is given", KIND_COUNT },
	[EXP_SYNCNT] = { "syncnt", "N", "a SYN is sent again N times at most", KIND_COUNT },
	[EXP_SNDBUF] = { "sndbuf", "N", "SO_SNDBUF; 0: the kernel decides", KIND_COUNT },
	[EXP_POLL] = { "poll", "FILE", "write what SIOCOUTQ says to FILE", KIND_FILE },
	[EXP_DELAY] = { "delay", "TIME", "each packet takes so long (needs rights)", KIND_TIME },
	[EXP_RATE] = { "rate", "N", "the wire carries N bytes a second (needs rights)",
		       KIND_COUNT },
	[EXP_DROP] = { "drop", "LIST",
		       "TCP packets that are lost (needs rights): numbers,\n"
		       "                 N+ from N on, N* every N-th",
		       KIND_DROP },
	[EXP_REORDER] = { "reorder", "N", "the N-th TCP packet is late (needs rights)",
			  KIND_COUNT },
	[EXP_IPV6] = { "ipv6", NULL, "IPv6 instead of IPv4", KIND_FLAG },
};

static bool has_option(const struct exp_lesson *lesson, enum exp_option option)
{
	switch (option) {
	case EXP_DELAY:
	case EXP_RATE:
		return !lesson->without_wire;
	case EXP_DROP:
	case EXP_REORDER:
		return !lesson->without_wire && !lesson->no_tcp_on_wire;
	case EXP_IPV6:
		return !lesson->one_family;
	default:
		return lesson->defaults[option];
	}
}

/* NULL: the lesson has no such option. */
static const char *default_of(const struct exp_lesson *lesson, enum exp_option option)
{
	if (!has_option(lesson, option))
		return NULL;
	return lesson->defaults[option] ? lesson->defaults[option] : "0";
}

static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && !*end && *value >= least && *value <= most;
}

static bool parse_time(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	size_t digits = strspn(text, "0123456789.");
	double number;
	char *end;

	number = strtod(text, &end);
	if (!digits || end != text + digits)
		return false;
	*ns = 0;
	if (!strcmp(text, "0"))
		return true;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (number * units[i].ns > (double)TIME_MAX_NS)
			return false;
		*ns = number * units[i].ns + 0.5;
		return true;
	}
	return false;
}

/* "3", "3+", "50*", separated by commas; "0" alone: none. */
static bool parse_drops(const char *text, struct wire_script *script)
{
	char *end;

	script->drop_count = 0;
	if (!strcmp(text, "0"))
		return true;
	do {
		struct wire_drop *drop = &script->drops[script->drop_count++];
		uint64_t number = strtoull(text, &end, 10);

		if (*text < '1' || *text > '9')
			return false;
		*drop = (struct wire_drop){ number, number, 1 };
		if (*end == '+' || *end == '*')
			drop->last = UINT64_MAX;
		if (*end == '*')
			drop->step = number;
		text = end + (*end == '+' || *end == '*');
	} while (*text++ == ',' && script->drop_count < WIRE_DROPS);
	return !text[-1];
}

static bool parse_value(struct exp_options *options, enum exp_option option, const char *text)
{
	uint64_t *value = &options->value[option];

	options->text[option] = text;
	switch (option_table[option].kind) {
	case KIND_BYTES:
		return parse_number(text, 1, BYTES_MAX, value);
	case KIND_COUNT:
		return parse_number(text, 0, UINT32_MAX, value);
	case KIND_TIME:
		return parse_time(text, value);
	case KIND_DROP:
		return parse_drops(text, &options->wire);
	case KIND_FILE:
		return true;
	case KIND_FLAG:
		return parse_number(text, 0, 1, value);
	}
	return false;
}

static const char *expected_of(enum exp_option option)
{
	switch (option_table[option].kind) {
	case KIND_BYTES:
		return "a number from 1 to 2147479552";
	case KIND_TIME:
		return "a time such as 500ms or 1.5s, up to 3600s";
	case KIND_DROP:
		return "numbers such as 3 or 3,5 or 3+ or 50*, at most 8";
	default:
		return "a number";
	}
}

static int print_help(const struct exp_lesson *lesson)
{
	printf("Usage: %s [OPTION]...\n\n%s\n\n%s\n\nOptions:\n", lesson->name, lesson->question,
	       lesson->predict);
	for (int i = 0; i < EXP_OPTIONS; i++) {
		const char *value = default_of(lesson, i);
		char name[32];

		if (!value)
			continue;
		snprintf(name, sizeof(name), "--%s %s", option_table[i].name,
			 option_table[i].argument ? option_table[i].argument : "");
		printf("  %-14s %s", name, option_table[i].help);
		if (*value && strcmp(value, "0"))
			printf(" (%s)", value);
		putchar('\n');
	}
	printf("  %-14s %s\n", "--help", "print this and exit");
	return EXIT_SUCCESS;
}

static void list_options(const struct exp_lesson *lesson, struct option *list)
{
	for (int i = 0; i < EXP_OPTIONS; i++)
		if (default_of(lesson, i))
			*list++ = (struct option){ option_table[i].name,
						   option_table[i].argument != NULL, NULL, i };
	*list++ = (struct option){ "help", 0, NULL, 'h' };
	*list = (struct option){ 0 };
}

static int set_option(struct exp *exp, enum exp_option option, const char *text)
{
	if (parse_value(&exp->options, option, text))
		return OPTIONS_GO_ON;
	exp_fail(exp, "--%s %s: expected %s", option_table[option].name, text, expected_of(option));
	return EXIT_USAGE;
}

static int set_defaults(struct exp *exp)
{
	int status = OPTIONS_GO_ON;

	for (int i = 0; i < EXP_OPTIONS && status == OPTIONS_GO_ON; i++)
		if (default_of(exp->lesson, i))
			status = set_option(exp, i, default_of(exp->lesson, i));
	return status;
}

static int read_arguments(struct exp *exp, int argc, char **argv)
{
	struct option list[EXP_OPTIONS + 2];
	int option, status = set_defaults(exp);

	list_options(exp->lesson, list);
	opterr = 0;
	while (status == OPTIONS_GO_ON &&
	       (option = getopt_long(argc, argv, ":h", list, NULL)) != -1) {
		if (option == 'h')
			return print_help(exp->lesson);
		if (option == '?' || option == ':') {
			exp_fail(exp, "%s: %s; see --help", argv[optind - 1],
				 option == ':' ? "needs a value" : "no such option");
			return EXIT_USAGE;
		}
		status = set_option(exp, option, optarg ? optarg : "1");
	}
	if (status == OPTIONS_GO_ON && optind < argc) {
		exp_fail(exp, "%s: takes no arguments; see --help", argv[optind]);
		return EXIT_USAGE;
	}
	return status;
}

/* Whether something stands that the lesson's claim depends on. */
static bool is_changed(const struct exp *exp)
{
	struct exp taught = { .lesson = exp->lesson };

	set_defaults(&taught);
	for (int i = 0; i < EXP_OPTIONS; i++)
		if (i != EXP_IPV6 && i != EXP_DROP &&
		    taught.options.value[i] != exp->options.value[i])
			return true;
	return memcmp(taught.options.wire.drops, exp->options.wire.drops,
		      sizeof(taught.options.wire.drops));
}

static void say_options(const struct exp *exp)
{
	for (int i = 0; i < EXP_OPTIONS; i++) {
		if (!default_of(exp->lesson, i))
			continue;
		if (option_table[i].kind == KIND_FILE || option_table[i].kind == KIND_DROP)
			exp_say(exp, "%s=%s", option_table[i].name, exp->options.text[i]);
		else
			exp_say(exp, "%s=%llu%s", option_table[i].name,
				(unsigned long long)exp->options.value[i],
				option_table[i].kind == KIND_TIME ? "ns" : "");
	}
}

int options_read(struct exp *exp, int argc, char **argv)
{
	int status = read_arguments(exp, argc, argv);

	if (status != OPTIONS_GO_ON)
		return status;
	exp->options.wire.delay_ns = exp->options.value[EXP_DELAY];
	exp->options.wire.rate = exp->options.value[EXP_RATE];
	exp->options.wire.reorder = exp->options.value[EXP_REORDER];
	exp->options.changed = is_changed(exp);
	exp->role = "option";
	say_options(exp);
	exp->role = "";
	return status;
}
