/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The columns of bytes.csv, segments.csv, events.csv and losses.csv. Words of
 * ss(8) where it has them. What an unseen end would have to tell stays empty.
 */
#include <stdio.h>
#include <sys/socket.h>

#include "user/export/column_tables.h"
#include "user/model/names.h"

#define BYTES(member) FIELD(struct bytes, member)
#define SEGMENT(member) FIELD(struct segment, member)
#define LOSS(member) FIELD(struct loss, member)

static const struct bytes *bytes_of(const void *row)
{
	return row;
}

static bool sender_seen(const void *row)
{
	return bytes_of(row)->at.sender_seen;
}

static bool receiver_seen(const void *row)
{
	return bytes_of(row)->at.receiver_seen;
}

static bool send_sampled(const void *row)
{
	return bytes_of(row)->sndbuf != 0;
}

static bool receive_sampled(const void *row)
{
	return bytes_of(row)->rcvbuf != 0;
}

static void bytes_connection(struct value *value, const void *row)
{
	value->number = bytes_of(row)->connection->id;
}

static void bytes_sender(struct value *value, const void *row)
{
	value_end(value, bytes_of(row)->sender);
}

static bool in_program_known(const void *row)
{
	return sender_seen(row) && !bytes_of(row)->program_unknown;
}

const struct column bytes_columns[BYTES_COLUMNS] = {
	TIME_COLUMNS_OF(struct bytes, time_ns),
	{ "connection", "number of the connection", VALUE_UINT, .get = bytes_connection },
	{ "sender", "direction: sent by the client or by the server", VALUE_WORD,
	  .get = bytes_sender },
	{ "handed_over", "bytes that the sender's kernel has taken over, in all", VALUE_UINT,
	  .known = sender_seen, BYTES(at.handed) },
	{ "unsent", "of these, not sent yet (SIOCOUTQNSD, ss notsent)", VALUE_UINT,
	  .known = sender_seen, BYTES(unsent) },
	{ "in_flight", "sent, not received by the peer yet (not acknowledged, if it isn't traced)",
	  VALUE_UINT, BYTES(in_flight) },
	{ "peer_queue", "received, not read by the peer's program yet (its SIOCINQ, ss Recv-Q)",
	  VALUE_UINT, .known = receiver_seen, BYTES(peer_queue) },
	{ "app_read", "bytes that the peer's program has read, in all", VALUE_UINT,
	  .known = receiver_seen, BYTES(at.read) },
	{ "unacked", "handed over, not acknowledged yet (SIOCOUTQ, ss Send-Q)", VALUE_UINT,
	  .known = sender_seen, BYTES(unacked) },
	{ "in_program", "of the send call in progress, not taken over yet", VALUE_UINT,
	  .known = in_program_known, BYTES(in_program) },
	{ "wmem_queued", "bytes of memory of the send buffer (ss skmem: w)", VALUE_UINT,
	  .known = send_sampled, BYTES(wmem_queued) },
	{ "sndbuf", "its limit (ss skmem: tb)", VALUE_UINT, .known = send_sampled, BYTES(sndbuf) },
	{ "snd_wnd", "bytes that the peer's window allows", VALUE_UINT, .known = send_sampled,
	  BYTES(snd_wnd) },
	{ "snd_cwnd", "segments that the congestion window allows", VALUE_UINT,
	  .known = send_sampled, BYTES(snd_cwnd) },
	{ "rmem_alloc", "bytes of memory of the peer's receive buffer (ss skmem: r)", VALUE_UINT,
	  .known = receive_sampled, BYTES(rmem_alloc) },
	{ "rcvbuf", "its limit (ss skmem: rb)", VALUE_UINT, .known = receive_sampled,
	  BYTES(rcvbuf) },
	{ "rcv_wnd", "bytes of window that the receiver offers", VALUE_UINT,
	  .known = receive_sampled, BYTES(rcv_wnd) },
};

static const struct segment *segment_of(const void *row)
{
	return row;
}

static bool in_connection(const void *row)
{
	return segment_of(row)->connection;
}

static bool seq_known(const void *row)
{
	const struct segment *segment = segment_of(row);

	return segment->connection && segment->connection->isn_known[segment->sender];
}

static bool acks(const void *row)
{
	return segment_of(row)->flags & SEGMENT_ACK;
}

