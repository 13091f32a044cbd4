/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: is a bigger send buffer faster?
 *
 * Predict: the wire carries 500,000 bytes a second. The client sends the same
 * bytes three times: with a small buffer (SO_SNDBUF), with one twelve times as
 * big, and with what the kernel chooses. Which transfer is done first? And how
 * old are the bytes when the server's program gets them?
 *
 * The kernel doubles what SO_SNDBUF asks for: half of it is for its own
 * bookkeeping. A send buffer has to hold what is on its way and not yet
 * acknowledged; with less, the wire idles. More than that does not make the
 * wire faster: the bytes wait in the buffer, each for those before it, and are
 * older when they arrive. Left alone, the kernel lets the buffer grow with the
 * congestion window; SO_SNDBUF ends that for this socket.
 *
 * Read on: socket(7) under SO_SNDBUF, tcp(7) under tcp_wmem; RFC 7323
 * section 1.1 on the product of bandwidth and delay.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>

#define LARGER 12

/* What is sent, again and again: each piece knows when it was handed over. */
struct piece {
	uint64_t sent_at_ns;
	char rest[4096 - sizeof(uint64_t)];
};

struct transfer {
	const char *name;
	uint64_t asked; /* SO_SNDBUF; 0: the kernel decides */
	int sndbuf_at_first, sndbuf, outq_max;
	uint64_t start_ns, end_ns, oldest_ns;
};

/* Tells the client when the last byte was read, and how old the oldest one was. */
static int receive(const struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);
	uint64_t now_ns = 0, oldest_ns = 0;
	struct piece piece;

	if (fd < 0)
		return EXIT_FAILURE;
	while (recv(fd, &piece, sizeof(piece), MSG_WAITALL) == sizeof(piece)) {
		now_ns = exp_now_ns();
		if (now_ns - piece.sent_at_ns > oldest_ns)
			oldest_ns = now_ns - piece.sent_at_ns;
	}
	close(fd);
	close(listener);
	return exp_tell(exp, now_ns) || exp_tell(exp, oldest_ns);
}

static int server(struct exp *exp)
{
	return receive(exp) || receive(exp) || receive(exp);
}

static int send_pieces(const struct exp *exp, int fd, struct transfer *transfer)
{
	struct piece piece = { 0 };
	int outq = 0;

	transfer->start_ns = exp_now_ns();
	for (uint64_t i = 0; i < exp->options.value[EXP_BYTES] / sizeof(piece); i++) {
		piece.sent_at_ns = exp_now_ns();
		/* A block of its own each: a block may grow beyond the buffer's size. */
		if (send(fd, &piece, sizeof(piece), MSG_EOR) != sizeof(piece))
			return exp_fail_call(exp, "send");
		ioctl(fd, SIOCOUTQ, &outq);
		if (outq > transfer->outq_max)
			transfer->outq_max = outq;
	}
	return 0;
}

static int sndbuf_of(int fd)
{
	socklen_t length = sizeof(int);
	int size = 0;

	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length);
	return size;
}

/* There is a send buffer before there is a connection. */
static int connect_new(const struct exp *exp, struct transfer *transfer)
{
	struct sockaddr_storage address;
	socklen_t length;
	uint64_t port;
	int fd;

	if (exp_hear(exp, &port))
		return -1;
	length = exp_address(exp, port, &address);
	fd = socket(exp->family, SOCK_STREAM, 0);
	transfer->sndbuf_at_first = sndbuf_of(fd);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, length))
		return fd;
	exp_fail_call(exp, "socket or connect");
	return -1;
}

static int play(const struct exp *exp, struct transfer *transfer)
{
	int size = transfer->asked, fd = connect_new(exp, transfer);

	if (fd < 0)
		return EXIT_FAILURE;
	if (!transfer->sndbuf_at_first)
		return exp_fail(exp, "the new socket has no send buffer");
	if (size && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)))
		return exp_fail_call(exp, "setsockopt");
	if (send_pieces(exp, fd, transfer))
		return EXIT_FAILURE;
	transfer->sndbuf = sndbuf_of(fd);
	close(fd);
	if (exp_hear(exp, &transfer->end_ns) || exp_hear(exp, &transfer->oldest_ns))
		return EXIT_FAILURE;
	exp_say(exp, "%s_asked=%llu", transfer->name, (unsigned long long)transfer->asked);
	exp_say(exp, "%s_sndbuf_at_first=%d", transfer->name, transfer->sndbuf_at_first);
	exp_say(exp, "%s_sndbuf=%d", transfer->name, transfer->sndbuf);
	exp_say(exp, "%s_outq_max=%d", transfer->name, transfer->outq_max);
	exp_say(exp, "%s_transfer_ns=%llu", transfer->name,
		(unsigned long long)(transfer->end_ns - transfer->start_ns));
	exp_say(exp, "%s_oldest_ns=%llu", transfer->name, (unsigned long long)transfer->oldest_ns);
	return 0;
}

static int client(struct exp *exp)
{
	uint64_t asked = exp->options.value[EXP_SNDBUF];
	struct transfer small = { .name = "small", .asked = asked };
	struct transfer large = { .name = "large", .asked = asked * LARGER };
	struct transfer own = { .name = "auto" };

	if (play(exp, &small) || play(exp, &large) || play(exp, &own))
		return EXIT_FAILURE;
	if (exp->options.changed)
		return 0;
	if (small.sndbuf != 2 * (int)small.asked || large.sndbuf != 2 * (int)large.asked)
		return exp_fail(exp, "SO_SNDBUF was not doubled");
	if (large.outq_max <= small.outq_max)
		return exp_fail(exp, "the larger buffer never held more");
	if (large.oldest_ns <= small.oldest_ns)
		return exp_fail(exp, "bytes did not wait longer in the larger buffer");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "sndbuf_size",
		.short_name = "sndbuf",
		.question = "Is a bigger send buffer faster?",
		.predict =
			"Predict: the wire carries 500,000 bytes a second. Which transfer is done\n"
			"first: with a small buffer, a large one, or the kernel's own choice?",
		.defaults = { [EXP_BYTES] = "500000",
			      [EXP_SNDBUF] = "16384",
			      [EXP_DELAY] = "5ms",
			      [EXP_RATE] = "500000" },
		.on_wire = true,
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
