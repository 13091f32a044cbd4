/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cable between two network namespaces, with a TUN device at each end and a
 * process in between that carries the packets: late, slowly, out of order, or
 * not at all, as the script says. IPv4 and IPv6. Needs root, or a user
 * namespace of its own, and nothing else: no netem, no nft, no package. Says
 * nothing itself: reasons are in problem.
 */
#ifndef TCPWATCH_EXPERIMENTS_WIRE_H
#define TCPWATCH_EXPERIMENTS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "experiments/netns.h"

/* The name of the device at each end, for routes to what lies beyond the wire. */
#define WIRE_DEVICE "wire0"

#define WIRE_DROPS 8

enum wire_end { WIRE_CLIENT, WIRE_SERVER, WIRE_ENDS };

/* TCP packets by number, both ways counted, 1 is the first: first, first + step ... last. */
struct wire_drop {
	uint64_t first, last, step;
};

struct wire_script {
	uint64_t delay_ns; /* each way */
	uint64_t rate;	   /* bytes a second, each way; 0: no limit */
	uint64_t reorder;  /* number of the TCP packet that others overtake; 0: none */
	int drop_count;
	struct wire_drop drops[WIRE_DROPS];
};

struct wire_packet;

struct wire {
	struct wire_script script;
	int device_fd[WIRE_ENDS];
	int namespace_fd[WIRE_ENDS];
	uint64_t free_at_ns[WIRE_ENDS]; /* when the way to that end has carried all it was given */
	struct wire_packet *first;	/* on their way, in the order in which they are due */
	struct wire_packet *last;	/* valid with first */
	uint64_t packets;		/* that crossed or were lost: all, and TCP alone */
	uint64_t tcp_packets;
	uint64_t dropped;		  /* by the script */
	uint64_t overflow;		  /* found the queue of a slow way full */
	char problem[NETNS_PROBLEM_SIZE]; /* one line, when a function failed */
};

/* 10.9.0.1 and 10.9.0.2, or fd09::1 and fd09::2. */
const char *wire_address(enum wire_end end, int family);

/* Whether the script loses the TCP packet of that number. */
bool wire_script_drops(const struct wire_script *script, uint64_t number);

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
 * An IPv4 packet for neither end comes to a router, see router.h.
 * Returns 0 or a negative errno.
 */
int wire_carry(struct wire *wire, int life_fd);

/* A wire that was never opened, or half, is fine if it was zeroed before. */
void wire_close(struct wire *wire);

#endif
