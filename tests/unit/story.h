/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A hand-made model for the tests of the views and exports: one connection of
 * known numbers on the loopback interface, a client that sends 10,240,000
 * bytes with one call to a slow server. Refuses to know how such facts arise.
 */
#ifndef TCPWATCH_TESTS_STORY_H
#define TCPWATCH_TESTS_STORY_H

#include "user/export/export.h"

#define STORY_ZERO_NS 5000000000ULL /* the first SYN */

struct story {
	struct capture_info info;
	struct capture_end end;
	struct socket client, server;
	struct connection connection;
	struct connection_detail detail;
	struct call_stats calls[END_COUNT][CALL_KINDS]; /* those that story_calls has shown count */
};

/* Fills the story; pointers inside it point into it. */
void story_fill(struct story *story);

/* The connection's sums of the calls of one kind, to be filled. */
struct call_stats *story_calls(struct story *story, enum end end, enum call_kind kind);

/* A row at the end of the ladder; time relative to the SYN. The caller fills the rest. */
struct row *story_row(struct story *story, enum row_kind kind, enum end end, int64_t time_ns);

/* An output that writes into memory: text is valid after story_written. */
struct paper {
	char *text;
	size_t size;
	struct export_target target;
};

/* A terminal without colour. */
void paper_open(struct paper *paper, int columns, bool utf8);

/* Ends writing; the text is NUL-terminated and freed by paper_free. */
void paper_close(struct paper *paper);
void paper_free(struct paper *paper);

/* Columns of the widest line of text. */
int paper_columns(const char *text);

/* The lines of text that hold part. */
int paper_count(const char *text, const char *part);

/* Every byte is printable ASCII or a newline. */
bool paper_is_ascii(const char *text);

#endif
