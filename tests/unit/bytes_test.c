/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where every byte is: handed over, sent, received, read. What the model
 * promises of these four positions, whatever order the records come in.
 */
#include <errno.h>
#include <netinet/tcp.h>

#include "tests/unit/model_records.h"

#define GIB (1ULL << 30)

static void four_positions_say_where_every_byte_is(void **state)
{
	struct play *play = *state;
	const struct bytes *bytes = &play->bytes[CLIENT];

	handshake(play);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 1000, .left = 500);
	data(play, CLIENT, 0, 700);
	read_queue(play, SERVER, SAMPLE_COPIED, 600, 250);
	assert_int_equal(bytes->at.handed, 1000);
	assert_int_equal(bytes->unsent, 300);
	assert_int_equal(bytes->in_flight, 100);
	assert_int_equal(bytes->peer_queue, 350);
	assert_int_equal(bytes->at.read, 250);
	assert_int_equal(bytes->unsent + bytes->in_flight + bytes->peer_queue + bytes->at.read,
			 bytes->at.handed);
	assert_int_equal(bytes->unacked, 1000);
}

static void a_byte_that_the_peer_holds_has_been_sent(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	handshake(play);
	at = direction_from(play, CLIENT);
	read_queue(play, SERVER, SAMPLE_QUEUED, 4000, 100);
	assert_int_equal(at->received, 4000);
	assert_int_equal(at->sent, 4000);
	assert_int_equal(at->handed, 4000);
	assert_int_equal(at->acked, 0);
	read_queue(play, SERVER, SAMPLE_COPIED, 4000, 5000);
	assert_int_equal(at->received, 5000);
	assert_true(in_order(at));
}

static void a_sample_that_is_late_takes_nothing_back(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	handshake(play);
	at = direction_from(play, CLIENT);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 9000, .sent = 8000, .acked = 7000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 5000, .sent = 4000, .acked = 3000);
	assert_int_equal(at->handed, 9000);
	assert_int_equal(at->sent, 8000);
	assert_int_equal(at->acked, 7000);
}

static void bytes_before_the_samples_are_still_in_the_program(void **state)
{
	struct play *play = *state;
	const struct bytes *bytes = &play->bytes[CLIENT];

	handshake(play);
	enters(play, CLIENT, .call = CALL_SEND, .asked = 10000);
	assert_int_equal(bytes->in_program, 10000);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 4000, .left = 6000);
	assert_int_equal(bytes->in_program, 6000);
	assert_int_equal(bytes->in_program + bytes->at.handed, 10000);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 10000);
	assert_int_equal(bytes->in_program, 0);
}

static void syn_is_not_counted_as_a_byte(void **state)
{
	struct play *play = *state;

	handshake(play);
	read_queue(play, SERVER, SAMPLE_READ, 0, 0);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 0);
	assert_int_equal(direction_from(play, CLIENT)->handed, 0);
	assert_int_equal(direction_from(play, CLIENT)->acked, 0);
	assert_int_equal(direction_from(play, SERVER)->sent, 0);
	assert_int_equal(direction_from(play, SERVER)->received, 0);
}

/* write_seq, snd_nxt, rcv_nxt and copied_seq all count the FIN when it is over. */
static void fin_is_not_counted_as_a_byte(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	handshake(play);
	sends(play, CLIENT, 3000);
	client_closes(play);
	read_queue(play, SERVER, SAMPLE_COPIED, 3001, 3001);
	write_queue(play, CLIENT, SAMPLE_ACKED, .handed = 3001, .sent = 3001, .acked = 3001);
	server_closes(play);
	at = direction_from(play, CLIENT);
	assert_true(at->end_known);
	assert_int_equal(at->end, 3000);
	assert_int_equal(at->handed, 3000);
	assert_int_equal(at->sent, 3000);
	assert_int_equal(at->acked, 3000);
	assert_int_equal(at->received, 3000);
	assert_int_equal(at->read, 3000);
	assert_true(at->fin_acked);
	assert_int_equal(direction_from(play, SERVER)->handed, 0);
	assert_int_equal(direction_from(play, SERVER)->received, 0);
}

