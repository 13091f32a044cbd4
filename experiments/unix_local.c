/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: is a local socket TCP?
 *
 * Predict: two processes talk over a socket of AF_UNIX, with the same calls as
 * over TCP. Is there a handshake, a state, a segment? How much does write()
 * take when nobody reads? What is left of the address when all have closed?
 *
 * The calls are the same, nothing below is. An address is a path, and bind()
 * makes a file of it, which close() does not remove. connect() finds the
 * listener by that file and is done: no packet, no TCP state, TCP_INFO is
 * refused. write() puts the bytes straight into the receive queue of the other
 * socket, and they count against the send buffer of the writer until they are
 * read: what fits is somewhat less than SO_SNDBUF, since each piece of memory
 * costs more than its bytes.
 *
 * Read on: unix(7); socket(7) under SO_SNDBUF.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static char directory[] = "/tmp/unix_local.XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static int expect(const struct exp *exp, const char *key, int result, int expected)
{
	int error = result < 0 ? errno : 0;

	exp_say(exp, "%s=%s", key, exp_errno(error));
	if (error != expected)
		return exp_fail(exp, "%s: %s, not %s", key, exp_errno(error), exp_errno(expected));
	return 0;
}

/* There is none yet, there is one, there is only its file. */
static int connect_once(const struct exp *exp, const char *key, int expected)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int result = connect(fd, (struct sockaddr *)&address, sizeof(address));

	if (expect(exp, key, result, expected))
		return -1;
	return fd;
}

static int server(struct exp *exp)
{
	int listener, fd, unread;

	if (exp_wait(exp))
		return EXIT_FAILURE;
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0)
		return exp_fail_call(exp, "socket");
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)))
		return exp_fail_call(exp, "bind");
	if (listen(listener, 1))
		return exp_fail_call(exp, "listen");
	/* connect() and write() have long returned when it looks who is there. */
	if (exp_signal(exp) || exp_wait(exp))
		return EXIT_FAILURE;
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return exp_fail_call(exp, "accept");
	/* Where the bytes are that the client wrote: nothing is on its way. */
	unread = measure_unread(fd);
	exp_say(exp, "unread=%d", unread);
	close(fd);
	close(listener);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (expect(exp, "bind_again", bind(listener, (struct sockaddr *)&address, sizeof(address)),
		   EADDRINUSE))
		return EXIT_FAILURE;
	close(listener);
	return exp_tell(exp, unread);
}

/* Until the kernel takes no more. */
static int fill(const struct exp *exp, int fd, uint64_t *written)
{
	static const char piece[4096];
	ssize_t result;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (*written = 0; (result = write(fd, piece, sizeof(piece))) > 0;)
		*written += result;
	exp_say(exp, "written=%llu", (unsigned long long)*written);
	return expect(exp, "write_then", result, EAGAIN);
}

static int client(struct exp *exp)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);
	int missing, fd, sndbuf = 0;
	uint64_t written, unread;

	missing = connect_once(exp, "connect_before", ENOENT);
	if (missing < 0 || exp_signal(exp) || exp_wait(exp))
		return EXIT_FAILURE;
	close(missing);
	fd = connect_once(exp, "connect", 0);
	if (fd < 0 || expect(exp, "tcp_info", getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length),
			     EOPNOTSUPP))
		return EXIT_FAILURE;
	length = sizeof(sndbuf);
	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, &length);
	exp_say(exp, "sndbuf=%d", sndbuf);
	if (fill(exp, fd, &written) || exp_signal(exp) || exp_hear(exp, &unread))
		return EXIT_FAILURE;
	close(fd);
	if (written != unread || written > (uint64_t)sndbuf)
		return exp_fail(exp, "wrote %llu, %llu unread, sndbuf %d",
				(unsigned long long)written, (unsigned long long)unread, sndbuf);
	return connect_once(exp, "connect_after", ECONNREFUSED) < 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "unix_local",
		.short_name = "unix",
		.question = "Is a local socket TCP?",
		.predict =
			"Predict: how many bytes does write() take when nobody reads, and where\n"
			"are they then? What does connect() say before and after the server's "
			"time?",
		.without_wire = true,
		.one_family = true,
		.server = server,
		.client = client,
	};
	int status;

	if (!mkdtemp(directory)) {
		perror(directory);
		return EXIT_FAILURE;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
	status = exp_run(&lesson, argc, argv);
	unlink(address.sun_path);
	rmdir(directory);
	return status;
}
