/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The compiled-in sizes are those of a command's sockets on one processor. */
#include "user/collect/map_sizes.h"

#include <bpf/libbpf.h>

#include "bpf/tcpwatch.skel.h"
#include "user/collect/program.h"

#define SYSTEM_SOCKETS 262144 /* with -a; 64 MiB of memory */
#define SYSTEM_LISTENERS 16384
#define BUFFERS_IN_RING 8 /* a full one has to find room in the ring */

static int make_room_for_system(struct tcpwatch_bpf *skeleton)
{
	int err = bpf_map__set_max_entries(skeleton->maps.sockets_by_tuple, SYSTEM_SOCKETS);

	if (!err)
		err = bpf_map__set_max_entries(skeleton->maps.sockets_by_address, SYSTEM_SOCKETS);
	return err ? err : bpf_map__set_max_entries(skeleton->maps.listeners, SYSTEM_LISTENERS);
}

static int make_buffers(struct tcpwatch_bpf *skeleton, uint32_t ring_bytes, bool coalesce)
{
	int processors = libbpf_num_possible_cpus();
	int err;

	if (processors < 0)
		return processors;
	if (skeleton->rodata->buffer_room > ring_bytes / BUFFERS_IN_RING)
		skeleton->rodata->buffer_room = ring_bytes / BUFFERS_IN_RING;
	err = bpf_map__set_max_entries(skeleton->maps.buffers, (uint32_t)processors);
	if (!err && coalesce)
		err = bpf_map__set_max_entries(skeleton->maps.places, (uint32_t)processors);
	return err;
}

int map_sizes_set(struct tcpwatch_bpf *skeleton, const struct program_options *options)
{
	uint32_t ring_bytes = (uint32_t)options->ring_bytes;
	int err = options->all ? make_room_for_system(skeleton) : 0;

	if (!err)
		err = make_buffers(skeleton, ring_bytes, options->coalesce);
	return err ? err : bpf_map__set_max_entries(skeleton->maps.ring, ring_bytes);
}
