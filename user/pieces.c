/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names are looked up in a directory that stays open, so that a run of days is
 * not led elsewhere. A file is removed only while it is the one that was made.
 */
#include "user/pieces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/log.h"

#define SUFFIX ".tcpw"
#define NUMBER_SIZE 16 /* ".0001" and more */

/* A file that was made, and what it was; ino 0: none. */
struct made {
	uint32_t number;
	dev_t dev;
	ino_t ino;
};

struct pieces {
	int directory_fd;
	bool force;
	uint32_t number, keep;
	char *stem;	    /* "dir/run": the path without its suffix */
	const char *name;   /* "run", in stem */
	const char *suffix; /* ".tcpw", or "" */
	char *path;	    /* of the last one made */
	size_t path_size;
	struct made *made; /* those that are kept, by number % keep */
};

static void name_of(const struct pieces *pieces, const char *stem, uint32_t number, char *text,
		    size_t size)
{
	snprintf(text, size, "%s.%04u%s", stem, number, pieces->suffix);
}

static int split_path(struct pieces *pieces, const char *path)
{
	size_t length = strlen(path), suffix = strlen(SUFFIX);
	char *slash;

	pieces->suffix = "";
	if (length > suffix && !strcmp(path + length - suffix, SUFFIX) &&
	    path[length - suffix - 1] != '/') {
		pieces->suffix = SUFFIX;
		length -= suffix;
	}
	pieces->stem = strndup(path, length);
	pieces->path_size = length + NUMBER_SIZE + suffix;
	pieces->path = calloc(1, pieces->path_size);
	if (!pieces->stem || !pieces->path)
		return -ENOMEM;
	slash = strrchr(pieces->stem, '/');
	pieces->name = slash ? slash + 1 : pieces->stem;
	if (pieces->name[0])
		return 0;
	log_error("-o %s: that is a directory; name a file in it", path);
	return -EINVAL;
}

/* "run.0007.tcpw", and not "run.7.tcpw" or "run.tcpw". */
static bool is_piece(const struct pieces *pieces, const char *file)
{
	size_t length = strlen(pieces->name), digits;

	if (strncmp(file, pieces->name, length) || file[length] != '.')
		return false;
	digits = strspn(file + length + 1, "0123456789");
	return digits >= 4 && !strcmp(file + length + 1 + digits, pieces->suffix);
}

static int refuse_existing(const struct pieces *pieces)
{
	int fd = dup(pieces->directory_fd), err = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory)))
		if (is_piece(pieces, entry->d_name))
			err = -EEXIST;
	if (err)
		log_error("%.*s%s exists: choose another name, or overwrite it with --force",
			  (int)(pieces->name - pieces->stem), pieces->stem, entry->d_name);
	closedir(directory);
	return err;
}

int pieces_open(struct pieces **out, int directory_fd, const char *path, uint32_t keep, bool force)
{
	struct pieces *pieces = calloc(1, sizeof(*pieces));
	int err;

	*out = pieces;
	if (!pieces) {
		close(directory_fd);
		return -ENOMEM;
	}
	pieces->directory_fd = directory_fd;
	pieces->keep = keep;
	pieces->force = force;
	pieces->made = calloc(keep, sizeof(pieces->made[0]));
	err = pieces->made ? split_path(pieces, path) : -ENOMEM;
	if (!err && !force)
		err = refuse_existing(pieces);
	if (!err)
		return 0;
	pieces_close(pieces);
	*out = NULL;
	return err;
}

/* Gone already, or another one by now: then it is left alone. */
static void remove_made(const struct pieces *pieces, struct made *made)
{
	char *name = calloc(1, pieces->path_size);
	struct stat status;

	if (!name || !made->ino)
		goto out;
	name_of(pieces, pieces->name, made->number, name, pieces->path_size);
	if (!fstatat(pieces->directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) &&
	    status.st_dev == made->dev && status.st_ino == made->ino &&
	    unlinkat(pieces->directory_fd, name, 0))
		log_warning("can't remove %s: %s", name, strerror(errno));
	made->ino = 0;
out:
	free(name);
}

static int make(const struct pieces *pieces, const char *name)
{
	int how = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(pieces->directory_fd, name, how, 0644);
	struct stat status;

	if (fd >= 0 || errno != EEXIST || !pieces->force)
		return fd;
	if (!fstatat(pieces->directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) &&
	    S_ISREG(status.st_mode))
		unlinkat(pieces->directory_fd, name, 0);
	return openat(pieces->directory_fd, name, how, 0644);
}

static void note_made(struct pieces *pieces, int fd)
{
	struct made *made = &pieces->made[pieces->number % pieces->keep];
	struct stat status;

	remove_made(pieces, made);
	if (!fstat(fd, &status))
		*made = (struct made){ pieces->number, status.st_dev, status.st_ino };
}

/* A name that somebody else has taken meanwhile is passed over. */
int pieces_next(struct pieces *pieces)
{
	char *path = pieces->path, *name = path + (pieces->name - pieces->stem);
	int fd;

	do {
		name_of(pieces, pieces->stem, ++pieces->number, path, pieces->path_size);
		fd = make(pieces, name);
	} while (fd < 0 && errno == EEXIST);
	if (fd < 0) {
		fd = -errno;
		log_error("can't write %s: %s", path, strerror(errno));
		return fd;
	}
	note_made(pieces, fd);
	return fd;
}

int pieces_directory(const struct pieces *pieces)
{
	return pieces->directory_fd;
}

uint32_t pieces_number(const struct pieces *pieces)
{
	return pieces->number;
}

const char *pieces_path(const struct pieces *pieces)
{
	return pieces->path;
}

void pieces_abandon(struct pieces *pieces)
{
	remove_made(pieces, &pieces->made[pieces->number % pieces->keep]);
}

void pieces_close(struct pieces *pieces)
{
	if (!pieces)
		return;
	if (pieces->directory_fd >= 0)
		close(pieces->directory_fd);
	free(pieces->stem);
	free(pieces->path);
	free(pieces->made);
	free(pieces);
}
