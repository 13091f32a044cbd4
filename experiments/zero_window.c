/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: what if the reader stops for ever?
 *
 * Predict: the server accepts and then reads nothing for 2 seconds. What is the
 * client's window, its state, its error? Who finds out, and how, that there is
 * room again? What if it were not 2 seconds but 2 days?
 *
 * The server's receive buffer fills, and each ACK announces a smaller window,
 * the last one zero. The client's kernel may send no data then, but if the
 * announcement of new room got lost, both ends would wait for ever: so it sends
 * a probe without data, first after the time of a retransmission, then after
 * twice that, up to two minutes. The answer is "still zero" (two probes within
 * half a second get one answer). As long as answers come this goes on without
 * an end: the socket stays ESTABLISHED, and no call fails. When the server
 * reads, its kernel announces the new window by itself.
 *
 * Read on: tcp(7) under tcp_retries2, ip-sysctl of the kernel under
 * tcp_invalid_ratelimit; RFC 9293 section 3.8.6.1; RFC 1122 section 4.2.2.17.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/tcp.h>

#define LOOK_AGAIN_NS 1000000ull

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);
	int status;

	if (fd < 0 || exp_wait(exp))
		return EXIT_FAILURE;
	exp_sleep(exp->options.value[EXP_HOLD]);
	exp_say(exp, "unread_before_read=%d", measure_unread(fd));
	/* The client looks at its socket once more, and closes. */
	if (exp_signal(exp) || exp_wait(exp))
		return EXIT_FAILURE;
	status = measure_read_all(exp, fd);
	close(fd);
	close(listener);
	return status;
}

static struct tcp_info info_of(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
	return info;
}

/* Waits until the client's kernel has bytes left and may not send them. */
static int wait_for_zero_window(const struct exp *exp, int fd)
{
	struct tcp_info info = info_of(fd);

	while (info.tcpi_snd_wnd || info.tcpi_unacked) {
		if (!info.tcpi_unacked && !info.tcpi_notsent_bytes)
			return exp_fail(exp, "the server's receive buffer took all --bytes");
		exp_sleep(LOOK_AGAIN_NS);
		info = info_of(fd);
	}
	return 0;
}

/* What the client's kernel says when the server is about to read. */
static int look(const struct exp *exp, int fd, uint64_t probes)
{
	struct tcp_info info = info_of(fd);

	exp_say(exp, "state_before_read=%s", measure_state(fd));
	exp_say(exp, "window_before_read=%u", info.tcpi_snd_wnd);
	exp_say(exp, "unsent_before_read=%u", info.tcpi_notsent_bytes);
	exp_say(exp, "backoff=%u", info.tcpi_backoff);
	exp_say(exp, "probes=%llu", (unsigned long long)probes);
	if (strcmp(measure_state(fd), "ESTABLISHED") || info.tcpi_snd_wnd)
		return exp_fail(exp, "the connection did not just stand still");
	if (!exp->options.changed && (!probes || !info.tcpi_backoff))
		return exp_fail(exp, "no probe was sent");
	return 0;
}

static int client(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	/* Room for all of them, so that send() returns and the client can look. */
	int sndbuf = bytes, fd = exp_connect(exp);
	char *data = calloc(bytes, 1);
	uint64_t probes = measure_counter("TcpExtTCPWinProbe");
	ssize_t sent;

	if (fd < 0)
		return EXIT_FAILURE;
	if (!data)
		return exp_fail_call(exp, "calloc");
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
	sent = send(fd, data, bytes, MSG_DONTWAIT);
	exp_say(exp, "bytes_sent=%zd", sent);
	if (sent != (ssize_t)bytes)
		return exp_fail(exp, "the send buffer did not take all --bytes");
	if (wait_for_zero_window(exp, fd) || exp_signal(exp) || exp_wait(exp))
		return EXIT_FAILURE;
	probes = measure_counter("TcpExtTCPWinProbe") - probes;
	if (look(exp, fd, probes))
		return EXIT_FAILURE;
	/* The kernel keeps what it has: nothing of it is lost by this. */
	close(fd);
	free(data);
	return exp_signal(exp);
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "zero_window",
		.short_name = "zero",
		.question = "What if the reader stops for ever?",
		.predict = "Predict: the server reads nothing for 2 s. What is the client's state, "
			   "does\n"
			   "a call fail, and who finds out that there is room again?",
		.defaults = { [EXP_BYTES] = "200000",
			      [EXP_READ] = "65536",
			      [EXP_PAUSE] = "0",
			      [EXP_HOLD] = "2s" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
