/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: "connection reset by peer" or "broken pipe"?
 *
 * Predict: the server has closed, and the client sends twice. Which of the two
 * calls fails, with which error, and does a signal come? And if the server
 * closes without having read what came: what does the client's read() say?
 *
 * After the server's FIN the client may still send: a FIN says "I send no
 * more", not "I read no more". So the first send() succeeds. Nobody is there to
 * read it, and the server's kernel answers with RST. The second send() finds
 * the connection gone: EPIPE, "broken pipe", and SIGPIPE, which ends a program
 * that has not asked otherwise. A server that closes with unread data sends no
 * FIN but RST at once: the client, still ESTABLISHED, is told ECONNRESET,
 * "connection reset by peer", by its next call, and only once; from then on
 * read() returns 0 and send() fails with EPIPE.
 *
 * Read on: send(2) under EPIPE and MSG_NOSIGNAL, signal(7); RFC 9293 section
 * 3.10.7.4; RFC 2525 section 2.17.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char word[] = "hello";

static volatile sig_atomic_t sigpipes;

static void count_sigpipe(int signal_number)
{
	(void)signal_number;
	sigpipes++;
}

static int server(struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);

	if (fd < 0)
		return EXIT_FAILURE;
	/* Everything that came has been read, namely nothing: a FIN. */
	close(fd);
	if (exp_tell(exp, exp_port(listener)))
		return EXIT_FAILURE;
	fd = exp_accept(exp, listener);
	if (fd < 0)
		return EXIT_FAILURE;
	/* Here something has come, and is not read: RST. */
	measure_wait_unread(fd, sizeof(word));
	exp_say(exp, "unread_at_close=%d", measure_unread(fd));
	close(fd);
	close(listener);
	return 0;
}

/* Prints what a call returned and checks it: bytes, or minus an errno. */
static int expect(const struct exp *exp, const char *call, ssize_t result, ssize_t expected)
{
	ssize_t got = result < 0 ? -errno : result;

	exp_say(exp, "%s_result=%zd", call, result);
	exp_say(exp, "%s_errno=%s", call, exp_errno(result < 0 ? errno : 0));
	if (got != expected)
		return exp_fail(exp, "%s: the kernel did something else", call);
	return 0;
}

static int after_fin(const struct exp *exp)
{
	int fd = exp_connect(exp);
	char data;

	if (fd < 0 || expect(exp, "after_fin.read", read(fd, &data, 1), 0))
		return EXIT_FAILURE;
	exp_say(exp, "after_fin.state=%s", measure_state(fd));
	if (expect(exp, "after_fin.send", send(fd, word, sizeof(word), 0), sizeof(word)))
		return EXIT_FAILURE;
	measure_wait_closed(fd);
	if (expect(exp, "after_fin.second_send", send(fd, word, sizeof(word), 0), -EPIPE))
		return EXIT_FAILURE;
	exp_say(exp, "sigpipes=%d", (int)sigpipes);
	if (sigpipes != 1)
		return exp_fail(exp, "EPIPE came without SIGPIPE");
	if (expect(exp, "after_fin.nosignal", send(fd, word, 1, MSG_NOSIGNAL), -EPIPE))
		return EXIT_FAILURE;
	close(fd);
	return sigpipes == 1 ? 0 : exp_fail(exp, "SIGPIPE came in spite of MSG_NOSIGNAL");
}

static int after_rst(const struct exp *exp)
{
	int fd = exp_connect(exp);
	char data;

	if (fd < 0 || expect(exp, "after_rst.send", send(fd, word, sizeof(word), 0), sizeof(word)))
		return EXIT_FAILURE;
	measure_wait_closed(fd);
	if (expect(exp, "after_rst.read", read(fd, &data, 1), -ECONNRESET) ||
	    expect(exp, "after_rst.second_read", read(fd, &data, 1), 0) ||
	    expect(exp, "after_rst.second_send", send(fd, word, 1, MSG_NOSIGNAL), -EPIPE))
		return EXIT_FAILURE;
	close(fd);
	return 0;
}

static int client(struct exp *exp)
{
	struct sigaction action = { .sa_handler = count_sigpipe };

	sigaction(SIGPIPE, &action, NULL);
	return after_fin(exp) || after_rst(exp) ? EXIT_FAILURE : 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "broken_pipe",
		.short_name = "pipe",
		.question = "\"Connection reset by peer\" or \"broken pipe\"?",
		.predict = "Predict: the server has closed, the client sends twice. Which call "
			   "fails,\n"
			   "and how? And if the server left something unread?",
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
