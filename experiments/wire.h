/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cable between two network namespaces, with a TUN device at each end and a
 * process in between that carries the packets: late, or not at all, as the
 * script says. Needs root, or a user namespace of its own, and nothing else:
 * no netem, no nft, no package. Says nothing itself: reasons are in problem.
 */
#ifndef TCPWATCH_EXPERIMENTS_WIRE_H
#define TCPWATCH_EXPERIMENTS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

enum wire_end { WIRE_CLIENT, WIRE_SERVER, WIRE_ENDS };

struct wire_script {
	uint64_t delay_ns; /* each way */
	uint64_t drop;	   /* TCP packet that is lost: 1 is the first, both ways counted; 0: none */
};

struct wire_packet;

struct wire {
	struct wire_script script;
	int device_fd[WIRE_ENDS];
	int namespace_fd[WIRE_ENDS];
	struct wire_packet *first; /* on their way, in the order in which they are due */
	struct wire_packet *last;
	uint64_t packets; /* that crossed or were lost: all, and TCP alone */
	uint64_t tcp_packets;
	uint64_t dropped;
	char problem[160]; /* one line, when a function failed */
};

/* 10.9.0.1 and 10.9.0.2, or fd09::1 and fd09::2. */
const char *wire_address(enum wire_end end, int family);

/*
 * Makes both namespaces and devices, and leaves the caller in one of them.
 * Returns 0 or a negative errno. Call before threads are started.
 */
int wire_open(struct wire *wire, const struct wire_script *script);

/* For a child: moves to one end and lets go of the cable. 0 or a negative errno. */
int wire_join(struct wire *wire, enum wire_end end);

/*
 * Carries packets until life_fd, a pipe, hangs up, and then on until no socket
 * at either end has anything left to send or to wait for (TIME_WAIT apart).
 * Returns 0 or a negative errno.
 */
int wire_carry(struct wire *wire, int life_fd);

/* A wire that was never opened, or half, is fine if it was zeroed before. */
void wire_close(struct wire *wire);

#endif
