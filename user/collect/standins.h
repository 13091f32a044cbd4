/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is loaded instead of a tracepoint that a kernel lacks: bpf/standin.bpf.h. */
#ifndef TCPWATCH_COLLECT_STANDINS_H
#define TCPWATCH_COLLECT_STANDINS_H

#include <stddef.h>

struct bpf_object;
struct btf;

/*
 * Turns on the programs of object that stand for the hook of this name, when
 * this kernel has their functions and takes such programs, which is tried. Fills
 * text with "fexit tcp_sendmsg" or the like; empty: nothing stands for it here.
 */
void standins_turn_on(struct bpf_object *object, const struct btf *kernel_types, const char *hook,
		      char *text, size_t size);

#endif
