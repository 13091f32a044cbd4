/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who may trace, and who the traced command is: under sudo it runs as the
 * user who called, not as root.
 */
#ifndef TCPWATCH_COLLECT_PRIVILEGE_H
#define TCPWATCH_COLLECT_PRIVILEGE_H

/*
 * 0 when this process has CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN) in
 * effect, else -EPERM. Says nothing.
 */
int privilege_check(void);

/*
 * Becomes the user who called sudo (SUDO_UID, SUDO_GID) with all of that
 * user's groups, for good. Does nothing, and returns 0, when the effective
 * user is not root, the variables are absent, or SUDO_UID is 0. A malformed
 * variable is -EINVAL: better no command than one as root by mistake.
 */
int privilege_become_invoker(void);

#endif
