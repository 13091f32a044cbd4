/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One call as strace(1) would write it, with what strace doesn't know: which end
 * of which connection a descriptor is, and how much of its time a call slept, and
 * why. Sizes are exact. The bytes themselves are never captured, so none stand here.
 */
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

static void append_int(struct line *line, long long value)
{
	char text[FMT_SIZE];

	snprintf(text, sizeof(text), "%lld", value);
	append(line, text);
}

/* Seconds, as strace -T writes them. */
static void append_seconds(struct line *line, uint64_t ns)
{
	char text[FMT_SIZE];
	uint64_t us = ns / 1000 + (ns % 1000 >= 500);

	snprintf(text, sizeof(text), "%llu.%06llu", (unsigned long long)us / 1000000,
		 (unsigned long long)us % 1000000);
	append(line, text);
}

static const char *name_domain(unsigned int family)
{
	switch (family) {
	case AF_INET:
		return "AF_INET";
	case AF_INET6:
		return "AF_INET6";
	case AF_UNIX:
		return "AF_UNIX";
	default:
		return "AF_?";
	}
}

static const char *name_type(unsigned int type)
{
	switch (type) {
	case SOCK_STREAM:
		return "SOCK_STREAM";
	case SOCK_DGRAM:
		return "SOCK_DGRAM";
	case SOCK_SEQPACKET:
		return "SOCK_SEQPACKET";
	case SOCK_RAW:
		return "SOCK_RAW";
	default:
		return "SOCK_?";
	}
}

/* What the socket became: "..." when the call failed, and there is none. */
static void append_socket(struct line *line, const struct call *call)
{
	const struct record_socket *identity;
	unsigned int protocol;

	if (!call->socket) {
		append(line, "...");
		return;
	}
	identity = &call->socket->identity;
	protocol = identity->protocol;
	append(line, name_domain(identity->family));
	append(line, ", ");
	append(line, name_type(identity->type));
	if (!protocol || (protocol == IPPROTO_TCP && identity->type == SOCK_STREAM) ||
	    (protocol == IPPROTO_UDP && identity->type == SOCK_DGRAM))
		return;
	append(line, ", IPPROTO_");
	append(line, name_protocol(protocol));
}

/* Nothing while it may still come. */
static void append_address(struct line *line, const struct call *call)
{
	char text[FMT_SIZE];

	if (!call->return_ns && !call->has_address)
		return;
	append(line, ", ");
	append(line, call->has_address ? fmt_endpoint(text, sizeof(text), call->address,
						      call->family, 0, call->port)
				       : "...");
}

static void append_option(struct line *line, const struct call *call)
{
	unsigned int level = call->flags >> 16;
	const char *name = name_sockopt(level, call->flags & 0xffff);

	append(line, level == SOL_SOCKET ? ", SOL_SOCKET, " : ", SOL_TCP, ");
	append(line, name ? name : "...");
	append(line, ", [");
	append_int(line, (long long)call->asked_bytes);
	append(line, "]");
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
	append_int(line, (long long)call->asked_bytes);
	name_msg_flags(call->flags, flags, sizeof(flags));
	if (*flags) {
		append(line, ", ");
		append(line, flags);
	}
}

/* A TCP socket that neither has a connection nor listens has no name but its descriptor. */
static bool has_name(const struct socket *socket)
{
	return socket && (socket->connection || socket->state == TCP_LISTEN ||
			  (socket->identity.protocol != IPPROTO_TCP && socket->identity.family));
}

/* "5<#1 server>", as strace -y names what is behind a descriptor. */
static void append_fd(struct line *line, long long fd, const struct socket *socket)
{
	char subject[FMT_SIZE];

	append_int(line, fd);
	if (!has_name(socket))
		return;
	append(line, "<");
	append(line, event_subject(subject, sizeof(subject), socket));
	append(line, ">");
}

