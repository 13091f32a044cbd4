/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The full-screen frame: a pure function of the model, of what was chosen, and
 * of the screen's size. It knows no terminal, no clock and no keyboard: the
 * caller brings the time and the keys and takes away the text.
 */
#ifndef TCPWATCH_EXPORT_FRAME_H
#define TCPWATCH_EXPORT_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "user/export/export.h"
#include "user/export/frame_pane.h"

/* The smallest screen on which a frame says enough. */
#define FRAME_COLUMNS_MIN 60
#define FRAME_ROWS_MIN 20

/* Characters stand for themselves. */
enum frame_key {
	FRAME_KEY_TAB = '\t',
	FRAME_KEY_ENTER = '\r',
	FRAME_KEY_ESCAPE = 27,
	FRAME_KEY_BACKSPACE = 127,
	FRAME_KEY_UP = 0x100,
	FRAME_KEY_DOWN,
	FRAME_KEY_LEFT,
	FRAME_KEY_RIGHT,
	FRAME_KEY_PAGE_UP,
	FRAME_KEY_PAGE_DOWN,
	FRAME_KEY_BACK_TAB,
	FRAME_KEY_OTHER, /* one that means nothing here */
};

/* What the player adds; texts are ours or the model's, UTF-8. */
struct frame_replay {
	const char *title, *caption; /* of the moment last reached; empty: none */
	const char *question;	     /* empty: none */
	const char *pace;
	unsigned int moment, moments; /* 0: before the first */
	unsigned int permille;	      /* of the way from the first record to the last */
	bool paused;
	bool masked; /* the places of the bytes would be the answer */
};

struct frame_scene {
	struct term term;
	uint64_t now_ns;  /* CLOCK_MONOTONIC, as in the records */
	uint64_t zero_ns; /* of the times that are shown */
	bool frozen;
	bool ended;			   /* the command: */
	int status;			   /* as wait(2) gives it; -1: not known */
	const struct pane *pane;	   /* what the command wrote; NULL: it isn't kept */
	const struct frame_replay *replay; /* NULL: live */
};

/* The context of view_live. */
struct frame;

/* An output that draws nothing by itself; at its end it prints the summary. */
extern const struct export view_live;

/* What the page of connection ends is sorted by. */
enum top_order { TOP_BY_BLOCKED, TOP_BY_BYTES, TOP_BY_RETRANSMITS, TOP_BY_RATE, TOP_ORDERS };

/* Opens that page, and comes back to it. */
void frame_top(struct frame *frame, enum top_order order);

/* What keys have chosen; outlives a frame that is begun anew. */
struct frame_choice {
	int page, base, scroll;
	unsigned int connection;
	enum top_order order;
	bool listed, picked, from_top;
};

void frame_choice_get(const struct frame *frame, struct frame_choice *choice);
void frame_choice_set(struct frame *frame, const struct frame_choice *choice);

/* Chooses the connection id, unless a key did so already. */
void frame_follow(struct frame *frame, unsigned int id);

/* Takes a key; false: it means nothing to the frame. */
bool frame_key(struct frame *frame, const struct trace *trace, int key);

/*
 * The whole frame: term.rows lines, separated by newlines, none wider than
 * term.columns. To be freed. NULL: no memory.
 */
char *frame_render(struct frame *frame, const struct trace *trace, const struct frame_scene *scene);

#endif
