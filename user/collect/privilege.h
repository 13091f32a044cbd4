/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who may trace; and whose a run is: the command runs as that user, the files
 * are that user's, and tcpwatch is no more than that user once it can be.
 */
#ifndef TCPWATCH_COLLECT_PRIVILEGE_H
#define TCPWATCH_COLLECT_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * 0 when this process has CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN) in
 * effect, else -EPERM. Says nothing.
 */
int privilege_check(void);

/*
 * Whose the run is, for all that follows: the user called name (or with that
 * number); NULL: for root under sudo who called it (SUDO_UID, SUDO_GID), else
 * who this process is. 0, or a negative errno after one line: there is no such
 * user, this process can't become another one, or a variable is malformed:
 * better no command than one as root by mistake.
 */
int privilege_choose(const char *name);

/* Becomes that user, with all of its groups, for good. 0 or negative errno. */
int privilege_become(void);

/*
 * The same, and gives up every capability, and the way to get one by executing
 * a program (no_new_privs). 0 or negative errno.
 */
int privilege_give_up(void);

/*
 * Before that: on a busy machine who reads the ring must not wait behind all others for a
 * processor, or records are lost. nice -10, unless somebody chose another niceness.
 */
void privilege_go_first(void);

/* As before; for what can wait. */
void privilege_go_along(void);

/* Makes what is open at fd that user's. 0 or negative errno. */
int privilege_give(int fd);

/* A file of this user is root's, one's own, or that user's: not a stranger's. */
bool privilege_trusts(uid_t uid);

/* 0 when files can be made in this directory after privilege_give_up, else a negative errno. */
int privilege_may_write(int directory_fd);

#endif
