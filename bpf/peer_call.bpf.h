/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of processes that are not followed, on the other end of a followed
 * socket (--peers). The first one tells whose socket it is.
 */
#ifndef TCPWATCH_PEER_CALL_BPF_H
#define TCPWATCH_PEER_CALL_BPF_H

#include "bpf/descriptor.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/peer.bpf.h"
#include "bpf/sock.bpf.h"

static bool peer_is_behind(int fd)
{
	struct known_socket *known;
	__u64 inode = 0, address = socket_behind(current_table(), fd, &inode);

	known = address ? known_at(address, inode) : NULL;
	if (!known || known->identity.origin != ORIGIN_PEER)
		return false;
	if (!known->identity.owner_tgid)
		known_tell(address);
	return true;
}

/* What the current task, which is not followed, calls on a peer is kept here; NULL: it does not. */
static struct tracked_task *peer_task(struct pt_regs *regs, __u8 kind)
{
	if (kind == CALL_SOCKET || kind == CALL_SOCKETPAIR)
		return NULL;
	if (!peer_is_behind(PT_REGS_PARM1_SYSCALL(regs)) &&
	    !(kind == CALL_SPLICE_IN && peer_is_behind(PT_REGS_PARM3_SYSCALL(regs))))
		return NULL;
	return peer_task_meet();
}

#endif
