/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ladder: two lifelines, segments between them, states and calls beside
 * them. Rows are of equal height whatever time passes; a pause is written out.
 * A row is composed of four pieces of known width: time, left, area, right.
 */
#include "user/export/ladder.h"

#include <errno.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/footer.h"
#include "user/export/labels.h"
#include "user/export/rung.h"

#define TIME_COLUMNS 10
#define PAUSE_NS 10000000 /* a gap of this length gets a row of its own */

static struct rung_layout layout_for(int columns)
{
	int spare = columns - 60;
	struct rung_layout layout = { .left = 10 + spare / 5, .area = 26 + spare / 5 };

	layout.right = columns - TIME_COLUMNS - 1 - layout.left - 1 - layout.area - 1;
	return layout;
}

static void print_rung(const struct view *view, const struct rung_layout *layout, const char *time,
		       char line, const struct rung *rung)
{
	const char *plain = term_style(&view->term, STYLE_PLAIN);
	const char *dim = term_style(&view->term, STYLE_DIM);
	const char *style = term_style(&view->term, rung->style);
	char left[TEXT_SIZE], area[TEXT_SIZE], right[TEXT_SIZE];
	size_t end;

	text_fit(left, sizeof(left), rung->left, layout->left, ALIGN_RIGHT);
	text_fit(area, sizeof(area), rung->area, layout->area, rung->align);
	text_fit(right, sizeof(right), rung->right, layout->right, ALIGN_LEFT);
	for (end = strlen(right); end && right[end - 1] == ' '; end--)
		right[end - 1] = '\0';
	fprintf(view->stream, "%s%*s%s %s%s%s%c%s%s%s%c%s%s%s\n", dim, TIME_COLUMNS, time, plain,
		style, left, plain, line, style, area, plain, line, style, right, plain);
}

/* Words across the area between the lifelines, which are broken there. */
static void print_across(const struct view *view, const struct rung_layout *layout,
			 enum style style, const char *words)
{
	struct rung rung = { .align = ALIGN_CENTER, .style = style };

	snprintf(rung.area, sizeof(rung.area), "%s", words);
	print_rung(view, layout, "", ':', &rung);
}

static void print_pause(const struct view *view, const struct rung_layout *layout, uint64_t ns)
{
	char duration[FMT_SIZE], words[TEXT_SIZE];

	fmt_duration(duration, sizeof(duration), ns);
	label_fill(words, sizeof(words), view->lang, LABEL_PASS, duration, NULL);
	print_across(view, layout, STYLE_DIM, words);
}

static void print_left_out(const struct view *view, const struct rung_layout *layout, uint64_t rows)
{
	char count[FMT_SIZE], words[TEXT_SIZE - 16], line[TEXT_SIZE];
	const char *dots = view->term.utf8 ? "⋮" : ":";

	fmt_count(count, sizeof(count), rows);
	label_fill(words, sizeof(words), view->lang,
		   rows == 1 ? LABEL_LEFT_OUT_ONE : LABEL_LEFT_OUT, count, NULL);
	snprintf(line, sizeof(line), "%s %s %s", dots, words, dots);
	print_across(view, layout, STYLE_DIM, line);
}

/* The two lines of a title: role and owner, and the endpoint. */
static void title_of(const struct view *view, const struct connection *connection, enum end end,
		     char lines[2][TEXT_SIZE])
{
	char owner[TEXT_SIZE];

	text_owner(view, owner, sizeof(owner), connection->ends[end]);
	if (!connection->ends[end])
		snprintf(owner, sizeof(owner), "%s", label(view->lang, LABEL_NOT_TRACED));
	snprintf(lines[0], TEXT_SIZE, "%s %.400s", text_role(view, end), owner);
	text_endpoint(lines[1], TEXT_SIZE, connection, end);
}

