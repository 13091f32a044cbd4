/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: why does one send() take seconds?
 *
 * Predict: the client hands 10,240,000 bytes to a single send(). The server
 * reads 1 KiB, waits 1 ms, and reads again. When does send() return, and how
 * much has the server read by then?
 *
 * The kernel copies the bytes into the socket's send buffer, as long as there
 * is room. The peer's receive buffer fills first, the peer then announces a
 * window of zero, nothing leaves the send buffer any more, and it fills too.
 * send() sleeps, and is woken when a third of the buffer has become free, as
 * often as it takes. A blocking send() returns when the last byte has found
 * its place in the buffer: long before the server has read it.
 *
 * Read on: send(2), tcp(7) under tcp_wmem; RFC 9293 section 3.8.6.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <stdlib.h>
#include <unistd.h>

static int client(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	struct measure_send sent;
	struct measure_poll *poll;
	char *data = measure_data(exp);
	int fd;

	if (!data)
		return EXIT_FAILURE;
	fd = exp_connect(exp);
	if (fd < 0)
		return EXIT_FAILURE;
	if (measure_poll_start(exp, fd, &poll))
		return EXIT_FAILURE;
	measure_send_begin(&sent);
	sent.result = send(fd, data, bytes, 0);
	measure_send_end(exp, &sent, fd, sent.result);
	if (measure_poll_stop(exp, poll))
		return EXIT_FAILURE;
	measure_say_buffers(exp, fd);
	close(fd);
	free(data);
	measure_say_send(exp, &sent);
	if (sent.result != (ssize_t)bytes)
		return exp_fail(exp, "send() returned %zd: %s", sent.result, exp_errno(sent.error));
	if (!exp->options.changed && !sent.sleeps)
		return exp_fail(exp, "send() never slept: this kernel's buffers held it all");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "bulk_send",
		.short_name = "bulk",
		.question = "Why does one send() take seconds?",
		.predict = "Predict: when does send() return, and how much has been read by then?",
		.defaults = { [EXP_BYTES] = "10240000",
			      [EXP_READ] = "1024",
			      [EXP_PAUSE] = "1ms",
			      [EXP_POLL] = "" },
		.server = measure_reader,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
