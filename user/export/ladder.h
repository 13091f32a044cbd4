/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Draws the ladder of one connection, whole or shortened. */
#ifndef TCPWATCH_EXPORT_LADDER_H
#define TCPWATCH_EXPORT_LADDER_H

#include "user/export/text.h"

/*
 * Draws the max_rows rows that matter most, and says how many are left out; 0: all.
 * Times are relative to the connection's first SYN, or to its first event.
 */
void ladder_draw(const struct view *view, const struct connection *connection, int max_rows);

#endif
