/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options, then a run, then an exit status. */
#include <locale.h>

#include "user/base/log.h"
#include "user/options.h"
#include "user/run.h"

int main(int argc, char **argv)
{
	struct options options;

	setlocale(LC_CTYPE, "");
	if (options_parse(&options, argc, argv))
		return EXIT_OWN_FAILURE;
	log_set_verbose(options.verbose);
	return options.read ? run_replay(&options) : run_command(&options);
}
