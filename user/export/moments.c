/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The view of a run as it happens: a line for each moment, and the summary at
 * the end. With many connections it falls back to a line for each one that is
 * over, which is also a view of its own. A line is held back for a moment only, so
 * that they stand in the order of their times.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/fmt.h"
#include "user/export/connections.h"
#include "user/export/footer.h"
#include "user/export/held.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/export/text.h"
#include "user/model/moments.h"

#define TIME_COLUMNS 11

struct moments {
	struct view *view;
	struct held held;
	unsigned int connections; /* begun so far */
	bool any;		  /* a line was written */
	bool rows;		  /* connections have a line each, when they are over */
	bool alone;		  /* and nothing else has */
	struct connections over;
};

/* A line that is written into memory, in the manner of the view. */
struct draft {
	struct view view;
	char *text;
	size_t size;
};

static bool draft_open(struct draft *draft, const struct moments *moments)
{
	*draft = (struct draft){ .view = *moments->view };
	draft->view.stream = open_memstream(&draft->text, &draft->size);
	return draft->view.stream;
}

static void draft_hold(struct draft *draft, struct moments *moments, uint64_t time_ns,
		       unsigned int tag)
{
	if (fclose(draft->view.stream)) {
		free(draft->text);
		return;
	}
	held_add(&moments->held, time_ns, tag, draft->text);
}

static void offset_of(const struct view *view, char *text, size_t size, uint64_t time_ns)
{
	fmt_offset(text, size, (int64_t)(time_ns - view->zero_ns));
}

static int print_time(const struct moments *moments, const struct view *view, const char *offset,
		      unsigned int id)
{
	int at = TIME_COLUMNS + 2;

	fprintf(view->stream, "%s%*s%s  ", term_style(&view->term, STYLE_DIM), TIME_COLUMNS, offset,
		term_style(&view->term, STYLE_PLAIN));
	if (id && moments->connections > 1)
		at += fprintf(view->stream, "#%u  ", id);
	return at;
}

/* One that is told too late for its place says in words when it was. */
static void draw_moment(const struct moments *moments, const struct view *view,
			const struct moment *moment, unsigned int id)
{
	bool late = held_is_late(&moments->held, moment->time_ns);
	char offset[FMT_SIZE], when[FMT_SIZE * 2] = "";
	char words[TEXT_SIZE], title[TEXT_SIZE], caption[TEXT_LONG];
	int at;

	offset_of(view, offset, sizeof(offset), moment->time_ns);
	if (late)
		label_fill(when, sizeof(when), view->lang, LABEL_LATE, offset, NULL);
	at = print_time(moments, view, late ? "" : offset, id);
	moment_title(moment, view->lang, words, sizeof(words));
	text_own(view, title, sizeof(title), words);
	moment_caption(moment, view->lang, caption, sizeof(caption));
	text_styled(view, STYLE_BOLD, title);
	fputs(when, view->stream);
	if (*caption)
		fputs(label(view->lang, LABEL_COLON), view->stream);
	text_wrap(view, at + term_width(title) + term_width(when) + 2, TIME_COLUMNS + 4, caption);
}

static void on_zero(void *context, uint64_t zero_ns)
{
	struct moments *moments = context;
	char text[TEXT_SIZE];
	struct draft draft;

	if (!view_zero(moments->view, zero_ns, text, sizeof(text)) || !moments->any ||
	    !draft_open(&draft, moments))
		return;
	text_wrap(&draft.view, 0, 3, text);
	draft_hold(&draft, moments, zero_ns, 0);
}

/* From here on connections are rows; what was told of the first ones stands above. */
static void switch_to_rows(struct moments *moments, uint64_t time_ns)
{
	char number[FMT_SIZE], text[TEXT_SIZE];
	struct draft draft;

	moments->rows = true;
	if (!draft_open(&draft, moments))
		return;
	fmt_count(number, sizeof(number), VIEW_CONNECTIONS);
	label_fill(text, sizeof(text), draft.view.lang, LABEL_ONE_LINE, number, NULL);
	text_wrap(&draft.view, 0, 0, text);
	connections_title(&moments->over, &draft.view);
	draft_hold(&draft, moments, time_ns, 0);
}

static void on_connection(void *context, const struct connection *connection)
{
	struct moments *moments = context;

	connections_begins(&moments->over, moments->view, connection);
	if (++moments->connections > VIEW_CONNECTIONS && !moments->rows)
		switch_to_rows(moments, connection->first_ns);
}

