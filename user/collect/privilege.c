/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Capabilities by the bare system call, so that no library is needed; and the
 * way from root to the user whose the run is. Refuses to guess: what it can't
 * read as a user is an error.
 */
#include "user/collect/privilege.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/log.h"

#define FIRST_NICE (-10)

/* The user that tcpwatch becomes; other: it is not already. */
struct chosen {
	bool other;
	unsigned int uid, gid;
};

static struct chosen chosen;
static bool goes_first;

static bool has_in_effect(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	return !syscall(SYS_capget, &header, data) &&
	       data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

int privilege_check(void)
{
	if (has_in_effect(CAP_SYS_ADMIN) || (has_in_effect(CAP_BPF) && has_in_effect(CAP_PERFMON)))
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

/* NAME, or a number, as the system's list of users has it. */
static const struct passwd *find_user(const char *name)
{
	const struct passwd *user = getpwnam(name);
	unsigned int uid;

	if (!user && !parse_number(name, &uid))
		user = getpwuid(uid);
	return user;
}

static int choose_named(const char *name)
{
	const struct passwd *user = find_user(name);

	if (!user) {
		log_error("--user %s: there is no such user", name);
		return -EINVAL;
	}
	if (user->pw_uid == geteuid())
		return 0;
	if (!has_in_effect(CAP_SETUID) || !has_in_effect(CAP_SETGID)) {
		log_error("--user %s: only root can run a command as another user: try sudo", name);
		return -EPERM;
	}
	chosen = (struct chosen){ true, user->pw_uid, user->pw_gid };
	return 0;
}

int privilege_choose(const char *name)
{
	const char *uid = getenv("SUDO_UID"), *gid = getenv("SUDO_GID");

	if (name)
		return choose_named(name);
	if (geteuid() || !uid || !gid)
		return 0;
	if (parse_number(uid, &chosen.uid) || parse_number(gid, &chosen.gid)) {
		log_error("SUDO_UID=%s SUDO_GID=%s: these are no numbers; unset both to go on as "
			  "root",
			  uid, gid);
		return -EINVAL;
	}
	chosen.other = chosen.uid;
	return 0;
}

int privilege_become(void)
{
	const struct passwd *user;
	gid_t gid = chosen.gid;
	uid_t uid = chosen.uid;

	if (!chosen.other)
		return 0;
	user = getpwuid(uid);
	if (user ? initgroups(user->pw_name, gid) : setgroups(1, &gid))
		return -errno;
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

void privilege_go_first(void)
{
	if (!getpriority(PRIO_PROCESS, 0))
		goes_first = !setpriority(PRIO_PROCESS, 0, FIRST_NICE);
}

void privilege_go_along(void)
{
	if (goes_first)
		setpriority(PRIO_PROCESS, 0, 0);
	goes_first = false;
}

int privilege_give(int fd)
{
	return chosen.other && fchown(fd, chosen.uid, chosen.gid) ? -errno : 0;
}

bool privilege_trusts(uid_t uid)
{
	return !uid || uid == geteuid() || (chosen.other && uid == chosen.uid);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};

	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

int privilege_give_up(void)
{
	int err = privilege_become();

	if (!err)
		err = drop_capabilities();
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	return err;
}

/* In a process of its own, which is for good what this one will be. */
static int try_to_write(int directory_fd)
{
	int err = privilege_give_up();

	return !err && faccessat(directory_fd, ".", W_OK | X_OK, 0) ? -errno : err;
}

int privilege_may_write(int directory_fd)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(-try_to_write(directory_fd));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}
