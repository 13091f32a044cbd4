/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Network namespaces as /proc shows them, each once by its inode number. Its
 * own needs no right to enter; the others need CAP_SYS_ADMIN.
 */
#include "user/collect/namespaces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_NAMESPACE "/proc/self/ns/net"

struct seen {
	ino_t *inodes;
	size_t count, room;
};

static bool was_seen(const struct seen *seen, ino_t inode)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->inodes[i] == inode)
			return true;
	return false;
}

static int see(struct seen *seen, ino_t inode)
{
	if (seen->count == seen->room) {
		size_t room = seen->room ? 2 * seen->room : 16;
		ino_t *inodes = realloc(seen->inodes, room * sizeof(*inodes));

		if (!inodes)
			return -ENOMEM;
		seen->inodes = inodes;
		seen->room = room;
	}
	seen->inodes[seen->count++] = inode;
	return 0;
}

static int visit_open(struct namespace_visit *visit, int fd)
{
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		visit->refused++;
		return 0;
	}
	visit->entered++;
	return visit->there(visit->context);
}

/* A process that is ending has no namespace any more: another one may be in the same. */
static int visit_once(struct namespace_visit *visit, struct seen *seen, const char *path)
{
	struct stat status;
	int fd, err;

	if (stat(path, &status) || was_seen(seen, status.st_ino))
		return 0;
	if (!visit->wanted(visit->context, (uint32_t)status.st_ino))
		return see(seen, status.st_ino);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ESRCH))
		return 0;
	err = see(seen, status.st_ino);
	if (!err)
		err = visit_open(visit, fd);
	if (fd >= 0)
		close(fd);
	return err;
}

static int visit_own(struct namespace_visit *visit, struct seen *seen)
{
	struct stat status;
	int err;

	if (stat(OWN_NAMESPACE, &status))
		return -errno;
	err = see(seen, status.st_ino);
	if (err || !visit->wanted(visit->context, (uint32_t)status.st_ino))
		return err;
	return visit->there(visit->context);
}

static int visit_others(struct namespace_visit *visit, struct seen *seen)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	char path[300];
	int err = 0;

	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		err = visit_once(visit, seen, path);
	}
	closedir(directory);
	return err;
}

int namespaces_visit(struct namespace_visit *visit)
{
	int home = open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC), err;
	struct seen seen = { 0 };

	visit->refused = visit->entered = 0;
	if (home < 0)
		return -errno;
	err = visit_own(visit, &seen);
	if (!err)
		err = visit_others(visit, &seen);
	if (visit->entered && setns(home, CLONE_NEWNET))
		err = err ? err : -errno;
	close(home);
	free(seen.inodes);
	return err;
}
