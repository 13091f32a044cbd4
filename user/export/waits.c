/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What calls waited for: lines below a call in the summary's table, with the
 * share of its time. A wait that nobody would notice has none.
 */
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/summary.h"

#define NOTICED_NS 1000000
#define INDENT 6

static bool matters(uint64_t part_ns, uint64_t whole_ns)
{
	return part_ns && part_ns >= whole_ns / 100;
}

static void print_wait(const struct view *view, const char *text)
{
	fprintf(view->stream, "%*s", INDENT, "");
	text_wrap(view, INDENT, INDENT + 2, text);
}

/* Of whom the window is that a sender waits for, and whether that one reads slowly. */
static void add_reader(const struct view *view, const struct connection *connection, enum end end,
		       bool slow, char *text, size_t size)
{
	enum end reader = other_end(end);
	enum label words = slow ? LABEL_READER : LABEL_READER_KEPT_UP;
	char owner[TEXT_SIZE], part[TEXT_SIZE];
	size_t used = strlen(text);

	text_owner(view, owner, sizeof(owner), socket_at(connection, reader));
	label_fill(part, sizeof(part), view->lang, *owner ? words : LABEL_READER_NOT_KNOWN, owner,
		   NULL);
	snprintf(text + used, size - used, "%s", part);
}

void waits_send(const struct view *view, const struct connection *connection, enum end end,
		const struct call_stats *stats)
{
	char duration[FMT_SIZE], share[FMT_SIZE], text[TEXT_LONG];

	for (int cause = 0; cause < SLEEP_CAUSES; cause++) {
		if (!matters(stats->sleep_ns[cause], stats->inside_ns))
			continue;
		fmt_duration(duration, sizeof(duration), stats->sleep_ns[cause]);
		fmt_percent(share, sizeof(share), stats->sleep_ns[cause], stats->inside_ns);
		label_fill(text, sizeof(text), view->lang, LABEL_SLEPT_SHARE, duration, share,
			   label(view->lang, (enum label)(LABEL_SLEEP + cause)), NULL);
		if (cause == SLEEP_PEER_WINDOW)
			add_reader(view, connection, end,
				   sleep_is_readers(stats->sleep_ns, stats->unread_ns), text,
				   sizeof(text));
		print_wait(view, text);
	}
}

static uint64_t total_of(const struct attempt *attempt)
{
	uint64_t total_ns = 0;

	for (int phase = 0; phase < PHASES; phase++)
		total_ns += attempt->phase_ns[phase];
	return total_ns;
}

void waits_connect(const struct view *view, const struct connection *connection,
		   const struct call_stats *stats)
{
	const struct attempt *attempt = &connection->attempt;
	uint64_t total_ns = total_of(attempt);
	bool waited = stats->inside_ns >= total_ns;
	char duration[FMT_SIZE], share[FMT_SIZE], syns[FMT_SIZE], phase_text[TEXT_SIZE],
		text[TEXT_LONG];

	if (!wait_known(connection) || total_ns < NOTICED_NS)
		return;
	fmt_count(syns, sizeof(syns), attempt->syns);
	for (int phase = 0; phase < PHASES; phase++) {
		if (!matters(attempt->phase_ns[phase], total_ns))
			continue;
		fmt_duration(duration, sizeof(duration), attempt->phase_ns[phase]);
		fmt_percent(share, sizeof(share), attempt->phase_ns[phase], total_ns);
		label_fill(phase_text, sizeof(phase_text), view->lang,
			   (enum label)(LABEL_PHASE + phase), syns, NULL);
		label_fill(text, sizeof(text), view->lang, waited ? LABEL_WAITED : LABEL_NOT_WAITED,
			   duration, share, phase_text, NULL);
		print_wait(view, text);
	}
}

void waits_accept(const struct view *view, const struct connection *connection,
		  const struct call_stats *stats)
{
	const struct accept_wait *accept = &connection->accept;
	char duration[FMT_SIZE], share[FMT_SIZE], text[TEXT_LONG];

	if (accept->known && accept->ready_ns >= NOTICED_NS) {
		fmt_duration(duration, sizeof(duration), accept->ready_ns);
		label_fill(text, sizeof(text), view->lang, LABEL_ACCEPT_LATE, duration, NULL);
		print_wait(view, text);
	}
	if (accept->known && accept->idle_ns >= NOTICED_NS) {
		fmt_duration(duration, sizeof(duration), accept->idle_ns);
		fmt_percent(share, sizeof(share), accept->idle_ns, stats->inside_ns);
		label_fill(text, sizeof(text), view->lang, LABEL_NOT_READY, duration, share, NULL);
		print_wait(view, text);
	}
}
