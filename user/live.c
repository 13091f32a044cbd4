/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * -- COMMAND: holds it, turns the hooks on, releases it, and takes what comes.
 * -p and -a: turns the hooks on, finds what is there already, and takes what comes.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/about.h"
#include "user/base/log.h"
#include "user/capture/writer.h"
#include "user/collect/loop.h"
#include "user/collect/privilege.h"
#include "user/collect/process.h"
#include "user/model/closing.h"
#include "user/pipeline.h"
#include "user/run.h"
#include "user/watch.h"

#define CHUNK_MORE 32 /* the header of a chunk that a record may begin */

struct live {
	const struct options *options;
	struct capture_info info;
	struct outputs outputs;
	struct command command;
	struct program *program;
	struct writer *writer; /* NULL: nothing is kept, or writing has failed */
	uint64_t piece_since_ns;
	bool piece_used; /* it has a record of its own */
	struct pipeline pipeline;
	struct closing closing;
	struct watch *watch; /* --view live; else NULL */
	struct capture_end end;
	bool write_failed;
};

/* NULL: it is kept aside, or not at all. */
static const char *capture_path(const struct live *live)
{
	return live->outputs.pieces ? pieces_path(live->outputs.pieces) : live->options->output;
}

static void check_written(struct live *live, int err)
{
	if (!err || live->write_failed)
		return;
	live->write_failed = true;
	log_error("can't write %s: %s; the trace goes on, what was written stays readable",
		  capture_path(live) ? capture_path(live) : "the capture aside", strerror(-err));
}

static int retell(void *context, const struct record_header *record)
{
	return writer_add(((struct live *)context)->writer, record);
}

/* Ends this piece of the capture; the next one begins with what stands, so that it is whole. */
static int go_on(struct live *live, uint64_t now_ns)
{
	int fd, err;

	writer_goes_on(live->writer);
	err = writer_close(live->writer, 0);
	live->writer = NULL;
	if (err)
		return err;
	fd = outputs_next_piece(&live->outputs);
	if (fd < 0)
		return fd;
	live->info.piece = pieces_number(live->outputs.pieces);
	live->info.piece_mono_ns = trace_last_ns(live->pipeline.trace);
	live->piece_since_ns = now_ns;
	live->piece_used = false;
	err = writer_open(&live->writer, fd, &live->info);
	return err ? err : trace_retell(live->pipeline.trace, retell, live);
}

/* more_bytes: of the record that is to come. A piece that holds nothing of its own is not ended. */
static bool is_full(const struct live *live, uint64_t now_ns, uint64_t more_bytes)
{
	const struct options *options = live->options;

	if (!live->writer || !live->piece_used || live->write_failed)
		return false;
	return (options->rotate_bytes &&
		writer_bytes(live->writer) + more_bytes > options->rotate_bytes) ||
	       (options->rotate_ns && now_ns >= live->piece_since_ns + options->rotate_ns);
}

/* In the order of the model: a piece ends where the model stands. */
static void keep_in_order(void *context, const union record *record)
{
	struct live *live = context;
	uint64_t time_ns = record->header.time_ns;

	if (record->header.kind == RECORD_NONE)
		return;
	if (is_full(live, time_ns, record->header.size + CHUNK_MORE))
		check_written(live, go_on(live, time_ns));
	if (live->writer)
		check_written(live, writer_add(live->writer, &record->header));
	live->piece_used = true;
}

/* By a view, or by a piece of the capture, which begins with what stands. */
static bool is_model_asked(const struct live *live)
{
	return pipeline_view(live->options) || live->outputs.pieces;
}

static int take_record(void *context, const struct record_header *header)
{
	struct live *live = context;
	union record record;
	int err;

	if (live->writer && !live->outputs.pieces)
		check_written(live, writer_add(live->writer, header));
	live->end.records++;
	live->end.last_ns = header->time_ns;
	if (!is_model_asked(live) && header->kind != RECORD_STATE)
		return 0;
	err = decode_record(header, header->size, &record);
	if (err >= 0 && header->kind == RECORD_STATE)
		err = closing_take(&live->closing, &record.state);
	if (err >= 0 && is_model_asked(live))
		err = pipeline_add(&live->pipeline, &record);
	return err < 0 ? err : 0;
}

