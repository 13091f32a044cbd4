/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * make_capture KIND COUNT COMM FILE: writes a capture that no machine recorded, for
 * tests that need a size, a loss or a name that a real run doesn't give on
 * demand. What the page says of it is compared with --json of the same file, so
 * nothing in here has to be true of a kernel.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/capture/decode.h"
#include "user/capture/writer.h"

#define START_NS 1000000000000ULL
#define STEP_NS 11000ULL
#define CHUNK 1024
#define CROWD_OPEN 1000 /* connections at any time */
#define CROWD_LISTENER 1
#define HOSTILE "</script><img src=x onerror=\"document.title='owned'\">"

struct story {
	struct writer *writer;
	uint64_t now_ns;
	uint32_t socket[2]; /* of the connection at hand: client, server; 0: not traced */
	uint16_t port;
	uint32_t isn[2];
	uint32_t tgid[2];
	uint32_t listener; /* 0: not traced */
	bool found;	   /* it is older than the capture */
	const char *comm;
	uint64_t dice; /* so that times are as hard to compress as real ones */
};

static void put(struct story *story, union record *record, size_t size, enum record_kind kind,
		uint32_t socket)
{
	story->dice = story->dice * 6364136223846793005ULL + 1442695040888963407ULL;
	story->now_ns += STEP_NS / 4 + (story->dice >> 33) % STEP_NS;
	record->header = (struct record_header){ .kind = (uint16_t)kind,
						 .size = (uint16_t)size,
						 .socket = socket,
						 .time_ns = story->now_ns };
	if (writer_add(story->writer, &record->header)) {
		fputs("make_capture: can't write\n", stderr);
		exit(1);
	}
}

