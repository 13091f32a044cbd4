/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Puts a frame together: head, body, the command's output or the player's
 * caption, and the keys at the bottom. Every line passes lines_clip, so no
 * name, however long, can push a frame out of shape.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "user/base/fmt.h"
#include "user/export/frame_parts.h"
#include "user/export/labels.h"
#include "user/export/ladder.h"

#define PANE_ROWS_MIN 3	  /* with its title */
#define LADDER_BESIDE 150 /* columns from which the ladder stands beside the detail */
#define CAPTION_ROWS 3
#define BAR_COLUMNS_MAX 60

/* The frame as it grows, line by line. */
struct sheet {
	FILE *stream;
	const struct term *term;
	int rows; /* written so far */
};

static void put_line(struct sheet *sheet, const char *text)
{
	if (sheet->rows >= sheet->term->rows)
		return;
	if (sheet->rows++)
		fputc('\n', sheet->stream);
	lines_clip(sheet->stream, sheet->term, text, sheet->term->columns, false);
}

static void put_lines(struct sheet *sheet, const struct lines *lines, int from, int count)
{
	for (int i = from; i < from + count && i < lines->count; i++)
		put_line(sheet, lines_text(lines, i));
}

static void state_word(char *text, size_t size, const struct drawing *drawing)
{
	const struct frame_scene *scene = drawing->scene;
	enum lang lang = drawing->frame->view->lang;
	bool killed = WIFSIGNALED(scene->status);
	char number[16];

	text[0] = '\0';
	if (scene->replay)
		snprintf(text, size, "%s  ", frame_word(lang, FRAME_REPLAY));
	else if (scene->ended && scene->status != -1) {
		snprintf(number, sizeof(number), "%d",
			 killed ? WTERMSIG(scene->status) : WEXITSTATUS(scene->status));
		frame_say(text, size - 2, lang, killed ? FRAME_KILLED : FRAME_ENDED, number, NULL);
		strcat(text, "  ");
	} else if (scene->frozen) {
		snprintf(text, size, "%s  ", frame_word(lang, FRAME_FROZEN));
	}
}

static void counts_text(char *text, size_t size, const struct drawing *drawing)
{
	enum lang lang = drawing->frame->view->lang;
	unsigned int count = trace_begun(drawing->trace);
	char number[FMT_SIZE], connections[FMT_SIZE], events[FMT_SIZE];

	fmt_count(number, sizeof(number), count);
	frame_say(connections, sizeof(connections), lang,
		  count == 1 ? FRAME_CONNECTION : FRAME_CONNECTIONS, number, NULL);
	fmt_count(number, sizeof(number), trace_events(drawing->trace));
	frame_say(events, sizeof(events), lang, FRAME_EVENTS, number, NULL);
	snprintf(text, size, "%s  %s  ", connections, events);
}

static void time_text(char *text, size_t size, const struct frame_scene *scene)
{
	int64_t ns = (int64_t)(scene->now_ns - scene->zero_ns);

	if (scene->replay)
		fmt_offset(text, size, ns);
	else
		fmt_duration(text, size, ns > 0 ? (uint64_t)ns : 0);
}

static void put_head(struct sheet *sheet, const struct drawing *drawing)
{
	const struct view *view = drawing->frame->view;
	const struct term *term = sheet->term;
	uint64_t lost = trace_lost(drawing->trace);
	char state[FMT_SIZE + 8], time[FMT_SIZE], counts[3 * FMT_SIZE], number[FMT_SIZE];
	char losses[FMT_SIZE], command[TEXT_SIZE], fit[TEXT_SIZE], text[TEXT_LONG];
	int right;

	state_word(state, sizeof(state), drawing);
	time_text(time, sizeof(time), drawing->scene);
	counts_text(counts, sizeof(counts), drawing);
	frame_say(losses, sizeof(losses), view->lang, FRAME_LOST,
		  fmt_count(number, sizeof(number), lost), NULL);
	right = term_width(state) + term_width(time) + 2 + term_width(counts) + term_width(losses);
	if (10 + right + 3 > term->columns) {
		right -= term_width(counts);
		counts[0] = '\0';
	}
	text_foreign(view, command, sizeof(command), view->info->command,
		     sizeof(view->info->command));
	text_fit(fit, sizeof(fit), command, term->columns - 10 - right - 3, ALIGN_LEFT);
	snprintf(text, sizeof(text), "%s tcpwatch %s  %s%s%s%s  %s%s%s%s",
		 term_style(term, STYLE_BOLD), fit, term_style(term, STYLE_YELLOW), state,
		 term_style(term, STYLE_PLAIN), time, counts,
		 term_style(term, lost ? STYLE_RED : STYLE_PLAIN), losses,
		 term_style(term, STYLE_PLAIN));
	put_line(sheet, text);
}

