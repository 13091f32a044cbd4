/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tables of the command line, and the parsers of their values. Decides nothing else. */
#include "user/options.h"

#include <argp.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/export/export.h"
#include "user/export/frame.h"
#include "user/options_filter.h"
#include "user/options_parse.h"
#include "user/options_values.h"

#define DEFAULT_RING_BYTES (8ULL << 20)
#define SMALLEST_RING_BYTES (64ULL << 10) /* a page size of 64 KiB is the largest */
#define LARGEST_RING_BYTES (1ULL << 30)
#define SLOWEST 1000000 /* --play */

/* A parser's error after its own line; EINVAL is argp's, which says nothing. */
#define COMPLAINED FILTER_COMPLAINED

enum key {
	KEY_CSV = 0x100,
	KEY_EVERY,
	KEY_JSON,
	KEY_HTML,
	KEY_SVG,
	KEY_PERFETTO,
	KEY_PCAPNG,
	KEY_VIEW,
	KEY_TOP,
	KEY_PLAY,
	KEY_INFO,
	KEY_DETAIL,
	KEY_COALESCE,
	KEY_RING_SIZE,
	KEY_USER,
	KEY_FORCE,
	KEY_ROTATE,
	KEY_KEEP,
	KEY_COLOR,
	KEY_ASCII,
	KEY_LANG,
	KEY_USAGE,
};

/* What the parsers fill in. */
struct parse {
	struct options *options;
	int stopped_at; /* index in argv behind what could not be parsed */
	bool printed;	/* help, usage or version */
	bool detail_given, ring_given, view_given, top_given;
};

static const struct argp_option table[] = {
	{ .doc = "What to look at:", .group = 1 },
	{ "pid", 'p', "PID", 0,
	  "attach to this process, with its threads and children; several: PID,PID", 0 },
	{ "all", 'a', NULL, 0, "trace every process of the system", 0 },
	{ "duration", 'd', "SECONDS", 0,
	  "end the trace after this time (2, 0.5); what is traced goes on", 0 },
	{ "read", 'r', "FILE", 0, "read a capture instead of running a command; no root needed",
	  0 },
	{ "info", KEY_INFO, NULL, 0, "with -r: say what the capture is, nothing else", 0 },
	{ .doc = "What to make of it:", .group = 3 },
	{ "view", KEY_VIEW, "VIEW", 0,
	  "on the terminal: moments (default), events (or events=calls,states,segments,notes,"
	  "processes), connections, ladder, summary, live, none",
	  0 },
	{ "top", KEY_TOP, "ORDER", OPTION_ARG_OPTIONAL,
	  "full screen: connections sorted by blocked (default), bytes, retransmits, or rate", 0 },
	{ "play", KEY_PLAY, "PACE", OPTION_ARG_OPTIONAL,
	  "with -r: replay slowly; auto (default), 1 for real time, 100 for 100 times slower, "
	  "step to stop and think at each moment",
	  0 },
	{ "output", 'o', "FILE", 0, "keep the capture (.tcpw), to be read with -r", 0 },
	{ "rotate", KEY_ROTATE, "LIMIT", 0,
	  "with -o run.tcpw: go on in a new file, run.0001.tcpw and so on, after a size (100m), a "
	  "time (60s, 10min, 2h), or either (100m,10min)",
	  0 },
	{ "keep", KEY_KEEP, "N", 0, "with --rotate: keep the last N files (default 10)", 0 },
	{ "csv", KEY_CSV, "DIR", 0, "write timelines as CSV files into the new directory DIR", 0 },
	{ "every", KEY_EVERY, "TIME", 0,
	  "thin bytes.csv to this time (1ms, 500us, 2s), keeping the extremes", 0 },
	{ "json", KEY_JSON, "FILE", 0, "write JSON lines; - is standard output", 0 },
	{ "html", KEY_HTML, "FILE", 0, "write one offline page with pictures and a player", 0 },
	{ "svg", KEY_SVG, "FILE", 0,
	  "write the time axis as a picture for slides; with ladder:FILE the ladder", 0 },
	{ "perfetto", KEY_PERFETTO, "FILE", 0,
	  "write trace events, as JSON, for the Perfetto viewer", 0 },
	{ "pcapng", KEY_PCAPNG, "FILE", 0, "write the segments' headers, for wireshark", 0 },
	{ "force", KEY_FORCE, NULL, 0, "overwrite output that exists", 0 },
	{ .doc = "How:", .group = 4 },
	{ "detail", KEY_DETAIL, "LEVEL", 0,
	  "states, calls, or full; default: full for a command, calls with -p, states with -a", 0 },
	{ "coalesce", KEY_COALESCE, NULL, 0,
	  "with --detail calls: like quick calls on a connection become one record each "
	  "millisecond",
	  0 },
	{ "ring-size", KEY_RING_SIZE, "SIZE", 0,
	  "room for events between kernel and tcpwatch: a power of two from 64k to 1g (default 8m)",
	  0 },
	{ "user", KEY_USER, "NAME", 0,
	  "run the command as this user, whose the files are too (default: who called sudo)", 0 },
	{ "color", KEY_COLOR, "WHEN", OPTION_ARG_OPTIONAL, "auto (default), always, never", 0 },
	{ "ascii", KEY_ASCII, NULL, 0, "draw with ASCII characters only", 0 },
	{ "lang", KEY_LANG, "LANG", 0, "captions in en (default) or zh", 0 },
	{ "verbose", 'v', NULL, 0, "say what is being done", 0 },
	{ .doc = "About tcpwatch:", .group = 5 },
	{ "help", '?', NULL, 0, "print this help", 0 },
	{ "usage", KEY_USAGE, NULL, 0, "print the options in short", 0 },
	{ "version", 'V', NULL, 0, "print the version", 0 },
	{ 0 },
};

