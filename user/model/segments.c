/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments as one reads them: relative numbers, scaled windows, what was sent
 * before. A retransmission is a segment that begins below what this end has
 * sent already (RFC 9293, section 3.8.1).
 */
#include "user/model/internal.h"

/* RFC 7323, section 2.3: a larger shift is taken as this one. */
#define MAX_SCALE 14

#define SYN_ACK (SEGMENT_SYN | SEGMENT_ACK)

/* Relative to the initial sequence number, close to near. */
static uint64_t relative(const struct connection *connection, enum end end, uint32_t seq,
			 uint64_t near)
{
	uint32_t isn = connection->isn[end];
	int64_t at = (int64_t)near + (int32_t)(seq - (isn + (uint32_t)near));

	return connection->isn_known[end] && at > 0 ? (uint64_t)at : 0;
}

static uint64_t length_in_sequence(const struct record_segment *record)
{
	return (uint64_t)record->length + !!(record->flags & SEGMENT_SYN) +
	       !!(record->flags & SEGMENT_FIN);
}

/*
 * The window field counts units of the sender's own scale, once both ends have
 * offered one (RFC 7323, section 2.2); in a SYN it is never scaled.
 */
static uint32_t scaled_window(const struct connection *connection, enum end sender,
			      const struct record_segment *record)
{
	const struct flow *flow = &connection->flow[sender];
	const struct flow *back = &connection->flow[source_of(connection, sender)];

	if (record->flags & SEGMENT_SYN || !flow->scale_known || !back->scale_known ||
	    flow->scale == SEGMENT_NO_WSCALE || back->scale == SEGMENT_NO_WSCALE)
		return record->window;
	return (uint32_t)record->window << (flow->scale < MAX_SCALE ? flow->scale : MAX_SCALE);
}

static void learn_scale(struct connection *connection, enum end sender,
			const struct record_segment *record)
{
	if (!(record->flags & SEGMENT_SYN))
		return;
	connection->flow[sender].scale_known = true;
	connection->flow[sender].scale = record->wscale;
	connection->flow[sender].mss = record->mss;
}

/*
 * A segment that arrives proves nothing about the order in which segments left
 * an end that is not traced: it came before only if its bytes are here already.
 */
static bool came_before(const struct flow *flow, const struct record_segment *record, uint64_t seq)
{
	if (record->flags & SEGMENT_SYN || !record->length)
		return seq < flow->sent_end;
	return seq - 1 + record->length <= flow->at.received;
}

/* The first SYN-ACK of an end that had sent a SYN: the same number, for the first time with ACK. */
static bool is_answer(const struct flow *flow, const struct record_segment *record)
{
	return (record->flags & SYN_ACK) == SYN_ACK && !flow->answered;
}

/* Both ends may see one segment: it is judged where it left, or where it arrived if only there. */
static bool is_again(struct connection *connection, enum end sender,
		     const struct record_segment *record, uint64_t seq)
{
	struct flow *flow = &connection->flow[sender];
	uint64_t length = length_in_sequence(record);
	bool again;

	if (!length || (record->received && connection->ends[sender]))
		return false;
	again = flow->sent_any && !is_answer(flow, record) &&
		(record->received ? came_before(flow, record, seq) : seq < flow->sent_end);
	if (!flow->sent_any || seq + length > flow->sent_end)
		flow->sent_end = seq + length;
	flow->sent_any = true;
	flow->answered |= (record->flags & SYN_ACK) == SYN_ACK;
	if (again)
		flow->retransmits++;
	return again;
}

/* What arrives acknowledges more than was seen leaving: its leaving was not seen. */
static bool acknowledges_unseen(const struct connection *connection, enum end sender,
				const struct record_segment *record, uint64_t ack)
{
	const struct flow *flow = &connection->flow[sender];

	return record->received && connection->ends[sender] && flow->sent_any &&
	       connection->isn_known[source_of(connection, sender)] &&
	       record->flags & SEGMENT_ACK && !(record->flags & SEGMENT_RST) &&
	       ack > flow->sent_ack;
}

