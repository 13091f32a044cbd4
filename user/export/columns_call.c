/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The columns of calls.csv. A size that a call doesn't have is an empty cell. */
#include <stdio.h>
#include <sys/socket.h>

#include "user/export/column_tables.h"
#include "user/model/names.h"

#define CALL(member) FIELD(struct call, member)

static const struct call *call_of(const void *row)
{
	return row;
}

static bool returned(const void *row)
{
	return call_of(row)->return_ns != 0;
}

static bool moves(const void *row)
{
	return call_sends(call_of(row)->kind) || call_receives(call_of(row)->kind);
}

static bool moved_known(const void *row)
{
	return moves(row) && !call_of(row)->moved_unknown;
}

static bool is_timed(const void *row)
{
	return call_is_timed(call_of(row)->kind);
}

static bool was_timed(const void *row)
{
	return returned(row) && is_timed(row);
}

static bool asks(const void *row)
{
	return moves(row) && is_timed(row);
}

static bool has_result(const void *row)
{
	return call_of(row)->return_ns && call_of(row)->finished;
}

static bool is_run(const void *row)
{
	return call_of(row)->run.count;
}

/* Of a run without error each call has another one. */
static bool has_one_result(const void *row)
{
	return has_result(row) && (!is_run(row) || call_of(row)->result < 0);
}

static bool failed(const void *row)
{
	return has_result(row) && call_of(row)->result < 0;
}

static bool has_fd(const void *row)
{
	return call_of(row)->fd >= 0 && call_of(row)->kind != CALL_SOCKET &&
	       call_of(row)->kind != CALL_SOCKETPAIR;
}

static bool has_socket(const void *row)
{
	return call_of(row)->socket;
}

static bool has_connection(const void *row)
{
	return has_socket(row) && call_of(row)->socket->connection;
}

static bool has_flags(const void *row)
{
	return (moves(row) && call_of(row)->flags) || call_of(row)->kind == CALL_SHUTDOWN;
}

static bool listens(const void *row)
{
	return call_of(row)->kind == CALL_LISTEN;
}

static bool sets_option(const void *row)
{
	return call_of(row)->kind == CALL_SETSOCKOPT;
}

static bool sends(const void *row)
{
	return call_sends(call_of(row)->kind);
}

static bool sleeps_known(const void *row)
{
	return sends(row) && call_of(row)->sleeps_known;
}

static bool has_reader(const void *row)
{
	return call_of(row)->reader_tgid;
}

static bool has_attempt(const void *row)
{
	return call_of(row)->attempt;
}

static bool accepted(const void *row)
{
	return call_of(row)->accept.known;
}

static bool has_address(const void *row)
{
	return call_of(row)->has_address;
}

static bool has_other(const void *row)
{
	return call_of(row)->other;
}

static void get_time(struct value *value, const void *row)
{
	value->number = returned(row) ? call_of(row)->return_ns : call_of(row)->enter_ns;
}

static void get_inside(struct value *value, const void *row)
{
	value->number = call_inside_ns(call_of(row));
}

static void get_calls(struct value *value, const void *row)
{
	value->number = call_count(call_of(row));
}

static void get_call(struct value *value, const void *row)
{
	value_word(value, name_call(call_of(row)->kind));
}

static void get_comm(struct value *value, const void *row)
{
	value_foreign(value, call_of(row)->comm, RECORD_COMM_SIZE);
}

static void get_socket(struct value *value, const void *row)
{
	value->number = call_of(row)->socket->id;
}

static void get_connection(struct value *value, const void *row)
{
	value->number = call_of(row)->socket->connection->id;
}

static void get_side(struct value *value, const void *row)
{
	value_end(value, call_of(row)->socket->end);
}

static void get_error(struct value *value, const void *row)
{
	value_errno(value, (int)-call_of(row)->result);
}

static void get_flags(struct value *value, const void *row)
{
	static const char *const how[] = { "SHUT_RD", "SHUT_WR", "SHUT_RDWR" };
	uint32_t flags = call_of(row)->flags;

	if (call_of(row)->kind != CALL_SHUTDOWN)
		name_msg_flags(flags, value->store, sizeof(value->store));
	else
		snprintf(value->store, sizeof(value->store), "%s", flags < 3 ? how[flags] : "?");
	value_word(value, value->store);
}

