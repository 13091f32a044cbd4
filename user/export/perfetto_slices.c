/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls on the tracks of their threads, states on those of their sockets. On
 * a track no slice overlaps another: a record that says otherwise is cut.
 */
#include <netinet/tcp.h>
#include <stdio.h>

#include "user/base/fmt.h"
#include "user/export/perfetto_events.h"
#include "user/model/names.h"

static void put_result(char *text, size_t size, const struct call *call)
{
	char count[FMT_SIZE];

	if (!call->return_ns || !call->finished)
		snprintf(text, size, "did not return");
	else if (call->result < 0)
		snprintf(text, size, "%s", name_errno((int)call->result));
	else
		snprintf(text, size, "%s", fmt_count(count, sizeof(count), (uint64_t)call->result));
}

/* "asked 10,240,000, result 10,240,000, slept 7.79 s" */
static void put_detail(struct json *json, const struct call *call)
{
	char text[256], asked[FMT_SIZE], result[FMT_SIZE], slept[FMT_SIZE];
	uint64_t sleep_ns = 0;
	int used = 0;

	for (int cause = 0; cause < SLEEP_CAUSES; cause++)
		sleep_ns += call->sleep_ns[cause];
	put_result(result, sizeof(result), call);
	if (call->asked_bytes)
		used = snprintf(text, sizeof(text), "asked %s, ",
				fmt_count(asked, sizeof(asked), call->asked_bytes));
	used += snprintf(text + used, sizeof(text) - (size_t)used, "result %s", result);
	if (sleep_ns)
		snprintf(text + used, sizeof(text) - (size_t)used, ", slept %s",
			 fmt_duration(slept, sizeof(slept), sleep_ns));
	json_string(json, "detail", text);
}

static void put_sleeps(struct json *json, const struct call *call)
{
	if (!call->sleeps)
		return;
	json_uint(json, "sleeps", call->sleeps);
	for (int cause = SLEEP_NONE + 1; cause < SLEEP_CAUSES; cause++)
		if (call->sleep_ns[cause])
			json_uint(json, name_sleep((enum sleep_cause)cause), call->sleep_ns[cause]);
}

static void put_call_args(struct json *json, const struct call *call)
{
	json_object(json, "args");
	put_detail(json, call);
	json_int(json, "fd", call->fd);
	if (call->asked_bytes)
		json_uint(json, "asked_bytes", call->asked_bytes);
	if ((call_sends(call->kind) || call_receives(call->kind)) && !call->moved_unknown)
		json_uint(json, "moved_bytes", call->moved_bytes);
	if (call->run.count)
		json_uint(json, "calls", call->run.count);
	else if (call->return_ns && call->finished)
		json_int(json, "result", call->result);
	if (call->socket)
		json_uint(json, "socket", call->socket->id);
	if (call->socket && call->socket->connection)
		json_uint(json, "connection", call->socket->connection->id);
	put_sleeps(json, call);
	json_object_end(json);
}

void perfetto_call(struct perfetto *perfetto, const struct call *call)
{
	struct task_track *track =
		tracks_task(&perfetto->tracks, call->tid, call->tgid, call->comm);
	uint64_t from = call_drawn_ns(call),
		 to = call->return_ns ? call->return_ns : perfetto->last_ns;
	struct json *json;

	if (!track)
		return;
	if (from < track->free_ns)
		from = track->free_ns;
	if (to < from)
		to = from;
	track->used = true;
	track->free_ns = to;
	json = perfetto_event(perfetto, "X", "call", name_call(call->kind), track->tgid, track->tid,
			      from);
	spool_duration(&perfetto->spool, "dur", to - from);
	put_call_args(json, call);
	spool_event_end(&perfetto->spool);
}

static void put_state(struct perfetto *perfetto, struct socket_track *track, unsigned int state,
		      uint64_t from, uint64_t to, const char *detail)
{
	struct json *json;

	if (!state || state == TCP_CLOSE)
		return;
	if (from < track->free_ns)
		from = track->free_ns;
	if (to < from)
		to = from;
	track->used = true;
	track->free_ns = to;
	json = perfetto_event(perfetto, "X", "state", name_state(state), track->pid, track->tid,
			      from);
	spool_duration(&perfetto->spool, "dur", to - from);
	json_object(json, "args");
	json_string(json, "detail", detail);
	json_uint(json, "socket", track->id);
	json_object_end(json);
	spool_event_end(&perfetto->spool);
}

void perfetto_state(struct perfetto *perfetto, const struct state_change *change)
{
	struct socket_track *track = tracks_socket(&perfetto->tracks, change->socket);
	char text[160];

	if (!track)
		return;
	snprintf(text, sizeof(text), "%sended by %s%s%s",
		 change->duration_known ? "" : "beginning not seen, ", name_cause(change->cause),
		 change->detail[0] ? ": " : "", change->detail);
	put_state(perfetto, track, change->old_state, change->time_ns - change->duration_ns,
		  change->time_ns, text);
}

void perfetto_last_state(struct perfetto *perfetto, struct socket_track *track, const char *words)
{
	put_state(perfetto, track, track->state, track->since_ns, perfetto->last_ns, words);
}

void perfetto_open_states(struct perfetto *perfetto)
{
	struct socket_track *track;
	size_t at = 0;

	while ((track = map_next(&perfetto->tracks.sockets, &at)))
		perfetto_last_state(perfetto, track,
				    track->since_known ? "still so at the end of the capture"
						       : "beginning not seen, still so at the end");
}
