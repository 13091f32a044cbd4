/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moments that segments and state changes bring, and the arguments of their captions. */
#include <netinet/tcp.h>
#include <stdio.h>

#include "user/base/fmt.h"
#include "user/model/telling.h"

static bool has_chosen_port(const struct trace *trace, const struct connection *connection,
			    enum end end)
{
	const struct socket *socket = connection->ends[end];

	return socket && connection->port[end] &&
	       port_is_chosen(trace, (const struct entry *)socket);
}

static void tell_syn(struct trace *trace, struct connection *connection,
		     const struct segment *segment)
{
	struct moment moment = moment_at(connection, segment->sender,
					 segment->again ? MOMENT_SYN_AGAIN : MOMENT_SYN,
					 segment->time_ns);

	if (segment->again) {
		moment_arg_time(&moment, 0, connection->syn_ns, segment->time_ns);
	} else {
		moment_arg_number(&moment, 0, segment->raw_seq);
		moment_arg_count(&moment, 1, segment->window);
		moment_arg_number(&moment, 2, connection->port[segment->sender]);
		moment.variant = has_chosen_port(trace, connection, segment->sender) ? 1 : 0;
		if (segment->sender == END_SERVER)
			moment.variant = 2;
	}
	moment_publish(trace, connection, &moment);
}

static void tell_syn_ack(struct trace *trace, struct connection *connection,
			 const struct segment *segment)
{
	struct moment moment = moment_at(connection, segment->sender,
					 segment->again ? MOMENT_SYN_ACK_AGAIN : MOMENT_SYN_ACK,
					 segment->time_ns);

	if (segment->again) {
		moment_arg_time(&moment, 0, connection->syn_ack_ns, segment->time_ns);
	} else {
		connection->syn_ack_ns = segment->time_ns;
		moment_arg_number(&moment, 0, segment->raw_seq);
		moment_arg_number(&moment, 1, segment->raw_ack);
		moment.variant = connection->itself ? 2 : connection->both_connected ? 1 : 0;
	}
	moment_publish(trace, connection, &moment);
}

static void tell_retransmit(struct trace *trace, struct connection *connection,
			    const struct segment *segment)
{
	struct moment moment =
		moment_at(connection, segment->sender, MOMENT_RETRANSMIT, segment->time_ns);

	if (!moment_first(connection, segment->sender, MOMENT_RETRANSMIT))
		return;
	moment_arg_count(&moment, 0, segment->length);
	moment_arg_count(&moment, 1, segment->seq);
	moment_publish(trace, connection, &moment);
}

static void tell_window_zero(struct trace *trace, struct connection *connection,
			     const struct segment *segment)
{
	struct moment moment =
		moment_at(connection, segment->sender, MOMENT_WINDOW_ZERO, segment->time_ns);

	if (moment_first(connection, segment->sender, MOMENT_WINDOW_ZERO))
		moment_publish(trace, connection, &moment);
}

void moment_segment(struct trace *trace, struct connection *connection,
		    const struct segment *segment)
{
	bool seen_twice = segment->received && connection->ends[segment->sender];

	if (seen_twice || segment->flags & SEGMENT_RST)
		return;
	if (segment->flags & SEGMENT_SYN) {
		if (segment->flags & SEGMENT_ACK)
			tell_syn_ack(trace, connection, segment);
		else
			tell_syn(trace, connection, segment);
		return;
	}
	if (segment->again && segment->length)
		tell_retransmit(trace, connection, segment);
	if (!segment->window && segment->flags & SEGMENT_ACK)
		tell_window_zero(trace, connection, segment);
}

/* By connect(), and not as a listener's child. */
static bool socket_connected(const struct connection *connection, enum end end)
{
	return end == END_CLIENT || connection->both_connected;
}