static void get_option(struct value *value, const void *row)
{
	uint32_t flags = call_of(row)->flags;
	const char *name = name_sockopt(flags >> 16, flags & 0xffff);

	value_word(value, name ? name : "?");
}

static void get_sleep(struct value *value, const void *row)
{
	value->number = 0;
	for (int cause = 0; cause < SLEEP_CAUSES; cause++)
		value->number += call_of(row)->sleep_ns[cause];
}

static void get_reader(struct value *value, const void *row)
{
	value_foreign(value, call_of(row)->reader_comm, RECORD_COMM_SIZE);
}

static void get_phase(struct value *value, const void *row)
{
	value_word(value, name_phase(wait_longest(call_of(row)->attempt->phase_ns)));
}

static void get_retries(struct value *value, const void *row)
{
	uint32_t syns = call_of(row)->attempt->syns;

	value->number = syns ? syns - 1 : 0;
}

#define PHASE_GETTER(name, phase)                                         \
	static void name(struct value *value, const void *row)            \
	{                                                                 \
		value->number = call_of(row)->attempt->phase_ns[(phase)]; \
	}

PHASE_GETTER(get_before_syn, PHASE_BEFORE_SYN)
PHASE_GETTER(get_syn_retry, PHASE_SYN_RETRY)
PHASE_GETTER(get_syn_ack_retry, PHASE_SYN_ACK_RETRY)
PHASE_GETTER(get_accept_queue, PHASE_ACCEPT_QUEUE)
PHASE_GETTER(get_syn_ack_wait, PHASE_SYN_ACK_WAIT)
PHASE_GETTER(get_after, PHASE_AFTER)

static void get_address(struct value *value, const void *row)
{
	value_word(value, fmt_address(value->store, sizeof(value->store), call_of(row)->address,
				      call_of(row)->family, 0));
}

static void get_other(struct value *value, const void *row)
{
	value->number = call_of(row)->other->id;
}

