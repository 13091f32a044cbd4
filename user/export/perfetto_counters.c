/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Queues and windows over time, in the process at whose end they lie; written
 * when they change. Only connections whose curves the model keeps have them:
 * thousands of tracks would show nothing.
 */
#include <stdio.h>

#include "user/export/perfetto_events.h"

static const struct {
	const char *name, *unit;
	bool at_receiver;
} counters[COUNTER_COUNT] = {
	[COUNTER_UNSENT] = { "unsent", "bytes", false },
	[COUNTER_IN_FLIGHT] = { "in flight", "bytes", false },
	[COUNTER_WMEM] = { "send buffer memory sk_wmem_queued", "bytes", false },
	[COUNTER_CWND] = { "congestion window", "segments", false },
	[COUNTER_PEER_WINDOW] = { "peer's window", "bytes", false },
	[COUNTER_PEER_QUEUE] = { "receive queue", "bytes", true },
	[COUNTER_READ] = { "read by the program", "bytes", true },
};

/* What an end that is not traced would have to tell is not known, and not written. */
static unsigned int known(const struct bytes *bytes, uint64_t values[COUNTER_COUNT])
{
	unsigned int mask = 0;

	values[COUNTER_UNSENT] = bytes->unsent;
	values[COUNTER_IN_FLIGHT] = bytes->in_flight;
	values[COUNTER_WMEM] = bytes->wmem_queued;
	values[COUNTER_CWND] = bytes->snd_cwnd;
	values[COUNTER_PEER_WINDOW] = bytes->snd_wnd;
	values[COUNTER_PEER_QUEUE] = bytes->peer_queue;
	values[COUNTER_READ] = bytes->at.read;
	if (bytes->at.sender_seen)
		mask |= 1u << COUNTER_UNSENT | 1u << COUNTER_IN_FLIGHT;
	if (bytes->at.sender_seen && bytes->sndbuf)
		mask |= 1u << COUNTER_WMEM | 1u << COUNTER_CWND | 1u << COUNTER_PEER_WINDOW;
	if (bytes->at.receiver_seen)
		mask |= 1u << COUNTER_PEER_QUEUE | 1u << COUNTER_READ;
	return mask;
}

static void put_counter(struct perfetto *perfetto, const struct bytes *bytes, enum counter counter,
			uint64_t value)
{
	const struct connection *connection = bytes->connection;
	enum end to = other_end(bytes->sender);
	const struct socket *socket =
		connection->ends[counters[counter].at_receiver ? to : bytes->sender];
	struct socket_track *track = socket ? tracks_socket(&perfetto->tracks, socket) : NULL;
	struct json *json;
	char name[80];

	if (!track)
		return;
	track->used = true;
	snprintf(name, sizeof(name), "#%u to %s: %s", connection->id,
		 to == END_CLIENT ? "client" : "server", counters[counter].name);
	json = perfetto_event(perfetto, "C", "bytes", name, track->pid, track->tid, bytes->time_ns);
	json_object(json, "args");
	json_uint(json, counters[counter].unit, value);
	json_object_end(json);
	spool_event_end(&perfetto->spool);
}

void perfetto_bytes(struct perfetto *perfetto, const struct bytes *bytes)
{
	uint64_t values[COUNTER_COUNT];
	unsigned int mask = known(bytes, values);
	struct counters *last;

	if (bytes->connection->id > TRACE_DETAILED)
		return;
	last = &perfetto->counters[bytes->connection->id - 1][bytes->sender];
	for (int i = 0; i < COUNTER_COUNT; i++) {
		if (!(mask & 1u << i) || (last->told[i] && last->values[i] == values[i]))
			continue;
		last->told[i] = true;
		last->values[i] = values[i];
		put_counter(perfetto, bytes, (enum counter)i, values[i]);
	}
}

void perfetto_queue(struct perfetto *perfetto, const struct note *note)
{
	struct socket_track *track = tracks_socket(&perfetto->tracks, note->socket);
	struct json *json;
	char name[48];

	if (!track || (track->queue_told && track->queue == (uint64_t)note->value))
		return;
	track->used = true;
	track->queue_told = true;
	track->queue = (uint64_t)note->value;
	snprintf(name, sizeof(name), "socket %u: accept queue", track->id);
	json = perfetto_event(perfetto, "C", "queue", name, track->pid, track->tid, note->time_ns);
	json_object(json, "args");
	json_int(json, "connections", note->value);
	json_object_end(json);
	spool_event_end(&perfetto->spool);
}
