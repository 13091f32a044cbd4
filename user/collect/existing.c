/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs a BPF iterator to its end. What it finds goes into the maps and the
 * ring like everything else: nothing is read here.
 */
#include "user/collect/existing.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

static int read_to_end(int fd)
{
	char ignored[256];
	ssize_t count;

	do
		count = read(fd, ignored, sizeof(ignored));
	while (count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN)));
	return count < 0 ? -errno : 0;
}

int existing_walk(struct bpf_program *iterator, pid_t tgid)
{
	union bpf_iter_link_info info = { .task.pid = tgid };
	LIBBPF_OPTS(bpf_iter_attach_opts, options);
	struct bpf_link *link;
	int fd, err;

	options.link_info = &info;
	options.link_info_len = sizeof(info);
	link = bpf_program__attach_iter(iterator, tgid ? &options : NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	err = read_to_end(fd);
	close(fd);
out:
	bpf_link__destroy(link);
	return err;
}