static void put_keys(struct sheet *sheet, const struct drawing *drawing)
{
	const struct frame_key_help *help = drawing->scene->replay ? frame_play_keys
								   : frame_live_keys;
	enum lang lang = drawing->frame->view->lang;
	char text[TEXT_LONG] = "", item[TEXT_SIZE];
	int used = 0;

	for (; help->key; help++) {
		snprintf(item, sizeof(item), "%s %s", help->key, help->does[lang]);
		if (used + 2 + term_width(item) >= sheet->term->columns)
			continue;
		used += 2 + term_width(item);
		strcat(strcat(text, used > 2 + term_width(item) ? "  " : " "), item);
	}
	while (sheet->rows < sheet->term->rows - 1)
		put_line(sheet, "");
	snprintf(item, sizeof(item), "%s%.400s%s", term_style(sheet->term, STYLE_DIM), text,
		 term_style(sheet->term, STYLE_PLAIN));
	put_line(sheet, item);
}

/* Nothing to show yet: what was told so far, if anything was. */
static void nothing_yet(const struct drawing *drawing, struct lines *lines)
{
	const struct frame *frame = drawing->frame;
	const struct view *view = &lines->view;
	uint64_t first = frame->told_count > FRAME_TOLD ? frame->told_count - FRAME_TOLD : 0;
	char offset[FMT_SIZE];

	fprintf(view->stream, " %s\n\n", frame_word(view->lang, FRAME_NOTHING));
	for (uint64_t i = first; i < frame->told_count; i++) {
		const struct told *told = &frame->told[i % FRAME_TOLD];

		fmt_offset(offset, sizeof(offset),
			   (int64_t)(told->time_ns - drawing->scene->zero_ns));
		fprintf(view->stream, " %11s  ", offset);
		text_styled(view, STYLE_BOLD, told->title);
		fputs(label(view->lang, LABEL_COLON), view->stream);
		text_wrap(view, 16 + term_width(told->title), 16, told->caption);
	}
	lines_take(lines, RANK_MUST);
}

static void help_page(const struct drawing *drawing, struct lines *lines)
{
	const struct frame_key_help *help = drawing->scene->replay ? frame_play_keys
								   : frame_live_keys;
	const struct view *view = &lines->view;
	const char *const *text = frame_help(view->lang);

	for (; help->key; help++)
		fprintf(view->stream, "  %-8s %s\n", help->key, help->does[view->lang]);
	fputc('\n', view->stream);
	lines_take(lines, RANK_MUST);
	for (; *text; text++) {
		fputs("  ", view->stream);
		text_wrap(view, 2, 2, *text);
	}
	lines_take(lines, RANK_MUST);
}

static bool lists(const struct drawing *drawing)
{
	const struct frame *frame = drawing->frame;

	return frame->listed && trace_connections(drawing->trace) > 1;
}

static void draw_page(const struct drawing *drawing, struct lines *lines, int rows)
{
	const struct view *view = &lines->view;

	switch (drawing->frame->page) {
	case PAGE_HELP:
		help_page(drawing, lines);
		return;
	case PAGE_EVENTS:
		events_write(&drawing->frame->events, lines);
		return;
	case PAGE_LADDER:
		if (!drawing->connection)
			break;
		ladder_draw(view, drawing->connection, 0);
		lines_take(lines, RANK_MUST);
		return;
	case PAGE_CONNECTION:
	case PAGE_TOP:
		break;
	}
	if (!drawing->connection)
		nothing_yet(drawing, lines);
	else if (drawing->frame->page == PAGE_TOP)
		frame_top_page(drawing, lines, rows);
	else if (lists(drawing))
		frame_list(drawing, lines, rows);
	else
		frame_detail(drawing, lines);
}

/* Lines at the top that stay when the rest is scrolled: the titles of a ladder. */
static int fixed_lines(const struct drawing *drawing)
{
	return drawing->frame->page == PAGE_LADDER && drawing->connection ? 2 : 0;
}

/* The newest stand at the bottom; scroll goes back from there. */
static void put_scrolled(struct sheet *sheet, const struct drawing *drawing,
			 const struct lines *lines, int rows)
{
	int fixed = fixed_lines(drawing), hidden = lines->count - rows;
	struct frame *frame = drawing->frame;

	hidden = hidden < 0 ? 0 : hidden;
	if (frame->scroll > hidden)
		frame->scroll = hidden;
	put_lines(sheet, lines, 0, fixed);
	put_lines(sheet, lines, fixed + hidden - frame->scroll, rows - fixed);
}

static void put_page(struct sheet *sheet, const struct drawing *drawing, struct lines *lines,
		     int rows)
{
	enum frame_page page = drawing->frame->page;

	if (page == PAGE_LADDER || page == PAGE_EVENTS) {
		put_scrolled(sheet, drawing, lines, rows);
	} else {
		lines_fit(lines, rows);
		put_lines(sheet, lines, 0, rows);
	}
}

/* The detail at the left, the end of the ladder at the right. */
static void put_beside(struct sheet *sheet, struct lines *left, struct lines *right, int rows)
{
	int hidden = right->count - rows;

	lines_fit(left, rows);
	for (int i = 0; i < rows && (i < left->count || i < right->count); i++) {
		int from = i < 2 || hidden < 0 ? i : i + hidden;
		char *line = NULL;
		size_t size;
		FILE *stream = open_memstream(&line, &size);

		if (!stream)
			return;
		lines_clip(stream, sheet->term, i < left->count ? lines_text(left, i) : "",
			   left->view.columns, true);
		fputs("  ", stream);
		lines_clip(stream, sheet->term, from < right->count ? lines_text(right, from) : "",
			   right->view.columns, false);
		fclose(stream);
		put_line(sheet, line);
		free(line);
	}
}

static bool has_room_beside(const struct drawing *drawing)
{
	return drawing->scene->term.columns >= LADDER_BESIDE && drawing->connection &&
	       drawing->connection->detail && drawing->frame->page == PAGE_CONNECTION &&
	       !lists(drawing);
}

static int put_body(struct sheet *sheet, const struct drawing *drawing, const struct view *view,
		    int rows)
{
	int columns = view->columns, err;
	struct lines left = { 0 }, right = { 0 };
	bool beside = has_room_beside(drawing);

	err = lines_open(&left, view, beside ? columns * 9 / 20 : columns);
	if (!err && beside)
		err = lines_open(&right, view, columns - columns * 9 / 20 - 2);
	if (err)
		goto out;
	draw_page(drawing, &left, rows);
	if (beside) {
		ladder_draw(&right.view, drawing->connection, 0);
		lines_take(&right, RANK_MUST);
		put_beside(sheet, &left, &right, rows);
	} else {
		put_page(sheet, drawing, &left, rows);
	}
out:
	lines_close(&left);
	lines_close(&right);
	return err;
}

/* What is left of the screen belongs to the command. */
static void put_pane(struct sheet *sheet, const struct drawing *drawing, const struct view *view)
{
	const struct pane *pane = drawing->scene->pane;
	int rows = sheet->term->rows - 1 - sheet->rows - 1, lines = pane ? pane_lines(pane) : 0;
	char text[TEXT_LONG], title[TEXT_SIZE];

	if (!lines || rows < 1)
		return;
	for (; rows > lines + 1; rows--)
		put_line(sheet, "");
	rows = rows > lines ? lines : rows;
	snprintf(title, sizeof(title), "%s %s%s", term_style(sheet->term, STYLE_BOLD),
		 frame_word(view->lang, FRAME_OUTPUT), term_style(sheet->term, STYLE_PLAIN));
	put_line(sheet, title);
	for (int i = lines - rows; i < lines; i++) {
		text[0] = ' ';
		text_foreign(view, text + 1, TEXT_SIZE, pane_line(pane, i), PANE_LINE_SIZE);
		put_line(sheet, text);
	}
}

