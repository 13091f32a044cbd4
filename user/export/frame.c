/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The output behind the full screen: notes what the model tells and doesn't
 * keep (calls in progress, the last events and moments), and prints the
 * summary at the end. Draws when it is asked, never by itself.
 */
#include "user/export/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/export/frame_parts.h"
#include "user/export/summary.h"

/* The value of key, made when there is none; NULL: no memory. */
static void *value_of(struct frame *frame, struct map *map, uint64_t key, size_t size)
{
	void *value = map_get(map, key);

	if (value)
		return value;
	value = calloc(1, size);
	if (value && !map_put(map, key, value))
		return value;
	free(value);
	frame->failed = true;
	return NULL;
}

static struct activity *activity_of(struct frame *frame, const struct socket *socket)
{
	return socket ? value_of(frame, &frame->activities, socket->id, sizeof(struct activity))
		      : NULL;
}

static void on_call_enter(void *context, const struct call *call)
{
	struct frame *frame = context;
	struct activity *activity = activity_of(frame, call->socket);

	if (!activity)
		return;
	activity->inside = true;
	activity->call = *call;
}

static void returned(struct activity *activity, const struct call *call)
{
	if (!activity)
		return;
	if (activity->inside && activity->call.tid == call->tid)
		activity->inside = false;
	activity->any = true;
	activity->last = *call;
	if (call->kind == CALL_CLOSE && !call->result)
		activity->closed = true;
}

static void on_call(void *context, const struct call *call)
{
	struct frame *frame = context;
	struct event_copy *copy = events_next(&frame->events);
	struct activity *accepted;

	copy->kind = EVENT_CALL;
	copy->call = *call;
	returned(activity_of(frame, call->socket), call);
	if (call->kind != CALL_ACCEPT && call->kind != CALL_ACCEPT4)
		return;
	accepted = activity_of(frame, call->other);
	if (!accepted || accepted->any)
		return;
	accepted->any = true;
	accepted->last = *call;
}

static void on_state(void *context, const struct state_change *change)
{
	struct event_copy *copy = events_next(&((struct frame *)context)->events);

	copy->kind = EVENT_STATE;
	copy->state = *change;
}

static void on_segment(void *context, const struct segment *segment)
{
	struct event_copy *copy = events_next(&((struct frame *)context)->events);

	copy->kind = EVENT_SEGMENT;
	copy->segment = *segment;
}

static void on_note(void *context, const struct note *note)
{
	struct event_copy *copy = events_next(&((struct frame *)context)->events);

	copy->kind = EVENT_NOTE;
	copy->note = *note;
}

static void on_lost(void *context, const struct loss *loss)
{
	struct event_copy *copy = events_next(&((struct frame *)context)->events);

	copy->kind = EVENT_LOST;
	copy->lost = *loss;
}

static bool is_found_thread(const struct process *process)
{
	return process->event == PROCESS_FOUND && process->tid != process->tgid;
}

static void count_threads(struct frame *frame, const struct process *process)
{
	struct life *life = value_of(frame, &frame->lives, process->tgid, sizeof(struct life));

	if (!life)
		return;
	if (process->event == PROCESS_FORK && process->tid == process->tgid) {
		*life = (struct life){ .threads = 1 };
		return;
	}
	if (!life->threads && process->event != PROCESS_EXIT)
		*life = (struct life){ .threads = 1, .partial = is_found_thread(process) };
	if (process->event == PROCESS_FORK || is_found_thread(process))
		life->threads++;
	else if (process->event == PROCESS_EXIT && --life->threads <= 0 && !life->partial)
		*life = (struct life){ .ended_ns = process->time_ns };
}

static void on_process(void *context, const struct process *process)
{
	struct frame *frame = context;
	struct event_copy *copy = events_next(&frame->events);

	copy->kind = EVENT_PROCESS;
	copy->process = *process;
	count_threads(frame, process);
}

/* The place by time for one moment more: the model tells some of them late. */
static struct told *told_place(struct frame *frame, uint64_t time_ns)
{
	uint64_t at = frame->told_count++, oldest = at < FRAME_TOLD ? 0 : at - FRAME_TOLD + 1;

