/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Functions by fentry and fexit in place of tracepoints. Some kernels have the
 * functions and refuse the programs, so one that does nothing is tried first.
 */
#include "user/collect/standins.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXIT_PREFIX "fexit/"

struct standin {
	const char *hook;
	const char *program; /* in bpf/standin.bpf.h */
	bool older;	     /* later kernels don't have the function, and don't need it */
};

static const struct standin standins[] = {
	{ "sock_send_length", "tcp_sendmsg_ends", false },
	{ "sock_send_length", "tcp_sendpage_ends", true },
	{ "sock_recv_length", "tcp_recvmsg_ends", false },
	{ "sk_data_ready", "sock_def_readable_begins", false },
	{ "sk_stream_wait_memory", "sk_stream_wait_memory_begins", false },
	{ "sk_stream_wait_memory", "sk_stream_wait_memory_ends", false },
	{ "sk_stream_wait_memory", "tcp_sendmsg_locked_begins", false },
	{ "sk_stream_wait_memory", "do_tcp_sendpages_begins", true },
};

#define STANDIN_COUNT (sizeof(standins) / sizeof(standins[0]))

/* "fentry/" or "fexit/" and the function */
static const char *section_of(const struct bpf_object *object, const struct standin *standin)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, standin->program);

	return program ? bpf_program__section_name(program) : "?/";
}

static int function_of(const struct btf *kernel_types, const char *section)
{
	return btf__find_by_name_kind(kernel_types, strchr(section, '/') + 1, BTF_KIND_FUNC);
}

/* Loads and attaches "return 0", and takes it off again. */
static bool kernel_takes(const char *section, int function)
{
	const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	bool at_exit = !strncmp(section, EXIT_PREFIX, strlen(EXIT_PREFIX));
	LIBBPF_OPTS(bpf_prog_load_opts, options,
		    .expected_attach_type = at_exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY,
		    .attach_btf_id = (__u32)function);
	int program, link;

	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", nothing,
				sizeof(nothing) / sizeof(nothing[0]), &options);
	if (program < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, program);
	close(program);
	if (link < 0)
		return false;
	close(link);
	return true;
}

static bool is_possible(const struct bpf_object *object, const struct btf *kernel_types,
			const char *hook)
{
	bool found = false;

	for (size_t i = 0; i < STANDIN_COUNT; i++) {
		const char *section = section_of(object, &standins[i]);
		int function = function_of(kernel_types, section);

		if (strcmp(standins[i].hook, hook) || (function < 0 && standins[i].older))
			continue;
		if (function < 0 || !kernel_takes(section, function))
			return false;
		found = true;
	}
	return found;
}

void standins_turn_on(struct bpf_object *object, const struct btf *kernel_types, const char *hook,
		      char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	if (!is_possible(object, kernel_types, hook))
		return;
	for (size_t i = 0; i < STANDIN_COUNT; i++) {
		const struct standin *standin = &standins[i];
		const char *section = section_of(object, standin);

		if (strcmp(standin->hook, hook) || function_of(kernel_types, section) < 0)
			continue;
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(object, standin->program), true);
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 section);
	}
}
