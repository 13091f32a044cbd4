/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moments that calls, sleeps and reads bring, and the arguments of their captions. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "user/base/fmt.h"
#include "user/model/telling.h"

void moment_listen(struct trace *trace, const struct entry *entry, const struct call *call)
{
	const struct record_socket *identity = &entry->socket.identity;
	struct moment moment = {
		.time_ns = call->return_ns,
		.kind = MOMENT_LISTEN,
		.socket = &entry->socket,
	};

	if (!entry->socket.has_local)
		return;
	fmt_endpoint(moment_arg(&moment, 0), WORDS_ARG_SIZE, identity->local_address,
		     identity->family, identity->scope, identity->local_port);
	snprintf(moment_arg(&moment, 1), WORDS_ARG_SIZE, "%d", (int)call->flags);
	moment_arg_number(&moment, 2, identity->local_port);
	moment.variant = port_is_chosen(trace, entry) ? 1 : 0;
	moment_publish(trace, NULL, &moment);
}

/* With places_known what is open of all that was sent; 8: nobody was told. */
static unsigned int sent_variant(const struct connection *connection, const struct flow *flow,
				 uint64_t calls, uint64_t open)
{
	if (flow->killed_inside)
		return 8;
	if (!connection->places_known)
		return calls > 1 ? 10 : 9;
	return (flow->at_return.at.receiver_seen ? 0 : 2) + (open ? 0 : 1) + (calls > 1 ? 4 : 0);
}

/* The last send call of a direction, told when nothing more can come. */
void moment_sent(struct trace *trace, struct connection *connection, enum end sender)
{
	struct flow *flow = &connection->flow[sender];
	const struct bytes *then = &flow->at_return;
	bool read_known = then->at.receiver_seen;
	uint64_t open = then->at.handed - (read_known ? then->at.read : then->at.acked);
	uint64_t calls = connection_sends(connection, sender);
	struct moment moment = moment_at(connection, sender, MOMENT_SENT, flow->last_return_ns);

	if (!flow->last_return_ns || flow->last_return_ns == flow->told_return_ns)
		return;
	flow->told_return_ns = flow->last_return_ns;
	moment.variant = sent_variant(connection, flow, calls, open);
	moment_arg_count(&moment, 5, calls);
	moment_arg_text(&moment, 0, name_call(flow->last_call));
	moment_arg_count(&moment, 1, flow->last_moved_bytes);
	if (call_is_timed(flow->last_call))
		fmt_duration_seen(moment_arg(&moment, 2), WORDS_ARG_SIZE,
				  span_ns(flow->last_enter_ns, flow->last_return_ns),
				  !flow->last_found);
	else
		moment_arg_text(&moment, 2, "? s");
	moment_arg_count(&moment, 3, open);
	fmt_percent(moment_arg(&moment, 4), WORDS_ARG_SIZE, open, then->at.handed);
	moment_publish(trace, connection, &moment);
}

void moment_found(struct trace *trace, struct connection *connection, const struct entry *entry,
		  uint64_t time_ns)
{
	enum end end = entry->socket.end;
	const struct direction *out = &connection->flow[end].at;
	const struct direction *in = &connection->flow[other_end(end)].at;
	struct moment moment = moment_at(connection, end, MOMENT_FOUND, time_ns);

	moment_arg_text(&moment, 0, name_state(entry->socket.state));
	moment_arg_count(&moment, 1, out->handed);
	moment_arg_count(&moment, 2, out->handed - out->acked);
	moment_arg_count(&moment, 3, in->received);
	moment_arg_count(&moment, 4, in->received - in->read);
	moment.variant = found_in_queue(entry) ? 1 : 0;
	moment_publish(trace, connection, &moment);
}

void moment_call_enter(struct trace *trace, struct connection *connection, const struct call *call)
{
	enum end end = call->socket->end;
	struct moment moment = moment_at(connection, end, MOMENT_SEND, call->enter_ns);

	if (!call_sends(call->kind) || call->found || !moment_first(connection, end, MOMENT_SEND))
		return;
	moment_arg_text(&moment, 0, name_call(call->kind));
	moment_arg_count(&moment, 1, call->asked_bytes);
	moment.variant = call->asked_bytes ? 0 : 1;
	moment_publish(trace, connection, &moment);
}

