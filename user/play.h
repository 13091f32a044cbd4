/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* -r FILE --play: a capture replayed slowly, moment by moment. */
#ifndef TCPWATCH_PLAY_H
#define TCPWATCH_PLAY_H

#include <stdint.h>

#include "user/capture/reader.h"
#include "user/options.h"

/*
 * Replays the capture at fd, which must be seekable and stays open, on the
 * terminal; or prints one line per moment on standard output where there is no
 * terminal. reader: the same capture, just opened. *zero_ns becomes the zero of
 * its time axis. 0 or negative errno, of which a line was said.
 */
int play_capture(struct reader *reader, int fd, const struct options *options, uint64_t *zero_ns);

#endif
