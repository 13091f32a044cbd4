/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ends of connections as rows, in the manner of top(1): what each did in the
 * last second, and what it waits for. Points to a connection until it is over, and
 * keeps copies of the last rows for some seconds more.
 */
#ifndef TCPWATCH_EXPORT_FRAME_TOP_H
#define TCPWATCH_EXPORT_FRAME_TOP_H

#include "user/export/frame.h"
#include "user/export/frame_words.h"

#define TOP_GONE 32 /* rows that are kept of what is over */
#define TOP_GONE_NS 5000000000ULL
#define TOP_LOOK_NS 1000000000ULL

struct frame;

/* What an end has done until now. */
struct top_sums {
	uint64_t blocked_ns; /* inside calls that can block */
	uint64_t out, in;    /* bytes */
};

/* One traced end of one connection, ready to be drawn. */
struct top_row {
	unsigned int id;
	enum end end;
	char comm[RECORD_COMM_SIZE]; /* hostile text */
	uint32_t tgid;		     /* 0: not known */
	uint8_t address[END_COUNT][RECORD_ADDRESS_SIZE];
	uint16_t port[END_COUNT];
	unsigned int family, scope, state;
	bool bytes_known, places_known, segments_known;
	struct top_sums sums;
	uint32_t blocked_permille;  /* of the time between the last two looks */
	uint64_t out_rate, in_rate; /* bytes per second, then */
	uint64_t send_queue, recv_queue;
	uint64_t retransmits;
	enum call_kind inside; /* CALL_NONE: in no call */
	uint64_t inside_ns;
	enum frame_word why; /* with inside; FRAME_WORDS: not known */
	uint64_t gone_ns;    /* 0: not over */
};

/* A connection that is not over. */
struct top_open {
	const struct connection *connection;
	struct top_row rates[END_COUNT]; /* at the last look: sums and rates */
};

struct top {
	struct top_open *open;
	size_t count, room;
	uint64_t looked_ns;	       /* when rates were last taken; 0: never */
	struct top_row gone[TOP_GONE]; /* a ring */
	unsigned int gone_count;       /* ever */
	enum top_order order;
	enum end end; /* of the row that was chosen, with the frame's connection */
};

/* A connection began. 0 or -ENOMEM. */
int top_begins(struct top *top, const struct connection *connection);

/* It is over: its pointer is forgotten. */
void top_ends(struct frame *frame, const struct connection *connection);

/* Takes the rates, when a second has passed since the last time. */
void top_look(struct frame *frame, uint64_t now_ns);

/* The rows of this instant in the order that was chosen; to be freed. NULL: none, or no memory. */
struct top_row *top_rows(const struct frame *frame, uint64_t now_ns, size_t *count);

/* The row that stands step below the chosen one becomes that. */
void top_step(struct frame *frame, int step);

void top_free(struct top *top);

#endif
