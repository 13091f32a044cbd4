/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All sentences of one language. The arguments of each are listed at the
 * place that fills them, in moment_*.c and verdict.c; {6} and {7} are always
 * the end that a moment happens at, and the other one.
 */
#ifndef TCPWATCH_MODEL_SENTENCES_H
#define TCPWATCH_MODEL_SENTENCES_H

#include "user/model/moments.h"
#include "user/model/words.h"

#define MOMENT_VARIANTS 11

struct moment_words {
	const char *title;
	const char *captions[MOMENT_VARIANTS];
};

enum verdict_sentence {
	SAY_ATTEMPT,	  /* connect() did not end yet */
	SAY_GIVEN_UP,	  /* {1} time, {2} peer's endpoint, {3} SYNs sent */
	SAY_FAILED,	  /* {0} errno, {1} time, {2} peer's endpoint */
	SAY_FAILED_LATER, /* the same, when connect() did not wait for it */
	SAY_ICMP,	  /* {0} who sent it, {1} what it says */
	SAY_QUEUE_FULL,	  /* {3} SYNs sent, {5} of them found the accept queue full */
	SAY_HALF_OPEN,	  /* only the server's end is traced: {2} its endpoint */
	SAY_UNANSWERED,
	SAY_BOTH_CONNECTED,
	SAY_ITSELF,
	SAY_OLDER,		 /* its beginning was not seen */
	SAY_OLDER_SENT,		 /* {0} last send call, {1} bytes handed over since the beginning */
	SAY_OPENED_ONLY,	 /* {0} handshake's time; no data were sent */
	SAY_OPENED,		 /* the handshake's time is not known */
	SAY_NOT_RECORDED,	 /* what data were sent: not at this level of detail */
	SAY_NOT_SEEN,		 /* nor on this kernel, which lacks the hook */
	SAY_PLACES_NOT_RECORDED, /* where data were when: not with --coalesce */
	SAY_PLACES_NOT_SEEN,	 /* nor on this kernel */
	SAY_STILL_SENDING,	 /* {0} call, {1} bytes handed over so far, {2} time inside */
	SAY_MOVED,		 /* {0} bytes read, {1} handed over */
	SAY_MOVED_ACKED, /* {0} bytes acknowledged, {1} handed over: the reader is not traced */

	SAY_SENT_KILLED, /* {0} call, {1} bytes, {2} time: nobody was told */
	SAY_SENT_ONE,	 /* {0} call, {1} bytes, {2} time */
	SAY_SENT_MANY,	 /* {3} number of calls */
	SAY_UNREAD,	 /* {0} bytes read, {1} unread, {2} percent */
	SAY_ALL_READ,
	SAY_UNACKED, /* {0} acked, {1} unacked: the reader is not traced */
	SAY_ALL_ACKED,
	SAY_LAST_READ,	/* {0} time after the return */
	SAY_RECEIVED,	/* {0} bytes read, {1} arrived: the sender is not traced */
	SAY_READ,	/* the same, when what arrived is not known */
	SAY_NEVER_READ, /* {0} bytes */
	SAY_OTHER_WAY,	/* {0} bytes the other way, {1} of them read */
	SAY_RESET,	/* {6} sent the RST */
	SAY_PROBES, /* {0} time with a window of 0, {1} probes, {2} and {3} shortest, longest pause */
	SAY_TWO_PROBES,
	SAY_COUNTED_PROBES,   /* one, or none of them in a row */
	SAY_PROBES_SINCE,     /* the window was 0 when the trace began */
	SAY_END_NOT_RECORDED, /* at this level of detail, and: */
	SAY_END_UNKNOWN,      /* TIME_WAIT shows in segments only, and they were not recorded */
	SAY_OPEN,	      /* still open when the trace ended */
	SAY_LOSSY,
	SAY_COUNT
};

struct sentences {
	const char *client, *server;
	struct moment_words moments[MOMENT_KINDS];
	const char *verdict[SAY_COUNT];
	/*
	 * Of a failed attempt {3} SYNs, {4} their times, {5} ICMP, or how many SYNs
	 * were dropped; of a RST {0} bytes unread, {6} who sent it.
	 */
	const char *reasons[REASON_COUNT];
	const char *gap; /* between two sentences */
};

extern const struct sentences sentences_en, sentences_zh;

const struct sentences *words_of(enum lang lang);

#endif
