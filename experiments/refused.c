/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: why does a wrong port fail at once?
 *
 * Predict: the server has called bind() but not listen(). How long does connect()
 * take, and what does it return? Which end sends what? The server then calls
 * listen() on the same socket: what does the next connect() return?
 *
 * The host is there and answers. Its kernel finds no listener for the SYN's port
 * and sends a RST that acknowledges the SYN. That is an answer: connect() returns
 * ECONNREFUSED after one round trip, without a second SYN. A bound socket owns
 * its port, but only listen() makes the kernel accept connections for it. The
 * server's program is asked neither time.
 *
 * Read on: connect(2) under ECONNREFUSED, listen(2); RFC 9293 section 3.5.2,
 * group 1.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int server(struct exp *exp)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, 0, &address);
	int fd = socket(exp->family, SOCK_STREAM, 0), accepted;
	uint64_t resets;

	if (fd < 0)
		return exp_fail_call(exp, "socket");
	if (bind(fd, (struct sockaddr *)&address, length))
		return exp_fail_call(exp, "bind");
	resets = measure_counter("TcpOutRsts");
	exp_say(exp, "state_after_bind=%s", measure_state(fd));
	if (exp_tell(exp, exp_port(fd)) || exp_wait(exp))
		return EXIT_FAILURE;
	resets = measure_counter("TcpOutRsts") - resets;
	exp_say(exp, "resets_sent=%llu", (unsigned long long)resets);
	if (!resets)
		return exp_fail(exp, "the kernel sent no RST");
	if (listen(fd, 1))
		return exp_fail_call(exp, "listen");
	exp_say(exp, "state_after_listen=%s", measure_state(fd));
	if (exp_signal(exp))
		return EXIT_FAILURE;
	accepted = accept(fd, NULL, NULL);
	if (accepted < 0)
		return exp_fail_call(exp, "accept");
	if (exp_wait(exp))
		return EXIT_FAILURE;
	close(accepted);
	close(fd);
	return 0;
}

/* One connect() on a socket of its own, which is closed again. */
static int try(const struct exp *exp, const char *when, unsigned int port, int expected)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, port, &address);
	int fd = socket(exp->family, SOCK_STREAM, 0), error;
	uint64_t start_ns, ns;

	if (fd < 0)
		return exp_fail_call(exp, "socket");
	start_ns = exp_now_ns();
	error = connect(fd, (struct sockaddr *)&address, length) ? errno : 0;
	ns = exp_now_ns() - start_ns;
	exp_say(exp, "%s_errno=%s", when, exp_errno(error));
	exp_say(exp, "%s_ns=%llu", when, (unsigned long long)ns);
	exp_say(exp, "%s_state=%s", when, measure_state(fd));
	close(fd);
	if (error != expected)
		return exp_fail(exp, "connect() %s gave %s", when, exp_errno(error));
	if (ns < 2 * exp->options.value[EXP_DELAY])
		return exp_fail(exp, "connect() returned before an answer could have come");
	return 0;
}

static int client(struct exp *exp)
{
	uint64_t port;

	if (exp_hear(exp, &port))
		return EXIT_FAILURE;
	if (try(exp, "before_listen", port, ECONNREFUSED) || exp_signal(exp) || exp_wait(exp))
		return EXIT_FAILURE;
	return try(exp, "after_listen", port, 0) || exp_signal(exp);
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "refused",
		.short_name = "refused",
		.question = "Why does a wrong port fail at once?",
		.predict = "Predict: nobody listens on the port. How long does connect() take, and "
			   "what\n"
			   "arrives? And when the server has called listen()?",
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
