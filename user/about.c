/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks the machine who it is. Knows nothing of what will be traced. */
#include "user/about.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "user/collect/clock.h"
#include "user/collect/process.h"

/* The first line of a small file, without its end. */
static void read_line(char *text, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, text, size - 1) : 0;

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

static void join_words(char *text, size_t size, char *const words[])
{
	size_t used = 0;

	for (int i = 0; words[i] && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", words[i]);
}

/* The name of the i-th process, if none of those before has the same; else "". */
static void new_name(char *name, size_t size, const struct options *options, int i)
{
	char other[32];

	process_name(options->pids[i], name, size);
	for (int k = 0; k < i; k++) {
		process_name(options->pids[k], other, sizeof(other));
		if (!strcmp(name, other))
			name[0] = '\0';
	}
}

/* -p 812,815 (nginx, redis-server) */
static void name_processes(char *text, size_t size, const struct options *options)
{
	const char *before = " (";
	size_t used = 0;
	char name[32];

	for (int i = 0; i < options->pid_count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%d", i ? "," : "-p ",
					 options->pids[i]);
	for (int i = 0; i < options->pid_count && used < size; i++) {
		new_name(name, sizeof(name), options, i);
		if (!name[0])
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s", before, name);
		before = ", ";
	}
	if (before[0] == ',' && used < size)
		snprintf(text + used, size - used, ")");
}

void about_run(struct capture_info *info, const struct options *options)
{
	static const char *const details[] = { "states", "calls", "full" };
	struct utsname name;

	*info = (struct capture_info){ .ring_bytes = options->ring_bytes };
	snprintf(info->version, sizeof(info->version), "%s", TCPWATCH_VERSION);
	snprintf(info->detail, sizeof(info->detail), "%s%s", details[options->detail],
		 options->coalesce ? ", coalesced" : "");
	snprintf(info->filter, sizeof(info->filter), "%s", options->filter.text);
	info->peers = options->filter.peers;
	if (!uname(&name)) {
		snprintf(info->kernel, sizeof(info->kernel), "%s", name.release);
		snprintf(info->machine, sizeof(info->machine), "%.*s",
			 (int)sizeof(info->machine) - 1, name.machine);
		snprintf(info->host, sizeof(info->host), "%s", name.nodename);
	}
	read_line(info->boot_id, sizeof(info->boot_id), "/proc/sys/kernel/random/boot_id");
	read_line(info->congestion, sizeof(info->congestion),
		  "/proc/sys/net/ipv4/tcp_congestion_control");
	if (options->command)
		join_words(info->command, sizeof(info->command), options->command);
	else if (options->all)
		strcpy(info->command, "-a");
	else
		name_processes(info->command, sizeof(info->command), options);
}

void about_start(struct capture_info *info)
{
	struct timespec now;

	info->start_mono_ns = clock_kernel_ns();
	clock_gettime(CLOCK_REALTIME, &now);
	info->start_real_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
