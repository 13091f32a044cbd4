/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moments of calls that end badly or specially, and of what the network answers. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "user/base/fmt.h"
#include "user/model/telling.h"

/* include/net/tcp.h: TCP_TIMEWAIT_LEN */
#define TIME_WAIT_NS 60000000000ULL

void moment_icmp(struct trace *trace, struct connection *connection, const struct entry *entry,
		 uint64_t time_ns)
{
	const struct icmp_seen *icmp = &connection->icmp;
	enum end end = entry->socket.end;
	struct moment moment = moment_at(connection, end, MOMENT_ICMP, time_ns);

	if (!moment_first(connection, end, MOMENT_ICMP))
		return;
	moment.variant = icmp->own ? 1 : 0;
	fmt_address(moment_arg(&moment, 0), WORDS_ARG_SIZE, icmp->from,
		    icmp->version == 6 ? AF_INET6 : AF_INET, 0);
	name_icmp(icmp, moment_arg(&moment, 1), WORDS_ARG_SIZE);
	moment_publish(trace, connection, &moment);
}

void moment_queue_full(struct trace *trace, const struct entry *listener,
		       struct connection *connection, const struct record_queue *record)
{
	struct moment moment = {
		.time_ns = record->header.time_ns,
		.kind = MOMENT_SYN_QUEUE_FULL,
		.connection = connection,
		.socket = &listener->socket,
		.end = END_SERVER,
	};

	if (connection ? !moment_first(connection, END_SERVER, MOMENT_SYN_QUEUE_FULL)
		       : listener->socket.syns_refused_full > 1)
		return;
	moment_arg_count(&moment, 0, record->length);
	moment_arg_count(&moment, 1, record->limit);
	moment_publish(trace, connection, &moment);
}

void moment_probe(struct trace *trace, struct connection *connection, const struct segment *segment)
{
	const struct flow *flow = &connection->flow[segment->sender];
	struct moment moment =
		moment_at(connection, segment->sender, MOMENT_WINDOW_PROBE, segment->time_ns);

	if (!moment_first(connection, segment->sender, MOMENT_WINDOW_PROBE))
		return;
	fmt_duration_seen(moment_arg(&moment, 0), WORDS_ARG_SIZE,
			  span_ns(flow->window_zero_since_ns, segment->time_ns),
			  !flow->window_zero_found);
	moment_publish(trace, connection, &moment);
}

void moment_window_open(struct trace *trace, struct connection *connection,
			const struct segment *segment, uint64_t closed_ns)
{
	const struct flow *flow = &connection->flow[other_end(segment->sender)];
	struct moment moment =
		moment_at(connection, segment->sender, MOMENT_WINDOW_OPEN, segment->time_ns);

	if (!moment_first(connection, segment->sender, MOMENT_WINDOW_OPEN))
		return;
	if (!flow->window_zero_found)
		moment.variant = flow->probes > 1 ? 2 : flow->probes;
	moment_arg_count(&moment, 0, segment->window);
	fmt_duration_seen(moment_arg(&moment, 1), WORDS_ARG_SIZE, closed_ns,
			  !flow->window_zero_found);
	moment_arg_count(&moment, 2, flow->probes);
	moment_arg_time(&moment, 3, 0, flow->probe_pause_max_ns);
	moment_publish(trace, connection, &moment);
}

void moment_urgent(struct trace *trace, struct connection *connection,
		   const struct segment *segment)
{
	const struct flow *flow = &connection->flow[segment->sender];
	struct moment moment =
		moment_at(connection, segment->sender, MOMENT_URGENT, segment->time_ns);

	if (!moment_first(connection, segment->sender, MOMENT_URGENT))
		return;
	moment_arg_count(&moment, 0, segment->urgent);
	moment_arg_count(&moment, 1, flow->urgent_byte);
	moment_publish(trace, connection, &moment);
}

static void tell_call(struct trace *trace, struct connection *connection, const struct call *call,
		      enum moment_kind kind, unsigned int variant)
{
	enum end end = call->socket->end;
	struct moment moment = moment_at(connection, end, kind, call->return_ns);

	if (!moment_first(connection, end, kind))
		return;
	moment.variant = variant;
	moment_arg_text(&moment, 0, name_call(call->kind));
	if (call->result < 0)
		moment_arg_text(&moment, 1, name_errno((int)call->result));
	else
		moment_arg_count(&moment, 1, call->moved_bytes);
	moment_arg_time(&moment, 2, call->enter_ns, call->return_ns);
	moment_arg_count(&moment, 3, call->asked_bytes);
	moment_arg_count(&moment, 4, connection->flow[other_end(end)].at.read);
	moment_publish(trace, connection, &moment);
}

/* tcp_reset(): EPIPE where the peer's FIN had come first, else ECONNRESET; each is told once. */
static unsigned int send_failure(const struct entry *entry, const struct call *call)
{
	if (call->result == -ECONNRESET)
		return entry->reset_received ? 3 : 0;
	if (call->result != -EPIPE)
		return 0;
	if (entry->shut_write)
		return 1;
	if (!entry->reset_received)
		return 0;
	return entry->fin_received ? 2 : 4;
}

static unsigned int end_of_file(const struct connection *connection, const struct entry *entry)
{
	const struct direction *at = &connection->flow[other_end(entry->socket.end)].at;

	if (entry->shut_read)
		return 3;
	if (!entry->fin_received)
		return entry->reset_received ? 2 : 4;
	return at->end && at->end_known && at->read == at->end ? 0 : 1;
}

static bool tells_its_size(enum call_kind call)
{
	return call == CALL_WRITE || call == CALL_WRITEV || call == CALL_SEND ||
	       call == CALL_SENDTO || call == CALL_SENDMSG;
}

