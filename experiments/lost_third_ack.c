/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: what if the third packet of the handshake is lost?
 *
 * Predict: SYN and SYN-ACK arrived, the client's ACK did not. Does the client's
 * connect() return? What does the server's kernel have, and what can accept()
 * return? The client now sends data: is it refused, lost, or taken?
 *
 * For the client the connection is up since the SYN-ACK; it can't know that its
 * ACK was lost. The server's kernel holds a request in SYN_RECV, accept() waits.
 * Every segment of a connection carries the acknowledgement that the lost one
 * carried: the first data completes the handshake, and is delivered as well. If
 * the client stays silent (--hold 1500ms), the server's kernel sends its SYN-ACK
 * again after a second, and the client's kernel answers with another ACK.
 *
 * Read on: tcp(7) under tcp_synack_retries; RFC 9293 sections 3.5 and 3.10.7.4.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char message[] = "the first data";

/* What the server's kernel has while the client says that it is connected. */
static int look_before_data(const struct exp *exp, int listener, unsigned int client_port)
{
	const char *state = measure_table_state(exp, exp_port(listener), client_port);
	int limit, queue = measure_accept_queue(listener, &limit);
	uint64_t again = measure_counter("TcpExtTCPSynRetrans");

	exp_say(exp, "state_before_data=%s", state);
	exp_say(exp, "queue_before_data=%d", queue);
	/* Who is too late to look finds it mended already, by the second SYN-ACK. */
	if (wire_script_drops(&exp->options.wire, 3) && strcmp(state, "SYN_RECV") && !again)
		return exp_fail(exp, "the third packet was lost, but the state is %s", state);
	return exp_signal(exp);
}

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	uint64_t client_port, accepted_at_ns, sent_at_ns, again;
	char data[sizeof(message)];
	int fd;

	if (listener < 0 || exp_hear(exp, &client_port))
		return EXIT_FAILURE;
	if (look_before_data(exp, listener, client_port))
		return EXIT_FAILURE;
	fd = accept(listener, NULL, NULL);
	accepted_at_ns = exp_now_ns();
	again = measure_counter("TcpExtTCPSynRetrans");
	if (fd < 0)
		return exp_fail_call(exp, "accept");
	exp_say_ends(exp, fd);
	exp_say(exp, "accepted_at_ns=%llu", (unsigned long long)accepted_at_ns);
	exp_say(exp, "syn_ack_again=%llu", (unsigned long long)again);
	exp_say(exp, "state_after_accept=%s", measure_state(fd));
	if (read(fd, data, sizeof(data)) != sizeof(message) || memcmp(data, message, sizeof(data)))
		return exp_fail(exp, "read() did not return what the client sent first");
	exp_say(exp, "bytes_read=%zu", sizeof(message));
	if (exp_hear(exp, &sent_at_ns) || exp_signal(exp))
		return EXIT_FAILURE;
	if (wire_script_drops(&exp->options.wire, 3) && !again && accepted_at_ns < sent_at_ns)
		return exp_fail(exp, "accept() returned before anything could have told it to");
	close(fd);
	close(listener);
	return 0;
}

static int client(struct exp *exp)
{
	struct sockaddr_storage address;
	uint64_t port, sent_at_ns;
	socklen_t length;
	int fd;

	fd = socket(exp->family, SOCK_STREAM, 0);
	if (fd < 0)
		return exp_fail_call(exp, "socket");
	if (exp_hear(exp, &port))
		return EXIT_FAILURE;
	length = exp_address(exp, port, &address);
	if (connect(fd, (struct sockaddr *)&address, length))
		return exp_fail_call(exp, "connect");
	exp_say(exp, "connected_at_ns=%llu", (unsigned long long)exp_now_ns());
	exp_say_ends(exp, fd);
	exp_say(exp, "state_after_connect=%s", measure_state(fd));
	if (exp_tell(exp, exp_port(fd)) || exp_wait(exp))
		return EXIT_FAILURE;
	exp_sleep(exp->options.value[EXP_HOLD]);
	sent_at_ns = exp_now_ns();
	if (send(fd, message, sizeof(message), 0) != sizeof(message))
		return exp_fail_call(exp, "send");
	exp_say(exp, "send_at_ns=%llu", (unsigned long long)sent_at_ns);
	exp_say(exp, "bytes_sent=%zu", sizeof(message));
	/* No FIN before all is read: it would carry the acknowledgement as well. */
	if (exp_tell(exp, sent_at_ns) || exp_wait(exp))
		return EXIT_FAILURE;
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "lost_third_ack",
		.short_name = "third",
		.question = "What if the third packet of the handshake is lost?",
		.predict =
			"Predict: what does each end have then, and what becomes of the data that\n"
			"the client sends next?",
		.defaults = { [EXP_HOLD] = "0", [EXP_DROP] = "3" },
		.on_wire = true,
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
