/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What connect() and accept() waited for. The phases of an attempt add up to its time. */
#ifndef TCPWATCH_MODEL_WAIT_H
#define TCPWATCH_MODEL_WAIT_H

#include <stdbool.h>
#include <stdint.h>

enum connect_phase {
	PHASE_BEFORE_SYN,    /* route, neighbour: from the call to the first SYN that left */
	PHASE_SYN_RETRY,     /* no answer was seen: until the timer sent the SYN again */
	PHASE_SYN_ACK_RETRY, /* the same, but a SYN-ACK had left for it: lost, or late */
	PHASE_ACCEPT_QUEUE,  /* the same, but the SYN had found the accept queue full */
	PHASE_SYN_ACK_WAIT,  /* from the last SYN to its answer */
	PHASE_AFTER,	     /* from the answer to the call's return */
	PHASES
};

/* One attempt to connect, from the call on. */
struct attempt {
	uint64_t begun_ns; /* entry of connect(); 0: not seen */
	uint64_t since_ns; /* of the phase that it is in */
	uint64_t phase_ns[PHASES];
	uint32_t syns;
	bool answered, refused; /* its last SYN */
	bool ended;		/* an answer, an error, or the last timer */
};

/* accept() and the connection that it returned. */
struct accept_wait {
	bool known;
	uint64_t ready_ns; /* the connection was ready before the call: the program came late */
	uint64_t idle_ns;  /* inside the call, until it was ready: no client was there */
};

/* Where most of the time went. */
enum connect_phase wait_longest(const uint64_t phase_ns[PHASES]);

const char *name_phase(enum connect_phase phase); /* "before_syn", ... */

#endif
