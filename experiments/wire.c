/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cable: namespaces and TUN devices at the top, the carrying of packets
 * below. What happens to a packet is decided in two places, wire_loses() and
 * wire_due(). It changes no byte of a packet, and nothing outside of its own
 * namespaces: the kernel removes those with the last process that uses them.
 */
#include "experiments/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>

#define DEVICE "wire0"
#define NS_PER_S 1000000000ull
#define QUIET_CHECK_NS 10000000ull
#define PACKET_MAX_BYTES 65535

/* More than the largest send buffer holds: the devices themselves lose nothing. */
#define DEVICE_QUEUE_PACKETS 20000

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

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -EIO : 0;
}

/* Maps nobody but the caller, to itself: files belong to whom they belonged. */
static int own_user_namespace(void)
{
	unsigned int uid = geteuid(), gid = getegid();
	char users[32], groups[32];

	if (unshare(CLONE_NEWUSER))
		return -errno;
	snprintf(users, sizeof(users), "%u %u 1", uid, uid);
	snprintf(groups, sizeof(groups), "%u %u 1", gid, gid);
	if (write_file("/proc/self/setgroups", "deny") || write_file("/proc/self/uid_map", users) ||
	    write_file("/proc/self/gid_map", groups))
		return -EPERM;
	return 0;
}

static int new_namespace(struct wire *wire, enum wire_end end)
{
	int err = unshare(CLONE_NEWNET) ? -errno : 0;

	if (err == -EPERM && !own_user_namespace())
		err = unshare(CLONE_NEWNET) ? -errno : 0;
	if (err) {
		errno = -err;
		return problem(wire, "--delay, --drop: cannot make a namespace (%s); try as root",
			       strerror(-err));
	}
	wire->namespace_fd[end] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (wire->namespace_fd[end] < 0)
		return problem(wire, "cannot open /proc/self/ns/net: %s", strerror(errno));
	return 0;
}

/*
 * IPv6 would greet its neighbours on the new wire; the pictures should show
 * the experiment alone. A kernel without IPv6 has nothing to be silenced.
 */
static void silence_ipv6(void)
{
	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "0");
	write_file("/proc/sys/net/ipv6/conf/all/accept_dad", "0");
	write_file("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
	write_file("/proc/sys/net/ipv6/conf/default/router_solicitations", "0");
	write_file("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1");
}

static int open_device(struct wire *wire, enum wire_end end)
{
	struct ifreq request = { .ifr_name = DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return problem(wire, "--delay, --drop: no /dev/net/tun (%s); try %s",
			       strerror(errno), errno == ENOENT ? "modprobe tun" : "as root");
	wire->device_fd[end] = fd;
	if (ioctl(fd, TUNSETIFF, &request))
		return problem(wire, "cannot make a TUN device: %s", strerror(errno));
	return 0;
}

static int set_up(int fd, const char *name)
{
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		return -1;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

/* By netlink: the ioctl for it does not believe in user namespaces. */
static int set_queue(uint32_t packets)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
		struct rtattr attribute;
		uint32_t packets;
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = RTM_SETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.link = { .ifi_index = if_nametoindex(DEVICE) },
		.attribute = { .rta_len = RTA_LENGTH(sizeof(packets)), .rta_type = IFLA_TXQLEN },
		.packets = packets,
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} reply = { .error.error = -EPROTO };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (send(fd, &request, sizeof(request), 0) > 0 && recv(fd, &reply, sizeof(reply), 0) > 0)
		errno = -reply.error.error;
	close(fd);
	return reply.error.error ? -1 : 0;
}

static int set_ipv4(int fd, unsigned long what, const char *text)
{
	struct ifreq request = { .ifr_name = DEVICE };
	struct sockaddr_in address = { .sin_family = AF_INET };

	inet_pton(AF_INET, text, &address.sin_addr);
	memcpy(&request.ifr_addr, &address, sizeof(address));
	return ioctl(fd, what, &request);
}

/* proc_net(5), if_inet6: address, index, prefix length, scope, flags, name. */
static bool has_tentative_address(void)
{
	FILE *list = fopen("/proc/thread-self/net/if_inet6", "re");
	unsigned int flags;
	bool tentative = false;

	if (!list)
		return false;
	while (fscanf(list, "%*s %*s %*s %*s %x %*s", &flags) == 1)
		tentative |= flags & IFA_F_TENTATIVE;
	fclose(list);
	return tentative;
}

/* Even without neighbours to ask, an address can't be used before the kernel has looked once. */
static void wait_for_addresses(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int tries = 0; tries < 2000 && has_tentative_address(); tries++)
		nanosleep(&moment, NULL);
}

static int set_ipv6(const char *text)
{
	struct in6_ifreq request = { .ifr6_prefixlen = 64 };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	/* No IPv6 in this kernel: --ipv6 will say so, and IPv4 works all the same. */
	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -1;
	inet_pton(AF_INET6, text, &request.ifr6_addr);
	request.ifr6_ifindex = if_nametoindex(DEVICE);
	result = ioctl(fd, SIOCSIFADDR, &request);
	close(fd);
	wait_for_addresses();
	return result;
}

static int set_addresses(struct wire *wire, enum wire_end end)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0 || set_queue(DEVICE_QUEUE_PACKETS) ||
	    set_ipv4(fd, SIOCSIFADDR, wire_address(end, AF_INET)) ||
	    set_ipv4(fd, SIOCSIFNETMASK, "255.255.255.0") || set_up(fd, "lo") ||
	    set_up(fd, DEVICE) || set_ipv6(wire_address(end, AF_INET6)))
		err = problem(wire, "cannot set up the wire's devices: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

static int open_end(struct wire *wire, enum wire_end end)
{
	int err = new_namespace(wire, end);

	if (err)
		return err;
	silence_ipv6();
	err = open_device(wire, end);
	if (err)
		return err;
	return set_addresses(wire, end);
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
	wire->last = NULL;
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

/* Counts the packet, and says whether it is the one that gets lost. */
static bool wire_loses(struct wire *wire, const unsigned char *data, size_t bytes)
{
	bool tcp = is_tcp(data, bytes);
	bool lost;

	wire->packets++;
	wire->tcp_packets += tcp;
	lost = tcp && wire->tcp_packets == wire->script.drop;
	wire->dropped += lost;
	return lost;
}

static uint64_t wire_due(const struct wire *wire)
{
	return now_ns() + wire->script.delay_ns;
}

static int append(struct wire *wire, enum wire_end to, const unsigned char *data, size_t bytes)
{
	struct wire_packet *packet = malloc(sizeof(*packet) + bytes);

	if (!packet)
		return problem(wire, "no memory for a packet");
	packet->next = NULL;
	packet->due_ns = wire_due(wire);
	packet->to = to;
	packet->bytes = bytes;
	memcpy(packet->data, data, bytes);
	if (wire->last)
		wire->last->next = packet;
	else
		wire->first = packet;
	wire->last = packet;
	return 0;
}

static int take(struct wire *wire, enum wire_end from)
{
	enum wire_end to = from == WIRE_CLIENT ? WIRE_SERVER : WIRE_CLIENT;
	unsigned char data[PACKET_MAX_BYTES];
	ssize_t bytes;
	int err;

	while ((bytes = read(wire->device_fd[from], data, sizeof(data))) > 0) {
		if (wire_loses(wire, data, bytes))
			continue;
		err = append(wire, to, data, bytes);
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
		if (!wire->first)
			wire->last = NULL;
		free(packet);
	}
	return 0;
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
