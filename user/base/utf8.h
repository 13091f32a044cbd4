/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing
 * above U+10FFFF. Foreign bytes go through here before they reach a screen.
 */
#ifndef TCPWATCH_BASE_UTF8_H
#define TCPWATCH_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at text, of which available are readable; 0: not valid UTF-8. */
int utf8_decode(const char *text, size_t available, uint32_t *code);

/*
 * Characters that steer a terminal or reorder text instead of being seen: C0,
 * DEL, C1, line and paragraph separators, and the controls of the
 * bidirectional algorithm (UAX #9).
 */
bool utf8_steers(uint32_t code);

#endif
