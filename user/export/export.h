/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One output: a table of callbacks that the model drives. An output knows no
 * kernel and makes no facts: it writes what the model says.
 */
#ifndef TCPWATCH_EXPORT_H
#define TCPWATCH_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "user/base/term.h"
#include "user/capture/capture.h"
#include "user/model/trace.h"
#include "user/model/words.h"

/* What the view "events" shows; losses of records always. */
enum shown_events {
	SHOW_CALLS = 1,
	SHOW_STATES = 2,
	SHOW_SEGMENTS = 4,
	SHOW_NOTES = 8,
	SHOW_PROCESSES = 16,
};

/* Where and how an output writes. */
struct export_target {
	FILE *stream;	  /* views, json: written to, not closed */
	int directory_fd; /* csv: its files are made in here; not closed */
	struct term term; /* views */
	enum lang lang;
	uint64_t zero_ns;	  /* csv, json: t = 0 of the time axis */
	uint64_t every_ns;	  /* csv: thins bytes to this time, keeping extremes; 0: all */
	const char *capture_path; /* where the capture is kept; NULL: nowhere */
	bool replayed;		  /* it is read, not made: nothing is saved */
	const char *shown;	  /* the view's name; NULL: none */
	unsigned int events;	  /* enum shown_events; 0: all */
};

struct export
{
	const char *name;
	struct trace_sink sink;
	/* *context is NULL on error. 0 or negative errno. */
	int (*begin)(void **context, const struct export_target *target,
		     const struct capture_info *info);
	/* While it runs: no record of before time_ns will come. May be NULL. */
	void (*passed)(void *context, uint64_t time_ns);
	/* After the last event; frees context. 0 or the negative errno of a failed write. */
	int (*end)(void *context, const struct trace *trace, const struct capture_end *end);
};

/* Terminal views (text.c and its parts): they write while the run goes on. */
extern const struct export view_moments;     /* a line for each moment; the summary at the end */
extern const struct export view_events;	     /* a line for each event, in the manner of strace(1) */
extern const struct export view_connections; /* a line for each connection that is over */
extern const struct export view_ladder;	     /* the ladder of each connection, at the end */
extern const struct export view_summary;     /* the summary, at the end */

/* Files: a second pass, when zero is known. */
extern const struct export export_csv;
extern const struct export export_json;

/* --force: removes the files that export_csv would make. 0 or negative errno. */
int csv_remove(int directory_fd);

/* The file is one of those that export_csv would make, or remove. */
bool csv_holds(int directory_fd, const struct stat *status);

/* --info: what a capture says of itself. 0 or negative errno. */
int info_print(FILE *stream, const struct capture_info *info, const struct capture_end *end,
	       const struct trace *trace);

#endif
