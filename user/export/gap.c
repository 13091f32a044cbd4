/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One wording for the terminal's ladder and the picture's. Silence is claimed only where it was. */
#include "user/export/gap.h"

#include <stdio.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"

bool gap_told(const struct ladder_gap *gap, uint64_t pause_ns)
{
	return gap->rows || gap->ns >= pause_ns;
}

static enum label label_of(const struct ladder_gap *gap)
{
	if (gap->rows && !gap->ns)
		return gap->rows == 1 ? LABEL_LEFT_OUT_ONE : LABEL_LEFT_OUT;
	if (gap->rows)
		return gap->rows == 1 ? LABEL_GAP_ROW : LABEL_GAP_ROWS;
	return gap->calls == 1 ? LABEL_GAP_CALL : LABEL_GAP_CALLS;
}

char *gap_words(char *text, size_t size, enum lang lang, const char *dots,
		const struct ladder_gap *gap)
{
	char count[FMT_SIZE], duration[FMT_SIZE], words[2 * FMT_SIZE + 64];

	fmt_duration(duration, sizeof(duration), gap->ns);
	if (!gap->rows && !gap->calls)
		return label_fill(text, size, lang, LABEL_PASS, duration, NULL);
	fmt_count(count, sizeof(count), gap->rows ? gap->rows : gap->calls);
	label_fill(words, sizeof(words), lang, label_of(gap), count, duration, NULL);
	snprintf(text, size, "%s %s %s", dots, words, dots);
	return text;
}
