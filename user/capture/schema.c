/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Says in the file itself what its bytes mean, so that it can be read without
 * this source. Offsets, sizes and types come from the compiler; only units are
 * written by hand. A unit test refuses a byte that no field covers.
 */
#include "user/capture/schema.h"

#include <errno.h>
#include <stdio.h>

#include "user/capture/format.h"

/* clang-format off */
/* Arrays decay to pointers, so each type stands here twice. */
#define TYPE_NAME(value)                                                                           \
	_Generic((value),                                                                          \
		__u8: "u8", __u8 *: "u8", __u16: "u16", __u16 *: "u16", __u32: "u32",              \
		__u32 *: "u32", __u64: "u64", __u64 *: "u64", __s32: "s32", __s32 *: "s32",        \
		char *: "char")
#define ELEMENT_SIZE(value)                                                                        \
	_Generic((value),                                                                          \
		__u8: 1, __u8 *: 1, char *: 1, __u16: 2, __u16 *: 2, __u32: 4, __u32 *: 4,         \
		__s32: 4, __s32 *: 4, __u64: 8, __u64 *: 8)
#define MEMBER(record, member) (((struct record *)0)->member)
#define FIELD(record, member, meaning)                                                             \
	{ #member, TYPE_NAME(MEMBER(record, member)), meaning, offsetof(struct record, member),    \
	  sizeof(MEMBER(record, member)), ELEMENT_SIZE(MEMBER(record, member)) }

#define HEADER(record)                                                                             \
	FIELD(record, header.kind, "enum record_kind"), FIELD(record, header.size, "bytes"),       \
	FIELD(record, header.socket, "socket id; 0: none"),                                        \
	FIELD(record, header.time_ns, "ns, CLOCK_MONOTONIC")
