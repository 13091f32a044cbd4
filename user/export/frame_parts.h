/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that draw the frame share. No one else includes it. */
#ifndef TCPWATCH_EXPORT_FRAME_PARTS_H
#define TCPWATCH_EXPORT_FRAME_PARTS_H

#include "user/export/frame.h"
#include "user/export/frame_events.h"
#include "user/export/frame_lines.h"
#include "user/export/frame_top.h"
#include "user/export/frame_words.h"
#include "user/model/map.h"

#define FRAME_TOLD 8 /* moments that are remembered */

/* What was last seen of the calls on one socket. */
struct activity {
	bool inside;
	struct call call; /* with inside: in progress */
	bool any;
	struct call last; /* with any: returned */
	bool closed;	  /* by close() */
};

struct told {
	uint64_t time_ns;
	unsigned int id; /* of its connection; 0: none */
	char title[128];
	char caption[TEXT_SIZE];
};

enum frame_page { PAGE_CONNECTION, PAGE_TOP, PAGE_LADDER, PAGE_EVENTS, PAGE_HELP };

struct frame {
	struct view *view;     /* words, language, info; its stream is where the summary goes */
	struct map activities; /* socket id -> struct activity */
	struct map lives;      /* tgid -> struct life */
	struct event_ring events;
	struct told told[FRAME_TOLD];
	uint64_t told_count;
	struct top top;
	enum frame_page page;
	enum frame_page base; /* where the others come back to: PAGE_CONNECTION or PAGE_TOP */
	bool from_top;	      /* the connection was opened from there */
	unsigned int chosen;  /* connection; 0: none */
	bool listed;	      /* the list is to be shown when there are several */
	bool picked;	      /* by a key, so frame_follow has no say */
	int scroll;	      /* lines back from the end */
	uint64_t drawn_ns;    /* the instant that was drawn last */
	bool failed;	      /* no memory: something was not noted */
};

/* A process of the command. */
struct life {
	int threads;
	bool partial;	   /* not all of its threads are known */
	uint64_t ended_ns; /* 0: alive */
};

/* A frame being drawn. */
struct drawing {
	struct frame *frame;
	const struct trace *trace;
	const struct frame_scene *scene;
	const struct connection *connection; /* the chosen one; NULL: none */
};

/* frame_detail.c: everything about one connection, ranked. */
void frame_detail(const struct drawing *drawing, struct lines *lines);

/* frame_places.c: where the bytes of one direction are, and the buffers over time. */
void frame_places(const struct drawing *drawing, struct lines *lines, enum end sender, bool brief);
void frame_buffers(const struct drawing *drawing, struct lines *lines, enum end sender);

/* A bar of the places in columns, for the list. */
void frame_small_bar(const struct view *view, const struct connection *connection, enum end sender,
		     int columns);

/* frame_now.c: what each end is doing. */
void frame_now(const struct drawing *drawing, struct lines *lines);

/* frame_list.c: one line for each connection, the longest blocked first. */
void frame_list(const struct drawing *drawing, struct lines *lines, int rows);

/* frame_top_draw.c: one line for each traced end, in the order that was chosen. */
void frame_top_page(const struct drawing *drawing, struct lines *lines, int rows);

/* "ESTAB", as in the help; "-": not known. */
const char *frame_state(unsigned int state);

/* The id of the connection that stands step lines below the chosen one; 0: there is none. */
unsigned int frame_list_step(const struct frame *frame, const struct trace *trace, int step);

/* The direction that carries more. */
enum end frame_main_sender(const struct connection *connection);

/* The call in progress on one end's socket; NULL: none. */
const struct call *frame_call_of(const struct frame *frame, const struct connection *connection,
				 enum end end);

#endif