	for (; at > oldest && frame->told[(at - 1) % FRAME_TOLD].time_ns > time_ns; at--)
		frame->told[at % FRAME_TOLD] = frame->told[(at - 1) % FRAME_TOLD];
	return &frame->told[at % FRAME_TOLD];
}

static void on_connection(void *context, const struct connection *connection)
{
	struct frame *frame = context;

	if (top_begins(&frame->top, connection))
		frame->failed = true;
}

static void on_finished(void *context, const struct connection *connection)
{
	top_ends(context, connection);
}

static void on_moment(void *context, const struct moment *moment)
{
	struct frame *frame = context;
	struct told *told = told_place(frame, moment->time_ns);

	/* An attempt that never left the host is not finished, for it had no state. */
	if (moment->connection && moment->kind == MOMENT_CONNECT_FAILED)
		top_ends(frame, moment->connection);
	told->time_ns = moment->time_ns;
	told->id = moment->connection ? moment->connection->id : 0;
	moment_title(moment, frame->view->lang, told->title, sizeof(told->title));
	moment_caption(moment, frame->view->lang, told->caption, sizeof(told->caption));
}

static void on_gone(void *context, const struct socket *socket)
{
	struct frame *frame = context;

	free(map_remove(&frame->activities, socket->id));
	events_gone(&frame->events, socket);
}

/* Its sockets may live on without it. */
static void on_folded(void *context, const struct connection *connection)
{
	struct frame *frame = context;

	for (int end = 0; end < END_COUNT; end++)
		if (connection->ends[end])
			events_gone(&frame->events, connection->ends[end]);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct frame *frame = calloc(1, sizeof(*frame));

	*context = NULL;
	if (!frame)
		return -ENOMEM;
	frame->listed = true;
	frame->view = view_open(target, info);
	if (!frame->view) {
		free(frame);
		return -ENOMEM;
	}
	*context = frame;
	return 0;
}

static void free_values(struct map *map)
{
	size_t at = 0;
	void *value;

	while ((value = map_next(map, &at)))
		free(value);
	map_free(map);
}

static int end_view(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct frame *frame = context;
	int err = frame->failed ? -ENOMEM : 0, failed;

	if (end)
		summary_print(frame->view, trace, end);
	failed = view_close(frame->view);
	free_values(&frame->activities);
	free_values(&frame->lives);
	top_free(&frame->top);
	free(frame);
	return err ? err : failed;
}

const struct export view_live = {
	.name = "live",
	.sink = {
		.connection = on_connection,
		.finished = on_finished,
		.process = on_process,
		.state = on_state,
		.call_enter = on_call_enter,
		.call = on_call,
		.segment = on_segment,
		.note = on_note,
		.moment = on_moment,
		.lost = on_lost,
		.folded = on_folded,
		.gone = on_gone,
	},
	.begin = begin,
	.end = end_view,
};

void frame_choice_get(const struct frame *frame, struct frame_choice *choice)
{
	*choice = (struct frame_choice){
		.page = (int)frame->page,
		.base = (int)frame->base,
		.scroll = frame->scroll,
		.connection = frame->chosen,
		.order = frame->top.order,
		.listed = frame->listed,
		.picked = frame->picked,
		.from_top = frame->from_top,
	};
}

void frame_choice_set(struct frame *frame, const struct frame_choice *choice)
{
	frame->page = (enum frame_page)choice->page;
	frame->base = (enum frame_page)choice->base;
	frame->scroll = choice->scroll;
	frame->chosen = choice->connection;
	frame->top.order = choice->order;
	frame->listed = choice->listed;
	frame->picked = choice->picked;
	frame->from_top = choice->from_top;
}

void frame_follow(struct frame *frame, unsigned int id)
{
	if (!frame->picked && id) {
		frame->chosen = id;
		frame->listed = false;
	}
}

const struct call *frame_call_of(const struct frame *frame, const struct connection *connection,
				 enum end end)
{
	const struct socket *socket = connection->ends[end];
	const struct activity *activity = socket ? map_get(&frame->activities, socket->id) : NULL;

	return activity && activity->inside ? &activity->call : NULL;
}
