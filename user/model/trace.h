/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model: takes records in the order of their times and makes facts of
 * them. No input or output, no clock. What it finds goes to the sinks at once,
 * and what the end of the run needs is kept, in bounded memory: a connection
 * that is over is folded into totals, but for the first ones and the last ones.
 */
#ifndef TCPWATCH_MODEL_TRACE_H
#define TCPWATCH_MODEL_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "user/capture/capture.h"
#include "user/capture/decode.h"
#include "user/model/call.h"
#include "user/model/connection.h"
#include "user/model/moments.h"
#include "user/model/socket.h"

/* Connections whose curves and rows are kept. */
#define TRACE_DETAILED 64

/* Finished connections that are kept beside them: those that finished last. */
#define TRACE_FINISHED 1024

/*
 * Connections that are open at once, beside those. When more are, those that
 * have been silent longest are folded as they stand. 3 kB each, and their sockets.
 */
#define TRACE_OPEN 65536

struct segment {
	uint64_t time_ns;
	const struct socket *socket;	     /* the end where it was seen */
	const struct connection *connection; /* NULL: not part of one */
	enum end sender;		     /* valid with connection */
	bool received;
	uint8_t flags; /* SEGMENT_* */
	uint32_t raw_seq, raw_ack, length;
	uint64_t seq, ack; /* relative to the initial sequence numbers; 0 when these are unknown */
	uint32_t window;   /* bytes: scaled once both SYNs' options are known */
	uint16_t mss;
	uint8_t wscale;	 /* SEGMENT_NO_WSCALE: absent */
	bool again;	 /* begins below what was sent before */
	uint16_t urgent; /* bytes from seq to behind the urgent one; 0: no urgent data */
	bool unseen;	 /* its leaving was not: this is its arrival */
	bool probe;	 /* asks whether the peer's window is still 0 */
};

/* Facts that are neither a state, nor a call, nor a segment. */
enum note_kind {
	NOTE_ACCEPT_QUEUE, /* value: length, limit: limit; full when value > limit */
	NOTE_RESET_SENT,   /* value: enum sk_rst_reason, or -1 */
	NOTE_RESET_RECEIVED,
	NOTE_RETRANSMIT, /* value: attempt, limit: length in bytes */
	NOTE_ERROR,	 /* value: sk_err, limit: sk_err_soft, positive errno */
	NOTE_ICMP,	 /* value: type, limit: code */
	NOTE_KINDS
};

struct note {
	uint64_t time_ns;
	enum note_kind kind;
	const struct socket *socket;
	int64_t value;
	uint64_t limit;
	char detail[48]; /* "ECONNREFUSED", "SYN-ACK", "linger_0" ...; ASCII, may be empty */
	uint8_t from[RECORD_ADDRESS_SIZE]; /* NOTE_ICMP: who sent it */
};

const char *name_note(enum note_kind kind); /* "accept_queue", "reset_sent", ... */

/* Part of a sleep inside a send call, with one cause. */
struct sleep_part {
	const struct connection *connection;
	enum end sender;
	uint64_t start_ns, end_ns;
	enum sleep_cause cause;
};

struct process {
	uint64_t time_ns;
	enum process_event event;
	uint32_t tgid, tid, parent_tgid;
	uint32_t own_tgid, own_tid; /* in its own pid namespace; 0: the same */
	int exit_code;
	char comm[RECORD_COMM_SIZE];
};

struct loss {
	uint64_t first_ns, last_ns;
	uint64_t count;
	unsigned int what; /* enum record_kind or enum lost_what: name_record */
};

/* Callbacks of a sink; any may be NULL. What the pointers show is valid during the call. */
struct trace_sink {
	/* trace_zero_ns has changed: at the first event, and at the first SYN. */
	void (*zero)(void *context, uint64_t zero_ns);
	void (*socket)(void *context, const struct socket *socket); /* new, or more is known */
	void (*connection)(void *context, const struct connection *connection); /* it began */
	void (*process)(void *context, const struct process *process);
	void (*state)(void *context, const struct state_change *change);
	void (*call_enter)(void *context, const struct call *call);
	void (*call)(void *context, const struct call *call);
	void (*sleep)(void *context, const struct sleep_part *part);
	void (*bytes)(void *context, const struct bytes *bytes);
	void (*segment)(void *context, const struct segment *segment);
	void (*note)(void *context, const struct note *note);
	/* Before the call that they were seen at, if there is one. */
	void (*queues)(void *context, const struct queues *queues);
	void (*moment)(void *context, const struct moment *moment);
	void (*lost)(void *context, const struct loss *loss);
	void (*finished)(void *context, const struct connection *connection);
	/* The last that is told of them: they are let go, their pointers with them. */
	void (*folded)(void *context, const struct connection *connection);
	void (*gone)(void *context, const struct socket *socket);
};

