/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: the send buffer is full. Because of the network, or the reader?
 *
 * Predict: as in bulk_send, the client hands more to one send() than the buffer
 * holds. But this server reads as fast as it can, and the wire is slow: it
 * carries 1,000,000 bytes a second. How long does send() take? How much waits
 * in the server's receive queue meanwhile?
 *
 * send() sleeps just as it does with a slow reader: its buffer is full. The
 * receive queue tells the two apart. A slow reader lets it fill, and the
 * peer's window closes. Here it is empty, the window is open, and what holds
 * the bytes back is the sender's own congestion control: its guess of what the
 * network can carry, kept by a congestion window, by pacing, or by both. The
 * kernel keeps account: of the time limited by the peer's window, and of the
 * time in which there was something to send at all.
 *
 * Read on: tcp(7) under TCP_INFO, ss(8) under rwnd_limited; RFC 9293 section
 * 3.8.6 for the peer's window, RFC 5681 section 3.1 for the congestion window.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/tcp.h>

/* A reader that never waits, and looks into the receive queue before each read(). */
static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t size = exp->options.value[EXP_READ];
	struct measure_reads reads = { 0 };
	int unread, unread_max = 0;
	char *data = malloc(size);
	ssize_t got;

	if (fd < 0 || !data)
		return EXIT_FAILURE;
	do {
		poll(&ready, 1, -1);
		unread = measure_unread(fd);
		if (unread > unread_max)
			unread_max = unread;
		got = read(fd, data, size);
		measure_read(exp, &reads, size, got);
		exp_sleep(exp->options.value[EXP_PAUSE]);
	} while (got > 0);
	free(data);
	close(fd);
	close(listener);
	exp_say(exp, "unread_max=%d", unread_max);
	measure_say_reads(exp, &reads);
	if (reads.bytes != exp->options.value[EXP_BYTES])
		return exp_fail(exp, "fewer bytes came than were sent");
	return 0;
}

/* The kernel's own account of why the sender could not send. */
static int check_limits(const struct exp *exp, int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length))
		return exp_fail_call(exp, "getsockopt");
	exp_say(exp, "cwnd=%u", info.tcpi_snd_cwnd);
	exp_say(exp, "mss=%u", info.tcpi_snd_mss);
	exp_say(exp, "busy_us=%llu", (unsigned long long)info.tcpi_busy_time);
	exp_say(exp, "limited_by_peer_us=%llu", (unsigned long long)info.tcpi_rwnd_limited);
	if (!exp->options.changed && info.tcpi_rwnd_limited > info.tcpi_busy_time / 2)
		return exp_fail(exp, "the peer's window was closed for most of the time");
	return 0;
}

static int client(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	struct measure_send sent;
	char *data = measure_data(exp);
	int fd, status;

	if (!data)
		return EXIT_FAILURE;
	fd = exp_connect(exp);
	if (fd < 0)
		return EXIT_FAILURE;
	measure_send_begin(&sent);
	sent.result = send(fd, data, bytes, 0);
	measure_send_end(exp, &sent, fd, sent.result);
	measure_say_buffers(exp, fd);
	measure_say_send(exp, &sent);
	status = check_limits(exp, fd);
	close(fd);
	free(data);
	if (sent.result != (ssize_t)bytes)
		return exp_fail(exp, "send() returned %zd: %s", sent.result, exp_errno(sent.error));
	if (!exp->options.changed && !sent.sleeps)
		return exp_fail(exp, "send() never slept: this kernel's buffer held it all");
	return status;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "slow_link",
		.short_name = "slow",
		.question = "The send buffer is full. Because of the network, or the reader?",
		.predict = "Predict: the reader is fast, the wire is slow. How long does send() "
			   "take,\n"
			   "and how much waits in the server's receive queue meanwhile?",
		.defaults = { [EXP_BYTES] = "4000000",
			      [EXP_READ] = "65536",
			      [EXP_PAUSE] = "0",
			      [EXP_DELAY] = "10ms",
			      [EXP_RATE] = "1000000" },
		.on_wire = true,
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
