/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which sockets are traced, as constants of the BPF program. */
#ifndef TCPWATCH_COLLECT_CHOICE_H
#define TCPWATCH_COLLECT_CHOICE_H

#include "bpf/tcpwatch.skel.h"
#include "user/base/filter.h"

/* Before the program is loaded. */
void choice_fill(struct tcpwatch_bpf__rodata *rodata, const struct filter *filter);

#endif
