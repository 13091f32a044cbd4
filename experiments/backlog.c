/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: how many clients can wait, and what happens to the next one?
 *
 * Predict: the server calls listen() with a backlog of 1, and no accept(). Three
 * clients connect, one after the other. What does each of them get, and when?
 * Then the server calls accept() once. What does a fourth client get?
 *
 * A finished connection waits in the accept queue until accept() takes it. Linux
 * lets one more wait than the backlog says, which net.core.somaxconn caps. While
 * the queue is full, the kernel throws SYNs away: no answer, no RST, since there
 * may be room when the client's kernel tries again. The client is in SYN_SENT and
 * gets ETIMEDOUT in the end. The program of the server learns nothing;
 * ListenOverflows and ListenDrops count it (nstat). accept() makes room for one.
 * The backlog is not fixed for good: a second listen() on the same socket sets it
 * anew, as this server does before anybody comes.
 *
 * Read on: listen(2), tcp(7) under TCP_SYNCNT; ss(8): for a listener Recv-Q is the
 * length of the queue and Send-Q the backlog.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_AGAIN_NS 1000000ull

/* One client. Tells the server what came of it, and waits until that has looked. */
static int try(const struct exp *exp, unsigned int port, uint64_t number, bool room)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, port, &address);
	int syncnt = exp->options.value[EXP_SYNCNT];
	int fd = socket(exp->family, SOCK_STREAM, 0), error;
	uint64_t start_ns;

	if (fd < 0)
		return exp_fail_call(exp, "socket");
	if (syncnt && setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &syncnt, sizeof(syncnt)))
		return exp_fail_call(exp, "setsockopt TCP_SYNCNT");
	start_ns = exp_now_ns();
	error = connect(fd, (struct sockaddr *)&address, length) ? errno : 0;
	exp_say(exp, "connect_%llu_ns=%llu", (unsigned long long)number,
		(unsigned long long)(exp_now_ns() - start_ns));
	exp_say(exp, "connect_%llu_errno=%s", (unsigned long long)number, exp_errno(error));
	/* The descriptors stay open until the process ends: so do the connections. */
	if (error != (room ? 0 : ETIMEDOUT))
		return exp_fail(exp, "client %llu got %s", (unsigned long long)number,
				exp_errno(error));
	return exp_signal(exp) || exp_wait(exp);
}

static int client(struct exp *exp)
{
	uint64_t count = exp->options.value[EXP_COUNT], port, limit, number;

	if (exp_hear(exp, &port) || exp_hear(exp, &limit))
		return EXIT_FAILURE;
	for (number = 1; number <= count; number++)
		if (try(exp, port, number, number <= limit + 1))
			return EXIT_FAILURE;
	/* The server has called accept() meanwhile. */
	return exp_wait(exp) || try(exp, port, number, true) || exp_wait(exp);
}

/* The last handshake may end a moment later here than at the client. */
static int wait_for_queue(const struct exp *exp, int listener, int expected)
{
	int limit;

	if (exp_wait(exp))
		return EXIT_FAILURE;
	while (measure_accept_queue(listener, &limit) < expected)
		exp_sleep(LOOK_AGAIN_NS);
	return exp_signal(exp);
}

/* A second listen() on the same socket, before anybody comes: the limit is the new one. */
static int listen_again(const struct exp *exp, int listener, int backlog, int *limit)
{
	int first;

	measure_accept_queue(listener, &first);
	exp_say(exp, "first_queue_limit=%d", first);
	if (listen(listener, backlog))
		return exp_fail_call(exp, "listen");
	measure_accept_queue(listener, limit);
	exp_say(exp, "queue_limit=%d", *limit);
	if (!exp->options.changed && *limit == first)
		return exp_fail(exp, "a second listen() changed nothing");
	return exp_tell(exp, *limit);
}

static int server(struct exp *exp)
{
	int backlog = exp->options.value[EXP_BACKLOG], count = exp->options.value[EXP_COUNT];
	uint64_t overflows = measure_counter("TcpExtListenOverflows");
	uint64_t drops = measure_counter("TcpExtListenDrops");
	int listener = exp_listen(exp, backlog + 1), limit, queue = 0, fd;

	if (listener < 0)
		return EXIT_FAILURE;
	if (!count)
		return exp_fail(exp, "--count 0: accept() would wait for ever");
	if (listen_again(exp, listener, backlog, &limit))
		return EXIT_FAILURE;
	for (int number = 1; number <= count; number++)
		if (wait_for_queue(exp, listener, number <= limit + 1 ? number : limit + 1))
			return EXIT_FAILURE;
	queue = measure_accept_queue(listener, &limit);
	overflows = measure_counter("TcpExtListenOverflows") - overflows;
	drops = measure_counter("TcpExtListenDrops") - drops;
	exp_say(exp, "queue=%d", queue);
	exp_say(exp, "syns_dropped=%llu", (unsigned long long)overflows);
	exp_say(exp, "listen_drops=%llu", (unsigned long long)drops);
	if (count > limit + 1 && (queue != limit + 1 || !overflows || !drops))
		return exp_fail(exp, "%d wait, %llu SYNs were dropped", queue,
				(unsigned long long)overflows);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return exp_fail_call(exp, "accept");
	exp_say(exp, "queue_after_accept=%d", measure_accept_queue(listener, &limit));
	if (exp_signal(exp) || wait_for_queue(exp, listener, queue))
		return EXIT_FAILURE;
	exp_say(exp, "queue_at_end=%d", measure_accept_queue(listener, &limit));
	return exp_signal(exp);
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "backlog",
		.short_name = "backlog",
		.question = "How many clients can wait, and what happens to the next one?",
		.predict = "Predict: a backlog of 1, no accept(), three clients. What does each of "
			   "them\n"
			   "get, and when? And one more, after one accept()?",
		.defaults = { [EXP_COUNT] = "3", [EXP_BACKLOG] = "1", [EXP_SYNCNT] = "1" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
