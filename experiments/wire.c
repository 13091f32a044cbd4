/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cable. What happens to a packet is decided in three places: is_lost(),
 * is_overflow() and due(). It changes no byte of a packet, and nothing outside
 * of its own namespaces: the kernel removes those with the last process that
 * uses them.
 */
#include "experiments/wire.h"
#include "experiments/router.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull
#define QUIET_CHECK_NS 10000000ull
#define PACKET_MAX_BYTES 65535

/* How late the packet is that others overtake. */
#define REORDER_NS 10000000ull

/* What a slow way keeps waiting; what comes on top of it is lost, as in any router. */
#define QUEUE_NS 200000000ull

struct wire_packet {
	struct wire_packet *next;
	uint64_t due_ns;
	enum wire_end to;
	size_t bytes;
	unsigned char data[];
};

static const char *const addresses[WIRE_ENDS][2] = {
	[WIRE_CLIENT] = { "10.9.0.1", "fd09::1" },
	[WIRE_SERVER] = { "10.9.0.2", "fd09::2" },
};

const char *wire_address(enum wire_end end, int family)
{
	return addresses[end][family == AF_INET6];
}

bool wire_script_drops(const struct wire_script *script, uint64_t number)
{
	for (int i = 0; i < script->drop_count; i++) {
		const struct wire_drop *drop = &script->drops[i];

		if (number >= drop->first && number <= drop->last &&
		    (number - drop->first) % drop->step == 0)
			return true;
	}
	return false;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Returns -errno as it was on entry. */
static int __attribute__((format(printf, 2, 3))) problem(struct wire *wire, const char *format, ...)
{
	int err = -errno;
	va_list args;

	va_start(args, format);
	vsnprintf(wire->problem, sizeof(wire->problem), format, args);
	va_end(args);
	return err;
}

static int open_end(struct wire *wire, enum wire_end end)
{
	const struct netns_device device = { .name = WIRE_DEVICE,
					     .ipv4 = wire_address(end, AF_INET),
					     .ipv6 = wire_address(end, AF_INET6) };

	wire->namespace_fd[end] = netns_new(wire->problem);
	if (wire->namespace_fd[end] < 0)
		return wire->namespace_fd[end];
	wire->device_fd[end] = netns_device(&device, wire->problem);
	return wire->device_fd[end] < 0 ? wire->device_fd[end] : 0;
}

int wire_open(struct wire *wire, const struct wire_script *script)
{
	int err;

	*wire = (struct wire){ .script = *script };
	err = open_end(wire, WIRE_CLIENT);
	if (!err)
		err = open_end(wire, WIRE_SERVER);
	return err;
}

int wire_join(struct wire *wire, enum wire_end end)
{
	int err = 0;

	if (setns(wire->namespace_fd[end], CLONE_NEWNET))
		err = problem(wire, "cannot enter the wire's namespace: %s", strerror(errno));
	wire_close(wire);
	return err;
}

void wire_close(struct wire *wire)
{
	struct wire_packet *packet;

	while ((packet = wire->first)) {
		wire->first = packet->next;
		free(packet);
	}
	for (int end = 0; end < WIRE_ENDS; end++) {
		if (wire->device_fd[end] > 0)
			close(wire->device_fd[end]);
		if (wire->namespace_fd[end] > 0)
			close(wire->namespace_fd[end]);
		wire->device_fd[end] = wire->namespace_fd[end] = 0;
	}
}

static bool is_tcp(const unsigned char *data, size_t bytes)
{
	if (bytes >= 20 && data[0] >> 4 == 4)
		return data[9] == IPPROTO_TCP;
	return bytes >= 40 && data[0] >> 4 == 6 && data[6] == IPPROTO_TCP;
}

/* Counts the packet, and says whether it is one that gets lost. */
static bool is_lost(struct wire *wire, bool tcp)
{
	bool lost;

	wire->packets++;
	wire->tcp_packets += tcp;
	lost = tcp && wire_script_drops(&wire->script, wire->tcp_packets);
	wire->dropped += lost;
	return lost;
}

static bool is_overflow(struct wire *wire, enum wire_end to, uint64_t now)
{
	bool full = wire->free_at_ns[to] > now + QUEUE_NS;

	wire->overflow += full;
	return full;
}

/* A slow way carries one packet after the other; the delay comes on top of that. */
static uint64_t due(struct wire *wire, enum wire_end to, size_t bytes, uint64_t now)
{
	const struct wire_script *script = &wire->script;

	if (wire->free_at_ns[to] < now)
		wire->free_at_ns[to] = now;
	if (script->rate)
		wire->free_at_ns[to] += bytes * NS_PER_S / script->rate;
	return wire->free_at_ns[to] + script->delay_ns;
}

/* Nearly always behind the last one. */
static void insert(struct wire *wire, struct wire_packet *packet)
{
	struct wire_packet **at = &wire->first;

	if (wire->first && wire->last->due_ns <= packet->due_ns)
		at = &wire->last->next;
	while (*at && (*at)->due_ns <= packet->due_ns)
		at = &(*at)->next;
	packet->next = *at;
	*at = packet;
	if (!packet->next)
		wire->last = packet;
}

static int accept_packet(struct wire *wire, enum wire_end to, const unsigned char *data,
			 size_t bytes)
{
	struct wire_packet *packet;
	uint64_t now = now_ns();
	bool tcp = is_tcp(data, bytes);

	if (is_lost(wire, tcp) || is_overflow(wire, to, now))
		return 0;
	packet = malloc(sizeof(*packet) + bytes);
	if (!packet)
		return problem(wire, "no memory for a packet");
	packet->due_ns = due(wire, to, bytes, now);
	if (tcp && wire->tcp_packets == wire->script.reorder)
		packet->due_ns += REORDER_NS;
	packet->to = to;
	packet->bytes = bytes;
	memcpy(packet->data, data, bytes);
	insert(wire, packet);
	return 0;
}

static bool is_for_router(const unsigned char *data, size_t bytes)
{
	struct in_addr end;

	if (bytes < 20 || data[0] >> 4 != 4)
		return false;
	for (int i = 0; i < WIRE_ENDS; i++) {
		inet_pton(AF_INET, addresses[i][0], &end);
		if (!memcmp(&end, data + 16, sizeof(end)))
			return false;
	}
	return true;
}

static int take_packet(struct wire *wire, enum wire_end from, const unsigned char *data,
		       size_t bytes)
{
	unsigned char answer[ROUTER_ANSWER_MAX];
	size_t length;

	if (!is_for_router(data, bytes))
		return accept_packet(wire, from == WIRE_CLIENT ? WIRE_SERVER : WIRE_CLIENT, data,
				     bytes);
	length = router_answer(data, bytes, answer);
	return length ? accept_packet(wire, from, answer, length) : 0;
}

static int take(struct wire *wire, enum wire_end from)
{
	unsigned char data[PACKET_MAX_BYTES];
	ssize_t bytes;
	int err;

	while ((bytes = read(wire->device_fd[from], data, sizeof(data))) > 0) {
		err = take_packet(wire, from, data, bytes);
		if (err)
			return err;
	}
	if (bytes < 0 && errno != EAGAIN && errno != EINTR)
		return problem(wire, "cannot read from the wire: %s", strerror(errno));
	return 0;
}

static int deliver(struct wire *wire)
{
	struct wire_packet *packet;
	ssize_t written;

	while ((packet = wire->first) && packet->due_ns <= now_ns()) {
		written = write(wire->device_fd[packet->to], packet->data, packet->bytes);
		if (written < 0)
			return problem(wire, "cannot write to the wire: %s", strerror(errno));
		wire->first = packet->next;
		free(packet);
	}
	return 0;
}

/* A host that is dead from some packet on keeps its peer's kernel trying for many minutes. */
static bool is_dead(const struct wire *wire)
{
	const struct wire_script *script = &wire->script;

	for (int i = 0; i < script->drop_count; i++)
		if (script->drops[i].last == UINT64_MAX && script->drops[i].step == 1)
			return true;
	return false;
}

/* Sockets of this namespace that still have business: neither TIME_WAIT (6) nor LISTEN (10). */
static int busy_sockets(const char *table)
{
	FILE *file = fopen(table, "re");
	unsigned int state;
	char line[256];
	int busy = 0;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %*u: %*s %*s %x", &state) == 1 && state != 6 && state != 10)
			busy++;
	fclose(file);
	return busy;
}

static bool is_quiet(const struct wire *wire)
{
	int busy = 0;

	if (is_dead(wire))
		return true;
	if (wire->first)
		return false;
	for (int end = 0; end < WIRE_ENDS; end++) {
		if (setns(wire->namespace_fd[end], CLONE_NEWNET))
			return true;
		busy += busy_sockets("/proc/thread-self/net/tcp");
		busy += busy_sockets("/proc/thread-self/net/tcp6");
	}
	return !busy;
}

/* Sleeps until a packet comes, one is due, or life_fd (-1: gone already) hangs up. */
static int wait_for_work(const struct wire *wire, int life_fd)
{
	struct pollfd fds[] = { { wire->device_fd[WIRE_CLIENT], POLLIN, 0 },
				{ wire->device_fd[WIRE_SERVER], POLLIN, 0 },
				{ life_fd, 0, 0 } };
	uint64_t now = now_ns(), wait_ns = life_fd < 0 ? QUIET_CHECK_NS : NS_PER_S;
	struct timespec timeout;

	if (wire->first && wire->first->due_ns <= now + wait_ns)
		wait_ns = wire->first->due_ns > now ? wire->first->due_ns - now : 0;
	timeout.tv_sec = wait_ns / NS_PER_S;
	timeout.tv_nsec = wait_ns % NS_PER_S;
	if (ppoll(fds, 3, &timeout, NULL) > 0 && fds[2].revents)
		return -1;
	return life_fd;
}

int wire_carry(struct wire *wire, int life_fd)
{
	int err = 0;

	/* A packet is due at its nanosecond, not when it suits the timer. */
	prctl(PR_SET_TIMERSLACK, 1);
	while (!err && (life_fd >= 0 || !is_quiet(wire))) {
		life_fd = wait_for_work(wire, life_fd);
		err = take(wire, WIRE_CLIENT);
		if (!err)
			err = take(wire, WIRE_SERVER);
		if (!err)
			err = deliver(wire);
	}
	return err;
}
