/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Network namespaces by system calls alone: ioctl where that is enough, netlink
 * where it is not. Touches nothing outside of the namespace that it is in.
 */
#include "experiments/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>

/* More than the largest send buffer holds: the devices themselves lose nothing. */
#define DEVICE_QUEUE_PACKETS 20000

/* Returns -errno as it was on entry. */
static int __attribute__((format(printf, 2, 3))) because(char *problem, const char *format, ...)
{
	int err = -errno;
	va_list args;

	va_start(args, format);
	vsnprintf(problem, NETNS_PROBLEM_SIZE, format, args);
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

/*
 * IPv6 would greet its neighbours on a new device; the pictures should show
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

static int open_tun(const struct netns_device *device, char *problem)
{
	struct ifreq request = { .ifr_flags = IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return because(problem, "no /dev/net/tun (%s); try %s", strerror(errno),
			       errno == ENOENT ? "modprobe tun" : "as root");
	request.ifr_flags |= device->ethernet ? IFF_TAP : IFF_TUN;
	strncpy(request.ifr_name, device->name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &request)) {
		because(problem, "cannot make the device %s: %s", device->name, strerror(errno));
		close(fd);
		return -EIO;
	}
	return fd;
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

struct attribute {
	struct rtattr head;
	unsigned char value[4];
};

/* Sends one request and waits for the kernel's word on it. 0 or -1 with errno. */
static int ask_kernel(struct nlmsghdr *request)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} reply = { .error.error = -EPROTO };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, request, request->nlmsg_len, 0) > 0 && recv(fd, &reply, sizeof(reply), 0) > 0)
		errno = -reply.error.error;
	close(fd);
	return reply.error.error ? -1 : 0;
}

static struct attribute attribute(unsigned short type, const void *value)
{
	struct attribute made = { .head = { sizeof(made), type } };

	memcpy(made.value, value, sizeof(made.value));
	return made;
}

/* By netlink: the ioctl for it does not believe in user namespaces. */
static int set_queue(const char *name, uint32_t packets)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
		struct attribute packets;
	} request = {
		.head = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_SETLINK },
		.link = { .ifi_index = if_nametoindex(name) },
		.packets = attribute(IFLA_TXQLEN, &packets),
	};

	return ask_kernel(&request.head);
}

int netns_route(const struct netns_route *route, char *problem)
{
	uint32_t index = route->device ? if_nametoindex(route->device) : 0;
	struct in_addr to;
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
		struct attribute to;
		struct attribute device; /* last: not every route has one */
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = RTM_NEWROUTE,
			  .nlmsg_flags = NLM_F_CREATE },
		.route = { .rtm_family = AF_INET,
			   .rtm_dst_len = route->prefix_bits,
			   .rtm_table = RT_TABLE_MAIN,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_scope = route->device ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
			   .rtm_type = route->type },
	};

	inet_pton(AF_INET, route->to, &to);
	request.to = attribute(RTA_DST, &to);
	request.device = attribute(RTA_OIF, &index);
	if (!index)
		request.head.nlmsg_len -= sizeof(request.device);
	if (ask_kernel(&request.head))
		return because(problem, "cannot add a route to %s/%d: %s", route->to,
			       route->prefix_bits, strerror(errno));
	return 0;
}

static int set_ipv4(int fd, const char *name, unsigned long what, const char *text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
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

static int set_ipv6(const char *name, const char *text)
{
	struct in6_ifreq request = { .ifr6_prefixlen = 64 };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	/* No IPv6 in this kernel: --ipv6 will say so, and IPv4 works all the same. */
	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -1;
	inet_pton(AF_INET6, text, &request.ifr6_addr);
	request.ifr6_ifindex = if_nametoindex(name);
	result = ioctl(fd, SIOCSIFADDR, &request);
	close(fd);
	wait_for_addresses();
	return result;
}

static int set_addresses(const struct netns_device *device, char *problem)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0 || set_queue(device->name, DEVICE_QUEUE_PACKETS) ||
	    set_ipv4(fd, device->name, SIOCSIFADDR, device->ipv4) ||
	    set_ipv4(fd, device->name, SIOCSIFNETMASK, "255.255.255.0") ||
	    set_up(fd, device->name) || (device->ipv6 && set_ipv6(device->name, device->ipv6)))
		err = because(problem, "cannot set up the device %s: %s", device->name,
			      strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

int netns_device(const struct netns_device *device, char *problem)
{
	int fd = open_tun(device, problem);
	int err;

	if (fd < 0)
		return fd;
	err = set_addresses(device, problem);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int loopback_up(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = fd < 0 ? -1 : set_up(fd, "lo");

	if (fd >= 0)
		close(fd);
	return result;
}

int netns_new(char *problem)
{
	int fd, err = unshare(CLONE_NEWNET) ? -errno : 0;

	if (err == -EPERM && !own_user_namespace())
		err = unshare(CLONE_NEWNET) ? -errno : 0;
	if (err) {
		errno = -err;
		return because(problem, "cannot make a network namespace (%s); try as root",
			       strerror(-err));
	}
	silence_ipv6();
	if (loopback_up())
		return because(problem, "cannot bring up loopback: %s", strerror(errno));
	fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return because(problem, "cannot open the network namespace: %s", strerror(errno));
	return fd;
}
