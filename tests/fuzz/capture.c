/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An input is a capture file, of whose header a reserved byte names the output:
 * reader, decoder, model and that output.
 */
#include "tests/fuzz/target.h"
#include "user/capture/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = offsetof(struct format_header, reserved);

	judge_capture(memory_file(data, size), size > at ? data[at] : 0);
	return 0;
}
