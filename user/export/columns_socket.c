/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The columns of sockets.csv and states.csv. What isn't known is left empty, never 0. */
#include <sys/socket.h>

#include "user/export/column_tables.h"
#include "user/model/names.h"

#define SOCKET(member) FIELD(struct socket_row, socket.member)
#define STATE(member) FIELD(struct state_change, member)

static const struct socket *socket_of(const void *row)
{
	return &((const struct socket_row *)row)->socket;
}

static bool has_connection(const void *row)
{
	return ((const struct socket_row *)row)->connection != 0;
}

static bool has_family(const void *row)
{
	return socket_of(row)->identity.family != 0;
}

static bool has_protocol(const void *row)
{
	return socket_of(row)->identity.protocol != 0;
}

static bool has_type(const void *row)
{
	return socket_of(row)->identity.type != 0;
}

static bool has_local(const void *row)
{
	return socket_of(row)->has_local;
}

static bool has_remote(const void *row)
{
	return socket_of(row)->has_remote;
}

static bool has_netns(const void *row)
{
	return socket_of(row)->identity.netns != 0;
}

static bool has_cookie(const void *row)
{
	return socket_of(row)->identity.cookie != 0;
}

static bool has_inode(const void *row)
{
	return socket_of(row)->identity.inode != 0;
}

static bool has_listener(const void *row)
{
	return socket_of(row)->identity.listener != 0;
}

static bool has_owner(const void *row)
{
	return socket_of(row)->owner_tgid != 0;
}

static bool has_fd(const void *row)
{
	return socket_of(row)->fd >= 0;
}

static bool has_state(const void *row)
{
	return socket_of(row)->state != 0;
}

static bool has_error(const void *row)
{
	return socket_of(row)->error != 0;
}

static bool listens(const void *row)
{
	return socket_of(row)->backlog_limit != 0;
}

/* The queue of a listener is told as its backlog. */
static bool queue_known(const void *row, uint8_t fact)
{
	const struct record_sample_other *last = &socket_of(row)->queues.last;

	return queues_tell(last, fact) && !last->listens;
}

#define QUEUE_KNOWN(name, fact)                  \
	static bool name(const void *row)        \
	{                                        \
		return queue_known(row, (fact)); \
	}

QUEUE_KNOWN(recv_known, OTHER_RECV_QUEUE)
QUEUE_KNOWN(send_known, OTHER_SEND_QUEUE)
QUEUE_KNOWN(messages_known, OTHER_MESSAGES)
QUEUE_KNOWN(drops_known, OTHER_DROPS)

static bool has_own_pid(const void *row)
{
	return socket_of(row)->owner_own_tgid != 0;
}

static void get_side(struct value *value, const void *row)
{
	value_end(value, socket_of(row)->end);
}

static void get_family(struct value *value, const void *row)
{
	value_word(value, name_family(socket_of(row)->identity.family));
}

static void get_type(struct value *value, const void *row)
{
	value_word(value, name_socket_type(socket_of(row)->identity.type));
}

static void get_protocol(struct value *value, const void *row)
{
	value_word(value, name_protocol(socket_of(row)->identity.protocol));
}

static void get_local(struct value *value, const void *row)
{
	const struct record_socket *identity = &socket_of(row)->identity;

	value_word(value, fmt_address(value->store, sizeof(value->store), identity->local_address,
				      identity->family, identity->scope));
}

static void get_remote(struct value *value, const void *row)
{
	const struct record_socket *identity = &socket_of(row)->identity;

	value_word(value, fmt_address(value->store, sizeof(value->store), identity->remote_address,
				      identity->family, identity->scope));
}

static void get_origin(struct value *value, const void *row)
{
	static const char *const names[] = {
		[ORIGIN_CREATED] = "created",	  [ORIGIN_CHILD] = "child",
		[ORIGIN_INHERITED] = "inherited", [ORIGIN_FIRST_USE] = "first_use",
		[ORIGIN_EXISTING] = "existing",	  [ORIGIN_PEER] = "peer",
	};
	unsigned int origin = socket_of(row)->identity.origin;

	bool known = origin < sizeof(names) / sizeof(names[0]) && names[origin];

	value_word(value, known ? names[origin] : "?");
}

