/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: when does the kernel send RST?
 *
 * Predict: four connections end here without anybody calling a function of the
 * name "reset". What did the program do each time? Which call of the client
 * is told, and what?
 *
 * 1. A SYN comes to a port where nobody listens: ECONNREFUSED.
 * 2. A program closes with data unread that the peer believes delivered. A FIN
 *    would say that all is well, so the kernel sends RST: ECONNRESET.
 * 3. A program closes with SO_LINGER on and a time of 0: throw away what is
 *    left, send RST, no TIME_WAIT. ECONNRESET.
 * 4. A segment comes for a connection that the kernel does not know any more.
 *    Here the server has closed in good order, and its kernel has waited a
 *    second (TCP_LINGER2) for the client's FIN, then forgotten: the client's
 *    send() succeeds, draws the RST, and the one after it gets EPIPE.
 *
 * Read on: connect(2), socket(7) under SO_LINGER, tcp(7) under TCP_LINGER2;
 * RFC 9293 section 3.5.2; RFC 2525 section 2.17.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char word[] = "hello";

enum cause { CLOSED_PORT, UNREAD, LINGER, GONE, CAUSES };

static const char *const names[CAUSES] = { "closed_port", "unread", "linger", "gone" };

/* What the client's call is told once the RST has come. */
static const int errors[CAUSES] = { ECONNREFUSED, ECONNRESET, ECONNRESET, EPIPE };

/* How the server ends a connection on which a word has come. */
static int end(const struct exp *exp, enum cause cause, int fd)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	unsigned int local = exp_port(fd), remote = measure_peer_port(fd);
	const int one_second = 1;
	char data[sizeof(word)];

	measure_wait_unread(fd, sizeof(word));
	if (cause != UNREAD && read(fd, data, sizeof(data)) < 0)
		return exp_fail_call(exp, "read");
	if (cause == LINGER && setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)))
		return exp_fail_call(exp, "SO_LINGER");
	if (cause == GONE &&
	    setsockopt(fd, IPPROTO_TCP, TCP_LINGER2, &one_second, sizeof(one_second)))
		return exp_fail_call(exp, "TCP_LINGER2");
	exp_say(exp, "%s.unread_at_close=%d", names[cause], measure_unread(fd));
	close(fd);
	if (cause == GONE && strcmp(measure_final_state(exp, local, remote), "none"))
		return exp_fail(exp, "the kernel still knows the connection");
	return 0;
}

/* Others may send RST too: what counts is that it is one more at least. */
static int check_counter(const struct exp *exp, enum cause cause, uint64_t before)
{
	uint64_t sent = measure_counter("TcpOutRsts") - before;

	exp_say(exp, "%s.out_rsts=%llu", names[cause], (unsigned long long)sent);
	return sent ? 0 : exp_fail(exp, "%s: the kernel counted no RST", names[cause]);
}

static int server(struct exp *exp)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, 0, &address);
	int nobody = socket(exp->family, SOCK_STREAM, 0);
	uint64_t before = measure_counter("TcpOutRsts");
	int listener, fd;

	/* Bound, so that nobody else takes the port, but without listen(). */
	if (nobody < 0 || bind(nobody, (struct sockaddr *)&address, length))
		return exp_fail_call(exp, "bind");
	if (exp_tell(exp, exp_port(nobody)) || exp_wait(exp) ||
	    check_counter(exp, CLOSED_PORT, before))
		return EXIT_FAILURE;
	listener = exp_listen(exp, 1);
	for (enum cause cause = UNREAD; listener >= 0 && cause < CAUSES; cause++) {
		fd = exp_accept(exp, listener);
		before = measure_counter("TcpOutRsts");
		if (fd < 0 || end(exp, cause, fd) || exp_signal(exp) || exp_wait(exp) ||
		    check_counter(exp, cause, before))
			return EXIT_FAILURE;
		/* The port, for the next connect(). */
		if (cause != GONE && exp_tell(exp, exp_port(listener)))
			return EXIT_FAILURE;
	}
	return listener < 0 ? EXIT_FAILURE : 0;
}

static int closed_port(struct exp *exp)
{
	struct sockaddr_storage address;
	int fd = socket(exp->family, SOCK_STREAM, 0);
	socklen_t length;
	uint64_t port;
	int error;

	if (exp_hear(exp, &port))
		return -1;
	length = exp_address(exp, port, &address);
	error = connect(fd, (struct sockaddr *)&address, length) ? errno : 0;
	close(fd);
	return error;
}

/* One connection, up to the errno of the call that learns of the RST; or -1. */
static int reset_connection(const struct exp *exp, enum cause cause)
{
	int fd = exp_connect(exp), error;
	char data;

	if (fd < 0 || send(fd, word, sizeof(word), 0) < 0 || exp_wait(exp))
		return -1;
	/* Of this connection only the client's end is left, and nobody has told it. */
	if (cause == GONE && send(fd, word, sizeof(word), 0) < 0)
		return errno;
	measure_wait_closed(fd);
	if (cause == GONE)
		error = send(fd, word, sizeof(word), 0) < 0 ? errno : 0;
	else
		error = read(fd, &data, 1) < 0 ? errno : 0;
	close(fd);
	return error;
}

static int client(struct exp *exp)
{
	for (enum cause cause = CLOSED_PORT; cause < CAUSES; cause++) {
		int error = cause == CLOSED_PORT ? closed_port(exp) : reset_connection(exp, cause);

		if (error < 0)
			return EXIT_FAILURE;
		exp_say(exp, "%s.errno=%s", names[cause], exp_errno(error));
		if (error != errors[cause])
			return exp_fail(exp, "%s: not %s", names[cause], exp_errno(errors[cause]));
		if (exp_signal(exp))
			return EXIT_FAILURE;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "rst_zoo",
		.short_name = "rst",
		.question = "When does the kernel send RST?",
		.predict = "Predict: four connections end with RST. What was done each time,\n"
			   "and which call of the client is told what?",
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