static void note_ack(struct trace *trace, struct connection *connection, enum end sender,
		     const struct record_segment *record, struct segment *segment)
{
	struct flow *flow = &connection->flow[sender];

	segment->unseen = acknowledges_unseen(connection, sender, record, segment->ack);
	if (segment->unseen)
		trace_unseen(trace, connection, LOST_SEGMENT_UNSEEN, flow->sent_ns,
			     record->header.time_ns);
	if (segment->ack > flow->sent_ack)
		flow->sent_ack = segment->ack;
}

/* The kernel numbers what it sends without gaps: a gap is a segment that was not seen. */
static void find_hole(struct trace *trace, struct connection *connection, enum end sender,
		      const struct record_segment *record, uint64_t seq)
{
	struct flow *flow = &connection->flow[sender];

	if (record->received || !length_in_sequence(record))
		return;
	/* Of an older connection the segments in the moment of attaching were not seen. */
	if (flow->sent_any && flow->sent_ns && connection->isn_known[sender] &&
	    seq > flow->sent_end)
		trace_unseen(trace, connection, LOST_SEGMENT_UNSEEN, flow->sent_ns,
			     record->header.time_ns);
	flow->sent_ns = record->header.time_ns;
}

/* Of the client; where it left, or where it arrived if only there. */
static bool is_first_seen_syn(const struct connection *connection, const struct segment *segment)
{
	return (segment->flags & (SEGMENT_SYN | SEGMENT_ACK | SEGMENT_RST)) == SEGMENT_SYN &&
	       segment->sender == END_CLIENT &&
	       !(segment->received && connection->ends[END_CLIENT]);
}

static void in_connection(struct trace *trace, struct entry *entry, struct segment *segment,
			  const struct record_segment *record)
{
	struct connection *connection = entry->socket.connection;
	enum end end = entry->socket.end;
	enum end sender = record->received ? source_of(connection, end) : end;
	enum end source = source_of(connection, sender);

	segment->connection = connection;
	segment->sender = sender;
	learn_scale(connection, sender, record);
	segment->seq = relative(connection, sender, record->seq, connection->flow[sender].sent_end);
	if (record->flags & SEGMENT_ACK)
		segment->ack = relative(connection, source, record->ack,
					connection->flow[source].sent_end);
	segment->window = scaled_window(connection, sender, record);
	find_hole(trace, connection, sender, record, segment->seq);
	note_ack(trace, connection, sender, record, segment);
	segment->again = is_again(connection, sender, record, segment->seq);
	if (is_first_seen_syn(connection, segment)) {
		ending_syn(connection, segment->time_ns);
		wait_syn(connection, segment->time_ns);
		if (!connection->ends[END_SERVER])
			connection_find_listener(trace, connection);
	}
	wait_syn_ack(connection, segment);
	window_segment(trace, connection, segment);
	tell(trace, segment, segment);
	if (connection->detail)
		ladder_segment(connection, segment);
	moment_segment(trace, connection, segment);
}

int segment_record(struct trace *trace, struct entry *entry, const struct record_segment *record)
{
	struct segment segment = {
		.time_ns = record->header.time_ns,
		.socket = &entry->socket,
		.received = record->received,
		.flags = record->flags,
		.raw_seq = record->seq,
		.raw_ack = record->ack,
		.length = record->length,
		.window = record->window,
		.mss = record->mss,
		.wscale = record->wscale,
		.urgent = record->flags & SEGMENT_URG ? record->urgent : 0,
	};
	int err;

	if (record->flags & SEGMENT_SYN) {
		err = connection_syn(trace, entry, record);
		if (err)
			return err;
		state_segment(trace, entry, record);
	}
	if (entry->socket.connection)
		in_connection(trace, entry, &segment, record);
	else
		tell(trace, segment, &segment);
	if (record->received)
		entry->syn_came = record->flags & SEGMENT_SYN;
	ending_segment(entry, record);
	if (!(record->flags & SEGMENT_SYN))
		state_segment(trace, entry, record);
	bytes_segment(trace, entry, record);
	return 0;
}
