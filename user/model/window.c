/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A window of 0: how long it lasted, and the segments by which the sender asked
 * after it. And urgent data, of which the header marks one byte.
 */
#include "user/model/internal.h"

/* The kernel writes this when the urgent byte is too far away for 16 bits. */
#define URGENT_FAR 0xffff

uint64_t flow_window_zero_ns(const struct flow *flow, uint64_t now_ns)
{
	uint64_t since_ns = flow->window_zero_since_ns;

	return flow->window_zero_ns + (since_ns ? span_ns(since_ns, now_ns) : 0);
}

static bool is_bare(const struct segment *segment)
{
	return !segment->length && !(segment->flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST));
}

/* tcp_xmit_probe_skb(): no data, and a number that the peer has acknowledged already. */
static bool is_probe(const struct connection *connection, const struct segment *segment)
{
	const struct flow *flow = &connection->flow[segment->sender];

	return flow->window_zero_since_ns && is_bare(segment) &&
	       connection->isn_known[segment->sender] && segment->seq <= flow->at.acked;
}

static void count_probe(struct flow *flow, uint64_t time_ns)
{
	uint64_t pause_ns = span_ns(flow->probe_last_ns, time_ns);
	bool in_a_row = flow->probe_last_ns > flow->window_zero_since_ns;

	flow->probes++;
	if (!flow->probe_first_ns)
		flow->probe_first_ns = time_ns;
	flow->probe_last_ns = time_ns;
	if (!in_a_row)
		return;
	if (!flow->probe_pause_min_ns || pause_ns < flow->probe_pause_min_ns)
		flow->probe_pause_min_ns = pause_ns;
	if (pause_ns > flow->probe_pause_max_ns)
		flow->probe_pause_max_ns = pause_ns;
}

/* What this segment says of its sender's window concerns what the other end sends. */
static void take_window(struct trace *trace, struct connection *connection,
			const struct segment *segment)
{
	struct flow *flow = &connection->flow[source_of(connection, segment->sender)];
	uint64_t closed_ns = span_ns(flow->window_zero_since_ns, segment->time_ns);

	if (!(segment->flags & SEGMENT_ACK) || segment->flags & (SEGMENT_SYN | SEGMENT_RST))
		return;
	if (!segment->window) {
		if (!flow->window_zero_since_ns)
			flow->window_zero_since_ns = segment->time_ns;
	} else if (flow->window_zero_since_ns) {
		flow->window_zero_ns += closed_ns;
		moment_window_open(trace, connection, segment, closed_ns);
		flow->window_zero_since_ns = 0;
	}
}

static void take_urgent(struct trace *trace, struct connection *connection,
			const struct segment *segment)
{
	struct flow *flow = &connection->flow[segment->sender];

	if (!segment->urgent || segment->urgent == URGENT_FAR ||
	    !connection->isn_known[segment->sender])
		return;
	/* RFC 6093, section 3.1: the pointer is one more than the urgent byte's place. */
	flow->urgent_byte = segment->seq + segment->urgent - 1;
	moment_urgent(trace, connection, segment);
}

void window_segment(struct trace *trace, struct connection *connection, struct segment *segment)
{
	if (segment->received && connection->ends[segment->sender] && !segment->unseen)
		return;
	if (is_probe(connection, segment)) {
		segment->probe = true;
		count_probe(&connection->flow[segment->sender], segment->time_ns);
		moment_probe(trace, connection, segment);
	}
	take_urgent(trace, connection, segment);
	take_window(trace, connection, segment);
}
