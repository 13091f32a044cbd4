/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Drives the outputs as user/pipeline.c does. Decides nothing about their text. */
#include "tests/unit/sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/judge.h"
#include "user/capture/order.h"
#include "user/capture/reader.h"
#include "user/export/export.h"
#include "user/export/frame.h"
#include "user/export/html.h"
#include "user/export/pcapng.h"
#include "user/export/perfetto.h"
#include "user/export/svg.h"

#define FRAMES 4 /* drawn while a capture is read */

struct sink {
	const struct export *export;
	const char *(*judge)(const char *text, size_t size); /* NULL: csv, files in a directory */
};

static const struct sink sinks[SINKS] = {
	{ &view_moments, judge_view },	    { &view_events, judge_view },
	{ &view_ladder, judge_view },	    { &view_summary, judge_view },
	{ &view_live, judge_view },	    { &export_csv, NULL },
	{ &export_json, judge_json_lines }, { &export_html, judge_html },
	{ &export_svg_axis, judge_svg },    { &export_svg_ladder, judge_svg },
	{ &export_perfetto, judge_json },   { &export_pcapng, judge_pcapng },
};

/* One pass over the capture. */
struct pass {
	const struct sink *sink; /* NULL: the model alone, and --info */
	struct export_target target;
	struct trace *trace;
	void *context;
	uint64_t records;
	uint64_t zero_ns; /* at its end */
	int err;
	const char *wrong;
};

static char directory[64];
static int directory_fd = -1;

static void draw(struct pass *pass)
{
	static const char keys[] = "lle?\t";
	struct frame_scene scene = {
		.term = { .columns = 60 + (int)(pass->records * 7 % 60),
			  .rows = 20 + (int)(pass->records % 17),
			  .utf8 = pass->target.term.utf8,
			  .color = pass->target.term.color },
		.now_ns = trace_last_ns(pass->trace),
		.zero_ns = trace_zero_ns(pass->trace),
		.status = -1,
	};
	char *text;

	frame_key(pass->context, pass->trace, keys[pass->records % (sizeof(keys) - 1)]);
	text = frame_render(pass->context, pass->trace, &scene);
	if (text && !pass->wrong)
		pass->wrong = judge_view(text, strlen(text));
	free(text);
}

static void feed(void *context, const union record *record)
{
	struct pass *pass = context;
	uint64_t records = ++pass->records;
	int err = trace_feed(pass->trace, record);

	pass->err = pass->err ? pass->err : err;
	if (pass->sink && pass->sink->export == &view_live && !(records & (records - 1)))
		draw(pass);
}

static int read_all(struct reader *reader, struct pass *pass)
{
	const union record *record;
	struct order *order;
	int err = order_open(&order, feed, pass);

	while (!err && (err = reader_next(reader, &record)) > 0) {
		err = order_add(order, record);
		err = err ? err : pass->err;
	}
	order_flush(order);
	order_close(order);
	return err;
}

static int finish(struct reader *reader, struct pass *pass)
{
	int err = trace_finish(pass->trace);

	pass->zero_ns = trace_zero_ns(pass->trace);
	if (pass->sink)
		return pass->sink->export->end(pass->context, pass->trace, reader_end(reader));
	return err ? err
		   : info_print(pass->target.stream, reader_info(reader), reader_end(reader),
				pass->trace);
}

/* Runs a pass; 0, or the error of the reader, the model or the output. */
static int run(int fd, struct pass *pass)
{
	const struct export *export = pass->sink ? pass->sink->export : NULL;
	struct reader *reader;
	int err;

	lseek(fd, 0, SEEK_SET);
	err = reader_open(&reader, dup(fd));
	if (err)
		return err;
	if (export)
		err = export->begin(&pass->context, &pass->target, reader_info(reader));
	if (!err)
		err = trace_open(&pass->trace, reader_info(reader), export ? &export->sink : NULL,
				 pass->context);
	if (!err)
		err = read_all(reader, pass);
	if (!err)
		err = finish(reader, pass);
	trace_close(pass->trace);
	reader_close(reader);
	return err;
}

static const char *complain(const char *name, const char *wrong, int err)
{
	static char text[200];

	if (wrong)
		snprintf(text, sizeof(text), "%s: %s", name, wrong);
	else
		snprintf(text, sizeof(text), "%s: %s", name, strerror(-err));
	return text;
}

static void open_directory(void)
{
	const char *above = getenv("TMPDIR");

	snprintf(directory, sizeof(directory), "%.40s/tcpwatch-XXXXXX", above ? above : "/tmp");
	if (mkdtemp(directory))
		directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void sinks_close(void)
{
	if (directory_fd < 0)
		return;
	close(directory_fd);
	rmdir(directory);
	directory_fd = -1;
}

static const char *judge_table(const char *name)
{
	int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC);
	const char *wrong = "a table is missing";
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = malloc((size_t)size + 1);

	if (fd >= 0 && text && pread(fd, text, (size_t)size, 0) == size) {
		text[size] = '\0';
		wrong = judge_csv(text, (size_t)size);
	}
	free(text);
	close(fd);
	return wrong;
}

static const char *judge_tables(void)
{
	static const char *const names[] = { "sockets.csv",  "states.csv", "calls.csv", "bytes.csv",
					     "segments.csv", "events.csv", "losses.csv" };
	const char *wrong = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !wrong; i++)
		wrong = judge_table(names[i]);
	csv_remove(directory_fd);
	return wrong;
}

/* NULL, or what is wrong. The first pass has no sink, and sets *zero_ns. */
static const char *judge_one(int fd, const struct sink *sink, unsigned int form, uint64_t *zero_ns)
{
	const char *name = sink ? sink->export->name : "info", *wrong;
	char *text = NULL;
	size_t size = 0;
	struct pass pass = {
		.sink = sink,
		.target = { .stream = open_memstream(&text, &size),
			    .directory_fd = directory_fd,
			    .term = { .columns = 80,
				      .rows = 24,
				      .utf8 = form % 2,
				      .color = form % 3 == 0 },
			    .lang = form % 2 ? LANG_ZH : LANG_EN,
			    .zero_ns = *zero_ns },
	};
	int err = run(fd, &pass);

	fclose(pass.target.stream);
	if (!sink)
		*zero_ns = pass.zero_ns;
	wrong = pass.wrong;
	if (!err && !wrong)
		wrong = !sink	      ? judge_text(text, size)
			: sink->judge ? sink->judge(text, size)
				      : judge_tables();
	free(text);
	return wrong || err ? complain(name, wrong, err) : NULL;
}

static bool refused(int fd)
{
	struct reader *reader;
	int err;

	lseek(fd, 0, SEEK_SET);
	err = reader_open(&reader, dup(fd));
	reader_close(reader);
	return err;
}

const char *sinks_judge(int fd, unsigned int which)
{
	const char *wrong = NULL;
	uint64_t zero_ns = 0;

	if (directory_fd < 0)
		open_directory();
	if (refused(fd))
		goto out;
	wrong = judge_one(fd, NULL, 0, &zero_ns);
	for (unsigned int i = 0; i < SINKS && !wrong; i++)
		if (!which || which == i + 1)
			wrong = judge_one(fd, &sinks[i], i, &zero_ns);
out:
	close(fd);
	return wrong;
}
