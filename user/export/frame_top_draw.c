/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The page of connection ends. What is most asked for has its columns at any
 * width; the rest joins where there is room. A name or address that had to be
 * cut ends in ~.
 */
#include <stdlib.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/frame_parts.h"
#include "user/export/labels.h"
#include "user/model/names.h"

#define WHY_COLUMNS_MIN 11
#define NAME_COLUMNS_MIN 10
#define IPV4_COLUMNS 21

enum column {
	COLUMN_ID,
	COLUMN_WHO,
	COLUMN_LOCAL,
	COLUMN_REMOTE,
	COLUMN_STATE,
	COLUMN_BLOCKED,
	COLUMN_SEND_QUEUE,
	COLUMN_RECV_QUEUE,
	COLUMN_OUT,
	COLUMN_IN,
	COLUMN_AGAIN,
	COLUMN_WHY,
	COLUMNS
};

/* Widths; 0: no room. */
struct layout {
	int width[COLUMNS];
};

static const struct {
	enum frame_word title;
	int width; /* 0: by what stands in it */
	int from;  /* columns of the screen from which it is shown */
	enum align align;
} columns[COLUMNS] = {
	[COLUMN_ID] = { FRAME_TOP_ID, 0, 0, ALIGN_LEFT },
	[COLUMN_WHO] = { FRAME_TOP_WHO, 0, 0, ALIGN_LEFT },
	[COLUMN_LOCAL] = { FRAME_TOP_LOCAL, 0, 116, ALIGN_LEFT },
	[COLUMN_REMOTE] = { FRAME_TOP_REMOTE, 0, 0, ALIGN_LEFT },
	[COLUMN_STATE] = { FRAME_TOP_STATE, 5, 0, ALIGN_LEFT },
	[COLUMN_BLOCKED] = { FRAME_TOP_BLOCKED, 4, 0, ALIGN_RIGHT },
	[COLUMN_SEND_QUEUE] = { FRAME_TOP_SEND_QUEUE, 5, 94, ALIGN_RIGHT },
	[COLUMN_RECV_QUEUE] = { FRAME_TOP_RECV_QUEUE, 5, 94, ALIGN_RIGHT },
	[COLUMN_OUT] = { FRAME_TOP_OUT, 5, 78, ALIGN_RIGHT },
	[COLUMN_IN] = { FRAME_TOP_IN, 5, 78, ALIGN_RIGHT },
	[COLUMN_AGAIN] = { FRAME_TOP_AGAIN, 4, 78, ALIGN_RIGHT },
	[COLUMN_WHY] = { FRAME_TOP_WHY, 0, 0, ALIGN_LEFT },
};

static char *who_text(char *text, size_t size, const struct view *view, const struct top_row *row,
		      int width)
{
	char name[4 * RECORD_COMM_SIZE + 1], fit[TEXT_SIZE], pid[FMT_SIZE];
	int room;

	if (!row->tgid) {
		snprintf(text, size, "-");
		return text;
	}
	text_foreign(view, name, sizeof(name), row->comm, RECORD_COMM_SIZE);
	snprintf(pid, sizeof(pid), "/%u", row->tgid);
	room = width - term_width(pid);
	if (!width || term_width(name) <= room)
		snprintf(text, size, "%s%s", name, pid);
	else
		snprintf(text, size, "%s~%s",
			 text_fit(fit, TEXT_SIZE / 2, name, room - 1, ALIGN_LEFT), pid);
	return text;
}

/* "[2001:db8:1~]:443": of what is too long the port stays. width 0: as long as it is. */
static char *address_text(char *text, size_t size, const struct top_row *row, enum end end,
			  int width)
{
	char address[FMT_SIZE], fit[TEXT_SIZE], port[FMT_SIZE];
	int room;

	fmt_endpoint(text, size, row->address[end], row->family, row->scope, row->port[end]);
	if (!width || term_width(text) <= width)
		return text;
	fmt_address(address, sizeof(address), row->address[end], row->family, row->scope);
	snprintf(port, sizeof(port), "~]:%u", row->port[end]);
	room = width - term_width(port) - 1;
	snprintf(text, size, "[%s%s", text_fit(fit, TEXT_SIZE / 2, address, room, ALIGN_LEFT),
		 port);
	return text;
}