const struct column call_columns[CALL_COLUMNS] = {
	{ "t_s", "time of the return in seconds since zero; of the entry when it never returned",
	  VALUE_SECONDS, .get = get_time },
	{ "t_ns", "the same in nanoseconds", VALUE_TIME, .get = get_time },
	{ "enter_ns", "time of the entry, as t_ns", VALUE_TIME, .known = is_timed, CALL(enter_ns) },
	{ "return_ns", "time of the return, as t_ns", VALUE_TIME, .known = returned,
	  CALL(return_ns) },
	{ "inside_ns", "nanoseconds between entry and return; of several calls, the sum",
	  VALUE_UINT, .known = was_timed, .get = get_inside },
	{ "call", "POSIX name of the call", VALUE_WORD, .get = get_call },
	{ "pid", "process that called", VALUE_UINT, CALL(tgid) },
	{ "tid", "thread that called", VALUE_UINT, CALL(tid) },
	{ "comm", "name of that thread", VALUE_FOREIGN, .get = get_comm },
	{ "fd", "file descriptor that was passed", VALUE_INT, .known = has_fd, CALL(fd) },
	{ "socket", "number of the socket", VALUE_UINT, .known = has_socket, .get = get_socket },
	{ "connection", "number of its connection", VALUE_UINT, .known = has_connection,
	  .get = get_connection },
	{ "side", "client or server", VALUE_WORD, .known = has_connection, .get = get_side },
	{ "asked_bytes", "bytes that a transfer asked for", VALUE_UINT, .known = asks,
	  CALL(asked_bytes) },
	{ "moved_bytes", "bytes that it moved", VALUE_UINT, .known = moved_known,
	  CALL(moved_bytes) },
	{ "result", "value returned, or the error number, negative", VALUE_INT,
	  .known = has_one_result, CALL(result) },
	{ "error", "name of the error", VALUE_WORD, .known = failed, .get = get_error },
	{ "flags", "MSG_* of a transfer, SHUT_* of shutdown", VALUE_WORD, .known = has_flags,
	  .get = get_flags },
	{ "backlog", "backlog that listen was given", VALUE_UINT, .known = listens, CALL(flags) },
	{ "sockopt", "option that setsockopt set", VALUE_WORD, .known = sets_option,
	  .get = get_option },
	{ "sockopt_value", "its value", VALUE_INT, .known = sets_option, CALL(asked_bytes) },
	{ "restarts", "times that a signal made the kernel restart it", VALUE_UINT,
	  CALL(restarts) },
	{ "finished", "1; 0 when its thread ended inside the call", VALUE_BOOL, .known = returned,
	  CALL(finished) },
	{ "sleeps", "times that a send slept for want of buffer", VALUE_UINT, .known = sleeps_known,
	  CALL(sleeps) },
	{ "sleep_ns", "nanoseconds of these sleeps", VALUE_UINT, .known = sleeps_known,
	  .get = get_sleep },
	{ "sleep_peer_window_ns", "of which the peer's window was used up", VALUE_UINT,
	  .known = sleeps_known, CALL(sleep_ns[SLEEP_PEER_WINDOW]) },
	{ "sleep_congestion_ns", "of which the congestion window was used up", VALUE_UINT,
	  .known = sleeps_known, CALL(sleep_ns[SLEEP_CONGESTION]) },
	{ "sleep_buffer_ns", "of which no whole segment waited unsent: the send buffer was small",
	  VALUE_UINT, .known = sleeps_known, CALL(sleep_ns[SLEEP_BUFFER]) },
	{ "sleep_lowat_ns", "of which TCP_NOTSENT_LOWAT was reached", VALUE_UINT,
	  .known = sleeps_known, CALL(sleep_ns[SLEEP_LOWAT]) },
	{ "sleep_pacing_ns", "of which pacing held unsent bytes back", VALUE_UINT,
	  .known = sleeps_known, CALL(sleep_ns[SLEEP_PACING]) },
	{ "sleep_unknown_ns", "of which unsent bytes waited for something else", VALUE_UINT,
	  .known = sleeps_known, CALL(sleep_ns[SLEEP_NONE]) },
	{ "sleep_unread_ns", "of sleep_peer_window_ns: the peer's queue held unread bytes",
	  VALUE_UINT, .known = sleeps_known, CALL(unread_ns) },
	{ "slow_peer_pid", "process that for most of sleep_peer_window_ns had bytes to read",
	  VALUE_UINT, .known = has_reader, CALL(reader_tgid) },
	{ "slow_peer_comm", "its name", VALUE_FOREIGN, .known = has_reader, .get = get_reader },
	{ "address", "address that bind or connect was given", VALUE_WORD, .known = has_address,
	  .get = get_address },
	{ "port", "port that bind or connect was given", VALUE_UINT, .known = has_address,
	  CALL(port) },
	{ "new_socket", "number of the socket that accept or socketpair made", VALUE_UINT,
	  .known = has_other, .get = get_other },
	{ "wait_phase", "the longest of the phases of connect that follow", VALUE_WORD,
	  .known = has_attempt, .get = get_phase },
	{ "syn_retries", "times that connect's SYN was sent again", VALUE_UINT,
	  .known = has_attempt, .get = get_retries },
	{ "before_syn_ns", "nanoseconds of connect before the first SYN left: route, neighbour",
	  VALUE_UINT, .known = has_attempt, .get = get_before_syn },
	{ "syn_retry_ns", "nanoseconds until a SYN without an answer was sent again", VALUE_UINT,
	  .known = has_attempt, .get = get_syn_retry },
	{ "syn_ack_retry_ns", "the same for a SYN whose SYN-ACK was lost or late", VALUE_UINT,
	  .known = has_attempt, .get = get_syn_ack_retry },
	{ "accept_queue_ns", "the same for a SYN that found the accept queue full", VALUE_UINT,
	  .known = has_attempt, .get = get_accept_queue },
	{ "syn_ack_wait_ns", "nanoseconds from the last SYN to its answer", VALUE_UINT,
	  .known = has_attempt, .get = get_syn_ack_wait },
	{ "after_answer_ns", "nanoseconds from the answer to the return of connect", VALUE_UINT,
	  .known = has_attempt, .get = get_after },
	{ "ready_ns", "nanoseconds that the connection had been ready when accept was called",
	  VALUE_UINT, .known = accepted, CALL(accept.ready_ns) },
	{ "not_ready_ns", "nanoseconds inside accept before the connection was ready", VALUE_UINT,
	  .known = accepted, CALL(accept.idle_ns) },
	{ "found", "1: it had begun before the trace; enter_ns is when that was found", VALUE_BOOL,
	  CALL(found) },
	{ "calls", "calls that the row stands for, 1 without --coalesce; sizes are of all",
	  VALUE_UINT, .get = get_calls },
	{ "longest_ns", "of several calls: inside_ns of the longest", VALUE_UINT, .known = is_run,
	  CALL(run.longest_ns) },
};
