/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line as a struct. Paths and words point into argv. */
#ifndef TCPWATCH_OPTIONS_H
#define TCPWATCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "user/base/filter.h"
#include "user/base/term.h"
#include "user/model/words.h"

/* The exit status of tcpwatch's own failures, as with timeout(1). */
#define EXIT_OWN_FAILURE 125
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

enum view { VIEW_MOMENTS, VIEW_EVENTS, VIEW_LADDER, VIEW_SUMMARY, VIEW_LIVE, VIEW_NONE, VIEW_ROWS };
/* Outputs that are one file each, made at the end from the whole capture. */
enum output_file {
	OUTPUT_JSON,
	OUTPUT_HTML,
	OUTPUT_SVG_AXIS,
	OUTPUT_SVG_LADDER,
	OUTPUT_PERFETTO,
	OUTPUT_PCAPNG,
	OUTPUT_FILES
};

enum detail_choice { CHOOSE_STATES, CHOOSE_CALLS, CHOOSE_FULL };

#define OPTIONS_PIDS_MAX 64

struct options {
	char **command;	  /* NULL: none */
	const char *read; /* -r: NULL: none; "-": standard input */
	int pid_count;	  /* -p; 0: none */
	int pids[OPTIONS_PIDS_MAX];
	bool all;			 /* -a */
	uint64_t duration_ns;		 /* -d; 0: until the end */
	const char *user;		 /* --user; NULL: not given */
	const char *output;		 /* -o */
	const char *csv;		 /* a directory */
	const char *files[OUTPUT_FILES]; /* NULL: not wanted; "-": standard output */
	struct filter filter;		 /* which sockets */
	enum view view;
	bool top;	     /* --top: with VIEW_LIVE */
	int top_order;	     /* enum top_order */
	unsigned int events; /* --view events: enum shown_events; 0: all */
	enum detail_choice detail;
	bool coalesce; /* with CHOOSE_CALLS */
	enum color_choice color;
	enum lang lang;
	uint64_t ring_bytes;
	uint64_t every_ns;
	uint64_t rotate_bytes; /* --rotate; 0: not by size */
	uint64_t rotate_ns;    /* 0: not by time */
	uint32_t keep;	       /* --keep: pieces; 0: not given */
	uint32_t slower;       /* --play: times real time; 0: each interval at a pace to watch */
	bool info;
	bool play;
	bool step; /* --play: stops at each moment */
	bool force;
	bool ascii;
	bool verbose;
};

/* Beside the terminal and the capture there are outputs: they are made of the capture. */
static inline bool options_make_files(const struct options *options)
{
	for (int i = 0; i < OUTPUT_FILES; i++)
		if (options->files[i])
			return true;
	return options->csv;
}

/* The capture goes on in new files. */
static inline bool options_rotates(const struct options *options)
{
	return options->rotate_bytes || options->rotate_ns;
}

/*
 * Returns 0, or 1 when the help or the version was printed, or -EINVAL after
 * one line on standard error.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif
