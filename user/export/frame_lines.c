/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines, their ranks, and the last guard that no line is wider than the screen. */
#include "user/export/frame_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int lines_open(struct lines *lines, const struct view *like, int columns)
{
	memset(lines, 0, sizeof(*lines));
	lines->view = *like;
	lines->view.columns = columns;
	lines->view.term.columns = columns;
	lines->view.stream = open_memstream(&lines->text, &lines->size);
	return lines->view.stream ? 0 : -ENOMEM;
}

void lines_close(struct lines *lines)
{
	if (!lines->view.stream)
		return;
	fclose(lines->view.stream);
	free(lines->text);
	memset(lines, 0, sizeof(*lines));
}

void lines_take(struct lines *lines, enum rank rank)
{
	fflush(lines->view.stream);
	while (lines->taken < lines->size) {
		const char *start = lines->text + lines->taken;
		size_t length = strcspn(start, "\n");

		if (lines->count < LINES_MOST) {
			lines->line[lines->count].at = lines->taken;
			lines->line[lines->count].length = (int)length;
			lines->line[lines->count].title = false;
			lines->line[lines->count].table = lines->table;
			lines->line[lines->count++].rank = rank;
		}
		lines->taken += length + 1;
	}
}

void lines_title(struct lines *lines, enum rank rank)
{
	int first = lines->count;

	lines->table = ++lines->tables;
	lines_take(lines, rank);
	for (int i = first; i < lines->count; i++)
		lines->line[i].title = true;
}

void lines_end_table(struct lines *lines)
{
	lines->table = 0;
}

void lines_blank(struct lines *lines)
{
	fputc('\n', lines->view.stream);
	lines_take(lines, RANK_BLANK);
}

static void drop(struct lines *lines, int index)
{
	memmove(&lines->line[index], &lines->line[index + 1],
		sizeof(lines->line[0]) * (size_t)(lines->count - index - 1));
	lines->count--;
}

static void drop_bare_titles(struct lines *lines)
{
	for (int i = lines->count - 1; i >= 0; i--)
		if (lines->line[i].title &&
		    (i + 1 == lines->count || lines->line[i + 1].table != lines->line[i].table))
			drop(lines, i);
}

void lines_fit(struct lines *lines, int rows)
{
	while (lines->count > rows && lines->count > 0) {
		int worst = lines->count - 1;

		for (int i = worst; i >= 0; i--)
			if (lines->line[i].rank > lines->line[worst].rank)
				worst = i;
		drop(lines, worst);
		drop_bare_titles(lines);
	}
}

const char *lines_text(const struct lines *lines, int index)
{
	char *text = lines->text + lines->line[index].at;

	text[lines->line[index].length] = '\0';
	return text;
}

/* Bytes of the escape sequence at text; 0: there is none. Only our own CSI sequences come here. */
static size_t sequence_length(const char *text)
{
	size_t length = 2;

	if (text[0] != '\033' || text[1] != '[')
		return 0;
	while (text[length] && (text[length] < 0x40 || text[length] > 0x7e))
		length++;
	return text[length] ? length + 1 : length;
}

int lines_clip(FILE *stream, const struct term *term, const char *text, int columns, bool pad)
{
	bool styled = false;
	int used = 0;

	while (*text) {
		size_t length = sequence_length(text);
		char one[5] = "";

		if (length) {
			fwrite(text, 1, length, stream);
			styled = strncmp(text, "\033[0m", length) != 0;
		} else {
			length = text_step(text);
			memcpy(one, text, length);
			if (used + term_width(one) > columns)
				break;
			used += term_width(one);
			fwrite(text, 1, length, stream);
		}
		text += length;
	}
	if (styled)
		fputs(term_style(term, STYLE_PLAIN), stream);
	if (pad && used < columns)
		fprintf(stream, "%*s", columns - used, "");
	return used;
}
