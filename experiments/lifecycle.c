/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: what does each call do, from socket() to close()?
 *
 * Predict: which of the calls changes the state of a socket, which one sends a
 * packet, which one waits? Which end is left in TIME_WAIT?
 *
 * socket() makes a socket in CLOSE; bind() gives it a name and sends nothing;
 * listen() turns it into LISTEN. connect() sends a SYN and sleeps through the
 * handshake. accept() changes no state: it waits for a connection that the
 * kernel has made, and hands it out as a new socket. close() sends a FIN. The
 * end that closes first goes through FIN_WAIT1 and FIN_WAIT2 to TIME_WAIT, and
 * its kernel keeps that for a minute; the other one through CLOSE_WAIT and
 * LAST_ACK, and is free at once.
 *
 * Read on: socket(2), bind(2), listen(2), accept(2), connect(2), close(2);
 * RFC 9293 section 3.3.2, figure 5.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char question[] = "who is there?";
static const char answer[] = "a server";

static int expect_state(const struct exp *exp, const char *after, int fd, const char *expected)
{
	const char *state = measure_state(fd);

	exp_say(exp, "state_after_%s=%s", after, state);
	if (strcmp(state, expected))
		return exp_fail(exp, "after %s the state is %s, not %s", after, state, expected);
	return 0;
}

static int server(struct exp *exp)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, 0, &address);
	char data[sizeof(question)];
	int listener, fd;

	listener = socket(exp->family, SOCK_STREAM, 0);
	if (listener < 0)
		return exp_fail_call(exp, "socket");
	if (expect_state(exp, "socket", listener, "CLOSE"))
		return EXIT_FAILURE;
	if (bind(listener, (struct sockaddr *)&address, length))
		return exp_fail_call(exp, "bind");
	if (expect_state(exp, "bind", listener, "CLOSE"))
		return EXIT_FAILURE;
	if (listen(listener, 1))
		return exp_fail_call(exp, "listen");
	if (expect_state(exp, "listen", listener, "LISTEN") || exp_tell(exp, exp_port(listener)))
		return EXIT_FAILURE;
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return exp_fail_call(exp, "accept");
	exp_say_ends(exp, fd);
	if (expect_state(exp, "accept", fd, "ESTABLISHED"))
		return EXIT_FAILURE;
	if (read(fd, data, sizeof(data)) != sizeof(question))
		return exp_fail(exp, "read() did not return the question");
	if (write(fd, answer, sizeof(answer)) != sizeof(answer))
		return exp_fail(exp, "write() did not take the answer");
	if (read(fd, data, sizeof(data)) != 0)
		return exp_fail(exp, "read() did not return 0 after the client's close()");
	exp_say(exp, "bytes_read=%zu", sizeof(question));
	exp_say(exp, "bytes_sent=%zu", sizeof(answer));
	if (expect_state(exp, "end_of_file", fd, "CLOSE_WAIT"))
		return EXIT_FAILURE;
	close(fd);
	close(listener);
	return exp_tell(exp, 0);
}

static int client(struct exp *exp)
{
	struct sockaddr_storage address;
	uint64_t port, closed;
	char data[sizeof(answer)];
	unsigned int own_port;
	socklen_t length;
	const char *state;
	int fd;

	fd = socket(exp->family, SOCK_STREAM, 0);
	if (fd < 0)
		return exp_fail_call(exp, "socket");
	if (expect_state(exp, "socket", fd, "CLOSE") || exp_hear(exp, &port))
		return EXIT_FAILURE;
	length = exp_address(exp, port, &address);
	if (connect(fd, (struct sockaddr *)&address, length))
		return exp_fail_call(exp, "connect");
	exp_say_ends(exp, fd);
	own_port = exp_port(fd);
	if (expect_state(exp, "connect", fd, "ESTABLISHED"))
		return EXIT_FAILURE;
	if (write(fd, question, sizeof(question)) != sizeof(question))
		return exp_fail(exp, "write() did not take the question");
	if (read(fd, data, sizeof(data)) != sizeof(answer))
		return exp_fail(exp, "read() did not return the answer");
	exp_say(exp, "bytes_sent=%zu", sizeof(question));
	exp_say(exp, "bytes_read=%zu", sizeof(answer));
	close(fd);
	if (exp_hear(exp, &closed))
		return EXIT_FAILURE;
	state = measure_final_state(exp, own_port, port);
	exp_say(exp, "final_state=%s", state);
	if (strcmp(state, "TIME_WAIT"))
		return exp_fail(exp, "closed first, but ended as %s, not in TIME_WAIT", state);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "lifecycle",
		.short_name = "life",
		.question = "What does each call do, from socket() to close()?",
		.predict = "Predict: which call changes a state, which one sends, which one waits?",
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
