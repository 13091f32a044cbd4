/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments as slices of half a microsecond, which arrows need to hold on to,
 * and the arrows: from where a segment left to where it arrived, for segments
 * that take up sequence numbers. One that was not seen to arrive has no arrow.
 */
#include <stdlib.h>
#include <string.h>

#include "user/export/perfetto_events.h"
#include "user/model/names.h"

#define SLICE_NS 500
#define DEPARTURES_MOST 1024 /* of one socket; the oldest are forgotten */

static void put_args(struct json *json, const struct segment *segment)
{
	char flags[16], text[96];

	name_tcp_flags(segment->flags, flags, sizeof(flags));
	snprintf(text, sizeof(text), "[%s] seq %u ack %u len %u win %u%s", flags, segment->raw_seq,
		 segment->raw_ack, segment->length, segment->window,
		 segment->again ? " again" : "");
	json_object(json, "args");
	json_string(json, "detail", text);
	json_uint(json, "raw_seq", segment->raw_seq);
	json_uint(json, "raw_ack", segment->raw_ack);
	if (segment->connection) {
		json_uint(json, "seq", segment->seq);
		json_uint(json, "ack", segment->ack);
		json_uint(json, "connection", segment->connection->id);
	}
	json_uint(json, "length", segment->length);
	json_uint(json, "window", segment->window);
	json_object_end(json);
}

/* The slice ends where the next one begins, if that is sooner. */
static void put_slice(struct perfetto *perfetto, struct socket_track *track, uint64_t until_ns)
{
	const struct segment *segment = &track->segment;
	uint64_t dur = until_ns - track->segment_ns;
	char kind[16], name[48];
	struct json *json;

	name_segment(segment->flags, segment->length, kind, sizeof(kind));
	snprintf(name, sizeof(name), "%s %s%s", kind, segment->received ? "received" : "sent",
		 segment->again ? " again" : "");
	json = perfetto_event(perfetto, "X", "segment", name, track->pid, track->tid + 1,
			      track->segment_ns);
	spool_duration(&perfetto->spool, "dur", dur < SLICE_NS ? dur : SLICE_NS);
	put_args(json, segment);
	spool_event_end(&perfetto->spool);
}

static void put_arrow_end(struct perfetto *perfetto, const struct socket_track *track,
			  const char *ph, uint64_t time_ns)
{
	struct json *json = perfetto_event(perfetto, ph, "segment", "segment", track->pid,
					   track->tid + 1, time_ns);

	json_uint(json, "id", perfetto->flows);
	if (ph[0] == 'f')
		json_string(json, "bp", "e");
	spool_event_end(&perfetto->spool);
}

static uint32_t length_in_sequence(const struct segment *segment)
{
	return segment->length + !!(segment->flags & SEGMENT_SYN) +
	       !!(segment->flags & SEGMENT_FIN);
}

static void forget(struct socket_track *track, size_t at)
{
	memmove(track->departures + at, track->departures + at + 1,
		(track->departed - at - 1) * sizeof(track->departures[0]));
	track->departed--;
}

static void note_departure(struct perfetto *perfetto, struct socket_track *track)
{
	const struct segment *segment = &track->segment;
	size_t room = track->room ? 2 * track->room : 4;
	struct departure *larger;

	if (track->departed == DEPARTURES_MOST)
		forget(track, 0);
	if (track->departed == track->room) {
		larger = reallocarray(track->departures, room, sizeof(*larger));
		if (!larger) {
			perfetto->tracks.failed = true;
			return;
		}
		track->departures = larger;
		track->room = room;
	}
	track->departures[track->departed++] = (struct departure){
		.time_ns = track->segment_ns,
		.seq = segment->raw_seq,
		.length = length_in_sequence(segment),
		.syn = segment->flags & SEGMENT_SYN,
	};
}

/* What left as one may arrive in parts: the first part takes the arrow. */
static void draw_arrow(struct perfetto *perfetto, const struct socket_track *track)
{
	const struct segment *segment = &track->segment;
	const struct socket *sender = segment->connection->ends[segment->sender];
	struct socket_track *from = sender ? tracks_socket(&perfetto->tracks, sender) : NULL;

	for (size_t i = from ? from->departed : 0; i-- > 0;) {
		const struct departure *departure = &from->departures[i];

		if (segment->raw_seq - departure->seq >= departure->length ||
		    departure->syn != !!(segment->flags & SEGMENT_SYN) ||
		    departure->time_ns > track->segment_ns)
			continue;
		perfetto->flows++;
		put_arrow_end(perfetto, from, "s", departure->time_ns);
		put_arrow_end(perfetto, track, "f", track->segment_ns);
		forget(from, i);
		return;
	}
}

void perfetto_segment(struct perfetto *perfetto, const struct segment *segment)
{
	struct socket_track *track = tracks_socket(&perfetto->tracks, segment->socket);
	uint64_t time_ns = segment->time_ns;

	if (!track)
		return;
	if (track->has_segment && time_ns <= track->segment_ns)
		time_ns = track->segment_ns + 1;
	if (track->has_segment)
		put_slice(perfetto, track, time_ns);
	track->has_segment = true;
	track->segment = *segment;
	track->segment_ns = time_ns;
	if (!segment->connection || !length_in_sequence(segment))
		return;
	if (segment->received)
		draw_arrow(perfetto, track);
	else
		note_departure(perfetto, track);
}

void perfetto_last_segment(struct perfetto *perfetto, struct socket_track *track)
{
	if (track->has_segment)
		put_slice(perfetto, track, track->segment_ns + SLICE_NS);
}

void perfetto_open_segments(struct perfetto *perfetto)
{
	struct socket_track *track;
	size_t at = 0;

	while ((track = map_next(&perfetto->tracks.sockets, &at)))
		perfetto_last_segment(perfetto, track);
}
