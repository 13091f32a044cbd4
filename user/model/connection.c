/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When a connection begins, which two sockets are its ends, and when it is
 * over. Ends are joined by both endpoints and the client's initial sequence
 * number, so two network namespaces and reused ports are told apart.
 */
#include "user/model/connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "user/model/internal.h"

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;

	while (length--)
		hash = (hash ^ *byte++) * 0x100000001b3ULL;
	return hash;
}

static uint64_t tuple_key(const struct connection *connection)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	hash = hash_bytes(hash, connection->address, sizeof(connection->address));
	return hash_bytes(hash, connection->port, sizeof(connection->port));
}

static bool same_tuple(const struct connection *a, const struct connection *b)
{
	return !memcmp(a->address, b->address, sizeof(a->address)) &&
	       !memcmp(a->port, b->port, sizeof(a->port));
}

struct connection *connection_new(struct trace *trace, uint64_t time_ns)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	if (trace->connection_count == trace->connection_room) {
		unsigned int room = trace->connection_room ? 2 * trace->connection_room : 16;
		void *larger = realloc(trace->connections, room * sizeof(*trace->connections));

		if (!larger) {
			free(connection);
			return NULL;
		}
		trace->connections = larger;
		trace->connection_room = room;
	}
	if (trace->connections_begun < TRACE_DETAILED)
		connection->detail = calloc(1, sizeof(*connection->detail));
	trace->connections[trace->connection_count++] = connection;
	connection->id = ++trace->connections_begun;
	connection->segments_known = trace->segments_known;
	connection->segments_unasked = trace->segments_unasked;
	connection->calls_known = trace->calls_known;
	connection->bytes_known = trace->bytes_known;
	connection->places_known = trace->places_known;
	connection->places_unasked = trace->places_unasked;
	connection->sleeps_known = trace->sleeps_known;
	connection->segments_sure = trace->segments_sure;
	connection->first_ns = time_ns;
	connection->last_ns = time_ns;
	return connection;
}

void connection_free(struct connection *connection)
{
	for (int end = 0; end < END_COUNT; end++)
		for (int kind = 0; kind < CALL_KINDS; kind++)
			free(connection->calls[end][kind]);
	free(connection->detail);
	free(connection);
}

static void learn_side(struct connection *connection, enum end end, const uint8_t *address,
		       uint16_t port)
{
	if (!port)
		return;
	memcpy(connection->address[end], address, RECORD_ADDRESS_SIZE);
	connection->port[end] = port;
}

static bool same_endpoints(const struct connection *connection)
{
	return connection->port[END_CLIENT] &&
	       connection->port[END_CLIENT] == connection->port[END_SERVER] &&
	       !memcmp(connection->address[END_CLIENT], connection->address[END_SERVER],
		       RECORD_ADDRESS_SIZE);
}

/* What arrives at such a socket is what it has sent. Addresses don't change once bytes came. */
static void note_itself(struct connection *connection)
{
	const struct direction *back = &connection->flow[END_SERVER].at;

	if (connection->itself || !connection->ends[END_CLIENT] || connection->ends[END_SERVER] ||
	    back->handed || !same_endpoints(connection))
		return;
	connection->itself = true;
	connection->flow[END_CLIENT].at.receiver_seen = true;
	connection->flow[END_SERVER].at.receiver_seen = false;
}

void connection_addresses(struct connection *connection, const struct entry *entry)
{
	const struct record_socket *identity = &entry->socket.identity;
	enum end end = entry->socket.end;

	learn_side(connection, end, identity->local_address, identity->local_port);
	learn_side(connection, other_end(end), identity->remote_address, identity->remote_port);
	if (!connection->family || end == END_CLIENT)
		connection->family = identity->family;
	if (identity->scope)
		connection->scope = identity->scope;
	note_itself(connection);
}