static void append_arguments(struct line *line, const struct call *call)
{
	if (call->kind == CALL_SOCKET || call->kind == CALL_SOCKETPAIR) {
		append_socket(line, call);
		return;
	}
	append_fd(line, call->fd, call->socket);
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

/* The library's errno with its text: strace writes both. */
static void append_error(struct line *line, int error)
{
	const char *words = strerrordesc_np(error > -INT_MAX ? -error : 0);

	append(line, "-1 ");
	append(line, name_errno(error));
	if (!words)
		return;
	append(line, " (");
	append(line, words);
	append(line, ")");
}

static void append_result(struct line *line, const struct call *call)
{
	bool moves = call_sends(call->kind) || call_receives(call->kind);

	append(line, " = ");
	if (call->run.count && call->result >= 0) {
		append_int(line, (long long)call->moved_bytes);
		return;
	}
	if (!call->finished)
		append(line, "? (its task ended inside)");
	else if (call->result < 0)
		append_error(line, (int)call->result);
	else if (call->kind == CALL_ACCEPT || call->kind == CALL_ACCEPT4)
		append_fd(line, call->result, call->other);
	else if (call->kind == CALL_SOCKET)
		append_fd(line, call->result, call->socket);
	else
		append_int(line, call->result);
	if (moves && call->result >= 0 && !call->moved_unknown &&
	    call->moved_bytes != (uint64_t)call->result) {
		append(line, " (moved ");
		append_int(line, (long long)call->moved_bytes);
		append(line, ")");
	}
}

static void append_queues(struct line *line, const struct call *call)
{
	char text[TEXT_SIZE];

	if (call->queues_known)
		append(line, event_queues(call, text, sizeof(text)));
}

static void append_times(struct line *line, const struct call *call)
{
	append(line, " <");
	append(line, call->found ? ">= " : "");
	append_seconds(line, call_inside_ns(call));
	append(line, ">");
	for (int cause = 0; cause < SLEEP_CAUSES; cause++) {
		if (!call->sleep_ns[cause])
			continue;
		append(line, " slept ");
		append_seconds(line, call->sleep_ns[cause]);
		append(line, " (");
		append(line, name_sleep((enum sleep_cause)cause));
		append(line, ")");
	}
	if (call->restarts) {
		append(line, " restarts ");
		append_int(line, call->restarts);
	}
}

static void append_call(struct line *line, const struct call *call)
{
	line->text[0] = '\0';
	if (call->run.count) {
		append_int(line, (long long)call->run.count);
		append(line, " x ");
	}
	append(line, name_call(call->kind));
	append(line, "(");
	if (call_is_timed(call->kind))
		append_arguments(line, call);
}

/* Which connection this becomes is what the next lines tell. */
void event_call_begins(const struct call *call, char *text, size_t size)
{
	struct line line = { .text = text, .size = size };
	struct call begun = *call;

	if (call->kind == CALL_CONNECT && call->socket &&
	    call->socket->identity.protocol == IPPROTO_TCP)
		begun.socket = NULL;
	append_call(&line, &begun);
	append(&line, " <unfinished ...>");
}

void event_call_resumes(const struct call *call, const struct begun *begun, char *text, size_t size)
{
	struct line line = { .text = text, .size = size };

	text[0] = '\0';
	append(&line, "<... ");
	append(&line, name_call(call->kind));
	append(&line, " resumed>");
	if (call->has_address && !begun->has_address)
		append_address(&line, call);
	append(&line, ")");
	append_result(&line, call);
	append_times(&line, call);
	append_queues(&line, call);
}

void event_call(const struct call *call, char *text, size_t size)
{
	struct line line = { .text = text, .size = size };

	append_call(&line, call);
	append(&line, ")");
	if (!call->return_ns) {
		append(&line, call->found ? " (inside since before the trace)" : " (still inside)");
		return;
	}
	append_result(&line, call);
	if (call_is_timed(call->kind))
		append_times(&line, call);
	append_queues(&line, call);
}
