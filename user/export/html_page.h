/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the page's exporter share. Bounds keep memory and file small. */
#ifndef TCPWATCH_EXPORT_HTML_PAGE_H
#define TCPWATCH_EXPORT_HTML_PAGE_H

#include <stdint.h>
#include <stdio.h>

#include "user/base/json.h"
#include "user/export/columns.h"
#include "user/export/export.h"
#include "user/export/pack.h"
#include "user/export/series_table.h"
#include "user/export/thin.h"
#include "user/model/map.h"

#define PAGE_CONNECTIONS 2000 /* with curves and moments */
#define PAGE_LISTED 20000     /* with a line in the list */
#define PAGE_LISTED_EARLY \
	16000 /* of these, when they are folded: the others are kept for the end */
#define PAGE_SOCKETS 8000
#define PAGE_PROCESSES 200
#define PAGE_CURVE_ROWS 4000000 /* of bytes, and of calls */
#define PAGE_SEGMENT_ROWS 400000

/* Facts: one JSON object a line, packed. The objects of json_parts.h, and those of html_facts.c. */
struct facts {
	struct pack pack;
	FILE *stream; /* writes into pack */
	struct json json;
	uint64_t zero_ns;
};

/* Zero-initialised before. 0 or negative errno; close it in any case. */
int facts_open(struct facts *facts, uint64_t zero_ns);
int facts_write(struct facts *facts, FILE *stream);
void facts_close(struct facts *facts);

/* What the page keeps of a socket: its place in the columns, and how it was last seen. */
struct page_socket {
	uint32_t index;
	struct socket_row row;
};

enum page_table { PAGE_BYTES, PAGE_CALLS, PAGE_SEGMENTS, PAGE_SLEEPS, PAGE_TABLES };

struct left_out {
	uint64_t connections, sockets, processes, calls, bytes, segments;
};

struct page {
	FILE *stream;
	enum lang lang;
	struct facts facts;
	struct series_table tables[PAGE_TABLES];
	struct map sockets; /* id -> struct page_socket */
	uint32_t socket_count;
	struct map sockets_left_out; /* id -> this, until they are gone */
	unsigned int process_count, listed;
	struct thin *thin; /* NULL: every row of bytes is kept */
	struct left_out left_out;
	int err;
};

/* html_facts.c: lines about one thing each. */
void facts_words(struct facts *facts, enum lang lang);
void facts_socket(struct facts *facts, const struct page_socket *socket);
void facts_state(struct facts *facts, const struct state_change *change);
void facts_loss(struct facts *facts, const struct loss *loss);
void facts_detail(struct facts *facts, const struct connection *connection);
void facts_left_out(struct facts *facts, const struct left_out *left_out);

/* html_ladder.c */
void facts_ladder(struct json *json, const struct connection *connection, uint64_t zero_ns);

/* html_columns.c */
extern const char *const *const page_columns[PAGE_TABLES];
void page_add_bytes(struct page *page, const struct bytes *bytes);
void page_add_call(struct page *page, const struct call *call, uint32_t socket, uint32_t other);
void page_add_segment(struct page *page, const struct segment *segment);
void page_add_sleep(struct page *page, const struct sleep_part *part);

/* page/page.S: the page before and behind its data. */
extern const char page_head[], page_head_end[], page_tail[], page_tail_end[];

#endif
