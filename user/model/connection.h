/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A connection: its client end, its server end, and where the bytes of both
 * directions are. An end that is not traced (another host, another user's
 * process) is NULL. The end that called connect() is the client; when both did
 * (RFC 9293, section 3.5), the one that was in SYN_SENT first. A socket that is
 * connected with itself is the client, and reads what it sends: there is one
 * stream, from the client.
 */
#ifndef TCPWATCH_MODEL_CONNECTION_H
#define TCPWATCH_MODEL_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "user/model/call.h"
#include "user/model/ending.h"
#include "user/model/ladder.h"
#include "user/model/moments.h"
#include "user/model/series.h"
#include "user/model/socket.h"
#include "user/model/wait.h"

#define CONNECTION_MOMENTS 48
#define SYN_TIMES 7

/*
 * Positions of one direction, in bytes of data since the connection began;
 * SYN and FIN are not counted. handed >= sent >= received >= read, always.
 */
struct direction {
	uint64_t handed;    /* taken over by the sender's kernel: write_seq */
	uint64_t sent;	    /* snd_nxt */
	uint64_t acked;	    /* snd_una */
	uint64_t received;  /* rcv_nxt of the peer */
	uint64_t read;	    /* copied_seq of the peer */
	bool sender_seen;   /* false: handed is not known, and taken as sent */
	bool receiver_seen; /* false: received is taken as acked, read is not known */
	bool end_known;	    /* the FIN's place is known: */
	uint64_t end;	    /* all the data there will be */
	bool fin_acked;
};

/* The places of a direction's bytes at one instant; the sum of the last four is handed. */
struct bytes {
	uint64_t time_ns;
	const struct connection *connection;
	enum end sender;
	struct direction at;
	uint64_t in_program;  /* of the send call in progress, not taken over yet */
	bool program_unknown; /* that call is older than the trace: in_program is not known */
	uint64_t unsent;      /* handed - sent:     SIOCOUTQNSD, ss notsent */
	uint64_t in_flight;   /* sent - received */
	uint64_t peer_queue;  /* received - read:   the peer's SIOCINQ, ss Recv-Q */
	uint64_t unacked;     /* handed - acked:    SIOCOUTQ, ss Send-Q */
	/* Memory, from the last sample of each end; 0 before the first. */
	uint32_t wmem_queued, sndbuf, snd_wnd, snd_cwnd;
	uint32_t rmem_alloc, rcvbuf, rcv_wnd;
};

/* What is kept of one direction for the end of the run. */
struct flow {
	struct direction at;
	uint32_t wmem_queued, sndbuf, snd_wnd, snd_cwnd;
	uint32_t rmem_alloc, rcvbuf, rcv_wnd;
	uint32_t wmem_peak, rmem_peak;
	uint32_t
		mss_found; /* of its segments, when the SYNs came before the trace; 0: they did not */
	uint64_t in_program;
	bool program_unknown;	       /* as in struct bytes */
	uint64_t taken;		       /* by send calls that returned */
	uint64_t consumed;	       /* by receive calls that returned, without places_known */
	uint64_t first_send_ns;	       /* entry of the first send call; 0: none */
	bool untimed;		       /* of some send call the entry is not known */
	uint64_t last_return_ns;       /* return of the last send call that moved bytes; 0: none */
	enum call_kind inside_call;    /* with inside_since_ns */
	uint64_t inside_since_ns;      /* entry of a send call that has not returned; 0: none */
	uint64_t asleep_since_ns;      /* a blocking send call sleeps since then; 0: none does */
	enum sleep_cause asleep_cause; /* with asleep_since_ns */
	uint64_t last_enter_ns;	       /* its entry */
	bool last_found;	       /* it had begun before that */
	uint64_t last_moved_bytes;
	enum call_kind last_call;
	bool killed_inside;	 /* its task was killed inside it, and never saw the result */
	uint64_t told_return_ns; /* of the send call that a moment told of */
	struct bytes at_return;	 /* where the bytes were then */
	uint64_t last_read_ns;	 /* when read last rose */
	uint64_t segments, retransmits;
	bool sent_any, answered; /* anything; a SYN-ACK */
	uint64_t sent_ns;	 /* when the last segment left that carried data */
	uint64_t sent_ack;	 /* highest acknowledgement that it sent */
	uint64_t sent_end;	 /* highest relative sequence number sent, SYN and FIN counted */
	bool scale_known;	 /* its SYN was seen: */
	uint16_t mss;		 /* that it offered; 0: none */
	uint8_t scale;		 /* window scale it offered; SEGMENT_NO_WSCALE: none */
	uint64_t sleep_ns[SLEEP_CAUSES];
	uint64_t unread_ns; /* as in struct call */
	uint32_t sleeps;
	uint64_t window_zero_since_ns; /* the peer's window is 0 since then; 0: it isn't */
	uint64_t window_zero_ns;       /* how long it was, without that */
	bool window_zero_found;	       /* it was 0 when the trace began: these count since then */
	uint32_t probes;	       /* of a window of 0 */
	uint64_t probe_first_ns, probe_last_ns;
	uint64_t probe_pause_min_ns, probe_pause_max_ns; /* between two in a row */
	uint64_t urgent_byte; /* the last byte that was urgent, from 1; 0: none */
};

