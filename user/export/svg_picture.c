/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The frame of both pictures: which connection, its verdict on top, the capture below. */
#include "user/export/svg_picture.h"

#include <string.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/model/verdict.h"

#define VERDICT_SIZE 2048
#define LINE_HEIGHT(size) ((size)*5 / 4)

const struct connection *picture_choose(const struct trace *trace)
{
	const struct connection *chosen = NULL;

	for (unsigned int i = 0; i < trace_connections(trace); i++) {
		const struct connection *connection = trace_connection(trace, i);

		if (connection->detail && (!chosen || connection->blocked_ns > chosen->blocked_ns))
			chosen = connection;
	}
	return chosen;
}

static uint64_t carried(const struct connection *connection, enum end sender)
{
	const struct direction *at = &connection->flow[sender].at;

	return at->handed > at->received ? at->handed : at->received;
}

/* The client's connect() begins before there is a state or a SYN, and may fail after both. */
static void take_connect(struct picture *picture, const struct connection *connection)
{
	const struct ladder *ladder = &connection->detail->ladder;

	for (int i = 0; i < ladder->used; i++) {
		const struct row *row = &ladder->rows[i];
		uint64_t enter_ns = row->time_ns - row->inside_ns;

		if (row->end != END_CLIENT || row->call != CALL_CONNECT ||
		    (row->kind != ROW_CALL && row->kind != ROW_CALL_ENTER))
			continue;
		if (enter_ns < picture->from_ns)
			picture->from_ns = enter_ns;
		if (connection->connect_error && row->time_ns > picture->to_ns)
			picture->to_ns = row->time_ns;
	}
}

/* What there is to see of it; a failed connect() is over, whatever is left of its socket. */
static void take_times(struct picture *picture, const struct connection *connection)
{
	bool over = connection->finished || connection->connect_error;

	picture->from_ns = connection->first_ns;
	if (connection->syn_ns && connection->syn_ns < picture->from_ns)
		picture->from_ns = connection->syn_ns;
	picture->to_ns = over ? connection->last_ns : trace_last_ns(picture->trace);
	take_connect(picture, connection);
	picture->zero_ns = connection->syn_ns ? connection->syn_ns : picture->from_ns;
	if (picture->to_ns < picture->from_ns + 1000)
		picture->to_ns = picture->from_ns + 1000;
}

void picture_init(struct picture *picture, const struct export_target *target,
		  const struct capture_info *info, const struct trace *trace,
		  const struct connection *connection)
{
	*picture = (struct picture){
		.svg = { target->stream, target->lang },
		.trace = trace,
		.info = info,
		.connection = connection,
		.capture_zero_ns = target->zero_ns,
	};
	if (!connection)
		return;
	take_times(picture, connection);
	if (carried(connection, END_SERVER) > carried(connection, END_CLIENT))
		picture->sender = END_SERVER;
}

const char *picture_role(const struct picture *picture, enum end end)
{
	return label(picture->svg.lang, end == END_CLIENT ? LABEL_CLIENT : LABEL_SERVER);
}

void picture_end_text(const struct picture *picture, enum end end, char *owner, char *endpoint,
		      size_t size)
{
	const struct connection *connection = picture->connection;
	const struct socket *socket = socket_at(connection, end);
	char pid[FMT_SIZE];
	size_t used;

	snprintf(owner, size, "%s", socket ? "" : label(picture->svg.lang, LABEL_NOT_TRACED));
	if (socket && socket->owner_tgid) {
		fmt_escape(owner, size, socket->owner_comm, sizeof(socket->owner_comm));
		used = strlen(owner);
		snprintf(owner + used, size - used, "%s%s", used ? " " : "",
			 fmt_pid(pid, sizeof(pid), socket->owner_tgid, socket->owner_own_tgid));
	}
	snprintf(endpoint, size, "?");
	if (connection->port[end])
		fmt_endpoint(endpoint, size, connection->address[end], connection->family,
			     connection->scope, connection->port[end]);
}

