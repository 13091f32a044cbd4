/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: why can connect() hang for two minutes?
 *
 * Predict: the server is up and listens, but no packet reaches it. How often does
 * the client's kernel send a SYN, and when? When does connect() return, and with
 * which error? What does the server know of it?
 *
 * Silence says nothing: the SYN may be lost, or its answer, or the host may be
 * off. So the kernel sends the SYN again, first after a second, later after twice
 * as long each time, and gives up with ETIMEDOUT. With TCP_SYNCNT = n that is
 * after the time that n doubled repeats take, 2^(n+1) - 1 seconds or the next
 * repeat after that. Kernels since 6.5 repeat a few times at one second first
 * (tcp_syn_linear_timeouts), so that more than n SYNs find room in that time. The
 * usual n is 6 (tcp_syn_retries): two minutes. --syncnt 0 leaves it to the kernel.
 *
 * Read on: connect(2), tcp(7) under TCP_SYNCNT; tcp_syn_retries and
 * tcp_syn_linear_timeouts in the kernel's ip-sysctl; RFC 6298 section 2.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

/* Returns the TCP_SYNCNT that is in force, or -1 when the reason was printed. */
static int choose_syncnt(const struct exp *exp, int fd)
{
	int syncnt = exp->options.value[EXP_SYNCNT];
	socklen_t length = sizeof(syncnt);

	if (syncnt && setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &syncnt, sizeof(syncnt))) {
		exp_fail_call(exp, "setsockopt TCP_SYNCNT");
		return -1;
	}
	getsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &syncnt, &length);
	exp_say(exp, "syncnt=%d", syncnt);
	return syncnt;
}

static int client(struct exp *exp)
{
	struct sockaddr_storage address;
	uint64_t port, start_ns, again;
	int fd, syncnt, error;
	socklen_t length;

	if (exp_hear(exp, &port))
		return EXIT_FAILURE;
	length = exp_address(exp, port, &address);
	fd = socket(exp->family, SOCK_STREAM, 0);
	if (fd < 0)
		return exp_fail_call(exp, "socket");
	syncnt = choose_syncnt(exp, fd);
	if (syncnt < 0)
		return EXIT_FAILURE;
	start_ns = exp_now_ns();
	error = connect(fd, (struct sockaddr *)&address, length) ? errno : 0;
	exp_say(exp, "connect_ns=%llu", (unsigned long long)(exp_now_ns() - start_ns));
	again = measure_counter("TcpExtTCPSynRetrans");
	exp_say(exp, "connect_errno=%s", exp_errno(error));
	exp_say(exp, "syn_again=%llu", (unsigned long long)again);
	exp_say(exp, "state_after_connect=%s", measure_state(fd));
	if (exp_signal(exp) || exp_wait(exp))
		return EXIT_FAILURE;
	close(fd);
	if (wire_script_drops(&exp->options.wire, UINT64_MAX) &&
	    (error != ETIMEDOUT || again < (uint64_t)syncnt))
		return exp_fail(exp, "connect() gave %s after %llu repeats", exp_errno(error),
				(unsigned long long)again);
	return 0;
}

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1), limit, queue;

	if (listener < 0 || exp_wait(exp))
		return EXIT_FAILURE;
	queue = measure_accept_queue(listener, &limit);
	exp_say(exp, "state=%s", measure_state(listener));
	exp_say(exp, "queue=%d", queue);
	exp_say(exp, "segments_in=%llu", (unsigned long long)measure_counter("TcpInSegs"));
	close(listener);
	return exp_signal(exp);
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "timeout",
		.short_name = "timeout",
		.question = "Why can connect() hang for two minutes?",
		.predict = "Predict: no packet arrives anywhere. How often is the SYN sent, when, "
			   "and\n"
			   "what does connect() return in the end?",
		.defaults = { [EXP_SYNCNT] = "2", [EXP_DROP] = "1+" },
		.on_wire = true,
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
