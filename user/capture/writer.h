/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes a capture file (.tcpw): whole chunks, appended, each with its CRC.
 * The caller ignores SIGXFSZ and SIGPIPE, which would end the program before
 * an error can be returned.
 */
#ifndef TCPWATCH_CAPTURE_WRITER_H
#define TCPWATCH_CAPTURE_WRITER_H

#include <stdint.h>

#include "bpf/record.h"
#include "user/capture/capture.h"

struct writer;

/*
 * Takes over fd, an empty file open for writing, and writes the header.
 * Returns 0 or a negative errno; *writer is NULL on error, fd is then closed.
 * A pipe or a file that is not empty will do, but can't be cut back.
 */
int writer_open(struct writer **writer, int fd, const struct capture_info *info);

/*
 * Appends one record; writes a chunk when 256 KiB are full. The first failed
 * write (disk full, file size limit) is returned once, as a negative errno;
 * the file is cut back to its last whole chunk, and later calls do nothing
 * and return 0. -EINVAL: a record without a possible size or time; it is not
 * written, because the reader would take its chunk for damaged.
 */
int writer_add(struct writer *writer, const struct record_header *record);

/* Writes what waits for 190 ms or longer at now_ns (CLOCK_MONOTONIC). As writer_add. */
int writer_tick(struct writer *writer, uint64_t now_ns);

/*
 * Writes what waits and the closing chunk that marks the capture complete; once,
 * and not after an earlier failure.
 */
int writer_end(struct writer *writer, int command_status);

/* Before writer_end: the closing chunk will say that the run goes on in another file. */
void writer_goes_on(struct writer *writer);

/* The size of the file if it were ended now. */
uint64_t writer_bytes(const struct writer *writer);

/* What the file holds so far, as a reader will find it; cut_bytes aside. */
const struct capture_end *writer_written(const struct writer *writer);

/* As writer_end; then closes the file and frees the writer. Accepts NULL. */
int writer_close(struct writer *writer, int command_status);

#endif
