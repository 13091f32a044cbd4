/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ladder: two lifelines, segments between them, states and calls beside
 * them. Rows are of equal height whatever time passes; a silence is written
 * out, and so is how many rows are missing where some are left out.
 * A row is composed of four pieces of known width: time, left, area, right.
 */
#include "user/export/ladder.h"

#include <errno.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/footer.h"
#include "user/export/gap.h"
#include "user/export/labels.h"
#include "user/export/rung.h"

#define TIME_COLUMNS 10

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

static void print_gap(const struct view *view, const struct rung_layout *layout,
		      const struct ladder_gap *gap)
{
	char words[TEXT_SIZE];

	if (gap_told(gap, GAP_PAUSE_NS))
		print_across(view, layout, STYLE_DIM,
			     gap_words(words, sizeof(words), view->lang,
				       view->term.utf8 ? "⋮" : ":", gap));
}

/* The two lines of a title: role and owner, and the endpoint. */
static void title_of(const struct view *view, const struct connection *connection, enum end end,
		     char lines[2][TEXT_SIZE])
{
	char owner[TEXT_SIZE];

	text_owner(view, owner, sizeof(owner), socket_at(connection, end));
	if (!socket_at(connection, end))
		snprintf(owner, sizeof(owner), "%s", label(view->lang, LABEL_NOT_TRACED));
	snprintf(lines[0], TEXT_SIZE, "%s %.400s", text_role(view, end), owner);
	text_endpoint(lines[1], TEXT_SIZE, connection, end);
}

static bool titles_fit(char lines[END_COUNT][2][TEXT_SIZE], int block, int rest)
{
	for (int i = 0; i < 2; i++)
		if (term_width(lines[END_CLIENT][i]) >= block ||
		    term_width(lines[END_SERVER][i]) > rest)
			return false;
	return true;
}

/* A pid or a port must never be cut: what doesn't fit beside each other gets lines of its own. */
static void print_long_titles(const struct view *view, char lines[END_COUNT][2][TEXT_SIZE])
{
	char text[2 * TEXT_SIZE + 1];

	fputs(term_style(&view->term, STYLE_BOLD), view->stream);
	for (int end = 0; end < END_COUNT; end++) {
		snprintf(text, sizeof(text), "%.511s %.511s", lines[end][0], lines[end][1]);
		fprintf(view->stream, "%*s", TIME_COLUMNS + 1, "");
		text_wrap(view, TIME_COLUMNS + 1, TIME_COLUMNS + 5, text);
	}
	fputs(term_style(&view->term, STYLE_PLAIN), view->stream);
}

static void print_titles(const struct view *view, const struct rung_layout *layout,
			 const struct connection *connection)
{
	int block = layout->left + 1 + layout->area / 2 - 1;
	int rest = view->columns - TIME_COLUMNS - 1 - block - 1;
	char lines[END_COUNT][2][TEXT_SIZE], left[TEXT_SIZE], right[TEXT_SIZE], time[TEXT_SIZE];

	for (int end = 0; end < END_COUNT; end++)
		title_of(view, connection, (enum end)end, lines[end]);
	if (!titles_fit(lines, block, rest)) {
		print_long_titles(view, lines);
		return;
	}
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

static void print_row(const struct view *view, const struct rung_layout *layout,
		      const struct row *row, uint64_t zero_ns)
{
	struct rung rung = { .align = ALIGN_LEFT };
	char time[FMT_SIZE];

	rung_fill(&rung, view, layout, row, zero_ns);
	fmt_offset(time, sizeof(time), (int64_t)(row->time_ns - zero_ns));
	print_rung(view, layout, time, '|', &rung);
}

struct page {
	const struct ladder *ladder;
	int max_rows; /* 0: as many as there are */
};

/* Lines that are printed, but for the pauses. */
static bool fits(const bool kept[LADDER_ROWS], void *context)
{
	const struct page *page = context;
	int lines = 0, before = -1, row;

	if (!page->max_rows)
		return true;
	do {
		row = ladder_next(page->ladder, kept, before);
		lines += ladder_gap(page->ladder, kept, before, row).rows != 0;
		lines += row < page->ladder->used;
		before = row;
	} while (row < page->ladder->used);
	return lines <= page->max_rows;
}

static void draw_rows(const struct view *view, const struct rung_layout *layout,
		      const struct ladder *ladder, uint64_t zero_ns, int max_rows)
{
	struct page page = { ladder, max_rows };
	bool kept[LADDER_ROWS];
	int before = -1, row;

	ladder_choose(ladder, kept, fits, &page);
	do {
		struct ladder_gap gap;

		row = ladder_next(ladder, kept, before);
		gap = ladder_gap(ladder, kept, before, row);
		print_gap(view, layout, &gap);
		if (row < ladder->used)
			print_row(view, layout, &ladder->rows[row], zero_ns);
		before = row;
	} while (row < ladder->used);
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

static void print_more(const struct view *view, unsigned int count)
{
	char number[FMT_SIZE], most[FMT_SIZE], text[TEXT_SIZE];

	fmt_count(number, sizeof(number), count);
	fmt_count(most, sizeof(most), TRACE_DETAILED);
	label_fill(text, sizeof(text), view->lang,
		   count == 1 ? LABEL_MORE_LADDER : LABEL_MORE_LADDERS, number, most, NULL);
	fputc('\n', view->stream);
	text_wrap(view, 0, 2, text);
}

static int end_view(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct view *view = context;
	unsigned int count = trace_connections(trace);

	view->zero_ns = trace_zero_ns(trace);
	for (unsigned int i = 0; i < count; i++) {
		const struct connection *connection = trace_connection(trace, i);

		if (!connection->detail)
			break;
		fprintf(view->stream, "%s#%u\n", i ? "\n" : "", connection->id);
		ladder_draw(view, connection, 0);
	}
	if (trace_begun(trace) > TRACE_DETAILED)
		print_more(view, trace_begun(trace) - TRACE_DETAILED);
	if (!count)
		text_wrap(view, 0, 0, label(view->lang, LABEL_NO_CONNECTION));
	footer_print(view, trace, end);
	return view_close(view);
}

const struct export view_ladder = { .name = "ladder", .begin = begin, .end = end_view };
