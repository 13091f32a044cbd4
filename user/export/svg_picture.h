/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that draw the two pictures share. */
#ifndef TCPWATCH_EXPORT_SVG_PICTURE_H
#define TCPWATCH_EXPORT_SVG_PICTURE_H

#include "user/export/export.h"
#include "user/export/svg_chart.h"
#include "user/export/svg_draw.h"
#include "user/export/svg_words.h"

#define SVG_TEXT_SIZE 512

/* The picture of one connection. */
struct picture {
	struct svg svg;
	const struct trace *trace;
	const struct capture_info *info;
	const struct connection *connection;
	const struct chart *chart; /* the axis only; NULL: nothing was told of the connection */
	uint64_t capture_zero_ns;
	uint64_t zero_ns; /* of this connection: its SYN, or what came first */
	uint64_t from_ns, to_ns;
	enum end sender; /* of the direction that carried more */
};

/* The connection to draw: most time in blocking calls, among those with curves. NULL: none. */
const struct connection *picture_choose(const struct trace *trace);

void picture_init(struct picture *picture, const struct export_target *target,
		  const struct capture_info *info, const struct trace *trace,
		  const struct connection *connection);

/* Opens the document, writes the verdict. description: what the picture is. */
void picture_open(struct picture *picture, enum svg_word description);

/* The line at the bottom, and the end of the document; note may be "". */
void picture_close(struct picture *picture, const char *note);

/* A whole picture that says that there was no connection. */
void picture_nothing(struct picture *picture, enum svg_word description);

/* "bulk_client 9780 127.0.0.1:41814", with "(not traced)" where nobody is known. */
void picture_end_text(const struct picture *picture, enum end end, char *owner, char *endpoint,
		      size_t size);

const char *picture_role(const struct picture *picture, enum end end);

/* svg_bytes.c */
void picture_legend(struct picture *picture);
void picture_bytes(struct picture *picture);
void picture_memory(struct picture *picture);
void picture_bracket(struct picture *picture);

/* svg_lanes.c */
void picture_states(struct picture *picture);
void picture_calls(struct picture *picture);

/* svg_axis.c: the place of a time, within the plot; the time of a column's left edge */
double picture_x(const struct picture *picture, uint64_t time_ns);
uint64_t picture_edge_ns(const struct picture *picture, int column);

/* The nearest place within the plot. */
double picture_clip(double x);

/* The step of an axis of this extent that gives about parts lines: 1, 2 or 5 times 10^n. */
uint64_t picture_step(uint64_t extent, int parts);

/* "2.000 s" -> "2 s", in place, for the marks of an axis. Returns text. */
char *picture_short(char *text);

#endif
