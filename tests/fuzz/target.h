/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What libFuzzer (or replay.c) calls: one input through the code under test,
 * which ends the process if anything is wrong. One target for each program.
 */
#ifndef TCPWATCH_TESTS_FUZZ_TARGET_H
#define TCPWATCH_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In libFuzzer's own library; and what a target may bring along for it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* An unnamed file in memory that holds data, at its start. */
int memory_file(const void *data, size_t size);

/*
 * Judges what the output makes of the capture at fd, or each of them (0); ends
 * the process if it is wrong. An input names the output, because all of them
 * take long.
 */
void judge_capture(int fd, unsigned int output);

#endif
