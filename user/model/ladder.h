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
	bool left, arrived; /* seen leaving, seen arriving */
	bool peer_seen;	    /* the other end is traced: not arrived means lost or late */
	uint64_t arrived_ns;
	/* ROW_DATA */
	uint64_t segments, data_bytes, until_ns;
	/* ROW_LOST */
	uint64_t lost;
};

struct ladder {
	int used;
	uint64_t dropped; /* rows left out in the middle, for want of room */
	int dropped_at;	  /* index of the row behind which they are missing */
	struct row rows[LADDER_ROWS];
};

/* Rows of lower rank are left out first. */
int ladder_rank(const struct row *row);

/* Takes the row of the lowest rank that is still kept out of kept; of equals, the last. */
void ladder_drop_least(const struct ladder *ladder, bool kept[LADDER_ROWS]);

#endif
