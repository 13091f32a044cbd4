/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the model share among themselves. No other room includes it. */
#ifndef TCPWATCH_MODEL_INTERNAL_H
#define TCPWATCH_MODEL_INTERNAL_H

#include "user/model/map.h"
#include "user/model/trace.h"

/* include/linux/err.h: no errno is larger. */
#define ERRNO_MAX 4095

#define EARLY_CALLS 8
#define TRACE_LOSSES 64

/* One record can finish a connection while as many as may wait do. */
#define FOLD_ROOM (TRACE_FINISHED + 1)

/* A task of the command, and the call that it is in. */
struct task {
	uint32_t tid, tgid;
	uint32_t own_tgid; /* in a pid namespace of its own; 0: tgid */
	char comm[RECORD_COMM_SIZE];
	bool is_32bit; /* of the first thread: the process makes 32-bit calls */
	bool in_call;
	struct call call; /* valid with in_call */
	uint32_t
		cut_send; /* socket id: its last call was a send that stopped early; 0: it was not */
	uint64_t ended_ns; /* 0: it lives */
	bool has_address;  /* an address came ahead of its call */
	struct record_address address;
	struct record_sample_other
		queues; /* ahead of its call, which is CALL_NONE when there is none */
};

/* Who chose a socket's local port. */
enum port_origin {
	PORT_UNKNOWN,
	PORT_KERNEL, /* no bind() named one */
	PORT_PROGRAM,
};

/* Of a socket that may connect to one that is connecting to it. */
enum opening_answer {
	OPENING_ASKED, /* whether it does is found out when it connects */
	OPENING_JOINS, /* it is that one's other end */
	OPENING_ALONE,
};

/* The last turn of a send call's copy loop: its next one tells whether it slept. */
struct turn {
	bool woken;  /* the copy loop went on after the last sleep; else the call ended */
	bool asleep; /* no memory, and the call may wait */
	bool found;  /* it was asleep before the trace began */
	struct sleep sleep;
	uint64_t judged_ns;		 /* up to here it is known what the time was spent on: */
	uint64_t cause_ns[SLEEP_CAUSES]; /* in all */
	uint64_t unread_ns;		 /* as in struct call */
	uint64_t unread_since_ns;	 /* the peer has bytes to read since then; 0: none */
	uint64_t unread_part_ns;	 /* how long it had, since judged_ns */
	uint64_t part_ns;		 /* and since then on part_cause alone */
	enum sleep_cause part_cause;
};

/* A socket with what only the model needs to know of it. */
struct entry {
	struct socket socket; /* first: a struct socket * of the model is an entry */
	int early_count;      /* calls made before there was a connection */
	struct call *early;   /* room for EARLY_CALLS; NULL: none */
	struct turn turn;
	struct task *sending; /* the last one to enter a send call on it; NULL: it returned */
	struct task *inside;  /* the last one to enter a call on it; NULL: it returned */
	uint64_t syn_ns;      /* server: a SYN arrived */
	bool no_request;      /* server: its SYN-ACK left without a request socket (SYN cookie) */
	bool mini;	      /* FIN_WAIT2 goes on without a full socket */
	bool found;	      /* older than the trace, and no connection was made of it */
	bool reset_received, reset_sent;
	enum reason reset_reason; /* of the RST that its end is going to send */
	uint32_t unread;	  /* bytes in its receive queue when it was closed */
	bool fin_received;
	bool shut_read, shut_write; /* by its own shutdown() */
	bool turn_seen, nonblock;   /* of its last send call: whether it may wait */
	enum port_origin port_origin;
	enum opening_answer opening;
	bool found_full; /* so that a send call that was asleep there waits for room: */
	enum sleep_cause found_cause;
	bool syn_came;		    /* the last segment that arrived had SYN */
	uint64_t half_closed_bytes; /* of the direction that is still open, when the other ended */
	unsigned int connections;   /* that point to it, as an end or as the listener */
	unsigned int tasks;	    /* inside a call on it */
	bool closed;		    /* close() was the last call on it */
	bool owner_ended;
	bool folded; /* so was its connection */
};