static void hold_row(struct moments *moments, const struct connection *connection)
{
	struct draft draft;

	if (!moments->rows || !draft_open(&draft, moments))
		return;
	moments->any = true;
	connections_row(&moments->over, &draft.view, connection, connection->last_ns);
	draft_hold(&draft, moments, connection->last_ns, connection->id);
}

/* What failed is told of twice, in either order, and has one line. */
static void on_finished(void *context, const struct connection *connection)
{
	bool failed = connection->moments_told[END_CLIENT] & 1u << MOMENT_CONNECT_FAILED;
	struct moments *moments = context;

	if (!failed)
		connections_add(&moments->over, connection);
	held_until(&moments->held, connection->last_ns);
	if (held_take_back(&moments->held, connection->id) || !failed)
		hold_row(moments, connection);
}

static void on_failed(struct moments *moments, const struct moment *moment)
{
	const struct connection *connection = moment->connection;

	if (!connection->finished)
		connections_add(&moments->over, connection);
	if (!moments->rows)
		return;
	held_until(&moments->held, moment->told_ns);
	if (held_take_back(&moments->held, connection->id) || !connection->finished)
		hold_row(moments, connection);
}

static void on_moment(void *context, const struct moment *moment)
{
	struct moments *moments = context;
	unsigned int id = moment->connection ? moment->connection->id : 0;
	struct draft draft;

	if (id && moment->kind == MOMENT_CONNECT_FAILED)
		on_failed(moments, moment);
	if (moments->alone || (id && moments->rows) || !draft_open(&draft, moments))
		return;
	moments->any = true;
	held_until(&moments->held, moment->told_ns);
	draw_moment(moments, &draft.view, moment, id);
	draft_hold(&draft, moments, moment->time_ns, 0);
}

static void passed(void *context, uint64_t time_ns)
{
	struct moments *moments = context;

	held_until(&moments->held, time_ns);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct moments *moments = calloc(1, sizeof(*moments));

	*context = NULL;
	if (!moments)
		return -ENOMEM;
	moments->view = view_open(target, info);
	if (!moments->view) {
		free(moments);
		return -ENOMEM;
	}
	moments->held.stream = moments->view->stream;
	*context = moments;
	return 0;
}

/* Those that go on have no end to tell of. */
static void print_open(struct moments *moments, const struct trace *trace)
{
	unsigned int count = trace_connections(trace);

	for (unsigned int i = 0; i < count; i++) {
		const struct connection *connection = trace_connection(trace, i);

		if (!connection || connection->finished || connection->connect_error)
			continue;
		connections_row(&moments->over, moments->view, connection, trace_last_ns(trace));
		connections_add_open(&moments->over, connection);
	}
}

/* Of so many connections the summaries of the first ones say nothing. */
static bool has_summary(const struct moments *moments)
{
	return !moments->alone && moments->connections <= TRACE_DETAILED;
}

static int end_view(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct moments *moments = context;
	int err;

	held_flush(&moments->held);
	if (moments->rows) {
		print_open(moments, trace);
		fputc('\n', moments->view->stream);
		connections_total(&moments->over, moments->view, moments->connections);
	}
	if (moments->any && has_summary(moments))
		fputc('\n', moments->view->stream);
	if (has_summary(moments))
		summary_print(moments->view, trace, end);
	else
		footer_print(moments->view, trace, end);
	err = view_close(moments->view);
	free(moments);
	return err;
}

const struct export view_moments = {
	.name = "moments",
	.sink = {
		.zero = on_zero,
		.connection = on_connection,
		.moment = on_moment,
		.finished = on_finished,
	},
	.begin = begin,
	.passed = passed,
	.end = end_view,
};

static int begin_rows(void **context, const struct export_target *target,
		      const struct capture_info *info)
{
	int err = begin(context, target, info);
	struct moments *moments = *context;

	if (err)
		return err;
	moments->rows = moments->alone = true;
	connections_title(&moments->over, moments->view);
	return 0;
}

const struct export view_connections = {
	.name = "connections",
	.sink = {
		.zero = on_zero,
		.connection = on_connection,
		.moment = on_moment,
		.finished = on_finished,
	},
	.begin = begin_rows,
	.passed = passed,
	.end = end_view,
};
