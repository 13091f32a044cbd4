/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: can connect() return before the handshake ends?
 *
 * Predict: a packet takes 200 ms, and the socket is non-blocking. When does
 * connect() return, and what? What state is the socket in, what does send() say?
 * How does the program learn that the connection is up, or that it was refused?
 *
 * connect() sends the SYN and, not allowed to sleep, returns EINPROGRESS. The
 * kernel goes on with the handshake by itself. Until it ends, send() gets EAGAIN
 * and another connect() EALREADY. When it has ended, well or not, the socket turns
 * writable: POLLOUT says only that there is news. Which, says SO_ERROR: 0, or the
 * error that a blocking connect() would have returned.
 *
 * Read on: connect(2) under EINPROGRESS, poll(2), socket(7) under SO_ERROR; RFC
 * 9293 section 3.5.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Waits until the attempt has ended. Returns what SO_ERROR says: 0 or an errno. */
static int outcome(const struct exp *exp, const char *whom, int fd)
{
	struct pollfd news = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0;

	poll(&news, 1, -1);
	exp_say(exp, "%s_writable=%d", whom, !!(news.revents & POLLOUT));
	exp_say(exp, "%s_poll_error=%d", whom, !!(news.revents & POLLERR));
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	exp_say(exp, "%s_so_error=%s", whom, exp_errno(error));
	exp_say(exp, "%s_state_after_poll=%s", whom, measure_state(fd));
	return error;
}

/* While the handshake goes on; state: what the socket was in right after connect(). */
static int use_too_early(const struct exp *exp, const char *whom, int fd,
			 const struct sockaddr_storage *address, socklen_t length)
{
	const char *state = measure_state(fd);
	int error = send(fd, "?", 1, 0) < 0 ? errno : 0;
	int again = connect(fd, (const struct sockaddr *)address, length) ? errno : 0;
	bool still = !strcmp(measure_state(fd), "SYN_SENT");

	exp_say(exp, "%s_state_after_connect=%s", whom, state);
	exp_say(exp, "%s_send_errno=%s", whom, exp_errno(error));
	exp_say(exp, "%s_connect_again_errno=%s", whom, exp_errno(again));
	/* A machine that stood still for so long finds the handshake ended. */
	if (still && (error != EAGAIN || again != EALREADY))
		return exp_fail(exp, "in SYN_SENT send() gave %s, connect() %s", exp_errno(error),
				exp_errno(again));
	return 0;
}

static int try(const struct exp *exp, const char *whom, unsigned int port, int expected)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, port, &address);
	int fd = socket(exp->family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	uint64_t start_ns = exp_now_ns(), ns;
	int error;

	if (fd < 0)
		return exp_fail_call(exp, "socket");
	error = connect(fd, (struct sockaddr *)&address, length) ? errno : 0;
	exp_say(exp, "%s_connect_ns=%llu", whom, (unsigned long long)(exp_now_ns() - start_ns));
	exp_say(exp, "%s_connect_errno=%s", whom, exp_errno(error));
	if (error != EINPROGRESS)
		return exp_fail(exp, "connect() to %s gave %s", whom, exp_errno(error));
	if (exp->options.value[EXP_DELAY] && use_too_early(exp, whom, fd, &address, length))
		return EXIT_FAILURE;
	error = outcome(exp, whom, fd);
	ns = exp_now_ns() - start_ns;
	exp_say(exp, "%s_outcome_ns=%llu", whom, (unsigned long long)ns);
	close(fd);
	if (error != expected)
		return exp_fail(exp, "SO_ERROR of %s is %s", whom, exp_errno(error));
	if (ns < 2 * exp->options.value[EXP_DELAY])
		return exp_fail(exp, "writable before an answer could have come");
	return 0;
}

static int client(struct exp *exp)
{
	uint64_t listening, silent;

	if (exp_hear(exp, &listening) || exp_hear(exp, &silent))
		return EXIT_FAILURE;
	if (try(exp, "listener", listening, 0) || try(exp, "nobody", silent, ECONNREFUSED))
		return EXIT_FAILURE;
	return exp_signal(exp);
}

/* Its second socket owns a port, but nobody listens there. */
static int server(struct exp *exp)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, 0, &address);
	int listener = exp_listen(exp, 1), silent = socket(exp->family, SOCK_STREAM, 0), fd;

	if (listener < 0 || silent < 0)
		return EXIT_FAILURE;
	if (bind(silent, (struct sockaddr *)&address, length))
		return exp_fail_call(exp, "bind");
	if (exp_tell(exp, exp_port(silent)))
		return EXIT_FAILURE;
	fd = exp_accept(exp, listener);
	if (fd < 0 || exp_wait(exp))
		return EXIT_FAILURE;
	close(fd);
	close(silent);
	close(listener);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "connect_nonblock",
		.short_name = "nonblock",
		.question = "Can connect() return before the handshake ends?",
		.predict = "Predict: what does a non-blocking connect() return, and when? How does "
			   "the\n"
			   "program learn how it went?",
		.defaults = { [EXP_DELAY] = "200ms" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
