/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads, attaches and reads the BPF program. Speaks for libbpf: its own
 * messages are for -v, the user gets one line that says what to do.
 */
#include "user/collect/program.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/tcpwatch.skel.h"
#include "user/base/log.h"
#include "user/capture/merge.h"
#include "user/collect/choice.h"
#include "user/collect/existing.h"
#include "user/collect/hooks.h"
#include "user/collect/map_sizes.h"
#include "user/collect/namespaces.h"
#include "user/collect/privilege.h"

#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"
#define WAKEUP_BYTES (256 << 10)
#define DRAIN_BYTES (4 << 20) /* in one go, so that signals are not kept waiting */
#define HELD_BYTES_MAX (4 << 20)
#define FILES_NEEDED 128 /* programs, maps, hooks; and what the kernel is asked beside them */
#define PROCESSORS_MAX sizeof(((struct tcpwatch_bpf__bss *)0)->buffer_waits)

#define TUPLE_BYTES 40 /* bpf/tuple.bpf.h: struct tuple, with netns first */

struct program {
	struct tcpwatch_bpf *skeleton;
	struct ring_buffer *ring;
	bool all;
	struct merge *merge;
	int processors;			/* that there can be */
	uint64_t lost_told[LOST_WHATS]; /* counts that were handed out */
	uint64_t lost_last_ns[LOST_WHATS];
	/* Valid inside program_drain: */
	int (*out)(void *context, const struct record_header *record);
	void *context;
	size_t drained_bytes;
	int handed; /* records */
};

static int print_if_warning(enum libbpf_print_level level, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static int print_if_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, arguments);
}

static bool kernel_is_too_old(void)
{
	unsigned int major, minor;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major < 6 || (major == 6 && minor < 1);
}

/* What makes loading hopeless, said before libbpf fails in many words. */
static int check_host(void)
{
	struct rlimit files;

	if (kernel_is_too_old()) {
		log_error("this kernel is too old: tracing needs Linux 6.1 or newer");
		return -ENOTSUP;
	}
	if (privilege_check()) {
		log_error("tracing needs root, or CAP_BPF and CAP_PERFMON: try sudo");
		return -EPERM;
	}
	if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur < FILES_NEEDED) {
		log_error("only %lu files can be open at once here: tracing needs %d (ulimit -n)",
			  (unsigned long)files.rlim_cur, FILES_NEEDED);
		return -EMFILE;
	}
	if (access(KERNEL_TYPES, R_OK)) {
		log_error("%s can't be read (%s): the kernel must be built with "
			  "CONFIG_DEBUG_INFO_BTF",
			  KERNEL_TYPES, strerror(errno));
		return -ENOENT;
	}
	return 0;
}

/* A mark or a run of calls alone, or many records of one processor. */
static int on_span(void *context, void *data, size_t size)
{
	struct program *program = context;
	const struct record_header *first = data;
	int err;

	if (first->kind == RECORD_CALL_RUN) {
		err = merge_add_late(program->merge, first, size);
	} else if (first->kind != RECORD_NONE) {
		err = merge_add(program->merge, data, size);
	} else {
		err = merge_until(program->merge, first->time_ns, program->out, program->context);
		program->handed += err > 0 ? err : 0;
	}
	if (err < 0)
		return err;
	program->drained_bytes += size;
	return program->drained_bytes < DRAIN_BYTES ? 0 : -ECANCELED;
}

/*
 * What vmlinux lacks, libbpf looks for in the modules, once: without CAP_SYS_ADMIN that
 * fails, and even a weak symbol or another kernel's type is an error then. Let it fail before.
 */
static void look_into_modules(struct tcpwatch_bpf *skeleton)
{
	__u32 id = 0;

	if (bpf_btf_get_next_id(id, &id) && errno == EPERM)
		bpf_program__set_attach_target(skeleton->progs.sys_enter, 0, "no_such_hook");
}

