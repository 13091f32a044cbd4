/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tables: tracepoints with the fact that each one tells, and system calls.
 * The running kernel's BTF decides what is loaded, never its version number:
 * distributions backport.
 */
#include "user/collect/hooks.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "user/collect/standins.h"
#include "user/collect/without.h"

#define SECTION_PREFIX "tp_btf/"
#define TYPE_PREFIX "btf_trace_"

struct hook {
	const char *name;   /* tracepoint */
	const char *fact;   /* what is not known without it */
	enum detail detail; /* the lowest that wants it */
	bool needed;
	bool of_each_call; /* it tells nothing of calls that are joined */
};

static const struct hook hooks[] = {
	{ "sched_process_fork", "children of the command", DETAIL_STATES, true, false },
	{ "sched_process_exec", "the names of programs", DETAIL_STATES, false, false },
	{ "task_rename", "new names of processes", DETAIL_STATES, false, false },
	{ "sched_process_exit", "when processes end", DETAIL_STATES, true, false },
	{ "inet_sock_set_state", "TCP states", DETAIL_STATES, true, false },
	{ "tcp_destroy_sock", "that a closed socket's memory is used again", DETAIL_STATES, true,
	  false },
	{ "sys_enter", "socket calls", DETAIL_CALLS, false, false },
	{ "sys_exit", "the results of socket calls", DETAIL_CALLS, false, false },
	{ "signal_deliver", "calls that a signal ended", DETAIL_CALLS, false, false },
	{ "sock_send_length", "the write queue after each send call", DETAIL_CALLS, false, true },
	{ "sock_recv_length", "the receive queue after each receive call", DETAIL_CALLS, false,
	  true },
	{ "tcp_send_reset", "why an RST was sent", DETAIL_CALLS, false, false },
	{ "tcp_receive_reset", "in which state an RST arrived", DETAIL_CALLS, false, false },
	{ "inet_sk_error_report", "errors that the network reported", DETAIL_CALLS, false, false },
	{ "tcp_sendmsg_locked", "the write queue rising inside one send call", DETAIL_FULL, false,
	  false },
	{ "tcp_probe", "the write queue falling with each ACK", DETAIL_FULL, false, false },
	{ "sk_data_ready", "when data is queued; when a child can be accepted", DETAIL_FULL, false,
	  false },
	{ "tcp_rcv_space_adjust", "the receive queue falling inside one call", DETAIL_FULL, false,
	  false },
	{ "net_dev_queue", "segments that leave", DETAIL_FULL, false, false },
	{ "netif_receive_skb", "segments that arrive; SYN_RECV as long as it lasts", DETAIL_FULL,
	  false, false },
	{ "tcp_retransmit_skb", "which segments are sent again", DETAIL_FULL, false, false },
	{ "tcp_retransmit_synack", "which SYN-ACKs are sent again", DETAIL_FULL, false, false },
};

#define HOOK_COUNT (sizeof(hooks) / sizeof(hooks[0]))

/* Not a tracepoint: it is listed where it tells a part of what tcp_sendmsg_locked would. */
static const struct hook waits = { "sk_stream_wait_memory", "when a send call sleeps", DETAIL_FULL,
				   false, false };

/* A hook that tells nothing without another one, or only a half that misleads. */
static const struct {
	const char *name;
	const char *with;
} pairs[] = {
	{ "sys_enter", "sys_exit" },
	{ "sys_exit", "sys_enter" },
	{ "signal_deliver", "sys_exit" },
	{ "net_dev_queue", "netif_receive_skb" },
	{ "netif_receive_skb", "net_dev_queue" },
};

_Static_assert(HOOK_COUNT < CAPTURE_HOOKS_MAX, "hooks do not fit into struct capture_info");

static const struct {
	unsigned int number;
	__u8 kind;
} system_calls[] = {
	{ SYS_socket, CALL_SOCKET },
	{ SYS_socketpair, CALL_SOCKETPAIR },
	{ SYS_bind, CALL_BIND },
	{ SYS_listen, CALL_LISTEN },
#ifdef SYS_accept
	{ SYS_accept, CALL_ACCEPT },
#endif
	{ SYS_accept4, CALL_ACCEPT4 },
	{ SYS_connect, CALL_CONNECT },
	{ SYS_shutdown, CALL_SHUTDOWN },
	{ SYS_close, CALL_CLOSE },
	{ SYS_setsockopt, CALL_SETSOCKOPT },
	{ SYS_write, CALL_WRITE },
	{ SYS_writev, CALL_WRITEV },
	{ SYS_sendto, CALL_SENDTO },
	{ SYS_sendmsg, CALL_SENDMSG },
	{ SYS_sendmmsg, CALL_SENDMMSG },
	{ SYS_sendfile, CALL_SENDFILE },
	{ SYS_splice, CALL_SPLICE_IN },
	{ SYS_read, CALL_READ },
	{ SYS_readv, CALL_READV },
	{ SYS_recvfrom, CALL_RECVFROM },
	{ SYS_recvmsg, CALL_RECVMSG },
	{ SYS_recvmmsg, CALL_RECVMMSG },
#ifdef __x86_64__
	/* Of 32-bit programs: socketcall, recvmmsg, sendmmsg, socket to recvmsg. */
	{ 102, CALL_KINDS },
	{ 337, CALL_KINDS },
	{ 345, CALL_KINDS },
	{ 359, CALL_KINDS },
	{ 361, CALL_KINDS },
	{ 362, CALL_KINDS },
	{ 363, CALL_KINDS },
	{ 364, CALL_KINDS },
	{ 369, CALL_KINDS },
	{ 370, CALL_KINDS },
	{ 371, CALL_KINDS },
	{ 372, CALL_KINDS },
#endif
};

