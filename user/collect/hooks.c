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

#define SECTION_PREFIX "tp_btf/"

struct hook {
	const char *name;   /* tracepoint */
	const char *fact;   /* what is not known without it */
	enum detail detail; /* the lowest that wants it */
	bool needed;
};

static const struct hook hooks[] = {
	{ "sched_process_fork", "children of the command", DETAIL_STATES, true },
	{ "sched_process_exec", "the names of programs", DETAIL_STATES, false },
	{ "task_rename", "new names of processes", DETAIL_STATES, false },
	{ "sched_process_exit", "when processes end", DETAIL_STATES, true },
	{ "inet_sock_set_state", "TCP states", DETAIL_STATES, true },
	{ "tcp_destroy_sock", "that a closed socket's memory is used again", DETAIL_STATES, true },
	{ "sys_enter", "socket calls", DETAIL_CALLS, false },
	{ "sys_exit", "the results of socket calls", DETAIL_CALLS, false },
	{ "signal_deliver", "calls that a signal ended", DETAIL_CALLS, false },
	{ "sock_send_length", "the write queue after each send call", DETAIL_CALLS, false },
	{ "sock_recv_length", "the receive queue after each receive call", DETAIL_CALLS, false },
	{ "tcp_send_reset", "why an RST was sent", DETAIL_CALLS, false },
	{ "tcp_receive_reset", "in which state an RST arrived", DETAIL_CALLS, false },
	{ "inet_sk_error_report", "errors that the network reported", DETAIL_CALLS, false },
	{ "tcp_sendmsg_locked", "the write queue rising inside one send call", DETAIL_FULL, false },
	{ "tcp_probe", "the write queue falling with each ACK", DETAIL_FULL, false },
	{ "sk_data_ready", "when data is queued; when a child can be accepted", DETAIL_FULL,
	  false },
	{ "tcp_rcv_space_adjust", "the receive queue falling inside one call", DETAIL_FULL, false },
	{ "net_dev_queue", "segments that leave", DETAIL_FULL, false },
	{ "netif_receive_skb", "segments that arrive; SYN_RECV as long as it lasts", DETAIL_FULL,
	  false },
	{ "tcp_retransmit_skb", "which segments are sent again", DETAIL_FULL, false },
	{ "tcp_retransmit_synack", "which SYN-ACKs are sent again", DETAIL_FULL, false },
};

#define HOOK_COUNT (sizeof(hooks) / sizeof(hooks[0]))

_Static_assert(HOOK_COUNT <= CAPTURE_HOOKS_MAX, "hooks do not fit into struct capture_info");

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
};

void hooks_number_calls(__u8 *call_of_number, unsigned int numbers)
{
	for (size_t i = 0; i < sizeof(system_calls) / sizeof(system_calls[0]); i++) {
		if (system_calls[i].number < numbers)
			call_of_number[system_calls[i].number] = system_calls[i].kind;
	}
}

/* How many arguments the kernel's tracepoint has, or -1: it has no such tracepoint. */
static int tracepoint_arguments(const struct btf *kernel_types, const char *name)
{
	const struct btf_type *type;
	char typedef_name[64];
	int id;

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(kernel_types, typedef_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return -1;
	type = btf__type_by_id(kernel_types, btf__type_by_id(kernel_types, id)->type);
	if (!btf_is_ptr(type))
		return -1;
	type = btf__type_by_id(kernel_types, type->type);
	/* The first argument is the tracepoint's own. */
	return btf_is_func_proto(type) ? btf_vlen(type) - 1 : -1;
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
}

int hooks_choose(struct bpf_object *object, const struct btf *kernel_types, enum detail detail,
		 struct capture_info *info, const char **missing)
{
	info->hook_count = 0;
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		const struct hook *hook = &hooks[i];
		int arguments =
			detail < hook->detail ? -1 : tracepoint_arguments(kernel_types, hook->name);
		bool on = hook_turn_on(object, hook, arguments);

		if (hook->needed && !on) {
			*missing = hook->name;
			return -ENOTSUP;
		}
		hook_list(info, hook, on);
	}
	return 0;
}
