/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that write trace events share. */
#ifndef TCPWATCH_EXPORT_PERFETTO_EVENTS_H
#define TCPWATCH_EXPORT_PERFETTO_EVENTS_H

#include "user/export/export.h"
#include "user/export/perfetto_spool.h"
#include "user/export/perfetto_track.h"

enum counter {
	COUNTER_UNSENT,
	COUNTER_IN_FLIGHT,
	COUNTER_WMEM,
	COUNTER_CWND,
	COUNTER_PEER_WINDOW,
	COUNTER_PEER_QUEUE,
	COUNTER_READ,
	COUNTER_COUNT
};

/* The last values of one direction that were written. */
struct counters {
	bool told[COUNTER_COUNT];
	uint64_t values[COUNTER_COUNT];
};

struct perfetto {
	FILE *stream;
	const struct capture_info *info;
	enum lang lang;
	uint64_t zero_ns, last_ns;
	struct spool spool;
	struct tracks tracks;
	struct json names; /* of the tracks of sockets that are gone, in a temporary file */
	struct counters counters[TRACE_DETAILED][END_COUNT];
	uint32_t flows; /* numbers given to arrows */
};

/* An event on a track: ph, name, cat, pid, tid, and the time. */
struct json *perfetto_event(struct perfetto *perfetto, const char *ph, const char *cat,
			    const char *name, uint32_t pid, uint32_t tid, uint64_t time_ns);

/* perfetto_slices.c: calls and states */
void perfetto_call(struct perfetto *perfetto, const struct call *call);
void perfetto_state(struct perfetto *perfetto, const struct state_change *change);
void perfetto_open_states(struct perfetto *perfetto);
void perfetto_last_state(struct perfetto *perfetto, struct socket_track *track, const char *words);

/* perfetto_segments.c */
void perfetto_segment(struct perfetto *perfetto, const struct segment *segment);
void perfetto_open_segments(struct perfetto *perfetto);
void perfetto_last_segment(struct perfetto *perfetto, struct socket_track *track);

/* perfetto_counters.c */
void perfetto_bytes(struct perfetto *perfetto, const struct bytes *bytes);
void perfetto_queue(struct perfetto *perfetto, const struct note *note);

#endif
