/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs while the command runs, or what was attached to: takes records from the
 * ring, on its wakeups and on a timer, and watches for the command's end and for
 * signals.
 */
#ifndef TCPWATCH_COLLECT_LOOP_H
#define TCPWATCH_COLLECT_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "user/collect/command.h"
#include "user/collect/program.h"

#define LOOP_FDS 2

struct loop_calls {
	/* One record, in the order of the ring. Negative: stop, and return it. */
	int (*record)(void *context, const struct record_header *record);
	/* After each turn; idle: no record has come in this turn. As record. */
	int (*turn)(void *context, uint64_t now_ns, bool idle);
	/* True when no socket of the command has data or a FIN under way any more. */
	bool (*drained)(void *context);
	/* One of fds is readable. May be NULL, like the next one. 1: watch it no more. */
	int (*readable)(void *context, int fd);
	/* A signal asked the run to stop. */
	void (*told)(void *context);
	int fds[LOOP_FDS]; /* more to watch; -1: none, closed by the caller */
};

/*
 * Blocks the signals that loop_run handles (INT, TERM, HUP, QUIT, CHLD), so
 * that none is missed before it starts. Call before the command is forked;
 * command_hold gives the child the old mask.
 */
int loop_block_signals(void);

/* The mask that was there before loop_block_signals; until then, the current one. */
const sigset_t *loop_old_mask(void);

/* What ends a run, beside a signal. */
struct loop_limits {
	uint64_t duration_ns; /* 0: none */
	bool forever;	      /* not even the end of all traced tasks */
};

struct loop_end {
	int status;    /* of the command, as wait(2) gives it; -1: none, or it still runs */
	bool time_out; /* duration_ns has passed */
};

/*
 * Returns when the command and all its children have ended and its sockets
 * are drained (at most 1 s later), or when told to stop. A signal that a
 * process sent is passed on to the command; one typed at the terminal reached
 * it already. The second one of the same kind stops at once. Without a command
 * (COMMAND_NONE) the first signal stops, and no process is ever signalled.
 * Returns 0 or a negative errno.
 */
int loop_run(struct program *program, struct command *command, const struct loop_calls *calls,
	     void *context, const struct loop_limits *limits, struct loop_end *end);

#endif
