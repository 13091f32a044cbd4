/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The words and arrows of one row. What doesn't fit is said more shortly, and
 * never cut in the middle of a number where a shorter form exists.
 */
#include "user/export/rung.h"

#include <string.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/model/names.h"

#define SLOW_NS 1000000 /* a segment that takes longer says when it arrives */
#define LABEL_FORMS 3	/* of one text, from long to short */

struct forms {
	char text[LABEL_FORMS][TEXT_SIZE];
};

/* The longest form that fits, or the shortest. */
static const char *pick(const struct forms *forms, int columns)
{
	for (int i = 0; i < LABEL_FORMS - 1; i++)
		if (forms->text[i][0] && term_width(forms->text[i]) <= columns)
			return forms->text[i];
	return forms->text[LABEL_FORMS - 1];
}

/* Beside the lifeline of its end, outside when there is room, else inside. */
static void place(struct rung *rung, const struct rung_layout *layout, enum end end,
		  const struct forms *forms)
{
	int room = end == END_CLIENT ? layout->left : layout->right - 1;
	const char *inside = pick(forms, layout->area - 1);

	if (term_width(forms->text[0]) <= room && end == END_CLIENT)
		snprintf(rung->left, sizeof(rung->left), "%s", forms->text[0]);
	else if (term_width(forms->text[0]) <= room)
		snprintf(rung->right, sizeof(rung->right), " %.500s", forms->text[0]);
	else if (end == END_CLIENT)
		snprintf(rung->area, sizeof(rung->area), " %.500s", inside);
	else
		snprintf(rung->area, sizeof(rung->area), "%.500s ", inside);
	rung->align = end == END_CLIENT ? ALIGN_LEFT : ALIGN_RIGHT;
}

static void same_forms(struct forms *forms)
{
	for (int i = 1; i < LABEL_FORMS; i++)
		if (!forms->text[i][0])
			memcpy(forms->text[i], forms->text[i - 1], TEXT_SIZE);
}

static void fill_state(struct rung *rung, const struct rung_layout *layout, const struct row *row)
{
	struct forms forms = { 0 };

	snprintf(forms.text[0], TEXT_SIZE, "[%s]", name_state(row->state));
	same_forms(&forms);
	rung->style = STYLE_BOLD;
	place(rung, layout, row->end, &forms);
}

static void fill_call_enter(struct rung *rung, const struct rung_layout *layout,
			    const struct row *row)
{
	struct forms forms = { 0 };
	char count[FMT_SIZE] = "";

	if (row->asked_bytes)
		fmt_count(count, sizeof(count), row->asked_bytes);
	snprintf(forms.text[0], TEXT_SIZE, "%s(%s)", name_call(row->call), count);
	same_forms(&forms);
	place(rung, layout, row->end, &forms);
}

static void fill_call(struct rung *rung, const struct rung_layout *layout, const struct row *row)
{
	char value[FMT_SIZE], inside[FMT_SIZE];
	const char *name = name_call(row->call);
	struct forms forms = { 0 };

	fmt_duration_seen(inside, sizeof(inside), row->inside_ns, !row->found);
	if (row->result < 0)
		snprintf(value, sizeof(value), "%s", name_errno((int)row->result));
	else
		fmt_count(value, sizeof(value), (uint64_t)row->result);
	if (call_is_timed(row->call))
		snprintf(forms.text[0], TEXT_SIZE, "%s() = %s (%s)", name, value, inside);
	else
		snprintf(forms.text[0], TEXT_SIZE, "%s() = %s", name, value);
	snprintf(forms.text[1], TEXT_SIZE, "%s() = %s", name, value);
	same_forms(&forms);
	if (row->result < 0)
		rung->style = STYLE_RED;
	place(rung, layout, row->end, &forms);
}