static void tell_established(struct trace *trace, struct connection *connection,
			     const struct state_change *change)
{
	bool server = change->socket->end == END_SERVER;
	struct moment moment = moment_at(
		connection, change->socket->end,
		server ? MOMENT_SERVER_ESTABLISHED : MOMENT_CLIENT_ESTABLISHED, change->time_ns);

	if (change->old_state == TCP_SYN_RECV &&
	    socket_connected(connection, change->socket->end)) {
		moment.variant = 2;
		moment_arg_time(&moment, 0, connection->syn_ns, change->time_ns);
	} else if (server) {
		moment.variant = change->duration_known ? 0 : 1;
		fmt_duration(moment_arg(&moment, 0), WORDS_ARG_SIZE, change->duration_ns);
	} else {
		moment.variant = connection->syn_ns ? 0 : 1;
		moment_arg_time(&moment, 0, connection->syn_ns, change->time_ns);
	}
	moment_publish(trace, connection, &moment);
}

static void tell_close(struct trace *trace, struct connection *connection,
		       const struct state_change *change)
{
	enum end end = change->socket->end;
	const struct direction *at = &connection->flow[end].at;
	struct moment moment = moment_at(connection, end, MOMENT_CLOSE, change->time_ns);

	moment_sent(trace, connection, end);
	moment.variant = at->handed > at->sent ? 0 : 1;
	moment_arg_text(&moment, 0, change->detail[0] ? change->detail : "FIN");
	moment_arg_count(&moment, 1, at->handed - at->sent);
	moment_publish(trace, connection, &moment);
}

static void tell_fin_received(struct trace *trace, struct connection *connection,
			      const struct state_change *change)
{
	enum end end = change->socket->end;
	const struct direction *at = &connection->flow[other_end(end)].at;
	struct moment moment = moment_at(connection, end, MOMENT_FIN_RECEIVED, change->time_ns);

	moment.variant = at->received > at->read ? 0 : 1;
	moment_arg_count(&moment, 0, at->received - at->read);
	moment_publish(trace, connection, &moment);
}

void moment_reset(struct trace *trace, struct connection *connection, const struct entry *entry,
		  uint64_t time_ns)
{
	enum end end = entry->socket.end;
	struct moment moment = moment_at(connection, end, MOMENT_RESET, time_ns);

	if ((!entry->reset_received && !entry->reset_sent) ||
	    !moment_first(connection, end, MOMENT_RESET))
		return;
	moment_sent(trace, connection, END_CLIENT);
	moment_sent(trace, connection, END_SERVER);
	moment.variant = entry->reset_received ? 1 : 0;
	moment.reason = ending_reset(connection);
	moment.reason_end = connection->reset_by;
	moment_arg_count(&moment, 0, connection->reset_unread);
	moment_publish(trace, connection, &moment);
}

void moment_state(struct trace *trace, struct connection *connection,
		  const struct state_change *change)
{
	struct moment moment =
		moment_at(connection, change->socket->end, MOMENT_TIME_WAIT, change->time_ns);

	switch (change->new_state) {
	case TCP_ESTABLISHED:
		tell_established(trace, connection, change);
		break;
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		if (change->old_state == TCP_CLOSE_WAIT)
			moment_half_closed(trace, connection, change);
		tell_close(trace, connection, change);
		break;
	case TCP_CLOSE_WAIT:
		tell_fin_received(trace, connection, change);
		break;
	case TCP_TIME_WAIT:
		if (change->old_state == TCP_FIN_WAIT2)
			moment_half_closed(trace, connection, change);
		moment.variant = change->old_state == TCP_CLOSING ? 1 : 0;
		if (connection->itself)
			moment.variant = 2;
		moment_publish(trace, connection, &moment);
		break;
	case TCP_CLOSE:
		if (change->old_state == TCP_SYN_SENT)
			moment_failed_later(trace, connection, change->time_ns);
		else
			moment_reset(trace, connection, (const struct entry *)change->socket,
				     change->time_ns);
		break;
	}
}