static int take_turn(void *context, uint64_t now_ns, bool idle)
{
	struct live *live = context;

	if (is_full(live, now_ns, 0))
		check_written(live, go_on(live, now_ns));
	if (live->writer)
		check_written(live, writer_tick(live->writer, now_ns));
	if (live->watch)
		watch_turn(live->watch, now_ns);
	return pipeline_turn(&live->pipeline, now_ns, idle);
}

static bool drained(void *context)
{
	return closing_none(&((struct live *)context)->closing);
}

static int take_readable(void *context, int fd)
{
	return watch_readable(((struct live *)context)->watch, fd);
}

static void take_told(void *context)
{
	watch_told(((struct live *)context)->watch);
}

static int open_writer(struct live *live)
{
	int fd;

	if (live->outputs.capture_fd < 0)
		return 0;
	if (live->outputs.pieces) {
		live->info.piece = pieces_number(live->outputs.pieces);
		live->info.piece_mono_ns = live->piece_since_ns = live->info.start_mono_ns;
		live->pipeline.before = keep_in_order;
		live->pipeline.before_context = live;
	}
	/* A piece that is removed later gives its room back only when nobody holds it open. */
	fd = live->outputs.pieces ? live->outputs.capture_fd : dup(live->outputs.capture_fd);
	if (live->outputs.pieces)
		live->outputs.capture_fd = -1;
	return fd < 0 ? -errno : writer_open(&live->writer, fd, &live->info);
}

static int hold_command(struct live *live)
{
	int err = command_hold(&live->command, live->options->command,
			       live->watch ? watch_streams(live->watch) : NULL);

	if (err)
		log_error("can't start a process: %s", strerror(-err));
	else
		live->info.command_tgid = (uint32_t)live->command.pid;
	return err;
}

static int check_processes(const struct options *options)
{
	int err = 0;

	for (int i = 0; i < options->pid_count && !err; i++)
		err = process_check(options->pids[i]);
	return err;
}

static int follow(struct live *live)
{
	const struct options *options = live->options;

	if (options->command)
		return program_follow(live->program, live->command.pid);
	return program_attach_to(live->program, options->pids, options->pid_count);
}

