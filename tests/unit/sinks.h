/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A capture through the reader, the model and every output, each of which is
 * judged. Writes into memory and into a directory of its own below TMPDIR.
 */
#ifndef TCPWATCH_TESTS_SINKS_H
#define TCPWATCH_TESTS_SINKS_H

#define SINKS 12

/*
 * fd: a capture; it is closed. which: one output, from 1 to SINKS; 0: all. NULL
 * when all is well, or the capture was refused; else what is wrong with which
 * output, valid until the next call.
 */
const char *sinks_judge(int fd, unsigned int which);

/* Removes the directory. */
void sinks_close(void);

#endif
