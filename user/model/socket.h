/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One socket: who it is, who uses it, which TCP states it went through and why. */
#ifndef TCPWATCH_MODEL_SOCKET_H
#define TCPWATCH_MODEL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/record.h"
#include "user/model/names.h"
#include "user/model/queues.h"

struct connection;

enum end { END_CLIENT, END_SERVER, END_COUNT };

static inline enum end other_end(enum end end)
{
	return end == END_CLIENT ? END_SERVER : END_CLIENT;
}

struct socket {
	uint32_t id;
	struct record_socket identity;	   /* as known so far; zero: not known */
	bool has_local, has_remote;	   /* the port of that side is known */
	uint32_t owner_tgid, owner_tid;	   /* 0: not known */
	uint32_t owner_own_tgid;	   /* in the owner's own pid namespace; 0: the same */
	char owner_comm[RECORD_COMM_SIZE]; /* as in the kernel: hostile text */
	int fd;				   /* -1: not known */
	unsigned int state;		   /* TCP_*, 0: not known */
	uint64_t state_since_ns;
	bool since_known;	    /* false: it was in that state before it was seen */
	uint64_t first_ns, last_ns; /* of any event */
	uint64_t state_total_ns[STATE_COUNT];
	bool state_seen[STATE_COUNT];
	bool state_at_least[STATE_COUNT]; /* it was in that state already when it was found */
	bool syn_recv_known;		  /* SYN_RECV counts from the SYN's arrival */
	int error;			  /* positive errno the connection ended with; 0: none */
	struct connection *connection;	  /* NULL: not (yet) part of one, or that is folded */
	bool gone_before;		  /* it was told as gone, and something came for it */
	enum end end;			  /* valid with connection */
	uint32_t backlog_limit;		  /* listener */
	uint32_t backlog_peak;
	uint32_t syns_refused_full; /* listener: SYNs that found the accept queue full */
	struct queue_sums queues;   /* UDP, raw and AF_UNIX */
};

enum state_cause {
	CAUSE_UNKNOWN,
	CAUSE_CALL,    /* a socket call of the owner, or the end of its process */
	CAUSE_SEGMENT, /* a segment that arrived */
	CAUSE_TIMER,   /* a timer of the kernel ran out */
	CAUSE_ERROR,   /* an error reported by the network, or a local abort */
};

struct state_change {
	uint64_t time_ns;
	const struct socket *socket;
	unsigned int old_state, new_state;
	uint64_t duration_ns; /* in old_state */
	bool duration_known;  /* false: the beginning was not seen */
	enum state_cause cause;
	char detail[48]; /* "connect()", "SYN-ACK", "exit", "ETIMEDOUT"; ASCII */
	uint32_t owner_tgid, owner_tid;
};

const char *name_cause(enum state_cause cause); /* "call", "segment", ... */

#endif
