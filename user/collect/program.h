/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF program: which hooks this kernel has, loading, attaching, and the
 * ring that its records come through. Only this room knows libbpf.
 */
#ifndef TCPWATCH_COLLECT_PROGRAM_H
#define TCPWATCH_COLLECT_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/record.h"
#include "user/base/filter.h"
#include "user/capture/capture.h"

struct program;

enum detail {
	DETAIL_STATES,
	DETAIL_CALLS,
	DETAIL_FULL,
};

struct program_options {
	enum detail detail;
	bool coalesce;		     /* like calls in one record: bpf/run.bpf.h */
	uint64_t ring_bytes;	     /* a power of two and a multiple of the page size */
	bool verbose;		     /* libbpf's own words on standard error */
	bool attached;		     /* what is traced ran before */
	bool all;		     /* every task of the system */
	const struct filter *filter; /* which sockets */
};

/*
 * Loads and attaches. Fills info's hooks, one entry for each hook and the
 * fact that is unknown without it. Returns 0 or a negative errno after one
 * line on standard error that says what is missing and what to do: no rights
 * (root, or CAP_BPF and CAP_PERFMON), no BTF, kernel too old (before 6.1).
 */
int program_open(struct program **program, const struct program_options *options,
		 struct capture_info *info);

/*
 * Follows the task tgid and all that it forks, from now on, and marks the
 * sockets that it has open already. 0 or negative errno.
 */
int program_follow(struct program *program, pid_t tgid);

/*
 * Follows the processes pids with all their threads and descendants, or with a
 * count of 0 all of the system; and finds their sockets, the sockets that
 * nobody holds yet or any more, and the calls that they are asleep in. What
 * can't be found is said in a warning. 0 or negative errno after one line.
 */
int program_attach_to(struct program *program, const pid_t *pids, int count);

/* Tasks of the command that are alive now, threads included. */
long program_tasks(const struct program *program);

/* Readable when much waits in the ring; for epoll. */
int program_fd(const struct program *program);

/* Instead of a time, at the end: also what a processor seems to be writing still. */
#define PROGRAM_ALL UINT64_MAX

/*
 * Takes what waits in the ring. With now_ns (CLOCK_MONOTONIC; 0: no) the
 * processors hand over what they hold, and every record until then goes to out
 * in the order of time, then a RECORD_LOST for each kind of which some were lost
 * since the last call. A negative value from out stops it and is returned. Else
 * the number of records handed out.
 */
int program_drain(struct program *program, uint64_t now_ns,
		  int (*out)(void *context, const struct record_header *record), void *context);

/* What was taken from the ring and not handed out is so much that it had better be. */
bool program_holds_much(const struct program *program);

/* Detaches and unloads. Accepts NULL. */
void program_close(struct program *program);

#endif