/* The listener's own calls and state stand at the top of the ladder of what it accepts. */
static void tell_listener_story(struct trace *trace, struct connection *connection,
				const struct entry *listener)
{
	struct state_change listening = {
		.time_ns = listener->socket.state_since_ns,
		.socket = &listener->socket,
		.new_state = TCP_LISTEN,
	};
	const struct task *task;
	size_t at = 0;

	for (int i = 0; i < listener->early_count; i++)
		ladder_call(connection, END_SERVER, &listener->early[i]);
	if (listener->socket.state == TCP_LISTEN)
		ladder_state(connection, END_SERVER, &listening);
	while ((task = map_next(&trace->tasks, &at))) {
		if (task->in_call && task->call.socket == &listener->socket)
			ladder_call_enter(connection, END_SERVER, &task->call);
	}
}

int connection_attach(struct trace *trace, struct connection *connection, struct entry *entry,
		      enum end end)
{
	bool first = !connection->ends[END_CLIENT] && !connection->ends[END_SERVER];
	struct entry *listener = NULL;

	entry->socket.connection = connection;
	entry->socket.end = end;
	entry->socket.gone_before = entry->folded = false;
	entry->connections++;
	connection->ends[end] = &entry->socket;
	connection->flow[end].at.sender_seen = true;
	connection->flow[other_end(end)].at.receiver_seen = true;
	connection_addresses(connection, entry);

	if (end == END_SERVER && entry->socket.identity.listener)
		listener = map_get(&trace->sockets, entry->socket.identity.listener);
	if (listener) {
		connection->listener = &listener->socket;
		listener->connections++;
		if (connection->detail)
			tell_listener_story(trace, connection, listener);
	}
	call_replay_early(trace, connection, entry, end);
	if (first)
		tell(trace, connection, connection);
	tell(trace, socket, &entry->socket);
	return 0;
}

/* A socket may connect again after a failure: nothing of its last attempt counts. */
static void forget_attempt(struct entry *entry)
{
	entry->reset_received = false;
	entry->reset_sent = false;
	entry->mini = false;
	entry->reset_reason = REASON_UNKNOWN;
	entry->unread = 0;
	entry->fin_received = entry->shut_read = entry->shut_write = false;
	entry->turn = (struct turn){ 0 };
	entry->socket.error = 0;
}

static int begin(struct trace *trace, struct entry *entry, enum end end, uint64_t time_ns)
{
	struct connection *connection = connection_new(trace, time_ns);

	if (!connection)
		return -ENOMEM;
	if (entry->socket.connection)
		forget_attempt(entry);
	return connection_attach(trace, connection, entry, end);
}

static int begin_attempt(struct trace *trace, struct entry *entry, uint64_t time_ns)
{
	struct connection *other = opening_joined(trace, entry);

	if (!other)
		return begin(trace, entry, END_CLIENT, time_ns);
	if (entry->socket.connection)
		forget_attempt(entry);
	return opening_join(trace, other, entry);
}

int connection_connecting(struct trace *trace, struct entry *entry, uint64_t time_ns)
{
	struct connection *connection;
	int err = 0;

	if (!entry->socket.connection || entry->socket.connection->finished)
		err = begin_attempt(trace, entry, time_ns);
	if (err)
		return err;
	connection = entry->socket.connection;
	connection->tried = true;
	return connection->port[END_CLIENT] && connection->port[END_SERVER]
		       ? connection_remember(trace, connection)
		       : 0;
}

void connection_isn(struct connection *connection, enum end end, uint32_t isn)
{
	if (connection->isn_known[end])
		return;
	connection->isn[end] = isn;
	connection->isn_known[end] = true;
}

void connection_forget_tuple(struct trace *trace, struct connection *connection)
{
	if (connection->tuple_key && map_get(&trace->tuples, connection->tuple_key) == connection)
		map_remove(&trace->tuples, connection->tuple_key);
	connection->tuple_key = 0;
}

int connection_remember(struct trace *trace, struct connection *connection)
{
	uint64_t key = tuple_key(connection);

	if (connection->tuple_key != key)
		connection_forget_tuple(trace, connection);
	connection->tuple_key = key;
	return map_put(&trace->tuples, key, connection);
}