/* The largest letters with which the verdict fits its place. */
static void put_headline(struct picture *picture, const char *text)
{
	static const int sizes[] = { 24, 22, 20, 18, 16, 14 };
	const struct svg_panel *head = &svg_layout.head;
	double width = svg_layout.right - svg_layout.margin;
	char lines[SVG_LINES][SVG_LINE_SIZE];
	int count = 0, size = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size = sizes[i];
		count = svg_wrap(lines, text, size, true, width);
		if (count * LINE_HEIGHT(size) <= head->height)
			break;
	}
	for (int i = 0; i < count && (i + 1) * LINE_HEIGHT(size) <= head->height + size; i++)
		svg_text(&picture->svg, svg_layout.margin, head->y + (i + 1) * LINE_HEIGHT(size),
			 size, ANCHOR_START, SVG_BOLD, lines[i]);
}

void picture_open(struct picture *picture, enum svg_word description)
{
	char verdict[VERDICT_SIZE];

	verdict_text(picture->connection, picture->svg.lang, verdict, sizeof(verdict));
	svg_open(&picture->svg, verdict, svg_word(picture->svg.lang, description));
	put_headline(picture, verdict);
}

/* Adds a part behind a middle dot. */
static void add(char *line, size_t size, const char *part)
{
	size_t used = strlen(line);

	if (part[0])
		snprintf(line + used, size - used, "%s%s", used ? " · " : "", part);
}

static void add_counts(const struct picture *picture, char *line, size_t size)
{
	uint64_t lost = trace_lost(picture->trace);
	char events[FMT_SIZE], count[FMT_SIZE], text[SVG_TEXT_SIZE];

	fmt_count(events, sizeof(events), trace_events(picture->trace));
	fmt_count(count, sizeof(count), lost);
	label_fill(text, sizeof(text), picture->svg.lang, LABEL_EVENTS, events, count, NULL);
	add(line, size, text);
}

static void add_choice(const struct picture *picture, char *line, size_t size)
{
	char id[FMT_SIZE], count[FMT_SIZE], text[SVG_TEXT_SIZE];

	if (!picture->connection || trace_begun(picture->trace) < 2)
		return;
	fmt_count(id, sizeof(id), picture->connection->id);
	fmt_count(count, sizeof(count), trace_begun(picture->trace));
	svg_word_fill(text, sizeof(text), picture->svg.lang, SVG_WORD_CHOSEN, id, count, NULL);
	add(line, size, text);
}

static void add_zero(const struct picture *picture, char *line, size_t size)
{
	char offset[FMT_SIZE], text[SVG_TEXT_SIZE];

	if (!picture->connection || picture->zero_ns == picture->capture_zero_ns)
		return;
	fmt_offset(offset, sizeof(offset), (int64_t)(picture->zero_ns - picture->capture_zero_ns));
	svg_word_fill(text, sizeof(text), picture->svg.lang, SVG_WORD_ZERO, offset, NULL);
	add(line, size, text);
}

/* What comes first matters most: the command is last, and is cut where the line is full. */
static void put_foot(struct picture *picture, const char *note)
{
	double width = svg_layout.right - svg_layout.margin;
	char line[2 * SVG_TEXT_SIZE] = "", lines[SVG_LINES][SVG_LINE_SIZE];
	char command[SVG_TEXT_SIZE], kernel[SVG_TEXT_SIZE];

	add_choice(picture, line, sizeof(line));
	add(line, sizeof(line), note);
	add_counts(picture, line, sizeof(line));
	add_zero(picture, line, sizeof(line));
	snprintf(kernel, sizeof(kernel), "Linux %s", picture->info->kernel);
	add(line, sizeof(line), kernel);
	fmt_escape(command, sizeof(command), picture->info->command,
		   sizeof(picture->info->command));
	add(line, sizeof(line), command);
	svg_wrap(lines, line, 12, false, width);
	svg_text(&picture->svg, svg_layout.margin, svg_layout.foot_y, 12, ANCHOR_START, SVG_DIM,
		 lines[0]);
}

void picture_close(struct picture *picture, const char *note)
{
	put_foot(picture, note);
	svg_close(&picture->svg);
}

void picture_nothing(struct picture *picture, enum svg_word description)
{
	const char *text = label(picture->svg.lang, LABEL_NO_CONNECTION);

	svg_open(&picture->svg, text, svg_word(picture->svg.lang, description));
	put_headline(picture, text);
	picture_close(picture, "");
}
