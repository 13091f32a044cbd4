/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The frame of the trace-event file, and its instants: moments, what happened
 * to a socket, and lost records. Times are microseconds with three decimals,
 * the first event at 0, in order.
 */
#include "user/export/perfetto.h"

#include <errno.h>
#include <stdlib.h>

#include "user/base/fmt.h"
#include "user/export/perfetto_events.h"
#include "user/model/names.h"

#define CAPTION_SIZE 1024

static void seen(struct perfetto *perfetto, uint64_t time_ns)
{
	if (time_ns > perfetto->last_ns)
		perfetto->last_ns = time_ns;
}

struct json *perfetto_event(struct perfetto *perfetto, const char *ph, const char *cat,
			    const char *name, uint32_t pid, uint32_t tid, uint64_t time_ns)
{
	struct json *json = spool_event(&perfetto->spool, ph, time_ns);

	json_string(json, "cat", cat);
	json_string(json, "name", name);
	json_uint(json, "pid", pid);
	json_uint(json, "tid", tid);
	seen(perfetto, time_ns);
	return json;
}

/* scope: "g" the whole trace, "p" the process, "t" the track */
static void put_instant(struct perfetto *perfetto, struct socket_track *track, const char *scope,
			const char *cat, const char *name, const char *detail, uint64_t time_ns)
{
	struct json *json = perfetto_event(perfetto, "i", cat, name,
					   track ? track->pid : TRACK_SYNTHETIC,
					   track ? track->tid : TRACK_SYNTHETIC, time_ns);

	if (track)
		track->used = true;
	json_string(json, "s", scope);
	json_object(json, "args");
	json_string(json, "detail", detail);
	json_object_end(json);
	spool_event_end(&perfetto->spool);
}

static void on_socket(void *context, const struct socket *socket)
{
	struct perfetto *perfetto = context;

	tracks_socket(&perfetto->tracks, socket);
}

static void on_process(void *context, const struct process *process)
{
	struct perfetto *perfetto = context;

	seen(perfetto, process->time_ns);
	if (process->event == PROCESS_EXIT)
		tracks_ended(&perfetto->tracks, process->tid, process->time_ns, &perfetto->names);
	else
		tracks_task(&perfetto->tracks, process->tid, process->tgid, process->comm);
}

static void on_state(void *context, const struct state_change *change)
{
	seen(context, change->time_ns);
	perfetto_state(context, change);
}

static void on_call(void *context, const struct call *call)
{
	seen(context, call->return_ns);
	perfetto_call(context, call);
}

static void on_bytes(void *context, const struct bytes *bytes)
{
	seen(context, bytes->time_ns);
	perfetto_bytes(context, bytes);
}

static void on_segment(void *context, const struct segment *segment)
{
	seen(context, segment->time_ns);
	perfetto_segment(context, segment);
}

static void on_moment(void *context, const struct moment *moment)
{
	struct perfetto *perfetto = context;
	struct socket_track *track =
		moment->socket ? tracks_socket(&perfetto->tracks, moment->socket) : NULL;
	char title[256], caption[CAPTION_SIZE];

	put_instant(perfetto, track, track ? "p" : "g", "moment",
		    moment_title(moment, perfetto->lang, title, sizeof(title)),
		    moment_caption(moment, perfetto->lang, caption, sizeof(caption)),
		    moment->time_ns);
}

static void on_note(void *context, const struct note *note)
{
	struct perfetto *perfetto = context;

	if (note->kind == NOTE_ACCEPT_QUEUE)
		perfetto_queue(perfetto, note);
	else
		put_instant(perfetto, tracks_socket(&perfetto->tracks, note->socket), "t", "note",
			    name_note(note->kind), note->detail, note->time_ns);
}

static void on_lost(void *context, const struct loss *loss)
{
	char name[64], count[FMT_SIZE], span[FMT_SIZE], detail[FMT_SIZE + 16];

	snprintf(name, sizeof(name), "%s %s records LOST",
		 fmt_count(count, sizeof(count), loss->count), name_record(loss->what));
	snprintf(detail, sizeof(detail), "within %s",
		 fmt_duration(span, sizeof(span),
			      loss->last_ns > loss->first_ns ? loss->last_ns - loss->first_ns : 0));
	put_instant(context, NULL, "g", "lost", name, detail, loss->first_ns);
}