/* A blocking call takes less than asked only when something ends its wait for room. */
static unsigned int short_send(const struct entry *entry, const struct call *call)
{
	if (call->flags & MSG_DONTWAIT || (entry->turn_seen && entry->nonblock))
		return 0;
	if (!entry->turn_seen)
		return 2;
	return entry->reset_received ? 3 : 1;
}

static void tell_send(struct trace *trace, struct connection *connection, const struct entry *entry,
		      const struct call *call)
{
	if (call->result == -EAGAIN)
		tell_call(trace, connection, call, MOMENT_SEND_WOULD_BLOCK,
			  entry->socket.state == TCP_SYN_SENT ? 1 : 0);
	else if (call->result < 0 && call->result != -EINTR)
		tell_call(trace, connection, call, MOMENT_SEND_FAILED, send_failure(entry, call));
	else if (call->result > 0 && call->moved_bytes < call->asked_bytes &&
		 tells_its_size(call->kind))
		tell_call(trace, connection, call, MOMENT_SHORT_SEND, short_send(entry, call));
}

static void tell_receive(struct trace *trace, struct connection *connection,
			 const struct entry *entry, const struct call *call)
{
	bool special = call->flags & (MSG_OOB | MSG_ERRQUEUE);

	if (special)
		return;
	if (call->result == -EAGAIN)
		tell_call(trace, connection, call, MOMENT_READ_WOULD_BLOCK, 0);
	else if (call->result < 0 && call->result != -EINTR)
		tell_call(trace, connection, call, MOMENT_READ_FAILED,
			  call->result == -ECONNRESET && entry->reset_received ? 1 : 0);
	else if (!call->result && call->asked_bytes)
		tell_call(trace, connection, call, MOMENT_EOF, end_of_file(connection, entry));
}

void moment_call_ends(struct trace *trace, struct connection *connection, const struct call *call)
{
	const struct entry *entry = (const struct entry *)call->socket;

	if (call_sends(call->kind))
		tell_send(trace, connection, entry, call);
	else if (call_receives(call->kind))
		tell_receive(trace, connection, entry, call);
}

static bool holds_port(const struct entry *entry, const struct entry *other,
		       const struct call *call, uint16_t port)
{
	const struct record_socket *identity = &other->socket.identity;

	return other != entry && other->socket.identity.local_port == port &&
	       identity->netns == entry->socket.identity.netns &&
	       (address_is_wildcard(identity->local_address) ||
		address_is_wildcard(call->address) ||
		!memcmp(identity->local_address, call->address, RECORD_ADDRESS_SIZE));
}

static bool is_alive(const struct socket *socket, uint64_t time_ns)
{
	if (socket->state == TCP_TIME_WAIT)
		return span_ns(socket->state_since_ns, time_ns) < TIME_WAIT_NS;
	return socket->state && socket->state != TCP_CLOSE;
}

/* A socket of this trace that is on the port; a listener rather than another. NULL: none. */
static const struct entry *find_holder(const struct trace *trace, const struct entry *entry,
				       const struct call *call)
{
	const struct entry *other, *found = NULL;
	size_t at = 0;

	while (call->has_address && (other = map_next(&trace->sockets, &at))) {
		if (!holds_port(entry, other, call, call->port) ||
		    !is_alive(&other->socket, call->return_ns))
			continue;
		if (!found || other->socket.state == TCP_LISTEN)
			found = other;
	}
	return found;
}

static void fill_holder(struct moment *moment, const struct entry *holder)
{
	if (!holder) {
		moment->variant = 1;
	} else if (holder->socket.state == TCP_LISTEN) {
		moment->variant = 2;
		moment_arg_number(moment, 3, holder->socket.owner_tgid);
	} else {
		moment->variant = 3;
		moment_arg_text(moment, 3, name_state(holder->socket.state));
	}
}

static bool is_privileged(const struct call *call)
{
	return call->has_address && call->port && call->port < IPPORT_RESERVED;
}

void moment_bind_failed(struct trace *trace, const struct entry *entry, const struct call *call)
{
	struct moment moment = {
		.time_ns = call->return_ns,
		.kind = MOMENT_BIND_FAILED,
		.socket = &entry->socket,
	};

	if (!call->finished || call->result >= 0 || !call->has_address)
		return;
	moment_arg_text(&moment, 0, name_call(call->kind));
	moment_arg_text(&moment, 1, name_errno((int)call->result));
	fmt_endpoint(moment_arg(&moment, 2), WORDS_ARG_SIZE, call->address, call->family, 0,
		     call->port);
	if (call->result == -EADDRINUSE)
		fill_holder(&moment, find_holder(trace, entry, call));
	else if (call->result == -EACCES && is_privileged(call))
		moment.variant = 4;
	moment_publish(trace, NULL, &moment);
}

/* Both ends may be traced: then the one that goes on sending tells it. */
void moment_half_closed(struct trace *trace, struct connection *connection,
			const struct state_change *change)
{
	const struct entry *entry = (const struct entry *)change->socket;
	enum end end = change->socket->end;
	bool sends = change->old_state == TCP_CLOSE_WAIT;
	const struct flow *open = &connection->flow[sends ? end : other_end(end)];
	uint64_t bytes = (sends ? open->at.handed : open->at.received) - entry->half_closed_bytes;
	struct moment moment = moment_at(connection, end, MOMENT_HALF_CLOSED, change->time_ns);

	if (!bytes || (!sends && connection->ends[other_end(end)]))
		return;
	moment.variant = sends ? 0 : 1;
	fmt_duration(moment_arg(&moment, 0), WORDS_ARG_SIZE, change->duration_ns);
	moment_arg_count(&moment, 1, bytes);
	moment_publish(trace, connection, &moment);
}
