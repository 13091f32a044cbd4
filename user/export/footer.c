/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events and losses, hooks that were off, a capture that was cut off, and what
 * to type next. A loss is never a footnote: it says how much, of what and when.
 */
#include "user/export/footer.h"

#include <string.h>
#include <sys/stat.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/model/names.h"

#define SPANS_SHOWN 8

static void offset_text(char *text, size_t size, const struct trace *trace, uint64_t time_ns)
{
	fmt_offset(text, size, (int64_t)(time_ns - trace_zero_ns(trace)));
}

static void print_span(const struct view *view, const struct trace *trace, const struct loss *loss)
{
	char count[FMT_SIZE], from[FMT_SIZE], to[FMT_SIZE], text[TEXT_SIZE];

	fmt_count(count, sizeof(count), loss->count);
	offset_text(from, sizeof(from), trace, loss->first_ns);
	offset_text(to, sizeof(to), trace, loss->last_ns);
	label_fill(text, sizeof(text), view->lang, LABEL_LOST_SPAN, count, name_record(loss->what),
		   from, to, NULL);
	fprintf(view->stream, "     ");
	text_wrap(view, 5, 7, text);
}

static void print_losses(const struct view *view, const struct trace *trace)
{
	const struct loss *losses;
	int spans = trace_losses(trace, &losses);
	char count[FMT_SIZE], text[TEXT_SIZE];

	fmt_count(count, sizeof(count), trace_lost(trace));
	label_fill(text, sizeof(text), view->lang,
		   trace_lost(trace) == 1 ? LABEL_LOST_ONE : LABEL_LOST, count, NULL);
	fprintf(view->stream, "%s%s  !! ", term_style(&view->term, STYLE_BOLD),
		term_style(&view->term, STYLE_RED));
	text_wrap(view, 5, 5, text);
	for (int i = 0; i < spans && i < SPANS_SHOWN; i++)
		print_span(view, trace, &losses[i]);
	if (spans > SPANS_SHOWN) {
		fmt_count(count, sizeof(count), (uint64_t)(spans - SPANS_SHOWN));
		label_fill(text, sizeof(text), view->lang, LABEL_LOST_MORE, count, NULL);
		fprintf(view->stream, "     %s\n", text);
	}
	fputs(term_style(&view->term, STYLE_PLAIN), view->stream);
}

static void print_cut(const struct view *view, const struct trace *trace,
		      const struct capture_end *end)
{
	char offset[FMT_SIZE], bytes[FMT_SIZE], text[TEXT_SIZE];
	enum label words = end->last_ns ? LABEL_CUT : LABEL_CUT_EMPTY;

	offset_text(offset, sizeof(offset), trace,
		    end->last_ns ? end->last_ns : trace_zero_ns(trace));
	fmt_count(bytes, sizeof(bytes), end->cut_bytes);
	label_fill(text, sizeof(text), view->lang, end->damaged ? LABEL_DAMAGED : words, offset,
		   bytes, NULL);
	fprintf(view->stream, "%s  !! ", term_style(&view->term, STYLE_BOLD));
	text_wrap(view, 5, 5, text);
	fputs(term_style(&view->term, STYLE_PLAIN), view->stream);
}

static void print_unknown(const struct view *view)
{
	const char *prefix = label(view->lang, LABEL_NOT_KNOWN);
	char fact[TEXT_SIZE];

	for (int i = 0; i < view->info->hook_count && i < CAPTURE_HOOKS_MAX; i++) {
		const struct capture_hook *hook = &view->info->hooks[i];

		if (hook->on || hook->unasked)
			continue;
		fprintf(view->stream, "  %s", prefix);
		text_wrap(view, 2 + term_width(prefix), 4,
			  text_foreign(view, fact, sizeof(fact), hook->fact, sizeof(hook->fact)));
	}
}

/* What the option left out is no fault of the kernel. */
static void print_unasked(const struct view *view)
{
	char detail[TEXT_SIZE], fact[TEXT_SIZE], prefix[TEXT_SIZE], text[TEXT_LONG] = "";
	size_t used = 0;

	for (int i = 0; i < view->info->hook_count && i < CAPTURE_HOOKS_MAX; i++) {
		const struct capture_hook *hook = &view->info->hooks[i];

		if (!hook->unasked || used >= sizeof(text) / 2)
			continue;
		text_foreign(view, fact, sizeof(fact), hook->fact, sizeof(hook->fact));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
					 fact);
	}
	if (!used)
		return;
	snprintf(text + used, sizeof(text) - used, "%s", label(view->lang, LABEL_ASK_FULL));
	text_foreign(view, detail, sizeof(detail), view->info->detail, sizeof(view->info->detail));
	label_fill(prefix, sizeof(prefix), view->lang, LABEL_NOT_ASKED, detail, NULL);
	fprintf(view->stream, "  %s", prefix);
	text_wrap(view, 2 + term_width(prefix), 4, text);
}

/* Whoever misses a socket should see at once that it was not asked for. */
static void print_only(const struct view *view)
{
	const char *prefix = label(view->lang, LABEL_ONLY);
	char text[TEXT_LONG];

	if (!view->info->filter[0])
		return;
	fprintf(view->stream, "  %s", prefix);
	text_wrap(view, 2 + term_width(prefix), 4,
		  text_foreign(view, text, sizeof(text), view->info->filter,
			       sizeof(view->info->filter)));
}

static void print_before(const struct view *view, unsigned int count, enum label one,
			 enum label many)
{
	char number[FMT_SIZE], text[TEXT_SIZE];