static int choose_hooks(struct program *program, const struct program_options *options,
			struct capture_info *info)
{
	struct btf *kernel_types = btf__load_vmlinux_btf();
	const char *missing = NULL;
	int err;

	if (!kernel_types) {
		err = -errno;
		log_error("%s can't be used: %s", KERNEL_TYPES, strerror(-err));
		return err;
	}
	err = hooks_choose(program->skeleton->obj, kernel_types, options, info, &missing);
	if (missing)
		log_error("this kernel lacks the tracepoint %s, which tracing can't do without",
			  missing);
	program->skeleton->rodata->reads_directly =
		btf__find_by_name_kind(kernel_types, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	btf__free(kernel_types);
	return err;
}

/* A quarter of a small ring: a wakeup must come long before it is full. */
static uint64_t wakeup_bytes(uint64_t ring_bytes)
{
	return ring_bytes / 4 < WAKEUP_BYTES ? ring_bytes / 4 : WAKEUP_BYTES;
}

/* Programs that the collector runs itself. */
static void keep_others_off(struct tcpwatch_bpf *skeleton)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, skeleton->obj)
		if (bpf_program__expected_attach_type(program) == BPF_TRACE_ITER)
			bpf_program__set_autoattach(program, false);
	bpf_program__set_autoattach(skeleton->progs.flush_processor, false);
	bpf_program__set_autoattach(skeleton->progs.mark_time, false);
}

static int configure(struct program *program, const struct program_options *options)
{
	struct tcpwatch_bpf *skeleton = program->skeleton;

	look_into_modules(skeleton);
	keep_others_off(skeleton);
	skeleton->rodata->attached = options->attached;
	skeleton->rodata->follow_all = options->all;
	skeleton->rodata->wakeup_bytes = wakeup_bytes(options->ring_bytes);
	skeleton->rodata->calls_traced = bpf_program__autoload(skeleton->progs.sys_enter);
	skeleton->rodata->emit_entries = options->detail >= DETAIL_FULL;
	skeleton->rodata->coalesce = options->coalesce;
	skeleton->rodata->tuples_indexed = options->detail >= DETAIL_FULL || options->attached ||
					   options->filter->peers;
	skeleton->rodata->sockets_indexed = options->detail >= DETAIL_CALLS ||
					    skeleton->rodata->tuples_indexed;
	choice_fill(skeleton->rodata, options->filter);
	hooks_number_calls((__u8 *)skeleton->rodata->call_of_number,
			   sizeof(skeleton->rodata->call_of_number));
	program->all = options->all;
	return map_sizes_set(skeleton, options);
}

static int load(struct program *program)
{
	int err = tcpwatch_bpf__load(program->skeleton);

	if (err == -EPERM) {
		log_error("the kernel refuses BPF programs here (lockdown, or a container "
			  "without CAP_BPF and CAP_PERFMON)");
	} else if (err) {
		log_error("the BPF program can't be loaded (%s): -v shows why", strerror(-err));
	}
	return err;
}

static int attach(struct program *program)
{
	int err = tcpwatch_bpf__attach(program->skeleton);

	if (err)
		log_error("the hooks can't be turned on (%s): -v shows why", strerror(-err));
	return err;
}

static int open_ring(struct program *program)
{
	int fd = bpf_map__fd(program->skeleton->maps.ring);
	int err = merge_open(&program->merge);

	if (!err) {
		program->processors = libbpf_num_possible_cpus();
		err = program->processors < 0 ? program->processors : 0;
	}
	if (program->processors > (int)PROCESSORS_MAX)
		program->processors = PROCESSORS_MAX;
	if (!err) {
		program->ring = ring_buffer__new(fd, on_span, program, NULL);
		err = program->ring ? 0 : -errno;
	}
	if (err)
		log_error("the ring buffer can't be read: %s", strerror(-err));
	return err;
}

static int program_start(struct program *program, const struct program_options *options,
			 struct capture_info *info)
{
	int err;