static void print_titles(const struct view *view, const struct rung_layout *layout,
			 const struct connection *connection)
{
	int block = layout->left + 1 + layout->area / 2 - 1;
	int rest = view->columns - TIME_COLUMNS - 1 - block - 1;
	char lines[END_COUNT][2][TEXT_SIZE], left[TEXT_SIZE], right[TEXT_SIZE], time[TEXT_SIZE];

	for (int end = 0; end < END_COUNT; end++)
		title_of(view, connection, (enum end)end, lines[end]);
	for (int i = 0; i < 2; i++) {
		text_fit(time, sizeof(time), i ? "" : label(view->lang, LABEL_TIME), TIME_COLUMNS,
			 ALIGN_RIGHT);
		text_fit(left, sizeof(left), lines[END_CLIENT][i], block, ALIGN_LEFT);
		text_fit(right, sizeof(right), lines[END_SERVER][i],
			 term_width(lines[END_SERVER][i]) < rest ? term_width(lines[END_SERVER][i])
								 : rest,
			 ALIGN_LEFT);
		fprintf(view->stream, "%s%s %s %s%s\n", term_style(&view->term, STYLE_BOLD), time,
			left, right, term_style(&view->term, STYLE_PLAIN));
	}
}

static uint64_t row_until(const struct row *row)
{
	return row->kind == ROW_DATA && row->until_ns > row->time_ns ? row->until_ns : row->time_ns;
}

static void print_row(const struct view *view, const struct rung_layout *layout,
		      const struct row *row, uint64_t zero_ns)
{
	struct rung rung = { .align = ALIGN_LEFT };
	char time[FMT_SIZE];

	rung_fill(&rung, view, layout, row, zero_ns);
	fmt_offset(time, sizeof(time), (int64_t)(row->time_ns - zero_ns));
	print_rung(view, layout, time, '|', &rung);
}

/* Which rows are shown: all, or the max_rows that matter most. Returns how many are not. */
static uint64_t choose(const struct ladder *ladder, int max_rows, bool kept[LADDER_ROWS])
{
	int shown = ladder->used;

	for (int i = 0; i < ladder->used; i++)
		kept[i] = true;
	for (; max_rows && shown > max_rows; shown--)
		ladder_drop_least(ladder, kept);
	return (uint64_t)(ladder->used - shown);
}

static void draw_rows(const struct view *view, const struct rung_layout *layout,
		      const struct ladder *ladder, uint64_t zero_ns, int max_rows)
{
	bool kept[LADDER_ROWS];
	uint64_t left_out = choose(ladder, max_rows, kept), before_ns = 0;

	for (int i = 0; i < ladder->used; i++) {
		const struct row *row = &ladder->rows[i];

		if (kept[i]) {
			if (before_ns && row->time_ns >= before_ns + PAUSE_NS)
				print_pause(view, layout, row->time_ns - before_ns);
			print_row(view, layout, row, zero_ns);
			before_ns = row_until(row);
		}
		if (ladder->dropped && !left_out && i == ladder->dropped_at)
			print_left_out(view, layout, ladder->dropped);
	}
	if (left_out)
		print_left_out(view, layout, left_out + ladder->dropped);
}

void ladder_draw(const struct view *view, const struct connection *connection, int max_rows)
{
	struct rung_layout layout = layout_for(view->columns);
	if (!connection->detail) {
		text_wrap(view, 0, 0, label(view->lang, LABEL_NO_LADDER));
		return;
	}
	print_titles(view, &layout, connection);
	draw_rows(view, &layout, &connection->detail->ladder, view->zero_ns, max_rows);
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	*context = view_open(target, info);
	return *context ? 0 : -ENOMEM;
}

static int end_view(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct view *view = context;
	unsigned int count = trace_connections(trace);

	view->zero_ns = trace_zero_ns(trace);
	for (unsigned int i = 0; i < count; i++) {
		fprintf(view->stream, "%s#%u\n", i ? "\n" : "", trace_connection(trace, i)->id);
		ladder_draw(view, trace_connection(trace, i), 0);
	}
	if (!count)
		text_wrap(view, 0, 0, label(view->lang, LABEL_NO_CONNECTION));
	footer_print(view, trace, end);
	return view_close(view);
}

const struct export view_ladder = { .name = "ladder", .begin = begin, .end = end_view };