static const struct choice views[] = {
	{ "moments", VIEW_MOMENTS },  { "events", VIEW_EVENTS },
	{ "connections", VIEW_ROWS }, { "ladder", VIEW_LADDER },
	{ "summary", VIEW_SUMMARY },  { "live", VIEW_LIVE },
	{ "none", VIEW_NONE },	      { 0 },
};
static const struct choice events[] = {
	{ "calls", SHOW_CALLS }, { "states", SHOW_STATES },	  { "segments", SHOW_SEGMENTS },
	{ "notes", SHOW_NOTES }, { "processes", SHOW_PROCESSES }, { 0 },
};
static const struct choice orders[] = {
	{ "blocked", TOP_BY_BLOCKED },
	{ "bytes", TOP_BY_BYTES },
	{ "retransmits", TOP_BY_RETRANSMITS },
	{ "rate", TOP_BY_RATE },
	{ 0 },
};
static const struct choice details[] = {
	{ "states", CHOOSE_STATES },
	{ "calls", CHOOSE_CALLS },
	{ "full", CHOOSE_FULL },
	{ 0 },
};
static const struct choice colors[] = {
	{ "auto", COLOR_AUTO },
	{ "always", COLOR_ALWAYS },
	{ "never", COLOR_NEVER },
	{ 0 },
};
static const struct choice langs[] = { { "en", LANG_EN }, { "zh", LANG_ZH }, { 0 } };

int options_choose(const struct choice *choices, const char *option, const char *word)
{
	char known[128] = "";

	for (const struct choice *at = choices; at->word; at++) {
		if (!strcmp(at->word, word))
			return at->value;
		strcat(strcat(known, at == choices ? "" : "|"), at->word);
	}
	log_error("%s%s%s: choose %s", option, option[strlen(option) - 1] == '=' ? "" : " ", word,
		  known);
	return -1;
}

uint64_t options_with_unit(const char *text, const struct choice *units)
{
	char *unit;
	unsigned long long number;
	uint64_t value;

	if (text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	number = strtoull(text, &unit, 10);
	for (; units->word; units++) {
		if (strcasecmp(units->word, unit))
			continue;
		if (errno || __builtin_mul_overflow(number, (uint64_t)units->value, &value))
			return 0;
		return value;
	}
	return 0;
}

static error_t parse_ring_size(uint64_t *bytes, const char *text)
{
	static const struct choice units[] = {
		{ "", 1 }, { "k", 1 << 10 }, { "m", 1 << 20 }, { "g", 1 << 30 }, { 0 },
	};
	uint64_t value = options_with_unit(text, units);

	if (value < SMALLEST_RING_BYTES || value > LARGEST_RING_BYTES || value & (value - 1)) {
		log_error("--ring-size %s: give a power of two from 64k to 1g, such as 8m", text);
		return COMPLAINED;
	}
	*bytes = value;
	return 0;
}

static error_t parse_every(uint64_t *ns, const char *text)
{
	static const struct choice units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { 0 },
	};

	*ns = options_with_unit(text, units);
	if (*ns)
		return 0;
	log_error("--every %s: give a time with its unit, such as 1ms", text);
	return COMPLAINED;
}

