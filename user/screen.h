/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The terminal as a full screen with keys. Whatever ends or stops the program
 * (a signal, abort, Ctrl-Z), the terminal is given back as it was found; after
 * Ctrl-Z and fg the screen is drawn anew. Knows no frame and no model.
 */
#ifndef TCPWATCH_SCREEN_H
#define TCPWATCH_SCREEN_H

#include <stdbool.h>

struct screen;

/*
 * Why a full screen of that size isn't possible here, in a few words; NULL: it
 * is. Standard input and standard error must be the terminal.
 */
const char *screen_refuses(int columns_min, int rows_min);

/*
 * Takes the terminal, and keeps aside what is written to standard error until
 * screen_close. There can be one screen. 0 or negative errno.
 */
int screen_open(struct screen **screen);

/* Gives the terminal back, and writes what was kept aside. Accepts NULL. */
void screen_close(struct screen *screen);

/* Readable when a key waits; for poll and epoll. */
int screen_fd(const struct screen *screen);

/* The next key (a character, or enum frame_key); -1: none waits. */
int screen_key(struct screen *screen);

/* The size of now. True: it has changed, or everything must be drawn anew. */
bool screen_look(struct screen *screen, int *columns, int *rows);

/*
 * Shows a frame (lines separated by newlines): writes only what changed, with
 * one write(2), and never waits for a slow terminal: then the frame is dropped,
 * and false returned.
 */
bool screen_show(struct screen *screen, const char *frame);

#endif
