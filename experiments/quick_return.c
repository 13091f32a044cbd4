/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: send() returned in under a millisecond. Where are my bytes?
 *
 * Predict: the client hands 1,024,000 bytes to send(), and send() returns at
 * once with 1,024,000. How many of them has the server read by then? How many
 * has the server's kernel? Who still has the rest, after the client is gone?
 *
 * The send buffer has room for all of them, so send() copies them and returns:
 * success means "the kernel has taken them", nothing else. Some are on their
 * way or in the server's receive buffer, most have not even been sent. close()
 * changes nothing about that: the client's kernel goes on sending, with no
 * process to report to, and its FIN follows the last byte.
 *
 * Read on: send(2), tcp(7) under SIOCOUTQ; RFC 9293 section 3.10.2 and 3.6.
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
	if (!exp->options.changed && sent.sleeps)
		return exp_fail(exp, "send() slept: this kernel's send buffer is too small");
	if (!exp->options.changed && !sent.outq_bytes)
		return exp_fail(exp, "no byte was left in the send buffer");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "quick_return",
		.short_name = "quick",
		.question = "send() returned in under a millisecond. Where are my bytes?",
		.predict = "Predict: how many has the server read by then, and its kernel?",
		.defaults = { [EXP_BYTES] = "1024000",
			      [EXP_READ] = "1024",
			      [EXP_PAUSE] = "1ms",
			      [EXP_POLL] = "" },
		.server = measure_reader,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
