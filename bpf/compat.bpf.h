/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every difference between kernels from 6.1 on, one accessor each, with the
 * release that made it. Differences in the arguments of a tracepoint are not
 * here: those hooks have variants (NAME__a2, NAME__a3), and the collector
 * loads the one that the running kernel's BTF fits.
 */
#ifndef TCPWATCH_COMPAT_BPF_H
#define TCPWATCH_COMPAT_BPF_H

#include "bpf/kernel.bpf.h"
#include "bpf/tuple.bpf.h"

#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h */

struct thread_info___x86 {
	__u32 status;
} __attribute__((preserve_access_index));

/* A 32-bit call has other numbers and other structures: it is not decoded. */
static bool compat_is_32bit_call(struct task_struct *task)
{
	struct thread_info___x86 *info = (void *)&task->thread_info;

	if (!bpf_core_field_exists(info->status))
		return false;
	return BPF_CORE_READ(info, status) & TS_COMPAT;
}

/*
 * Before 6.12 a child's tuple is not set yet at LISTEN -> SYN_RECV: its
 * remote port is 0 there.
 */
static bool compat_tuple_readable(const struct tuple *tuple)
{
	return tuple->local_port && tuple->remote_port;
}

#endif
