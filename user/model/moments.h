/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The dozen instants of a connection that a teacher would point at, each with
 * a caption that says why it happens. The kernel's facts, made once, for every view.
 */
#ifndef TCPWATCH_MODEL_MOMENTS_H
#define TCPWATCH_MODEL_MOMENTS_H

#include <stdint.h>

#include "user/model/ending.h"
#include "user/model/socket.h"
#include "user/model/words.h"

enum moment_kind {
	MOMENT_LISTEN,
	MOMENT_SYN,
	MOMENT_SYN_AGAIN,      /* the SYN was sent again */
	MOMENT_SYN_QUEUE_FULL, /* the SYN found the accept queue full */
	MOMENT_SYN_ACK,
	MOMENT_SYN_ACK_AGAIN,
	MOMENT_CLIENT_ESTABLISHED,
	MOMENT_SERVER_ESTABLISHED,
	MOMENT_CONNECTED, /* connect() returned 0, or said EINPROGRESS */
	MOMENT_CONNECT_FAILED,
	MOMENT_ACCEPTED,
	MOMENT_SEND,	    /* the first send call */
	MOMENT_BUFFER_FULL, /* a send call fell asleep for the first time */
	MOMENT_WINDOW_ZERO, /* the peer's window is 0 for the first time */
	MOMENT_WAKE,	    /* and woke */
	MOMENT_SENT,	    /* the last send call before the close returned */
	MOMENT_RETRANSMIT,  /* data were sent again for the first time */
	MOMENT_CLOSE,	    /* close(), shutdown() or the end of the process: FIN */
	MOMENT_FIN_RECEIVED,
	MOMENT_LAST_READ, /* the peer's program has read the last byte */
	MOMENT_RESET,
	MOMENT_TIME_WAIT,
	MOMENT_CLOSED,
	MOMENT_ICMP,	     /* "destination unreachable" for a segment of this end */
	MOMENT_WINDOW_PROBE, /* this end asks whether the peer's window is still 0 */
	MOMENT_WINDOW_OPEN,  /* it isn't any more, for the first time */
	MOMENT_URGENT,
	MOMENT_EOF,		 /* a receive call returned 0 */
	MOMENT_SEND_FAILED,	 /* EPIPE, ECONNRESET ... */
	MOMENT_READ_FAILED,	 /* ECONNRESET ... */
	MOMENT_SHORT_SEND,	 /* it took less than asked */
	MOMENT_SEND_WOULD_BLOCK, /* EAGAIN */
	MOMENT_READ_WOULD_BLOCK,
	MOMENT_BIND_FAILED,
	MOMENT_HALF_CLOSED, /* one direction had been open alone, and carried data */
	MOMENT_FOUND,	    /* the connection is older than the trace */
	MOMENT_KINDS
};

struct moment {
	uint64_t time_ns;
	uint64_t told_ns; /* of the record that brought it to light, often later */
	enum moment_kind kind;
	const struct connection *connection; /* NULL: of a socket alone, as MOMENT_LISTEN */
	const struct socket *socket; /* at which it happened; NULL: that end is not traced */
	enum end end;		     /* valid with connection */
	unsigned int variant;	     /* which of the kind's sentences */
	enum reason reason;	     /* what brought it about: a sentence more */
	enum end reason_end;	     /* whom that sentence calls {6} */
	char args[WORDS_ARGS][WORDS_ARG_SIZE];
};

/* "listen", "syn", "buffer-full": a stable word for machines. */
const char *moment_name(enum moment_kind kind);

/* A headline of at most 28 columns: "send() called". Returns text. */
char *moment_title(const struct moment *moment, enum lang lang, char *text, size_t size);

/* The caption: one or two sentences, UTF-8, safe for a terminal. Returns text. */
char *moment_caption(const struct moment *moment, enum lang lang, char *text, size_t size);

#endif
