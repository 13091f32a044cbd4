/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The view of a run as it happens: a line for each moment, and the summary at
 * the end. With many connections it falls back to a line for each one that is
 * finished; it never falls behind to keep a page tidy.
 */
#include <errno.h>
#include <stdlib.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/export/text.h"
#include "user/model/moments.h"
#include "user/model/names.h"

#define TIME_COLUMNS 11

struct moments {
	struct view *view;
	unsigned int connections; /* begun so far */
	bool any;		  /* a line was written */
};

static int print_time(const struct moments *moments, uint64_t time_ns, unsigned int id)
{
	const struct view *view = moments->view;
	int at = TIME_COLUMNS + 2;
	char offset[FMT_SIZE];

	fmt_offset(offset, sizeof(offset), (int64_t)(time_ns - view->info->start_mono_ns));
	fprintf(view->stream, "%s%*s%s  ", term_style(&view->term, STYLE_DIM), TIME_COLUMNS, offset,
		term_style(&view->term, STYLE_PLAIN));
	if (id && moments->connections > 1)
		at += fprintf(view->stream, "#%u  ", id);
	return at;
}

static void on_moment(void *context, const struct moment *moment)
{
	struct moments *moments = context;
	struct view *view = moments->view;
	unsigned int id = moment->connection ? moment->connection->id : 0;
	char words[TEXT_SIZE], title[TEXT_SIZE], caption[TEXT_LONG];
	int at;

	if (id > VIEW_CONNECTIONS)
		return;
	moments->any = true;
	at = print_time(moments, moment->time_ns, id);
	moment_title(moment, view->lang, words, sizeof(words));
	text_own(view, title, sizeof(title), words);
	moment_caption(moment, view->lang, caption, sizeof(caption));
	text_styled(view, STYLE_BOLD, title);
	if (*caption)
		fputs(label(view->lang, LABEL_COLON), view->stream);
	text_wrap(view, at + term_width(title) + 2, TIME_COLUMNS + 4, caption);
	fflush(view->stream);
}

static void on_connection(void *context, const struct connection *connection)
{
	struct moments *moments = context;
	struct view *view = moments->view;
	char number[FMT_SIZE], text[TEXT_SIZE];

	(void)connection;
	if (++moments->connections != VIEW_CONNECTIONS + 1)
		return;
	fmt_count(number, sizeof(number), VIEW_CONNECTIONS);
	label_fill(text, sizeof(text), view->lang, LABEL_ONE_LINE, number, NULL);
	text_wrap(view, 0, 0, text);
	fflush(view->stream);
}

static void outcome_of(const struct view *view, char *text, size_t size,
		       const struct connection *connection)
{
	if (connection->connect_error)
		snprintf(text, size, "%s", name_errno(connection->connect_error));
	else if (connection->reset)
		label_fill(text, size, view->lang, LABEL_RESET,
			   text_role(view, connection->reset_by), NULL);
	else
		snprintf(text, size, "%s",
			 label(view->lang, connection->finished ? LABEL_CLOSED : LABEL_OPEN));
}

static void on_finished(void *context, const struct connection *connection)
{
	struct moments *moments = context;
	struct view *view = moments->view;
	char ends[END_COUNT][TEXT_SIZE], duration[FMT_SIZE], moved[END_COUNT][FMT_SIZE];
	char outcome[TEXT_SIZE], text[TEXT_LONG];
	int at;

	if (connection->id <= VIEW_CONNECTIONS)
		return;
	at = print_time(moments, connection->last_ns, connection->id);
	for (int end = 0; end < END_COUNT; end++) {
		text_end(view, ends[end], sizeof(ends[end]), connection, (enum end)end);
		fmt_bytes(moved[end], FMT_SIZE, summary_moved(connection, (enum end)end));
	}
	fmt_duration(duration, sizeof(duration), connection->last_ns - connection->first_ns);
	outcome_of(view, outcome, sizeof(outcome), connection);
	snprintf(text, sizeof(text), "%s -> %s: %s, %s ->, %s <-, %s", ends[END_CLIENT],
		 ends[END_SERVER], duration, moved[END_CLIENT], moved[END_SERVER], outcome);
	text_wrap(view, at, TIME_COLUMNS + 4, text);
	fflush(view->stream);
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
	*context = moments;
	return 0;
}

static int end_view(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct moments *moments = context;
	int err;

	if (moments->any)
		fputc('\n', moments->view->stream);
	summary_print(moments->view, trace, end);
	err = view_close(moments->view);
	free(moments);
	return err;
}

const struct export view_moments = {
	.name = "moments",
	.sink = {
		.connection = on_connection,
		.moment = on_moment,
		.finished = on_finished,
	},
	.begin = begin,
	.end = end_view,
};
