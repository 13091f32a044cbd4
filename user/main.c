/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options, then a run, then an exit status. */
#include <locale.h>

#include "user/base/log.h"
#include "user/collect/privilege.h"
#include "user/options.h"
#include "user/run.h"

int main(int argc, char **argv)
{
	struct options options;
	int parsed;

	setlocale(LC_CTYPE, "");
	parsed = options_parse(&options, argc, argv);
	if (parsed)
		return parsed < 0 ? EXIT_OWN_FAILURE : 0;
	log_set_verbose(options.verbose);
	if (privilege_choose(options.user))
		return EXIT_OWN_FAILURE;
	return options.read ? run_replay(&options) : run_live(&options);
}