	libbpf_set_print(options->verbose ? print_if_warning : NULL);
	program->skeleton = tcpwatch_bpf__open();
	if (!program->skeleton) {
		err = -errno;
		log_error("the BPF program can't be opened: %s", strerror(-err));
		return err;
	}
	err = choose_hooks(program, options, info);
	if (!err)
		err = configure(program, options);
	if (!err)
		err = load(program);
	if (!err)
		err = open_ring(program);
	if (!err)
		err = attach(program);
	return err;
}

int program_open(struct program **program, const struct program_options *options,
		 struct capture_info *info)
{
	int err = check_host();

	*program = NULL;
	if (err)
		return err;
	*program = calloc(1, sizeof(**program));
	if (!*program)
		return -ENOMEM;
	err = program_start(*program, options, info);
	if (err) {
		program_close(*program);
		*program = NULL;
	}
	return err;
}

int program_follow(struct program *program, pid_t tgid)
{
	int err = existing_walk(program->skeleton->progs.follow_task, tgid);

	if (!err)
		err = existing_walk(program->skeleton->progs.follow_sockets, tgid);
	if (err)
		log_error("process %d can't be followed: %s", (int)tgid, strerror(-err));
	return err;
}

/* Children of children: until nobody new is found. Who forks now is seen by the hook. */
static int follow_descendants(struct program *program)
{
	struct tcpwatch_bpf__bss *bss = program->skeleton->bss;
	uint64_t before;
	int err;

	do {
		before = bss->tasks_found;
		err = existing_walk(program->skeleton->progs.follow_children, 0);
	} while (!err && bss->tasks_found != before);
	return err;
}

/* One that has ended meanwhile is no reason not to trace the others. */
static int follow_tasks(struct program *program, const pid_t *pids, int count)
{
	int err = existing_walk(program->skeleton->progs.follow_self, getpid());

	for (int i = 0; i < count && !err; i++) {
		err = existing_walk(program->skeleton->progs.follow_task, pids[i]);
		if (err == -ESRCH)
			err = 0;
	}
	return err || !count ? err : follow_descendants(program);
}

/* Sockets that nobody holds are found by the address of a listener, but for -a. */
static bool namespace_matters(void *context, uint32_t inode)
{
	const struct program *program = context;
	int fd = bpf_map__fd(program->skeleton->maps.listeners);
	unsigned char key[TUPLE_BYTES], *before = NULL;
	uint32_t netns;

	if (program->all)
		return true;
	while (!bpf_map_get_next_key(fd, before, key)) {
		memcpy(&netns, key, sizeof(netns));
		if (netns == inode)
			return true;
		before = key;
	}
	return false;
}

static int find_fileless(void *context)
{
	const struct program *program = context;

	return existing_walk(program->skeleton->progs.follow_tcp, 0);
}

static int find_fileless_everywhere(struct program *program)
{
	struct namespace_visit visit = {
		.wanted = namespace_matters,
		.there = find_fileless,
		.context = program,
	};
	int err = namespaces_visit(&visit);

	if (visit.refused)
		log_warning("%u network namespace%s can't be entered (CAP_SYS_ADMIN is missing): "
			    "what waits there to be accepted, or is in TIME_WAIT, is not known",
			    visit.refused, visit.refused == 1 ? "" : "s");
	return err;
}

int program_attach_to(struct program *program, const pid_t *pids, int count)
{
	int err = follow_tasks(program, pids, count);

	if (!err)
		err = existing_walk(program->skeleton->progs.follow_sockets, 0);
	if (!err)
		err = find_fileless_everywhere(program);
	if (!err && program->skeleton->rodata->calls_traced)
		err = existing_walk(program->skeleton->progs.follow_calls, 0);
	if (err)
		log_error("can't find out what runs already: %s", strerror(-err));
	return err;
}

long program_tasks(const struct program *program)
{
	return __atomic_load_n(&program->skeleton->bss->tasks_alive, __ATOMIC_RELAXED);
}

int program_fd(const struct program *program)
{
	return ring_buffer__epoll_fd(program->ring);
}

