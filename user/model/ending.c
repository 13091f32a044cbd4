/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Evidence of how connections end: ICMP, RST, a full accept queue, the times of the SYNs. */
#include "user/model/ending.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "user/model/internal.h"

#define ICMP_HOST_UNREACHABLE 1
#define ICMPV6_ADDRESS_UNREACHABLE 3

/* What the kernel makes of a code: icmp_err_convert[], tab_unreach[]. */
struct icmp_code {
	const char *name;
	int error;
};

static const struct icmp_code icmp_codes[] = {
	{ "net unreachable", ENETUNREACH },
	{ "host unreachable", EHOSTUNREACH },
	{ "protocol unreachable", ENOPROTOOPT },
	{ "port unreachable", ECONNREFUSED },
	{ "fragmentation needed", EMSGSIZE },
	{ "source route failed", EOPNOTSUPP },
	{ "net unknown", ENETUNREACH },
	{ "host unknown", EHOSTDOWN },
	{ "host isolated", ENONET },
	{ "net prohibited", ENETUNREACH },
	{ "host prohibited", EHOSTUNREACH },
	{ "net unreachable for TOS", ENETUNREACH },
	{ "host unreachable for TOS", EHOSTUNREACH },
	{ "prohibited by filter", EHOSTUNREACH },
	{ "precedence violation", EHOSTUNREACH },
	{ "precedence cutoff", EHOSTUNREACH },
};

static const struct icmp_code icmpv6_codes[] = {
	{ "no route", ENETUNREACH },	      { "prohibited", EACCES },
	{ "beyond scope", EHOSTUNREACH },     { "address unreachable", EHOSTUNREACH },
	{ "port unreachable", ECONNREFUSED }, { "policy failed", EACCES },
	{ "reject route", EACCES },
};

static const struct icmp_code *find_code(const struct icmp_seen *icmp)
{
	bool ipv6 = icmp->version == 6;
	size_t count = ipv6 ? sizeof(icmpv6_codes) / sizeof(icmpv6_codes[0])
			    : sizeof(icmp_codes) / sizeof(icmp_codes[0]);

	if (icmp->code >= count)
		return NULL;
	return ipv6 ? &icmpv6_codes[icmp->code] : &icmp_codes[icmp->code];
}

char *name_icmp(const struct icmp_seen *icmp, char *text, size_t size)
{
	const struct icmp_code *code = find_code(icmp);

	snprintf(text, size, "%s (%u/%u)", code ? code->name : "destination unreachable",
		 icmp->type, icmp->code);
	return text;
}

static const char *const reason_names[REASON_COUNT] = {
	[REASON_UNKNOWN] = "unknown",
	[REASON_NO_ROUTE] = "no_route",
	[REASON_ROUTE_UNREACHABLE] = "route_unreachable",
	[REASON_FORBIDDEN] = "forbidden",
	[REASON_INVALID] = "invalid",
	[REASON_NO_PORT] = "no_port",
	[REASON_LOCAL] = "local",
	[REASON_NO_SYN_SEEN] = "no_syn_seen",
	[REASON_REFUSED] = "refused",
	[REASON_SILENCE] = "silence",
	[REASON_QUEUE_FULL] = "accept_queue_full",
	[REASON_ICMP] = "icmp",
	[REASON_OWN_ICMP] = "own_icmp",
	[REASON_OWN_ICMP_LATER] = "own_icmp",
	[REASON_UNREAD] = "unread_data",
	[REASON_UNREAD_BYTES] = "unread_data",
	[REASON_LINGER] = "linger_0",
	[REASON_CLOSED_SOCKET] = "closed_socket",
	[REASON_LISTENER_CLOSED] = "listener_closed",
	[REASON_MEMORY] = "memory",
	[REASON_KEEPALIVE] = "keepalive",
	[REASON_DISCONNECTED] = "disconnected",
	[REASON_BAD_SEGMENT] = "bad_segment",
};

const char *name_reason(enum reason reason)
{
	return reason < REASON_COUNT ? reason_names[reason] : "unknown";
}

/* connect() failed without SYN_SENT: what its errno leaves open stays open. */
static enum reason local_failure(int error)
{
	switch (error) {
	case ENETUNREACH:
		return REASON_NO_ROUTE;
	case EHOSTUNREACH:
		return REASON_ROUTE_UNREACHABLE;
	case EACCES:
	case EPERM:
		return REASON_FORBIDDEN;
	case EINVAL:
		return REASON_INVALID;
	case EADDRNOTAVAIL:
		return REASON_NO_PORT;
	default:
		return REASON_LOCAL;
	}
}

static bool icmp_explains(const struct connection *connection)
{
	const struct icmp_code *code = find_code(&connection->icmp);

	return connection->icmp.count && code && code->error == connection->connect_error;
}

static bool none_left(const struct connection *connection)
{
	return !connection->syns && connection->segments_sure && !connection->lossy;
}