static void tell_failed(struct trace *trace, struct connection *connection, uint64_t time_ns)
{
	struct moment moment = moment_at(connection, END_CLIENT, MOMENT_CONNECT_FAILED, time_ns);

	if (!moment_first(connection, END_CLIENT, MOMENT_CONNECT_FAILED))
		return;
	moment.reason = ending_failure(connection);
	moment_arg_text(&moment, 0, name_errno(connection->connect_error));
	fmt_duration_seen(moment_arg(&moment, 1), WORDS_ARG_SIZE, connection->connect_ns,
			  !connection->older);
	fmt_endpoint(moment_arg(&moment, 2), WORDS_ARG_SIZE, connection->address[END_SERVER],
		     connection->family, connection->scope, connection->port[END_SERVER]);
	moment_arg_count(&moment, 3, connection->syns);
	ending_syn_times(connection, moment_arg(&moment, 4), WORDS_ARG_SIZE);
	name_icmp(&connection->icmp, moment_arg(&moment, 5), WORDS_ARG_SIZE);
	if (moment.reason == REASON_QUEUE_FULL)
		moment_arg_count(&moment, 5, connection->syns_refused);
	moment_publish(trace, connection, &moment);
}

void moment_failed_later(struct trace *trace, struct connection *connection, uint64_t time_ns)
{
	if (connection->failed_later)
		tell_failed(trace, connection, time_ns);
}

/* On loopback the answer comes within the call. */
static unsigned int without_waiting(const struct connection *connection, enum end end)
{
	if (connection->connect_error)
		return 3;
	return connection->established_ns[end] ? 2 : 1;
}

static void tell_connect(struct trace *trace, struct connection *connection,
			 const struct call *call)
{
	struct moment moment =
		moment_at(connection, call->socket->end, MOMENT_CONNECTED, call->return_ns);

	if (connection->connect_error && call->result == -connection->connect_error) {
		tell_failed(trace, connection, call->return_ns);
		return;
	}
	if (call->result && call->result != -EINPROGRESS)
		return;
	moment.variant = call->result ? without_waiting(connection, call->socket->end) : 0;
	fmt_duration_seen(moment_arg(&moment, 0), WORDS_ARG_SIZE,
			  span_ns(call->enter_ns, call->return_ns), !call->found);
	moment_publish(trace, connection, &moment);
	if (connection->connect_error)
		tell_failed(trace, connection, call->return_ns);
}

static void tell_accept(struct trace *trace, struct connection *connection, const struct call *call)
{
	uint64_t ready_ns = connection->established_ns[END_SERVER];
	struct moment moment = moment_at(connection, END_SERVER, MOMENT_ACCEPTED, call->return_ns);

	if (call->result < 0)
		return;
	connection->accepted_ns = call->return_ns;
	snprintf(moment_arg(&moment, 0), WORDS_ARG_SIZE, "%lld", (long long)call->result);
	moment_arg_time(&moment, 1, ready_ns, call->return_ns);
	moment_arg_text(&moment, 2, name_call(call->kind));
	moment.variant = ready_ns ? 0 : 1;
	moment_publish(trace, connection, &moment);
}

void moment_call(struct trace *trace, struct connection *connection, const struct call *call)
{
	if (!call->finished)
		return;
	switch (call->kind) {
	case CALL_CONNECT:
		tell_connect(trace, connection, call);
		break;
	case CALL_ACCEPT:
	case CALL_ACCEPT4:
		tell_accept(trace, connection, call);
		break;
	default:
		if (call->sleeps && call->moved_bytes &&
		    !connection->flow[call->socket->end].told_return_ns)
			moment_sent(trace, connection, call->socket->end);
		moment_call_ends(trace, connection, call);
	}
}

