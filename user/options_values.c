/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values of options that are more than a word or a number with a unit. */
#include "user/options_values.h"

#include <errno.h>
#include <stdlib.h>

#include "user/base/log.h"

#define LARGEST_PID 4194304 /* include/linux/threads.h: PID_MAX_LIMIT */
#define LONGEST_SECONDS 1000000000ULL

static int take_pid(struct options *options, unsigned long pid, const char *text)
{
	for (int i = 0; i < options->pid_count; i++) {
		if ((unsigned long)options->pids[i] == pid) {
			log_error("-p %s: process %lu is given twice", text, pid);
			return -EINVAL;
		}
	}
	if (options->pid_count == OPTIONS_PIDS_MAX) {
		log_error("-p %s: more than %d processes; -a traces the whole system", text,
			  OPTIONS_PIDS_MAX);
		return -EINVAL;
	}
	options->pids[options->pid_count++] = (int)pid;
	return 0;
}

int option_pids(struct options *options, const char *text)
{
	const char *at = text;
	int err = 0;

	do {
		char *end;
		unsigned long pid = strtoul(at, &end, 10);

		if (*at < '0' || *at > '9' || (*end && *end != ',') || !pid || pid > LARGEST_PID) {
			log_error("-p %s: give process ids, such as -p 812 or -p 812,815", text);
			return -EINVAL;
		}
		err = take_pid(options, pid, text);
		at = *end ? end + 1 : NULL;
	} while (at && !err);
	return err;
}

/* Seconds as digits, with a fraction down to a nanosecond. 0: malformed, none, or too long. */
static uint64_t seconds_to_ns(const char *text)
{
	uint64_t whole = 0, fraction = 0, unit = 1000000000;

	if (*text < '0' || *text > '9')
		return 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		whole = whole * 10 + (uint64_t)(*text - '0');
		if (whole > LONGEST_SECONDS)
			return 0;
	}
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9' && unit > 1; text++) {
			unit /= 10;
			fraction += (uint64_t)(*text - '0') * unit;
		}
	return *text ? 0 : whole * 1000000000 + fraction;
}

int option_seconds(uint64_t *ns, const char *option, const char *text)
{
	*ns = seconds_to_ns(text);
	if (*ns)
		return 0;
	log_error("%s %s: give a time in seconds, such as 10 or 0.5", option, text);
	return -EINVAL;
}
