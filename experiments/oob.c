/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: how urgent is urgent data?
 *
 * Predict: the client sends "abc", then "XY" with MSG_OOB, then "def". The
 * server reads only when all of it has arrived. What does its first recv()
 * return? What is out of band? Does it come earlier than the rest?
 *
 * TCP has no second band. The bytes travel in the same stream; the header only
 * gets the URG flag and a pointer to where urgent data ends. Linux takes the
 * last byte in front of that, here 'Y', out of the stream: recv(MSG_OOB) returns
 * it, and an ordinary recv() stops where it was, even if more is queued. 'X' is
 * an ordinary byte. The server's kernel says SIGURG, and POLLPRI, as soon as
 * the pointer arrives, even while the program is busy. New programs should not
 * use it (RFC 6093).
 *
 * Read on: recv(2) under MSG_OOB, tcp(7) under "Sockets API", sockatmark(3);
 * RFC 9293 section 3.8.5, RFC 6093.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t urgent_signals;

static void on_urgent(int number)
{
	(void)number;
	urgent_signals++;
}

/* One recv(), what it said, and whether that is what was expected of it. */
static int take(const struct exp *exp, int fd, int flags, const char *name, const char *expected)
{
	char data[16] = "";
	ssize_t got = recv(fd, data, sizeof(data) - 1, flags);

	exp_say(exp, "%s=%s", name, data);
	if (got != (ssize_t)strlen(expected) || strcmp(data, expected))
		return exp_fail(exp, "%s is \"%s\", not \"%s\"", name, data, expected);
	return 0;
}

static int take_all(const struct exp *exp, int fd)
{
	struct pollfd urgent = { .fd = fd, .events = POLLPRI };
	char byte;

	poll(&urgent, 1, 0);
	exp_say(exp, "sigurg=%d", (int)urgent_signals);
	exp_say(exp, "pollpri=%d", urgent.revents == POLLPRI);
	exp_say(exp, "unread_before_mark=%d", measure_unread(fd));
	if (take(exp, fd, 0, "first_recv", "abcX"))
		return EXIT_FAILURE;
	exp_say(exp, "at_mark=%d", sockatmark(fd));
	if (take(exp, fd, MSG_OOB, "oob_recv", "Y") || take(exp, fd, 0, "second_recv", "def"))
		return EXIT_FAILURE;
	exp_say(exp, "oob_again=%zd", recv(fd, &byte, 1, MSG_OOB));
	exp_say(exp, "oob_again_errno=%s", exp_errno(errno));
	if (!urgent_signals || urgent.revents != POLLPRI)
		return exp_fail(exp, "no SIGURG or no POLLPRI came");
	return 0;
}

static int server(struct exp *exp)
{
	struct sigaction action = { .sa_handler = on_urgent, .sa_flags = SA_RESTART };
	int listener = exp_listen(exp, 1), fd;

	if (listener < 0)
		return EXIT_FAILURE;
	sigaction(SIGURG, &action, NULL);
	fd = exp_accept(exp, listener);
	/* Whom the kernel tells by SIGURG; the client waits for that. */
	if (fd < 0 || fcntl(fd, F_SETOWN, getpid()) || exp_signal(exp))
		return EXIT_FAILURE;
	if (exp_wait(exp) || take_all(exp, fd))
		return EXIT_FAILURE;
	exp_say(exp, "bytes_read=8");
	close(fd);
	close(listener);
	return 0;
}

static int client(struct exp *exp)
{
	int fd = exp_connect(exp);

	if (fd < 0 || exp_wait(exp))
		return EXIT_FAILURE;
	if (send(fd, "abc", 3, 0) != 3 || send(fd, "XY", 2, MSG_OOB) != 2 ||
	    send(fd, "def", 3, 0) != 3)
		return exp_fail_call(exp, "send");
	exp_say(exp, "bytes_sent=8");
	if (measure_settle(exp, fd))
		return exp_fail(exp, "not all was acknowledged");
	close(fd);
	return exp_signal(exp);
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "oob",
		.short_name = "oob",
		.question = "How urgent is urgent data?",
		.predict = "Predict: \"abc\", then \"XY\" with MSG_OOB, then \"def\" have arrived. "
			   "What does\n"
			   "the first recv() return, and which bytes are out of band?",
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