#define TASK(record) FIELD(record, tgid, "process id"), FIELD(record, tid, "thread id")
#define RECORD(kind, lower)                                                                        \
	[RECORD_##kind] = { RECORD_##kind, #kind, sizeof(struct record_##lower), lower##_fields,   \
			    sizeof(lower##_fields) / sizeof(lower##_fields[0]) }
#define VALUE(of, name) { of, #name, name }
/* clang-format on */

static const struct schema_field socket_fields[] = {
	HEADER(record_socket),
	FIELD(record_socket, cookie, "SO_COOKIE"),
	FIELD(record_socket, inode, ""),
	FIELD(record_socket, local_address, "network order; IPv4 as ::ffff:a.b.c.d"),
	FIELD(record_socket, remote_address, "network order; IPv4 as ::ffff:a.b.c.d"),
	FIELD(record_socket, local_port, ""),
	FIELD(record_socket, remote_port, ""),
	FIELD(record_socket, family, "AF_*"),
	FIELD(record_socket, type, "SOCK_*"),
	FIELD(record_socket, protocol, "IPPROTO_*"),
	FIELD(record_socket, origin, "enum socket_origin"),
	FIELD(record_socket, netns, "inode of the network namespace"),
	FIELD(record_socket, listener, "socket id of its listener; 0: none"),
	FIELD(record_socket, owner_tgid, "process id"),
	FIELD(record_socket, owner_tid, "thread id"),
	FIELD(record_socket, scope, "interface index of a link-local address"),
};

static const struct schema_field process_fields[] = {
	HEADER(record_process),
	TASK(record_process),
	FIELD(record_process, parent_tgid, "process id"),
	FIELD(record_process, exit_code, "as wait(2) gives it"),
	FIELD(record_process, event, "enum process_event"),
	FIELD(record_process, reserved, ""),
	FIELD(record_process, comm, "thread name, ended by NUL"),
	FIELD(record_process, own_tgid, "process id in its own pid namespace; 0: as tgid"),
	FIELD(record_process, own_tid, "thread id in its own pid namespace; 0: as tid"),
};

static const struct schema_field state_fields[] = {
	HEADER(record_state),
	FIELD(record_state, positions.write_seq, "sequence number before the change"),
	FIELD(record_state, positions.snd_nxt, "sequence number before the change"),
	FIELD(record_state, positions.snd_una, "sequence number before the change"),
	FIELD(record_state, positions.rcv_nxt, "sequence number before the change"),
	FIELD(record_state, positions.copied_seq, "sequence number before the change"),
	FIELD(record_state, error, "sk_err, positive errno"),
	FIELD(record_state, error_soft, "sk_err_soft, positive errno"),
	TASK(record_state),
	FIELD(record_state, old_state, "TCP_*"),
	FIELD(record_state, new_state, "TCP_*"),
	FIELD(record_state, flags, "1 SOCK_DONE, 2 SOCK_DEAD, 4 SO_LINGER with 0 seconds"),
	FIELD(record_state, shutdown, "bits: 1 receive, 2 send"),
	FIELD(record_state, call, "enum call_kind"),
	FIELD(record_state, exiting, "1: the task is exiting"),
	FIELD(record_state, reserved, ""),
};

static const struct schema_field call_enter_fields[] = {
	HEADER(record_call_enter),
	FIELD(record_call_enter, asked, "bytes; 0: the call has no size"),
	TASK(record_call_enter),
	FIELD(record_call_enter, fd, ""),
	FIELD(record_call_enter, flags, "MSG_*; shutdown: SHUT_*; listen: backlog"),
	FIELD(record_call_enter, call, "enum call_kind"),
	FIELD(record_call_enter, found, "1: begun already, time_ns is when it was found"),
	FIELD(record_call_enter, reserved, ""),
};

static const struct schema_field call_fields[] = {
	HEADER(record_call),
	FIELD(record_call, enter_ns, "ns, CLOCK_MONOTONIC"),
	FIELD(record_call, asked, "bytes; setsockopt: the value"),
	FIELD(record_call, bytes, "bytes moved"),
	FIELD(record_call, result, "value or negative errno"),
	FIELD(record_call, fd, ""),
	TASK(record_call),
	FIELD(record_call, flags, "as in CALL_ENTER; setsockopt: level << 16 | option"),
	FIELD(record_call, other, "socket id of the (second) new socket; 0: none"),
	FIELD(record_call, call, "enum call_kind"),
	FIELD(record_call, restarts, "restarts after a signal"),
	FIELD(record_call, unfinished, "1: the task ended inside, no result"),
	FIELD(record_call, found, "1: begun before enter_ns, which is when it was found"),
	FIELD(record_call, reserved, ""),
};

static const struct schema_field call_run_fields[] = {
	HEADER(record_call_run),
	FIELD(record_call_run, first_enter_ns, "ns, CLOCK_MONOTONIC; header.time_ns: last return"),
	FIELD(record_call_run, last_enter_ns, "ns, CLOCK_MONOTONIC"),
	FIELD(record_call_run, asked, "bytes, of all"),
	FIELD(record_call_run, bytes, "bytes moved, by all"),
	FIELD(record_call_run, inside_ns, "ns between entry and return, of all"),
	FIELD(record_call_run, longest_ns, "ns, of one"),
	FIELD(record_call_run, asked_most, "bytes, of one"),
	FIELD(record_call_run, count, "calls"),
	FIELD(record_call_run, short_count, "calls that moved less than they asked for"),
	FIELD(record_call_run, result, "of the last, or of each: negative errno"),
	FIELD(record_call_run, fd, ""),
	TASK(record_call_run),
	FIELD(record_call_run, flags, "as in CALL_ENTER"),
	FIELD(record_call_run, call, "enum call_kind"),
	FIELD(record_call_run, reserved, ""),
};

static const struct schema_field address_fields[] = {
	HEADER(record_address),
	TASK(record_address),
	FIELD(record_address, address, "network order; IPv4 as ::ffff:a.b.c.d"),
	FIELD(record_address, port, ""),
	FIELD(record_address, family, "AF_*"),
	FIELD(record_address, call, "enum call_kind"),
	FIELD(record_address, reserved, ""),
};

static const struct schema_field sample_send_fields[] = {
	HEADER(record_sample_send),
	FIELD(record_sample_send, write_seq, "sequence number"),
	FIELD(record_sample_send, snd_nxt, "sequence number"),
	FIELD(record_sample_send, snd_una, "sequence number"),
	FIELD(record_sample_send, ack_seq, "sequence number"),
	FIELD(record_sample_send, wmem_queued, "bytes of memory"),
	FIELD(record_sample_send, sndbuf, "bytes of memory"),
	FIELD(record_sample_send, snd_wnd, "bytes"),
	FIELD(record_sample_send, snd_cwnd, "segments"),
	FIELD(record_sample_send, packets_out, "segments"),
	FIELD(record_sample_send, notsent_lowat, "bytes; 4294967295: not set"),
	FIELD(record_sample_send, left, "bytes not copied yet (SAMPLE_TURN, _WAITS, _WOKEN)"),
	FIELD(record_sample_send, reason, "enum sample_reason"),
	FIELD(record_sample_send, state, "TCP_*"),
	FIELD(record_sample_send, flags, "1 SAMPLE_NONBLOCK, 2 SAMPLE_NEW_BUFFER, 4 SAMPLE_PACED"),
};

static const struct schema_field sample_recv_fields[] = {
	HEADER(record_sample_recv),
	FIELD(record_sample_recv, rcv_nxt, "sequence number"),
	FIELD(record_sample_recv, copied_seq, "sequence number"),
	FIELD(record_sample_recv, rcv_wnd, "bytes"),
	FIELD(record_sample_recv, rmem_alloc, "bytes of memory"),
	FIELD(record_sample_recv, rcvbuf, "bytes of memory"),
	FIELD(record_sample_recv, reason, "enum sample_reason"),
	FIELD(record_sample_recv, state, "TCP_*"),
	FIELD(record_sample_recv, reserved, ""),
};

static const struct schema_field segment_fields[] = {
	HEADER(record_segment),
	FIELD(record_segment, seq, "sequence number"),
	FIELD(record_segment, ack, "sequence number"),
	FIELD(record_segment, length, "bytes of data"),
	FIELD(record_segment, wmem_queued, "bytes of memory; 0: not known"),
	FIELD(record_segment, write_seq, "sequence number; valid with state"),
	FIELD(record_segment, window, "as in the header, unscaled"),
	FIELD(record_segment, mss, "bytes; 0: no such option"),
	FIELD(record_segment, wscale, "shift; 255: no such option"),
	FIELD(record_segment, flags, "as in the TCP header: 1 FIN, 2 SYN, 4 RST ..."),
	FIELD(record_segment, received, "0 sent, 1 received"),
	FIELD(record_segment, state, "TCP_*; 0: not known"),
	FIELD(record_segment, urgent, "urgent pointer"),
	FIELD(record_segment, no_socket, "1: a SYN-ACK of which nothing is kept"),
	FIELD(record_segment, reserved, ""),
};

static const struct schema_field queue_fields[] = {
	HEADER(record_queue),
	FIELD(record_queue, length, "connections waiting for accept()"),
	FIELD(record_queue, limit, "full when length > limit"),
	FIELD(record_queue, event, "enum queue_event"),
	FIELD(record_queue, reserved, ""),
	FIELD(record_queue, child, "QUEUE_SYN: socket id of the SYN's sender here; 0: not told"),
};

static const struct schema_field reset_fields[] = {
	HEADER(record_reset),
	FIELD(record_reset, reason, "enum sk_rst_reason of the kernel; -1: not told"),
	FIELD(record_reset, received, "0 sent, 1 received"),
	FIELD(record_reset, state, "TCP_*"),
	FIELD(record_reset, cause, "enum reset_cause"),
	FIELD(record_reset, reserved, ""),
};

static const struct schema_field retransmit_fields[] = {
	HEADER(record_retransmit),
	FIELD(record_retransmit, seq, "sequence number"),
	FIELD(record_retransmit, length, "bytes of data"),
	FIELD(record_retransmit, error, "negative errno; 0: sent, or not told"),
	FIELD(record_retransmit, state, "TCP_*; TCP_NEW_SYN_RECV: a SYN-ACK"),
	FIELD(record_retransmit, attempt, ""),
	FIELD(record_retransmit, reserved, ""),
};

static const struct schema_field error_fields[] = {
	HEADER(record_error),
	FIELD(record_error, error, "sk_err, positive errno"),
	FIELD(record_error, error_soft, "sk_err_soft, positive errno"),
	FIELD(record_error, state, "TCP_*"),
	FIELD(record_error, reserved, ""),
};

static const struct schema_field lost_fields[] = {
	HEADER(record_lost),
	FIELD(record_lost, first_ns, "ns, CLOCK_MONOTONIC"),
	FIELD(record_lost, last_ns, "ns, CLOCK_MONOTONIC"),
	FIELD(record_lost, count, ""),
	FIELD(record_lost, what, "enum record_kind or enum lost_what"),
	FIELD(record_lost, reserved, ""),
};

static const struct schema_field icmp_fields[] = {
	HEADER(record_icmp),
	FIELD(record_icmp, from, "who sent it; network order; IPv4 as ::ffff:a.b.c.d"),
	FIELD(record_icmp, seq, "sequence number of the segment that it quotes"),
	FIELD(record_icmp, type, "of the message: 3 (ICMP) or 1 (ICMPv6)"),
	FIELD(record_icmp, code, "of the message"),
	FIELD(record_icmp, version, "of IP: 4 or 6"),
	FIELD(record_icmp, reserved, ""),
};

static const struct schema_field found_fields[] = {
	HEADER(record_found),
	FIELD(record_found, bytes_sent,
	      "bytes since the connection began, what was sent again too"),
	FIELD(record_found, bytes_retrans, "bytes sent again"),
	FIELD(record_found, bytes_acked, "bytes; with the SYN of connect(), and with a FIN"),
	FIELD(record_found, bytes_received, "bytes; with a FIN"),
	FIELD(record_found, positions.write_seq, "sequence number"),
	FIELD(record_found, positions.snd_nxt, "sequence number"),
	FIELD(record_found, positions.snd_una, "sequence number"),
	FIELD(record_found, positions.rcv_nxt, "sequence number"),
	FIELD(record_found, positions.copied_seq, "sequence number"),
	FIELD(record_found, wmem_queued, "bytes of memory"),
	FIELD(record_found, sndbuf, "bytes of memory"),
	FIELD(record_found, rmem_alloc, "bytes of memory"),
	FIELD(record_found, rcvbuf, "bytes of memory"),
	FIELD(record_found, snd_wnd, "bytes"),
	FIELD(record_found, rcv_wnd, "bytes"),
	FIELD(record_found, snd_cwnd, "segments"),
	FIELD(record_found, ack_backlog, "listener: length of the accept queue"),
	FIELD(record_found, max_ack_backlog, "listener: limit of the accept queue"),
	FIELD(record_found, mss_cache, "bytes"),
	FIELD(record_found, snd_wscale, "of the peer, with flag 1"),
	FIELD(record_found, rcv_wscale, "its own, with flag 1"),
	FIELD(record_found, state, "TCP_*"),
	FIELD(record_found, flags, "1 both ends offered a window scale, 2 as SAMPLE_PACED"),
	FIELD(record_found, packets_out, "segments"),
	FIELD(record_found, notsent_lowat, "bytes; 4294967295: not set, 0: not recorded"),
};

static const struct schema_field sample_other_fields[] = {
	HEADER(record_sample_other),
	TASK(record_sample_other),
	FIELD(record_sample_other, recv_queue, "bytes, as ss shows them; listener: connections"),
	FIELD(record_sample_other, send_queue, "bytes, as ss shows them; listener: their limit"),
	FIELD(record_sample_other, messages, "in the receive queue"),
	FIELD(record_sample_other, rcvbuf, "bytes of memory"),
	FIELD(record_sample_other, sndbuf, "bytes of memory"),
	FIELD(record_sample_other, drops, "datagrams that found no room"),
	FIELD(record_sample_other, peer, "socket id of what it is connected to; 0: not known"),
	FIELD(record_sample_other, peer_recv_queue, "bytes, as ss shows them"),
	FIELD(record_sample_other, peer_messages, "in the peer's receive queue"),
	FIELD(record_sample_other, call, "enum call_kind; CALL_NONE: the socket was found"),
	FIELD(record_sample_other, known,
	      "bits of what is known: 1 recv_queue, 2 send_queue, 4 messages, 8 drops, "
	      "16 peer_recv_queue, 32 peer_messages"),
	FIELD(record_sample_other, listens, "1: a listener"),
	FIELD(record_sample_other, begins, "1: seen when the call began"),
};

static const struct schema_record records[RECORD_KINDS] = {
	RECORD(SOCKET, socket),
	RECORD(PROCESS, process),
	RECORD(STATE, state),
	RECORD(CALL_ENTER, call_enter),
	RECORD(CALL, call),
	RECORD(ADDRESS, address),
	RECORD(SAMPLE_SEND, sample_send),
	RECORD(SAMPLE_RECV, sample_recv),
	RECORD(SEGMENT, segment),
	RECORD(QUEUE, queue),
	RECORD(RESET, reset),
	RECORD(RETRANSMIT, retransmit),
	RECORD(ERROR, error),
	RECORD(LOST, lost),
	RECORD(ICMP, icmp),
	RECORD(FOUND, found),
	RECORD(SAMPLE_OTHER, sample_other),
	RECORD(CALL_RUN, call_run),
};

struct schema_value {
	const char *of;
	const char *name;
	int value;
};

static const struct schema_value values[] = {
	VALUE("socket_origin", ORIGIN_CREATED),
	VALUE("socket_origin", ORIGIN_CHILD),
	VALUE("socket_origin", ORIGIN_INHERITED),
	VALUE("socket_origin", ORIGIN_FIRST_USE),
	VALUE("socket_origin", ORIGIN_EXISTING),
	VALUE("socket_origin", ORIGIN_PEER),
	VALUE("process_event", PROCESS_FORK),
	VALUE("process_event", PROCESS_EXEC),
	VALUE("process_event", PROCESS_EXIT),
	VALUE("process_event", PROCESS_RENAME),
	VALUE("process_event", PROCESS_FOUND),
	VALUE("process_event", PROCESS_32BIT),
	VALUE("call_kind", CALL_NONE),
	VALUE("call_kind", CALL_SOCKET),
	VALUE("call_kind", CALL_SOCKETPAIR),
	VALUE("call_kind", CALL_BIND),
	VALUE("call_kind", CALL_LISTEN),
	VALUE("call_kind", CALL_ACCEPT),
	VALUE("call_kind", CALL_ACCEPT4),
	VALUE("call_kind", CALL_CONNECT),
	VALUE("call_kind", CALL_SHUTDOWN),
	VALUE("call_kind", CALL_CLOSE),
	VALUE("call_kind", CALL_SETSOCKOPT),
	VALUE("call_kind", CALL_WRITE),
	VALUE("call_kind", CALL_WRITEV),
	VALUE("call_kind", CALL_SEND),
	VALUE("call_kind", CALL_SENDTO),
	VALUE("call_kind", CALL_SENDMSG),
	VALUE("call_kind", CALL_SENDMMSG),
	VALUE("call_kind", CALL_SENDFILE),
	VALUE("call_kind", CALL_SPLICE_IN),
	VALUE("call_kind", CALL_READ),
	VALUE("call_kind", CALL_READV),
	VALUE("call_kind", CALL_RECV),
	VALUE("call_kind", CALL_RECVFROM),
	VALUE("call_kind", CALL_RECVMSG),
	VALUE("call_kind", CALL_RECVMMSG),
	VALUE("call_kind", CALL_SPLICE_OUT),
	VALUE("call_kind", CALL_URING_SEND),
	VALUE("call_kind", CALL_URING_RECV),
	VALUE("sample_reason", SAMPLE_TURN),
	VALUE("sample_reason", SAMPLE_SENT),
	VALUE("sample_reason", SAMPLE_ACKED),
	VALUE("sample_reason", SAMPLE_QUEUED),
	VALUE("sample_reason", SAMPLE_COPIED),
	VALUE("sample_reason", SAMPLE_READ),
	VALUE("sample_reason", SAMPLE_WAITS),
	VALUE("sample_reason", SAMPLE_WOKEN),
	VALUE("queue_event", QUEUE_SYN),
	VALUE("queue_event", QUEUE_READY),
	VALUE("queue_event", QUEUE_ACCEPT),
	VALUE("reset_cause", RESET_UNKNOWN),
	VALUE("reset_cause", RESET_NO_SOCKET),
	VALUE("reset_cause", RESET_UNREAD),
	VALUE("reset_cause", RESET_LINGER),
	VALUE("reset_cause", RESET_LATE_DATA),
	VALUE("reset_cause", RESET_TIME_WAIT),
	VALUE("reset_cause", RESET_MEMORY),
	VALUE("reset_cause", RESET_KEEPALIVE),
	VALUE("reset_cause", RESET_DISCONNECT),
	VALUE("reset_cause", RESET_STATE),
	VALUE("reset_cause", RESET_BAD_ACK),
	VALUE("reset_cause", RESET_BAD_SEGMENT),
	VALUE("lost_what", LOST_TASK_STORAGE),
	VALUE("lost_what", LOST_SOCKET_STORAGE),
	VALUE("lost_what", LOST_ADDRESS_MAP),
	VALUE("lost_what", LOST_SEGMENT_UNSEEN),
	VALUE("lost_what", LOST_STATE_UNSEEN),
};

/* What a list of fields can't say. */
static const char preamble[] =
	"All integers are little-endian. After the file header (32 bytes) come chunks:\n"
	"type (4 letters), u32 length, u64 first_ns, u64 last_ns, u32 records, u32 crc32,\n"
	"then length bytes. The CRC covers the 28 bytes before it, then the content.\n"
	"DATA holds records, each header.size bytes long, in the order of arrival.\n"
	"END holds u64 records, u64 last_ns, s32 command_status (wait(2)), u32 0.\n"
	"TCP_* are those of Linux, include/net/tcp_states.h. Sequence numbers wrap\n"
	"at 2^32; SYN and FIN count one. Lines below, with a tab between columns:\n"
	"record, kind, name, bytes\n"
	"field, offset, type, name, unit or meaning\n"
	"value, enum, number, name\n\n";

const struct schema_record *schema_record(unsigned int kind)
{
	return kind < RECORD_KINDS && records[kind].fields ? &records[kind] : NULL;
}

static void write_record(FILE *stream, const struct schema_record *record)
{
	fprintf(stream, "record\t%d\t%s\t%zu\n", record->kind, record->name, record->size);
	for (size_t i = 0; i < record->field_count; i++) {
		const struct schema_field *field = &record->fields[i];

		fprintf(stream, "field\t%zu\t%s", field->offset, field->type);
		if (field->size > field->element_size)
			fprintf(stream, "[%zu]", field->size / field->element_size);
		fprintf(stream, "\t%s\t%s\n", field->name, field->meaning);
	}
}

int schema_write(char *text, size_t size)
{
	FILE *stream = fmemopen(text, size, "w");
	long length;

	if (!stream)
		return -ENOMEM;
	fputs(preamble, stream);
	for (unsigned int kind = 0; kind < RECORD_KINDS; kind++)
		if (schema_record(kind))
			write_record(stream, schema_record(kind));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		fprintf(stream, "value\t%s\t%d\t%s\n", values[i].of, values[i].value,
			values[i].name);
	length = fflush(stream) ? -1 : ftell(stream);
	fclose(stream);
	return length < 0 || (size_t)length >= size ? -ENOMEM : (int)length;
}
