/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One socket call, and the sums of all calls of one kind on one socket. */
#ifndef TCPWATCH_MODEL_CALL_H
#define TCPWATCH_MODEL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/record.h"
#include "user/model/socket.h"

/* Why a blocking send() slept, judged by what held its data back when it fell asleep. */
enum sleep_cause {
	SLEEP_NONE,
	SLEEP_PEER_WINDOW, /* buffer full; the peer's window takes no more */
	SLEEP_CONGESTION,  /* buffer full; the congestion window is used up */
	SLEEP_BUFFER,	   /* buffer full; neither window is */
	SLEEP_LOWAT,	   /* unsent bytes reached TCP_NOTSENT_LOWAT */
	SLEEP_CAUSES
};

/* One sleep inside one blocking send(). */
struct sleep {
	uint64_t start_ns, end_ns;
	enum sleep_cause cause;
	uint64_t left_bytes; /* of this call, still in the program's memory */
	uint32_t wmem_at_start, sndbuf_at_start;
	uint32_t wmem_at_end, sndbuf_at_end;
};

struct call {
	uint64_t enter_ns, return_ns; /* return_ns 0: still inside */
	enum call_kind kind;
	const struct socket *socket; /* NULL: failed before there was one */
	const struct socket *other;  /* accept, socketpair: the new one; else NULL */
	uint32_t tgid, tid;
	char comm[RECORD_COMM_SIZE];
	int fd;
	uint64_t asked_bytes;
	uint64_t moved_bytes;
	int64_t result; /* value, or negative errno */
	bool found;	/* it had begun before: enter_ns is when that was found */
	bool finished;	/* false with return_ns != 0: the task ended inside */
	uint32_t flags;
	unsigned int restarts;
	bool has_address; /* bind, connect */
	uint8_t address[RECORD_ADDRESS_SIZE];
	uint16_t port, family;
	uint32_t sleeps;
	uint64_t sleep_ns[SLEEP_CAUSES];
	struct sleep last_sleep;
};

struct call_stats {
	uint64_t count, failed, short_count; /* short: moved less than asked, without error */
	uint64_t moved_bytes;
	uint64_t asked_max;
	uint64_t inside_ns, longest_ns;
	bool at_least; /* one of them had begun before it was seen */
	uint64_t sleep_ns[SLEEP_CAUSES];
	uint64_t sleeps;
};

const char *name_sleep(enum sleep_cause cause); /* "peer's window", ... */

#endif
