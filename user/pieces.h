/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files of a capture that is split: run.0001.tcpw, run.0002.tcpw ... beside
 * where run.tcpw would be. Makes the next one, removes the oldest beyond those
 * that are kept, and touches no file that it did not make. Knows no format.
 */
#ifndef TCPWATCH_PIECES_H
#define TCPWATCH_PIECES_H

#include <stdbool.h>
#include <stdint.h>

struct pieces;

/*
 * path: of the whole, as -o has it; directory_fd: open where that leads to, and
 * from now on the pieces'; keep: 1 or more. Refuses when a file of such a name
 * exists, but for force. 0, or negative errno after one line.
 */
int pieces_open(struct pieces **pieces, int directory_fd, const char *path, uint32_t keep,
		bool force);

/* The next file, empty, open for reading and writing; negative errno after one line. */
int pieces_next(struct pieces *pieces);

/* Where all of them are made; stays the pieces'. */
int pieces_directory(const struct pieces *pieces);

/* Number and path of the last one made; the text changes with the next one. */
uint32_t pieces_number(const struct pieces *pieces);
const char *pieces_path(const struct pieces *pieces);

/* Removes the last one made, when nothing came of the run. */
void pieces_abandon(struct pieces *pieces);

/* Accepts NULL. */
void pieces_close(struct pieces *pieces);

#endif
