/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fixed words of the full-screen frame, one table for each language. What
 * the summaries say too is in labels.h; sentences about facts are the model's.
 */
#ifndef TCPWATCH_EXPORT_FRAME_WORDS_H
#define TCPWATCH_EXPORT_FRAME_WORDS_H

#include <stddef.h>

#include "user/model/words.h"

enum frame_word {
	FRAME_CONNECTION, /* {0} a number */
	FRAME_CONNECTIONS,
	FRAME_EVENTS, /* {0} events */
	FRAME_LOST,   /* {0} records */
	FRAME_FROZEN,
	FRAME_RUNNING_ON, /* the view was left, the command goes on */
	FRAME_ENDED,	  /* {0} an exit status */
	FRAME_KILLED,	  /* {0} a signal's number */
	FRAME_NOTHING,
	FRAME_UNSEEN,
	FRAME_WHERE, /* {0} sender, {1} receiver, {2} bytes given to send calls */
	FRAME_WHERE_SEEN,
	FRAME_NO_BYTES,
	FRAME_NO_PLACES,
	FRAME_READ, /* {0} the receiver */
	FRAME_ACKED,
	FRAME_QUEUE, /* {0} the receiver */
	FRAME_FLIGHT,
	FRAME_UNACKED,
	FRAME_UNSENT,
	FRAME_PROGRAM, /* {0} the sender */
	FRAME_OTHER,   /* {0} sender, {1} receiver, {2} given, {3} not read */
	FRAME_BUFFER,
	FRAME_RECEIVE,
	FRAME_OF,	/* {0} bytes, {1} limit */
	FRAME_UNREAD_B, /* {0} bytes */
	FRAME_NO_SAMPLE,
	FRAME_NOW,
	FRAME_OWN_CODE,
	FRAME_AGO, /* {0} call and result, {1} a duration */
	FRAME_NO_CALL,
	FRAME_INSIDE,	  /* {0} a duration */
	FRAME_INSIDE_WHY, /* {0} a duration, {1} why */
	FRAME_WHY_FULL,	  /* {0} what holds the data back */
	FRAME_WHY_BUFFER, /* the send buffer alone */
	FRAME_WHY_LOWAT,
	FRAME_WHY_NO_DATA,
	FRAME_WHY_SYN,
	FRAME_WAITS_ACCEPT,
	FRAME_WAITS_ACCEPT_WHY,
	FRAME_CLOSED,
	FRAME_ALONE, /* {0} a duration */
	FRAME_GONE,
	FRAME_OVER,
	FRAME_CALLS,
	FRAME_FAILED,
	FRAME_LAST,
	FRAME_OUTPUT,
	FRAME_LIST,
	FRAME_UNREAD,
	FRAME_STATES,
	FRAME_CALL,
	FRAME_REPLAY,
	FRAME_PAUSED,
	FRAME_MASKED,
	FRAME_AUTO,
	FRAME_STEP,
	FRAME_REAL_TIME,
	FRAME_FASTER, /* {0}{1} in front, {2} a factor */
	FRAME_SLOWER,
	FRAME_ASK,	/* {0} call, {1} bytes given, {2} the receiver, {3} typed so far */
	FRAME_ANSWER,	/* {0} bytes read, {1} of these */
	FRAME_YOU_SAID, /* {0} the guess, {1} bytes read, {2} of these */
	FRAME_BEFORE,
	FRAME_AT_END,
	FRAME_TOP, /* and one for each enum top_order */
	FRAME_TOP_LAST = FRAME_TOP + 3,
	FRAME_TOP_KEYS,
	FRAME_TOP_ID,
	FRAME_TOP_WHO,
	FRAME_TOP_LOCAL,
	FRAME_TOP_REMOTE,
	FRAME_TOP_STATE,
	FRAME_TOP_BLOCKED,
	FRAME_TOP_SEND_QUEUE,
	FRAME_TOP_RECV_QUEUE,
	FRAME_TOP_OUT,
	FRAME_TOP_IN,
	FRAME_TOP_AGAIN,
	FRAME_TOP_WHY,
	FRAME_TOP_WINDOW,
	FRAME_TOP_CONGESTION,
	FRAME_TOP_BUFFER,
	FRAME_TOP_LOWAT,
	FRAME_TOP_PACING,
	FRAME_TOP_NO_DATA,
	FRAME_TOP_SYN,
	FRAME_TOP_OVER,
	FRAME_WORDS
};

const char *frame_word(enum lang lang, enum frame_word word);

/* The word with its arguments filled in; the list of arguments ends with NULL. Returns text. */
char *frame_say(char *text, size_t size, enum lang lang, enum frame_word word, ...)
	__attribute__((sentinel));

/* Keys and what they do, the most useful first; ends with NULL. */
struct frame_key_help {
	const char *key;
	const char *does[LANG_COUNT];
};

extern const struct frame_key_help frame_live_keys[], frame_play_keys[];

/* Lines of the help page below the keys; ends with NULL. */
const char *const *frame_help(enum lang lang);

#endif