static enum reason icmp_reason(const struct connection *connection)
{
	if (!connection->syns)
		return connection->icmp.own && none_left(connection) ? REASON_OWN_ICMP
								     : REASON_UNKNOWN;
	return connection->icmp.own ? REASON_OWN_ICMP_LATER : REASON_ICMP;
}

enum reason ending_failure(const struct connection *connection)
{
	if (!connection->tried)
		return local_failure(connection->connect_error);
	if (connection->connect_error == ECONNREFUSED && connection->reset_reason == REASON_REFUSED)
		return REASON_REFUSED;
	if (!connection->segments_known)
		return REASON_UNKNOWN;
	if (icmp_explains(connection))
		return icmp_reason(connection);
	if (!connection->syns)
		return none_left(connection) ? REASON_NO_SYN_SEEN : REASON_UNKNOWN;
	if (connection->connect_error != ETIMEDOUT)
		return REASON_UNKNOWN;
	if (connection->syns_refused)
		return REASON_QUEUE_FULL;
	return connection->syn_ack_ns || connection->icmp.count ? REASON_UNKNOWN : REASON_SILENCE;
}

enum reason ending_reset(const struct connection *connection)
{
	if (connection->reset_reason == REASON_UNREAD && connection->reset_unread)
		return REASON_UNREAD_BYTES;
	return connection->reset_reason;
}

char *ending_syn_times(const struct connection *connection, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < connection->syns && i < SYN_TIMES && used < size; i++) {
		uint64_t ns = span_ns(connection->syn_times_ns[0], connection->syn_times_ns[i]);
		unsigned long long hundredths = (ns + 5000000) / 10000000;

		used += (size_t)snprintf(text + used, size - used,
					 hundredths ? "%s%llu.%02llu s" : "%s%llu s", i ? ", " : "",
					 hundredths / 100, hundredths % 100);
	}
	if (connection->syns > SYN_TIMES && used < size)
		snprintf(text + used, size - used, ", ...");
	return text;
}

void ending_syn(struct connection *connection, uint64_t time_ns)
{
	if (connection->syns < SYN_TIMES)
		connection->syn_times_ns[connection->syns] = time_ns;
	connection->syns++;
}

void ending_icmp(struct trace *trace, struct entry *entry, const struct record_icmp *record)
{
	const struct record_socket *identity = &entry->socket.identity;
	struct connection *connection = entry->socket.connection;
	uint8_t host = record->version == 6 ? ICMPV6_ADDRESS_UNREACHABLE : ICMP_HOST_UNREACHABLE;
	struct icmp_seen icmp = {
		.count = connection ? connection->icmp.count + 1 : 1,
		.first_ns = record->header.time_ns,
		.last_ns = record->header.time_ns,
		.type = record->type,
		.code = record->code,
		.version = record->version,
	};
	struct note note = {
		.time_ns = record->header.time_ns,
		.kind = NOTE_ICMP,
		.socket = &entry->socket,
		.value = record->type,
		.limit = record->code,
	};

	memcpy(icmp.from, record->from, sizeof(icmp.from));
	memcpy(note.from, record->from, sizeof(note.from));
	icmp.own = record->code == host &&
		   !memcmp(icmp.from, identity->local_address, sizeof(icmp.from)) &&
		   memcmp(icmp.from, identity->remote_address, sizeof(icmp.from)) != 0;
	name_icmp(&icmp, note.detail, sizeof(note.detail));
	tell(trace, note, &note);
	if (!connection)
		return;
	if (connection->icmp.count)
		icmp.first_ns = connection->icmp.first_ns;
	connection->icmp = icmp;
	moment_icmp(trace, connection, entry, note.time_ns);
}

void ending_queue(struct trace *trace, struct entry *entry, const struct record_queue *record)
{
	static const char *const events[] = { "SYN", "ready", "accept" };
	struct note note = {
		.time_ns = record->header.time_ns,
		.kind = NOTE_ACCEPT_QUEUE,
		.socket = &entry->socket,
		.value = record->length,
		.limit = record->limit,
	};
	struct entry *child = record->child ? map_get(&trace->sockets, record->child) : NULL;
	struct connection *connection = child ? child->socket.connection : NULL;

	entry->socket.backlog_limit = record->limit;
	if (record->length > entry->socket.backlog_peak)
		entry->socket.backlog_peak = record->length;
	if (record->event < sizeof(events) / sizeof(events[0]))
		strcpy(note.detail, events[record->event]);
	tell(trace, note, &note);
	if (record->length <= record->limit || record->event != QUEUE_SYN)
		return;
	entry->socket.syns_refused_full++;
	if (connection) {
		connection->syns_refused++;
		wait_refused(connection);
	}
	moment_queue_full(trace, entry, connection, record);
}

