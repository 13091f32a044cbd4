/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Network namespaces of an experiment's own, with a device and routes in them.
 * Needs root, or makes a user namespace too; no package, no tool. All functions
 * return a descriptor or 0, or a negative errno, and then one line in problem.
 */
#ifndef TCPWATCH_EXPERIMENTS_NETNS_H
#define TCPWATCH_EXPERIMENTS_NETNS_H

#include <stdbool.h>

#define NETNS_PROBLEM_SIZE 160

struct netns_device {
	const char *name;
	bool ethernet;	  /* TAP, which has to ask for its neighbours (ARP); else TUN */
	const char *ipv4; /* of a /24 */
	const char *ipv6; /* of a /64; NULL: none */
};

struct netns_route {
	const char *to;		   /* an IPv4 network, "192.0.2.0" */
	unsigned char prefix_bits; /* 24 */
	unsigned char type;	   /* RTN_UNICAST, RTN_UNREACHABLE ..., linux/rtnetlink.h */
	const char *device;	   /* RTN_UNICAST only */
};

/* A new namespace, which the caller is in from here on; loopback is up. Its descriptor. */
int netns_new(char *problem);

/* A device in the namespace that the caller is in, up. The descriptor that packets go through. */
int netns_device(const struct netns_device *device, char *problem);

int netns_route(const struct netns_route *route, char *problem);

#endif