/* What is over and may be let go. A ring of connections, the oldest at head. */
struct fold {
	struct connection *ring[FOLD_ROOM];
	unsigned int head, count;
	size_t sockets_at, tasks_at; /* so many of them are looked through for what is over */
	size_t connections_at;	     /* and so many of these for what lost its end */
	uint32_t socket_max;	     /* highest id that was let go */
	uint64_t left_open;	     /* connections that were, because too many were open */
	struct trace_totals totals;  /* of the connections that were */
	struct queue_totals queues;  /* of the sockets that were */
};

/* Records that wait for the answer to whether two attempts are one connection. */
struct opening {
	struct entry *first, *second; /* second NULL: none wait */
	bool isn_known, arrived_known, ended;
	uint32_t isn;	  /* of the first one's SYN */
	uint32_t arrived; /* of the SYN that reached the second one */
	unsigned int count;
	union record *records;
};

struct trace {
	const struct capture_info *info;
	const struct trace_sink *sink;
	void *context;
	struct map sockets;		 /* socket id -> struct entry */
	struct map tasks;		 /* tid -> struct task */
	struct map tuples;		 /* hash of both endpoints -> struct connection */
	struct map listeners;		 /* socket id -> struct entry in LISTEN */
	struct connection **connections; /* those that are kept, by id */
	unsigned int connection_count, connection_room;
	unsigned int connections_begun;
	struct fold fold;
	struct opening opening;
	struct undecoded undecoded;
	unsigned int older;    /* connected before the trace began, with no place for their bytes */
	unsigned int closing;  /* found in TIME_WAIT, or in what FIN_WAIT2 leaves */
	bool segments_known;   /* the hooks for segments are on, or not spoken of */
	bool segments_unasked; /* they are off because of --detail */
	bool calls_known;      /* the same of the hooks for calls */
	bool bytes_known;      /* from segments, or in the sum of calls */
	bool places_known;     /* the same of the hooks for queues after each call */
	bool places_unasked;   /* these are off because of --coalesce */
	bool sleeps_known;     /* the same of the hook that shows a send call asleep */
	bool send_lengths_sure; /* bytes are counted while they move, whatever the socket is */
	bool recv_lengths_sure;
	bool segments_sure; /* they are on: what was not recorded did not leave */
	uint64_t first_ns, last_ns, first_syn_ns;
	uint64_t events, lost;
	bool failed;	   /* no memory */
	bool lost_records; /* the capture tells of a loss: it explains holes */
	int loss_count;
	struct loss losses[TRACE_LOSSES];
};

/* Tells the sink, if it listens. */
#define tell(trace, event, pointer)                                        \
	do {                                                               \
		if ((trace)->sink && (trace)->sink->event)                 \
			(trace)->sink->event((trace)->context, (pointer)); \
	} while (0)

static inline struct entry *entry_of(struct socket *socket)
{
	return (struct entry *)socket;
}

