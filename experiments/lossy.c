/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: who sends lost packets again, and does the program notice?
 *
 * Predict: the wire loses every 25th TCP packet, whatever it is. The client
 * hands 400,000 bytes to one send(). What does send() return? How many bytes
 * does the server read? How many segments were sent twice, and by whom?
 *
 * The sender's kernel keeps each byte until it is acknowledged. When later
 * bytes are acknowledged and one segment is not, or when no ACK comes for the
 * time of the RTO, it sends the segment again. Reno and CUBIC take the loss for
 * a sign that the network is full, and make their congestion window smaller;
 * BBR, which measures rate and delay, hardly does. A lost ACK costs nothing
 * most of the time: the next one says more. Both programs see all bytes, once,
 * in order, and no error; they may only see that it took longer.
 *
 * Read on: tcp(7) under tcp_retries2 and tcp_sack; RFC 9293 section 3.8.1,
 * RFC 6298 (RTO), RFC 8985 (RACK-TLP), RFC 5681 section 3.2.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <unistd.h>

#include <linux/tcp.h>

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);
	int status;

	if (fd < 0)
		return EXIT_FAILURE;
	status = measure_read_all(exp, fd);
	if (!status)
		status = exp_signal(exp);
	close(fd);
	close(listener);
	return status;
}

/* What the program was not told, but can ask for. */
static int check_again(const struct exp *exp, int fd, uint64_t counted)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length))
		return exp_fail_call(exp, "getsockopt");
	exp_say(exp, "sent_again=%u", info.tcpi_total_retrans);
	exp_say(exp, "sent_again_by_counter=%llu", (unsigned long long)counted);
	exp_say(exp, "cwnd=%u", info.tcpi_snd_cwnd);
	exp_say(exp, "rto_us=%u", info.tcpi_rto);
	if (!exp->options.changed && !info.tcpi_total_retrans)
		return exp_fail(exp, "packets were lost, but nothing was sent again");
	return 0;
}

static int client(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	struct measure_send sent;
	char *data = measure_data(exp);
	uint64_t counter;
	int fd, status;

	if (!data)
		return EXIT_FAILURE;
	fd = exp_connect(exp);
	if (fd < 0)
		return EXIT_FAILURE;
	counter = measure_counter("TcpRetransSegs");
	measure_send_begin(&sent);
	sent.result = send(fd, data, bytes, 0);
	measure_send_end(exp, &sent, fd, sent.result);
	free(data);
	/* The FIN goes out, the descriptor stays: it can be asked about the rest. */
	shutdown(fd, SHUT_WR);
	if (exp_wait(exp))
		return EXIT_FAILURE;
	measure_say_buffers(exp, fd);
	measure_say_send(exp, &sent);
	status = check_again(exp, fd, measure_counter("TcpRetransSegs") - counter);
	close(fd);
	if (sent.result != (ssize_t)bytes)
		return exp_fail(exp, "send() returned %zd: %s", sent.result, exp_errno(sent.error));
	return status;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "lossy",
		.short_name = "lossy",
		.question = "Who sends lost packets again, and does the program notice?",
		.predict = "Predict: every 25th packet is lost. What does send() return, and how "
			   "many\n"
			   "bytes does the server read?",
		.defaults = { [EXP_BYTES] = "400000",
			      [EXP_READ] = "65536",
			      [EXP_PAUSE] = "0",
			      [EXP_DELAY] = "10ms",
			      [EXP_DROP] = "25*" },
		.on_wire = true,
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
