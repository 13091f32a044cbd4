/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: why do I loop on read(), and how do I see the end?
 *
 * Predict: the client sends 102,400 bytes with one write(). The server asks for
 * 102,400 with one read(). How many does it get? Then the client writes 1,000
 * more and closes. In which state is the server's socket while these are
 * unread, and when does read() return 0?
 *
 * read() returns as soon as there is something, with what there is: TCP keeps
 * bytes in order and forgets how they were written. Who needs all of a message
 * loops: that is readn(). It goes on after EINTR, and stops early only at the
 * end. The end is the peer's FIN: the kernel moves to CLOSE_WAIT when it
 * arrives, but read() still returns what was queued before it, and 0 only when
 * the queue is empty, from then on each time. A count is signed: with size_t,
 * -1 would be a huge number of bytes.
 *
 * Read on: read(2), recv(2) under MSG_WAITALL, signal(7); RFC 9293 section 3.6.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define LAST_BYTES 1000
#define RCVBUF_BYTES 16384
#define SIGNAL_EVERY_US 20000

static unsigned int calls, interrupted;

/* Reads size bytes; fewer only when the end came first. -1: errno says why. */
static ssize_t readn(int fd, void *buffer, size_t size)
{
	char *next = buffer;
	size_t left = size;

	while (left > 0) {
		ssize_t got = read(fd, next, left);

		calls++;
		if (got == 0)
			break;
		if (got < 0 && errno == EINTR) {
			interrupted++;
			continue;
		}
		if (got < 0)
			return -1;
		next += got;
		left -= got;
	}
	return size - left;
}

static void signals(suseconds_t every_us)
{
	struct itimerval timer = { .it_interval.tv_usec = every_us, .it_value.tv_usec = every_us };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Interrupts readn() three times, and then lets the client write. */
static const struct exp *on_alarm_exp;

static void on_alarm(int number)
{
	static int times;

	(void)number;
	if (++times < 3)
		return;
	signals(0);
	exp_signal(on_alarm_exp);
}

static int read_message(const struct exp *exp, int fd, char *data, size_t bytes)
{
	ssize_t got, rest;

	/* Nothing has come yet: read() sleeps, and signals wake it in vain. */
	got = readn(fd, data, 1);
	exp_say(exp, "interrupted=%u", interrupted);
	if (got != 1)
		return exp_fail_call(exp, "readn");
	calls = 0;
	got = read(fd, data + 1, bytes - 1);
	rest = got < 0 ? -1 : readn(fd, data + 1 + got, bytes - 1 - got);
	exp_say(exp, "one_read=%zd", got);
	exp_say(exp, "readn_result=%zd", rest);
	exp_say(exp, "readn_calls=%u", calls);
	if (rest != (ssize_t)bytes - 1 - got)
		return exp_fail(exp, "readn() returned %zd", rest);
	if (!exp->options.changed && !rest)
		return exp_fail(exp, "one read() returned all of it");
	return exp_signal(exp);
}

static int read_end(const struct exp *exp, int fd, char *data, size_t bytes)
{
	const char *state;
	ssize_t got;

	/* The client has closed; wait for its FIN, without reading. */
	while (strcmp(state = measure_state(fd), "CLOSE_WAIT"))
		exp_sleep(1000000);
	exp_say(exp, "state_before_end=%s", state);
	exp_say(exp, "unread_at_fin=%d", measure_unread(fd));
	got = readn(fd, data, bytes);
	exp_say(exp, "last_readn=%zd", got);
	if (got != LAST_BYTES)
		return exp_fail(exp, "after the FIN readn() returned %zd, not %d", got, LAST_BYTES);
	got = read(fd, data, bytes);
	exp_say(exp, "read_at_end=%zd", got);
	exp_say(exp, "bytes_read=%zu", bytes + LAST_BYTES);
	return got ? exp_fail(exp, "read() at the end returned %zd", got) : 0;
}

static int server(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	struct sigaction action = { .sa_handler = on_alarm };
	int listener = exp_listen(exp, 1), size = RCVBUF_BYTES, status, fd;
	char *data = malloc(bytes + LAST_BYTES);

	if (listener < 0 || !data)
		return EXIT_FAILURE;
	/* So little room that the message never lies there as a whole. Now the client may come. */
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (exp_tell(exp, exp_port(listener)))
		return EXIT_FAILURE;
	fd = exp_accept(exp, listener);
	if (fd < 0)
		return EXIT_FAILURE;
	on_alarm_exp = exp;
	sigaction(SIGALRM, &action, NULL);
	signals(SIGNAL_EVERY_US);
	status = read_message(exp, fd, data, bytes) || read_end(exp, fd, data, bytes);
	close(fd);
	close(listener);
	free(data);
	return status;
}

static int client(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	char *data = calloc(1, bytes + LAST_BYTES);
	int fd;

	if (!data)
		return exp_fail_call(exp, "calloc");
	/* The first word of the port comes too early. */
	fd = exp_wait(exp) ? -1 : exp_connect(exp);
	if (fd < 0 || exp_wait(exp))
		return EXIT_FAILURE;
	if (write(fd, data, bytes) != (ssize_t)bytes)
		return exp_fail_call(exp, "write");
	if (exp_wait(exp))
		return EXIT_FAILURE;
	if (write(fd, data, LAST_BYTES) != LAST_BYTES)
		return exp_fail_call(exp, "write");
	exp_say(exp, "bytes_sent=%zu", bytes + LAST_BYTES);
	close(fd);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "readn_eof",
		.short_name = "readn",
		.question = "Why do I loop on read(), and how do I see the end?",
		.predict =
			"Predict: one write() sends 102,400 bytes. How many does one read() get?\n"
			"When does read() return 0?",
		.defaults = { [EXP_BYTES] = "102400" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
