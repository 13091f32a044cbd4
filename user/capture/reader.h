/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a capture file. Believes nothing: every length, count and checksum is
 * checked against what is really there; never more than one chunk in memory.
 */
#ifndef TCPWATCH_CAPTURE_READER_H
#define TCPWATCH_CAPTURE_READER_H

#include <stddef.h>

#include "user/capture/capture.h"
#include "user/capture/decode.h"

struct reader;

/*
 * Takes over fd, open for reading at its start, and reads header and info.
 * Returns 0 or a negative errno: -ENOMSG not a capture, -EPROTO a version
 * that this program doesn't know, -EILSEQ damaged by a text-mode transfer,
 * -EBADMSG header or info damaged or missing, -ENODATA empty file, -ENOTSUP a
 * big-endian machine, or one of read(2). fd is closed on error.
 */
int reader_open(struct reader **reader, int fd);

const struct capture_info *reader_info(const struct reader *reader);

/*
 * The next record, decoded, in the order of the file; *record stays valid
 * until the next call. Returns 1, 0 at the end, or a negative errno of read(2).
 * A damaged or unfinished chunk, or a second INFO, ends the file: see reader_end.
 * Kinds that this program doesn't know are passed over.
 */
int reader_next(struct reader *reader, const union record **record);

/* Valid after reader_next returned 0. */
const struct capture_end *reader_end(const struct reader *reader);

/* One line that explains an error of reader_open. */
const char *reader_strerror(int error);

/* Accepts NULL. */
void reader_close(struct reader *reader);

#endif
