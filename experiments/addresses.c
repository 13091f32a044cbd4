/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: how does bind() know which struct I passed?
 *
 * Predict: how long is the address of each family, and what do its first two
 * bytes say? What does bind() return when the length is too short, and what
 * when the address is of another family than the socket?
 *
 * bind() gets a pointer and a length; the pointer's type is gone by then. The
 * kernel copies as many bytes as the length says and gives them to the family
 * of the socket, which socket() has fixed. That one looks whether the length is
 * enough (16 for IPv4; for IPv6 24, as long as the struct was before
 * sin6_scope_id came, 28 today; more than 2 and at most 110 for a local name) and
 * then whether the first two bytes name its family. Too short: EINVAL. Another
 * family: EAFNOSUPPORT, and from AF_LOCAL EINVAL. Where the name has no fixed
 * length, as in AF_LOCAL, the length also says where it ends.
 *
 * Read on: bind(2), ip(7), ipv6(7), unix(7), sockaddr(3type).
 */
#include "experiments/exp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static void dump(const struct exp *exp, const char *name, const union address *address,
		 socklen_t length)
{
	const unsigned char *bytes = (const unsigned char *)address;
	char text[2 * sizeof(*address) + 1] = "";

	for (socklen_t i = 0; i < length; i++)
		snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x", bytes[i]);
	exp_say(exp, "%s.length=%u", name, length);
	exp_say(exp, "%s.bytes=%s", name, text);
}

/* Gives the first length bytes of an address to a socket of that family. */
static int try_bind(const struct exp *exp, int family, const char *key,
		    const union address *address, socklen_t length, int expected)
{
	int fd = socket(family, SOCK_STREAM, 0);
	int error;

	if (fd < 0)
		return exp_fail_call(exp, "socket");
	error = bind(fd, &address->any, length) ? errno : 0;
	exp_say(exp, "%s=%s", key, exp_errno(error));
	close(fd);
	if (error != expected)
		return exp_fail(exp, "%s: not %s", key, exp_errno(expected));
	return 0;
}

/* Two names of one number: what socket() is given, and what an address begins with. */
static int same_family(const struct exp *exp, const char *name, int pf, int af)
{
	exp_say(exp, "AF_%s=%d", name, af);
	exp_say(exp, "PF_%s=%d", name, pf);
	return pf == af ? 0 : exp_fail(exp, "PF_%s is not AF_%s", name, name);
}

static int client(struct exp *exp)
{
	union address in = { .in = { .sin_family = AF_INET } };
	union address in6 = { .in6 = { .sin6_family = AF_INET6 } };
	union address un = { .un = { .sun_family = AF_LOCAL } };
	const socklen_t un_start = offsetof(struct sockaddr_un, sun_path);
	socklen_t un_length;

	if (same_family(exp, "INET", PF_INET, AF_INET) ||
	    same_family(exp, "INET6", PF_INET6, AF_INET6) ||
	    same_family(exp, "LOCAL", PF_LOCAL, AF_LOCAL))
		return EXIT_FAILURE;
	in.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* A name that begins with a zero byte lies in no directory: nothing to remove. */
	un_length =
		un_start + 1 +
		snprintf(un.un.sun_path + 1, sizeof(un.un.sun_path) - 1, "tcpwatch-%d", getpid());
	dump(exp, "in", &in, sizeof(in.in));
	dump(exp, "in6", &in6, sizeof(in6.in6));
	dump(exp, "un", &un, un_length);
	exp_say(exp, "un.longest=%zu", sizeof(un.un));

	if (try_bind(exp, AF_INET, "in.whole", &in, sizeof(in.in), 0) ||
	    try_bind(exp, AF_INET, "in.too_short", &in, sizeof(in.in) - 1, EINVAL) ||
	    try_bind(exp, AF_INET, "in.longer", &in, sizeof(in), 0) ||
	    try_bind(exp, AF_INET, "in.gets_in6", &in6, sizeof(in6.in6), EAFNOSUPPORT) ||
	    try_bind(exp, AF_INET6, "in6.whole", &in6, sizeof(in6.in6), 0) ||
	    try_bind(exp, AF_INET6, "in6.without_scope", &in6, 24, 0) ||
	    try_bind(exp, AF_INET6, "in6.too_short", &in6, 23, EINVAL) ||
	    try_bind(exp, AF_INET6, "in6.gets_in", &in, sizeof(in.in), EINVAL) ||
	    try_bind(exp, AF_INET6, "in6.gets_long_in", &in, sizeof(in), EAFNOSUPPORT))
		return EXIT_FAILURE;
	/* The same bytes with another length are another name; 2 bytes: the kernel finds one. */
	if (try_bind(exp, AF_LOCAL, "un.whole", &un, un_length, 0) ||
	    try_bind(exp, AF_LOCAL, "un.shorter", &un, un_length - 1, 0) ||
	    try_bind(exp, AF_LOCAL, "un.family_alone", &un, un_start, 0) ||
	    try_bind(exp, AF_LOCAL, "un.too_short", &un, un_start - 1, EINVAL) ||
	    try_bind(exp, AF_LOCAL, "un.gets_in", &in, sizeof(in.in), EINVAL))
		return EXIT_FAILURE;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "addresses",
		.short_name = "addr",
		.question = "How does bind() know which struct I passed?",
		.predict = "Predict: how long is each address, what do its first two bytes say, "
			   "and what\n"
			   "does bind() say to one that is too short, or of another family?",
		.without_wire = true,
		.one_family = true,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
