/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the terminal views share: padding, wrapping and cutting by columns of
 * the terminal, and the names of sockets and connection ends. Foreign text
 * comes out escaped; without UTF-8 no byte above 0x7f comes out.
 */
#ifndef TCPWATCH_EXPORT_TEXT_H
#define TCPWATCH_EXPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "user/export/export.h"

/* Text of one line, or of one escaped name. */
#define TEXT_SIZE 512
/* A caption, a verdict, or a command line with every byte escaped. */
#define TEXT_LONG 4200

/* Connections whose course the views show; of the others they give totals. */
#define VIEW_CONNECTIONS 8

/* A view and where it writes. capture_path and info are not owned. */
struct view {
	FILE *stream;
	struct term term;
	int columns; /* at least 60 */
	enum lang lang;
	const struct capture_info *info;
	uint64_t zero_ns; /* times are told from here; 0: not known yet */
	const char *capture_path;
	bool replayed;
	const char *shown;
	unsigned int events; /* enum shown_events; 0: all */
};

enum align { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTER };

/* Makes a view on the heap. Returns NULL when there is no memory. */
struct view *view_open(const struct export_target *target, const struct capture_info *info);

/*
 * For a sink's zero(): from now on times count from time_ns. True when they did
 * from something else before; text then says so, for the lines that stand above.
 */
bool view_zero(struct view *view, uint64_t time_ns, char *text, size_t size);

/* Flushes and frees. 0, or the negative errno of a failed write. Accepts NULL. */
int view_close(struct view *view);

/* Writes text in a style and turns it off again. */
void text_styled(const struct view *view, enum style style, const char *text);

/* Bytes of the first character of UTF-8 text that is not empty. */
size_t text_step(const char *text);

/* Cuts or pads text to exactly columns. Returns out. */
char *text_fit(char *out, size_t size, const char *text, int columns, enum align align);

/*
 * Writes text and a newline, broken at blanks (and between wide characters)
 * so that it fits the view. The cursor stands at column at; the following
 * lines begin at column indent.
 */
void text_wrap(const struct view *view, int at, int indent, const char *text);

/* Our own text: unchanged, but without bytes above 0x7f where the view has no UTF-8. */
char *text_own(const struct view *view, char *out, size_t size, const char *text);

/* Foreign text, escaped. At most length bytes of source are read. Returns out. */
char *text_foreign(const struct view *view, char *out, size_t size, const char *source,
		   size_t length);

/* "exp_client 9788"; "" when the owner is not known. socket: may be NULL. */
char *text_owner(const struct view *view, char *out, size_t size, const struct socket *socket);

/* "127.0.0.1:57366", "?" when the address is not known. */
char *text_endpoint(char *out, size_t size, const struct connection *connection, enum end end);

/* "exp_client 9788 127.0.0.1:57366", "127.0.0.1:12345 (not traced)" */
char *text_end(const struct view *view, char *out, size_t size, const struct connection *connection,
	       enum end end);

/* "client", "server" in the view's language. */
const char *text_role(const struct view *view, enum end end);

#endif
