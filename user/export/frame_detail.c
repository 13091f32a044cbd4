/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One connection: its ends and their states, its bytes, its buffers, what both
 * programs do now, and the sums of their calls. Every line has a rank, so a
 * small screen keeps what matters.
 */
#include <netinet/tcp.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/frame_parts.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/model/names.h"

#define BOTH_WAYS_ROWS 40
#define WIDE_CALLS 74

static uint64_t since(const struct drawing *drawing, uint64_t time_ns)
{
	return drawing->scene->now_ns > time_ns ? drawing->scene->now_ns - time_ns : 0;
}

/* An end that may yet appear is not "not traced". */
static void unseen_text(char *text, size_t size, const struct view *view,
			const struct connection *connection, enum end end)
{
	char endpoint[FMT_SIZE];

	text_endpoint(endpoint, sizeof(endpoint), connection, end);
	if (connection->established_ns[!end] || connection->older)
		snprintf(text, size, "%s %s %s", text_role(view, end), endpoint,
			 label(view->lang, LABEL_NOT_TRACED));
	else
		snprintf(text, size, "%s %s %s", text_role(view, end), endpoint,
			 frame_word(view->lang, FRAME_UNSEEN));
}

static void end_text(char *text, size_t size, const struct view *view,
		     const struct connection *connection, enum end end)
{
	char name[TEXT_SIZE];

	if (!socket_at(connection, end)) {
		unseen_text(text, size, view, connection, end);
		return;
	}
	text_end(view, name, sizeof(name), connection, end);
	snprintf(text, size, "%s %.400s", text_role(view, end), name);
}

/* The server's end with its port alone, when its address is the client's. */
static void short_end_text(char *text, size_t size, const struct view *view,
			   const struct connection *connection)
{
	char owner[TEXT_SIZE];

	text_owner(view, owner, sizeof(owner), connection->ends[END_SERVER]);
	snprintf(text, size, "%s %.400s%s:%u", text_role(view, END_SERVER), owner,
		 *owner ? " " : "", connection->port[END_SERVER]);
}

static bool same_address(const struct connection *connection)
{
	return connection->ends[END_SERVER] &&
	       !memcmp(connection->address[END_CLIENT], connection->address[END_SERVER],
		       RECORD_ADDRESS_SIZE);
}

static void draw_ends(const struct drawing *drawing, struct lines *lines)
{
	const struct connection *connection = drawing->connection;
	const struct view *view = &lines->view;
	char head[FMT_SIZE], client[TEXT_SIZE], server[TEXT_SIZE], shorter[TEXT_SIZE];
	int left;

	snprintf(head, sizeof(head), " #%u  ", connection->id);
	end_text(client, sizeof(client), view, connection, END_CLIENT);
	end_text(server, sizeof(server), view, connection, END_SERVER);
	short_end_text(shorter, sizeof(shorter), view, connection);
	left = term_width(head) + term_width(client) + 4;
	if (left + term_width(server) > view->columns && same_address(connection) &&
	    left + term_width(shorter) <= view->columns)
		memcpy(server, shorter, sizeof(server));
	fprintf(view->stream, "%s%s%s", term_style(&view->term, STYLE_BOLD), head, client);
	fprintf(view->stream, left + term_width(server) <= view->columns ? " -> %s" : "\n  -> %s",
		server);
	fprintf(view->stream, "%s\n", term_style(&view->term, STYLE_PLAIN));
	lines_take(lines, RANK_MUST);
}

static enum style state_style(unsigned int state)
{
	switch (state) {
	case TCP_ESTABLISHED:
		return STYLE_GREEN;
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
	case STATE_NEW_SYN_RECV:
		return STYLE_CYAN;
	case TCP_CLOSE:
		return STYLE_DIM;
	default:
		return STYLE_MAGENTA;
	}
}

static int draw_state(const struct drawing *drawing, const struct view *view, enum end end)
{
	const struct socket *socket = socket_at(drawing->connection, end);
	char duration[FMT_SIZE] = "";
	const char *name;

	if (!socket)
		return 0;
	name = socket->state ? name_state(socket->state) : "?";
	if (socket->since_known)
		fmt_duration(duration, sizeof(duration), since(drawing, socket->state_since_ns));
	fprintf(view->stream, "%s %s%s%s %s", text_role(view, end),
		term_style(&view->term, state_style(socket->state)), name,
		term_style(&view->term, STYLE_PLAIN), duration);
	return term_width(text_role(view, end)) + 1 + term_width(name) + 1 + term_width(duration);
}

static void draw_states(const struct drawing *drawing, struct lines *lines)
{
	const struct view *view = &lines->view;
	int column = view->columns / 2 + 1, used = 5;

	fprintf(view->stream, "%5s", "");
	used += draw_state(drawing, view, END_CLIENT);
	fprintf(view->stream, "%*s", used < column ? column - used : 2, "");
	draw_state(drawing, view, END_SERVER);
	fputc('\n', view->stream);
	lines_take(lines, RANK_MUST);
}

static void draw_trouble(const struct drawing *drawing, struct lines *lines)
{
	const struct connection *connection = drawing->connection;
	const struct view *view = &lines->view;
	char text[TEXT_SIZE];

	if (connection->lossy) {
		fputs(term_style(&view->term, STYLE_RED), view->stream);
		fputs("  !! ", view->stream);
		text_wrap(view, 5, 5, label(view->lang, LABEL_LOSSY));
		lines_take(lines, RANK_MUST);
	}
	if (!connection->connect_error && !connection->reset)
		return;
	if (connection->connect_error)
		snprintf(text, sizeof(text), "connect() = %s",
			 name_errno(connection->connect_error));
	else
		label_fill(text, sizeof(text), view->lang, LABEL_RESET,
			   text_role(view, connection->reset_by), NULL);
	fputs("  !! ", view->stream);
	text_styled(view, STYLE_RED, text);
	fputc('\n', view->stream);
	lines_take(lines, RANK_MUST);
}

