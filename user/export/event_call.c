/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One call as strace(1) would write it, with what strace doesn't know: how
 * much of its time it slept, and why. Sizes are exact.
 */
#include <string.h>
#include <sys/socket.h>

#include "user/base/fmt.h"
#include "user/export/events.h"
#include "user/model/names.h"

/* Text that grows; what doesn't fit is cut. */
struct line {
	char *text;
	size_t size, used;
};

static void append(struct line *line, const char *text)
{
	size_t length = strlen(text), room = line->size - line->used - 1;

	if (length > room)
		length = room;
	memcpy(line->text + line->used, text, length);
	line->used += length;
	line->text[line->used] = '\0';
}

static void append_count(struct line *line, uint64_t value)
{
	char text[FMT_SIZE];

	append(line, fmt_count(text, sizeof(text), value));
}

static void append_int(struct line *line, long long value)
{
	char text[FMT_SIZE];

	snprintf(text, sizeof(text), "%lld", value);
	append(line, text);
}

static void append_socket(struct line *line, const struct call *call)
{
	if (!call->socket)
		return;
	append(line, name_family(call->socket->identity.family));
	append(line, ", ");
	append(line, name_protocol(call->socket->identity.protocol));
}

static void append_address(struct line *line, const struct call *call)
{
	char text[FMT_SIZE];

	append(line, ", ");
	append(line, call->has_address ? fmt_endpoint(text, sizeof(text), call->address,
						      call->family, 0, call->port)
				       : "...");
}

static void append_option(struct line *line, const struct call *call)
{
	const char *name = name_sockopt(call->flags >> 16, call->flags & 0xffff);

	append(line, ", ");
	append(line, name ? name : "...");
	append(line, ", ");
	append_int(line, (long long)call->asked_bytes);
}

static void append_backlog(struct line *line, const struct call *call)
{
	append(line, ", ");
	append_int(line, (int)call->flags);
}

static void append_how(struct line *line, const struct call *call)
{
	static const char *const names[] = { "SHUT_RD", "SHUT_WR", "SHUT_RDWR" };

	append(line, ", ");
	append(line, call->flags < 3 ? names[call->flags] : "?");
}

static void append_transfer(struct line *line, const struct call *call)
{
	char flags[TEXT_SIZE];

	append(line, ", ");
	append_count(line, call->asked_bytes);
	name_msg_flags(call->flags, flags, sizeof(flags));
	if (*flags) {
		append(line, ", ");
		append(line, flags);
	}
}

static void append_arguments(struct line *line, const struct call *call)
{
	if (call->kind == CALL_SOCKET || call->kind == CALL_SOCKETPAIR) {
		append_socket(line, call);
		return;
	}
	append_int(line, call->fd);
	if (call->kind == CALL_BIND || call->kind == CALL_CONNECT)
		append_address(line, call);
	else if (call->kind == CALL_LISTEN)
		append_backlog(line, call);
	else if (call->kind == CALL_SHUTDOWN)
		append_how(line, call);
	else if (call->kind == CALL_SETSOCKOPT)
		append_option(line, call);
	else if (call_sends(call->kind) || call_receives(call->kind))
		append_transfer(line, call);
}

/* Who came, behind the descriptor that accept() returned. */
static void append_peer(struct line *line, const struct call *call)
{
	const struct record_socket *peer;
	char text[FMT_SIZE];

	if (!call->other || !call->other->has_remote)
		return;
	peer = &call->other->identity;
	append(line, " (from ");
	append(line, fmt_endpoint(text, sizeof(text), peer->remote_address, peer->family,
				  peer->scope, peer->remote_port));
	append(line, ")");
}

static void append_result(struct line *line, const struct call *call)
{
	bool moves = call_sends(call->kind) || call_receives(call->kind);

	append(line, " = ");
	if (!call->finished) {
		append(line, "? (its task ended inside)");
	} else if (call->result < 0) {
		append(line, name_errno((int)call->result));
	} else if (moves) {
		append_count(line, (uint64_t)call->result);
	} else {
		append_int(line, call->result);
		append_peer(line, call);
	}
	if (moves && call->result >= 0 && call->moved_bytes != (uint64_t)call->result) {
		append(line, " (moved ");
		append_count(line, call->moved_bytes);
		append(line, ")");
	}
}

static void append_times(struct line *line, const struct call *call)
{
	char text[FMT_SIZE];

	append(line, " <");
	append(line, fmt_duration_seen(text, sizeof(text), call->return_ns - call->enter_ns,
				       !call->found));
	for (int cause = 0; cause < SLEEP_CAUSES; cause++) {
		if (!call->sleep_ns[cause])
			continue;
		append(line, ", slept ");
		append(line, fmt_duration(text, sizeof(text), call->sleep_ns[cause]));
		append(line, ": ");
		append(line, name_sleep((enum sleep_cause)cause));
	}
	if (call->restarts) {
		append(line, ", restarts ");
		append_count(line, call->restarts);
	}
	append(line, ">");
}

void event_call(const struct call *call, char *text, size_t size)
{
	struct line line = { .text = text, .size = size };

	text[0] = '\0';
	append(&line, name_call(call->kind));
	append(&line, "(");
	append_arguments(&line, call);
	append(&line, ")");
	if (!call->return_ns) {
		append(&line, call->found ? " (inside since before the trace)" : " (still inside)");
		return;
	}
	append_result(&line, call);
	append_times(&line, call);
}
