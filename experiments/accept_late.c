/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: is the connection up before accept() returns?
 *
 * Predict: the server calls listen() and then nothing. The client connects and
 * sends. Does connect() return? Does the server's kernel acknowledge the bytes?
 * What does accept() change, when it is called two seconds later?
 *
 * listen() is enough: from then on the kernel answers SYNs, finishes the
 * handshakes, and puts the new connections into the accept queue. There they are
 * ESTABLISHED, receive bytes and acknowledge them, without any help from the
 * program. accept() takes the first one out of the queue and gives it a
 * descriptor. It waits only if the queue is empty, and changes no state.
 *
 * Read on: listen(2), accept(2), tcp(7); ss(8), Recv-Q of a listener; RFC 9293
 * section 3.5.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_AGAIN_NS 1000000ull

static const char message[] = "sent before accept()";

/* What the kernel has made of a connection that no program has seen yet. */
static int look_before_accept(const struct exp *exp, int listener, unsigned int client_port)
{
	const char *state = measure_table_state(exp, exp_port(listener), client_port);
	int limit, queue = measure_accept_queue(listener, &limit);

	exp_say(exp, "state_before_accept=%s", state);
	exp_say(exp, "queue_before_accept=%d", queue);
	if (strcmp(state, "ESTABLISHED") || queue != 1)
		return exp_fail(exp, "before accept() the connection is %s, %d wait", state, queue);
	return 0;
}

static int look_after_accept(const struct exp *exp, int listener, int fd)
{
	const char *state = measure_state(fd);
	int unread = measure_unread(fd), limit, queue = measure_accept_queue(listener, &limit);

	exp_say(exp, "state_after_accept=%s", state);
	exp_say(exp, "queue_after_accept=%d", queue);
	exp_say(exp, "unread_after_accept=%d", unread);
	if (strcmp(state, "ESTABLISHED") || queue || unread != sizeof(message))
		return exp_fail(exp, "accept() gave a connection in %s with %d bytes", state,
				unread);
	return 0;
}

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	uint64_t client_port;
	char data[sizeof(message)];
	int fd;

	if (listener < 0 || exp_hear(exp, &client_port))
		return EXIT_FAILURE;
	if (look_before_accept(exp, listener, client_port))
		return EXIT_FAILURE;
	exp_sleep(exp->options.value[EXP_HOLD]);
	exp_say(exp, "accept_called_at_ns=%llu", (unsigned long long)exp_now_ns());
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		return exp_fail_call(exp, "accept");
	exp_say_ends(exp, fd);
	if (look_after_accept(exp, listener, fd))
		return EXIT_FAILURE;
	if (read(fd, data, sizeof(data)) != sizeof(message))
		return exp_fail(exp, "read() did not return what was sent before accept()");
	exp_say(exp, "bytes_read=%zu", sizeof(message));
	if (exp_signal(exp) || read(fd, data, sizeof(data)) != 0)
		return exp_fail(exp, "read() did not return 0 after the client's close()");
	close(fd);
	close(listener);
	return 0;
}

static int client(struct exp *exp)
{
	int fd = exp_connect(exp);
	ssize_t sent;

	if (fd < 0)
		return EXIT_FAILURE;
	exp_say(exp, "connected_at_ns=%llu", (unsigned long long)exp_now_ns());
	exp_say(exp, "state_after_connect=%s", measure_state(fd));
	sent = send(fd, message, sizeof(message), 0);
	if (sent != sizeof(message))
		return exp_fail_call(exp, "send");
	/* Until the other kernel has acknowledged them all. */
	while (measure_unacked(fd))
		exp_sleep(LOOK_AGAIN_NS);
	exp_say(exp, "bytes_sent=%zd", sent);
	exp_say(exp, "acknowledged_at_ns=%llu", (unsigned long long)exp_now_ns());
	if (exp_tell(exp, exp_port(fd)) || exp_wait(exp))
		return EXIT_FAILURE;
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "accept_late",
		.short_name = "late",
		.question = "Is the connection up before accept() returns?",
		.predict =
			"Predict: the client connects and sends, but accept() is called only 2 s\n"
			"later. When does connect() return, and where are the bytes?",
		.defaults = { [EXP_HOLD] = "2s" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
