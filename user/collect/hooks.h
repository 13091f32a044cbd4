/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which hooks there are, what each one tells, and which of them a kernel has. */
#ifndef TCPWATCH_COLLECT_HOOKS_H
#define TCPWATCH_COLLECT_HOOKS_H

#include <stdbool.h>

#include "user/capture/capture.h"
#include "user/collect/program.h"

struct bpf_object;
struct bpf_program;
struct btf;

/*
 * Turns each program of object on or off, by what options ask for and by what kernel_types
 * says of its tracepoint, and lists all hooks in info. 0, or -ENOTSUP when
 * the kernel lacks one that nothing works without: that one is *missing; or
 * -EINVAL after one line, when what a test asked for makes no sense.
 */
int hooks_choose(struct bpf_object *object, const struct btf *kernel_types,
		 const struct program_options *options, struct capture_info *info,
		 const char **missing);

/* Fills the table from system call numbers of this machine to enum call_kind. */
void hooks_number_calls(__u8 *call_of_number, unsigned int numbers);

#endif