/* The model follows it no further: what it was in may have lasted longer. */
static void on_gone(void *context, const struct socket *socket)
{
	struct perfetto *perfetto = context;
	struct socket_track *track;

	tracks_socket(&perfetto->tracks, socket);
	track = tracks_take(&perfetto->tracks, socket->id);
	if (!track)
		return;
	perfetto_last_state(perfetto, track, "not followed to its end");
	perfetto_last_segment(perfetto, track);
	tracks_write_socket(track, &perfetto->names);
	track_free(track);
}

/* Its lines are elements of the array: what tells them from the text before is a comma. */
static int copy_names(struct perfetto *perfetto)
{
	char bytes[4096];
	size_t length;
	int err = 0;

	rewind(perfetto->names.stream);
	while ((length = fread(bytes, 1, sizeof(bytes), perfetto->names.stream)))
		fwrite(bytes, 1, length, perfetto->stream);
	errno = 0;
	if (ferror(perfetto->names.stream))
		err = errno ? -errno : -EIO;
	return err;
}

/* Of the capture; t_s_of_ts_0 is where the first event lies on the time axis of CSV. */
static void put_other(const struct perfetto *perfetto, struct json *json, uint64_t base_ns)
{
	const struct capture_info *info = perfetto->info;
	char first[FMT_SIZE];

	fmt_seconds(first, sizeof(first), base_ns ? (int64_t)(base_ns - perfetto->zero_ns) : 0);
	json_object(json, "otherData");
	json_bytes(json, "tcpwatch", info->version, sizeof(info->version));
	json_bytes(json, "kernel", info->kernel, sizeof(info->kernel));
	json_bytes(json, "command", info->command, sizeof(info->command));
	json_string(json, "t_s_of_ts_0", first);
	json_object_end(json);
}

static int write_all(struct perfetto *perfetto)
{
	struct json json;
	uint64_t base_ns;
	int err;

	perfetto_open_states(perfetto);
	perfetto_open_segments(perfetto);
	base_ns = spool_sort(&perfetto->spool);
	json_start(&json, perfetto->stream);
	json_object(&json, NULL);
	json_string(&json, "displayTimeUnit", "ns");
	put_other(perfetto, &json, base_ns);
	json_array(&json, "traceEvents");
	fputc('\n', perfetto->stream);
	json_object(&json, NULL);
	json_string(&json, "ph", "M");
	json_string(&json, "name", "process_labels");
	json_uint(&json, "pid", TRACK_SYNTHETIC);
	json_uint(&json, "tid", TRACK_SYNTHETIC);
	json_object(&json, "args");
	json_string(&json, "labels", "tcpwatch");
	json_object_end(&json);
	json_object_end(&json);
	fputc('\n', perfetto->stream);
	tracks_write(&perfetto->tracks, &json);
	err = copy_names(perfetto);
	if (!err)
		err = spool_write(&perfetto->spool, perfetto->stream, base_ns);
	json_array_end(&json);
	json_object_end(&json);
	json_line_end(&json);
	return err;
}

static int open_names(struct perfetto *perfetto)
{
	FILE *file = tmpfile();

	if (!file)
		return -errno;
	json_start(&perfetto->names, file);
	perfetto->names.comma = true;
	return 0;
}

static void close_all(struct perfetto *perfetto)
{
	if (perfetto->names.stream)
		fclose(perfetto->names.stream);
	spool_close(&perfetto->spool);
	tracks_free(&perfetto->tracks);
	free(perfetto);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct perfetto *perfetto = calloc(1, sizeof(*perfetto));
	int err;

	*context = NULL;
	if (!perfetto)
		return -ENOMEM;
	perfetto->stream = target->stream;
	perfetto->info = info;
	perfetto->lang = target->lang;
	perfetto->zero_ns = target->zero_ns;
	err = spool_open(&perfetto->spool);
	if (!err)
		err = open_names(perfetto);
	if (err)
		close_all(perfetto);
	else
		*context = perfetto;
	return err;
}

static int end_export(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct perfetto *perfetto = context;
	int err;

	(void)end;
	seen(perfetto, trace_last_ns(trace));
	err = write_all(perfetto);
	if (!err && perfetto->tracks.failed)
		err = -ENOMEM;
	errno = 0;
	if (!err && (fflush(perfetto->stream) || ferror(perfetto->stream)))
		err = errno ? -errno : -EIO;
	close_all(perfetto);
	return err;
}

const struct export export_perfetto = {
	.name = "perfetto",
	.sink = {
		.socket = on_socket,
		.process = on_process,
		.state = on_state,
		.call = on_call,
		.bytes = on_bytes,
		.segment = on_segment,
		.note = on_note,
		.moment = on_moment,
		.lost = on_lost,
		.gone = on_gone,
	},
	.begin = begin,
	.end = end_export,
};
