/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --pcapng: the segments as packets for Wireshark and tcpdump. Headers only:
 * payload is never captured, so none can be written.
 */
#ifndef TCPWATCH_EXPORT_PCAPNG_H
#define TCPWATCH_EXPORT_PCAPNG_H

#include "user/export/export.h"

/* Each segment once: where it left, or where it arrived when its sender is not traced. */
extern const struct export export_pcapng;

#endif
