/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells the plays. Judges nothing. */
#include "tests/unit/exported.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>

static const struct capture_info info = {
	.version = "0.1.0",
	.kernel = "6.18.0-test",
	.machine = "x86_64",
	.command = "./play <&\" \x1b[31m",
	.start_mono_ns = PLAY_START_NS,
	.start_real_ns = EXPORTED_REAL_NS,
};

static const struct capture_end end = { .complete = true };

/* The trace of a play tells another sink. */
static void *play_for(struct play **play, const struct trace_sink *sink, void *context)
{
	void *state;

	assert_int_equal(play_open(&state), 0);
	*play = state;
	trace_close((*play)->trace);
	assert_int_equal(trace_open(&(*play)->trace, &info, sink, context), 0);
	return state;
}

void exported_make(struct exported *exported, const struct export *export, enum lang lang,
		   void (*story)(struct play *play))
{
	struct export_target target = { .directory_fd = -1, .lang = lang };
	void *context, *state;
	struct play *play;

	state = play_for(&play, NULL, NULL);
	story(play);
	target.zero_ns = trace_zero_ns(play->trace);
	play_close(&state);

	target.stream = open_memstream(&exported->text, &exported->size);
	assert_non_null(target.stream);
	assert_int_equal(export->begin(&context, &target, &info), 0);
	state = play_for(&play, &export->sink, context);
	story(play);
	assert_int_equal(trace_finish(play->trace), 0);
	assert_int_equal(export->end(context, play->trace, &end), 0);
	play_close(&state);
	assert_int_equal(fclose(target.stream), 0);
}

void exported_free(struct exported *exported)
{
	free(exported->text);
}

int exported_count(const struct exported *exported, const char *part)
{
	const char *at = exported->text;
	int count = 0;

	while ((at = strstr(at, part))) {
		at += strlen(part);
		count++;
	}
	return count;
}

void story_empty(struct play *play)
{
	(void)play;
}

void story_whole(struct play *play)
{
	handshake(play);
	pass(play, MS);
	sends(play, CLIENT, 100000);
	pass(play, MS);
	reads(play, SERVER, 100000);
	client_closes(play);
	server_closes(play);
}

void story_hostile(struct play *play)
{
	struct record_process process = {
		.header = { .kind = RECORD_PROCESS, .size = sizeof(process) },
		.tgid = play->tid[CLIENT],
		.tid = play->tid[CLIENT],
		.event = PROCESS_RENAME,
		.comm = HOSTILE_COMM,
	};

	handshake(play);
	play_feed(play, (union record){ .process = process });
	sends(play, CLIENT, 100000);
	reads(play, SERVER, 100000);
	client_closes(play);
	server_closes(play);
}

void story_server_only(struct play *play)
{
	play->sees[CLIENT] = false;
	handshake(play);
	data(play, CLIENT, 0, 5000);
	read_queue(play, SERVER, SAMPLE_QUEUED, 5000, 0);
	reads(play, SERVER, 5000);
}

void story_client_only(struct play *play)
{
	play->sees[SERVER] = false;
	handshake(play);
	sends(play, CLIENT, 100000);
	client_closes(play);
}

void story_refused(struct play *play)
{
	client_connects(play);
	syn_leaves(play);
	pass(play, SECOND);
	syn_leaves(play);
	changes(play, CLIENT, TCP_SYN_SENT, TCP_CLOSE, .error = ETIMEDOUT);
	connect_returns(play, -ETIMEDOUT);
}

void story_lossy(struct play *play)
{
	handshake(play);
	sends(play, CLIENT, 100000);
	pass(play, MS);
	feed(play, RECORD_LOST, lost, 0, .first_ns = play->now_ns - 900 * US,
	     .last_ns = play->now_ns - 100 * US, .count = 40, .what = RECORD_SEGMENT);
	feed(play, RECORD_LOST, lost, 0, .first_ns = play->now_ns - 600 * US,
	     .last_ns = play->now_ns - 50 * US, .count = 2, .what = RECORD_STATE);
	sends(play, CLIENT, 1000);
	reads(play, SERVER, 101000);
}

void story_crowd(struct play *play)
{
	for (int i = 1; i <= CROWD; i++) {
		if (i > 1)
			another_connection(play, (uint16_t)(40000 + i));
		handshake(play);
		enters(play, CLIENT, .call = CALL_SEND, .asked = 10);
		pass(play, i == CROWD_SLOWEST ? SECOND : US);
		returns(play, CLIENT, .call = CALL_SEND, .asked = 10, .bytes = 10, .result = 10);
	}
}
