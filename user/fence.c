/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Landlock by its bare system calls. The numbers stand here, for the headers
 * that a distribution builds with are older than the kernels that it runs on.
 * Every right that is known here is denied as soon as the kernel knows it too.
 */
#include "user/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/landlock.h of Linux 6.12 */
#define FS_TRUNCATE (1ULL << 14)  /* from ABI 3 on */
#define FS_IOCTL_DEV (1ULL << 15) /* from 5 on */
#define NET_ALL 3ULL		  /* bind and connect; from 4 on */
#define SCOPE_UNIX 1ULL		  /* abstract sockets; from 6 on */

#define FILES                                                           \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE)
#define REMOVAL (LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define DEVICE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_IOCTL_DEV)

struct ruleset {
	uint64_t handled_fs, handled_net, scoped;
};

/* The highest right of the file system that an ABI knows is the bit of this number. */
static uint64_t known_fs(int abi)
{
	static const int highest[] = { 0, 12, 13, 14, 14, 15 };
	int last = (int)(sizeof(highest) / sizeof(highest[0])) - 1;

	return (2ULL << highest[abi < last ? abi : last]) - 1;
}

/* A failure denies more than it should, never less. */
static void let(const struct fence *fence, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights & known_fs(fence->abi),
		.parent_fd = fd,
	};

	if (fence->fd >= 0)
		syscall(SYS_landlock_add_rule, fence->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static void let_path(const struct fence *fence, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	let(fence, fd, rights);
	close(fd);
}

void fence_open(struct fence *fence)
{
	struct ruleset all = { 0 };
	size_t size = sizeof(all);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	*fence = (struct fence){ .fd = -1 };
	if (abi <= 0)
		return;
	all.handled_fs = known_fs((int)abi);
	if (abi >= 4)
		all.handled_net = NET_ALL;
	else
		size = sizeof(all.handled_fs);
	if (abi >= 6)
		all.scoped = SCOPE_UNIX;
	fence->abi = (int)abi;
	fence->fd = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
#ifdef SANITIZED
	/* The leak checker reads there when the process ends. */
	let_path(fence, "/proc", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);
#endif
}

void fence_let_files(const struct fence *fence, int directory_fd)
{
	let(fence, directory_fd, FILES);
}

void fence_let_removal(const struct fence *fence, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");

	if (directory)
		let_path(fence, directory, REMOVAL);
	free(directory);
}

void fence_let_temporary(const struct fence *fence)
{
	let_path(fence, P_tmpdir, FILES);
}

void fence_let_terminal(const struct fence *fence)
{
	let_path(fence, "/dev/tty", DEVICE);
}

int fence_close(struct fence *fence)
{
	int err = 0;

	if (fence->fd < 0)
		return 0;
	if (syscall(SYS_landlock_restrict_self, fence->fd, 0))
		err = -errno;
	close(fence->fd);
	fence->fd = -1;
	return err;
}
