/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A play in records: what the kernel would have shown of one client and one
 * server, so that a test of the model reads like a story. Each helper feeds
 * one record or a few, a microsecond apart, for the ends that are traced, and
 * returns the time of its last one. What the model tells is kept. Decides
 * nothing about TCP: a story may break its rules.
 */
#ifndef TCPWATCH_TESTS_MODEL_RECORDS_H
#define TCPWATCH_TESTS_MODEL_RECORDS_H

#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "user/model/trace.h"
#include "user/model/verdict.h"

#define US 1000ULL
#define MS 1000000ULL
#define SECOND 1000000000ULL
#define PLAY_START_NS (5000 * SECOND)
#define TOLD_MAX 256

#define CLIENT END_CLIENT
#define SERVER END_SERVER
#define LISTENER_ID 1
#define SERVER_PORT 80

struct play {
	struct trace *trace;
	uint64_t now_ns;
	bool sees[END_COUNT]; /* which ends are traced; set before the first record */
	uint32_t id[END_COUNT];
	uint16_t port[END_COUNT];
	uint32_t tid[END_COUNT];
	uint32_t isn[END_COUNT];
	uint64_t handed[END_COUNT];  /* as in the last sample, state or segment of that end */
	uint64_t arrived[END_COUNT]; /* bytes from that end that reached the other one */
	uint64_t entered_ns[END_COUNT];
	bool child_known;
	struct state_change states[TOLD_MAX];
	struct call calls[TOLD_MAX];
	struct moment moments[TOLD_MAX];
	struct segment segments[TOLD_MAX];
	struct sleep_part sleeps[TOLD_MAX];
	struct bytes bytes[END_COUNT]; /* the last of each sender */
	int state_count, call_count, moment_count, segment_count, bytes_count, sleep_count;
	int connections_told, finished_told, losses_told;
	struct loss loss;
};

/* cmocka's setup and teardown: *state is a struct play of which both ends are traced. */
int play_open(void **state);
int play_close(void **state);

uint64_t play_feed(struct play *play, union record record);

/* One record of the socket id; the rest are fields of the record. */
#define feed(play, record_kind, member, socket_id, ...)                                           \
	play_feed(play,                                                                           \
		  (union record){ .member = { .header = { .kind = (record_kind),                  \
							  .size = sizeof(struct record_##member), \
							  .socket = (socket_id) },                \
					      __VA_ARGS__ } })

/* Time passes in which nothing is recorded. */
void pass(struct play *play, uint64_t ns);

/* The raw number of the byte at a position of end's stream; 0 is the first byte. */
uint32_t raw(const struct play *play, enum end end, uint64_t position);

/* inet_sock_set_state of one end; positions are filled in. More fields of record_state may follow. */
#define changes(play, who, old, new, ...) \
	play_change(play, who,            \
		    (struct record_state){ .old_state = (old), .new_state = (new), __VA_ARGS__ })
uint64_t play_change(struct play *play, enum end who, struct record_state record);

/* By its own close(), shutdown(), connect() ... */
#define by_call(play, who, kind) .tgid = (play)->tid[who], .tid = (play)->tid[who], .call = (kind)

/* A call begins; fields of record_call_enter. Returns; fields of record_call. */
#define enters(play, who, ...) play_enter(play, who, (struct record_call_enter){ __VA_ARGS__ })
#define returns(play, who, ...) play_return(play, who, (struct record_call){ __VA_ARGS__ })
uint64_t play_enter(struct play *play, enum end who, struct record_call_enter record);
uint64_t play_return(struct play *play, enum end who, struct record_call record);

/* The write queue of one end, in positions; what is 0 gets a value that holds nothing back. */
struct write_queue {
	uint64_t handed, sent, acked;
	uint64_t ack; /* of the segment; 0: as acked */
	uint32_t wmem, sndbuf, window, cwnd, out, lowat, left;
	uint16_t flags;
};
#define write_queue(play, who, reason, ...) \
	play_write_queue(play, who, reason, (struct write_queue){ __VA_ARGS__ })
uint64_t play_write_queue(struct play *play, enum end who, enum sample_reason reason,
			  struct write_queue queue);

/* The receive queue of one end, in positions. */
uint64_t read_queue(struct play *play, enum end who, enum sample_reason reason, uint64_t received,
		    uint64_t consumed);

/* A segment: leaves its sender, arrives at the other end, or both. */
uint64_t leaves(struct play *play, enum end from, uint8_t flags, uint32_t seq, uint32_t ack,
		uint32_t length);
uint64_t arrives(struct play *play, enum end from, uint8_t flags, uint32_t seq, uint32_t ack,
		 uint32_t length);
uint64_t passes(struct play *play, enum end from, uint8_t flags, uint32_t seq, uint32_t ack,
		uint32_t length);

/* Data from a position on; an ACK of all that arrived; a FIN behind all that was handed over. */
uint64_t data(struct play *play, enum end from, uint64_t position, uint32_t length);
uint64_t acknowledges(struct play *play, enum end from);
uint64_t fin(struct play *play, enum end from);

/* The acts of a handshake. */
void server_listens(struct play *play);
void client_connects(struct play *play); /* connect() begins: SYN_SENT */
uint64_t syn_leaves(struct play *play);
uint64_t syn_arrives(struct play *play);
uint64_t syn_ack(struct play *play);
uint64_t client_established(struct play *play);
uint64_t server_established(struct play *play);
uint64_t connect_returns(struct play *play, int result);
uint64_t accept_returns(struct play *play);
void handshake(struct play *play); /* all of them */

/* send() takes bytes, in one turn, and everything arrives and is acknowledged. */
void sends(struct play *play, enum end who, uint32_t bytes);
/* recv() takes all that has arrived up to a position. */
void reads(struct play *play, enum end who, uint64_t consumed);

/* The client closes, the server follows; TIME_WAIT is the client's. */
void client_closes(struct play *play);
void server_closes(struct play *play);

#define promise(test) cmocka_unit_test_setup_teardown(test, play_open, play_close)

/* New sockets and ports for one connection more. */
void another_connection(struct play *play, uint16_t client_port);

const struct connection *the_connection(const struct play *play);
const struct direction *direction_from(const struct play *play, enum end sender);
const struct moment *told_moment(const struct play *play, enum moment_kind kind);
int told_moments(const struct play *play, enum moment_kind kind);
const struct state_change *last_state(const struct play *play, enum end who);
const struct call *last_call(const struct play *play);

/* The verdict of the first connection. Valid until the next one. */
const char *verdict(const struct play *play, enum lang lang);
const char *caption(const struct moment *moment, enum lang lang);

#define assert_contains(text, part) play_assert_contains(text, part, __FILE__, __LINE__)
#define assert_lacks(text, part) play_assert_lacks(text, part, __FILE__, __LINE__)
void play_assert_contains(const char *text, const char *part, const char *file, int line);
void play_assert_lacks(const char *text, const char *part, const char *file, int line);

/* handed >= sent >= received >= read and sent >= acked, in both directions. */
bool in_order(const struct direction *at);

#endif
