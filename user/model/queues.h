/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What waits in the queues of a UDP, raw or AF_UNIX socket, as ss(8) counts it.
 * Seen at each call on it, not in between.
 * bpf/record.h defines each number; one that isn't known has no bit in known.
 */
#ifndef TCPWATCH_MODEL_QUEUES_H
#define TCPWATCH_MODEL_QUEUES_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/record.h"

struct socket;

struct queues {
	const struct socket *socket;
	struct record_sample_other at;
};

/* What is kept of a socket. Its own calls tell of it, and those of its AF_UNIX peer. */
struct queue_sums {
	uint64_t count;			 /* times that it was seen; 0: nothing is known */
	struct record_sample_other last; /* each number as it was last known */
	uint32_t recv_peak;		 /* the highest that was seen, as in the next two */
	uint32_t send_peak;
	uint32_t messages_peak;
};

/* Sums over sockets; listeners count as sockets only. */
struct queue_totals {
	uint64_t sockets;
	uint64_t drops;
	uint64_t empty; /* AF_UNIX sockets in which nothing was ever seen; in none of the others */
	uint32_t recv_peak;
};

static inline bool queues_tell(const struct record_sample_other *sample, uint8_t fact)
{
	return sample->known & fact;
}

#endif
