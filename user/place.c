/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Directory by directory, each held open, so that nobody can put a link in the
 * way meanwhile. What fs.protected_symlinks does, for every directory and with
 * every setting of it.
 */
#include "user/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/collect/privilege.h"

#define LINKS_MAX 40 /* path_resolution(7) */

struct way {
	int fd; /* the directory that was reached; -1: none */
	int links;
	char rest[2 * PATH_MAX]; /* from there on */
};

int place_complain(const char *path, int error)
{
	if (error == EEXIST)
		log_error("%s exists: choose another name, or overwrite it with --force", path);
	else if (error == ELOOP)
		log_error("%s is a symbolic link: name the file itself", path);
	else
		log_error("can't write %s: %s", path, strerror(error));
	return -error;
}

static int step_to(struct way *way, int fd)
{
	if (fd < 0)
		return -errno;
	if (way->fd >= 0)
		close(way->fd);
	way->fd = fd;
	return 0;
}

static int begin(struct way *way)
{
	const char *from = way->rest[0] == '/' ? "/" : ".";

	return way->fd >= 0 && from[0] == '.'
		       ? 0
		       : step_to(way, open(from, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* What a link says stands before the rest. */
static int follow(struct way *way, int link_fd)
{
	char target[2 * PATH_MAX];
	ssize_t length = readlinkat(link_fd, "", target, PATH_MAX);
	size_t rest = strlen(way->rest);

	if (length < 0)
		return -errno;
	if (++way->links > LINKS_MAX || (size_t)length + rest + 2 > sizeof(target))
		return -ELOOP;
	target[length] = '/';
	memcpy(target + length + 1, way->rest, rest + 1);
	memcpy(way->rest, target, (size_t)length + rest + 2);
	return begin(way);
}

static int enter(struct way *way, const char *name, const char *path)
{
	int fd = openat(way->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), err;
	struct stat status;

	if (fd < 0 || fstat(fd, &status)) {
		err = place_complain(path, errno);
	} else if (!S_ISLNK(status.st_mode)) {
		return step_to(way, fd);
	} else if (!privilege_trusts(status.st_uid)) {
		log_error("can't write %s: %s is another user's symbolic link", path, name);
		err = -EPERM;
	} else {
		err = follow(way, fd);
		if (err)
			place_complain(path, -err);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* The first name of the rest, which then is without it. */
static void take_name(struct way *way, char *name)
{
	char *from = way->rest + strspn(way->rest, "/");
	size_t length = strcspn(from, "/");

	memcpy(name, from, length);
	name[length] = '\0';
	memmove(way->rest, from + length, strlen(from + length) + 1);
}

static int walk(struct way *way, const char *path)
{
	char name[2 * PATH_MAX];
	int err = begin(way);

	if (err)
		return place_complain(path, -err);
	while (!err && way->rest[strspn(way->rest, "/")]) {
		take_name(way, name);
		err = enter(way, name, path);
	}
	return err;
}

/* "dir/csv/" is the name csv, and what stands before it is the way there. */
static int split(const char *path, struct place *place, struct way *way)
{
	size_t end = strlen(path), from;

	while (end > 1 && path[end - 1] == '/')
		end--;
	from = end;
	while (from && path[from - 1] != '/')
		from--;
	if (end - from >= sizeof(place->name) || from >= PATH_MAX)
		return place_complain(path, ENAMETOOLONG);
	memcpy(place->name, path + from, end - from);
	place->name[end - from] = '\0';
	memcpy(way->rest, path, from);
	way->rest[from] = '\0';
	return 0;
}

int place_find(struct place *place, const char *path)
{
	struct way way = { .fd = -1 };
	int err = split(path, place, &way);

	if (!err)
		err = walk(&way, path);
	place->directory_fd = way.fd;
	if (err)
		place_close(place);
	return err;
}

void place_close(struct place *place)
{
	if (place->directory_fd >= 0)
		close(place->directory_fd);
	place->directory_fd = -1;
}

int place_check(int fd, const char *path)
{
	struct stat status;

	if (fstat(fd, &status))
		return place_complain(path, errno);
	if (!privilege_trusts(status.st_uid))
		log_error("%s belongs to another user: choose another name", path);
	else if (S_ISREG(status.st_mode) && status.st_nlink > 1)
		log_error("%s has another name too (a hard link): choose another one", path);
	else
		return 0;
	return -EPERM;
}
