/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --perfetto: trace-event JSON, which ui.perfetto.dev, speedscope and the
 * Firefox profiler open. Slices for calls, states and segments, counters for
 * queues, arrows from a segment's departure to its arrival, instants for moments.
 */
#ifndef TCPWATCH_EXPORT_PERFETTO_H
#define TCPWATCH_EXPORT_PERFETTO_H

#include "user/export/export.h"

/* Keeps an unnamed temporary file while it runs: the events are sorted at the end. */
extern const struct export export_perfetto;

#endif