static void put_progress(struct sheet *sheet, const struct frame_replay *replay, enum lang lang)
{
	int columns = sheet->term->columns - 40, at;
	char bar[BAR_COLUMNS_MAX + 1], text[TEXT_SIZE];

	if (columns > BAR_COLUMNS_MAX)
		columns = BAR_COLUMNS_MAX;
	at = (int)replay->permille * (columns - 1) / 1000;
	for (int i = 0; i < columns; i++)
		bar[i] = i < at ? '=' : i == at ? '>' : '.';
	bar[columns] = '\0';
	snprintf(text, sizeof(text), " [%s]  %u/%u  %s%s%s%s", bar, replay->moment, replay->moments,
		 replay->pace, term_style(sheet->term, STYLE_YELLOW), replay->paused ? "  " : "",
		 replay->paused ? frame_word(lang, FRAME_PAUSED) : "");
	put_line(sheet, text);
}

/* The caption of the moment, or the question to the class; as tall as it ever gets. */
static int put_caption(struct sheet *sheet, const struct drawing *drawing, const struct view *view)
{
	const struct frame_replay *replay = drawing->scene->replay;
	struct lines lines;
	int err;

	put_progress(sheet, replay, view->lang);
	err = lines_open(&lines, view, sheet->term->columns);
	if (err)
		return err;
	fputc(' ', lines.view.stream);
	if (*replay->question) {
		fputs(term_style(&view->term, STYLE_YELLOW), lines.view.stream);
		text_wrap(&lines.view, 1, 1, replay->question);
	} else {
		text_styled(&lines.view, STYLE_BOLD, replay->title);
		if (*replay->caption)
			fputs(label(view->lang, LABEL_COLON), lines.view.stream);
		text_wrap(&lines.view, 3 + term_width(replay->title), 1, replay->caption);
	}
	lines_take(&lines, RANK_MUST);
	put_lines(sheet, &lines, 0, CAPTION_ROWS);
	lines_close(&lines);
	return 0;
}

static int bottom_rows(const struct drawing *drawing)
{
	const struct frame_scene *scene = drawing->scene;

	if (scene->replay)
		return 1 + CAPTION_ROWS;
	if (!scene->pane || !pane_lines(scene->pane) ||
	    drawing->frame->page != drawing->frame->base)
		return 0;
	return PANE_ROWS_MIN;
}

static int draw(struct sheet *sheet, const struct drawing *drawing, const struct view *view)
{
	int rows = sheet->term->rows - 3 - bottom_rows(drawing), err;

	put_head(sheet, drawing);
	put_line(sheet, "");
	err = put_body(sheet, drawing, view, rows > 1 ? rows : 1);
	if (drawing->scene->replay) {
		while (sheet->rows < sheet->term->rows - 2 - CAPTION_ROWS)
			put_line(sheet, "");
		if (!err)
			err = put_caption(sheet, drawing, view);
	} else {
		put_pane(sheet, drawing, view);
	}
	put_keys(sheet, drawing);
	return err;
}

static const struct connection *chosen_of(struct frame *frame, const struct trace *trace)
{
	const struct connection *chosen = trace_find(trace, frame->chosen);

	/* It may have been folded, or lie in what a replay went back over. */
	if (frame->chosen && !chosen) {
		frame->listed |= frame->chosen <= trace_begun(trace);
		frame->chosen = 0;
	}
	return chosen ? chosen : trace_connection(trace, 0);
}

char *frame_render(struct frame *frame, const struct trace *trace, const struct frame_scene *scene)
{
	struct drawing drawing = { .frame = frame, .trace = trace, .scene = scene };
	struct sheet sheet = { .term = &scene->term };
	struct view view = *frame->view;
	char *text = NULL;
	size_t size;
	int err;

	frame->drawn_ns = scene->now_ns;
	top_look(frame, scene->now_ns);
	frame->view->term = scene->term;
	frame->view->columns = scene->term.columns < FRAME_COLUMNS_MIN ? FRAME_COLUMNS_MIN
								       : scene->term.columns;
	view.term = scene->term;
	view.columns = frame->view->columns;
	view.zero_ns = scene->zero_ns;
	drawing.connection = chosen_of(frame, trace);
	sheet.stream = open_memstream(&text, &size);
	if (!sheet.stream)
		return NULL;
	err = draw(&sheet, &drawing, &view);
	fclose(sheet.stream);
	if (!err)
		return text;
	free(text);
	return NULL;
}