/* Time from one instant to the next; 0 when they are not in order. */
static inline uint64_t span_ns(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* No bind() named a port, and no record that could tell of one was lost. */
static inline bool port_is_chosen(const struct trace *trace, const struct entry *entry)
{
	return entry->port_origin == PORT_KERNEL && !trace->lost_records;
}

/* connection.c */
bool address_is_wildcard(const uint8_t address[RECORD_ADDRESS_SIZE]);

/* trace.c */
void trace_listens(struct trace *trace, struct entry *entry, bool listens);
struct entry *trace_socket(struct trace *trace, uint32_t id,
			   uint64_t time_ns); /* NULL: no memory */
struct task *trace_task(struct trace *trace, uint32_t tid, uint32_t tgid);
void trace_owner(struct trace *trace, struct entry *entry, uint32_t tgid, uint32_t tid);
void trace_syn(struct trace *trace, uint64_t time_ns); /* one was seen */

/*
 * A hook was not called, as what came later shows: LOST_SEGMENT_UNSEEN or
 * LOST_STATE_UNSEEN. Told as a loss of one, at the least, unless the capture tells of one.
 */
void trace_unseen(struct trace *trace, struct connection *connection, enum lost_what what,
		  uint64_t first_ns, uint64_t last_ns);

/* connection.c: when a connection begins and who its ends are */
struct connection *connection_new(struct trace *trace, uint64_t time_ns);
void connection_free(struct connection *connection);
int connection_attach(struct trace *trace, struct connection *connection, struct entry *entry,
		      enum end end);
void connection_addresses(struct connection *connection, const struct entry *entry);
int connection_connecting(struct trace *trace, struct entry *entry, uint64_t time_ns);
int connection_syn(struct trace *trace, struct entry *entry, const struct record_segment *segment);
int connection_established(struct trace *trace, struct entry *entry,
			   const struct record_state *record);
int connection_failed(struct trace *trace, struct entry *entry, const struct call *call);
/* So that its other end, when it is traced, finds it. 0 or -ENOMEM. */
int connection_remember(struct trace *trace, struct connection *connection);
/* The connection by whose addresses entry is this end, which nobody is yet; NULL: none. */
struct connection *connection_of_end(const struct trace *trace, const struct entry *entry,
				     enum end end);
void connection_isn(struct connection *connection, enum end end, uint32_t isn);
/* Whether a traced socket listens at the server's address, when its SYN leaves. */
void connection_find_listener(struct trace *trace, struct connection *connection);
void connection_check_finished(struct trace *trace, struct connection *connection,
			       uint64_t time_ns);
bool connection_is_over(const struct connection *connection);
void connection_forget_tuple(struct trace *trace, struct connection *connection);

/* opening.c: both ends call connect() */
bool opening_waits(struct trace *trace, const union record *record, int *err);
int opening_decide(struct trace *trace); /* with what is known; feeds what waited */
/* The connection that this attempt is the other end of; NULL: it is one of its own. */
struct connection *opening_joined(const struct trace *trace, struct entry *entry);
int opening_join(struct trace *trace, struct connection *connection, struct entry *entry);

/* bytes.c: positions */
void bytes_sample_send(struct trace *trace, struct entry *entry,
		       const struct record_sample_send *record);
void bytes_sample_recv(struct trace *trace, struct entry *entry,
		       const struct record_sample_recv *record);
void bytes_segment(struct trace *trace, struct entry *entry, const struct record_segment *record);
void bytes_state(struct trace *trace, struct entry *entry, const struct record_state *record);
/* Where the kernel's counters say that bytes are: the start of an older connection. */
void bytes_found(struct trace *trace, struct connection *connection, enum end sender,
		 const struct direction *found, uint64_t time_ns);
void bytes_in_program(struct trace *trace, struct entry *entry, uint64_t time_ns, uint64_t left);
/* A send call returned: what it moved was handed over, whether a hook showed it or not. */
void bytes_taken(struct trace *trace, struct entry *entry, const struct call *call);
/* Where no hook shows the receive queue, the results of receive calls are what was read. */
void bytes_consumed(struct entry *entry, const struct call *call);
void bytes_now(const struct connection *connection, enum end sender, uint64_t time_ns,
	       struct bytes *bytes);

/* fold.c: what is over leaves, so that memory is bounded */
void fold_over(struct trace *trace, struct connection *connection); /* it is, so far */
void fold_turn(struct trace *trace); /* between two records: no pointer is held */
void fold_total(struct trace_totals *totals, const struct connection *connection);

/* call.c */
void call_leave(struct task *task); /* it is in no call any more */
int call_enter(struct trace *trace, const struct record_call_enter *record);
int call_return(struct trace *trace, const struct record_call *record);
int call_run(struct trace *trace, const struct record_call_run *record);
int call_address(struct trace *trace, const struct record_address *record);
void call_replay_early(struct trace *trace, struct connection *connection, struct entry *entry,
		       enum end end);
void call_finish_all(struct trace *trace);

/* call_stats.c: NULL: no memory */
struct call_stats *call_stats_of(struct connection *connection, enum end end, enum call_kind kind);

/* sleep.c */
/* From within a send call: left says how much of it is not handed over yet. */
bool sample_is_inside(enum sample_reason reason);
void sleep_sample(struct trace *trace, struct entry *entry,
		  const struct record_sample_send *record);

/* Of a socket that is older than the trace: what a send call that sleeps there waits for. */
void sleep_found(struct entry *entry, const struct record_found *record);
void sleep_goes_on(struct trace *trace, struct entry *entry, const struct call *call);

/* What a direction's receiver has to read may have changed. */
void sleep_bytes(const struct connection *connection, enum end sender, uint64_t time_ns);
void sleep_finish_all(struct trace *trace); /* of calls that never returned */

/* queues.c */
int queues_record(struct trace *trace, struct entry *entry,
		  const struct record_sample_other *record);
/* What was seen when this call of the task returned, or when this close() began. */
void queues_of_call(struct task *task, const struct record_call *record, struct call *call);
void queues_total(struct queue_totals *totals, const struct socket *socket);

/* wait.c */
void wait_syn(struct connection *connection, uint64_t time_ns);
void wait_syn_ack(struct connection *connection, const struct segment *segment);
void wait_refused(struct connection *connection); /* the SYN found the accept queue full */
void wait_ended(struct connection *connection, uint64_t time_ns, int error);
/* What these calls, which return, waited for. */
void wait_connect(struct connection *connection, struct call *call);
void wait_accept(struct connection *connection, struct call *call);
void wait_send(const struct connection *connection, struct call *call);
/* found.c: what is older than the trace */
void found_state(struct trace *trace, struct entry *entry, const struct record_state *record);
bool found_in_queue(const struct entry *entry); /* nobody had accepted it */
int found_record(struct trace *trace, struct entry *entry, const struct record_found *record);

/* states.c */
void state_record(struct trace *trace, struct entry *entry, const struct record_state *record);
void state_segment(struct trace *trace, struct entry *entry, const struct record_segment *record);
void state_change(struct trace *trace, struct entry *entry, unsigned int new_state,
		  uint64_t time_ns, enum state_cause cause, const char *detail);

/* ending.c: what shows how it ended */
void ending_syn(struct connection *connection, uint64_t time_ns);
void ending_icmp(struct trace *trace, struct entry *entry, const struct record_icmp *record);
void ending_queue(struct trace *trace, struct entry *entry, const struct record_queue *record);
void ending_state(struct entry *entry, const struct record_state *record, bool listener_closed);
void ending_rst(struct entry *entry, enum end sender, enum reason reason);
void ending_segment(struct entry *entry, const struct record_segment *record);
void ending_reset_record(struct trace *trace, struct entry *entry,
			 const struct record_reset *record);

/* window.c: a window of 0 and who asks after it; urgent data */
void window_segment(struct trace *trace, struct connection *connection, struct segment *segment);

/* segments.c */
int segment_record(struct trace *trace, struct entry *entry, const struct record_segment *record);

/* ladder.c */
void ladder_state(struct connection *connection, enum end end, const struct state_change *change);
void ladder_call_enter(struct connection *connection, enum end end, const struct call *call);
void ladder_call(struct connection *connection, enum end end, const struct call *call);
void ladder_segment(struct connection *connection, const struct segment *segment);
void ladder_lost(struct connection *connection, const struct loss *loss);

/* moments.c */
void moment_found(struct trace *trace, struct connection *connection, const struct entry *entry,
		  uint64_t time_ns);
void moment_listen(struct trace *trace, const struct entry *entry, const struct call *call);
void moment_segment(struct trace *trace, struct connection *connection,
		    const struct segment *segment);
void moment_state(struct trace *trace, struct connection *connection,
		  const struct state_change *change);
void moment_call_enter(struct trace *trace, struct connection *connection, const struct call *call);
void moment_call(struct trace *trace, struct connection *connection, const struct call *call);
void moment_asleep(struct trace *trace, struct connection *connection, const struct entry *entry);
void moment_woke(struct trace *trace, struct connection *connection, const struct entry *entry);
void moment_bytes(struct trace *trace, struct connection *connection, enum end sender,
		  uint64_t time_ns);
void moment_reset(struct trace *trace, struct connection *connection, const struct entry *entry,
		  uint64_t time_ns);
void moment_queue_full(struct trace *trace, const struct entry *listener,
		       struct connection *connection, const struct record_queue *record);
void moment_icmp(struct trace *trace, struct connection *connection, const struct entry *entry,
		 uint64_t time_ns);
void moment_probe(struct trace *trace, struct connection *connection,
		  const struct segment *segment);
void moment_window_open(struct trace *trace, struct connection *connection,
			const struct segment *segment, uint64_t closed_ns);
void moment_urgent(struct trace *trace, struct connection *connection,
		   const struct segment *segment);
void moment_call_ends(struct trace *trace, struct connection *connection, const struct call *call);
void moment_bind_failed(struct trace *trace, const struct entry *entry, const struct call *call);
void moment_half_closed(struct trace *trace, struct connection *connection,
			const struct state_change *change);
void moment_last(struct trace *trace, struct connection *connection, uint64_t time_ns);

#endif