static int client_syn(struct trace *trace, struct entry *entry,
		      const struct record_segment *segment)
{
	int err = connection_connecting(trace, entry, segment->header.time_ns);
	struct connection *connection = entry->socket.connection;

	if (err)
		return err;
	if (!connection->syn_ns)
		connection->syn_ns = segment->header.time_ns;
	trace_syn(trace, segment->header.time_ns);
	connection_isn(connection, entry->socket.end, segment->seq);
	connection_addresses(connection, entry);
	return connection_remember(trace, connection);
}

struct connection *connection_of_end(const struct trace *trace, const struct entry *entry,
				     enum end end)
{
	const struct record_socket *identity = &entry->socket.identity;
	struct connection wanted = { 0 }, *found;

	learn_side(&wanted, end, identity->local_address, identity->local_port);
	learn_side(&wanted, other_end(end), identity->remote_address, identity->remote_port);
	found = map_get(&trace->tuples, tuple_key(&wanted));
	return found && same_tuple(found, &wanted) && !found->ends[end] && !found->itself ? found
											  : NULL;
}

/* The connection whose client end is traced and sent this SYN; NULL: none. */
static struct connection *client_of(const struct trace *trace, const struct entry *entry,
				    uint32_t isn)
{
	struct connection *found = connection_of_end(trace, entry, END_SERVER);

	return found && found->isn_known[END_CLIENT] && found->isn[END_CLIENT] == isn ? found
										      : NULL;
}

/* The connection whose server end is traced and received this client's SYN; NULL: none. */
static struct connection *server_of(const struct trace *trace, const struct entry *entry,
				    uint32_t isn)
{
	const struct record_socket *identity = &entry->socket.identity;
	struct connection wanted = { 0 }, *found;

	learn_side(&wanted, END_CLIENT, identity->local_address, identity->local_port);
	learn_side(&wanted, END_SERVER, identity->remote_address, identity->remote_port);
	found = map_get(&trace->tuples, tuple_key(&wanted));
	if (!found || !same_tuple(found, &wanted) || found->ends[END_CLIENT])
		return NULL;
	return found->isn_known[END_CLIENT] && found->isn[END_CLIENT] == isn ? found : NULL;
}

static int join_server_or_begin(struct trace *trace, struct entry *entry, uint32_t isn,
				uint64_t time_ns)
{
	struct connection *connection = server_of(trace, entry, isn);

	if (connection)
		return connection_attach(trace, connection, entry, END_CLIENT);
	return begin(trace, entry, END_CLIENT, time_ns);
}

static int join_or_begin(struct trace *trace, struct entry *entry, uint32_t isn, uint64_t time_ns)
{
	struct connection *connection = client_of(trace, entry, isn);

	if (connection)
		return connection_attach(trace, connection, entry, END_SERVER);
	return begin(trace, entry, END_SERVER, time_ns);
}

static int server_syn(struct trace *trace, struct entry *entry,
		      const struct record_segment *segment)
{
	struct connection *connection = entry->socket.connection;
	int err;

	if (connection) {
		connection_isn(connection, other_end(entry->socket.end), segment->seq);
		return 0;
	}
	entry->syn_ns = segment->header.time_ns;
	err = join_or_begin(trace, entry, segment->seq, segment->header.time_ns);
	if (err)
		return err;
	connection = entry->socket.connection;
	connection_isn(connection, END_CLIENT, segment->seq);
	if (!connection->syn_ns)
		connection->syn_ns = segment->header.time_ns;
	trace_syn(trace, segment->header.time_ns);
	return connection->ends[END_CLIENT] ? 0 : connection_remember(trace, connection);
}

int connection_syn(struct trace *trace, struct entry *entry, const struct record_segment *segment)
{
	bool answer = segment->flags & SEGMENT_ACK;
	enum end end = entry->socket.end;

	if (!answer)
		return segment->received ? server_syn(trace, entry, segment)
					 : client_syn(trace, entry, segment);
	if (entry->socket.connection)
		connection_isn(entry->socket.connection, segment->received ? other_end(end) : end,
			       segment->seq);
	return 0;
}

