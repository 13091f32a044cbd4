/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: can an IPv6 listener serve IPv4?
 *
 * Predict: a server listens on "::", port N, with one IPv6 socket. One client
 * connects to its IPv4 address, another to its IPv6 address. Who gets through,
 * and which address does accept() report for the first? What changes when the
 * server sets IPV6_V6ONLY?
 *
 * A socket of AF_INET6 is bound to "::" for both families, unless IPV6_V6ONLY
 * is set (the default of it is net.ipv6.bindv6only, mostly 0). The connection
 * of an IPv4 client is IPv4 on the wire; only in the server's sockaddr_in6 its
 * address is written as ::ffff:a.b.c.d. With IPV6_V6ONLY there is no listener
 * for IPv4, and the kernel answers the SYN with a RST. An address that begins
 * with fe80 means something on one link only: without sin6_scope_id the kernel
 * does not know which link, and connect() fails with EINVAL.
 *
 * Read on: ipv6(7), under IPV6_V6ONLY and sin6_scope_id; RFC 4291 section
 * 2.5.5.2; RFC 4007 section 6.
 */
#include "experiments/exp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOPBACK_INDEX 1 /* of lo, in every network namespace */

/* A listener on every address of this host; tells its port. */
static int listen_everywhere(const struct exp *exp, int v6only)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_addr = in6addr_any };
	int listener = socket(AF_INET6, SOCK_STREAM, 0);

	if (listener < 0 ||
	    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)) ||
	    bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 2)) {
		exp_fail(exp, "a listener on ::: %s", exp_errno(errno));
		return -1;
	}
	exp_say(exp, "v6only_%d.port=%u", v6only, exp_port(listener));
	return exp_tell(exp, exp_port(listener)) ? -1 : listener;
}

static int accept_from(const struct exp *exp, int listener, const char *whom, bool mapped)
{
	struct sockaddr_in6 peer = { 0 };
	socklen_t length = sizeof(peer);
	char text[INET6_ADDRSTRLEN] = "";
	int fd = accept(listener, (struct sockaddr *)&peer, &length);

	if (fd < 0)
		return exp_fail_call(exp, "accept");
	inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof(text));
	exp_say(exp, "%s=%s", whom, text);
	exp_say(exp, "%s_bytes_of_address=%u", whom, (unsigned int)length);
	close(fd);
	if (mapped != IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr))
		return exp_fail(exp, "%s came from %s", whom, text);
	return 0;
}

static int server(struct exp *exp)
{
	int both, only;

	both = listen_everywhere(exp, 0);
	if (both < 0 || accept_from(exp, both, "ipv4_client", true) ||
	    accept_from(exp, both, "ipv6_client", false))
		return EXIT_FAILURE;
	only = listen_everywhere(exp, 1);
	if (only < 0 || accept_from(exp, only, "v6only_client", false))
		return EXIT_FAILURE;
	close(both);
	close(only);
	return 0;
}

/* Connects to the server's address of one family, and expects that errno. */
static int connect_by(const struct exp *exp, int family, uint64_t port, const char *key,
		      int expected)
{
	struct exp by = *exp;
	struct sockaddr_storage address;
	socklen_t length;
	int fd, error;

	by.family = family;
	length = exp_address(&by, port, &address);
	fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0)
		return exp_fail_call(exp, "socket");
	error = connect(fd, (struct sockaddr *)&address, length) ? errno : 0;
	close(fd);
	exp_say(exp, "%s=%s", key, exp_errno(error));
	if (error != expected)
		return exp_fail(exp, "%s: %s, not %s", key, exp_errno(error), exp_errno(expected));
	return 0;
}

/* No packet leaves: the question is whether the kernel understands the address. */
static int connect_link_local(const struct exp *exp, unsigned int scope, const char *key)
{
	struct sockaddr_in6 there = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	int fd, error;

	inet_pton(AF_INET6, "fe80::9", &there.sin6_addr);
	there.sin6_scope_id = scope;
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return exp_fail_call(exp, "socket");
	error = connect(fd, (struct sockaddr *)&there, sizeof(there)) ? errno : 0;
	close(fd);
	exp_say(exp, "%s=%s", key, exp_errno(error));
	if ((error == EINVAL) != !scope)
		return exp_fail(exp, "%s: %s", key, exp_errno(error));
	return 0;
}

static int client(struct exp *exp)
{
	uint64_t both, only;

	if (exp_hear(exp, &both) || connect_by(exp, AF_INET, both, "ipv4", 0) ||
	    connect_by(exp, AF_INET6, both, "ipv6", 0))
		return EXIT_FAILURE;
	if (exp_hear(exp, &only) || connect_by(exp, AF_INET, only, "v6only_ipv4", ECONNREFUSED) ||
	    connect_by(exp, AF_INET6, only, "v6only_ipv6", 0))
		return EXIT_FAILURE;
	return connect_link_local(exp, 0, "link_local") ||
	       connect_link_local(exp, LOOPBACK_INDEX, "link_local_on_lo");
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "ipv6_dual",
		.short_name = "dual",
		.question = "Can an IPv6 listener serve IPv4?",
		.predict =
			"Predict: which address does the server see of an IPv4 client, and what\n"
			"does that client get when the server has set IPV6_V6ONLY?",
		.one_family = true,
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