static void a_fin_that_waits_behind_data_is_not_a_byte_either(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	handshake(play);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 5000);
	data(play, CLIENT, 0, 2000);
	play->handed[CLIENT] = 5000;
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_CLOSE));
	at = direction_from(play, CLIENT);
	assert_int_equal(at->end, 5000);
	assert_int_equal(at->sent, 2000);
	passes(play, CLIENT, SEGMENT_FIN | SEGMENT_ACK, raw(play, CLIENT, 2000),
	       raw(play, SERVER, 0), 3000);
	assert_int_equal(at->sent, 5000);
	assert_int_equal(at->handed, 5000);
}

static void sequence_numbers_wrap_around_after_4_gib(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	play->isn[CLIENT] = UINT32_MAX - 999;
	handshake(play);
	at = direction_from(play, CLIENT);
	data(play, CLIENT, 0, 900);
	data(play, CLIENT, 900, 5000);
	read_queue(play, SERVER, SAMPLE_COPIED, 5900, 5900);
	assert_int_equal(raw(play, CLIENT, 5900), 4901);
	assert_int_equal(at->sent, 5900);
	assert_int_equal(at->received, 5900);
	assert_int_equal(at->read, 5900);
}

static void an_initial_number_of_all_ones_is_like_any_other(void **state)
{
	struct play *play = *state;

	play->isn[CLIENT] = UINT32_MAX;
	play->isn[SERVER] = UINT32_MAX;
	handshake(play);
	sends(play, CLIENT, 10);
	sends(play, SERVER, 20);
	assert_int_equal(direction_from(play, CLIENT)->acked, 10);
	assert_int_equal(direction_from(play, SERVER)->acked, 20);
}

static void more_than_4_gib_in_one_direction(void **state)
{
	struct play *play = *state;
	const struct direction *at;
	uint64_t position = 0;

	handshake(play);
	at = direction_from(play, CLIENT);
	while (position < 9 * GIB) {
		position += GIB;
		write_queue(play, CLIENT, SAMPLE_SENT, .handed = position + 3, .sent = position + 2,
			    .acked = position);
		read_queue(play, SERVER, SAMPLE_COPIED, position + 1, position - 5);
	}
	assert_int_equal(at->handed, 9 * GIB + 3);
	assert_int_equal(at->sent, 9 * GIB + 2);
	assert_int_equal(at->received, 9 * GIB + 1);
	assert_int_equal(at->acked, 9 * GIB);
	assert_int_equal(at->read, 9 * GIB - 5);
}

/* It may wait in the backlog while the program is inside a call (kernel-facts, 2). */
static void an_ack_in_established_counts_when_tcp_probe_shows_it(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	handshake(play);
	at = direction_from(play, CLIENT);
	data(play, CLIENT, 0, 1000);
	passes(play, SERVER, SEGMENT_ACK, raw(play, SERVER, 0), raw(play, CLIENT, 1000), 0);
	assert_int_equal(at->acked, 0);
	write_queue(play, CLIENT, SAMPLE_ACKED, .handed = 1000, .sent = 1000, .acked = 0,
		    .ack = 1000);
	assert_int_equal(at->acked, 1000);
}

static void an_ack_after_close_counts_when_it_arrives(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	handshake(play);
	at = direction_from(play, CLIENT);
	data(play, CLIENT, 0, 1000);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_CLOSE));
	passes(play, SERVER, SEGMENT_ACK, raw(play, SERVER, 0), raw(play, CLIENT, 800), 0);
	assert_int_equal(at->acked, 800);
	assert_false(at->fin_acked);
	passes(play, SERVER, SEGMENT_ACK, raw(play, SERVER, 0), raw(play, CLIENT, 1001), 0);
	assert_int_equal(at->acked, 1000);
	assert_true(at->fin_acked);
}

