/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fixed words of the terminal views, one table for each language.
 * Sentences about facts are not here: the model makes them.
 */
#ifndef TCPWATCH_EXPORT_LABELS_H
#define TCPWATCH_EXPORT_LABELS_H

#include "user/model/call.h"
#include "user/model/words.h"

enum label {
	LABEL_CLIENT,
	LABEL_SERVER,
	LABEL_NOT_TRACED,
	LABEL_ZERO,  /* {0} an offset */
	LABEL_LATE,  /* {0} an offset; behind a title that is told later */
	LABEL_COLON, /* between a title and its caption */
	LABEL_COMMA, /* between the parts of a list */
	LABEL_TIME,
	LABEL_PASS,	/* {0} a duration */
	LABEL_LEFT_OUT, /* {0} rows */
	LABEL_LEFT_OUT_ONE,
	LABEL_GAP_ROWS, /* {0} rows, {1} a duration */
	LABEL_GAP_ROW,
	LABEL_GAP_CALLS, /* {0} calls, {1} a duration */
	LABEL_GAP_CALL,
	LABEL_LOST_HERE, /* {0} records */
	LABEL_LOST_HERE_ONE,
	LABEL_SEGMENTS, /* {0} segments, {1} bytes */
	LABEL_SEGMENT,
	LABEL_SEGMENTS_ONLY, /* {0} segments */
	LABEL_SEGMENT_ONLY,
	LABEL_IN,      /* {0} a duration */
	LABEL_ARRIVES, /* {0} an offset */
	LABEL_NO_ARRIVAL,
	LABEL_AGAIN,
	LABEL_NO_LADDER,
	LABEL_NO_CONNECTION,
	LABEL_LOSSY,
	LABEL_AT_RETURN, /* {0} a call */
	LABEL_AT_LAST_RETURN,
	LABEL_PLACE_READ,
	LABEL_PLACE_ACKED,
	LABEL_PLACE_QUEUE,
	LABEL_PLACE_FLIGHT,
	LABEL_PLACE_UNACKED,
	LABEL_PLACE_UNSENT,
	LABEL_PLACE_PROGRAM,
	LABEL_SEND_BUFFER,
	LABEL_RECEIVE_QUEUE,
	LABEL_PEAK,
	LABEL_RETURNED, /* {0} a call */
	LABEL_LAST_RETURNED,
	LABEL_TIME_IN_STATE,
	LABEL_SO_FAR, /* {0} a duration */
	LABEL_ENTERED,
	LABEL_LATE_SYN_RECV,
	LABEL_CALLS,
	LABEL_COUNT,
	LABEL_BYTES,
	LABEL_ASKED,
	LABEL_INSIDE,
	LABEL_LONGEST,
	LABEL_SLEPT,	   /* {0} a duration, {1} a cause */
	LABEL_SLEPT_SHARE, /* {0} a duration, {1} its share, {2} a cause */
	LABEL_READER,	   /* {0} a process */
	LABEL_READER_KEPT_UP,
	LABEL_READER_NOT_KNOWN,
	LABEL_WAITED, /* {0} a duration, {1} its share, {2} a phase of connect */
	LABEL_NOT_WAITED,
	LABEL_PHASE, /* and one for each enum connect_phase; {0} a number of SYNs */
	LABEL_PHASE_LAST = LABEL_PHASE + PHASES - 1,
	LABEL_ACCEPT_LATE, /* {0} a duration */
	LABEL_NOT_READY,   /* {0} a duration, {1} its share */
	LABEL_SLEEP,	   /* and one for each enum sleep_cause */
	LABEL_SLEEP_LAST = LABEL_SLEEP + SLEEP_CAUSES - 1,
	LABEL_FAILED, /* {0} a number */
	LABEL_SHORT,  /* {0} a number */
	LABEL_EVENTS, /* {0} events, {1} lost */
	LABEL_EVENT,
	LABEL_SAVED,
	LABEL_NEXT,
	LABEL_KEEP,
	LABEL_LOST, /* {0} a number */
	LABEL_LOST_ONE,
	LABEL_LOST_SPAN, /* {0} a number, {1} what, {2} from, {3} to */
	LABEL_LOST_MORE, /* {0} a number of spans */
	LABEL_CUT,	 /* {0} an offset */
	LABEL_CUT_EMPTY,
	LABEL_DAMAGED, /* {0} an offset, {1} a number */
	LABEL_NOT_KNOWN,
	LABEL_MPTCP,
	LABEL_MPTCP_ONE,
	LABEL_32BIT,
	LABEL_32BIT_ONE,
	LABEL_OLDER,
	LABEL_OLDER_ONE,
	LABEL_CLOSING,
	LABEL_CLOSING_ONE,
	LABEL_LEFT_OPEN, /* {0} connections, {1} how many are kept */
	LABEL_NOT_ASKED, /* {0} a level of detail */
	LABEL_ASK_FULL,
	LABEL_ONLY,
	LABEL_MORE, /* {0} connections, {1} bytes, {2} bytes */
	LABEL_MORE_ONE,
	LABEL_ONE_LINE,	  /* {0} connections */
	LABEL_RESET,	  /* {0} an end */
	LABEL_ALL_FAILED, /* {0} connections, as in the next three */
	LABEL_ALL_RESET,
	LABEL_ALL_OPEN,
	LABEL_ALL_LOSSY,
	LABEL_ALL_AGAIN,   /* {0} segments */
	LABEL_ALL_BLOCKED, /* {0} a duration, {1} a connection, {2} its duration */
	LABEL_ALL_LONGEST, /* {0} a connection, {1} its duration */
	LABEL_ALL_FOLDED,
	LABEL_MORE_LADDER,  /* {0} and {1} as in the next one */
	LABEL_MORE_LADDERS, /* {0} connections, {1} those that have ladders */
	LABEL_PROCESS,
	LABEL_SENT,
	LABEL_RECEIVED,
	LABEL_TOOK,
	LABEL_INSIDE_CALLS,
	LABEL_END,
	LABEL_ENDS,
	LABEL_TOTAL,	    /* {0} connections, {1} closed, {2} reset, {3} failed, {4} open */
	LABEL_TOTAL_BYTES,  /* {0} bytes, {1} bytes */
	LABEL_TOTAL_INSIDE, /* {0} a duration */
	LABEL_TOTAL_AGAIN,  /* {0} segments */
	LABEL_STOP,
	LABEL_OTHERS,
	LABEL_OTHER,	  /* {0} a number of a socket, {1} what it is */
	LABEL_PART,	  /* between the parts of a paragraph */
	LABEL_OTHER_RECV, /* {0} at last, {1} the most; as in all up to the drops */
	LABEL_OTHER_NO_RECV,
	LABEL_OTHER_MESSAGES,
	LABEL_OTHER_SEND,
	LABEL_OTHER_NO_SEND,
	LABEL_OTHER_ACCEPT,
	LABEL_OTHER_LIMIT,
	LABEL_OTHER_DROPS,
	LABEL_OTHER_MORE,  /* {0} sockets, {1} bytes, {2} datagrams */
	LABEL_OTHER_EMPTY, /* {0} sockets */
	LABEL_COUNT_ALL
};

const char *label(enum lang lang, enum label label);

/* The label with its arguments filled in; the list of arguments ends with NULL. Returns text. */
char *label_fill(char *text, size_t size, enum lang lang, enum label label, ...)
	__attribute__((sentinel));

#endif
