/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The conversation of two kernels as rows from top to bottom: segments between
 * the lifelines, states and calls beside them. The opening and the closing are
 * kept whole, data segments are counted in groups, so a ladder stays short.
 */
#ifndef TCPWATCH_MODEL_LADDER_H
#define TCPWATCH_MODEL_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "user/model/socket.h"

#define LADDER_ROWS 96

enum row_kind {
	ROW_CALL_ENTER, /* a call that blocks began */
	ROW_CALL,	/* a call returned */
	ROW_STATE,
	ROW_SEGMENT,
	ROW_DATA, /* a group of segments that carry or acknowledge data */
	ROW_LOST, /* records were lost here */
};

struct row {
	enum row_kind kind;
	enum end end; /* beside whose lifeline; of a segment: who sent it */
	uint64_t time_ns;
	/* ROW_CALL_ENTER, ROW_CALL */
	enum call_kind call;
	uint64_t asked_bytes;
	int64_t result;
	uint64_t inside_ns;
	bool found; /* the call had begun before it was seen */
	/* ROW_STATE */
	unsigned int state;
	/* ROW_SEGMENT */
	uint8_t flags;
	uint32_t raw_seq, raw_ack;
	uint64_t seq, ack; /* relative to the initial sequence numbers */
	uint32_t length;
	uint32_t window; /* bytes, scaled */
	uint16_t mss;
	uint8_t wscale;	    /* SEGMENT_NO_WSCALE: absent */
	bool again;	    /* a retransmission */
	bool acks_fin;	    /* acknowledges the other end's FIN */
	bool grouped;	    /* the next one like it makes a group of them */
	bool left, arrived; /* seen leaving, seen arriving */
	bool peer_seen;	    /* the other end is traced: not arrived means lost or late */
	uint64_t arrived_ns;
	/* ROW_DATA */
	uint64_t segments, data_bytes;
	/* ROW_LOST */
	uint64_t lost;
	/* ROW_DATA, ROW_LOST: the last of them; else 0 */
	uint64_t until_ns;
	/* calls that returned after it and have no row: how many, and when the last one did */
	uint64_t calls, calls_until_ns;
};

struct ladder {
	int used;
	uint64_t dropped; /* rows left out in the middle, for want of room */
	int dropped_at;	  /* index of the row behind which they are missing */
	struct row rows[LADDER_ROWS];
};

/* Rows of lower rank are left out first. */
int ladder_rank(const struct row *row);

/* What a reader doesn't see between two rows that are shown. */
struct ladder_gap {
	uint64_t rows;	/* left out */
	uint64_t calls; /* that have no rows, where no row is left out */
	uint64_t ns;	/* that passed; of 0 rows and 0 calls: a silence */
};

/* before: -1 ahead of the first row; after: ladder->used behind the last. */
struct ladder_gap ladder_gap(const struct ladder *ladder, const bool kept[LADDER_ROWS], int before,
			     int after);

/* The next row that is shown behind row (-1: the first), or ladder->used. */
int ladder_next(const struct ladder *ladder, const bool kept[LADDER_ROWS], int row);

/*
 * Keeps the rows that matter most, as many as fit. fits() has to be true of
 * no row at all.
 */
void ladder_choose(const struct ladder *ladder, bool kept[LADDER_ROWS],
		   bool (*fits)(const bool kept[LADDER_ROWS], void *context), void *context);

#endif
