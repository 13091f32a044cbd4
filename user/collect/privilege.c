/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Capabilities by the bare system call, so that no library is needed; and the
 * way from root to the user who called sudo. Refuses to guess: what it can't
 * read as a user number is an error.
 */
#include "user/collect/privilege.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool has_capability(const struct __user_cap_data_struct *data, int capability)
{
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

int privilege_check(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data))
		return -errno;
	if (has_capability(data, CAP_SYS_ADMIN))
		return 0;
	if (has_capability(data, CAP_BPF) && has_capability(data, CAP_PERFMON))
		return 0;
	return -EPERM;
}

static int parse_number(const char *text, unsigned int *number)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value >= UINT_MAX)
		return -EINVAL;
	*number = value;
	return 0;
}

static int become(uid_t uid, gid_t gid)
{
	const struct passwd *user = getpwuid(uid);

	if (user ? initgroups(user->pw_name, gid) : setgroups(1, &gid))
		return -errno;
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

int privilege_become_invoker(void)
{
	const char *uid_text = getenv("SUDO_UID"), *gid_text = getenv("SUDO_GID");
	unsigned int uid, gid;

	if (geteuid() != 0 || !uid_text || !gid_text)
		return 0;
	if (parse_number(uid_text, &uid) || parse_number(gid_text, &gid))
		return -EINVAL;
	return uid ? become(uid, gid) : 0;
}
