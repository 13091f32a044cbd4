/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the targets that end in outputs share. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/target.h"
#include "tests/unit/sinks.h"

int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET)) {
		perror("fuzz: memfd");
		abort();
	}
	return fd;
}

void judge_capture(int fd, unsigned int output)
{
	static bool closes;
	const char *wrong = sinks_judge(fd, output);

	if (!closes)
		closes = !atexit(sinks_close);
	if (!wrong)
		return;
	fprintf(stderr, "fuzz: %s\n", wrong);
	abort();
}
