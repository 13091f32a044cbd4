/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The moments of a capture's first connections, by time: where a replay stops. */
#ifndef TCPWATCH_EXPORT_FRAME_STOPS_H
#define TCPWATCH_EXPORT_FRAME_STOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/export/export.h"

#define STOPS_CONNECTIONS 1000

struct stop {
	uint64_t time_ns;
	unsigned int connection; /* id; 0: none */
	char title[128];
	char caption[512];
	/* A send call returned whose bytes can be followed to the reader: */
	bool asks;
	enum call_kind call;
	enum end receiver;
	uint64_t given, read; /* bytes given until then, and read by the peer's program */
};

struct stops {
	struct stop *at;
	size_t count, room;
	uint64_t zero_ns, first_ns, last_ns; /* of the capture */
	uint64_t events, lost, connections;
	bool cut; /* the capture isn't complete */
	enum lang lang;
	bool failed; /* no memory: some are missing */
};

/* Collects stops. Begun with a struct stops_target's target. */
extern const struct export export_stops;

struct stops_target {
	struct export_target target; /* first */
	struct stops *stops;	     /* zero-initialised; to be freed in any case */
};

/* Stops that are not later than time_ns. */
size_t stops_until(const struct stops *stops, uint64_t time_ns);

/* One line for each; if there are none, what the capture holds instead. */
void stops_print(const struct stops *stops, const struct export_target *target);

void stops_free(struct stops *stops);

#endif
