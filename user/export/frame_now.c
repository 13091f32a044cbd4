/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What each end is doing at this instant: the call in progress, how long, and
 * why it waits; or what it did last. Where the cause isn't known, none is given.
 */
#include <netinet/tcp.h>

#include "user/base/fmt.h"
#include "user/export/frame_parts.h"
#include "user/export/labels.h"
#include "user/model/names.h"

#define TITLE_COLUMNS 4
#define ROLE_COLUMNS 8
#define CALL_COLUMNS 20
#define WHY_COLUMN (1 + TITLE_COLUMNS + 1 + ROLE_COLUMNS + CALL_COLUMNS + 2)

/* What is said of one end. */
struct doing {
	char what[TEXT_SIZE];
	char why[TEXT_SIZE];
	enum style style;
};

static uint64_t since(const struct drawing *drawing, uint64_t time_ns)
{
	return drawing->scene->now_ns > time_ns ? drawing->scene->now_ns - time_ns : 0;
}

static void call_text(char *text, size_t size, const struct call *call)
{
	char count[FMT_SIZE] = "";

	if (call->asked_bytes)
		fmt_count(count, sizeof(count), call->asked_bytes);
	snprintf(text, size, "%s(%s)", name_call(call->kind), count);
}

static void result_text(char *text, size_t size, const struct call *call)
{
	char count[FMT_SIZE];

	if (call->result < 0)
		snprintf(text, size, "%s() = %s", name_call(call->kind),
			 name_errno((int)call->result));
	else
		snprintf(text, size, "%s() = %s", name_call(call->kind),
			 fmt_count(count, sizeof(count), (uint64_t)call->result));
}

/* Why a send call sleeps, as the model judged it when it fell asleep; "": it doesn't. */
static void sleep_text(char *text, size_t size, const struct view *view, const struct flow *flow)
{
	text[0] = '\0';
	if (!flow->asleep_since_ns)
		return;
	if (flow->asleep_cause == SLEEP_LOWAT)
		frame_say(text, size, view->lang, FRAME_WHY_LOWAT, NULL);
	else if (flow->asleep_cause == SLEEP_PEER_WINDOW || flow->asleep_cause == SLEEP_CONGESTION)
		frame_say(text, size, view->lang, FRAME_WHY_FULL,
			  label(view->lang, LABEL_SLEEP + flow->asleep_cause), NULL);
	else
		frame_say(text, size, view->lang, FRAME_WHY_BUFFER, NULL);
}

static void why_text(char *text, size_t size, const struct view *view,
		     const struct connection *connection, enum end end, const struct call *call)
{
	const struct flow *in = &connection->flow[!end];

	text[0] = '\0';
	if (call_sends(call->kind))
		sleep_text(text, size, view, &connection->flow[end]);
	else if (call->kind == CALL_CONNECT && connection->ends[end]->state == TCP_SYN_SENT)
		frame_say(text, size, view->lang, FRAME_WHY_SYN, NULL);
	else if (call_receives(call->kind) && connection->isn_known[!end] &&
		 in->at.received == in->at.read && !in->at.end_known)
		frame_say(text, size, view->lang, FRAME_WHY_NO_DATA, NULL);
}

static void inside(struct doing *doing, const struct drawing *drawing, const struct view *view,
		   enum end end, const struct call *call)
{
	char duration[FMT_SIZE], why[WORDS_ARG_SIZE];

	fmt_duration_seen(duration, sizeof(duration), since(drawing, call->enter_ns), !call->found);
	call_text(doing->what, sizeof(doing->what), call);
	why_text(why, sizeof(why), view, drawing->connection, end, call);
	if (*why) {
		doing->style = STYLE_YELLOW;
		frame_say(doing->why, sizeof(doing->why), view->lang, FRAME_INSIDE_WHY, duration,
			  why, NULL);
	} else {
		frame_say(doing->why, sizeof(doing->why), view->lang, FRAME_INSIDE, duration, NULL);
	}
}

