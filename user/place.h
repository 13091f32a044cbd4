/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way to a file that is to be written. In a directory that is shared with
 * others a name may lead anywhere: only root's symbolic links and one's own are
 * followed, and only what is one's own is opened again.
 */
#ifndef TCPWATCH_PLACE_H
#define TCPWATCH_PLACE_H

#include <limits.h>

struct place {
	int directory_fd;	 /* O_PATH */
	char name[NAME_MAX + 1]; /* in it, without a slash */
};

/*
 * Goes there, up to the last name, which may be a symbolic link or nothing.
 * place_close is due after 0. Else a negative errno after one line.
 */
int place_find(struct place *place, const char *path);

void place_close(struct place *place);

/*
 * 0 when what is open at fd is root's, one's own, or of the user whose the run
 * is, and has no other name; else -EPERM after one line.
 */
int place_check(int fd, const char *path);

/* One line that says why path can't be written. Returns -error. */
int place_complain(const char *path, int error);

#endif