static void segment_forms(struct forms *forms, const struct view *view, const struct row *row)
{
	const char *again = row->again ? label(view->lang, LABEL_AGAIN) : "";
	bool seq = row->length || row->flags & (SEGMENT_SYN | SEGMENT_FIN | SEGMENT_RST);
	char name[FMT_SIZE], numbers[3][FMT_SIZE] = { "", "", "" };

	name_segment_told(row->flags, row->length, name, sizeof(name));
	if (seq)
		snprintf(numbers[0], FMT_SIZE, " seq=%llu", (unsigned long long)row->seq);
	if (row->flags & SEGMENT_ACK)
		snprintf(numbers[1], FMT_SIZE, " ack=%llu", (unsigned long long)row->ack);
	if (row->length)
		snprintf(numbers[2], FMT_SIZE, " len=%u", row->length);
	snprintf(forms->text[0], TEXT_SIZE, "%s%s%s%s%s", again, name, numbers[0], numbers[1],
		 numbers[2]);
	snprintf(forms->text[1], TEXT_SIZE, "%s%s%s", again, name, numbers[seq ? 0 : 1]);
	snprintf(forms->text[2], TEXT_SIZE, "%s%s", again, name);
}

static void put(char *area, int *used, int count, char glyph)
{
	while (count-- > 0)
		area[(*used)++] = glyph;
	area[*used] = '\0';
}

/* An arrow with words in its middle; a lost one ends in X before it reaches the other line. */
static void draw_arrow(struct rung *rung, int columns, enum end from, bool lost, const char *words)
{
	int short_by = lost ? columns / 8 : 0;
	int dashes = columns - short_by - 1 - term_width(words) - 2, used = 0;
	char *area = rung->area;

	dashes = dashes < 0 ? 0 : dashes;
	if (from == END_SERVER) {
		put(area, &used, short_by, ' ');
		put(area, &used, 1, lost ? 'X' : '<');
	}
	put(area, &used, dashes / 2, '-');
	used += snprintf(area + used, sizeof(rung->area) - (size_t)used - 256, " %.200s ", words);
	put(area, &used, dashes - dashes / 2, '-');
	if (from == END_CLIENT) {
		put(area, &used, 1, lost ? 'X' : '>');
		put(area, &used, short_by, ' ');
	}
}

/* Adds a note on the right if there is room for it. */
static void note(struct rung *rung, const struct rung_layout *layout, const char *text)
{
	size_t used = strlen(rung->right);

	if (term_width(rung->right) + 1 + term_width(text) <= layout->right)
		snprintf(rung->right + used, sizeof(rung->right) - used, " %s", text);
}

static void note_number(struct rung *rung, const struct rung_layout *layout, const char *name,
			uint64_t value, bool grouped)
{
	char number[FMT_SIZE], text[2 * FMT_SIZE];

	if (grouped)
		fmt_count(number, sizeof(number), value);
	else
		snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
	snprintf(text, sizeof(text), "%s %s", name, number);
	note(rung, layout, text);
}

static void note_arrival(struct rung *rung, const struct view *view,
			 const struct rung_layout *layout, const struct row *row, uint64_t zero_ns)
{
	char offset[FMT_SIZE], text[TEXT_SIZE];

	if (row->left && !row->arrived && row->peer_seen) {
		note(rung, layout, label(view->lang, LABEL_NO_ARRIVAL));
	} else if (row->left && row->arrived && row->arrived_ns > row->time_ns + SLOW_NS) {
		fmt_offset(offset, sizeof(offset), (int64_t)(row->arrived_ns - zero_ns));
		label_fill(text, sizeof(text), view->lang, LABEL_ARRIVES, offset, NULL);
		note(rung, layout, text);
	}
}

static void note_header(struct rung *rung, const struct rung_layout *layout, const struct row *row)
{
	bool syn = row->flags & SEGMENT_SYN;

	if (!syn && !(row->flags & SEGMENT_RST))
		note_number(rung, layout, "win", row->window, true);
	note_number(rung, layout, "raw", row->raw_seq, false);
	if (syn && row->mss)
		note_number(rung, layout, "mss", row->mss, false);
	if (syn && row->wscale != SEGMENT_NO_WSCALE)
		note_number(rung, layout, "wscale", row->wscale, false);
	if (syn)
		note_number(rung, layout, "win", row->window, true);
}