static bool ack_known(const void *row)
{
	const struct segment *segment = segment_of(row);

	return acks(row) && segment->connection && segment->connection->isn_known[!segment->sender];
}

static bool has_mss(const void *row)
{
	return segment_of(row)->flags & SEGMENT_SYN && segment_of(row)->mss;
}

static bool has_wscale(const void *row)
{
	return segment_of(row)->flags & SEGMENT_SYN && segment_of(row)->wscale != SEGMENT_NO_WSCALE;
}

static bool is_urgent(const void *row)
{
	return segment_of(row)->urgent != 0;
}

static void segment_socket(struct value *value, const void *row)
{
	value->number = segment_of(row)->socket->id;
}

static void segment_connection(struct value *value, const void *row)
{
	value->number = segment_of(row)->connection->id;
}

static void segment_sender(struct value *value, const void *row)
{
	value_end(value, segment_of(row)->sender);
}

static void segment_name(struct value *value, const void *row)
{
	name_segment(segment_of(row)->flags, segment_of(row)->length, value->store,
		     sizeof(value->store));
	value_word(value, value->store);
}

static void segment_flags(struct value *value, const void *row)
{
	name_tcp_flags(segment_of(row)->flags, value->store, sizeof(value->store));
	value_word(value, value->store);
}

const struct column segment_columns[SEGMENT_COLUMNS] = {
	TIME_COLUMNS_OF(struct segment, time_ns),
	{ "socket", "number of the socket at which it was seen", VALUE_UINT,
	  .get = segment_socket },
	{ "connection", "number of the connection", VALUE_UINT, .known = in_connection,
	  .get = segment_connection },
	{ "sender", "client or server", VALUE_WORD, .known = in_connection, .get = segment_sender },
	{ "received", "1: seen when it arrived; 0: when it left", VALUE_BOOL, SEGMENT(received) },
	{ "segment", "SYN, SYN-ACK, ACK, data, FIN-ACK, RST, ...", VALUE_WORD,
	  .get = segment_name },
	{ "flags", "flags as tcpdump(1) prints them", VALUE_WORD, .get = segment_flags },
	{ "seq", "sequence number relative to the sender's first", VALUE_UINT, .known = seq_known,
	  SEGMENT(seq) },
	{ "ack", "acknowledgement number relative to the receiver's first", VALUE_UINT,
	  .known = ack_known, SEGMENT(ack) },
	{ "length", "bytes of data", VALUE_UINT, SEGMENT(length) },
	{ "win", "window in bytes, scaled", VALUE_UINT, SEGMENT(window) },
	{ "mss", "maximum segment size, of a SYN", VALUE_UINT, .known = has_mss, SEGMENT(mss) },
	{ "wscale", "window scale, of a SYN", VALUE_UINT, .known = has_wscale, SEGMENT(wscale) },
	{ "again", "1: begins below what was sent before", VALUE_BOOL, SEGMENT(again) },
	{ "raw_seq", "sequence number as in the header", VALUE_UINT, SEGMENT(raw_seq) },
	{ "raw_ack", "acknowledgement number as in the header", VALUE_UINT, .known = acks,
	  SEGMENT(raw_ack) },
	{ "urgent", "urgent pointer: bytes from seq to behind the urgent one", VALUE_UINT,
	  .known = is_urgent, SEGMENT(urgent) },
	{ "window_probe", "1: asks whether the peer's window is still 0", VALUE_BOOL,
	  SEGMENT(probe) },
};

static const struct note *note_of(const void *row)
{
	return row;
}

static bool note_in_connection(const void *row)
{
	return note_of(row)->socket->connection;
}

static bool has_detail(const void *row)
{
	return note_of(row)->detail[0];
}

static bool is_queue(const void *row)
{
	return note_of(row)->kind == NOTE_ACCEPT_QUEUE;
}

static bool has_reason(const void *row)
{
	enum note_kind kind = note_of(row)->kind;

	return (kind == NOTE_RESET_SENT || kind == NOTE_RESET_RECEIVED) && note_of(row)->value >= 0;
}

static bool is_retransmit(const void *row)
{
	return note_of(row)->kind == NOTE_RETRANSMIT;
}

static bool has_error(const void *row)
{
	return note_of(row)->kind == NOTE_ERROR && note_of(row)->value;
}

