/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: why "address already in use" when I restart my server?
 *
 * Predict: three servers, on a port each, serve one short connection, stop, and
 * are started again. Which ones fail, and who had closed first there?
 *
 * The end that closes first keeps the connection in TIME_WAIT for a minute. If
 * that was the client, the server's port is free, and bind() succeeds. If it
 * was the server, its port is still part of that TIME_WAIT: EADDRINUSE.
 * SO_REUSEADDR tells bind() that this is no obstacle, while a listener on the
 * port still would be. On Linux both sockets have to have it, the one in
 * TIME_WAIT, which got it from its listener, and the new one: set it before
 * bind(), from the first start on.
 *
 * Read on: bind(2), socket(7) under SO_REUSEADDR; RFC 9293 section 3.6.1.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum first { CLIENT_FIRST, SERVER_FIRST };

/*
 * A port each: a server with or without SO_REUSEADDR, who closes first, and
 * then what bind() says to a new server without it and with it.
 */
static const struct {
	const char *name;
	bool reuse;
	enum first first;
	int plain_error, reuse_error;
} starts[] = {
	{ "client_first", false, CLIENT_FIRST, 0, 0 },
	{ "server_first", false, SERVER_FIRST, EADDRINUSE, EADDRINUSE },
	{ "server_first_reuse", true, SERVER_FIRST, EADDRINUSE, 0 },
};

#define STARTS (sizeof(starts) / sizeof(starts[0]))

/* Starts a server, on a port (0: any). Returns the listener, or minus an errno. */
static int start_server(const struct exp *exp, unsigned int port, int reuse)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, port, &address);
	int listener = socket(exp->family, SOCK_STREAM, 0);

	if (listener < 0)
		return -errno;
	if (reuse)
		setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
	if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1)) {
		int error = errno;

		close(listener);
		return -error;
	}
	return listener;
}

static int restart(const struct exp *exp, const char *name, unsigned int port, bool reuse,
		   int expected)
{
	int listener = start_server(exp, port, reuse);
	int error = listener < 0 ? -listener : 0;

	exp_say(exp, "%s.restart_%s=%s", name, reuse ? "reuse" : "plain", exp_errno(error));
	if (listener >= 0)
		close(listener);
	if (error != expected)
		return exp_fail(exp, "%s: bind() said %s, not %s", name, exp_errno(error),
				exp_errno(expected));
	return 0;
}

/* One connection, then the server stops. The last state of its end; NULL: it failed. */
static const char *serve(const struct exp *exp, int listener, enum first first)
{
	int fd = exp_accept(exp, listener);
	unsigned int local, remote;
	char data;

	if (fd < 0)
		return NULL;
	local = exp_port(fd);
	remote = measure_peer_port(fd);
	if (first == CLIENT_FIRST && read(fd, &data, 1) != 0)
		exp_fail(exp, "read() did not return 0 after the client's close()");
	close(fd);
	close(listener);
	return measure_final_state(exp, local, remote);
}

static int server(struct exp *exp)
{
	for (size_t i = 0; i < STARTS; i++) {
		const char *name = starts[i].name, *state;
		int listener = start_server(exp, 0, starts[i].reuse);
		unsigned int port = listener < 0 ? 0 : exp_port(listener);

		if (listener < 0)
			return exp_fail(exp, "%s: no server: %s", name, strerror(-listener));
		state = exp_tell(exp, port) ? NULL : serve(exp, listener, starts[i].first);
		if (!state)
			return EXIT_FAILURE;
		exp_say(exp, "%s.port=%u", name, port);
		exp_say(exp, "%s.state=%s", name, state);
		if (strcmp(state, starts[i].first == SERVER_FIRST ? "TIME_WAIT" : "none"))
			return exp_fail(exp, "%s: the server's end is in %s", name, state);
		if (restart(exp, name, port, false, starts[i].plain_error) ||
		    restart(exp, name, port, true, starts[i].reuse_error))
			return EXIT_FAILURE;
	}
	return 0;
}

static int client(struct exp *exp)
{
	char data;

	for (size_t i = 0; i < STARTS; i++) {
		int fd = exp_connect(exp);

		if (fd < 0)
			return EXIT_FAILURE;
		if (starts[i].first == SERVER_FIRST && read(fd, &data, 1) != 0)
			return exp_fail(exp, "read() did not return 0 after the server's close()");
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "time_wait",
		.short_name = "wait",
		.question = "Why \"address already in use\" when I restart my server?",
		.predict = "Predict: after which of three connections can a server not be started\n"
			   "again on its port, and does SO_REUSEADDR help?",
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