/* Data that the kernel holds and the program has not read; a FIN in it counts one. */
static uint32_t unread_bytes(const struct record_state *record)
{
	const struct record_positions *at = &record->positions;
	bool fin = record->flags & STATE_SOCK_DONE || record->old_state == TCP_CLOSE_WAIT;
	int32_t unread = (int32_t)(at->rcv_nxt - at->copied_seq) - (fin ? 1 : 0);

	return unread > 0 ? (uint32_t)unread : 0;
}

static bool has_receive_queue(unsigned int state)
{
	return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT || state == TCP_FIN_WAIT1 ||
	       state == TCP_FIN_WAIT2;
}

/* tcp_close() looks at the receive queue first, and at SO_LINGER only if that is empty. */
static enum reason close_reason(const struct entry *entry, const struct record_state *record)
{
	if (entry->unread)
		return REASON_UNREAD;
	return record->flags & STATE_LINGER_0 ? REASON_LINGER : REASON_UNKNOWN;
}

void ending_state(struct entry *entry, const struct record_state *record, bool listener_closed)
{
	bool closes = record->call == CALL_CLOSE || (record->exiting && !record->call);

	if (record->new_state != TCP_CLOSE || record->error)
		return;
	if (has_receive_queue(record->old_state))
		entry->unread = unread_bytes(record);
	if (listener_closed)
		entry->reset_reason = REASON_LISTENER_CLOSED;
	else if (record->tid && record->call == CALL_CONNECT)
		entry->reset_reason = REASON_DISCONNECTED;
	else if (record->tid && closes)
		entry->reset_reason = close_reason(entry, record);
}

/* RESET_STATE is what SO_LINGER 0 and the end of a listener look like, among others. */
static enum reason reason_of(const struct entry *entry, enum reset_cause cause)
{
	static const enum reason reasons[RESET_CAUSES] = {
		[RESET_NO_SOCKET] = REASON_CLOSED_SOCKET, [RESET_UNREAD] = REASON_UNREAD,
		[RESET_LINGER] = REASON_LINGER,		  [RESET_LATE_DATA] = REASON_CLOSED_SOCKET,
		[RESET_TIME_WAIT] = REASON_CLOSED_SOCKET, [RESET_MEMORY] = REASON_MEMORY,
		[RESET_KEEPALIVE] = REASON_KEEPALIVE,	  [RESET_DISCONNECT] = REASON_DISCONNECTED,
		[RESET_BAD_ACK] = REASON_BAD_SEGMENT,	  [RESET_BAD_SEGMENT] = REASON_BAD_SEGMENT,
	};

	return reasons[cause] ? reasons[cause] : entry->reset_reason;
}

void ending_rst(struct entry *entry, enum end sender, enum reason reason)
{
	struct connection *connection = entry->socket.connection;

	if (!connection)
		return;
	if (!connection->reset) {
		connection->reset = true;
		connection->reset_by = sender;
	}
	if (connection->reset_by != sender || connection->reset_reason)
		return;
	connection->reset_reason = reason;
	connection->reset_unread = entry->unread;
}

/* A mini-socket sends a RST only in answer: what came was for the socket before it. */
void ending_segment(struct entry *entry, const struct record_segment *record)
{
	struct connection *connection = entry->socket.connection;

	if (!connection || connection->finished || record->received || !entry->mini ||
	    !(record->flags & SEGMENT_RST))
		return;
	entry->reset_sent = true;
	ending_rst(entry, entry->socket.end, REASON_CLOSED_SOCKET);
}

/* Only a host where nobody listens answers a SYN of ours with RST and is not traced. */
static enum reason received_reason(const struct entry *entry)
{
	const struct connection *connection = entry->socket.connection;

	return entry->socket.state == TCP_SYN_SENT && !connection->ends[END_SERVER]
		       ? REASON_REFUSED
		       : REASON_UNKNOWN;
}

static const char *detail_of(const struct connection *connection)
{
	return connection && connection->reset_reason ? name_reason(connection->reset_reason) : "";
}

void ending_reset_record(struct trace *trace, struct entry *entry,
			 const struct record_reset *record)
{
	struct connection *connection = entry->socket.connection;
	struct note note = {
		.time_ns = record->header.time_ns,
		.kind = record->received ? NOTE_RESET_RECEIVED : NOTE_RESET_SENT,
		.socket = &entry->socket,
		.value = record->reason,
	};

	if (record->received)
		entry->reset_received = true;
	else
		entry->reset_sent = true;
	if (connection && record->received)
		ending_rst(entry, other_end(entry->socket.end), received_reason(entry));
	else
		ending_rst(entry, entry->socket.end, reason_of(entry, record->cause));
	snprintf(note.detail, sizeof(note.detail), "%s", detail_of(connection));
	tell(trace, note, &note);
	/* The tracepoint of a RST that is sent fires after the change to CLOSE. */
	if (connection && entry->socket.state == TCP_CLOSE)
		moment_reset(trace, connection, entry, note.time_ns);
}
