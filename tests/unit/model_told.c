/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The other side of model_records.h: keeps what the model tells, and finds it
 * again for the tests.
 */
#include <stdlib.h>

#include "tests/unit/model_records.h"

static const struct capture_info info = { .detail = "full", .command = "./play" };
#define KEEP(list, count, fact)                  \
	do {                                     \
		if ((count) < TOLD_MAX)          \
			(list)[count] = *(fact); \
		(count)++;                       \
	} while (0)

static void take_state(void *context, const struct state_change *change)
{
	struct play *play = context;

	KEEP(play->states, play->state_count, change);
}

static void take_call(void *context, const struct call *call)
{
	struct play *play = context;

	KEEP(play->calls, play->call_count, call);
}

static void take_moment(void *context, const struct moment *moment)
{
	struct play *play = context;

	KEEP(play->moments, play->moment_count, moment);
}

static void take_segment(void *context, const struct segment *segment)
{
	struct play *play = context;

	KEEP(play->segments, play->segment_count, segment);
}

static void take_bytes(void *context, const struct bytes *bytes)
{
	struct play *play = context;

	play->bytes[bytes->sender] = *bytes;
	play->bytes_count++;
}

static void take_sleep(void *context, const struct sleep_part *part)
{
	struct play *play = context;

	assert_true(play->sleep_count < TOLD_MAX);
	play->sleeps[play->sleep_count++] = *part;
}

static void take_connection(void *context, const struct connection *connection)
{
	struct play *play = context;

	assert_non_null(connection);
	play->connections_told++;
}

static void take_finished(void *context, const struct connection *connection)
{
	struct play *play = context;

	assert_true(connection->finished);
	play->finished_told++;
}

static void take_lost(void *context, const struct loss *loss)
{
	struct play *play = context;

	play->loss = *loss;
	play->losses_told++;
}

static const struct trace_sink sink = {
	.state = take_state,
	.call = take_call,
	.moment = take_moment,
	.segment = take_segment,
	.sleep = take_sleep,
	.bytes = take_bytes,
	.connection = take_connection,
	.finished = take_finished,
	.lost = take_lost,
};

int play_open(void **state)
{
	struct play *play = calloc(1, sizeof(*play));

	if (!play || trace_open(&play->trace, &info, &sink, play)) {
		free(play);
		return -1;
	}
	play->now_ns = PLAY_START_NS;
	play->sees[CLIENT] = play->sees[SERVER] = true;
	play->id[CLIENT] = 2;
	play->id[SERVER] = 3;
	play->tid[CLIENT] = 100;
	play->tid[SERVER] = 200;
	play->port[CLIENT] = 40000;
	play->port[SERVER] = SERVER_PORT;
	play->isn[CLIENT] = 1000;
	play->isn[SERVER] = 500000;
	*state = play;
	return 0;
}

int play_close(void **state)
{
	struct play *play = *state;

	trace_close(play->trace);
	free(play);
	return 0;
}

const struct connection *the_connection(const struct play *play)
{
	const struct connection *connection = trace_connection(play->trace, 0);

	assert_non_null(connection);
	return connection;
}

const struct direction *direction_from(const struct play *play, enum end sender)
{
	return &the_connection(play)->flow[sender].at;
}

const struct moment *told_moment(const struct play *play, enum moment_kind kind)
{
	assert_in_range(play->moment_count, 0, TOLD_MAX);
	for (int i = 0; i < play->moment_count; i++) {
		if (play->moments[i].kind == kind)
			return &play->moments[i];
	}
	return NULL;
}

int told_moments(const struct play *play, enum moment_kind kind)
{
	int count = 0;

	assert_in_range(play->moment_count, 0, TOLD_MAX);
	for (int i = 0; i < play->moment_count; i++)
		count += play->moments[i].kind == kind;
	return count;
}

const struct state_change *last_state(const struct play *play, enum end who)
{
	assert_in_range(play->state_count, 1, TOLD_MAX);
	for (int i = play->state_count - 1; i >= 0; i--) {
		if (play->states[i].socket->id == play->id[who])
			return &play->states[i];
	}
	fail_msg("no state was told");
	return NULL;
}

const struct call *last_call(const struct play *play)
{
	assert_in_range(play->call_count, 1, TOLD_MAX);
	return &play->calls[play->call_count - 1];
}

const char *verdict(const struct play *play, enum lang lang)
{
	static char text[2048];

	return verdict_text(the_connection(play), lang, text, sizeof(text));
}

const char *caption(const struct moment *moment, enum lang lang)
{
	static char text[1024];

	assert_non_null(moment);
	return moment_caption(moment, lang, text, sizeof(text));
}

void play_assert_contains(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	print_message("\"%s\" lacks \"%s\"\n", text, part);
	_fail(file, line);
}

void play_assert_lacks(const char *text, const char *part, const char *file, int line)
{
	if (!strstr(text, part))
		return;
	print_message("\"%s\" should lack \"%s\"\n", text, part);
	_fail(file, line);
}

bool in_order(const struct direction *at)
{
	return at->handed >= at->sent && at->sent >= at->received && at->received >= at->read &&
	       at->sent >= at->acked;
}