static void get_comm(struct value *value, const void *row)
{
	value_foreign(value, socket_of(row)->owner_comm, RECORD_COMM_SIZE);
}

static void get_state(struct value *value, const void *row)
{
	value_word(value, name_state(socket_of(row)->state));
}

static void get_error(struct value *value, const void *row)
{
	value_errno(value, socket_of(row)->error);
}

const struct column socket_columns[SOCKET_COLUMNS] = {
	TIME_COLUMNS_OF(struct socket_row, socket.first_ns),
	{ "last_s", "time of the socket's last event, as t_s", VALUE_SECONDS, SOCKET(last_ns) },
	{ "last_ns", "the same in nanoseconds", VALUE_TIME, SOCKET(last_ns) },
	{ "socket", "number of the socket in this capture", VALUE_UINT, SOCKET(id) },
	{ "connection", "number of its connection", VALUE_UINT, .known = has_connection,
	  FIELD(struct socket_row, connection) },
	{ "side", "client (it called connect) or server", VALUE_WORD, .known = has_connection,
	  .get = get_side },
	{ "family", "IPv4, IPv6 or UNIX", VALUE_WORD, .known = has_family, .get = get_family },
	{ "socket_type", "stream, dgram, raw or seqpacket", VALUE_WORD, .known = has_type,
	  .get = get_type },
	{ "protocol", "TCP, UDP, ...", VALUE_WORD, .known = has_protocol, .get = get_protocol },
	{ "local_address", "own address", VALUE_WORD, .known = has_local, .get = get_local },
	{ "local_port", "own port", VALUE_UINT, .known = has_local, SOCKET(identity.local_port) },
	{ "remote_address", "address of the peer", VALUE_WORD, .known = has_remote,
	  .get = get_remote },
	{ "remote_port", "port of the peer", VALUE_UINT, .known = has_remote,
	  SOCKET(identity.remote_port) },
	{ "netns", "inode number of its network namespace", VALUE_UINT, .known = has_netns,
	  SOCKET(identity.netns) },
	{ "cookie", "SO_COOKIE, as ss -e shows it", VALUE_UINT, .known = has_cookie,
	  SOCKET(identity.cookie) },
	{ "inode", "inode number, as ss -e shows it", VALUE_UINT, .known = has_inode,
	  SOCKET(identity.inode) },
	{ "listener", "socket number of the listener that made it", VALUE_UINT,
	  .known = has_listener, SOCKET(identity.listener) },
	{ "origin", "created, child (of a listener), inherited, first_use, existing, or peer",
	  VALUE_WORD, .known = has_family, .get = get_origin },
	{ "pid", "process that used it last", VALUE_UINT, .known = has_owner, SOCKET(owner_tgid) },
	{ "tid", "thread that used it last", VALUE_UINT, .known = has_owner, SOCKET(owner_tid) },
	{ "comm", "name of that thread", VALUE_FOREIGN, .known = has_owner, .get = get_comm },
	{ "fd", "file descriptor in that process", VALUE_INT, .known = has_fd, SOCKET(fd) },
	{ "final_state", "TCP state at the end of the capture", VALUE_WORD, .known = has_state,
	  .get = get_state },
	{ "error", "error that its connection ended with", VALUE_WORD, .known = has_error,
	  .get = get_error },
	{ "backlog_limit", "listener: limit of the accept queue", VALUE_UINT, .known = listens,
	  SOCKET(backlog_limit) },
	{ "backlog_peak", "listener: largest length of the accept queue", VALUE_UINT,
	  .known = listens, SOCKET(backlog_peak) },
	{ "syns_refused", "listener: SYNs that found the accept queue full", VALUE_UINT,
	  .known = listens, SOCKET(syns_refused_full) },
	{ "own_pid", "number of that process in its own pid namespace, when it differs", VALUE_UINT,
	  .known = has_own_pid, SOCKET(owner_own_tgid) },
	{ "recv_q", "UDP, raw, UNIX: bytes in the receive queue when it was last seen", VALUE_UINT,
	  .known = recv_known, SOCKET(queues.last.recv_queue) },
	{ "recv_q_peak", "the most that were seen there", VALUE_UINT, .known = recv_known,
	  SOCKET(queues.recv_peak) },
	{ "send_q", "UDP, raw, UNIX: bytes in the send buffer when it was last seen", VALUE_UINT,
	  .known = send_known, SOCKET(queues.last.send_queue) },
	{ "send_q_peak", "the most that were seen there", VALUE_UINT, .known = send_known,
	  SOCKET(queues.send_peak) },
	{ "messages", "messages in that receive queue; empty for a stream", VALUE_UINT,
	  .known = messages_known, SOCKET(queues.last.messages) },
	{ "messages_peak", "the most that were seen there", VALUE_UINT, .known = messages_known,
	  SOCKET(queues.messages_peak) },
	{ "drops", "UDP, raw: datagrams that found no room", VALUE_UINT, .known = drops_known,
	  SOCKET(queues.last.drops) },
};

