/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an output writes of a play: told twice, as tcpwatch does it, once to
 * find the zero of the time axis and once for the output.
 */
#ifndef TCPWATCH_TESTS_EXPORTED_H
#define TCPWATCH_TESTS_EXPORTED_H

#include "tests/unit/model_records.h"
#include "user/export/export.h"

#define EXPORTED_REAL_NS 1700000000000000000ULL /* the clock on the wall at PLAY_START_NS */

struct exported {
	char *text; /* NUL-terminated */
	size_t size;
};

/* Asserts that the output says 0. */
void exported_make(struct exported *exported, const struct export *export, enum lang lang,
		   void (*story)(struct play *play));
void exported_free(struct exported *exported);

/* How often part is in the text. */
int exported_count(const struct exported *exported, const char *part);

/* A handshake, data from the client, and the end. */
void story_whole(struct play *play);

/* The client's name is made to break whatever it is written into. */
void story_hostile(struct play *play);
#define HOSTILE_COMM "<&\"\x1b]\xff</a\n"

/* Only one end is traced. */
void story_server_only(struct play *play);
void story_client_only(struct play *play);

/* Two SYNs without an answer, then the error. */
void story_refused(struct play *play);

/* Records of all kinds are lost while data are under way. */
void story_lossy(struct play *play);

/* Nothing happens. */
void story_empty(struct play *play);

/* More connections than the model keeps curves of; the tenth waits longest. */
void story_crowd(struct play *play);
#define CROWD (TRACE_DETAILED + 6)
#define CROWD_SLOWEST 10

#endif
