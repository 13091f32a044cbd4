/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: who is in which state when, while the three packets are exchanged?
 *
 * Predict: with --delay 400ms, how long does connect() take? Which end is
 * ESTABLISHED first, and how much earlier? With --drop 3 the third packet is
 * lost: what does each end believe, and how do they come together again?
 *
 * The client sends SYN, seq=j, and is in SYN_SENT. The server's kernel answers
 * SYN-ACK, seq=k, ack=j+1, and keeps no socket yet but a small request: this
 * is SYN_RECV. The client gets it, is ESTABLISHED, connect() returns, and ACK,
 * ack=k+1, leaves. Only when that arrives is the server ESTABLISHED, and the
 * connection ready for accept(). If it is lost, the server sends the SYN-ACK
 * again after a second, and the client its ACK. Neither program notices.
 *
 * Read on: connect(2), tcp(7) under tcp_synack_retries; RFC 9293 section 3.5.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int server(struct exp *exp)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, 0, &address);
	int listener = socket(exp->family, SOCK_STREAM, 0);
	uint64_t accepted_at_ns;
	char data;
	int fd;

	if (listener < 0)
		return exp_fail_call(exp, "socket");
	if (bind(listener, (struct sockaddr *)&address, length))
		return exp_fail_call(exp, "bind");
	if (listen(listener, 1))
		return exp_fail_call(exp, "listen");
	if (exp_tell(exp, exp_port(listener)))
		return EXIT_FAILURE;
	fd = accept(listener, NULL, NULL);
	accepted_at_ns = exp_now_ns();
	if (fd < 0)
		return exp_fail_call(exp, "accept");
	if (exp_tell(exp, accepted_at_ns))
		return EXIT_FAILURE;
	exp_say_ends(exp, fd);
	exp_say(exp, "accepted_at_ns=%llu", (unsigned long long)accepted_at_ns);
	exp_say(exp, "state_after_accept=%s", measure_state(fd));
	/* The client says nothing and closes first: this is its FIN. */
	if (read(fd, &data, sizeof(data)) != 0)
		return exp_fail(exp, "read() did not return 0 after the client's close()");
	close(fd);
	close(listener);
	return 0;
}

/* What no machine can be too slow for. */
static int check(const struct exp *exp, uint64_t start_ns, uint64_t connected_ns,
		 uint64_t accepted_ns)
{
	if (connected_ns - start_ns < 2 * exp->options.value[EXP_DELAY])
		return exp_fail(exp, "connect() returned before an answer could have come");
	if (wire_script_drops(&exp->options.wire, 3) && accepted_ns < connected_ns)
		return exp_fail(exp, "accept() returned although the third packet was lost");
	return 0;
}

static int client(struct exp *exp)
{
	uint64_t port, start_ns, connected_ns, accepted_ns;
	struct sockaddr_storage address;
	unsigned int own_port;
	const char *state;
	socklen_t length;
	int fd, result;

	fd = socket(exp->family, SOCK_STREAM, 0);
	if (fd < 0)
		return exp_fail_call(exp, "socket");
	if (exp_hear(exp, &port))
		return EXIT_FAILURE;
	length = exp_address(exp, port, &address);
	start_ns = exp_now_ns();
	result = connect(fd, (struct sockaddr *)&address, length);
	connected_ns = exp_now_ns();
	if (result)
		return exp_fail_call(exp, "connect");
	own_port = exp_port(fd);
	exp_say_ends(exp, fd);
	exp_say(exp, "connect_at_ns=%llu", (unsigned long long)start_ns);
	exp_say(exp, "connect_ns=%llu", (unsigned long long)(connected_ns - start_ns));
	exp_say(exp, "state_after_connect=%s", measure_state(fd));
	/* Silent until then: any segment of ours would bring the lost ACK along. */
	if (exp_hear(exp, &accepted_ns))
		return EXIT_FAILURE;
	exp_sleep(exp->options.value[EXP_HOLD]);
	close(fd);
	state = measure_final_state(exp, own_port, port);
	exp_say(exp, "final_state=%s", state);
	if (strcmp(state, "TIME_WAIT"))
		return exp_fail(exp, "closed first, but ended as %s, not in TIME_WAIT", state);
	return check(exp, start_ns, connected_ns, accepted_ns);
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "handshake",
		.short_name = "shake",
		.question = "Who is in which state when, while three packets are exchanged?",
		.predict = "Predict: how long does connect() take with --delay 400ms? And with\n"
			   "--drop 3, what does each end believe?",
		.defaults = { [EXP_HOLD] = "0" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
