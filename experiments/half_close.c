/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Question: can I stop sending and still read?
 *
 * Predict: the client sends 10,000 bytes and says shutdown(SHUT_WR). How does
 * the server know that it has them all? In which states are the two ends then,
 * and for how long? Can the answer still come?
 *
 * shutdown(SHUT_WR) sends the FIN that close() would send, after the last
 * byte, but leaves the descriptor open for reading. The server's read() returns
 * 0 when it has read everything: that is how it learns that the question is
 * complete. One way is closed, the other is not: the client is in FIN_WAIT2,
 * the server in CLOSE_WAIT, both for as long as the server's program likes, and
 * the answer flows as ever. Only a write() of the client fails, with EPIPE. The
 * server's close() sends the second FIN, and both are done.
 *
 * Read on: shutdown(2); RFC 9293 section 3.6, case 1.
 */
#include "experiments/exp.h"
#include "experiments/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_AGAIN_NS 1000000ull

/* Reads up to the peer's FIN. Returns the bytes; or -1. */
static ssize_t read_to_the_end(int fd, char *data, size_t size)
{
	ssize_t got, all = 0;

	while ((got = read(fd, data + all, size - all)) > 0)
		all += got;
	return got < 0 ? -1 : all;
}

static int server(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	/* A byte more than can come, or read() would return 0 because it was asked for 0. */
	char *data = malloc(bytes + 1);
	int listener = exp_listen(exp, 1);
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);
	const char *state;

	if (fd < 0)
		return EXIT_FAILURE;
	if (!data)
		return exp_fail_call(exp, "malloc");
	if (read_to_the_end(fd, data, bytes + 1) != (ssize_t)bytes)
		return exp_fail(exp, "the question did not come whole");
	exp_say(exp, "bytes_read=%zu", bytes);
	state = measure_state(fd);
	exp_say(exp, "state_after_end_of_file=%s", state);
	if (strcmp(state, "CLOSE_WAIT"))
		return exp_fail(exp, "after the FIN the state is %s, not CLOSE_WAIT", state);
	/* Until the client says so nothing happens: both ends stay where they are. */
	if (exp_signal(exp) || exp_wait(exp))
		return EXIT_FAILURE;
	exp_say(exp, "state_before_answer=%s", measure_state(fd));
	if (write(fd, data, bytes) != (ssize_t)bytes)
		return exp_fail(exp, "the answer could not be sent");
	exp_say(exp, "bytes_sent=%zu", bytes);
	close(fd);
	close(listener);
	free(data);
	return 0;
}

/* The second half of the conversation: the client cannot send any more, but reads. */
static int take_answer(const struct exp *exp, int fd, char *data, size_t bytes)
{
	int error = write(fd, data, 1) < 0 ? errno : 0;
	const char *state;

	exp_say(exp, "write_after_shutdown_errno=%s", exp_errno(error));
	if (error != EPIPE)
		return exp_fail(exp, "write() after shutdown() did not fail with EPIPE");
	/* The server has the FIN, but its acknowledgment may still be on its way. */
	while (state = measure_state(fd), !strcmp(state, "FIN_WAIT1"))
		exp_sleep(LOOK_AGAIN_NS);
	exp_sleep(exp->options.value[EXP_HOLD]);
	state = measure_state(fd);
	exp_say(exp, "state_half_closed=%s", state);
	if (strcmp(state, "FIN_WAIT2"))
		return exp_fail(exp, "half closed, the state is %s, not FIN_WAIT2", state);
	if (exp_signal(exp))
		return EXIT_FAILURE;
	if (read_to_the_end(fd, data, bytes + 1) != (ssize_t)bytes)
		return exp_fail(exp, "the answer did not come whole");
	exp_say(exp, "bytes_read=%zu", bytes);
	return 0;
}

static int client(struct exp *exp)
{
	size_t bytes = exp->options.value[EXP_BYTES];
	char *data = calloc(bytes + 1, 1);
	int fd = exp_connect(exp);
	unsigned int local, remote;
	const char *state;

	if (fd < 0)
		return EXIT_FAILURE;
	if (!data)
		return exp_fail_call(exp, "calloc");
	local = exp_port(fd);
	remote = measure_peer_port(fd);
	if (write(fd, data, bytes) != (ssize_t)bytes)
		return exp_fail(exp, "the question could not be sent");
	exp_say(exp, "bytes_sent=%zu", bytes);
	if (shutdown(fd, SHUT_WR))
		return exp_fail_call(exp, "shutdown");
	if (exp_wait(exp) || take_answer(exp, fd, data, bytes))
		return EXIT_FAILURE;
	state = measure_final_state(exp, local, remote);
	exp_say(exp, "final_state=%s", state);
	close(fd);
	free(data);
	if (strcmp(state, "TIME_WAIT"))
		return exp_fail(exp, "closed first, but ended as %s, not in TIME_WAIT", state);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct exp_lesson lesson = {
		.name = "half_close",
		.short_name = "half",
		.question = "Can I stop sending and still read?",
		.predict =
			"Predict: how does the server know that it has everything, and in which\n"
			"states are the two ends until it has answered?",
		.defaults = { [EXP_BYTES] = "10000", [EXP_HOLD] = "100ms" },
		.server = server,
		.client = client,
	};

	return exp_run(&lesson, argc, argv);
}
