/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Padding, wrapping and cutting by columns, and names of ends. Works on whole
 * UTF-8 characters; bytes that are none count as one character each.
 */
#include "user/export/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/base/utf8.h"
#include "user/export/labels.h"

#define COLUMNS_MIN 60

struct view *view_open(const struct export_target *target, const struct capture_info *info)
{
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->stream = target->stream;
	view->term = target->term;
	view->columns = target->term.columns < COLUMNS_MIN ? COLUMNS_MIN : target->term.columns;
	view->lang = target->lang;
	view->info = info;
	view->capture_path = target->capture_path;
	view->replayed = target->replayed;
	view->shown = target->shown;
	view->events = target->events;
	return view;
}

bool view_zero(struct view *view, uint64_t time_ns, char *text, size_t size)
{
	uint64_t before_ns = view->zero_ns;
	char later[FMT_SIZE];

	view->zero_ns = time_ns;
	if (!before_ns)
		return false;
	fmt_offset(later, sizeof(later), (int64_t)(time_ns - before_ns));
	label_fill(text, size, view->lang, LABEL_ZERO, later, NULL);
	return true;
}

int view_close(struct view *view)
{
	int err = 0;

	if (!view)
		return 0;
	if (fflush(view->stream))
		err = -errno;
	else if (ferror(view->stream))
		err = -EIO;
	free(view);
	return err;
}

void text_styled(const struct view *view, enum style style, const char *text)
{
	fprintf(view->stream, "%s%s%s", term_style(&view->term, style), text,
		term_style(&view->term, STYLE_PLAIN));
}

size_t text_step(const char *text)
{
	uint32_t code;
	int length = utf8_decode(text, strnlen(text, 4), &code);

	return length > 0 ? (size_t)length : 1;
}

/* Columns of the character at text; its bytes go to *length. */
static int step_width(const char *text, size_t *length)
{
	char one[5] = "";

	*length = text_step(text);
	memcpy(one, text, *length);
	return term_width(one);
}

/* Bytes of the longest beginning of text that takes at most columns. */
static size_t length_within(const char *text, int columns)
{
	size_t used = 0, length;

	while (text[used]) {
		columns -= step_width(text + used, &length);
		if (columns < 0)
			break;
		used += length;
	}
	return used;
}

char *text_fit(char *out, size_t size, const char *text, int columns, enum align align)
{
	size_t length = length_within(text, columns < 0 ? 0 : columns);
	int left = 0, pad;

	snprintf(out, size, "%.*s", (int)length, text);
	pad = columns - term_width(out);
	if (pad < 0)
		pad = 0;
	if (align != ALIGN_LEFT)
		left = align == ALIGN_RIGHT ? pad : pad / 2;
	snprintf(out, size, "%*s%.*s%*s", left, "", (int)length, text, pad - left, "");
	return out;
}

/* Punctuation that must not begin a line. */
static bool closes(const char *text)
{
	static const char *const marks[] = { "，", "。", "；", "：", "、", "）", "？", "！", "」" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (!strncmp(text, marks[i], strlen(marks[i])))
			return true;
	return false;
}

/* Bytes of a blank and the unit behind a number, which must not be parted from it. */
static size_t unit_length(const char *text, size_t used)
{
	static const char *const units[] = { "ns", "us", "ms", "s", "B", "kB", "MB", "GB", "%" };

	if (!used || text[used] != ' ' || text[used - 1] < '0' || text[used - 1] > '9')
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i]);

		if (!strncmp(text + used + 1, units[i], length) &&
		    !isalnum((unsigned char)text[used + 1 + length]))
			return 1 + length;
	}
	return 0;
}

/* Bytes that must stay on one line: a word, or a wide character with what closes it. */
static size_t token_length(const char *text)
{
	size_t used, length;
	bool wide = step_width(text, &used) > 1;

	while (text[used]) {
		size_t unit = unit_length(text, used);

		if (!unit && text[used] == ' ')
			break;
		if (!unit && !closes(text + used) && (wide || step_width(text + used, &length) > 1))
			break;
		used += unit ? unit : text_step(text + used);
	}
	return used;
}

