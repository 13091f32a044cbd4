/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock that records have. */
#ifndef TCPWATCH_COLLECT_CLOCK_H
#define TCPWATCH_COLLECT_CLOCK_H

#include <stdint.h>

/*
 * CLOCK_MONOTONIC as the kernel has it for itself, in nanoseconds: in a time
 * namespace (time_namespaces(7)) a process reads another one.
 */
uint64_t clock_kernel_ns(void);

#endif
