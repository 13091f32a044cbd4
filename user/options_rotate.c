/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --rotate and --keep: when a capture goes on in a new file, and what has no place beside it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/log.h"
#include "user/options_parse.h"

#define SMALLEST_PIECE_BYTES (1 << 20)
#define LONGEST_PIECE_S (366 * 24 * 3600)
#define MOST_PIECES 10000

/* A size and a time are told apart by their units; "min" is none of a size. */
static bool take_limit(struct options *options, const char *text)
{
	static const struct choice sizes[] = {
		{ "k", 1 << 10 }, { "m", 1 << 20 }, { "g", 1 << 30 }, { 0 }
	};
	static const struct choice times[] = { { "s", 1 }, { "min", 60 }, { "h", 3600 }, { 0 } };
	uint64_t bytes = options_with_unit(text, sizes), seconds = options_with_unit(text, times);

	if (bytes && !options->rotate_bytes && bytes >= SMALLEST_PIECE_BYTES)
		options->rotate_bytes = bytes;
	else if (seconds && !options->rotate_ns && seconds <= LONGEST_PIECE_S)
		options->rotate_ns = seconds * 1000000000;
	else
		return false;
	return true;
}

int options_rotate(struct options *options, const char *text)
{
	char copy[64], *rest = copy, *part;
	bool right = snprintf(copy, sizeof(copy), "%s", text) < (int)sizeof(copy);

	options->rotate_bytes = options->rotate_ns = 0;
	while (right && (part = strsep(&rest, ",")))
		right = take_limit(options, part);
	if (right)
		return 0;
	log_error("--rotate %s: give a size (100m), a time (60s), or both (100m,10min)", text);
	return -EINVAL;
}

int options_keep(uint32_t *keep, const char *text)
{
	static const struct choice units[] = { { "", 1 }, { 0 } };
	uint64_t value = options_with_unit(text, units);

	*keep = (uint32_t)value;
	if (value && value <= MOST_PIECES)
		return 0;
	log_error("--keep %s: give a number of files from 1 to %d", text, MOST_PIECES);
	return -EINVAL;
}

/* Made from the whole capture at its end, of which then only the last pieces are there. */
static bool makes_files(const struct options *options)
{
	bool any = options->csv;

	for (int i = 0; i < OUTPUT_FILES; i++)
		any |= options->files[i] != NULL;
	return any;
}

int options_check_rotation(const struct options *options)
{
	if (options->keep && !options_rotates(options))
		log_error("--keep says how many files --rotate leaves: add --rotate");
	else if (options_rotates(options) && !options->output)
		log_error("--rotate splits the capture: add -o FILE");
	else if (options_rotates(options) && makes_files(options))
		log_error("--rotate leaves no whole capture: make other outputs with -r FILE");
	else
		return 0;
	return -EINVAL;
}
