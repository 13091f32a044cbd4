/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --view live: the full screen beside a run. Takes what the command writes to
 * the terminal into a pane, and gives all of it back afterwards. Draws at most
 * ten frames a second; never makes the trace wait.
 */
#ifndef TCPWATCH_WATCH_H
#define TCPWATCH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "user/options.h"
#include "user/pipeline.h"

struct watch;

/* Why it isn't possible here, in a few words; NULL: it is. */
const char *watch_refuses(void);

/*
 * Before the command is forked: makes the terminal that it writes to.
 * 0, or a negative errno after one line.
 */
int watch_open(struct watch **watch, const struct options *options);

/* What the command's standard streams become; -1: they stay. Closed by watch_start. */
const int *watch_streams(const struct watch *watch);

/* The command runs: takes the screen. What fails is said; the run goes on without. */
void watch_start(struct watch *watch, const struct pipeline *pipeline, uint64_t zero_ns);

/* Descriptors to wait for; -1: none. A key, the command's output. */
int watch_key_fd(const struct watch *watch);
int watch_output_fd(const struct watch *watch);

/* One of them is readable. 1: it has come to its end; else 0. */
int watch_readable(struct watch *watch, int fd);

/* A signal asked the run to stop: then the screen isn't kept at the end. */
void watch_told(struct watch *watch);

/* Draws, if it is time to. */
void watch_turn(struct watch *watch, uint64_t now_ns);

/* The command has ended (status as wait(2) gives it, -1: it runs on): shows that until q. */
void watch_linger(struct watch *watch, int status);

/* Gives the terminal back and prints what the command wrote. Accepts NULL. */
void watch_close(struct watch *watch);

#endif
