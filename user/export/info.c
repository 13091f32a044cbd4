/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a capture says of itself: how, where and when it was made, how it
 * ended, what it lost, and which facts it can't know. For people, on 80 columns.
 */
#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "user/base/fmt.h"
#include "user/export/export.h"
#include "user/export/text.h"
#include "user/model/names.h"

#define NAME_COLUMNS 12

static void put(FILE *stream, const char *name, const char *text)
{
	const struct view view = { .stream = stream, .term.utf8 = true, .columns = 80 };

	fprintf(stream, "%-*s", NAME_COLUMNS, name);
	text_wrap(&view, NAME_COLUMNS, NAME_COLUMNS + 2, text);
}

/* Foreign text, cut at its NUL or at size. */
static void put_foreign(FILE *stream, const char *name, const char *source, size_t length)
{
	char text[TEXT_LONG];

	put(stream, name, fmt_escape(text, sizeof(text), source, length));
}

static void put_start(FILE *stream, const struct capture_info *info)
{
	time_t seconds = (time_t)(info->start_real_ns / 1000000000);
	char text[FMT_SIZE] = "?";
	struct tm utc;

	if (gmtime_r(&seconds, &utc))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc);
	put(stream, "start", text);
}

static void put_duration(FILE *stream, const struct trace *trace)
{
	char text[FMT_SIZE];
	uint64_t first_ns = trace_first_ns(trace);

	fmt_duration(text, sizeof(text), first_ns ? trace_last_ns(trace) - first_ns : 0);
	put(stream, "duration", text);
}

static void put_records(FILE *stream, const struct trace *trace, const struct capture_end *end)
{
	char count[FMT_SIZE], text[2 * FMT_SIZE];

	fmt_count(count, sizeof(count), end->records);
	put(stream, "records", count);
	fmt_count(count, sizeof(count), trace_begun(trace));
	put(stream, "connections", count);
	fmt_count(count, sizeof(count), trace_lost(trace));
	snprintf(text, sizeof(text), "%s%s", count,
		 trace_lost(trace) ? "  !! what was recorded has gaps" : "");
	put(stream, "lost", text);
}

static void put_losses(FILE *stream, const struct trace *trace)
{
	uint64_t zero_ns = trace_zero_ns(trace);
	const struct loss *losses;
	int count = trace_losses(trace, &losses);

	for (int i = 0; i < count; i++) {
		char number[FMT_SIZE], from[FMT_SIZE], to[FMT_SIZE];

		fmt_count(number, sizeof(number), losses[i].count);
		fmt_offset(from, sizeof(from), (int64_t)(losses[i].first_ns - zero_ns));
		fmt_offset(to, sizeof(to), (int64_t)(losses[i].last_ns - zero_ns));
		fprintf(stream, "%*s%s %s, %s to %s\n", NAME_COLUMNS + 2, "", number,
			name_record(losses[i].what), from, to);
	}
}

/* Counted as in the views: from the first SYN, or the first event. */
static void put_ending(FILE *stream, const struct trace *trace, const struct capture_end *end)
{
	char offset[FMT_SIZE], cut[FMT_SIZE], text[4 * FMT_SIZE] = "complete";

	if (!end->complete) {
		fmt_offset(offset, sizeof(offset),
			   end->last_ns ? (int64_t)(end->last_ns - trace_zero_ns(trace)) : 0);
		fmt_count(cut, sizeof(cut), end->cut_bytes);
		snprintf(text, sizeof(text), "%s %s; %s bytes behind it are not used",
			 end->damaged ? "damaged behind" : "cut off at", offset, cut);
	}
	put(stream, "ending", text);
}

static void put_piece(FILE *stream, const struct capture_info *info, const struct capture_end *end)
{
	char text[4 * FMT_SIZE], offset[FMT_SIZE];

	if (!info->piece)
		return;
	fmt_offset(offset, sizeof(offset), (int64_t)(info->piece_mono_ns - info->start_mono_ns));
	snprintf(text, sizeof(text), "%u, begins at %s of the run%s", info->piece, offset,
		 end->goes_on ? "; the run goes on in the next one" : "");
	put(stream, "piece", text);
}

static void put_status(FILE *stream, const struct capture_info *info, const struct capture_end *end)
{
	char text[FMT_SIZE];

	if (!end->complete || end->goes_on || !info->command_tgid)
		return;
	if (end->command_status < 0)
		snprintf(text, sizeof(text), "still ran when the trace ended");
	else if (WIFSIGNALED(end->command_status))
		snprintf(text, sizeof(text), "killed by signal %d", WTERMSIG(end->command_status));
	else
		snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(end->command_status));
	put(stream, "result", text);
}

static void put_hooks(FILE *stream, const struct capture_info *info)
{
	char name[4 * sizeof(info->hooks[0].name) + 1], fact[4 * sizeof(info->hooks[0].fact) + 1];
	char text[sizeof(fact) + 32];

	for (int i = 0; i < info->hook_count && i < CAPTURE_HOOKS_MAX; i++) {
		const struct capture_hook *hook = &info->hooks[i];

		fmt_escape(name, sizeof(name), hook->name, sizeof(hook->name));
		fmt_escape(fact, sizeof(fact), hook->fact, sizeof(hook->fact));
		fprintf(stream, "%-*s%-3s %s\n", NAME_COLUMNS, i ? "" : "hooks",
			hook->on ? "on" : "off", name);
		snprintf(text, sizeof(text), "%s: %s",
			 hook->unasked ? "not asked for by --detail" : "not known", fact);
		if (!hook->on)
			put(stream, "", text);
		else if (hook->stand_in[0])
			put_foreign(stream, "", hook->stand_in, sizeof(hook->stand_in));
	}
}

int info_print(FILE *stream, const struct capture_info *info, const struct capture_end *end,
	       const struct trace *trace)
{
	char count[FMT_SIZE], text[2 * FMT_SIZE];

	put_foreign(stream, "tcpwatch", info->version, sizeof(info->version));
	put_foreign(stream, "kernel", info->kernel, sizeof(info->kernel));
	put_foreign(stream, "machine", info->machine, sizeof(info->machine));
	put_foreign(stream, "host", info->host, sizeof(info->host));
	put_foreign(stream, info->command_tgid ? "command" : "traced", info->command,
		    sizeof(info->command));
	put_start(stream, info);
	put_piece(stream, info, end);
	put_duration(stream, trace);
	put_foreign(stream, "detail", info->detail, sizeof(info->detail));
	if (info->filter[0])
		put_foreign(stream, "only", info->filter, sizeof(info->filter));
	if (info->peers)
		put(stream, "peers", "with the other ends in processes that were not followed");
	fmt_count(count, sizeof(count), info->ring_bytes);
	snprintf(text, sizeof(text), "%s bytes", count);
	put(stream, "ring", text);
	put_foreign(stream, "congestion", info->congestion, sizeof(info->congestion));
	put_records(stream, trace, end);
	put_losses(stream, trace);
	put_ending(stream, trace, end);
	put_status(stream, info, end);
	put_hooks(stream, info);
	errno = 0;
	if (fflush(stream) || ferror(stream))
		return errno ? -errno : -EIO;
	return 0;
}
