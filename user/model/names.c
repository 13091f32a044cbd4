/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of words. Nothing here decides anything: numbers in, names out. */
#include "user/model/names.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "user/model/call.h"
#include "user/model/trace.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *pick(const char *const *names, size_t count, unsigned int index)
{
	return index < count && names[index] ? names[index] : "?";
}

static const char *const state_names[STATE_COUNT] = {
	[TCP_ESTABLISHED] = "ESTABLISHED",
	[TCP_SYN_SENT] = "SYN_SENT",
	[TCP_SYN_RECV] = "SYN_RECV",
	[TCP_FIN_WAIT1] = "FIN_WAIT1",
	[TCP_FIN_WAIT2] = "FIN_WAIT2",
	[TCP_TIME_WAIT] = "TIME_WAIT",
	[TCP_CLOSE] = "CLOSE",
	[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
	[TCP_LAST_ACK] = "LAST_ACK",
	[TCP_LISTEN] = "LISTEN",
	[TCP_CLOSING] = "CLOSING",
	[STATE_NEW_SYN_RECV] = "NEW_SYN_RECV",
};

const char *name_state(unsigned int state)
{
	return pick(state_names, COUNT(state_names), state);
}

static const char *const call_names[CALL_KINDS] = {
	[CALL_SOCKET] = "socket",
	[CALL_SOCKETPAIR] = "socketpair",
	[CALL_BIND] = "bind",
	[CALL_LISTEN] = "listen",
	[CALL_ACCEPT] = "accept",
	[CALL_ACCEPT4] = "accept4",
	[CALL_CONNECT] = "connect",
	[CALL_SHUTDOWN] = "shutdown",
	[CALL_CLOSE] = "close",
	[CALL_SETSOCKOPT] = "setsockopt",
	[CALL_WRITE] = "write",
	[CALL_WRITEV] = "writev",
	[CALL_SEND] = "send",
	[CALL_SENDTO] = "sendto",
	[CALL_SENDMSG] = "sendmsg",
	[CALL_SENDMMSG] = "sendmmsg",
	[CALL_SENDFILE] = "sendfile",
	[CALL_SPLICE_IN] = "splice",
	[CALL_READ] = "read",
	[CALL_READV] = "readv",
	[CALL_RECV] = "recv",
	[CALL_RECVFROM] = "recvfrom",
	[CALL_RECVMSG] = "recvmsg",
	[CALL_RECVMMSG] = "recvmmsg",
	[CALL_SPLICE_OUT] = "splice",
	[CALL_URING_SEND] = "uring_send",
	[CALL_URING_RECV] = "uring_recv",
};

const char *name_call(enum call_kind call)
{
	return pick(call_names, COUNT(call_names), call);
}

const char *name_errno(int error)
{
	static char number[24];
	unsigned int positive = error < 0 ? -(unsigned int)error : (unsigned int)error;
	const char *name = positive <= INT_MAX ? strerrorname_np((int)positive) : NULL;

	if (name)
		return name;
	snprintf(number, sizeof(number), "errno %u", positive);
	return number;
}

static const char *const record_names[LOST_WHATS] = {
	[RECORD_SOCKET] = "SOCKET",
	[RECORD_PROCESS] = "PROCESS",
	[RECORD_STATE] = "STATE",
	[RECORD_CALL_ENTER] = "CALL_ENTER",
	[RECORD_CALL] = "CALL",
	[RECORD_ADDRESS] = "ADDRESS",
	[RECORD_SAMPLE_SEND] = "SAMPLE_SEND",
	[RECORD_SAMPLE_RECV] = "SAMPLE_RECV",
	[RECORD_SEGMENT] = "SEGMENT",
	[RECORD_QUEUE] = "QUEUE",
	[RECORD_RESET] = "RESET",
	[RECORD_RETRANSMIT] = "RETRANSMIT",
	[RECORD_ERROR] = "ERROR",
	[RECORD_LOST] = "LOST",
	[RECORD_ICMP] = "ICMP",
	[RECORD_FOUND] = "FOUND",
	[RECORD_SAMPLE_OTHER] = "SAMPLE_OTHER",
	[RECORD_CALL_RUN] = "CALL_RUN",
	[LOST_TASK_STORAGE] = "TASK_STORAGE",
	[LOST_SOCKET_STORAGE] = "SOCKET_STORAGE",
	[LOST_ADDRESS_MAP] = "ADDRESS_MAP",
	[LOST_SEGMENT_UNSEEN] = "SEGMENT_UNSEEN",
	[LOST_STATE_UNSEEN] = "STATE_UNSEEN",
};

const char *name_record(unsigned int kind)
{
	return pick(record_names, COUNT(record_names), kind);
}

static const char *const cause_names[] = {
	[CAUSE_UNKNOWN] = "unknown", [CAUSE_CALL] = "call",   [CAUSE_SEGMENT] = "segment",
	[CAUSE_TIMER] = "timer",     [CAUSE_ERROR] = "error",
};

const char *name_cause(enum state_cause cause)
{
	return pick(cause_names, COUNT(cause_names), cause);
}

static const char *const sleep_names[SLEEP_CAUSES] = {
	[SLEEP_NONE] = "unknown",
	[SLEEP_PEER_WINDOW] = "peer's window",
	[SLEEP_CONGESTION] = "congestion window",
	[SLEEP_BUFFER] = "send buffer",
	[SLEEP_LOWAT] = "TCP_NOTSENT_LOWAT",
	[SLEEP_PACING] = "pacing",
};

const char *name_sleep(enum sleep_cause cause)
{
	return pick(sleep_names, COUNT(sleep_names), cause);
}

static const char *const note_names[NOTE_KINDS] = {
	[NOTE_ACCEPT_QUEUE] = "accept_queue",
	[NOTE_RESET_SENT] = "reset_sent",
	[NOTE_RESET_RECEIVED] = "reset_received",
	[NOTE_RETRANSMIT] = "retransmit",
	[NOTE_ERROR] = "error",
	[NOTE_ICMP] = "icmp",
};

const char *name_note(enum note_kind kind)
{
	return pick(note_names, COUNT(note_names), kind);
}

void name_segment(uint8_t flags, uint32_t length, char *text, size_t size)
{
	const char *first = NULL;
	bool ack = flags & SEGMENT_ACK;

	if (flags & SEGMENT_SYN)
		first = "SYN";
	else if (flags & SEGMENT_RST)
		first = "RST";
	else if (flags & SEGMENT_FIN)
		first = "FIN";
	else if (length)
		first = "data";

	if (!first)
		snprintf(text, size, "%s", ack ? "ACK" : "none");
	else if (ack && strcmp(first, "data") != 0)
		snprintf(text, size, "%s-ACK", first);
	else
		snprintf(text, size, "%s", first);
}

void name_segment_told(uint8_t flags, uint32_t length, char *text, size_t size)
{
	size_t used;

	name_segment(flags, length, text, size);
	used = strlen(text);
	if (flags & SEGMENT_URG)
		snprintf(text + used, size - used, " URG");
}

void name_tcp_flags(uint8_t flags, char *text, size_t size)
{
	static const struct {
		uint8_t bit;
		char letter;
	} letters[] = {
		{ SEGMENT_FIN, 'F' }, { SEGMENT_SYN, 'S' }, { SEGMENT_RST, 'R' },
		{ SEGMENT_PSH, 'P' }, { SEGMENT_ACK, '.' }, { SEGMENT_URG, 'U' },
		{ SEGMENT_ECE, 'E' }, { SEGMENT_CWR, 'W' },
	};
	size_t used = 0;

	for (size_t i = 0; i < COUNT(letters) && used + 1 < size; i++) {
		if (flags & letters[i].bit)
			text[used++] = letters[i].letter;
	}
	if (size)
		text[used] = '\0';
}

void name_msg_flags(uint32_t flags, char *text, size_t size)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ MSG_OOB, "MSG_OOB" },
		{ MSG_PEEK, "MSG_PEEK" },
		{ MSG_DONTROUTE, "MSG_DONTROUTE" },
		{ MSG_TRUNC, "MSG_TRUNC" },
		{ MSG_DONTWAIT, "MSG_DONTWAIT" },
		{ MSG_EOR, "MSG_EOR" },
		{ MSG_WAITALL, "MSG_WAITALL" },
		{ MSG_ERRQUEUE, "MSG_ERRQUEUE" },
		{ MSG_NOSIGNAL, "MSG_NOSIGNAL" },
		{ MSG_MORE, "MSG_MORE" },
		{ MSG_ZEROCOPY, "MSG_ZEROCOPY" },
		{ MSG_FASTOPEN, "MSG_FASTOPEN" },
	};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < COUNT(names); i++) {
		if (!(flags & names[i].bit) || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "|" : "",
					 names[i].name);
		flags &= ~names[i].bit;
	}
	if (flags && used < size)
		snprintf(text + used, size - used, "%s0x%x", used ? "|" : "", flags);
}

