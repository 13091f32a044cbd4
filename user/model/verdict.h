/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One sentence for each connection: what happened to what its program sent. */
#ifndef TCPWATCH_MODEL_VERDICT_H
#define TCPWATCH_MODEL_VERDICT_H

#include <stddef.h>

#include "user/model/words.h"

struct connection;

/*
 * Writes the verdict as a few sentences separated by single blanks, UTF-8,
 * safe for a terminal, not wrapped. Returns text.
 */
char *verdict_text(const struct connection *connection, enum lang lang, char *text, size_t size);

#endif
