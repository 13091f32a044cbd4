/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The text of single events, as the view "events" shows them; one line, not wrapped. */
#ifndef TCPWATCH_EXPORT_EVENTS_H
#define TCPWATCH_EXPORT_EVENTS_H

#include "user/export/text.h"

/* event_call.c: "connect(3, 127.0.0.1:12345) = 0 <106 us>" */
void event_call(const struct call *call, char *text, size_t size);

#endif
