/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: send() succeeded, then the server died. Did my data arrive?
 *
 * Predict: the client sends 10,240 bytes, and waits until the server's kernel
 * has acknowledged each of them. The server's program has not called read()
 * yet, and ends. Who has the bytes then, and what does the client learn, when?
 *
 * An ACK is the word of a kernel, not of a program: the bytes lie in the
 * server's receive queue. When its program ends, the kernel closes the socket
 * and throws the queue away. Because data is lost that way it says so: not with
 * a FIN but with an RST. The client's send() returned long before; its next
 * read() fails with ECONNRESET. Only an answer of the server's program says
 * that the program has the data.
 *
 * Read on: send(2), read(2) under ECONNRESET; RFC 1122 section 4.2.2.13,
 * RFC 2525 section 2.17.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);
	int unread;

	if (fd < 0 || exp_wait(exp))
		return EXIT_FAILURE;
	unread = measure_unread(fd);
	exp_say(exp, "state=%s", measure_state(fd));
	exp_say(exp, "unread=%d", unread);
	exp_say(exp, "bytes_read=0");
	if (exp_tell(exp, unread))
		return EXIT_FAILURE;
	/* No read(), no close(): the process ends, and the kernel closes for it. */
	return 0;
}

/* The whole story from the client's side, which had no failure until now. */
static int ask_for_answer(const struct exp *exp, int fd, uint64_t acknowledged)
{
	uint64_t unread, resets = measure_counter("TcpEstabResets");
	ssize_t result;
	char answer;
	int error;

	if (exp_signal(exp) || exp_hear(exp, &unread))
		return EXIT_FAILURE;
	result = read(fd, &answer, sizeof(answer));
	error = result < 0 ? errno : 0;
	resets = measure_counter("TcpEstabResets") - resets;
	exp_say(exp, "read_result=%zd", result);
	exp_say(exp, "read_errno=%s", exp_errno(error));
	exp_say(exp, "state_after_read=%s", measure_state(fd));
	exp_say(exp, "resets=%llu", (unsigned long long)resets);
	if (unread != acknowledged)
		return exp_fail(exp, "%llu bytes are acknowledged, but %llu are unread",
				(unsigned long long)acknowledged, (unsigned long long)unread);
	if (error != ECONNRESET || !resets)
		return exp_fail(exp, "read() returned %zd (%s), not ECONNRESET", result,
				exp_errno(error));
	return 0;
}

static int client(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	struct measure_send sent;
	char *data = calloc(1, bytes);
	uint64_t acknowledged;
	int fd, status;

	if (!data)
		return exp_fail_call(exp, "calloc");
	fd = exp_connect(exp);
	if (fd < 0)
		return EXIT_FAILURE;
	measure_send_begin(&sent);
	sent.result = send(fd, data, bytes, 0);
	measure_send_end(exp, &sent, fd, sent.result);
	measure_say_send(exp, &sent);
	free(data);
	if (sent.result != (ssize_t)bytes)
		return exp_fail(exp, "send() returned %zd: %s", sent.result, exp_errno(sent.error));
	acknowledged = bytes - measure_settle(exp, fd);
	exp_say(exp, "acknowledged=%llu", (unsigned long long)acknowledged);
	if (!exp->options.changed && acknowledged != bytes)
		return exp_fail(exp, "the server's kernel did not acknowledge all of it");
	status = ask_for_answer(exp, fd, acknowledged);
	close(fd);
	return status;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "lost_success",
		.short_name = "success",
		.question = "send() succeeded, then the server died. Did my data arrive?",
		.predict =
			"Predict: all bytes are acknowledged and none is read when the server's\n"
			"program ends. What does the client's next read() return?",
		.defaults = { [EXP_BYTES] = "10240" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
