/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a connection, or the attempt at one, ended, and what shows it. What no
 * record shows is unknown: the errno alone is no evidence.
 */
#ifndef TCPWATCH_MODEL_ENDING_H
#define TCPWATCH_MODEL_ENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"

struct connection;

/* Why an attempt to connect failed, and why a RST was sent. */
enum reason {
	REASON_UNKNOWN,
	REASON_NO_ROUTE, /* these six: no SYN was made, connect() failed by itself */
	REASON_ROUTE_UNREACHABLE,
	REASON_FORBIDDEN,
	REASON_INVALID,
	REASON_NO_PORT,
	REASON_LOCAL,
	REASON_NO_SYN_SEEN, /* the socket was in SYN_SENT, but no SYN left */
	REASON_REFUSED,	    /* a RST answered the SYN */
	REASON_SILENCE,
	REASON_QUEUE_FULL,	/* the listener dropped the SYNs */
	REASON_ICMP,		/* a router or the peer's host sent ICMP */
	REASON_OWN_ICMP,	/* this host's kernel did, before a SYN left */
	REASON_OWN_ICMP_LATER,	/* or after */
	REASON_UNREAD,		/* from here on: of a RST */
	REASON_UNREAD_BYTES,	/* the same, and how many bytes are known */
	REASON_LINGER,		/* close() with SO_LINGER 0 */
	REASON_CLOSED_SOCKET,	/* a segment came to a socket that was closed */
	REASON_LISTENER_CLOSED, /* before accept() */
	REASON_MEMORY,
	REASON_KEEPALIVE,
	REASON_DISCONNECTED,
	REASON_BAD_SEGMENT,
	REASON_COUNT
};

/* The last "destination unreachable" that quoted a segment of a connection. */
struct icmp_seen {
	uint32_t count;
	uint64_t first_ns, last_ns;
	uint8_t from[RECORD_ADDRESS_SIZE];
	uint8_t type, code, version;
	bool own; /* from the address of the segment's sender, and not of its receiver */
};

/* "no_route", "linger_0": a stable word for machines; "unknown". */
const char *name_reason(enum reason reason);

/* "host unreachable (3/1)"; RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1. */
char *name_icmp(const struct icmp_seen *icmp, char *text, size_t size);

/* Of an attempt that failed. */
enum reason ending_failure(const struct connection *connection);

/* Of the RST that ended a connection. */
enum reason ending_reset(const struct connection *connection);

/* When the SYNs left, after the first: "0 s, 1.02 s, 3.07 s". Returns text. */
char *ending_syn_times(const struct connection *connection, char *text, size_t size);

#endif