void hooks_number_calls(__u8 *call_of_number, unsigned int numbers)
{
	for (size_t i = 0; i < sizeof(system_calls) / sizeof(system_calls[0]); i++) {
		if (system_calls[i].number < numbers)
			call_of_number[system_calls[i].number] = system_calls[i].kind;
	}
}

/* How many arguments a tracepoint has, by its typedef: the first one is its own. */
static int arguments_of(const struct btf *kernel_types, const struct btf_type *type)
{
	type = btf__type_by_id(kernel_types, type->type);
	if (!btf_is_ptr(type))
		return -1;
	type = btf__type_by_id(kernel_types, type->type);
	return btf_is_func_proto(type) ? btf_vlen(type) - 1 : -1;
}

/* -1: the kernel has no such tracepoint. One walk for all: there are 200,000 types. */
static void count_arguments(const struct btf *kernel_types, int arguments[HOOK_COUNT])
{
	for (size_t i = 0; i < HOOK_COUNT; i++)
		arguments[i] = -1;
	for (unsigned int id = 1; id < btf__type_cnt(kernel_types); id++) {
		const struct btf_type *type = btf__type_by_id(kernel_types, id);
		const char *name;

		if (!btf_is_typedef(type))
			continue;
		name = btf__name_by_offset(kernel_types, type->name_off);
		if (strncmp(name, TYPE_PREFIX, strlen(TYPE_PREFIX)))
			continue;
		for (size_t i = 0; i < HOOK_COUNT; i++) {
			if (!strcmp(name + strlen(TYPE_PREFIX), hooks[i].name))
				arguments[i] = arguments_of(kernel_types, type);
		}
	}
}

/* NAME__a3 is the variant for three arguments; 0: there is only one. */
static int variant_of(const struct bpf_program *program)
{
	const char *variant = strstr(bpf_program__name(program), "__a");

	return variant ? atoi(variant + 3) : 0;
}

static const char *tracepoint_of(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	size_t length = strlen(SECTION_PREFIX);

	return strncmp(section, SECTION_PREFIX, length) ? NULL : section + length;
}

/* Loads the programs of one hook that fit; true when one does. */
static bool hook_turn_on(struct bpf_object *object, const struct hook *hook, int arguments)
{
	struct bpf_program *program, *best = NULL;

	bpf_object__for_each_program(program, object) {
		const char *name = tracepoint_of(program);

		if (!name || strcmp(name, hook->name))
			continue;
		bpf_program__set_autoload(program, false);
		if (variant_of(program) > arguments)
			continue;
		if (!best || variant_of(program) > variant_of(best))
			best = program;
	}
	if (best)
		bpf_program__set_autoload(best, true);
	return best;
}

static void hook_list(struct capture_info *info, const struct hook *hook, bool on)
{
	struct capture_hook *entry = &info->hooks[info->hook_count++];

	snprintf(entry->name, sizeof(entry->name), "%s", hook->name);
	snprintf(entry->fact, sizeof(entry->fact), "%s", hook->fact);
	entry->on = on;
	entry->unasked = false;
	entry->stand_in[0] = '\0';
}

/* Its tracepoint is missing: by another way, or a part of its fact, or nothing. */
static void hook_replace(struct bpf_object *object, const struct btf *kernel_types,
			 const struct hook *hook, struct capture_info *info)
{
	struct capture_hook *entry = &info->hooks[info->hook_count - 1];

	if (without_hook(hook->name))
		return;
	standins_turn_on(object, kernel_types, hook->name, entry->stand_in,
			 sizeof(entry->stand_in));
	entry->on = entry->stand_in[0];
	if (strcmp(hook->name, "tcp_sendmsg_locked") || without_hook(waits.name))
		return;
	hook_list(info, &waits, false);
	entry++;
	standins_turn_on(object, kernel_types, waits.name, entry->stand_in,
			 sizeof(entry->stand_in));
	entry->on = entry->stand_in[0];
	if (!entry->on)
		info->hook_count--;
}

static int index_of(const char *name)
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		if (!strcmp(name, hooks[i].name))
			return (int)i;
	}
	return -1;
}

static bool is_hook(const char *name)
{
	return index_of(name) >= 0 || !strcmp(name, waits.name);
}

/* Takes away what a test asks for, and what tells nothing without another one. */
static void take_away(int arguments[HOOK_COUNT])
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		if (without_hook(hooks[i].name))
			arguments[i] = -1;
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (arguments[index_of(pairs[i].with)] < 0)
			arguments[index_of(pairs[i].name)] = -1;
	}
}

/* Only its third argument, which came with 6.12, says why. */
static bool is_told(const struct hook *hook, int arguments)
{
	return strcmp(hook->name, "tcp_send_reset") || arguments >= 3;
}

static bool is_wanted(const struct hook *hook, const struct program_options *options)
{
	return options->detail >= hook->detail && !(options->coalesce && hook->of_each_call);
}

int hooks_choose(struct bpf_object *object, const struct btf *kernel_types,
		 const struct program_options *options, struct capture_info *info,
		 const char **missing)
{
	int arguments[HOOK_COUNT];

	if (without_check(is_hook))
		return -EINVAL;
	count_arguments(kernel_types, arguments);
	take_away(arguments);
	info->hook_count = 0;
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		const struct hook *hook = &hooks[i];
		bool wanted = is_wanted(hook, options);
		bool on = hook_turn_on(object, hook, wanted ? arguments[i] : -1);

		if (hook->needed && !on) {
			*missing = hook->name;
			return -ENOTSUP;
		}
		hook_list(info, hook, on && is_told(hook, arguments[i]));
		info->hooks[info->hook_count - 1].unasked = !wanted;
		if (wanted && !on)
			hook_replace(object, kernel_types, hook, info);
	}
	return 0;
}
