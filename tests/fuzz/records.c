/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An input is a byte, and steps (steps.h), each a record. The byte says what the
 * capture tells of its hooks (three bits), and which output is judged. They go the whole way: writer, reader, decoder,
 * model and every output.
 */
#include <stdlib.h>
#include <unistd.h>

#include "tests/fuzz/steps.h"
#include "tests/fuzz/target.h"
#include "user/capture/writer.h"

#define HOOKS_SILENT 1 /* the capture lists no hooks */
#define NO_SEGMENTS 2
#define NO_LENGTHS 4

static struct capture_info make_info(uint8_t how)
{
	struct capture_info info = {
		.version = "0.1.0",
		.kernel = "6.18.0",
		.command = "./play",
		.detail = "full",
		.start_mono_ns = STEPS_START_NS,
		.start_real_ns = 1700000000000000000ULL,
		.hooks = { { .name = "net_dev_queue",
			     .fact = "segments sent",
			     .on = !(how & NO_SEGMENTS) },
			   { .name = "sock_send_length",
			     .fact = "bytes",
			     .on = !(how & NO_LENGTHS) } },
		.hook_count = how & HOOKS_SILENT ? 0 : 2,
	};

	return info;
}

/* A time that the writer refuses is no part of the story. */
static void write_records(struct writer *writer, const uint8_t *data, size_t size)
{
	struct steps steps;
	union record record;
	size_t taken;

	steps_begin(&steps);
	while ((taken = step_take(&steps, data, size, &record))) {
		writer_add(writer, &record.header);
		data += taken;
		size -= taken;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memory_file("", 0), kept = dup(fd);
	struct writer *writer;
	struct capture_info info;

	if (size) {
		info = make_info(data[0]);
		if (writer_open(&writer, fd, &info))
			abort();
		write_records(writer, data + 1, size - 1);
		writer_close(writer, 0);
	} else {
		close(fd);
	}
	judge_capture(kept, size ? data[0] >> 3 : 0);
	return 0;
}
