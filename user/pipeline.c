/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Joins the rooms. Neither makes facts nor draws. */
#include "user/pipeline.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/export/frame.h"
#include "user/export/html.h"
#include "user/export/pcapng.h"
#include "user/export/perfetto.h"
#include "user/export/svg.h"

/* A record that is being written when the ring is read comes with the next turn. */
#define LATE_NS 10000000

static void feed(void *context, const union record *record)
{
	struct pipeline *pipeline = context;
	int err;

	if (pipeline->before)
		pipeline->before(pipeline->before_context, record);
	err = trace_feed(pipeline->trace, record);
	if (err && !pipeline->err)
		pipeline->err = err;
}

int pipeline_open(struct pipeline *pipeline, const struct export *export,
		  const struct export_target *target, const struct capture_info *info)
{
	int err;

	*pipeline = (struct pipeline){ .export = export };
	err = order_open(&pipeline->order, feed, pipeline);
	if (!err && export)
		err = export->begin(&pipeline->context, target, info);
	if (!err)
		err = trace_open(&pipeline->trace, info, export ? &export->sink : NULL,
				 pipeline->context);
	if (err)
		pipeline_close(pipeline);
	return err;
}

int pipeline_add(struct pipeline *pipeline, const union record *record)
{
	int err = order_add(pipeline->order, record);

	return err ? err : pipeline->err;
}

int pipeline_turn(struct pipeline *pipeline, uint64_t now_ns, bool idle)
{
	uint64_t passed_ns;

	if (idle)
		order_flush(pipeline->order);
	passed_ns = trace_last_ns(pipeline->trace);
	if (idle && now_ns - LATE_NS > passed_ns)
		passed_ns = now_ns - LATE_NS;
	if (pipeline->export && pipeline->export->passed)
		pipeline->export->passed(pipeline->context, passed_ns);
	return pipeline->err;
}

void pipeline_flush(struct pipeline *pipeline)
{
	order_flush(pipeline->order);
}

int pipeline_finish(struct pipeline *pipeline, const struct capture_end *end)
{
	int err;

	order_flush(pipeline->order);
	err = trace_finish(pipeline->trace);
	if (!pipeline->err)
		pipeline->err = err;
	if (pipeline->export) {
		err = pipeline->export->end(pipeline->context, pipeline->trace, end);
		pipeline->export = NULL;
		if (!pipeline->err)
			pipeline->err = err;
	}
	return pipeline->err;
}

void pipeline_close(struct pipeline *pipeline)
{
	order_close(pipeline->order);
	trace_close(pipeline->trace);
	*pipeline = (struct pipeline){ 0 };
}

int pipeline_read(struct pipeline *pipeline, struct reader *reader)
{
	const union record *record;
	int err;

	while ((err = reader_next(reader, &record)) > 0) {
		err = pipeline_add(pipeline, record);
		if (err)
			return err;
	}
	return err;
}

const struct export *pipeline_view(const struct options *options)
{
	static const struct export *const views[] = {
		[VIEW_MOMENTS] = &view_moments,	 [VIEW_EVENTS] = &view_events,
		[VIEW_LADDER] = &view_ladder,	 [VIEW_SUMMARY] = &view_summary,
		[VIEW_LIVE] = &view_live,	 [VIEW_NONE] = NULL,
		[VIEW_ROWS] = &view_connections,
	};

	return views[options->view];
}

/* With a command, or beside another output, standard output belongs to that. */
static FILE *view_stream(const struct options *options)
{
	for (int i = 0; i < OUTPUT_FILES; i++)
		if (options->files[i] && !strcmp(options->files[i], "-"))
			return stderr;
	return options->command ? stderr : stdout;
}

void pipeline_view_target(struct export_target *target, const struct options *options,
			  const char *capture_path)
{
	const struct export *view = pipeline_view(options);

	*target = (struct export_target){
		.replayed = options->read,
		.shown = view ? view->name : NULL,
		.events = options->events,
		.stream = view_stream(options),
		.directory_fd = -1,
		.lang = options->lang,
		.capture_path = capture_path,
	};
	term_look(&target->term, fileno(target->stream), options->color, options->ascii);
}

/* One output, or only *zero_ns, from the whole capture at fd. */
static int make(int fd, const struct export *export, const struct export_target *target,
		uint64_t *zero_ns)
{
	struct pipeline pipeline = { 0 };
	struct reader *reader = NULL;
	int copy, err;

	if (lseek(fd, 0, SEEK_SET))
		return -errno;
	copy = dup(fd);
	if (copy < 0)
		return -errno;
	err = reader_open(&reader, copy);
	if (err)
		return err;
	err = pipeline_open(&pipeline, export, target, reader_info(reader));
	if (err)
		goto out;
	err = pipeline_read(&pipeline, reader);
	if (!err)
		err = pipeline_finish(&pipeline, reader_end(reader));
	if (!err && zero_ns)
		*zero_ns = trace_zero_ns(pipeline.trace);
out:
	pipeline_close(&pipeline);
	reader_close(reader);
	return err;
}

static int make_or_complain(int fd, const struct export *export, const struct export_target *target,
			    const char *path)
{
	int err = make(fd, export, target, NULL);

	if (err)
		log_error("can't write %s: %s; what is in there is incomplete", path,
			  strerror(-err));
	return err;
}

int pipeline_files(int fd, const struct outputs *outputs, const struct options *options,
		   uint64_t zero_ns)
{
	static const struct export *const exports[OUTPUT_FILES] = {
		[OUTPUT_JSON] = &export_json,	      [OUTPUT_HTML] = &export_html,
		[OUTPUT_SVG_AXIS] = &export_svg_axis, [OUTPUT_SVG_LADDER] = &export_svg_ladder,
		[OUTPUT_PERFETTO] = &export_perfetto, [OUTPUT_PCAPNG] = &export_pcapng,
	};
	struct export_target target = {
		.directory_fd = outputs->csv_fd,
		.lang = options->lang,
		.zero_ns = zero_ns,
		.every_ns = options->every_ns,
	};
	int err = 0;

	if (!target.zero_ns)
		err = make(fd, NULL, NULL, &target.zero_ns);
	if (err)
		log_error("can't read the capture: %s", strerror(-err));
	if (!err && outputs->csv_fd >= 0)
		err = make_or_complain(fd, &export_csv, &target, options->csv);
	for (int i = 0; i < OUTPUT_FILES; i++) {
		int failed = 0;

		target.stream = outputs->files[i];
		if (target.stream)
			failed = make_or_complain(fd, exports[i], &target, options->files[i]);
		err = err ? err : failed;
	}
	close(fd);
	return err;
}
