/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The columns of queues.csv, in the words of ss(8). What the kernel can't tell, or what
 * this kind of socket doesn't have, stays empty.
 */
#include "user/export/column_tables.h"
#include "user/model/names.h"

#define SEEN(member) FIELD(struct queues, at.member)

static const struct record_sample_other *seen_in(const void *row)
{
	return &((const struct queues *)row)->at;
}

#define KNOWN(name, fact)                                 \
	static bool name(const void *row)                 \
	{                                                 \
		return queues_tell(seen_in(row), (fact)); \
	}

KNOWN(recv_known, OTHER_RECV_QUEUE)
KNOWN(send_known, OTHER_SEND_QUEUE)
KNOWN(messages_known, OTHER_MESSAGES)
KNOWN(drops_known, OTHER_DROPS)
KNOWN(peer_recv_known, OTHER_PEER_RECV_QUEUE)
KNOWN(peer_messages_known, OTHER_PEER_MESSAGES)

static bool has_call(const void *row)
{
	return seen_in(row)->call != CALL_NONE;
}

static bool has_task(const void *row)
{
	return seen_in(row)->tid != 0;
}

static bool has_peer(const void *row)
{
	return seen_in(row)->peer != 0;
}

static void get_socket(struct value *value, const void *row)
{
	value->number = ((const struct queues *)row)->socket->id;
}

static void get_call(struct value *value, const void *row)
{
	value_word(value, name_call((enum call_kind)seen_in(row)->call));
}

const struct column queue_columns[QUEUE_COLUMNS] = {
	TIME_COLUMNS_OF(struct queues, at.header.time_ns),
	{ "socket", "number of the socket", VALUE_UINT, .get = get_socket },
	{ "call", "call that it was seen at; empty: the socket was found then", VALUE_WORD,
	  .known = has_call, .get = get_call },
	{ "begins", "1: when the call began, 0: when it had returned", VALUE_BOOL,
	  .known = has_call, SEEN(begins) },
	{ "pid", "process that called", VALUE_UINT, .known = has_task, SEEN(tgid) },
	{ "tid", "thread that called", VALUE_UINT, .known = has_task, SEEN(tid) },
	{ "recv_q", "bytes in the receive queue (ss Recv-Q); listener: connections", VALUE_UINT,
	  .known = recv_known, SEEN(recv_queue) },
	{ "send_q", "bytes in the send buffer (ss Send-Q); listener: limit of recv_q", VALUE_UINT,
	  .known = send_known, SEEN(send_queue) },
	{ "messages", "messages in the receive queue; empty for a stream", VALUE_UINT,
	  .known = messages_known, SEEN(messages) },
	{ "rcvbuf", "limit of the receive buffer (ss skmem: rb)", VALUE_UINT, SEEN(rcvbuf) },
	{ "sndbuf", "limit of the send buffer (ss skmem: tb)", VALUE_UINT, SEEN(sndbuf) },
	{ "drops", "datagrams that found no room, in all (ss skmem: d)", VALUE_UINT,
	  .known = drops_known, SEEN(drops) },
	{ "listening", "1: a listener", VALUE_BOOL, SEEN(listens) },
	{ "peer_socket", "UNIX: number of the socket that it is connected to", VALUE_UINT,
	  .known = has_peer, SEEN(peer) },
	{ "peer_recv_q", "UNIX: recv_q of that socket", VALUE_UINT, .known = peer_recv_known,
	  SEEN(peer_recv_queue) },
	{ "peer_messages", "UNIX: messages of that socket", VALUE_UINT,
	  .known = peer_messages_known, SEEN(peer_messages) },
};