static void draw_calls_title(struct lines *lines)
{
	static const enum label names[] = { LABEL_COUNT, LABEL_BYTES, LABEL_INSIDE, LABEL_LONGEST };
	static const int widths[] = { 10, 14, 12, 12 };
	const struct view *view = &lines->view;
	char text[TEXT_SIZE];

	text_fit(text, sizeof(text), frame_word(view->lang, FRAME_CALLS), 18, ALIGN_LEFT);
	fputc(' ', view->stream);
	text_styled(view, STYLE_BOLD, text);
	for (int i = 0; i < (view->columns < WIDE_CALLS ? 3 : 4); i++) {
		text_fit(text, sizeof(text), label(view->lang, names[i]), widths[i], ALIGN_RIGHT);
		fputs(text, view->stream);
	}
	if (view->columns >= WIDE_CALLS) {
		text_fit(text, sizeof(text), frame_word(view->lang, FRAME_FAILED), 9, ALIGN_RIGHT);
		fputs(text, view->stream);
	}
	fputc('\n', view->stream);
	lines_title(lines, RANK_CALL);
}

static void draw_call(struct lines *lines, enum end end, enum call_kind kind,
		      const struct call_stats *stats)
{
	const struct view *view = &lines->view;
	char role[TEXT_SIZE], name[FMT_SIZE], count[FMT_SIZE], bytes[FMT_SIZE] = "";
	char inside[FMT_SIZE] = "-", longest[FMT_SIZE] = "-", failed[FMT_SIZE] = "";
	bool moves = call_sends(kind) || call_receives(kind);

	text_fit(role, sizeof(role), text_role(view, end), 7, ALIGN_LEFT);
	snprintf(name, sizeof(name), "%s()", name_call(kind));
	fmt_count(count, sizeof(count), stats->count);
	if (moves && !stats->moved_unknown)
		fmt_count(bytes, sizeof(bytes), stats->moved_bytes);
	if (call_is_timed(kind)) {
		fmt_duration_seen(inside, sizeof(inside), stats->inside_ns, !stats->at_least);
		fmt_duration_seen(longest, sizeof(longest), stats->longest_ns, !stats->at_least);
	}
	if (stats->failed)
		fmt_count(failed, sizeof(failed), stats->failed);
	fprintf(view->stream, "  %s%-10s%9s%14s%12s", role, name, count, bytes, inside);
	if (view->columns >= WIDE_CALLS)
		fprintf(view->stream, "%12s%9s", longest, failed);
	fputc('\n', view->stream);
	lines_take(lines, moves ? RANK_CALL : RANK_MINOR);
}

static bool moves_bytes(int kind)
{
	return call_sends((enum call_kind)kind) || call_receives((enum call_kind)kind);
}

/* Calls that move bytes first: those are what one looks for. */
static void draw_calls(const struct drawing *drawing, struct lines *lines)
{
	bool any = false;

	for (int moving = 1; moving >= 0; moving--) {
		for (int at = 0; at < END_COUNT * CALL_KINDS; at++) {
			enum end end = at / CALL_KINDS;
			int kind = at % CALL_KINDS;
			const struct call_stats *stats =
				connection_calls(drawing->connection, end, (enum call_kind)kind);

			if (!stats->count || moves_bytes(kind) != moving)
				continue;
			if (!any) {
				lines_blank(lines);
				draw_calls_title(lines);
			}
			any = true;
			draw_call(lines, end, (enum call_kind)kind, stats);
		}
	}
	lines_end_table(lines);
}

/* The last moment of this connection, in the words of the other views. */
static void draw_told(const struct drawing *drawing, struct lines *lines)
{
	const struct frame *frame = drawing->frame;
	const struct view *view = &lines->view;
	char offset[FMT_SIZE], text[TEXT_LONG];
	int indent = term_width(frame_word(view->lang, FRAME_LAST)) + 2;

	for (uint64_t i = frame->told_count; i > 0 && i + FRAME_TOLD > frame->told_count; i--) {
		const struct told *told = &frame->told[(i - 1) % FRAME_TOLD];

		if (told->id != drawing->connection->id)
			continue;
		fmt_offset(offset, sizeof(offset),
			   (int64_t)(told->time_ns - drawing->scene->zero_ns));
		snprintf(text, sizeof(text), "%s  %s%s%s", offset, told->title,
			 *told->caption ? label(view->lang, LABEL_COLON) : "", told->caption);
		fprintf(view->stream, " %s%s%s ", term_style(&view->term, STYLE_BOLD),
			frame_word(view->lang, FRAME_LAST), term_style(&view->term, STYLE_PLAIN));
		text_wrap(view, indent, indent, text);
		lines_take(lines, RANK_MINOR);
		return;
	}
}

void frame_detail(const struct drawing *drawing, struct lines *lines)
{
	bool masked = drawing->scene->replay && drawing->scene->replay->masked;
	enum end sender = frame_main_sender(drawing->connection);
	bool both = drawing->scene->term.rows >= BOTH_WAYS_ROWS &&
		    summary_notable(drawing->connection, !sender);

	draw_ends(drawing, lines);
	draw_states(drawing, lines);
	draw_trouble(drawing, lines);
	frame_places(drawing, lines, sender, false);
	frame_places(drawing, lines, !sender, !both);
	frame_buffers(drawing, lines, sender);
	frame_now(drawing, lines);
	if (!masked)
		draw_calls(drawing, lines);
	if (!drawing->scene->replay)
		draw_told(drawing, lines);
}