static const struct state_change *change_of(const void *row)
{
	return row;
}

static bool change_has_connection(const void *row)
{
	return change_of(row)->socket->connection;
}

static bool change_has_old(const void *row)
{
	return change_of(row)->old_state != 0;
}

static bool change_has_duration(const void *row)
{
	return change_of(row)->duration_known;
}

static bool change_has_detail(const void *row)
{
	return change_of(row)->detail[0];
}

static bool change_has_owner(const void *row)
{
	return change_of(row)->owner_tgid != 0;
}

static bool change_has_comm(const void *row)
{
	return change_of(row)->owner_tid != 0 &&
	       change_of(row)->owner_tid == change_of(row)->socket->owner_tid;
}

static void change_socket(struct value *value, const void *row)
{
	value->number = change_of(row)->socket->id;
}

static void change_connection(struct value *value, const void *row)
{
	value->number = change_of(row)->socket->connection->id;
}

static void change_side(struct value *value, const void *row)
{
	value_end(value, change_of(row)->socket->end);
}

static void change_old(struct value *value, const void *row)
{
	value_word(value, name_state(change_of(row)->old_state));
}

static void change_new(struct value *value, const void *row)
{
	value_word(value, name_state(change_of(row)->new_state));
}

static void change_cause(struct value *value, const void *row)
{
	value_word(value, name_cause(change_of(row)->cause));
}

static void change_detail(struct value *value, const void *row)
{
	value_word(value, change_of(row)->detail);
}

static void change_comm(struct value *value, const void *row)
{
	value_foreign(value, change_of(row)->socket->owner_comm, RECORD_COMM_SIZE);
}

const struct column state_columns[STATE_COLUMNS] = {
	TIME_COLUMNS_OF(struct state_change, time_ns),
	{ "socket", "number of the socket", VALUE_UINT, .get = change_socket },
	{ "connection", "number of its connection", VALUE_UINT, .known = change_has_connection,
	  .get = change_connection },
	{ "side", "client or server", VALUE_WORD, .known = change_has_connection,
	  .get = change_side },
	{ "old_state", "state that was left", VALUE_WORD, .known = change_has_old,
	  .get = change_old },
	{ "new_state", "state that was entered", VALUE_WORD, .get = change_new },
	{ "duration_ns", "nanoseconds spent in old_state; empty when its beginning was not seen",
	  VALUE_UINT, .known = change_has_duration, STATE(duration_ns) },
	{ "cause", "call, segment, timer, error or unknown", VALUE_WORD, .get = change_cause },
	{ "detail", "which call, segment or error", VALUE_WORD, .known = change_has_detail,
	  .get = change_detail },
	{ "pid", "process that owns the socket", VALUE_UINT, .known = change_has_owner,
	  STATE(owner_tgid) },
	{ "tid", "thread that owns the socket", VALUE_UINT, .known = change_has_owner,
	  STATE(owner_tid) },
	{ "comm", "name of that thread", VALUE_FOREIGN, .known = change_has_comm,
	  .get = change_comm },
};
