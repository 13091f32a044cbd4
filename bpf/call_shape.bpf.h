/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the arguments of each call stand, and what kind of call it is. */
#ifndef TCPWATCH_CALL_SHAPE_BPF_H
#define TCPWATCH_CALL_SHAPE_BPF_H

#include "bpf/kernel.bpf.h"
#include "bpf/task.bpf.h"

/* Numbers of arguments, NO_ARGUMENT: none. */
struct call_shape {
	__u8 fd;
	__u8 asked;
	__u8 flags;
	bool blocks; /* may sleep on the socket */
	bool moves;  /* its result counts bytes */
};

#define NONE NO_ARGUMENT

/* A power of two: the verifier of 6.1 follows a mask where it loses a comparison. */
#define CALL_SHAPES 32
_Static_assert(CALL_KINDS <= CALL_SHAPES, "a shape for each call");

static const struct call_shape call_shapes[CALL_SHAPES] = {
	[CALL_NONE] = { NONE, NONE, NONE, false, false },
	[CALL_SOCKET] = { NONE, NONE, 1, false, false },
	[CALL_SOCKETPAIR] = { NONE, NONE, 1, false, false },
	[CALL_BIND] = { 0, NONE, NONE, false, false },
	[CALL_LISTEN] = { 0, NONE, 1, false, false },
	[CALL_ACCEPT] = { 0, NONE, NONE, true, false },
	[CALL_ACCEPT4] = { 0, NONE, 3, true, false },
	[CALL_CONNECT] = { 0, NONE, NONE, true, false },
	[CALL_SHUTDOWN] = { 0, NONE, 1, false, false },
	[CALL_CLOSE] = { 0, NONE, NONE, false, false },
	[CALL_SETSOCKOPT] = { 0, NONE, NONE, false, false },
	[CALL_WRITE] = { 0, 2, NONE, true, true },
	[CALL_WRITEV] = { 0, NONE, NONE, true, true },
	[CALL_SEND] = { 0, 2, 3, true, true },
	[CALL_SENDTO] = { 0, 2, 3, true, true },
	[CALL_SENDMSG] = { 0, NONE, 2, true, true },
	[CALL_SENDMMSG] = { 0, NONE, 3, true, false },
	[CALL_SENDFILE] = { 0, 3, NONE, true, true },
	[CALL_SPLICE_IN] = { 2, 4, NONE, true, true },
	[CALL_READ] = { 0, 2, NONE, true, true },
	[CALL_READV] = { 0, NONE, NONE, true, true },
	[CALL_RECV] = { 0, 2, 3, true, true },
	[CALL_RECVFROM] = { 0, 2, 3, true, true },
	[CALL_RECVMSG] = { 0, NONE, 2, true, true },
	[CALL_RECVMMSG] = { 0, NONE, 3, true, false },
	[CALL_SPLICE_OUT] = { 0, 4, NONE, true, true },
	[CALL_URING_SEND] = { NONE, NONE, NONE, true, true },
	[CALL_URING_RECV] = { NONE, NONE, NONE, true, true },
};

static const struct call_shape *shape_of(__u8 kind)
{
	return &call_shapes[kind & (CALL_SHAPES - 1)];
}

static __u64 call_argument(const struct socket_call *call, __u8 number)
{
	return call->arguments[number % CALL_ARGUMENTS];
}

#endif