static void closed(struct doing *doing, const struct drawing *drawing, const struct view *view,
		   const struct socket *socket, uint64_t since_ns)
{
	char duration[FMT_SIZE];

	if (socket->state == TCP_CLOSE) {
		frame_say(doing->why, sizeof(doing->why), view->lang, FRAME_OVER, NULL);
		return;
	}
	fmt_duration(duration, sizeof(duration), since(drawing, since_ns));
	frame_say(doing->why, sizeof(doing->why), view->lang, FRAME_ALONE, duration, NULL);
}

static void outside(struct doing *doing, const struct drawing *drawing, const struct view *view,
		    const struct activity *activity)
{
	bool masked = drawing->scene->replay && drawing->scene->replay->masked;
	char last[FMT_SIZE], duration[FMT_SIZE];

	frame_say(doing->what, sizeof(doing->what), view->lang, FRAME_OWN_CODE, NULL);
	if (!activity || !activity->any) {
		frame_say(doing->why, sizeof(doing->why), view->lang, FRAME_NO_CALL, NULL);
		return;
	}
	if (masked)
		return;
	result_text(last, sizeof(last), &activity->last);
	fmt_duration(duration, sizeof(duration), since(drawing, activity->last.return_ns));
	frame_say(doing->why, sizeof(doing->why), view->lang, FRAME_AGO, last, duration, NULL);
}

static void look_at(struct doing *doing, const struct drawing *drawing, const struct view *view,
		    enum end end)
{
	const struct connection *connection = drawing->connection;
	const struct socket *socket = socket_at(connection, end);
	const struct activity *activity = map_get(&drawing->frame->activities, socket->id);
	const struct life *life = map_get(&drawing->frame->lives, socket->owner_tgid);

	doing->style = STYLE_PLAIN;
	if (activity && activity->inside) {
		inside(doing, drawing, view, end, &activity->call);
	} else if (activity && activity->closed) {
		frame_say(doing->what, sizeof(doing->what), view->lang, FRAME_CLOSED, NULL);
		closed(doing, drawing, view, socket, activity->last.return_ns);
	} else if (life && life->ended_ns) {
		frame_say(doing->what, sizeof(doing->what), view->lang, FRAME_GONE, NULL);
		closed(doing, drawing, view, socket, life->ended_ns);
	} else if (end == END_SERVER && !connection->accepted_ns && !connection->accepted_before &&
		   (!activity || !activity->any)) {
		frame_say(doing->what, sizeof(doing->what), view->lang, FRAME_WAITS_ACCEPT, NULL);
		frame_say(doing->why, sizeof(doing->why), view->lang, FRAME_WAITS_ACCEPT_WHY, NULL);
	} else {
		outside(doing, drawing, view, activity);
	}
}

void frame_now(const struct drawing *drawing, struct lines *lines)
{
	const struct view *view = &lines->view;
	const char *title = frame_word(view->lang, FRAME_NOW);
	char role[TEXT_SIZE], what[TEXT_SIZE], head[TEXT_SIZE];
	bool first = true;

	lines_blank(lines);
	for (int end = 0; end < END_COUNT; end++) {
		struct doing doing = { .style = STYLE_PLAIN };

		if (!socket_at(drawing->connection, (enum end)end))
			continue;
		look_at(&doing, drawing, view, (enum end)end);
		text_fit(role, sizeof(role), text_role(view, (enum end)end), ROLE_COLUMNS,
			 ALIGN_LEFT);
		text_fit(what, sizeof(what), doing.what, CALL_COLUMNS, ALIGN_LEFT);
		text_fit(head, sizeof(head), first ? title : "", TITLE_COLUMNS, ALIGN_LEFT);
		fprintf(view->stream, " %s%s%s %s%s  %s", term_style(&view->term, STYLE_BOLD), head,
			term_style(&view->term, STYLE_PLAIN), role, what,
			term_style(&view->term, doing.style));
		text_wrap(view, WHY_COLUMN, WHY_COLUMN, doing.why);
		lines_take(lines, RANK_NOW);
		first = false;
	}
}