/* The longest form that fits: "send 1.23s: peer window", "send: peer window", "peer window". */
static void why_text(char *text, size_t size, enum lang lang, const struct top_row *row, int width)
{
	char duration[FMT_SIZE];
	const char *call = name_call(row->inside), *why;

	text[0] = '\0';
	if (row->gone_ns) {
		snprintf(text, size, "%s", frame_word(lang, FRAME_TOP_OVER));
		return;
	}
	if (row->inside == CALL_NONE)
		return;
	fmt_duration_short(duration, sizeof(duration), row->inside_ns);
	why = row->why == FRAME_WORDS ? "" : frame_word(lang, row->why);
	snprintf(text, size, "%s %s%s%s", call, duration, *why ? label(lang, LABEL_COLON) : "",
		 why);
	if (term_width(text) > width && *why)
		snprintf(text, size, "%s%s%s", call, label(lang, LABEL_COLON), why);
	if (term_width(text) > width)
		snprintf(text, size, "%s", *why ? why : call);
}

static void number_text(char *text, size_t size, bool known, uint64_t value)
{
	if (known)
		fmt_bytes_short(text, size, value);
	else
		snprintf(text, size, "-");
}

static void cell_text(char *text, size_t size, const struct view *view, const struct top_row *row,
		      enum column column, int width)
{
	switch (column) {
	case COLUMN_ID:
		snprintf(text, size, "#%u", row->id);
		break;
	case COLUMN_WHO:
		who_text(text, size, view, row, width);
		break;
	case COLUMN_LOCAL:
		address_text(text, size, row, row->end, width);
		break;
	case COLUMN_REMOTE:
		snprintf(text, size, "%s ", row->end == END_CLIENT ? "->" : "<-");
		address_text(text + 3, size - 3, row, other_end(row->end), width ? width - 3 : 0);
		break;
	case COLUMN_STATE:
		snprintf(text, size, "%s", frame_state(row->state));
		break;
	case COLUMN_BLOCKED:
		snprintf(text, size, "%u", row->blocked_permille / 10);
		break;
	case COLUMN_SEND_QUEUE:
		number_text(text, size, row->places_known, row->send_queue);
		break;
	case COLUMN_RECV_QUEUE:
		number_text(text, size, row->places_known, row->recv_queue);
		break;
	case COLUMN_OUT:
		number_text(text, size, row->bytes_known, row->out_rate);
		break;
	case COLUMN_IN:
		number_text(text, size, row->bytes_known, row->in_rate);
		break;
	case COLUMN_AGAIN:
		number_text(text, size, row->segments_known, row->retransmits);
		break;
	default:
		why_text(text, size, view->lang, row, width);
	}
}

/* The widest cell of a column; at least its title. */
static int need_of(const struct view *view, const struct top_row *rows, size_t count,
		   enum column column)
{
	char text[TEXT_SIZE];
	int need = term_width(frame_word(view->lang, columns[column].title));