/* The pace of a replay: auto, step, or how many times slower than it was. */
static error_t parse_play(struct options *options, const char *text)
{
	static const struct choice units[] = { { "", 1 }, { "x", 1 }, { 0 } };
	uint64_t slower = text ? options_with_unit(text, units) : 0;

	options->play = true;
	options->step = text && !strcmp(text, "step");
	options->slower = (uint32_t)slower;
	if (!text || options->step || !strcmp(text, "auto") || (slower && slower <= SLOWEST))
		return 0;
	log_error("--play=%s: give auto, step, 1 (real time), or a factor such as 100", text);
	return COMPLAINED;
}

static error_t take_choice(int *value, const struct choice *choices, const char *option,
			   const char *word)
{
	int chosen = options_choose(choices, option, word);

	if (chosen < 0)
		return COMPLAINED;
	*value = chosen;
	return 0;
}

/* Which of them "events=calls,states" shows. */
static error_t parse_events(struct options *options, char *list)
{
	int value;

	options->view = VIEW_EVENTS;
	options->events = 0;
	for (char *word = strsep(&list, ","); word; word = strsep(&list, ",")) {
		if (take_choice(&value, events, "--view events=", word))
			return COMPLAINED;
		options->events |= (unsigned int)value;
	}
	return 0;
}

static error_t parse_view(struct options *options, const char *arg)
{
	static const char list[] = "events=";
	char words[128];
	int value;

	if (!strncmp(arg, list, strlen(list))) {
		snprintf(words, sizeof(words), "%s", arg + strlen(list));
		return parse_events(options, words);
	}
	if (take_choice(&value, views, "--view", arg))
		return COMPLAINED;
	options->view = (enum view)value;
	options->events = 0;
	return 0;
}

