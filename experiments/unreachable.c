/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: unreachable or timed out: how do I tell?
 *
 * Predict: eight addresses that nobody answers at, each for a reason of its own
 * (the table below). For which of them does a SYN leave? Which connect() fails at
 * once, which after seconds, and with which error?
 *
 * A route that is missing or says no makes connect() fail before there is a SYN.
 * On one's own network the kernel asks three times for the neighbour's hardware
 * address (ARP), then says "host unreachable" to itself. A router that can't or
 * may not forward says so in an ICMP message. Silence alone ends in ETIMEDOUT. So
 * an "unreachable" means that somebody said it: this host at once, this host after
 * ARP, or a router. The time and the ICMP counters tell who; the error alone does
 * not.
 *
 * Read on: connect(2), icmp(7), arp(7), ip-route(8); RFC 792; RFC 1122 section
 * 4.2.3.9.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

/* Who says that it can't be reached. */
enum says { OWN_ROUTES, OWN_ARP, ROUTER, NOBODY };

static const struct reason {
	const char *name;
	const char *address;
	int error;
	enum says says;
} reasons[] = {
	{ "no_route", "198.51.100.1", ENETUNREACH, OWN_ROUTES },
	{ "route_unreachable", "203.0.113.1", EHOSTUNREACH, OWN_ROUTES },
	{ "route_prohibit", "203.0.113.2", EACCES, OWN_ROUTES },
	{ "route_blackhole", "203.0.113.3", EINVAL, OWN_ROUTES },
	{ "dead_neighbour", "10.10.0.2", EHOSTUNREACH, OWN_ARP },
	/* The router on the wire sends the ICMP code that the last byte is. */
	{ "router_no_host", "192.0.2.1", EHOSTUNREACH, ROUTER },
	{ "router_prohibits", "192.0.2.13", EHOSTUNREACH, ROUTER },
	{ "router_silent", "192.0.2.99", ETIMEDOUT, NOBODY },
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

/* There is no default route: all that is not here is unknown. */
static int make_routes(const struct exp *exp)
{
	static const struct netns_device lan = { "lan0", true, "10.10.0.1", NULL };
	static const struct netns_route routes[] = {
		{ "203.0.113.1", 32, RTN_UNREACHABLE, NULL },
		{ "203.0.113.2", 32, RTN_PROHIBIT, NULL },
		{ "203.0.113.3", 32, RTN_BLACKHOLE, NULL },
		{ "192.0.2.0", 24, RTN_UNICAST, WIRE_DEVICE },
	};
	char problem[NETNS_PROBLEM_SIZE];

	if (netns_device(&lan, problem) < 0)
		return exp_fail(exp, "%s", problem);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (netns_route(&routes[i], problem))
			return exp_fail(exp, "%s", problem);
	return 0;
}

/* What the kernel counted since the last call. */
static uint64_t counted(const char *name, uint64_t *before)
{
	uint64_t now = measure_counter(name), more = now - *before;

	*before = now;
	return more;
}

static int check(const struct exp *exp, const struct reason *reason, int error)
{
	static uint64_t opens, again, received, sent;
	uint64_t syn = counted("TcpActiveOpens", &opens);
	uint64_t icmp_in = counted("IcmpInDestUnreachs", &received);
	uint64_t icmp_out = counted("IcmpOutDestUnreachs", &sent);

	exp_say(exp, "%s_errno=%s", reason->name, exp_errno(error));
	exp_say(exp, "%s_syn=%d", reason->name, (int)syn);
	exp_say(exp, "%s_syn_again=%d", reason->name, (int)counted("TcpExtTCPSynRetrans", &again));
	exp_say(exp, "%s_icmp_in=%d", reason->name, (int)icmp_in);
	exp_say(exp, "%s_icmp_out=%d", reason->name, (int)icmp_out);
	if (error != reason->error)
		return exp_fail(exp, "%s gave %s", reason->name, exp_errno(error));
	if (!!syn != (reason->says != OWN_ROUTES) || !!icmp_out != (reason->says == OWN_ARP) ||
	    !!icmp_in != (reason->says == OWN_ARP || reason->says == ROUTER))
		return exp_fail(exp, "%s: not said by whom it should be", reason->name);
	return 0;
}

static int try(const struct exp *exp, const struct reason *reason)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(80) };
	int syncnt = exp->options.value[EXP_SYNCNT];
	int fd = socket(AF_INET, SOCK_STREAM, 0), error;
	uint64_t start_ns;

	if (fd < 0)
		return exp_fail_call(exp, "socket");
	/* Only silence is cut short: ARP needs its three seconds. */
	if (reason->says == NOBODY && syncnt &&
	    setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &syncnt, sizeof(syncnt)))
		return exp_fail_call(exp, "setsockopt TCP_SYNCNT");
	inet_pton(AF_INET, reason->address, &address.sin_addr);
	start_ns = exp_now_ns();
	error = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	exp_say(exp, "%s_ns=%llu", reason->name, (unsigned long long)(exp_now_ns() - start_ns));
	close(fd);
	return check(exp, reason, error);
}

static int client(struct exp *exp)
{
	int status = 0;

	if (make_routes(exp))
		return EXIT_FAILURE;
	for (size_t i = 0; i < REASONS && !status; i++)
		status = try(exp, &reasons[i]);
	return status;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "unreachable",
		.short_name = "unreach",
		.question = "Unreachable or timed out: how do I tell?",
		.predict =
			"Predict: no route; a route that says no; a dead neighbour; a router that\n"
			"says no; a silent router. Which error does each give, and when?",
		.defaults = { [EXP_SYNCNT] = "1" },
		.on_wire = true,
		.no_tcp_on_wire = true,
		.one_family = true,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
