/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An input is a byte of choices, two of a length, and a packet from its network
 * header on: the headers that the BPF program reads, compiled for user space.
 * Whatever it believes must lie within the packet.
 */
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/record.h"
#include "tests/fuzz/target.h"

#define RECEIVED 1
#define IPV6 2
#define LENGTH_LIES 4 /* in what the kernel says, too */

static const uint8_t *memory;
static size_t memory_size;

/* Bytes behind the packet are another packet's: there to be read, not to be believed. */
static long read_memory(void *to, size_t size, uint64_t from)
{
	uint64_t at = from - (uintptr_t)memory;

	memset(to, 0xa5, size);
	if (at > memory_size)
		return -1;
	memcpy(to, memory + at, size < memory_size - at ? size : memory_size - at);
	return 0;
}

/* What bpf/kernel.bpf.h, bpf/read.bpf.h and bpf/filter.bpf.h give to the parser. */
#define TCPWATCH_KERNEL_BPF_H
#define TCPWATCH_READ_BPF_H
#define TCPWATCH_FILTER_BPF_H
#define VERIFIED_ONCE static
#define bpf_probe_read_kernel(to, size, from) read_memory(to, size, (uintptr_t)(from))
#define bpf_ntohs ntohs
#define bpf_htons htons
#define bpf_ntohl ntohl
#define bpf_htonl htonl
#define BPF_CORE_READ(from, ...) ((void)(from), 0)
#define KERNEL_READ(type, from, ...) ((void)(from), 0L)
#define BPF_CORE_READ_INTO(to, from, ...) ((void)(to), (void)(from))
#define TCP_NEW_SYN_RECV 12

static bool port_is_used(uint16_t port)
{
	return port;
}

struct options;
static void bpf_loop(uint32_t turns, long (*turn)(uint32_t index, struct options *options),
		     struct options *options, uint64_t flags)
{
	(void)flags;
	for (uint32_t i = 0; i < turns && !turn(i, options); i++)
		;
}

#pragma GCC diagnostic ignored "-Wunused-function"
#include "bpf/headers.bpf.h"
#include "bpf/quoted.bpf.h"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz: packet: %s\n", what);
	abort();
}

/* What was believed of the options stands in them. */
static void judge_options(const struct packet *packet)
{
	const void *options = memory + (packet->options - packet->header);
	struct record_segment record = { 0 };
	uint8_t mss[] = { 2, 4, 0, 0 }, wscale[] = { 3, 3, 0 };

	read_options(&record, packet);
	mss[2] = (uint8_t)(record.mss >> 8);
	mss[3] = (uint8_t)record.mss;
	wscale[2] = record.wscale;
	must(!record.mss || memmem(options, packet->options_length, mss, sizeof(mss)),
	     "an MSS from behind the options");
	must(record.wscale == SEGMENT_NO_WSCALE ||
		     memmem(options, packet->options_length, wscale, sizeof(wscale)),
	     "a window scale from behind the options");
}

static void judge(const struct packet *packet, uint32_t available)
{
	uint64_t options_at = packet->options - packet->header;

	must(packet->length <= available, "more data than the packet holds");
	must(packet->options_length <= TCP_OPTIONS_MAX, "more options than a header holds");
	must(options_at + packet->options_length + packet->length <= available,
	     "headers and data reach behind the packet");
	if (options_at + packet->options_length <= memory_size)
		judge_options(packet);
}

/* The headers that it quotes are where it was read. */
static void judge_icmp(const struct packet *packet, uint32_t available)
{
	struct icmp icmp = { .version = memory[0] >> 4 };
	uint32_t readable = (uint32_t)memory_size - packet->icmp, quoted;

	must(packet->icmp + packet->length <= available, "a longer message than the packet holds");
	if (memory_size < packet->icmp)
		return;
	readable = packet->length < readable ? packet->length : readable;
	if (!read_icmp(&icmp, packet->header + packet->icmp, readable))
		return;
	quoted = (memory[packet->icmp + sizeof(struct icmp_header)] & 0x0f) * 4u;
	if (icmp.version == 6)
		quoted = sizeof(struct ipv6_header);
	must(quoted >= sizeof(struct ipv4_header), "a quoted header that is too short");
	must(sizeof(struct icmp_header) + quoted + sizeof(struct quoted_tcp) <= readable,
	     "a quoted header behind the message");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet packet = { 0 };
	uint32_t available;
	uint8_t *bytes;

	if (size < 3)
		return 0;
	bytes = malloc(size);
	if (!bytes)
		abort();
	memcpy(bytes, data + 3, size - 3);
	memory = bytes;
	memory_size = size - 3;
	available = (uint32_t)memory_size;
	if (data[0] & LENGTH_LIES)
		available = (uint32_t)(data[1] | data[2] << 8);
	packet.received = data[0] & RECEIVED;
	packet.header = (uintptr_t)bytes;
	if (read_headers(&packet, available, htons(data[0] & IPV6 ? ETH_P_IPV6 : ETH_P_IP)))
		judge(&packet, available);
	else if (packet.icmp)
		judge_icmp(&packet, available);
	free(bytes);
	return 0;
}