/* Sums over connections. */
struct trace_totals {
	uint64_t connections;
	uint64_t failed;	   /* connect() or the attempt behind it did */
	uint64_t reset;		   /* a RST ended them */
	uint64_t open;		   /* not finished */
	uint64_t lossy;		   /* records were lost while they were open */
	uint64_t bytes[END_COUNT]; /* [END_CLIENT]: from clients to servers */
	uint64_t retransmits;	   /* segments, of both ends */
	uint64_t blocked_ns;	   /* inside connect, send and receive calls */
	uint64_t longest_ns;	   /* from the first to the last event of one */
	unsigned int longest_id;   /* 0: none */
	uint64_t most_blocked_ns;
	unsigned int most_blocked_id; /* 0: none */
};

/* Seen, but not decoded. */
struct undecoded {
	unsigned int mptcp_sockets;
	unsigned int processes; /* that make 32-bit system calls */
	uint32_t first_tgid;	/* of these */
	char first_comm[RECORD_COMM_SIZE];
};

struct trace;

/* sink: may be NULL; info and sink must live as long as the trace. 0 or -ENOMEM. */
int trace_open(struct trace **trace, const struct capture_info *info, const struct trace_sink *sink,
	       void *context);

/* Takes one record. 0 or -ENOMEM. */
int trace_feed(struct trace *trace, const union record *record);

/* After the last record: closes what is open (calls that never returned, moments). */
int trace_finish(struct trace *trace);

/* Accepts NULL. */
void trace_close(struct trace *trace);

/* The first SYN, or the first event when there is none: zero of the time axis. */
uint64_t trace_zero_ns(const struct trace *trace);
uint64_t trace_first_ns(const struct trace *trace); /* 0: no event */
uint64_t trace_last_ns(const struct trace *trace);

uint64_t trace_events(const struct trace *trace);			 /* records, without LOST */
uint64_t trace_lost(const struct trace *trace);				 /* records lost */
int trace_losses(const struct trace *trace, const struct loss **losses); /* joined spans */

/* Connections that are kept, in the order of their beginning. */
unsigned int trace_connections(const struct trace *trace);
const struct undecoded *trace_undecoded(const struct trace *trace);
/* Sockets connected before it began of which no connection could be made. */
unsigned int trace_older(const struct trace *trace);
/* Found in TIME_WAIT, or in FIN_WAIT2 without a program. */
unsigned int trace_closing(const struct trace *trace);
uint64_t trace_left_open(const struct trace *trace); /* folded because too many were open */
const struct connection *trace_connection(const struct trace *trace, unsigned int index);
const struct connection *trace_find(const struct trace *trace, unsigned int id); /* NULL: folded */

unsigned int trace_begun(const struct trace *trace); /* connections, with those that are folded */

/* Of all connections but the first ones, which are told of one by one. */
void trace_totals(const struct trace *trace, unsigned int first, struct trace_totals *totals);

/*
 * UDP, raw and AF_UNIX sockets of which the queues are known: at most so many of
 * them, the first by id, and none that is empty. Returns how many these are; rest: of
 * the others.
 */
unsigned int trace_queues(const struct trace *trace, const struct socket **first, unsigned int most,
			  struct queue_totals *rest);

/*
 * Tells in records what stands at this instant, as of its last event: the tasks that
 * live, the sockets that are open and their states. With them at its beginning a
 * capture can be understood that holds only what comes next. A call in progress
 * is not among them: its own record tells of it when it returns. A negative value from
 * out stops it and is returned.
 */
int trace_retell(const struct trace *trace,
		 int (*out)(void *context, const struct record_header *record), void *context);

/* Command name of a task, "" when not known. Hostile text. */
const char *trace_comm(const struct trace *trace, uint32_t tid);

const struct capture_info *trace_info(const struct trace *trace);

#endif
