/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: what does SOCK_DGRAM do instead?
 *
 * Predict: a client makes a socket of SOCK_DGRAM and connects it to a port at
 * which nobody listens. What does connect() say? And the first send(), and the
 * second? Then two datagrams go to a server: how many recv() does it need, if
 * its buffer has room for both?
 *
 * SOCK_DGRAM is UDP. connect() notes the peer's address and sends nothing, so
 * it can't fail for want of a listener. The first send() sends a datagram and
 * is done: success means "sent". The other host answers with ICMP (port
 * unreachable), the kernel keeps that as an error of the socket, and the next
 * call reports it: ECONNREFUSED, one send() late. A datagram stays one: recv()
 * returns exactly one, however large the buffer is. There is no listen() and
 * no accept(). SOCK_RAW, for root, shows what TCP and UDP hide: the headers.
 *
 * Read on: udp(7), raw(7), connect(2); RFC 1122 section 4.1.3.3.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define DATAGRAM_BYTES 100

/* A port of the server's host; tells it. deaf: whatever comes for it is refused. */
static int open_port(const struct exp *exp, bool deaf)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, 0, &address);
	int fd = socket(exp->family, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length)) {
		exp_fail_call(exp, "bind");
		return -1;
	}
	/* Connected to itself, it takes datagrams of nobody else, but keeps the port. */
	length = exp_address(exp, exp_port(fd), &address);
	if (deaf && connect(fd, (struct sockaddr *)&address, length)) {
		exp_fail_call(exp, "connect");
		return -1;
	}
	return exp_tell(exp, exp_port(fd)) ? -1 : fd;
}

/* Protocol 0 asks for the default one of the type, and SOCK_RAW has none. */
static int say_raw_default(const struct exp *exp)
{
	int fd = socket(exp->family, SOCK_RAW, 0), error = fd < 0 ? errno : 0;

	exp_say(exp, "raw_socket_of_protocol_0=%s", exp_errno(error));
	if (error != EPROTONOSUPPORT)
		return exp_fail(exp, "SOCK_RAW took protocol 0: %s", exp_errno(error));
	return 0;
}

/* A raw socket gets a copy of every UDP packet; this host's others have other ports. */
static int say_raw(const struct exp *exp, int raw, unsigned int port)
{
	unsigned char packet[2048], *udp;
	ssize_t bytes;

	do {
		bytes = recv(raw, packet, sizeof(packet), 0);
		if (bytes < 0)
			return exp_fail_call(exp, "recv from SOCK_RAW");
		/* The IPv4 header comes along, the IPv6 header does not. */
		udp = packet + (exp->family == AF_INET ? (packet[0] & 15) * 4 : 0);
	} while ((unsigned int)(udp[2] << 8 | udp[3]) != port);
	exp_say(exp, "raw_bytes=%zd", bytes);
	exp_say(exp, "raw_header_bytes=%zd", bytes - DATAGRAM_BYTES);
	if (bytes <= DATAGRAM_BYTES)
		return exp_fail(exp, "SOCK_RAW showed no header");
	return 0;
}

static int server(struct exp *exp)
{
	char data[10 * DATAGRAM_BYTES];
	int deaf, fd, raw;

	deaf = open_port(exp, true);
	if (deaf < 0 || exp_wait(exp))
		return EXIT_FAILURE;
	raw = socket(exp->family, SOCK_RAW, IPPROTO_UDP);
	exp_say(exp, "raw_socket=%s", exp_errno(raw < 0 ? errno : 0));
	if (raw >= 0 && say_raw_default(exp))
		return EXIT_FAILURE;
	fd = open_port(exp, false);
	if (fd < 0)
		return EXIT_FAILURE;
	exp_say(exp, "listen=%s", exp_errno(listen(fd, 1) ? errno : 0));
	/* Both are there when it begins to look. */
	if (exp_wait(exp))
		return EXIT_FAILURE;
	for (int i = 1; i <= 2; i++) {
		ssize_t got = recv(fd, data, sizeof(data), 0);

		exp_say(exp, "recv_%d=%zd", i, got);
		if (got != DATAGRAM_BYTES)
			return exp_fail(exp, "recv() did not return one datagram");
	}
	if (raw >= 0 && say_raw(exp, raw, exp_port(fd)))
		return EXIT_FAILURE;
	close(fd);
	close(deaf);
	return 0;
}

static int connect_to_port(const struct exp *exp)
{
	struct sockaddr_storage address;
	int fd = socket(exp->family, SOCK_DGRAM, 0);
	uint64_t port, sent;
	socklen_t length;

	if (fd < 0 || exp_hear(exp, &port))
		return -1;
	length = exp_address(exp, port, &address);
	sent = measure_counter("UdpOutDatagrams");
	if (connect(fd, (struct sockaddr *)&address, length)) {
		exp_fail_call(exp, "connect");
		return -1;
	}
	exp_say(exp, "datagrams_sent_by_connect=%llu",
		(unsigned long long)(measure_counter("UdpOutDatagrams") - sent));
	exp_say_ends(exp, fd);
	return fd;
}

static int send_expecting(const struct exp *exp, int fd, const char *key, int expected)
{
	static const char data[DATAGRAM_BYTES];
	int error = send(fd, data, sizeof(data), 0) < 0 ? errno : 0;

	exp_say(exp, "%s=%s", key, exp_errno(error));
	if (error != expected)
		return exp_fail(exp, "%s: %s, not %s", key, exp_errno(error), exp_errno(expected));
	return 0;
}

static int client(struct exp *exp)
{
	struct pollfd answer = { 0 };
	int fd;

	answer.fd = connect_to_port(exp);
	if (answer.fd < 0 || send_expecting(exp, answer.fd, "send_1", 0))
		return EXIT_FAILURE;
	/* Until the ICMP answer is here: POLLERR needs no asking for. */
	if (poll(&answer, 1, -1) != 1)
		return exp_fail_call(exp, "poll");
	if (send_expecting(exp, answer.fd, "send_2", ECONNREFUSED) || exp_signal(exp))
		return EXIT_FAILURE;
	fd = connect_to_port(exp);
	if (fd < 0 || send_expecting(exp, fd, "send_3", 0) || send_expecting(exp, fd, "send_4", 0))
		return EXIT_FAILURE;
	close(fd);
	close(answer.fd);
	return exp_signal(exp);
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "udp_contrast",
		.short_name = "udp",
		.question = "What does SOCK_DGRAM do instead?",
		.predict =
			"Predict: nobody is at the port. What do connect(), the first send() and\n"
			"the second send() say?",
		.no_tcp_on_wire = true,
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