/* Spans never overlap, though the count may be read while it grows. */
static void fill_lost(struct program *program, unsigned int what, uint64_t count,
		      struct record_lost *lost)
{
	const struct tcpwatch_bpf__bss *bss = program->skeleton->bss;

	memset(lost, 0, sizeof(*lost));
	lost->header.kind = RECORD_LOST;
	lost->header.size = sizeof(*lost);
	lost->first_ns = bss->lost_first_ns[what];
	lost->last_ns = bss->lost_last_ns[what];
	if (lost->first_ns < program->lost_last_ns[what])
		lost->first_ns = program->lost_last_ns[what];
	if (lost->last_ns < lost->first_ns)
		lost->last_ns = lost->first_ns;
	lost->header.time_ns = lost->last_ns;
	lost->count = count - program->lost_told[what];
	lost->what = what;
	program->lost_told[what] = count;
	program->lost_last_ns[what] = lost->last_ns;
}

static int drain_lost(struct program *program)
{
	struct tcpwatch_bpf__bss *bss = program->skeleton->bss;
	struct record_lost lost;
	int err = 0, found = 0;

	for (unsigned int what = 0; what < LOST_WHATS && err >= 0; what++) {
		uint64_t count = __atomic_load_n(&bss->lost_count[what], __ATOMIC_ACQUIRE);

		if (count == program->lost_told[what])
			continue;
		fill_lost(program, what, count, &lost);
		err = program->out(program->context, &lost.header);
		found++;
	}
	if (found)
		program->skeleton->data->reader_epoch++;
	return err < 0 ? err : found;
}

/* Runs one of the programs that are not attached, on a processor or on any (-1). */
static int run_program(struct bpf_program *program, int processor)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (processor >= 0) {
		options.flags = BPF_F_TEST_RUN_ON_CPU;
		options.cpu = (unsigned int)processor;
	}
	return bpf_prog_test_run_opts(bpf_program__fd(program), &options);
}

/* False: a record is being written there just now. */
static bool flush_processor(struct program *program, int processor)
{
	const struct tcpwatch_bpf__bss *bss = program->skeleton->bss;
	const volatile __u8 *records = &bss->buffer_waits[processor];
	const volatile __u8 *runs = &bss->runs_wait[processor];

	if (*records || *runs)
		run_program(program->skeleton->progs.flush_processor, processor);
	return !*records && !*runs;
}

/* All that was recorded until now comes into the ring, and behind it a mark of this time. */
static int program_flush(struct program *program, uint64_t now_ns)
{
	bool flushed = true;

	program->skeleton->bss->mark_ns = now_ns;
	for (int processor = 0; processor < program->processors; processor++)
		flushed &= flush_processor(program, processor) ||
			   flush_processor(program, processor);
	return flushed ? run_program(program->skeleton->progs.mark_time, -1) : 0;
}

int program_drain(struct program *program, uint64_t now_ns,
		  int (*out)(void *context, const struct record_header *record), void *context)
{
	int err = 0, found;

	program->out = out;
	program->context = context;
	program->drained_bytes = 0;
	program->handed = 0;
	if (now_ns)
		err = program_flush(program, now_ns);
	if (err)
		return err;
	err = ring_buffer__consume(program->ring);
	if (err < 0 && err != -ECANCELED)
		return err;
	if (now_ns == PROGRAM_ALL)
		err = merge_until(program->merge, now_ns, out, context);
	if (err < 0 && err != -ECANCELED)
		return err;
	found = now_ns ? drain_lost(program) : 0;
	return found < 0 ? found : program->handed + found;
}

bool program_holds_much(const struct program *program)
{
	return merge_held(program->merge) >= HELD_BYTES_MAX;
}

void program_close(struct program *program)
{
	if (!program)
		return;
	ring_buffer__free(program->ring);
	merge_close(program->merge);
	tcpwatch_bpf__destroy(program->skeleton);
	free(program);
}
