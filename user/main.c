/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options, then a run, then an exit status. */
#include <fcntl.h>
#include <locale.h>
#include <unistd.h>

#include "user/base/log.h"
#include "user/collect/privilege.h"
#include "user/options.h"
#include "user/run.h"

/*
 * A standard stream that is closed would be the number of a file that is opened,
 * and what is said would stand in there. What takes its place fails, as it did,
 * and the command has it closed.
 */
static void keep_streams_apart(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", (fd ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
}

int main(int argc, char **argv)
{
	struct options options;
	int parsed;

	keep_streams_apart();
	setlocale(LC_CTYPE, "");
	parsed = options_parse(&options, argc, argv);
	if (parsed)
		return parsed < 0 ? EXIT_OWN_FAILURE : 0;
	log_set_verbose(options.verbose);
	if (privilege_choose(options.user))
		return EXIT_OWN_FAILURE;
	return options.read ? run_replay(&options) : run_live(&options);
}