static void wrap(const struct view *view, int at, int indent, const char *text)
{
	bool fresh = true; /* nothing stands on this line behind its indent */
	char token[TEXT_SIZE];

	for (;;) {
		size_t blanks = strspn(text, " "), length;
		int width;

		text += blanks;
		if (!*text)
			break;
		length = token_length(text);
		snprintf(token, sizeof(token), "%.*s", (int)length, text);
		width = term_width(token);
		if (!fresh && at + (int)blanks + width > view->columns) {
			fprintf(view->stream, "\n%*s", indent, "");
			at = indent;
			blanks = 0;
		}
		if (at + width > view->columns) {
			length = length_within(text, view->columns - at);
			length += length ? 0 : text_step(text);
			width = view->columns;
		}
		fprintf(view->stream, "%*s%.*s", fresh ? 0 : (int)blanks, "", (int)length, text);
		at += (fresh ? 0 : (int)blanks) + width;
		fresh = false;
		text += length;
	}
	fputc('\n', view->stream);
}

void text_wrap(const struct view *view, int at, int indent, const char *text)
{
	char own[TEXT_LONG];

	wrap(view, at, indent, text_own(view, own, sizeof(own), text));
}

/* Bytes above 0x7f become \xNN, cut at a whole one. */
static void ascii_only(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text && used + 5 <= size; text++)
		used += (size_t)snprintf(out + used, size - used, *text & 0x80 ? "\\x%02x" : "%c",
					 (unsigned char)*text);
	out[used] = '\0';
}

char *text_own(const struct view *view, char *out, size_t size, const char *text)
{
	if (view->term.utf8 || view->lang != LANG_EN)
		snprintf(out, size, "%s", text);
	else
		ascii_only(out, size, text);
	return out;
}

char *text_foreign(const struct view *view, char *out, size_t size, const char *source,
		   size_t length)
{
	char escaped[TEXT_SIZE];

	if (view->term.utf8)
		return fmt_escape(out, size, source, length);
	fmt_escape(escaped, sizeof(escaped), source, length);
	ascii_only(out, size, escaped);
	return out;
}

char *text_owner(const struct view *view, char *out, size_t size, const struct socket *socket)
{
	char comm[4 * RECORD_COMM_SIZE + 1], pid[FMT_SIZE];

	out[0] = '\0';
	if (!socket || !socket->owner_tgid)
		return out;
	text_foreign(view, comm, sizeof(comm), socket->owner_comm, sizeof(socket->owner_comm));
	snprintf(out, size, "%s%s%s", comm, *comm ? " " : "",
		 fmt_pid(pid, sizeof(pid), socket->owner_tgid, socket->owner_own_tgid));
	return out;
}

char *text_endpoint(char *out, size_t size, const struct connection *connection, enum end end)
{
	if (!connection->port[end]) {
		snprintf(out, size, "?");
		return out;
	}
	return fmt_endpoint(out, size, connection->address[end], connection->family,
			    connection->scope, connection->port[end]);
}

char *text_end(const struct view *view, char *out, size_t size, const struct connection *connection,
	       enum end end)
{
	char endpoint[FMT_SIZE], owner[TEXT_SIZE];

	text_endpoint(endpoint, sizeof(endpoint), connection, end);
	text_owner(view, owner, sizeof(owner), socket_at(connection, end));
	if (!socket_at(connection, end))
		snprintf(out, size, "%s %s", endpoint, label(view->lang, LABEL_NOT_TRACED));
	else
		snprintf(out, size, "%s%s%s", owner, *owner ? " " : "", endpoint);
	return out;
}

const char *text_role(const struct view *view, enum end end)
{
	return label(view->lang, end == END_CLIENT ? LABEL_CLIENT : LABEL_SERVER);
}