static void an_ack_that_leaves_says_what_its_sender_received(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	handshake(play);
	at = direction_from(play, CLIENT);
	data(play, CLIENT, 0, 1000);
	assert_int_equal(at->received, 0);
	acknowledges(play, SERVER);
	assert_int_equal(at->received, 1000);
	assert_int_equal(at->read, 0);
}

static void a_receiver_that_is_not_traced_counts_as_acked(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	play->sees[SERVER] = false;
	handshake(play);
	at = direction_from(play, CLIENT);
	write_queue(play, CLIENT, SAMPLE_SENT, .handed = 5000, .sent = 4000, .acked = 0);
	write_queue(play, CLIENT, SAMPLE_ACKED, .handed = 5000, .sent = 4000, .ack = 3000);
	assert_false(at->receiver_seen);
	assert_int_equal(at->received, 3000);
	assert_int_equal(at->read, 0);
	assert_true(in_order(at));
}

static void a_sender_that_is_not_traced_is_known_by_what_arrives(void **state)
{
	struct play *play = *state;
	const struct direction *at;

	play->sees[CLIENT] = false;
	handshake(play);
	at = direction_from(play, CLIENT);
	data(play, CLIENT, 0, 2500);
	assert_false(at->sender_seen);
	assert_int_equal(at->sent, 2500);
	assert_int_equal(at->handed, 2500);
	read_queue(play, SERVER, SAMPLE_COPIED, 2500, 2000);
	assert_int_equal(at->received, 2500);
	assert_int_equal(at->read, 2000);
}

static void the_fin_of_a_sender_that_is_not_traced_is_not_a_byte(void **state)
{
	struct play *play = *state;

	play->sees[CLIENT] = false;
	handshake(play);
	data(play, CLIENT, 0, 2500);
	fin(play, CLIENT);
	read_queue(play, SERVER, SAMPLE_QUEUED, 2501, 0);
	read_queue(play, SERVER, SAMPLE_COPIED, 2501, 2501);
	assert_int_equal(direction_from(play, CLIENT)->received, 2500);
	assert_int_equal(direction_from(play, CLIENT)->read, 2500);
	assert_int_equal(direction_from(play, CLIENT)->end, 2500);
}

static void a_segment_sent_again_adds_no_bytes(void **state)
{
	struct play *play = *state;
	const struct connection *connection;

	handshake(play);
	data(play, CLIENT, 0, 1000);
	data(play, CLIENT, 0, 1000);
	connection = the_connection(play);
	assert_int_equal(connection->flow[CLIENT].at.sent, 1000);
	assert_int_equal(connection->flow[CLIENT].retransmits, 1);
}

static void a_reset_frees_the_send_buffer(void **state)
{
	struct play *play = *state;

	handshake(play);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 1000, .wmem = 4864, .sndbuf = 8000);
	assert_int_equal(play->bytes[CLIENT].wmem_queued, 4864);
	feed(play, RECORD_RESET, reset, play->id[CLIENT], .received = 1, .reason = -1);
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_CLOSE, .error = ECONNRESET);
	assert_int_equal(play->bytes[CLIENT].wmem_queued, 0);
	assert_int_equal(the_connection(play)->flow[CLIENT].wmem_peak, 4864);
}

static void a_reset_moves_no_position(void **state)
{
	struct play *play = *state;

	handshake(play);
	sends(play, CLIENT, 100);
	passes(play, CLIENT, SEGMENT_RST | SEGMENT_ACK, raw(play, CLIENT, 90000),
	       raw(play, SERVER, 90000), 0);
	assert_int_equal(direction_from(play, CLIENT)->sent, 100);
	assert_int_equal(direction_from(play, SERVER)->received, 0);
}

