/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: do write(), send() and sendmsg() look different on the wire?
 *
 * Predict: the same 12 bytes leave in six ways, each with a connection that is
 * idle: write(); send(); sendmsg() of two pieces; send() twice, the first with
 * MSG_MORE; send() three times; the same three with TCP_NODELAY. How many
 * segments is each? Can the reader tell them apart?
 *
 * All three calls put bytes into the same send buffer, and the peer gets one
 * stream of bytes: neither the call nor its boundaries travel. sendmsg() gathers
 * its pieces before they leave. MSG_MORE keeps a part segment back for the next
 * call. Nagle's rule keeps one back as long as an earlier one is not
 * acknowledged: of three small writes the first leaves at once, the others
 * together, when the ACK has come, which this server delays as a busy one does
 * (up to 40 ms). TCP_NODELAY turns the rule off.
 *
 * Read on: send(2) under MSG_MORE, tcp(7) under TCP_NODELAY and TCP_QUICKACK;
 * RFC 9293 section 3.7.4, RFC 1122 section 4.2.3.2 (delayed ACKs).
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/tcp.h>

/* A delayed ACK or a corked segment waits longer than that. */
#define AT_ONCE_NS 20000000ull

static const char text[] = "hello, world"; /* 12 bytes, and a 0 that stays here */

enum way { WRITE, SEND, SENDMSG, MORE, NAGLE, NODELAY, WAYS };

/* segments: how many it takes where the calls follow each other at once. */
static const struct {
	const char *name;
	unsigned int segments;
} ways[WAYS] = {
	[WRITE] = { "write", 1 },   [SEND] = { "send", 1 },   [SENDMSG] = { "sendmsg", 1 },
	[MORE] = { "msg_more", 1 }, [NAGLE] = { "nagle", 2 }, [NODELAY] = { "nodelay", 3 },
};

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1), delay_acks = 0;
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);
	struct measure_reads reads = { 0 };
	char data[sizeof(text)];
	ssize_t got;

	if (fd < 0)
		return EXIT_FAILURE;
	for (int way = 0; way < WAYS; way++) {
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &delay_acks, sizeof(delay_acks));
		if (exp_signal(exp) || exp_wait(exp))
			return EXIT_FAILURE;
		/* All 12 have come by now: what does one read() make of them? */
		got = read(fd, data, sizeof(data));
		measure_read(exp, &reads, sizeof(data), got);
		if (got != 12 || memcmp(data, text, 12))
			return exp_fail(exp, "read() returned %zd bytes, or others", got);
	}
	close(fd);
	close(listener);
	measure_say_reads(exp, &reads);
	return 0;
}

static ssize_t send_by(enum way way, int fd)
{
	struct iovec pieces[] = { { (char *)text, 7 }, { (char *)text + 7, 5 } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
	int on = 1;

	switch (way) {
	case WRITE:
		return write(fd, text, 12);
	case SEND:
		return send(fd, text, 12, 0);
	case SENDMSG:
		return sendmsg(fd, &message, 0);
	case MORE:
		return send(fd, text, 7, MSG_MORE) + send(fd, text + 7, 5, 0);
	case NODELAY:
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		/* fall through */
	default:
		return send(fd, text, 5, 0) + send(fd, text + 5, 2, 0) + send(fd, text + 7, 5, 0);
	}
}

/* Data segments that left, those not counted that left a second time. */
static unsigned int data_segments(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	return info.tcpi_data_segs_out - info.tcpi_total_retrans;
}

static int play(const struct exp *exp, int fd, enum way way)
{
	unsigned int before = data_segments(fd), segments;
	uint64_t ns = exp_now_ns();
	ssize_t sent = send_by(way, fd);

	ns = exp_now_ns() - ns;
	if (sent != 12 || measure_settle(exp, fd))
		return exp_fail(exp, "%s: not all was sent", ways[way].name);
	segments = data_segments(fd) - before;
	exp_say(exp, "%s_segments=%u", ways[way].name, segments);
	if (segments != ways[way].segments && (ns < AT_ONCE_NS || way <= SENDMSG))
		return exp_fail(exp, "%s: %u segments, not %u", ways[way].name, segments,
				ways[way].segments);
	return exp_signal(exp);
}

static int client(struct exp *exp)
{
	int fd = exp_connect(exp);

	if (fd < 0)
		return EXIT_FAILURE;
	for (int way = 0; way < WAYS; way++)
		if (exp_wait(exp) || play(exp, fd, way))
			return EXIT_FAILURE;
	exp_say(exp, "bytes_sent=%d", WAYS * 12);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "three_writes",
		.short_name = "three",
		.question = "Do write(), send() and sendmsg() look different on the wire?",
		.predict =
			"Predict: how many segments are 12 bytes, by one write(), by sendmsg() of\n"
			"two pieces, by two send() with MSG_MORE, by three send()?",
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