int connection_established(struct trace *trace, struct entry *entry,
			   const struct record_state *record)
{
	const struct record_positions *at = &record->positions;
	enum end end;
	int err;

	if (!entry->socket.connection) {
		bool server = record->old_state == TCP_SYN_RECV;

		err = server ? join_or_begin(trace, entry, at->rcv_nxt - 1, record->header.time_ns)
			     : join_server_or_begin(trace, entry, at->snd_una - 1,
						    record->header.time_ns);
		if (err)
			return err;
	}
	end = entry->socket.end;
	connection_isn(entry->socket.connection, end, at->snd_una - 1);
	connection_isn(entry->socket.connection, other_end(end), at->rcv_nxt - 1);
	entry->socket.connection->established_ns[end] = record->header.time_ns;
	if (end == END_CLIENT)
		wait_ended(entry->socket.connection, record->header.time_ns, 0);
	return end == END_CLIENT ? connection_remember(trace, entry->socket.connection) : 0;
}

/* connect() failed: with or without a SYN, there was an attempt to tell of. */
int connection_failed(struct trace *trace, struct entry *entry, const struct call *call)
{
	struct connection *connection = entry->socket.connection;

	/* The call only fetches the error of an attempt that failed after the last one. */
	if (connection && connection->failed_later && connection->connect_error == -call->result)
		return 0;
	if (!connection || (connection->finished && connection->last_ns < call->enter_ns)) {
		int err = begin(trace, entry, END_CLIENT, call->enter_ns);

		if (err)
			return err;
		connection = entry->socket.connection;
	}
	if (call->has_address && !connection->port[END_SERVER])
		learn_side(connection, END_SERVER, call->address, call->port);
	connection->older |= call->found;
	connection->connect_error = (int)-call->result;
	connection->connect_ns = span_ns(call->enter_ns, call->return_ns);
	fold_over(trace, connection);
	return 0;
}

bool address_is_wildcard(const uint8_t address[RECORD_ADDRESS_SIZE])
{
	static const uint8_t ipv6[RECORD_ADDRESS_SIZE],
		ipv4[RECORD_ADDRESS_SIZE] = { [10] = 0xff, 0xff };

	return !memcmp(address, ipv6, sizeof(ipv6)) || !memcmp(address, ipv4, sizeof(ipv4));
}

void connection_find_listener(struct trace *trace, struct connection *connection)
{
	const uint8_t *address = connection->address[END_SERVER];
	const struct entry *entry;
	size_t at = 0;

	while (!connection->listener_seen && (entry = map_next(&trace->listeners, &at))) {
		const struct record_socket *identity = &entry->socket.identity;

		connection->listener_seen =
			identity->local_port == connection->port[END_SERVER] &&
			(address_is_wildcard(identity->local_address) ||
			 !memcmp(identity->local_address, address, RECORD_ADDRESS_SIZE));
	}
}

/* A FIN_WAIT2 of which nothing more will be heard is as far as can be told. */
static bool is_over(const struct socket *socket)
{
	return !socket || !socket->state || socket->state == TCP_CLOSE ||
	       socket->state == TCP_TIME_WAIT ||
	       (socket->state == TCP_FIN_WAIT2 && socket->connection->end_unknown);
}

bool connection_is_over(const struct connection *connection)
{
	return is_over(connection->ends[END_CLIENT]) && is_over(connection->ends[END_SERVER]);
}

void connection_check_finished(struct trace *trace, struct connection *connection, uint64_t time_ns)
{
	if (connection->finished || !connection_is_over(connection))
		return;
	connection->finished = true;
	connection->last_ns = time_ns;
	moment_last(trace, connection, time_ns);
	tell(trace, finished, connection);
	fold_over(trace, connection);
}