#define PUT(story, member, kind, socket_id, ...)                                  \
	put(story, &(union record){ .member = { .header = { 0 }, __VA_ARGS__ } }, \
	    sizeof(struct record_##member), kind, socket_id)

static void process_event(struct story *story, uint32_t tgid, enum process_event event)
{
	union record record = { .process = { .tgid = tgid, .tid = tgid, .event = event } };

	memcpy(record.process.comm, story->comm,
	       strnlen(story->comm, sizeof(record.process.comm) - 1));
	put(story, &record, sizeof(record.process), RECORD_PROCESS, 0);
}

static void process(struct story *story, uint32_t tgid)
{
	process_event(story, tgid, PROCESS_EXEC);
}

static void identity(struct story *story, int end)
{
	union record record = { .socket = { .family = AF_INET,
					    .type = SOCK_STREAM,
					    .protocol = IPPROTO_TCP,
					    .netns = 1,
					    .local_port = end ? 80 : story->port,
					    .remote_port = end ? story->port : 80,
					    .origin = story->found ? ORIGIN_EXISTING
						      : end	   ? ORIGIN_CHILD
								   : ORIGIN_CREATED,
					    .listener = end ? story->listener : 0,
					    .owner_tgid = story->tgid[end],
					    .owner_tid = story->tgid[end] } };
	const uint8_t loopback[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1 };

	memcpy(record.socket.local_address, loopback, sizeof(loopback));
	memcpy(record.socket.remote_address, loopback, sizeof(loopback));
	put(story, &record, sizeof(record.socket), RECORD_SOCKET, story->socket[end]);
}

static void state(struct story *story, int end, int from, int to)
{
	if (story->socket[end])
		PUT(story, state, RECORD_STATE, story->socket[end], .old_state = (uint8_t)from,
		    .new_state = (uint8_t)to);
}

/* seq and ack count from the initial sequence numbers. */
static void segment(struct story *story, int end, uint8_t flags, uint32_t seq, uint32_t ack,
		    uint32_t length)
{
	for (int received = 0; received < 2; received++) {
		uint32_t at = story->socket[received ? !end : end];

		if (at)
			PUT(story, segment, RECORD_SEGMENT, at, .flags = flags,
			    .seq = story->isn[end] + seq, .ack = story->isn[!end] + ack,
			    .length = length, .window = 500, .wscale = 7, .mss = 1460,
			    .received = (uint8_t)received);
	}
}

static void call(struct story *story, int end, enum call_kind kind, uint64_t asked, int result)
{
	if (story->socket[end])
		PUT(story, call, RECORD_CALL, story->socket[end],
		    .enter_ns = story->now_ns - STEP_NS / 8, .asked = asked,
		    .bytes = result > 0 ? (uint64_t)result : 0, .result = result, .fd = 3,
		    .tgid = story->tgid[end], .tid = story->tgid[end], .call = (uint8_t)kind);
}

static void begin(struct story *story, uint32_t number, bool client, bool server)
{
	story->socket[0] = client ? 2 * number + 1 : 0;
	story->socket[1] = server ? 2 * number + 2 : 0;
	story->port = (uint16_t)(20000 + number % 40000);
	story->isn[0] = 0xfffff000 + number;
	story->isn[1] = 77 * number;
	for (int end = 0; end < 2; end++)
		if (story->socket[end])
			identity(story, end);
	state(story, 0, TCP_CLOSE, TCP_SYN_SENT);
	segment(story, 0, SEGMENT_SYN, 0, 0, 0);
}

static void establish(struct story *story)
{
	state(story, 1, TCP_LISTEN, TCP_SYN_RECV);
	segment(story, 1, SEGMENT_SYN | SEGMENT_ACK, 0, 1, 0);
	state(story, 0, TCP_SYN_SENT, TCP_ESTABLISHED);
	call(story, 0, CALL_CONNECT, 0, 0);
	segment(story, 0, SEGMENT_ACK, 1, 1, 0);
	state(story, 1, TCP_SYN_RECV, TCP_ESTABLISHED);
}

static void fail_connect(struct story *story)
{
	segment(story, 1, SEGMENT_RST | SEGMENT_ACK, 0, 1, 0);
	state(story, 0, TCP_SYN_SENT, TCP_CLOSE);
	call(story, 0, CALL_CONNECT, 0, -111);
}

static void sample(struct story *story, uint32_t sent, uint32_t read)
{
	if (story->socket[0])
		PUT(story, sample_send, RECORD_SAMPLE_SEND, story->socket[0],
		    .write_seq = story->isn[0] + 1 + sent + CHUNK,
		    .snd_nxt = story->isn[0] + 1 + sent, .snd_una = story->isn[0] + 1 + read,
		    .ack_seq = story->isn[0] + 1 + read, .wmem_queued = sent - read + 4 * CHUNK,
		    .sndbuf = 4194304, .snd_wnd = 65536, .snd_cwnd = 10,
		    .notsent_lowat = UINT32_MAX, .reason = SAMPLE_SENT, .state = TCP_ESTABLISHED);
	if (story->socket[1])
		PUT(story, sample_recv, RECORD_SAMPLE_RECV, story->socket[1],
		    .rcv_nxt = story->isn[0] + 1 + sent, .copied_seq = story->isn[0] + 1 + read,
		    .rcv_wnd = 65536, .rmem_alloc = sent - read, .rcvbuf = 131072,
		    .reason = SAMPLE_READ, .state = TCP_ESTABLISHED);
}

/* Rounds of a send and a read, six records or a few less each. */
static void transfer(struct story *story, uint32_t rounds)
{
	for (uint32_t i = 0; i < rounds; i++) {
		call(story, 0, CALL_SEND, CHUNK, CHUNK);
		segment(story, 0, SEGMENT_ACK | SEGMENT_PSH, 1 + i * CHUNK, 1, CHUNK);
		sample(story, (i + 1) * CHUNK, i * CHUNK);
		call(story, 1, CALL_READ, CHUNK, CHUNK);
	}
}

static void finish(struct story *story)
{
	state(story, 0, TCP_ESTABLISHED, TCP_FIN_WAIT1);
	state(story, 1, TCP_ESTABLISHED, TCP_CLOSE_WAIT);
	state(story, 1, TCP_CLOSE_WAIT, TCP_LAST_ACK);
	state(story, 0, TCP_FIN_WAIT1, TCP_CLOSE);
	state(story, 1, TCP_LAST_ACK, TCP_CLOSE);
}

static void one(struct story *story, uint32_t rounds, bool client, bool server)
{
	process(story, 100);
	process(story, 101);
	begin(story, 0, client, server);
	establish(story);
	transfer(story, rounds);
	finish(story);
}

/* The reader closes before it has read all. */
static void unread(struct story *story, uint32_t rounds)
{
	begin(story, 0, true, true);
	establish(story);
	transfer(story, rounds);
	call(story, 0, CALL_SEND, 9 * CHUNK, 9 * CHUNK);
	call(story, 1, CALL_READ, CHUNK, CHUNK);
	finish(story);
}

/* Every tenth one is refused. */
static void many(struct story *story, uint32_t count)
{
	process(story, 100);
	for (uint32_t i = 0; i < count; i++) {
		begin(story, i, true, i % 10);
		if (i % 10) {
			establish(story);
			transfer(story, 1 + i % 7);
			finish(story);
		} else {
			fail_connect(story);
		}
	}
}

/* The number-th of the crowd, at whichever of its instants; a server process for each. */
static void choose(struct story *story, uint32_t number)
{
	story->socket[0] = 2 * number + 3;
	story->socket[1] = 2 * number + 4;
	story->port = (uint16_t)(20000 + number % 40000);
	story->isn[0] = 0xfffff000 + number;
	story->isn[1] = 77 * number;
	story->tgid[1] = 1000 + number;
}

static void come(struct story *story, uint32_t number)
{
	choose(story, number);
	process_event(story, story->tgid[1], PROCESS_FORK);
	call(story, 0, CALL_SOCKET, 0, 3);
	identity(story, 0);
	identity(story, 1);
	state(story, 0, TCP_CLOSE, TCP_SYN_SENT);
	segment(story, 0, SEGMENT_SYN, 0, 0, 0);
	establish(story);
	transfer(story, 1);
}

static void leave(struct story *story, uint32_t number)
{
	choose(story, number);
	finish(story);
	call(story, 0, CALL_CLOSE, 0, 0);
	call(story, 1, CALL_CLOSE, 0, 0);
	process_event(story, story->tgid[1], PROCESS_EXIT);
}

/* Never more than CROWD_OPEN are open. */
static void crowd(struct story *story, uint32_t count)
{
	process(story, 100);
	story->listener = CROWD_LISTENER;
	PUT(story, socket, RECORD_SOCKET, CROWD_LISTENER, .family = AF_INET, .type = SOCK_STREAM,
	    .protocol = IPPROTO_TCP, .netns = 1, .local_port = 80, .owner_tgid = 101,
	    .owner_tid = 101);
	PUT(story, state, RECORD_STATE, CROWD_LISTENER, .old_state = TCP_CLOSE,
	    .new_state = TCP_LISTEN);
	for (uint32_t i = 0; i < count + CROWD_OPEN; i++) {
		if (i >= CROWD_OPEN && i - CROWD_OPEN < count)
			leave(story, i - CROWD_OPEN);
		if (i < count)
			come(story, i);
	}
}

/* A client that had been connected when the trace began; nothing was sent yet. */
static void attached(struct story *story, uint32_t rounds)
{
	story->found = true;
	story->socket[0] = 1;
	story->port = 20000;
	identity(story, 0);
	state(story, 0, TCP_ESTABLISHED, TCP_ESTABLISHED);
	PUT(story, found, RECORD_FOUND, 1, .state = TCP_ESTABLISHED, .bytes_acked = 1,
	    .positions = {
		    .write_seq = 1, .snd_nxt = 1, .snd_una = 1, .rcv_nxt = 1, .copied_seq = 1 });
	transfer(story, rounds);
	finish(story);
}

static void lossy(struct story *story, uint32_t count)
{
	uint64_t first_ns;

	begin(story, 0, true, true);
	establish(story);
	transfer(story, 40);
	first_ns = story->now_ns;
	story->now_ns += 2000000;
	PUT(story, lost, RECORD_LOST, 0, .first_ns = first_ns, .last_ns = story->now_ns,
	    .count = count, .what = RECORD_SAMPLE_SEND);
	transfer(story, 60);
}

static bool tell(struct story *story, const char *kind, uint32_t count)
{
	if (!strcmp(kind, "processes"))
		for (uint32_t i = 0; i < count; i++)
			process(story, 100 + i);
	else if (!strcmp(kind, "bulk"))
		one(story, count / 6, true, true);
	else if (!strcmp(kind, "client-only"))
		one(story, count, true, false);
	else if (!strcmp(kind, "server-only"))
		one(story, count, false, true);
	else if (!strcmp(kind, "attached"))
		attached(story, count);
	else if (!strcmp(kind, "unread"))
		unread(story, count);
	else if (!strcmp(kind, "many"))
		many(story, count);
	else if (!strcmp(kind, "crowd"))
		crowd(story, count);
	else if (!strcmp(kind, "lossy"))
		lossy(story, count);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct capture_info info = { .version = "test",
				     .kernel = "6.18.0",
				     .start_mono_ns = START_NS };
	struct story story = { .now_ns = START_NS, .tgid = { 100, 101 } };
	int err;

	if (argc != 5) {
		fputs("usage: make_capture KIND COUNT COMM FILE\n", stderr);
		return 2;
	}
	story.comm = strcmp(argv[3], "hostile") ? argv[3] : HOSTILE;
	snprintf(info.command, sizeof(info.command), "%s", story.comm);
	err = writer_open(&story.writer, open(argv[4], O_WRONLY | O_CREAT | O_TRUNC, 0644), &info);
	if (err) {
		fprintf(stderr, "make_capture: %s: %s\n", argv[4], strerror(-err));
		return 1;
	}
	if (!tell(&story, argv[1], (uint32_t)strtoul(argv[2], NULL, 10))) {
		fprintf(stderr, "make_capture: no kind %s\n", argv[1]);
		return 2;
	}
	return writer_close(story.writer, 0) ? 1 : 0;
}
