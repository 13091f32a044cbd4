/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every file here stands on: kernel types, libbpf's helpers, the records,
 * and the constants of the kernel's ABI that are macros, and so not in its
 * BTF. Only values that are the same on all architectures that are built for.
 */
#ifndef TCPWATCH_KERNEL_BPF_H
#define TCPWATCH_KERNEL_BPF_H

#include "vmlinux.h"

#ifdef __TARGET_ARCH_arm64
/* arch/arm64/include/uapi/asm/ptrace.h: where libbpf finds a call's arguments. */
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
} __attribute__((preserve_access_index));
#endif

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/record.h"

/*
 * Not static: the verifier then checks the function once, with any arguments,
 * not again in each state of each caller. Its arguments are numbers or memory,
 * which may be NULL; a socket is handed over as an address. Returns an int.
 */
#define VERIFIED_ONCE __noinline

/* The verifier doesn't take a pointer for a number, unless it comes out of memory. */
static __u64 address_of(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

/* include/linux/socket.h */
#define MSG_DONTWAIT 0x40
#define SCM_RIGHTS 1
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

/* include/uapi/asm-generic/socket.h */
#define SOL_SOCKET 1
#define SO_REUSEADDR 2
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_LINGER 13
#define SO_SNDBUFFORCE 32
#define SO_RCVBUFFORCE 33

/* include/uapi/linux/tcp.h */
#define TCP_NODELAY 1
#define TCP_NOTSENT_LOWAT 25

/* include/uapi/linux/stat.h */
#define S_IFMT 00170000
#define S_IFSOCK 0140000

/* include/uapi/asm-generic/signal-defs.h */
#define SA_RESTART 0x10000000

/* include/uapi/linux/if_ether.h */
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd

/* include/uapi/linux/in6.h */
#define IPPROTO_ICMPV6 58

/* include/net/flow.h */
#define LOOPBACK_IFINDEX 1

/* include/linux/sched.h */
#define PF_EXITING 0x00000004
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD 0x00200000
#define TASK_INTERRUPTIBLE 0x00000001
#define TASK_UNINTERRUPTIBLE 0x00000002

/* include/linux/errno.h: results that a program never sees */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516
#define EINTR 4
#define EAGAIN 11
#define ENOSYS 38

#endif