/* Curves and rows for the pictures; only the first connections of a run have them. */
struct connection_detail {
	struct series wmem[END_COUNT];	 /* sk_wmem_queued of each end */
	struct series unread[END_COUNT]; /* receive queue of each end, bytes */
	struct ladder ladder;
	int moment_count;
	struct moment moments[CONNECTION_MOMENTS]; /* by time */
};

struct connection {
	unsigned int id; /* from 1, in the order of their beginning */
	struct socket *ends[END_COUNT];
	struct socket *listener; /* NULL: not traced */
	bool listener_seen;	 /* a traced socket listens there: an arriving SYN would be seen */
	uint8_t address[END_COUNT][RECORD_ADDRESS_SIZE];
	uint16_t port[END_COUNT];
	unsigned int family; /* of the client's socket, or of the one that is seen */
	unsigned int scope;
	uint64_t first_ns;		    /* first event of either end */
	uint64_t syn_ack_ns;		    /* first SYN-ACK; 0: not seen */
	uint64_t syn_ns;		    /* first SYN left, or arrived; 0: not seen */
	uint64_t established_ns[END_COUNT]; /* 0: not (seen) */
	uint64_t accepted_ns;		    /* accept() returned; 0: not */
	uint64_t last_ns;
	bool older; /* than what was seen of it: the trace, or the traced process, came later */
	bool accepted_before; /* with older: accept() had taken it */
	bool isn_known[END_COUNT];
	uint32_t isn[END_COUNT]; /* initial sequence number: j, k */
	bool segments_known;	 /* false: this run records no segments */
	bool segments_unasked;	 /* because of --detail, not for want of a hook */
	bool calls_known;	 /* false: nor calls */
	bool bytes_known;	 /* false: nor how many bytes were moved */
	bool places_known;	 /* false: nor where bytes are at a time */
	bool places_unasked;	 /* because of --coalesce */
	bool sleeps_known;	 /* false: nor when send calls sleep */
	bool segments_sure;	 /* what was not recorded did not leave, if it isn't lossy */
	bool both_connected;	 /* the server's end called connect(), too */
	bool itself;		 /* both ends are one socket; ends[END_SERVER] is NULL */
	bool tried;		 /* the client's socket was in SYN_SENT */
	bool failed_later;	 /* connect() had returned when the attempt failed */
	uint64_t until_ns;	 /* end of the trace, when it is not finished by then */
	bool finished;		 /* both traced ends are CLOSE or TIME_WAIT */
	bool end_unknown;	 /* in FIN_WAIT2, where only segments show what comes next */
	uint64_t connect_ns;	 /* with connect_error: how long the attempt took */
	int connect_error;	 /* positive errno that connect() failed with; 0: none */
	bool reset;		 /* a RST ended it */
	enum end reset_by;
	enum reason reset_reason;
	uint32_t reset_unread; /* bytes in the receive queue of its sender; 0: none, or not known */
	uint32_t syns;	       /* of the client */
	uint64_t syn_times_ns[SYN_TIMES]; /* of the first ones */
	uint32_t syns_refused;		  /* of these, found the listener's accept queue full */
	struct attempt attempt;
	struct accept_wait accept;
	struct icmp_seen icmp;
	struct flow flow[END_COUNT]; /* [END_CLIENT]: from the client to the server */
	struct call_stats *calls[END_COUNT][CALL_KINDS]; /* NULL: none; see connection_calls() */
	uint64_t blocked_ns;		  /* time inside connect, send and receive calls */
	uint64_t moments_told[END_COUNT]; /* one bit for each enum moment_kind */
	bool lossy;			  /* records were lost while it was open: */
	uint64_t lossy_since_ns;	  /* the first of them */
	bool waiting;			  /* over, and waits to be folded */
	bool left;			  /* folded, and about to be freed */
	uint64_t tuple_key;		  /* under which its server end finds it; 0: none */
	struct connection_detail *detail; /* NULL: too many connections */
};

/* The end whose stream arrives at this one. */
static inline enum end source_of(const struct connection *connection, enum end end)
{
	return connection->itself ? end : other_end(end);
}

/* The socket at that end; NULL: it is not traced. */
static inline struct socket *socket_at(const struct connection *connection, enum end end)
{
	return connection->ends[connection->itself ? END_CLIENT : end];
}

/* What the calls of one kind at that end came to; never NULL. */
const struct call_stats *connection_calls(const struct connection *connection, enum end end,
					  enum call_kind kind);

/* Send calls of that end that did not fail. */
uint64_t connection_sends(const struct connection *connection, enum end sender);

/* What the attempt to connect waited for is known. */
bool wait_known(const struct connection *connection);

/* Time inside calls of that end that can block, of those that returned. */
uint64_t connection_blocked_ns(const struct connection *connection, enum end end);

/* How long the peer's window has been 0 in all, until now. */
uint64_t flow_window_zero_ns(const struct flow *flow, uint64_t now_ns);

#endif
