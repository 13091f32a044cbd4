/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: when does send() return less than I asked for?
 *
 * Predict: nobody reads, so the buffers fill. The client asks to send
 * 10,000,000 bytes, first without blocking, then, on a second connection,
 * blocking but interrupted by a signal. What does each send() return, and what
 * the next one?
 *
 * A non-blocking send() takes what finds room and returns that number; when
 * nothing finds room it fails with EAGAIN, and poll() says when there is room
 * again. A blocking send() sleeps until all is taken, so its count is the whole
 * one, unless a signal wakes it: then it returns what it had taken so far, even
 * if the handler is installed with SA_RESTART, and EINTR only if that was
 * nothing and SA_RESTART is not set. None of these is a failure. Hence the
 * loop: go on with the rest.
 *
 * Read on: send(2), poll(2), signal(7) under "Interruption of system calls".
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define SIGNAL_EVERY_US 100000

/* One connection: reads when it is told to, until the end. */
static int receive(const struct exp *exp, int listener, struct measure_reads *reads)
{
	size_t size = exp->options.value[EXP_READ];
	int fd = exp_accept(exp, listener);
	char *data = malloc(size);
	ssize_t got = 1;

	if (fd < 0 || !data || exp_wait(exp))
		return EXIT_FAILURE;
	while (got > 0) {
		got = read(fd, data, size);
		measure_read(exp, reads, size, got);
	}
	free(data);
	close(fd);
	return got ? exp_fail_call(exp, "read") : 0;
}

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 2);
	struct measure_reads reads = { 0 };

	/* The client connects twice to the same port, and hears of it twice. */
	if (listener < 0 || exp_tell(exp, exp_port(listener)) || receive(exp, listener, &reads) ||
	    receive(exp, listener, &reads))
		return EXIT_FAILURE;
	close(listener);
	measure_say_reads(exp, &reads);
	if (reads.bytes != 2 * exp->options.value[EXP_BYTES])
		return exp_fail(exp, "fewer bytes came than were sent");
	return 0;
}

static void on_alarm(int number)
{
	(void)number;
}

/* A signal again and again, 0: no more. One of them comes while send() sleeps. */
static void signals(suseconds_t every_us, int flags)
{
	struct itimerval timer = { .it_interval.tv_usec = every_us, .it_value.tv_usec = every_us };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Sends with flags until that fails, then the rest to a server that reads. */
static int play(const struct exp *exp, const char *name, const char *data, int flags, int expected)
{
	size_t bytes = exp->options.value[EXP_BYTES], sum = 0;
	ssize_t first, next, rest;
	int size = exp->options.value[EXP_SNDBUF], error;
	int fd = exp_connect(exp);

	if (fd < 0)
		return EXIT_FAILURE;
	if (size && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)))
		return exp_fail_call(exp, "setsockopt");
	signals(SIGNAL_EVERY_US, SA_RESTART);
	first = next = send(fd, data, bytes, flags);
	/* The buffer is full now: without SA_RESTART a signal leaves nothing to return. */
	signals(SIGNAL_EVERY_US, 0);
	while (next > 0 && (sum += next) < bytes)
		next = send(fd, data + sum, bytes - sum, flags);
	error = next < 0 ? errno : 0;
	signals(0, 0);
	exp_say(exp, "%s_first=%zd", name, first);
	exp_say(exp, "%s_sum=%zu", name, sum);
	exp_say(exp, "%s_errno=%s", name, exp_errno(error));
	if (first <= 0 || error != expected)
		return exp_fail(exp, "%s: send() took %zd, and then said %s, not %s", name, first,
				exp_errno(error), exp_errno(expected));
	if (exp_signal(exp))
		return EXIT_FAILURE;
	rest = send(fd, data + sum, bytes - sum, 0);
	exp_say(exp, "%s_rest=%zd", name, rest);
	close(fd);
	return rest == (ssize_t)(bytes - sum) ? 0 : exp_fail(exp, "the rest: %zd only", rest);
}

static int client(struct exp *exp)
{
	char *data = measure_data(exp);
	int status;

	if (!data)
		return EXIT_FAILURE;
	/* MSG_DONTWAIT is O_NONBLOCK for one call. */
	status = play(exp, "nonblocking", data, MSG_DONTWAIT, EAGAIN) ||
		 play(exp, "blocking", data, 0, EINTR);
	free(data);
	return status;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "short_write",
		.short_name = "short",
		.question = "When does send() return less than I asked for?",
		.predict = "Predict: nobody reads. What does send() of 10,000,000 bytes return "
			   "when it\n"
			   "must not block, and what when it blocks and a signal comes?",
		.defaults = { [EXP_BYTES] = "10000000",
			      [EXP_READ] = "1048576",
			      [EXP_SNDBUF] = "0" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