void moment_asleep(struct trace *trace, struct connection *connection, const struct entry *entry)
{
	static const unsigned int variants[SLEEP_CAUSES] = {
		[SLEEP_NONE] = 2,   [SLEEP_PEER_WINDOW] = 0, [SLEEP_CONGESTION] = 1,
		[SLEEP_BUFFER] = 2, [SLEEP_LOWAT] = 3,	     [SLEEP_PACING] = 4,
	};
	const struct sleep *sleep = &entry->turn.sleep;
	enum end end = entry->socket.end;
	const struct direction *at = &connection->flow[end].at;
	struct moment moment = moment_at(connection, end, MOMENT_BUFFER_FULL, sleep->start_ns);

	if (!moment_first(connection, end, MOMENT_BUFFER_FULL))
		return;
	moment.variant = variants[sleep->cause];
	fmt_bytes(moment_arg(&moment, 0), WORDS_ARG_SIZE, sleep->wmem_at_start);
	fmt_bytes(moment_arg(&moment, 1), WORDS_ARG_SIZE, sleep->sndbuf_at_start);
	moment_arg_count(&moment, 2, sleep->left_bytes);
	moment_arg_count(&moment, 3, at->handed - at->sent);
	moment_publish(trace, connection, &moment);
}

void moment_woke(struct trace *trace, struct connection *connection, const struct entry *entry)
{
	const struct sleep *sleep = &entry->turn.sleep;
	enum end end = entry->socket.end;
	struct moment moment = moment_at(connection, end, MOMENT_WAKE, sleep->end_ns);
	/* sk_stream_write_space() waits until half of what is used is free. */
	bool by_the_rule = entry->turn.woken && sleep->cause != SLEEP_LOWAT &&
			   sleep->wmem_at_end < sleep->sndbuf_at_end &&
			   sleep->sndbuf_at_end - sleep->wmem_at_end >= sleep->wmem_at_end / 2;

	if (!moment_first(connection, end, MOMENT_WAKE))
		return;
	moment.variant = by_the_rule ? 0 : 1;
	fmt_bytes(moment_arg(&moment, 0), WORDS_ARG_SIZE, sleep->wmem_at_end);
	fmt_bytes(moment_arg(&moment, 1), WORDS_ARG_SIZE, sleep->sndbuf_at_end);
	fmt_duration_seen(moment_arg(&moment, 2), WORDS_ARG_SIZE,
			  span_ns(sleep->start_ns, sleep->end_ns), !entry->turn.found);
	moment_publish(trace, connection, &moment);
}

void moment_bytes(struct trace *trace, struct connection *connection, enum end sender,
		  uint64_t time_ns)
{
	const struct flow *flow = &connection->flow[sender];
	enum end reader = other_end(sender);
	bool all = connection->places_known && flow->at.end_known && flow->at.end &&
		   flow->at.receiver_seen && flow->at.read == flow->at.end;
	struct moment moment;

	if (!all || !moment_first(connection, reader, MOMENT_LAST_READ))
		return;
	moment_sent(trace, connection, sender);
	moment = moment_at(connection, reader, MOMENT_LAST_READ,
			   flow->last_read_ns ? flow->last_read_ns : time_ns);
	moment_arg_count(&moment, 0, flow->at.end);
	moment_arg_time(&moment, 1, flow->last_return_ns, moment.time_ns);
	moment.variant = flow->last_return_ns && moment.time_ns > flow->last_return_ns ? 0 : 1;
	moment_publish(trace, connection, &moment);
}

static bool keeps_time_wait(const struct connection *connection, enum end end)
{
	return connection->ends[end] && connection->ends[end]->state == TCP_TIME_WAIT;
}

static unsigned int closed_variant(const struct connection *connection)
{
	bool client = keeps_time_wait(connection, END_CLIENT);
	bool server = keeps_time_wait(connection, END_SERVER);

	if (client && server)
		return 3;
	if (client || server)
		return 0;
	return connection->ends[END_CLIENT] && connection->ends[END_SERVER] ? 1 : 2;
}

void moment_last(struct trace *trace, struct connection *connection, uint64_t time_ns)
{
	bool server = keeps_time_wait(connection, END_SERVER) || !connection->ends[END_CLIENT];
	struct moment moment =
		moment_at(connection, server ? END_SERVER : END_CLIENT, MOMENT_CLOSED, time_ns);

	moment_sent(trace, connection, END_CLIENT);
	moment_sent(trace, connection, END_SERVER);
	if (!connection->finished || connection->end_unknown || connection->connect_error ||
	    !moment_first(connection, END_CLIENT, MOMENT_CLOSED))
		return;
	moment.variant = closed_variant(connection);
	moment_publish(trace, connection, &moment);
}
