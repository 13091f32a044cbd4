/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Draws frames of a play, compares them with those that are kept, and holds them to their shape. */
#include "tests/unit/stage.h"

#include <locale.h>
#include <stdlib.h>

#define FRAMES "tests/unit/frames/"

int set_stage(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	struct export_target target = { .directory_fd = -1 };
	void *play = NULL, *frame = NULL;

	assert_non_null(stage);
	setlocale(LC_CTYPE, "C.UTF-8");
	assert_int_equal(play_open(&play), 0);
	stage->play = play;
	stage->info.start_mono_ns = PLAY_START_NS;
	strcpy(stage->info.command, "./experiments/bulk_send");
	stage->paper = tmpfile();
	target.stream = stage->paper;
	target.term = (struct term){ .columns = 80, .rows = 24, .utf8 = true };
	assert_int_equal(view_live.begin(&frame, &target, &stage->info), 0);
	stage->frame = frame;
	trace_close(stage->play->trace);
	assert_int_equal(trace_open(&stage->play->trace, &stage->info, &view_live.sink, frame), 0);
	stage->scene.zero_ns = PLAY_START_NS;
	stage->scene.pane = &stage->pane;
	*state = stage;
	return 0;
}

int clear_stage(void **state)
{
	struct stage *stage = *state;
	void *play = stage->play;

	assert_int_equal(view_live.end(stage->frame, stage->play->trace, NULL), 0);
	play_close(&play);
	fclose(stage->paper);
	free(stage);
	return 0;
}

char *render(struct stage *stage, int columns, int rows)
{
	char *text;

	stage->scene.term.columns = columns;
	stage->scene.term.rows = rows;
	stage->scene.now_ns = stage->play->now_ns;
	if (trace_zero_ns(stage->play->trace))
		stage->scene.zero_ns = trace_zero_ns(stage->play->trace);
	text = frame_render(stage->frame, stage->play->trace, &stage->scene);
	assert_non_null(text);
	return text;
}

static char *slurp(FILE *file)
{
	char *text = calloc(1, 1 << 16);

	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	fclose(file);
	return text;
}

static void keep(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "%s\n", text);
	assert_int_equal(fclose(file), 0);
}

/* The frame is the one that is kept under that name. */
static void assert_kept(const char *name, const char *text)
{
	char path[128], *kept;
	FILE *file;

	snprintf(path, sizeof(path), FRAMES "%s.txt", name);
	if (getenv("FRAMES_WRITE"))
		keep(path, text);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s: no such frame; run from the top of the tree", path);
	kept = slurp(file);
	if (strncmp(kept, text, strlen(text)) || strcmp(kept + strlen(text), "\n"))
		fail_msg("%s is not what is drawn:\n%s\n", path, text);
	free(kept);
}

void kept_at(struct stage *stage, const char *what, int columns, int rows)
{
	const char *how = stage->scene.term.color  ? "color"
			  : stage->scene.term.utf8 ? "utf8"
						   : "ascii";
	char name[64], *text = render(stage, columns, rows);

	snprintf(name, sizeof(name), "%s-%dx%d-%s", what, columns, rows, how);
	assert_kept(name, text);
	free(text);
}

void kept_in_all_forms(struct stage *stage, const char *what)
{
	static const int sizes[][2] = { { 80, 24 }, { 60, 20 }, { 200, 50 } };

	for (int i = 0; i < 3; i++) {
		stage->scene.term = (struct term){ .utf8 = true };
		kept_at(stage, what, sizes[i][0], sizes[i][1]);
		stage->scene.term.color = true;
		kept_at(stage, what, sizes[i][0], sizes[i][1]);
		stage->scene.term = (struct term){ .utf8 = false };
		kept_at(stage, what, sizes[i][0], sizes[i][1]);
	}
}

/* Exactly rows lines, none too wide; without UTF-8 no byte above 0x7f; no control characters. */
static void assert_shape(const char *text, int columns, int rows, const struct term *term)
{
	int lines = 1;

	for (const char *at = text; *at; at++) {
		lines += *at == '\n';
		if (!term->utf8)
			assert_true((unsigned char)*at < 0x80);
		assert_true(*at == '\n' || (unsigned char)*at >= ' ' ||
			    (*at == '\033' && term->color));
	}
	assert_int_equal(lines, rows);
	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[4096];

		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		if (term_width(line) > columns)
			fail_msg("wider than %d: %s", columns, line);
		text += length + (text[length] == '\n');
	}
}

static void shaped_at_every_size(struct stage *stage)
{
	static const int columns[] = { 60, 61, 79, 80, 100, 149, 150, 200, 300 };
	static const int rows[] = { 20, 21, 24, 33, 50, 70 };

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			char *text = render(stage, columns[i], rows[j]);

			assert_shape(text, columns[i], rows[j], &stage->scene.term);
			free(text);
		}
	}
}

void shaped_in_all_forms(struct stage *stage)
{
	for (int form = 0; form < 4; form++) {
		stage->scene.term.utf8 = form & 1;
		stage->scene.term.color = form & 2;
		shaped_at_every_size(stage);
	}
}