/* Everything that can fail is done while the command is still held. */
static int prepare(struct live *live)
{
	const struct options *options = live->options;
	const struct program_options program_options = {
		.detail = (enum detail)options->detail,
		.coalesce = options->coalesce,
		.ring_bytes = options->ring_bytes,
		.verbose = options->verbose,
		.filter = &options->filter,
		.attached = !options->command,
		.all = options->all,
	};
	struct export_target target;
	int err = check_processes(options);

	if (err)
		return err;
	about_run(&live->info, options);
	err = program_open(&live->program, &program_options, &live->info);
	if (err)
		return err;
	if (options->view == VIEW_LIVE)
		err = watch_open(&live->watch, options);
	if (err)
		return err;
	if (options->command)
		err = hold_command(live);
	if (err)
		return err;
	/* A full disk or a closed pipe is an error to report, not the end of the trace. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	about_start(&live->info);
	err = follow(live);
	if (!err && !options->command)
		log_detail("attached: tracing %s", live->info.command);
	pipeline_view_target(&target, options, capture_path(live));
	if (!err)
		err = pipeline_open(&live->pipeline, pipeline_view(options), &target, &live->info);
	if (err)
		log_error("can't start the trace: %s", strerror(-err));
	return err;
}

static int exit_status_of(int status)
{
	if (status < 0)
		return EXIT_OWN_FAILURE;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int not_run(const struct options *options, int err)
{
	log_error("can't run %s: %s", options->command[0], strerror(-err));
	return err == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

/* A capture that could not be written to its end is told of as -r will tell of it. */
static void close_writer(struct live *live, int status)
{
	struct capture_end written = { 0 };

	if (live->outputs.pieces)
		pipeline_flush(&live->pipeline);
	if (live->writer) {
		check_written(live, writer_end(live->writer, status));
		written = *writer_written(live->writer);
		check_written(live, writer_close(live->writer, status));
		live->writer = NULL;
	}
	if (live->write_failed) {
		live->end = written;
		live->end.complete = false;
	}
}

/* The books are closed in the order of the path: hooks, capture, view, files. */
static int finish(struct live *live, int status)
{
	uint64_t zero_ns = 0;
	int fd, err, failed;

	program_close(live->program);
	live->program = NULL;
	privilege_go_along();
	live->end.complete = true;
	live->end.command_status = status;
	close_writer(live, status);
	if (live->watch)
		watch_linger(live->watch, status);
	watch_close(live->watch);
	live->watch = NULL;
	err = pipeline_finish(&live->pipeline, &live->end);
	/* Nobody reads the view any more: as a filter that SIGPIPE ends, it says nothing. */
	if (err && err != -EPIPE)
		log_error("can't show the trace: %s", strerror(-err));
	if (pipeline_view(live->options))
		zero_ns = trace_zero_ns(live->pipeline.trace);
	if (live->outputs.capture_fd < 0 || !options_make_files(live->options))
		return err;
	fd = dup(live->outputs.capture_fd);
	failed = fd < 0 ? -errno : pipeline_files(fd, &live->outputs, live->options, zero_ns);
	return err ? err : failed;
}

static int trace(struct live *live)
{
	struct loop_calls calls = { .record = take_record, .turn = take_turn, .drained = drained };
	const struct loop_limits limits = {
		.duration_ns = live->options->duration_ns,
		.forever = live->options->all,
	};
	struct loop_end end = { .status = -1 };
	int err, failed;

	err = outputs_commit(&live->outputs, live->options);
	if (!err)
		err = open_writer(live);
	if (err)
		check_written(live, err);
	if (live->watch) {
		watch_start(live->watch, &live->pipeline, live->info.start_mono_ns);
		calls.readable = take_readable;
		calls.told = take_told;
		calls.fds[0] = watch_key_fd(live->watch);
		calls.fds[1] = watch_output_fd(live->watch);
	}
	privilege_go_first();
	/* All is open and on: from here no right is needed. */
	err = outputs_shut_in(&live->outputs, live->options);
	if (!err)
		err = loop_run(live->program, &live->command, &calls, live, &limits, &end);
	if (err)
		log_error("the trace stopped: %s", strerror(-err));
	else if (live->options->command && end.status < 0)
		log_warning(
			end.time_out
				? "the time of -d is over; %s (pid %d) goes on untraced"
				: "told to stop while %s (pid %d) still runs; it goes on untraced",
			live->options->command[0], live->command.pid);
	failed = finish(live, end.status);
	if (err || failed || live->write_failed)
		return EXIT_OWN_FAILURE;
	if (end.status < 0 && (!live->options->command || end.time_out))
		return 0;
	return exit_status_of(end.status);
}

/* A view that this terminal can't show is replaced, and that is said. */
static struct options fitted(const struct options *options)
{
	struct options fit = *options;
	const char *why = options->view == VIEW_LIVE ? watch_refuses() : NULL;

	if (!why)
		return fit;
	fit.view = options->top ? VIEW_ROWS : VIEW_MOMENTS;
	log_warning("%s: %s; showing %s instead", options->top ? "--top" : "--view live", why,
		    options->top ? "connections" : "moments");
	return fit;
}

int run_live(const struct options *asked)
{
	const struct options fit = fitted(asked), *options = &fit;
	struct live live = { .options = options, .command = COMMAND_NONE };
	int status = EXIT_OWN_FAILURE, err;

	if (outputs_open(&live.outputs, options, options_make_files(options), -1))
		return status;
	err = loop_block_signals();
	if (!err)
		err = prepare(&live);
	if (!err && options->command) {
		err = command_release(&live.command);
		if (err)
			status = not_run(options, err);
	}
	if (err)
		outputs_abandon(&live.outputs, options);
	else
		status = trace(&live);
	command_close(&live.command);
	watch_close(live.watch);
	pipeline_close(&live.pipeline);
	closing_free(&live.closing);
	writer_close(live.writer, -1);
	program_close(live.program);
	if (outputs_close(&live.outputs, options) && !status)
		status = EXIT_OWN_FAILURE;
	return status;
}
