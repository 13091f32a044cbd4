/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads once by how much the time namespace shifts the clock; it can't change. */
#include "user/collect/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define OFFSETS "/proc/self/timens_offsets"

/* 0 also where the kernel has no time namespaces. */
static int64_t read_offset_ns(void)
{
	FILE *file = fopen(OFFSETS, "re");
	long long seconds = 0, ns = 0;

	if (!file)
		return 0;
	if (fscanf(file, "monotonic %lld %lld", &seconds, &ns) != 2)
		seconds = ns = 0;
	fclose(file);
	return seconds * 1000000000LL + ns;
}

uint64_t clock_kernel_ns(void)
{
	static int64_t offset_ns;
	static bool known;
	struct timespec now;

	if (!known)
		offset_ns = read_offset_ns();
	known = true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)(now.tv_sec * 1000000000LL + now.tv_nsec - offset_ns);
}
