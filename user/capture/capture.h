/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a capture says of itself: how, where and when it was made. Written
 * once at the start of the file, read back before the first record.
 */
#ifndef TCPWATCH_CAPTURE_H
#define TCPWATCH_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#define CAPTURE_HOOKS_MAX 64

/* One fact that tcpwatch can record, and whether this kernel's hook for it was on. */
struct capture_hook {
	char name[48]; /* tracepoint, or function */
	char fact[80]; /* what is not known without it */
	bool on;
	bool unasked;	    /* off because --detail leaves it out, not because of the kernel */
	char stand_in[128]; /* on: what tells it where that tracepoint is missing; else empty */
};

struct capture_info {
	char version[32];    /* of tcpwatch */
	char kernel[72];     /* uname -r */
	char machine[24];    /* uname -m */
	char host[72];	     /* uname -n */
	char boot_id[40];    /* /proc/sys/kernel/random/boot_id */
	char congestion[24]; /* net.ipv4.tcp_congestion_control */
	char command[1024];  /* words joined by blanks, as typed */
	char detail[24];     /* --detail, and whether --coalesce */
	char filter[512];    /* options that chose sockets, as given; empty: none did */
	uint64_t ring_bytes;
	uint64_t start_mono_ns; /* CLOCK_MONOTONIC when the hooks were on */
	uint64_t start_real_ns; /* CLOCK_REALTIME at the same moment */
	uint32_t command_tgid;	/* 0: no command was run */
	uint32_t peers;		/* 1: with the other ends of other processes */
	uint32_t piece;		/* --rotate: its number, from 1; 0: it is no piece of a run */
	uint64_t piece_mono_ns; /* where it begins; valid with piece */
	struct capture_hook hooks[CAPTURE_HOOKS_MAX];
	int hook_count;
};

/* How a capture ended, learnt at its end. */
struct capture_end {
	bool complete;	  /* the writer closed it */
	bool damaged;	  /* it ends at a chunk that is there, but not as it was written */
	uint64_t last_ns; /* time of the last whole record */
	uint64_t records;
	uint64_t cut_bytes; /* bytes behind the last whole chunk; 0 in a pipe when complete */
	bool goes_on;	    /* a piece: the run goes on in the next one */
	int command_status; /* as wait(2) gives it; valid when complete and a command ran */
};

/* The entry of a tracepoint; NULL: the capture doesn't speak of it, or info is NULL. */
const struct capture_hook *info_hook(const struct capture_info *info, const char *name);

#endif