	for (size_t i = 0; i < count; i++) {
		cell_text(text, sizeof(text), view, &rows[i], column, 0);
		if (term_width(text) > need)
			need = term_width(text);
	}
	return need;
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* Columns of fixed width, as many as the screen has room for. Returns what they take. */
static int lay_out_fixed(struct layout *layout, int screen)
{
	int taken = 0;

	for (int i = 0; i < COLUMNS; i++) {
		if (!columns[i].width || screen < columns[i].from)
			continue;
		layout->width[i] = columns[i].width;
		taken += columns[i].width + 1;
	}
	return taken;
}

/* The peer's address goes before the name, and both before the own address. */
static void lay_out(struct layout *layout, const struct view *view, const struct top_row *rows,
		    size_t count)
{
	int who = need_of(view, rows, count, COLUMN_WHO);
	int remote = need_of(view, rows, count, COLUMN_REMOTE);
	int local = need_of(view, rows, count, COLUMN_LOCAL), room, kept;

	*layout = (struct layout){ 0 };
	layout->width[COLUMN_ID] = need_of(view, rows, count, COLUMN_ID);
	room = view->columns - 1 - WHY_COLUMNS_MIN - lay_out_fixed(layout, view->columns) -
	       layout->width[COLUMN_ID] - 3;
	kept = view->columns < columns[COLUMN_LOCAL].from ? 0 : smaller(local, IPV4_COLUMNS) + 1;
	layout->width[COLUMN_REMOTE] =
		smaller(remote, room - kept - smaller(who, NAME_COLUMNS_MIN));
	room -= layout->width[COLUMN_REMOTE];
	layout->width[COLUMN_WHO] = smaller(who, room - kept);
	room -= layout->width[COLUMN_WHO];
	if (kept) {
		layout->width[COLUMN_LOCAL] = smaller(local, room - 1);
		room -= layout->width[COLUMN_LOCAL] + 1;
	}
	layout->width[COLUMN_WHY] = room + WHY_COLUMNS_MIN;
}

static void draw_title(const struct drawing *drawing, struct lines *lines,
		       const struct layout *layout)
{
	const struct view *view = &lines->view;
	char text[TEXT_SIZE];

	fprintf(view->stream, " %s%s%s\n %s\n", term_style(&view->term, STYLE_BOLD),
		frame_word(view->lang, FRAME_TOP + drawing->frame->top.order),
		term_style(&view->term, STYLE_PLAIN), frame_word(view->lang, FRAME_TOP_KEYS));
	fprintf(view->stream, " %s", term_style(&view->term, STYLE_BOLD));
	for (int i = 0; i < COLUMNS; i++)
		if (layout->width[i])
			fprintf(view->stream, "%s%s",
				text_fit(text, sizeof(text),
					 frame_word(view->lang, columns[i].title), layout->width[i],
					 columns[i].align),
				i == COLUMN_WHY ? "" : " ");
	fprintf(view->stream, "%s\n", term_style(&view->term, STYLE_PLAIN));
	lines_take(lines, RANK_MUST);
}

static enum style style_of(const struct top_row *row, bool chosen)
{
	if (row->gone_ns)
		return STYLE_DIM;
	if (chosen)
		return STYLE_BOLD;
	return row->inside != CALL_NONE && call_sends(row->inside) && row->blocked_permille >= 500
		       ? STYLE_YELLOW
		       : STYLE_PLAIN;
}

static void draw_row(const struct drawing *drawing, struct lines *lines,
		     const struct layout *layout, const struct top_row *row)
{
	const struct view *view = &lines->view;
	bool chosen = row->id == drawing->frame->chosen && row->end == drawing->frame->top.end;
	char cell[TEXT_SIZE], fit[TEXT_SIZE];

	fprintf(view->stream, "%s%c", term_style(&view->term, style_of(row, chosen)),
		chosen ? '>' : ' ');
	for (int i = 0; i < COLUMNS; i++) {
		if (!layout->width[i])
			continue;
		cell_text(cell, sizeof(cell), view, row, (enum column)i, layout->width[i]);
		fprintf(view->stream, "%s%s",
			text_fit(fit, sizeof(fit), cell, layout->width[i], columns[i].align),
			i == COLUMN_WHY ? "" : " ");
	}
	fprintf(view->stream, "%s\n", term_style(&view->term, STYLE_PLAIN));
	lines_take(lines, RANK_MUST);
}

/* The chosen row is always among those that are shown. */
static size_t first_row(const struct drawing *drawing, const struct top_row *rows, size_t count,
			size_t shown)
{
	size_t at = 0;

	while (at < count &&
	       (rows[at].id != drawing->frame->chosen || rows[at].end != drawing->frame->top.end))
		at++;
	return at < count && at >= shown ? at - shown + 1 : 0;
}

void frame_top_page(const struct drawing *drawing, struct lines *lines, int rows_shown)
{
	size_t count, shown = rows_shown > 4 ? (size_t)rows_shown - 3 : 1, first;
	struct top_row *rows = top_rows(drawing->frame, drawing->scene->now_ns, &count);
	struct layout layout;

	lay_out(&layout, &lines->view, rows, count);
	draw_title(drawing, lines, &layout);
	first = first_row(drawing, rows, count, shown);
	for (size_t i = first; i < count && i < first + shown; i++)
		draw_row(drawing, lines, &layout, &rows[i]);
	free(rows);
}
