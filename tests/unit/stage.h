/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A play whose facts go to a full-screen frame. Frames are compared line by line
 * with those in tests/unit/frames/; FRAMES_WRITE=1 writes them anew: look at each
 * before it is committed.
 */
#ifndef TCPWATCH_TESTS_STAGE_H
#define TCPWATCH_TESTS_STAGE_H

#include <stdio.h>

#include "tests/unit/model_records.h"
#include "user/export/frame.h"

/* A model whose facts go to a frame. */
struct stage {
	struct play *play;
	struct capture_info info;
	struct frame *frame;
	struct frame_scene scene;
	struct pane pane;
	FILE *paper; /* where a summary would go */
};

/* cmocka's setup and teardown: *state is a struct stage. */
int set_stage(void **state);
int clear_stage(void **state);

#define on_stage(test) cmocka_unit_test_setup_teardown(test, set_stage, clear_stage)

/* The frame of this instant; to be freed. */
char *render(struct stage *stage, int columns, int rows);

/* The frame is the one that is kept under that name, size and form. */
void kept_at(struct stage *stage, const char *what, int columns, int rows);
void kept_in_all_forms(struct stage *stage, const char *what);

/* Exactly as many lines as rows, none too wide, nothing that steers a terminal. */
void shaped_in_all_forms(struct stage *stage);

#endif
