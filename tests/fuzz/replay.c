/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs files through the target that it is linked with, in the place of
 * libFuzzer: any compiler, any sanitizer, valgrind. An input that ends the
 * process is named by the line before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/target.h"

#define INPUT_MAX (1 << 20)

static int run(const char *path)
{
	static uint8_t data[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	printf("%s: %zu bytes\n", path, size);
	fflush(stdout);
	return LLVMFuzzerTestOneInput(data, size);
}

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++)
		status |= run(argv[i]);
	return status || argc < 2;
}