static enum style segment_style(const struct row *row, bool lost)
{
	if (lost || row->flags & SEGMENT_RST)
		return STYLE_RED;
	if (row->again)
		return STYLE_YELLOW;
	return row->flags & (SEGMENT_SYN | SEGMENT_FIN) ? STYLE_CYAN : STYLE_PLAIN;
}

static void fill_segment(struct rung *rung, const struct view *view,
			 const struct rung_layout *layout, const struct row *row, uint64_t zero_ns)
{
	bool lost = row->left && !row->arrived && row->peer_seen;
	struct forms forms = { 0 };

	segment_forms(&forms, view, row);
	draw_arrow(rung, layout->area, row->end, lost,
		   pick(&forms, layout->area - (lost ? layout->area / 8 : 0) - 4));
	rung->style = segment_style(row, lost);
	note_arrival(rung, view, layout, row, zero_ns);
	note_header(rung, layout, row);
}

/* A group holds both directions, so it is no arrow. */
static void data_text(char *text, const struct view *view, const char *words)
{
	const char *dots = view->term.utf8 ? "⋮" : ":";

	snprintf(text, TEXT_SIZE, "%s %.400s %s", dots, words, dots);
}

static void fill_data(struct rung *rung, const struct view *view, const struct rung_layout *layout,
		      const struct row *row)
{
	uint64_t ns = row->until_ns > row->time_ns ? row->until_ns - row->time_ns : 0;
	char count[FMT_SIZE], bytes[FMT_SIZE], duration[FMT_SIZE], words[TEXT_SIZE];
	bool one = row->segments == 1;

	fmt_count(count, sizeof(count), row->segments);
	fmt_bytes(bytes, sizeof(bytes), row->data_bytes);
	fmt_duration(duration, sizeof(duration), ns);
	label_fill(words, sizeof(words), view->lang, one ? LABEL_SEGMENT : LABEL_SEGMENTS, count,
		   bytes, NULL);
	data_text(rung->area, view, words);
	rung->align = ALIGN_CENTER;
	if (term_width(rung->area) > layout->area) {
		label_fill(words, sizeof(words), view->lang,
			   one ? LABEL_SEGMENT_ONLY : LABEL_SEGMENTS_ONLY, count, NULL);
		data_text(rung->area, view, words);
		note(rung, layout, bytes);
	}
	label_fill(words, sizeof(words), view->lang, LABEL_IN, duration, NULL);
	if (ns)
		note(rung, layout, words);
}

static void fill_lost(struct rung *rung, const struct view *view, const struct row *row)
{
	char count[FMT_SIZE];

	fmt_count(count, sizeof(count), row->lost);
	label_fill(rung->area, sizeof(rung->area), view->lang,
		   row->lost == 1 ? LABEL_LOST_HERE_ONE : LABEL_LOST_HERE, count, NULL);
	rung->align = ALIGN_CENTER;
	rung->style = STYLE_RED;
}

void rung_fill(struct rung *rung, const struct view *view, const struct rung_layout *layout,
	       const struct row *row, uint64_t zero_ns)
{
	switch (row->kind) {
	case ROW_CALL_ENTER:
		fill_call_enter(rung, layout, row);
		break;
	case ROW_CALL:
		fill_call(rung, layout, row);
		break;
	case ROW_STATE:
		fill_state(rung, layout, row);
		break;
	case ROW_SEGMENT:
		fill_segment(rung, view, layout, row, zero_ns);
		break;
	case ROW_DATA:
		fill_data(rung, view, layout, row);
		break;
	case ROW_LOST:
		fill_lost(rung, view, row);
		break;
	}
}