/* sk_data_ready comes after the FIN was taken in: only the state's own positions have them. */
static void data_that_came_with_the_fin_wait_to_be_read(void **state)
{
	struct play *play = *state;

	handshake(play);
	play->handed[CLIENT] = 700;
	changes(play, CLIENT, TCP_ESTABLISHED, TCP_FIN_WAIT1, by_call(play, CLIENT, CALL_CLOSE));
	passes(play, CLIENT, SEGMENT_FIN | SEGMENT_ACK, raw(play, CLIENT, 0), raw(play, SERVER, 0),
	       700);
	changes(play, SERVER, TCP_ESTABLISHED, TCP_CLOSE_WAIT, .flags = STATE_SOCK_DONE,
		.positions = { .write_seq = raw(play, SERVER, 0),
			       .snd_nxt = raw(play, SERVER, 0),
			       .snd_una = raw(play, SERVER, 0),
			       .rcv_nxt = raw(play, CLIENT, 701),
			       .copied_seq = raw(play, CLIENT, 0) });
	assert_contains(caption(told_moment(play, MOMENT_FIN_RECEIVED), LANG_EN),
			"700 bytes wait to be read");
	assert_int_equal(direction_from(play, CLIENT)->received, 700);
}

static void memory_is_not_bytes_and_its_peak_is_kept(void **state)
{
	struct play *play = *state;

	handshake(play);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 1000, .wmem = 4224838, .sndbuf = 4194304);
	write_queue(play, CLIENT, SAMPLE_TURN, .handed = 2000, .wmem = 2000, .sndbuf = 4194304);
	assert_int_equal(play->bytes[CLIENT].wmem_queued, 2000);
	assert_int_equal(play->bytes[CLIENT].sndbuf, 4194304);
	assert_int_equal(the_connection(play)->flow[CLIENT].wmem_peak, 4224838);
}

/* Linux before 6.3 shows the write queue in segments only. */
static void what_a_send_call_returned_was_handed_over_without_a_sample(void **state)
{
	struct play *play = *state;

	handshake(play);
	data(play, CLIENT, 0, 100);
	for (int i = 0; i < 2; i++) {
		enters(play, CLIENT, .call = CALL_SEND, .asked = 500);
		returns(play, CLIENT, .call = CALL_SEND, .asked = 500, .bytes = 500, .result = 500);
	}
	assert_int_equal(direction_from(play, CLIENT)->handed, 1000);
	assert_int_equal(direction_from(play, CLIENT)->sent, 100);
	assert_int_equal(the_connection(play)->flow[CLIENT].at_return.at.handed, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(what_a_send_call_returned_was_handed_over_without_a_sample),
		promise(four_positions_say_where_every_byte_is),
		promise(a_byte_that_the_peer_holds_has_been_sent),
		promise(a_sample_that_is_late_takes_nothing_back),
		promise(bytes_before_the_samples_are_still_in_the_program),
		promise(syn_is_not_counted_as_a_byte),
		promise(fin_is_not_counted_as_a_byte),
		promise(a_fin_that_waits_behind_data_is_not_a_byte_either),
		promise(sequence_numbers_wrap_around_after_4_gib),
		promise(an_initial_number_of_all_ones_is_like_any_other),
		promise(more_than_4_gib_in_one_direction),
		promise(an_ack_in_established_counts_when_tcp_probe_shows_it),
		promise(an_ack_after_close_counts_when_it_arrives),
		promise(an_ack_that_leaves_says_what_its_sender_received),
		promise(a_receiver_that_is_not_traced_counts_as_acked),
		promise(a_sender_that_is_not_traced_is_known_by_what_arrives),
		promise(the_fin_of_a_sender_that_is_not_traced_is_not_a_byte),
		promise(a_segment_sent_again_adds_no_bytes),
		promise(a_reset_frees_the_send_buffer),
		promise(a_reset_moves_no_position),
		promise(data_that_came_with_the_fin_wait_to_be_read),
		promise(memory_is_not_bytes_and_its_peak_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
