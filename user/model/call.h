/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One socket call, and the sums of all calls of one kind on one socket. */
#ifndef TCPWATCH_MODEL_CALL_H
#define TCPWATCH_MODEL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/record.h"
#include "user/model/socket.h"
#include "user/model/wait.h"

/* Why a blocking send() slept: what held its data back, from ACK to ACK. */
enum sleep_cause {
	SLEEP_NONE,	   /* unsent bytes wait for something else */
	SLEEP_PEER_WINDOW, /* buffer full; the peer's window takes no more */
	SLEEP_CONGESTION,  /* buffer full; the congestion window is used up */
	SLEEP_BUFFER,	   /* buffer full, and no whole segment in it is unsent */
	SLEEP_LOWAT,	   /* unsent bytes reached TCP_NOTSENT_LOWAT */
	SLEEP_PACING,	   /* buffer full; the congestion control spreads segments over time */
	SLEEP_CAUSES
};

/* One sleep inside one blocking send(). */
struct sleep {
	uint64_t start_ns, end_ns;
	enum sleep_cause cause; /* when it fell asleep */
	uint64_t left_bytes;	/* of this call, still in the program's memory */
	uint32_t wmem_at_start, sndbuf_at_start;
	uint32_t wmem_at_end, sndbuf_at_end;
};

/* Calls that one record tells of, with --coalesce: exact in sum, alone only the last. */
struct call_run {
	uint64_t count; /* 0: no run, but one call */
	uint64_t short_count;
	uint64_t inside_ns, longest_ns;
	uint64_t asked_most; /* bytes, of one */
	uint64_t last_enter_ns;
	uint64_t last_moved; /* bytes */
};

/* Of a run enter_ns is the first, return_ns the last; sizes are those of all. */
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
	bool moved_unknown; /* its result counts messages, and no hook showed their bytes */
	int64_t result;	    /* value, or negative errno; of a run without error: its last */
	bool found;	    /* it had begun before: enter_ns is when that was found */
	bool finished;	    /* false with return_ns != 0: the task ended inside */
	uint32_t flags;
	unsigned int restarts;
	bool has_address; /* bind, connect */
	uint8_t address[RECORD_ADDRESS_SIZE];
	uint16_t port, family;
	bool sleeps_known; /* a send call's: the hooks that show them are on */
	uint32_t sleeps;
	uint64_t sleep_ns[SLEEP_CAUSES];
	uint64_t unread_ns; /* of SLEEP_PEER_WINDOW: the peer's receive queue held unread bytes */
	struct sleep last_sleep;
	uint32_t reader_tgid; /* that read too slowly; 0: none, or not known */
	char reader_comm[RECORD_COMM_SIZE];
	bool queues_known;		   /* UDP, raw and AF_UNIX: */
	struct record_sample_other queues; /* when it returned; close: when it began */
	struct call_run run;
	const struct attempt *attempt; /* of a connect() that waited for its end; NULL: not known */
	struct accept_wait accept;
};

struct call_stats {
	uint64_t count, failed, short_count; /* short: moved less than asked, without error */
	uint64_t moved_bytes;
	bool moved_unknown; /* of one of them */
	uint64_t asked_max;
	uint64_t inside_ns, longest_ns;
	bool at_least; /* one of them had begun before it was seen */
	uint64_t sleep_ns[SLEEP_CAUSES];
	uint64_t unread_ns; /* as in struct call */
	uint64_t sleeps;
};

static inline uint64_t call_count(const struct call *call)
{
	return call->run.count ? call->run.count : 1;
}

/* Between entry and return; of a run, all together. */
static inline uint64_t call_inside_ns(const struct call *call)
{
	return call->run.count ? call->run.inside_ns : call->return_ns - call->enter_ns;
}

/* Where a picture begins a call: those of a run are drawn as one piece that ends with the last. */
static inline uint64_t call_drawn_ns(const struct call *call)
{
	return call->run.count ? call->return_ns - call->run.inside_ns : call->enter_ns;
}

/* The peer's window was used up because its program had not read, for the most part. */
static inline bool sleep_is_readers(const uint64_t sleep_ns[SLEEP_CAUSES], uint64_t unread_ns)
{
	return unread_ns && unread_ns >= sleep_ns[SLEEP_PEER_WINDOW] / 2;
}

const char *name_sleep(enum sleep_cause cause); /* "peer's window", ... */

#endif
