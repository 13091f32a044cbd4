/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files that a run leaves behind: all opened before it starts, so that
 * nothing is traced in vain; never over something that exists, but for
 * --force, and then not over another user's; never two in one file; never through
 * a symbolic link; owned by the user whose the run is.
 */
#ifndef TCPWATCH_OUTPUTS_H
#define TCPWATCH_OUTPUTS_H

#include <stdbool.h>
#include <stdio.h>

#include "user/options.h"
#include "user/pieces.h"

struct outputs {
	struct pieces *pieces; /* of a capture that is split; NULL: it isn't */
	int capture_fd;	       /* -o, or an unnamed file that is read once at the end; -1: none */
	int csv_fd;	       /* the directory; -1: none */
	FILE *files[OUTPUT_FILES];			 /* NULL: none */
	bool made_capture, made_csv, made[OUTPUT_FILES]; /* it did not exist before */
};

/*
 * spool: a capture is needed even without -o; read_fd: the capture that is read,
 * which no output may be, or -1. 0, or negative errno after one line.
 */
int outputs_open(struct outputs *outputs, const struct options *options, bool spool, int read_fd);

/* Empties what --force will overwrite; until then nothing that existed is touched. */
int outputs_commit(const struct outputs *outputs, const struct options *options);

/* Instead of outputs_commit: removes what outputs_open made. outputs_close is still due. */
void outputs_abandon(const struct outputs *outputs, const struct options *options);

/* Makes what is open at fd that of the user whose the run is; what: its name in a message. */
void outputs_give_to_user(int fd, const char *what);

/* An unnamed file for reading and writing. Negative errno after one line. */
int outputs_spool(void);

/* The next file of a capture that is split. Negative errno after one line. */
int outputs_next_piece(const struct outputs *outputs);

/*
 * What is open is what is needed: gives up all rights (privilege_give_up), and
 * goes behind a fence in which only these outputs can be made and removed.
 * 0 or negative errno.
 */
int outputs_shut_in(const struct outputs *outputs, const struct options *options);

/* Closes all that is open; 0, or a negative errno after a line for each failed write. */
int outputs_close(struct outputs *outputs, const struct options *options);

#endif
