/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options that exclude one another, or lack what they need. One line says which. */
#include <errno.h>
#include <string.h>

#include "user/base/log.h"
#include "user/options.h"
#include "user/options_filter.h"
#include "user/options_parse.h"

static int on_standard_output(const struct options *options)
{
	int count = 0;

	for (int i = 0; i < OUTPUT_FILES; i++)
		count += options->files[i] && !strcmp(options->files[i], "-");
	return count;
}

/* An output or a capture without a name, as from a shell variable that is not set. */
static bool empty_name(const struct options *options)
{
	const char *names[3 + OUTPUT_FILES] = { options->read, options->output, options->csv };

	memcpy(names + 3, options->files, sizeof(options->files));
	for (int i = 0; i < 3 + OUTPUT_FILES; i++)
		if (names[i] && !names[i][0])
			return true;
	return false;
}

/* A name that is given for two outputs; NULL: none is. */
static const char *given_twice(const struct options *options)
{
	const char *names[2 + OUTPUT_FILES] = { options->output, options->csv };

	memcpy(names + 2, options->files, sizeof(options->files));
	for (int i = 0; i < 2 + OUTPUT_FILES; i++)
		for (int k = 0; names[i] && k < i; k++)
			if (names[k] && strcmp(names[i], "-") && !strcmp(names[i], names[k]))
				return names[i];
	return NULL;
}

static int sources(const struct options *options)
{
	return !!options->read + !!options->command + !!options->pid_count + options->all;
}

int options_check(const struct options *options)
{
	if (empty_name(options))
		log_error("the name of a file is empty: give one behind -r, -o and the like");
	else if (options->read && options->command)
		log_error("-r reads a capture and runs no command: leave out one of the two");
	else if (!sources(options))
		log_error("nothing to trace: give -- COMMAND, -p PID, -a or -r FILE; see --help");
	else if (sources(options) > 1)
		log_error("a command, -p, -a and -r exclude each other: choose one of them");
	else if (options->read && options->duration_ns)
		log_error("-d ends a trace; with -r there is a capture already");
	else if (options->read && options->output)
		log_error("-o keeps what is being traced; with -r there is a capture already");
	else if (options->read && options->filter.peers)
		log_error("--peers says what to trace; with -r there is a capture already");
	else if (options->read && filter_is_on(&options->filter))
		log_error("--port and the like say what to trace; -r shows the whole capture");
	else if (options->play && !options->read)
		log_error("--play replays a capture: add -r FILE");
	else if (options->play && options->info)
		log_error("--info and --play: choose one of the two");
	else if (options->top && options->read)
		log_error("--top shows a run as it happens; with -r use --view connections");
	else if (options->view == VIEW_LIVE && options->read && !options->play)
		log_error("--view live shows a run as it happens; with -r use --play");
	else if (options->info && !options->read)
		log_error("--info needs a capture: add -r FILE");
	else if (options->info && options_make_files(options))
		log_error("--info only prints what a capture holds: leave out the output files");
	else if (options->output && !strcmp(options->output, "-"))
		log_error("-o -: standard output belongs to the command; name a file");
	else if (options->csv && !strcmp(options->csv, "-"))
		log_error("--csv -: the tables are a file each; name a directory for them");
	else if (on_standard_output(options) > 1)
		log_error("only one output can go to standard output: name the others");
	else if (given_twice(options))
		log_error("%s is given for two outputs: give each its own file",
			  given_twice(options));
	else if (options->every_ns && !options->csv)
		log_error("--every thins bytes.csv: add --csv DIR");
	else
		return filter_check(&options->filter) ? -EINVAL : options_check_rotation(options);
	return -EINVAL;
}