const char *name_family(unsigned int family)
{
	switch (family) {
	case AF_INET:
		return "IPv4";
	case AF_INET6:
		return "IPv6";
	case AF_UNIX:
		return "UNIX";
	default:
		return "?";
	}
}

static const char *const type_names[] = {
	[SOCK_STREAM] = "stream",
	[SOCK_DGRAM] = "dgram",
	[SOCK_RAW] = "raw",
	[SOCK_SEQPACKET] = "seqpacket",
};

const char *name_socket_type(unsigned int type)
{
	return pick(type_names, COUNT(type_names), type);
}

const char *name_protocol(unsigned int protocol)
{
	switch (protocol) {
	case 0:
		return "-";
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_ICMP:
		return "ICMP";
	case 262:
		return "MPTCP";
	default:
		return "?";
	}
}

const char *name_sockopt(unsigned int level, unsigned int option)
{
	static const struct {
		unsigned int level, option;
		const char *name;
	} names[] = {
		{ SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF" },
		{ SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF" },
		{ SOL_SOCKET, SO_SNDBUFFORCE, "SO_SNDBUFFORCE" },
		{ SOL_SOCKET, SO_RCVBUFFORCE, "SO_RCVBUFFORCE" },
		{ SOL_SOCKET, SO_LINGER, "SO_LINGER" },
		{ SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR" },
		{ IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY" },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT" },
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		if (names[i].level == level && names[i].option == option)
			return names[i].name;
	}
	return NULL;
}

bool call_sends(enum call_kind call)
{
	return (call >= CALL_WRITE && call <= CALL_SPLICE_IN) || call == CALL_URING_SEND;
}

bool call_receives(enum call_kind call)
{
	return (call >= CALL_READ && call <= CALL_SPLICE_OUT) || call == CALL_URING_RECV;
}

bool call_is_timed(enum call_kind call)
{
	return call != CALL_URING_SEND && call != CALL_URING_RECV;
}

bool call_can_block(enum call_kind call)
{
	return call == CALL_ACCEPT || call == CALL_ACCEPT4 || call == CALL_CONNECT ||
	       (call_is_timed(call) && (call_sends(call) || call_receives(call)));
}