static error_t parse_value(struct options *options, int key, char *arg)
{
	int value = 0;
	error_t err = 0;

	switch (key) {
	case KEY_VIEW:
		return parse_view(options, arg);
	case KEY_TOP:
		options->view = VIEW_LIVE;
		options->top = true;
		return take_choice(&options->top_order, orders, "--top", arg ? arg : "blocked");
	case KEY_DETAIL:
		err = take_choice(&value, details, "--detail", arg);
		options->detail = value;
		return err;
	case KEY_COLOR:
		err = take_choice(&value, colors, "--color", arg ? arg : "always");
		options->color = value;
		return err;
	case KEY_LANG:
		err = take_choice(&value, langs, "--lang", arg);
		options->lang = value;
		return err;
	case KEY_RING_SIZE:
		return parse_ring_size(&options->ring_bytes, arg);
	case KEY_EVERY:
		return parse_every(&options->every_ns, arg);
	case KEY_ROTATE:
		return options_rotate(options, arg) ? COMPLAINED : 0;
	case KEY_KEEP:
		return options_keep(&options->keep, arg) ? COMPLAINED : 0;
	case KEY_PLAY:
		return parse_play(options, arg);
	case 'p':
		return option_pids(options, arg) ? COMPLAINED : 0;
	case 'd':
		return option_seconds(&options->duration_ns, "-d", arg) ? COMPLAINED : 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp;

static error_t print_about(int key, struct argp_state *state)
{
	struct parse *parse = state->input;
	unsigned int what = key == KEY_USAGE
				    ? ARGP_HELP_USAGE
				    : ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC;

	if (key == 'V')
		puts("tcpwatch " TCPWATCH_VERSION);
	else
		argp_help(&argp, stdout, what, "tcpwatch");
	parse->printed = true;
	state->next = state->argc;
	return 0;
}

static void take_svg(struct options *options, const char *arg)
{
	const char *prefix = "ladder:";

	if (!strncmp(arg, prefix, strlen(prefix)))
		options->files[OUTPUT_SVG_LADDER] = arg + strlen(prefix);
	else
		options->files[OUTPUT_SVG_AXIS] = arg;
}

/* What names a file or a directory; false: another option. */
static bool take_file(struct options *options, int key, const char *arg)
{
	switch (key) {
	case 'r':
		options->read = arg;
		return true;
	case 'o':
		options->output = arg;
		return true;
	case KEY_CSV:
		options->csv = arg;
		return true;
	case KEY_JSON:
		options->files[OUTPUT_JSON] = arg;
		return true;
	case KEY_HTML:
		options->files[OUTPUT_HTML] = arg;
		return true;
	case KEY_SVG:
		take_svg(options, arg);
		return true;
	case KEY_PERFETTO:
		options->files[OUTPUT_PERFETTO] = arg;
		return true;
	case KEY_PCAPNG:
		options->files[OUTPUT_PCAPNG] = arg;
		return true;
	}
	return false;
}

static void note_given(struct parse *parse, int key)
{
	parse->detail_given |= key == KEY_DETAIL;
	parse->ring_given |= key == KEY_RING_SIZE;
	parse->view_given |= key == KEY_VIEW;
	parse->top_given |= key == KEY_TOP;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct options *options = parse->options;

	note_given(parse, key);
	switch (key) {
	case '?':
	case 'V':
	case KEY_USAGE:
		return print_about(key, state);
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->filter;
		return 0;
	case ARGP_KEY_ERROR:
		parse->stopped_at = state->next;
		return 0;
	case 'a':
		options->all = true;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case KEY_INFO:
		options->info = true;
		return 0;
	case KEY_USER:
		options->user = arg;
		return 0;
	case KEY_COALESCE:
		options->coalesce = true;
		return 0;
	case KEY_FORCE:
		options->force = true;
		return 0;
	case KEY_ASCII:
		options->ascii = true;
		return 0;
	case ARGP_KEY_ARG:
		options->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	default:
		return take_file(options, key, arg) ? 0 : parse_value(options, key, arg);
	}
}

static const struct argp_child children[] = {
	{ &filter_argp, 0, "Which sockets (! before a value leaves it out):", 2 },
	{ 0 },
};

static const struct argp argp = {
	.options = table,
	.children = children,
	.parser = parse_option,
	.args_doc = "-- COMMAND [ARG...]\n-p PID[,PID...]\n-a\n-r FILE",
	.doc = "Shows what the kernel does with the sockets of a command, or of processes that run "
	       "already: every TCP state, every socket call, and where each byte is.\v"
	       "The exit status is that of COMMAND, 0 without one or when -d ended the trace; 125 "
	       "when "
	       "tcpwatch itself failed, 126 when COMMAND can't be executed, 127 when it isn't "
	       "found.\n"
	       "Example: sudo tcpwatch -o run.tcpw -- ./experiments/bulk_send",
};

/* What the options' values alone don't show: that one was given. */
static int check_given(const struct parse *parse)
{
	const struct options *options = parse->options;

	if (options->read && (parse->detail_given || parse->ring_given || options->coalesce))
		log_error("%s says how to trace; with -r there is a capture already",
			  parse->detail_given ? "--detail"
			  : parse->ring_given ? "--ring-size"
					      : "--coalesce");
	else if (options->coalesce && parse->detail_given && options->detail != CHOOSE_CALLS)
		log_error("--coalesce joins the records of calls: it goes with --detail calls");
	else if (options->info && parse->view_given)
		log_error("--info only prints what a capture holds: leave out --view");
	else if (parse->top_given && parse->view_given)
		log_error("--top is a view of its own: leave out --view");
	else
		return 0;
	return -EINVAL;
}

int options_parse(struct options *options, int argc, char **argv)
{
	const unsigned int how = ARGP_IN_ORDER | ARGP_NO_ERRS | ARGP_NO_HELP;
	struct parse parse = { .options = options };
	error_t err;

	*options = (struct options){ .ring_bytes = DEFAULT_RING_BYTES };
	err = argp_parse(&argp, argc, argv, how, NULL, &parse);
	if (err && err != COMPLAINED)
		log_error("%s: not an option, or its value is missing; see --help",
			  parse.stopped_at > 0 ? argv[parse.stopped_at - 1] : "");
	if (parse.printed)
		return 1;
	if (err || options_check(options) || check_given(&parse))
		return -EINVAL;
	if (!parse.detail_given)
		options->detail = options->coalesce || options->pid_count ? CHOOSE_CALLS
				  : options->all			  ? CHOOSE_STATES
									  : CHOOSE_FULL;
	return 0;
}
