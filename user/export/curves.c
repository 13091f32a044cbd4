/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory of the send buffer and bytes in the receive queue over time, one
 * column a span of time, each showing the span's largest value, so no peak
 * disappears. The scale of each curve is its own peak, which stands beside it.
 */
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/model/names.h"

#define NAME_COLUMNS 16 /* in front of each curve */
#define CURVE_COLUMNS_MAX 120
#define LEVELS 8

/* The stretch of time that all curves of a connection share. */
struct axis {
	uint64_t from_ns, to_ns;
	int columns;
};

static void later(uint64_t *time_ns, uint64_t other_ns)
{
	if (other_ns > *time_ns)
		*time_ns = other_ns;
}

static struct axis axis_of(const struct view *view, const struct connection *connection)
{
	const struct connection_detail *detail = connection->detail;
	struct axis axis = {
		.from_ns = connection->syn_ns ? connection->syn_ns : connection->first_ns,
		.columns = view->columns - NAME_COLUMNS,
	};

	if (axis.columns > CURVE_COLUMNS_MAX)
		axis.columns = CURVE_COLUMNS_MAX;
	for (int end = 0; end < END_COUNT; end++) {
		later(&axis.to_ns, detail->wmem[end].last_ns);
		later(&axis.to_ns, detail->unread[end].last_ns);
		later(&axis.to_ns, connection->flow[end].last_return_ns);
	}
	return axis;
}

static uint64_t edge_ns(const struct axis *axis, int column)
{
	uint64_t span = axis->to_ns - axis->from_ns;

	return axis->from_ns + span / (uint64_t)axis->columns * (uint64_t)column +
	       span % (uint64_t)axis->columns * (uint64_t)column / (uint64_t)axis->columns;
}

static const char *level_glyph(const struct view *view, uint64_t value, uint64_t peak)
{
	static const char *const blocks[] = { "", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { "", ".", ",", ":", "-", "=", "+", "*", "#" };
	int level = (int)((double)value / (double)peak * LEVELS + 0.5);

	if (!level)
		level = 1;
	if (level > LEVELS)
		level = LEVELS;
	return view->term.utf8 ? blocks[level] : ascii[level];
}

static void draw_curve(const struct view *view, const struct axis *axis, enum label name,
		       const struct series *series)
{
	char text[TEXT_SIZE];
	int blanks = 0; /* written only when something follows */

	text_fit(text, sizeof(text), label(view->lang, name), NAME_COLUMNS - 3, ALIGN_LEFT);
	fprintf(view->stream, "  %s ", text);
	for (int column = 0; column < axis->columns; column++) {
		uint64_t from = edge_ns(axis, column), to = edge_ns(axis, column + 1);
		uint64_t value = series_max(series, from, to > from ? to : from + 1);

		if (!value) {
			blanks++;
			continue;
		}
		fprintf(view->stream, "%*s%s", blanks, "", level_glyph(view, value, series->peak));
		blanks = 0;
	}
	fputc('\n', view->stream);
}

/* The mark below the send buffer: where its last call returned. */
static void draw_mark(const struct view *view, const struct axis *axis,
		      const struct connection *connection, enum end sender)
{
	const struct flow *flow = &connection->flow[sender];
	bool once = summary_send_calls(connection, sender) == 1;
	char text[TEXT_SIZE];
	int column = 0;

	if (flow->last_return_ns < axis->from_ns)
		return;
	while (column < axis->columns - 1 && edge_ns(axis, column + 1) <= flow->last_return_ns)
		column++;
	label_fill(text, sizeof(text), view->lang, once ? LABEL_RETURNED : LABEL_LAST_RETURNED,
		   name_call(flow->last_call), NULL);
	if (column + 2 + term_width(text) <= axis->columns)
		fprintf(view->stream, "%*s^ %s", column + 1, "", text);
	else
		fprintf(view->stream, "%*s%s ^", column - term_width(text), "", text);
}

static void draw_peak(const struct view *view, const struct series *series)
{
	char bytes[FMT_SIZE], text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %8s", label(view->lang, LABEL_PEAK),
		 fmt_bytes(bytes, sizeof(bytes), series->peak));
	fprintf(view->stream, "  %s", text);
}

static bool draw_direction(const struct view *view, const struct axis *axis,
			   const struct connection *connection, enum end sender)
{
	const struct series *wmem = &connection->detail->wmem[sender];
	const struct series *unread = &connection->detail->unread[!sender];

	if (!summary_notable(connection, sender) || (!wmem->peak && !unread->peak))
		return false;
	fputc('\n', view->stream);
	summary_direction(view, connection, sender);
	if (wmem->peak) {
		draw_curve(view, axis, LABEL_SEND_BUFFER, wmem);
		draw_peak(view, wmem);
		draw_mark(view, axis, connection, sender);
		fputc('\n', view->stream);
	}
	if (unread->peak) {
		draw_curve(view, axis, LABEL_RECEIVE_QUEUE, unread);
		draw_peak(view, unread);
		fputc('\n', view->stream);
	}
	return true;
}

/* The first connection's axis begins at zero, another one's when its SYN left. */
static void draw_ends(const struct view *view, const struct axis *axis)
{
	char from[FMT_SIZE] = "0 s", to[FMT_SIZE];

	fmt_duration(to, sizeof(to), axis->to_ns - axis->from_ns);
	if (axis->from_ns != view->zero_ns) {
		fmt_offset(from, sizeof(from), (int64_t)(axis->from_ns - view->zero_ns));
		fmt_offset(to, sizeof(to), (int64_t)(axis->to_ns - view->zero_ns));
	}
	fprintf(view->stream, "%*s%s%*s\n", NAME_COLUMNS, "", from,
		axis->columns - (int)strlen(from), to);
}

void curves_draw(const struct view *view, const struct connection *connection)
{
	struct axis axis;
	bool any = false;

	if (!connection->detail)
		return;
	axis = axis_of(view, connection);
	if (axis.to_ns <= axis.from_ns)
		return;
	for (int end = 0; end < END_COUNT; end++)
		any |= draw_direction(view, &axis, connection, (enum end)end);
	if (!any)
		return;
	draw_ends(view, &axis);
}
