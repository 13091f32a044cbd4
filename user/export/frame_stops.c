/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One pass over a capture that keeps its moments' words and nothing else. They
 * are sorted because the model tells some of them late.
 */
#include "user/export/frame_stops.h"

#include <errno.h>
#include <stdlib.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/text.h"

static struct stop *new_stop(struct stops *stops)
{
	size_t room = stops->room ? stops->room * 2 : 64;
	struct stop *at;

	if (stops->count == stops->room) {
		at = realloc(stops->at, room * sizeof(*at));
		if (!at)
			return NULL;
		stops->at = at;
		stops->room = room;
	}
	at = &stops->at[stops->count++];
	*at = (struct stop){ 0 };
	return at;
}

static void ask(struct stop *stop, const struct moment *moment)
{
	enum end sender = moment->socket ? moment->socket->end : END_CLIENT;
	const struct flow *flow = &moment->connection->flow[sender];

	if (moment->kind != MOMENT_SENT || !moment->connection->places_known ||
	    !flow->at_return.at.receiver_seen)
		return;
	stop->asks = true;
	stop->call = flow->last_call;
	stop->receiver = other_end(sender);
	stop->given = flow->at_return.at.handed;
	stop->read = flow->at_return.at.read;
}

static void on_moment(void *context, const struct moment *moment)
{
	struct stops *stops = context;
	struct stop *stop;

	if (moment->connection && moment->connection->id > STOPS_CONNECTIONS)
		return;
	stop = new_stop(stops);
	if (!stop) {
		stops->failed = true;
		return;
	}
	stop->time_ns = moment->time_ns;
	moment_title(moment, stops->lang, stop->title, sizeof(stop->title));
	moment_caption(moment, stops->lang, stop->caption, sizeof(stop->caption));
	if (!moment->connection)
		return;
	stop->connection = moment->connection->id;
	ask(stop, moment);
}

/* In the order they were told, when their times are the same. */
static void sort(struct stops *stops)
{
	for (size_t i = 1; i < stops->count; i++) {
		struct stop stop = stops->at[i];
		size_t at = i;

		for (; at > 0 && stops->at[at - 1].time_ns > stop.time_ns; at--)
			stops->at[at] = stops->at[at - 1];
		stops->at[at] = stop;
	}
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct stops *stops = ((const struct stops_target *)target)->stops;

	(void)info;
	stops->lang = target->lang;
	*context = stops;
	return 0;
}

static int end(void *context, const struct trace *trace, const struct capture_end *capture_end)
{
	struct stops *stops = context;

	stops->zero_ns = trace_zero_ns(trace);
	stops->first_ns = trace_first_ns(trace);
	stops->last_ns = trace_last_ns(trace);
	stops->events = trace_events(trace);
	stops->lost = trace_lost(trace);
	stops->connections = trace_begun(trace);
	stops->cut = !capture_end->complete;
	sort(stops);
	return stops->failed ? -ENOMEM : 0;
}

const struct export export_stops = {
	.name = "stops",
	.sink = { .moment = on_moment },
	.begin = begin,
	.end = end,
};

size_t stops_until(const struct stops *stops, uint64_t time_ns)
{
	size_t count = 0;

	while (count < stops->count && stops->at[count].time_ns <= time_ns)
		count++;
	return count;
}

static void print_nothing(const struct stops *stops, const struct export_target *target)
{
	char events[FMT_SIZE], lost[FMT_SIZE], text[TEXT_SIZE];

	fmt_count(events, sizeof(events), stops->events);
	fmt_count(lost, sizeof(lost), stops->lost);
	label_fill(text, sizeof(text), target->lang,
		   stops->events == 1 ? LABEL_EVENT : LABEL_EVENTS, events, lost, NULL);
	if (!stops->connections)
		fprintf(target->stream, "%s ", label(target->lang, LABEL_NO_CONNECTION));
	fprintf(target->stream, "%s\n", text);
}

void stops_print(const struct stops *stops, const struct export_target *target)
{
	const struct view view = { .term = target->term, .lang = target->lang };

	if (!stops->count)
		print_nothing(stops, target);
	for (size_t i = 0; i < stops->count; i++) {
		const struct stop *stop = &stops->at[i];
		char offset[FMT_SIZE], number[16] = "-", text[TEXT_LONG], own[TEXT_LONG];

		fmt_offset(offset, sizeof(offset), (int64_t)(stop->time_ns - stops->zero_ns));
		if (stop->connection)
			snprintf(number, sizeof(number), "#%u", stop->connection);
		snprintf(text, sizeof(text), "%s%s%s", stop->title,
			 *stop->caption ? label(view.lang, LABEL_COLON) : "", stop->caption);
		fprintf(target->stream, "%11s  %-4s %s\n", offset, number,
			text_own(&view, own, sizeof(own), text));
	}
}

void stops_free(struct stops *stops)
{
	free(stops->at);
	*stops = (struct stops){ 0 };
}