	if (!count)
		return;
	fmt_count(number, sizeof(number), count);
	label_fill(text, sizeof(text), view->lang, count == 1 ? one : many, number, NULL);
	fprintf(view->stream, "  ");
	text_wrap(view, 2, 2, text);
}

static void print_left_open(const struct view *view, uint64_t left)
{
	char count[FMT_SIZE], kept[FMT_SIZE], text[TEXT_SIZE];

	if (!left)
		return;
	fmt_count(count, sizeof(count), left);
	fmt_count(kept, sizeof(kept), TRACE_OPEN);
	label_fill(text, sizeof(text), view->lang, LABEL_LEFT_OPEN, count, kept, NULL);
	fprintf(view->stream, "  ");
	text_wrap(view, 2, 2, text);
}

static void print_mptcp(const struct view *view, unsigned int sockets)
{
	char count[FMT_SIZE], text[TEXT_SIZE];

	if (!sockets)
		return;
	fmt_count(count, sizeof(count), sockets);
	label_fill(text, sizeof(text), view->lang, sockets == 1 ? LABEL_MPTCP_ONE : LABEL_MPTCP,
		   count, NULL);
	fprintf(view->stream, "  ");
	text_wrap(view, 2, 4, text);
}

static void print_32bit(const struct view *view, const struct undecoded *undecoded)
{
	char count[FMT_SIZE], name[TEXT_SIZE], pid[FMT_SIZE], text[TEXT_SIZE];

	if (!undecoded->processes)
		return;
	fmt_count(count, sizeof(count), undecoded->processes);
	snprintf(pid, sizeof(pid), "%u", undecoded->first_tgid);
	text_foreign(view, name, sizeof(name), undecoded->first_comm, RECORD_COMM_SIZE);
	label_fill(text, sizeof(text), view->lang,
		   undecoded->processes == 1 ? LABEL_32BIT_ONE : LABEL_32BIT, count, name, pid,
		   NULL);
	fprintf(view->stream, "  ");
	text_wrap(view, 2, 4, text);
}

static void print_counts(const struct view *view, const struct trace *trace)
{
	char events[FMT_SIZE], lost[FMT_SIZE], text[TEXT_SIZE];

	fmt_count(events, sizeof(events), trace_events(trace));
	fmt_count(lost, sizeof(lost), trace_lost(trace));
	label_fill(text, sizeof(text), view->lang,
		   trace_events(trace) == 1 ? LABEL_EVENT : LABEL_EVENTS, events, lost, NULL);
	fprintf(view->stream, "  %s\n", text);
}

static void print_saved(const struct view *view, const char *path)
{
	char bytes[FMT_SIZE], text[2 * TEXT_SIZE];
	struct stat status;

	fprintf(view->stream, "  %s", label(view->lang, LABEL_SAVED));
	if (stat(view->capture_path, &status))
		snprintf(text, sizeof(text), "%s", path);
	else
		snprintf(text, sizeof(text), "%s (%s)", path,
			 fmt_bytes(bytes, sizeof(bytes), (uint64_t)status.st_size));
	text_wrap(view, 2 + term_width(label(view->lang, LABEL_SAVED)), 4, text);
}

/* A path as a shell takes it: quoted when it holds anything special. */
static void quote(char *text, size_t size, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+-,:@";
	size_t used = 1;

	if (strspn(path, plain) == strlen(path)) {
		snprintf(text, size, "%s", path);
		return;
	}
	text[0] = '\'';
	for (; *path && used + 6 < size; path++)
		used += (size_t)snprintf(text + used, size - used, *path == '\'' ? "'\\''" : "%c",
					 *path);
	snprintf(text + used, size - used, "'");
}

/* Each command on a line of its own: it is there to be copied. Of no use are those left out. */
static void print_next(const struct view *view, const struct trace *trace, const char *path)
{
	static const char *const options[] = { "--view ladder", "--view events", "--csv DIR" };
	const char *shown = view->shown ? view->shown : "";
	const char *words = label(view->lang, LABEL_NEXT);
	int indent = 2 + term_width(words) + 1;
	bool first = true;
	char quoted[TEXT_SIZE];

	if (!trace_events(trace))
		return;
	quote(quoted, sizeof(quoted), path);
	fprintf(view->stream, "  %s ", words);
	for (int i = trace_begun(trace) ? 0 : 1; i < 3; i++) {
		if (!strcmp(options[i] + strcspn(options[i], " ") + 1, shown))
			continue;
		fprintf(view->stream, "%*stcpwatch -r %s %s\n", first ? 0 : indent, "", quoted,
			options[i]);
		first = false;
	}
}

void footer_print(const struct view *view, const struct trace *trace, const struct capture_end *end)
{
	char path[TEXT_SIZE];

	fputc('\n', view->stream);
	if (trace_lost(trace))
		print_losses(view, trace);
	if (!end->complete)
		print_cut(view, trace, end);
	print_unknown(view);
	print_unasked(view);
	print_only(view);
	print_before(view, trace_older(trace), LABEL_OLDER_ONE, LABEL_OLDER);
	print_before(view, trace_closing(trace), LABEL_CLOSING_ONE, LABEL_CLOSING);
	print_left_open(view, trace_left_open(trace));
	print_mptcp(view, trace_undecoded(trace)->mptcp_sockets);
	print_32bit(view, trace_undecoded(trace));
	print_counts(view, trace);
	if (!view->capture_path && view->replayed)
		return;
	if (!view->capture_path) {
		fprintf(view->stream, "  ");
		text_wrap(view, 2, 2, label(view->lang, LABEL_KEEP));
		return;
	}
	text_foreign(view, path, sizeof(path), view->capture_path, TEXT_SIZE);
	if (!view->replayed)
		print_saved(view, path);
	print_next(view, trace, path);
}
