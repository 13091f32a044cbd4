/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records of a socket call: what it was given, its entry, its return. */
#ifndef TCPWATCH_CALL_EMIT_BPF_H
#define TCPWATCH_CALL_EMIT_BPF_H

#include "bpf/argument.bpf.h"
#include "bpf/call_shape.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/other.bpf.h"
#include "bpf/task.bpf.h"

static void emit_address(const struct socket_call *call)
{
	struct user_address address = {};
	struct record_address *record;

	if (!user_address_read(&address, call_argument(call, 1)))
		return;
	/* Before the record of the entry, so that this knows where it leads. */
	record = emit_reserve_at(RECORD_ADDRESS, sizeof(*record), call->socket, call->enter_ns);
	if (!record)
		return;
	user_address_copy(record->address, &address);
	record->port = bpf_ntohs(address.port);
	record->family = address.family;
	record->tgid = current_tgid();
	record->tid = current_tid();
	record->call = call->kind;
	emit_submit(record);
}

static void emit_call_enter(const struct socket_call *call, __u32 tgid, __u32 tid)
{
	struct record_call_enter *record;

	record = emit_reserve_at(RECORD_CALL_ENTER, sizeof(*record), call->socket, call->enter_ns);
	if (!record)
		return;
	record->asked = call->asked;
	record->tgid = tgid;
	record->tid = tid;
	record->fd = call->fd;
	record->flags = call->flags;
	record->call = call->kind;
	record->found = call->found;
	emit_submit(record);
}

VERIFIED_ONCE int emit_call(const struct socket_call *call, long result, __u32 other,
			    bool unfinished)
{
	const struct call_shape *shape;
	struct record_call *record;

	if (!call)
		return 0;
	/* Of what close() leaves behind it was told when that began. */
	if (call->other && call->kind != CALL_CLOSE && !unfinished)
		emit_other(call->sk, call->socket, call->kind, false);
	shape = shape_of(call->kind);
	record = emit_reserve(RECORD_CALL, sizeof(*record), call->socket);
	if (!record)
		return 0;
	record->enter_ns = call->enter_ns;
	record->asked = call->asked;
	record->bytes = call->bytes;
	/* splice() out tells no length on its way; nor does anything before 6.3. */
	if (!record->bytes && shape->moves && result > 0)
		record->bytes = result;
	record->result = result;
	record->fd = call->fd;
	record->tgid = current_tgid();
	record->tid = current_tid();
	record->flags = call->flags;
	record->other = other;
	record->call = call->kind;
	record->restarts = call->restarts;
	record->unfinished = unfinished;
	record->found = call->found;
	emit_submit(record);
	return 0;
}

#endif
