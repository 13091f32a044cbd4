/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes of a command to lines. A carriage return begins the line anew, as
 * progress bars mean it; control sequences (ECMA-48) are passed over.
 */
#include "user/export/frame_pane.h"

#include <stdbool.h>
#include <string.h>

#define ESCAPE '\033'
#define BELL '\a'

static char *current(struct pane *pane)
{
	return pane->line[(pane->count - 1) % PANE_LINES];
}

static void begin_line(struct pane *pane)
{
	pane->count++;
	pane->used = 0;
	memset(current(pane), 0, PANE_LINE_SIZE);
}

static void put(struct pane *pane, char byte)
{
	if (pane->before == '\r') {
		pane->used = 0;
		memset(current(pane), 0, PANE_LINE_SIZE);
	}
	if (byte == '\t')
		byte = ' ';
	if (byte == '\b')
		pane->used -= pane->used > 0;
	else if (pane->used < PANE_LINE_SIZE - 1)
		current(pane)[pane->used++] = byte;
}

static void take_text(struct pane *pane, char byte)
{
	if (byte == ESCAPE) {
		pane->within = PANE_ESCAPE;
		return;
	}
	if (byte == '\n')
		begin_line(pane);
	else if (byte != '\r' && byte != BELL)
		put(pane, byte);
	pane->before = byte;
}

static void take_escape(struct pane *pane, char byte)
{
	if (byte == '[')
		pane->within = PANE_CSI;
	else if (byte && strchr("]PX^_", byte))
		pane->within = PANE_STRING;
	else if (byte < 0x20 || byte > 0x2f)
		pane->within = PANE_TEXT;
}

/* A newline ends every sequence: one that is broken must not swallow what follows. */
static void take(struct pane *pane, char byte)
{
	if (byte == '\n')
		pane->within = PANE_TEXT;
	switch (pane->within) {
	case PANE_TEXT:
		take_text(pane, byte);
		break;
	case PANE_ESCAPE:
		take_escape(pane, byte);
		break;
	case PANE_CSI:
		if (byte >= 0x40 && byte <= 0x7e)
			pane->within = PANE_TEXT;
		break;
	case PANE_STRING:
		if (byte == BELL)
			pane->within = PANE_TEXT;
		else if (byte == ESCAPE)
			pane->within = PANE_ESCAPE;
		break;
	}
}

void pane_add(struct pane *pane, const char *bytes, size_t length)
{
	if (!pane->count)
		begin_line(pane);
	for (size_t i = 0; i < length; i++)
		take(pane, bytes[i]);
}

int pane_lines(const struct pane *pane)
{
	uint64_t lines = pane->count;
	bool full = lines > PANE_LINES;

	if (full)
		lines = PANE_LINES;
	return (int)lines - (lines > 0 && !pane->used);
}

const char *pane_line(const struct pane *pane, int index)
{
	uint64_t first = pane->count > PANE_LINES ? pane->count - PANE_LINES : 0;

	return pane->line[(first + (uint64_t)index) % PANE_LINES];
}
