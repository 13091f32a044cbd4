/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* -r: a capture takes the path of a live run. Needs no rights and no kernel. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/pipeline.h"
#include "user/play.h"
#include "user/run.h"

static int copy_all(int to, int from)
{
	char buffer[65536];
	ssize_t length;

	while ((length = read(from, buffer, sizeof(buffer))) > 0) {
		for (ssize_t done = 0, step; done < length; done += step) {
			step = write(to, buffer + done, (size_t)(length - done));
			if (step < 0)
				return -errno;
		}
	}
	return length < 0 ? -errno : 0;
}

/* A capture that comes through a pipe is kept aside: it is read more than once. */
static int keep_aside(int fd)
{
	int spool = outputs_spool(), err;

	if (spool < 0)
		return spool;
	err = copy_all(spool, fd);
	if (!err && lseek(spool, 0, SEEK_SET))
		err = -errno;
	if (!err)
		return spool;
	log_error("can't read standard input: %s", strerror(-err));
	close(spool);
	return err;
}

static int open_capture(const char *path)
{
	int fd;

	if (!strcmp(path, "-"))
		return keep_aside(STDIN_FILENO);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fd = -errno;
		log_error("can't read %s: %s", path, strerror(errno));
	}
	return fd;
}

static int first_pass(struct reader *reader, const struct options *options, uint64_t *zero_ns)
{
	const char *path = strcmp(options->read, "-") ? options->read : NULL;
	struct pipeline pipeline = { 0 };
	struct export_target target;
	int err;

	pipeline_view_target(&target, options, path);
	err = pipeline_open(&pipeline, options->info ? NULL : pipeline_view(options), &target,
			    reader_info(reader));
	if (err)
		return err;
	err = pipeline_read(&pipeline, reader);
	if (err) {
		log_error("%s: %s", options->read, strerror(-err));
		goto out;
	}
	err = pipeline_finish(&pipeline, reader_end(reader));
	if (!err && options->info)
		err = info_print(stdout, reader_info(reader), reader_end(reader), pipeline.trace);
	if (err)
		log_error("can't write to standard %s: %s",
			  target.stream == stdout ? "output" : "error", strerror(-err));
	else
		*zero_ns = trace_zero_ns(pipeline.trace);
out:
	pipeline_close(&pipeline);
	return err;
}

static int read_capture(int fd, const struct options *options, const struct outputs *outputs)
{
	int again = dup(fd), err;
	struct reader *reader = NULL;
	uint64_t zero_ns = 0;

	if (again < 0)
		return -errno;
	err = reader_open(&reader, fd);
	if (err) {
		log_error("%s: %s", options->read, reader_strerror(err));
		goto out;
	}
	err = options->play ? play_capture(reader, again, options, &zero_ns)
			    : first_pass(reader, options, &zero_ns);
	if (!err)
		err = outputs_commit(outputs, options);
out:
	reader_close(reader);
	if (err || options->info) {
		close(again);
		return err;
	}
	return pipeline_files(again, outputs, options, zero_ns);
}

int run_replay(const struct options *options)
{
	bool piped = !strcmp(options->read, "-");
	struct outputs outputs;
	int fd = open_capture(options->read), err;

	if (fd < 0)
		return EXIT_OWN_FAILURE;
	err = outputs_open(&outputs, options, false, piped ? STDIN_FILENO : fd);
	if (err) {
		close(fd);
		return EXIT_OWN_FAILURE;
	}
	err = outputs_shut_in(&outputs, options);
	if (err) {
		log_error("can't give up rights: %s", strerror(-err));
		close(fd);
	} else {
		err = read_capture(fd, options, &outputs);
	}
	if (err)
		outputs_abandon(&outputs, options);
	if (outputs_close(&outputs, options))
		err = -EIO;
	return err ? EXIT_OWN_FAILURE : 0;
}