static bool has_soft_error(const void *row)
{
	return note_of(row)->kind == NOTE_ERROR && note_of(row)->limit;
}

static bool is_icmp(const void *row)
{
	return note_of(row)->kind == NOTE_ICMP;
}

static void note_name(struct value *value, const void *row)
{
	value_word(value, name_note(note_of(row)->kind));
}

static void note_socket(struct value *value, const void *row)
{
	value->number = note_of(row)->socket->id;
}

static void note_connection(struct value *value, const void *row)
{
	value->number = note_of(row)->socket->connection->id;
}

static void note_side(struct value *value, const void *row)
{
	value_end(value, note_of(row)->socket->end);
}

static void note_detail(struct value *value, const void *row)
{
	value_word(value, note_of(row)->detail);
}

static void note_value(struct value *value, const void *row)
{
	value->number = (uint64_t)note_of(row)->value;
}

static void note_limit(struct value *value, const void *row)
{
	value->number = note_of(row)->limit;
}

static void note_from(struct value *value, const void *row)
{
	value_word(value,
		   fmt_address(value->store, sizeof(value->store), note_of(row)->from, AF_INET, 0));
}

static void queue_full(struct value *value, const void *row)
{
	value->number = note_of(row)->value > (int64_t)note_of(row)->limit;
}

static void note_error(struct value *value, const void *row)
{
	value_errno(value, (int)note_of(row)->value);
}

static void note_soft_error(struct value *value, const void *row)
{
	value_errno(value, (int)note_of(row)->limit);
}

const struct column event_columns[EVENT_COLUMNS] = {
	TIME_COLUMNS_OF(struct note, time_ns),
	{ "event", "accept_queue, reset_sent, reset_received, retransmit, error or icmp",
	  VALUE_WORD, .get = note_name },
	{ "socket", "number of the socket", VALUE_UINT, .get = note_socket },
	{ "connection", "number of its connection", VALUE_UINT, .known = note_in_connection,
	  .get = note_connection },
	{ "side", "client or server", VALUE_WORD, .known = note_in_connection, .get = note_side },
	{ "detail", "what brought it about, the cause of a RST, or the name of the error",
	  VALUE_WORD, .known = has_detail, .get = note_detail },
	{ "queue_length", "connections in the accept queue (ss Recv-Q)", VALUE_INT,
	  .known = is_queue, .get = note_value },
	{ "queue_limit", "limit of the accept queue (ss Send-Q)", VALUE_UINT, .known = is_queue,
	  .get = note_limit },
	{ "queue_full", "1: the length is above the limit, a SYN would be dropped", VALUE_BOOL,
	  .known = is_queue, .get = queue_full },
	{ "reset_reason", "number in the kernel's enum sk_rst_reason", VALUE_INT,
	  .known = has_reason, .get = note_value },
	{ "attempt", "which retransmission in a row", VALUE_INT, .known = is_retransmit,
	  .get = note_value },
	{ "retransmit_bytes", "bytes of data sent again", VALUE_UINT, .known = is_retransmit,
	  .get = note_limit },
	{ "error", "error of the socket", VALUE_WORD, .known = has_error, .get = note_error },
	{ "error_soft", "error that the kernel only remembers", VALUE_WORD, .known = has_soft_error,
	  .get = note_soft_error },
	{ "icmp_from", "who sent the ICMP message that quotes a segment of the socket", VALUE_WORD,
	  .known = is_icmp, .get = note_from },
	{ "icmp_type", "its type: 3, of IPv6 1: destination unreachable", VALUE_INT,
	  .known = is_icmp, .get = note_value },
	{ "icmp_code", "its code", VALUE_UINT, .known = is_icmp, .get = note_limit },
};

static void loss_kind(struct value *value, const void *row)
{
	value_word(value, name_record(((const struct loss *)row)->what));
}

const struct column loss_columns[LOSS_COLUMNS] = {
	TIME_COLUMNS_OF(struct loss, first_ns),
	{ "last_s", "end of the span, as t_s", VALUE_SECONDS, LOSS(last_ns) },
	{ "last_ns", "the same in nanoseconds", VALUE_TIME, LOSS(last_ns) },
	{ "kind", "kind of the records that were lost", VALUE_WORD, .get = loss_kind },
	{ "records", "how many", VALUE_UINT, LOSS(count) },
};
