/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How much the maps of the BPF program hold: what the machine and the options ask for. */
#ifndef TCPWATCH_COLLECT_MAP_SIZES_H
#define TCPWATCH_COLLECT_MAP_SIZES_H

struct program_options;
struct tcpwatch_bpf;

/* Before the skeleton is loaded. 0, or negative errno. */
int map_sizes_set(struct tcpwatch_bpf *skeleton, const struct program_options *options);

#endif
