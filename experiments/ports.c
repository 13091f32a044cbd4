/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: who chose port 50204, and does accept() use a new one?
 *
 * Predict: a server binds port 0, two clients connect without bind(). Which
 * port has each socket, when does it get it, and which port has the socket that
 * accept() returns? May a second server bind the same port at 127.0.0.1, when
 * the first has it at 0.0.0.0?
 *
 * Port 0 means "any": bind() picks a free one out of ip_local_port_range, and
 * so does connect() for a socket without a port. accept() picks nothing: the
 * new socket has the listener's port, and two connections are told apart by all
 * four numbers, both addresses and both ports. 0.0.0.0 is every address of the
 * host, so it collides with each of them: EADDRINUSE. The port is the same for
 * the peer either way: the accepted socket shows the address that it called.
 * Ports below ip_unprivileged_port_start need CAP_NET_BIND_SERVICE: EACCES.
 *
 * Read on: ip(7) under ip_local_port_range, bind(2), capabilities(7); RFC 6335.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#define RANGE "/proc/sys/net/ipv4/ip_local_port_range"
#define START "/proc/sys/net/ipv4/ip_unprivileged_port_start"

static int read_numbers(const char *path, unsigned int *first, unsigned int *second)
{
	FILE *file = fopen(path, "re");
	int count = file ? fscanf(file, "%u %u", first, second) : 0;

	if (file)
		fclose(file);
	return count;
}

static int check_range(const struct exp *exp, const char *key, unsigned int port)
{
	unsigned int low = 0, high = 0;
	int count = read_numbers(RANGE, &low, &high);

	exp_say(exp, "%s=%u", key, port);
	exp_say(exp, "range=%u-%u", low, high);
	if (count != 2 || port < low || port > high)
		return exp_fail(exp, "%s: %u is not in " RANGE, key, port);
	return 0;
}

/* A new socket, at every address of the host or at the loopback one: 0 or its errno. */
static int bind_to(const struct exp *exp, int fd, bool any, unsigned int port)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, port, &address);

	if (any && exp->family == AF_INET6)
		((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_any;
	else if (any)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_ANY);
	return bind(fd, (struct sockaddr *)&address, length) ? errno : 0;
}

/* What bind() says to one more socket. */
static int expect_bind(const struct exp *exp, const char *key, bool any, unsigned int port,
		       int expected)
{
	int fd = socket(exp->family, SOCK_STREAM, 0);
	int error = bind_to(exp, fd, any, port);

	close(fd);
	exp_say(exp, "%s=%s", key, exp_errno(error));
	if (error != expected)
		return exp_fail(exp, "%s: %s expected", key, exp_errno(expected));
	return 0;
}

/* The highest port that needs the capability, with the capability put aside. */
static int low_port(const struct exp *exp)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct own[2], less[2];
	unsigned int start = 0, none;
	int status;

	read_numbers(START, &start, &none);
	exp_say(exp, "unprivileged_from=%u", start);
	if (start < 2)
		return 0; /* on this host all ports are for everybody */
	if (syscall(SYS_capget, &header, own))
		return exp_fail_call(exp, "capget");
	memcpy(less, own, sizeof(less));
	less[0].effective &= ~(1u << CAP_NET_BIND_SERVICE);
	if (syscall(SYS_capset, &header, less))
		return exp_fail_call(exp, "capset");
	status = expect_bind(exp, "low_port_errno", false, start - 1, EACCES);
	syscall(SYS_capset, &header, own);
	return status;
}

static int server(struct exp *exp)
{
	int listener = socket(exp->family, SOCK_STREAM, 0);
	int error = bind_to(exp, listener, true, 0);
	unsigned int port = exp_port(listener);

	if (error || listen(listener, 2))
		return exp_fail_call(exp, "bind or listen");
	if (check_range(exp, "bind_port", port))
		return EXIT_FAILURE;
	for (int i = 0; i < 2; i++) {
		int fd = exp_tell(exp, port) ? -1 : exp_accept(exp, listener);

		if (fd < 0)
			return EXIT_FAILURE;
		exp_say(exp, "accepted_port=%u", exp_port(fd));
		if (exp_port(fd) != port)
			return exp_fail(exp, "the accepted socket has a port of its own");
	}
	if (expect_bind(exp, "any_again_errno", true, port, EADDRINUSE) ||
	    expect_bind(exp, "loopback_too_errno", false, port, EADDRINUSE) || low_port(exp))
		return EXIT_FAILURE;
	return exp_signal(exp);
}

static int client(struct exp *exp)
{
	struct sockaddr_storage address;
	unsigned int own[2];
	socklen_t length;
	uint64_t port;

	for (int i = 0; i < 2; i++) {
		int fd = socket(exp->family, SOCK_STREAM, 0);

		if (exp_hear(exp, &port))
			return EXIT_FAILURE;
		exp_say(exp, "port_before_connect=%u", exp_port(fd));
		length = exp_address(exp, port, &address);
		if (connect(fd, (struct sockaddr *)&address, length))
			return exp_fail_call(exp, "connect");
		exp_say_ends(exp, fd);
		own[i] = exp_port(fd);
		if (check_range(exp, i ? "second_port" : "first_port", own[i]))
			return EXIT_FAILURE;
	}
	if (own[0] == own[1])
		return exp_fail(exp, "two connections with the same four numbers");
	return exp_wait(exp);
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "ports",
		.short_name = "ports",
		.question = "Who chose port 50204, and does accept() use a new one?",
		.predict = "Predict: which port has each socket, when does it get it, and may a "
			   "second\n"
			   "server have 127.0.0.1 when the first has 0.0.0.0?",
		.without_wire = true,
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
