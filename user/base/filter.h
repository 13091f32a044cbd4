/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which sockets are asked for, as the kernel side is told: made from the
 * command line, handed to the BPF program. Of each kind a socket must match
 * one of the wanted values, if there are any, and none of the refused.
 */
#ifndef TCPWATCH_BASE_FILTER_H
#define TCPWATCH_BASE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

enum filter_side { FILTER_WANTED, FILTER_REFUSED, FILTER_SIDES };

#define FILTER_PORTS 65536
#define FILTER_VALUES 64     /* of --addr and of --comm, on each side */
#define FILTER_TEXT_SIZE 512 /* of all options as they were given */

/* Matches what is value under mask. */
struct filter_pattern {
	uint8_t value[16]; /* an address, IPv4 as IPv4-mapped, or a name with its NUL */
	uint8_t mask[16];
};

struct filter_patterns {
	struct filter_pattern at[FILTER_VALUES];
	uint32_t count;
};

enum filter_protocol {
	FILTER_TCP,
	FILTER_UDP,
	FILTER_MPTCP,
	FILTER_UNIX,
	FILTER_OTHER, /* no word of --proto: left out when others are named */
	FILTER_PROTOCOLS
};

struct filter {
	uint64_t ports[FILTER_SIDES][FILTER_PORTS / 64]; /* a bit for each */
	bool by_port[FILTER_SIDES];
	struct filter_patterns addresses[FILTER_SIDES];
	struct filter_patterns comms[FILTER_SIDES];
	uint32_t families[FILTER_SIDES];  /* a bit for each AF_* */
	uint32_t protocols[FILTER_SIDES]; /* a bit for each enum filter_protocol */
	char text[FILTER_TEXT_SIZE];	  /* empty: every socket is asked for */
	bool peers;
};

/* What is left of all: without wanted ones, all but the refused. */
static inline uint32_t filter_left(const uint32_t sides[FILTER_SIDES], uint32_t all)
{
	return (sides[FILTER_WANTED] ? sides[FILTER_WANTED] : all) & ~sides[FILTER_REFUSED];
}

static inline bool filter_is_on(const struct filter *filter)
{
	return filter->text[0] != '\0';
}

#endif
