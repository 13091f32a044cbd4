/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model as a whole: what it says of a run, what it says of losses, and
 * that a million records which no kernel would write neither break a promise
 * nor bring it down (run it with SAN=1 as well).
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tests/unit/model_records.h"
#include "user/base/utf8.h"

static void events_are_counted_without_losses(void **state)
{
	struct play *play = *state;

	handshake(play);
	assert_true(trace_events(play->trace) > 15);
	assert_int_equal(trace_lost(play->trace), 0);
	feed(play, RECORD_LOST, lost, 0, .first_ns = 1, .last_ns = 2, .count = 40,
	     .what = RECORD_SEGMENT);
	feed(play, RECORD_LOST, lost, 0, .first_ns = 3, .last_ns = 4, .count = 2,
	     .what = RECORD_STATE);
	assert_int_equal(trace_lost(play->trace), 42);
	assert_int_equal(play->losses_told, 2);
	assert_int_equal(play->loss.count, 2);
	assert_int_equal(play->loss.what, RECORD_STATE);
}

static void a_kind_that_is_not_known_is_passed_over(void **state)
{
	struct play *play = *state;

	handshake(play);
	feed(play, RECORD_NONE, reset, 1);
	assert_int_equal(trace_connections(play->trace), 1);
}

static void a_loss_marks_what_was_open_and_nothing_older(void **state)
{
	struct play *play = *state;

	handshake(play);
	client_closes(play);
	server_closes(play);
	pass(play, SECOND);
	another_connection(play, 40001);
	handshake(play);
	feed(play, RECORD_LOST, lost, 0, .first_ns = play->now_ns - 5 * US, .last_ns = play->now_ns,
	     .count = 1, .what = RECORD_CALL);
	assert_false(the_connection(play)->lossy);
	assert_true(trace_connection(play->trace, 1)->lossy);
}

static void many_losses_are_joined_and_none_is_forgotten(void **state)
{
	struct play *play = *state;
	const struct loss *losses;
	uint64_t sum = 0;
	int count;

	for (uint64_t i = 0; i < 1000; i++)
		feed(play, RECORD_LOST, lost, 0, .first_ns = play->now_ns,
		     .last_ns = play->now_ns + 10, .count = i, .what = RECORD_SEGMENT);
	count = trace_losses(play->trace, &losses);
	assert_in_range(count, 1, 100);
	for (int i = 0; i < count; i++)
		sum += losses[i].count;
	assert_int_equal(sum, 999 * 500);
	assert_int_equal(trace_lost(play->trace), 999 * 500);
	assert_int_equal(losses[count - 1].last_ns, play->now_ns - US + 10);
}

static void a_task_is_known_by_its_newest_name(void **state)
{
	struct play *play = *state;

	feed(play, RECORD_PROCESS, process, 0, .tgid = 5, .tid = 5, .event = PROCESS_FORK,
	     .comm = "sh");
	assert_string_equal(trace_comm(play->trace, 5), "sh");
	feed(play, RECORD_PROCESS, process, 0, .tgid = 5, .tid = 5, .event = PROCESS_EXEC,
	     .comm = "curl");
	assert_string_equal(trace_comm(play->trace, 5), "curl");
	assert_string_equal(trace_comm(play->trace, 6), "");
}

static void nothing_recorded_is_no_error(void **state)
{
	struct play *play = *state;

	assert_int_equal(trace_finish(play->trace), 0);
	assert_int_equal(trace_connections(play->trace), 0);
	assert_null(trace_connection(play->trace, 0));
	assert_int_equal(trace_first_ns(play->trace), 0);
	trace_close(NULL);
}

/* The same numbers on every machine: xorshift64*, Marsaglia 2003. */
static uint64_t random_state;

static uint64_t number(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)(number() >> 32) % limit;
}

#define HOSTILE_RECORDS 1000000
#define HOSTILE_SOCKETS 6
#define HOSTILE_TASKS 4

struct hostile {
	uint64_t first_ns, last_ns;
	int told;
};

static void assert_span(const struct hostile *hostile, uint64_t span_ns)
{
	assert_true(span_ns <= hostile->last_ns - hostile->first_ns);
}

static void assert_text(const char *text)
{
	uint32_t code;

	assert_true(text[0]);
	assert_null(strpbrk(text, "{}"));
	for (size_t at = 0; text[at];) {
		int bytes = utf8_decode(text + at, strlen(text + at), &code);

		assert_true(bytes > 0 && !utf8_steers(code));
		at += (size_t)bytes;
	}
}

static void check_bytes(void *context, const struct bytes *bytes)
{
	struct hostile *hostile = context;

	hostile->told++;
	if (!in_order(&bytes->at))
		print_message("handed %llu sent %llu received %llu read %llu acked %llu\n",
			      (unsigned long long)bytes->at.handed,
			      (unsigned long long)bytes->at.sent,
			      (unsigned long long)bytes->at.received,
			      (unsigned long long)bytes->at.read,
			      (unsigned long long)bytes->at.acked);
	assert_true(in_order(&bytes->at));
	assert_int_equal(bytes->unsent + bytes->in_flight + bytes->peer_queue + bytes->at.read,
			 bytes->at.handed);
	assert_true(bytes->at.handed < UINT64_MAX / 2);
	if (bytes->at.end_known)
		assert_true(bytes->at.read <= bytes->at.end);
}

static void check_state(void *context, const struct state_change *change)
{
	assert_span(context, change->duration_ns);
	assert_true(memchr(change->detail, '\0', sizeof(change->detail)) != NULL);
}

static void check_call(void *context, const struct call *call)
{
	assert_true(call->return_ns == 0 || call->enter_ns <= call->return_ns);
	for (int i = 0; i < SLEEP_CAUSES; i++)
		assert_true(call->sleep_ns[i] < 1ULL << 62);
	assert_span(context, call->last_sleep.end_ns > call->last_sleep.start_ns
				     ? call->last_sleep.end_ns - call->last_sleep.start_ns
				     : 0);
}

static void check_moment(void *context, const struct moment *moment)
{
	struct hostile *hostile = context;
	char text[1024];

	if (hostile->told++ % 16)
		return;
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		assert_text(moment_title(moment, lang, text, sizeof(text)));
		assert_text(moment_caption(moment, lang, text, sizeof(text)));
	}
}

static void random_header(struct hostile *hostile, union record *record)
{
	static const uint32_t steps[] = { 10, 1000, 100000, 50000000 };

	hostile->last_ns += below(steps[below(4)]);
	record->header.time_ns = hostile->last_ns;
	if (!below(32))
		record->header.time_ns -=
			below(2000000) % (hostile->last_ns - hostile->first_ns + 1);
	record->header.kind = (uint16_t)(1 + below(RECORD_KINDS - 1));
	record->header.size = sizeof(*record) & ~7u;
	record->header.socket = below(HOSTILE_SOCKETS + 1);
	if (record->header.kind == RECORD_LOST && below(500))
		record->header.kind = RECORD_SEGMENT;
}

static void likely_found(struct record_found *found, uint32_t near)
{
	found->positions.snd_una = near;
	found->positions.snd_nxt = near + below(100);
	found->bytes_acked = near;
	found->bytes_sent = near + below(100);
	found->bytes_retrans = 0;
	found->bytes_received = below(2) ? near : found->bytes_received;
}

/* Numbers that meet: few tasks, few ports, sequence numbers near each other. */
static void likely_fields(struct hostile *hostile, union record *record)
{
	uint32_t tid = 1 + below(HOSTILE_TASKS),
		 near = below(3) ? below(100000) : below(UINT32_MAX);

	switch (record->header.kind) {
	case RECORD_SOCKET:
		record->socket.local_port = (uint16_t)below(3);
		record->socket.remote_port = (uint16_t)below(3);
		record->socket.family = AF_INET;
		record->socket.type = SOCK_STREAM;
		memset(record->socket.local_address, 0, 2 * RECORD_ADDRESS_SIZE);
		record->socket.listener = below(HOSTILE_SOCKETS);
		record->socket.owner_tid = tid;
		break;
	case RECORD_PROCESS:
		record->process.tid = tid;
		break;
	case RECORD_STATE:
		record->state.positions.write_seq = near;
		record->state.error = below(2) ? (int32_t)below(140) : record->state.error;
		record->state.tid = below(2) * tid;
		break;
	case RECORD_CALL_ENTER:
		record->call_enter.tid = tid;
		break;
	case RECORD_CALL:
		record->call.tid = tid;
		record->call.enter_ns = hostile->last_ns - hostile->last_ns % (1 + below(1000000));
		if (record->call.enter_ns < hostile->first_ns)
			record->call.enter_ns = hostile->first_ns;
		record->call.other = below(HOSTILE_SOCKETS + 1);
		record->call.result = below(2) ? -(int32_t)below(140) : record->call.result;
		break;
	case RECORD_ADDRESS:
		record->address.tid = tid;
		break;
	case RECORD_SAMPLE_SEND:
		record->sample_send.write_seq = near + below(5000);
		record->sample_send.snd_nxt = near;
		break;
	case RECORD_SAMPLE_RECV:
		record->sample_recv.rcv_nxt = near;
		break;
	case RECORD_SEGMENT:
		record->segment.seq = near;
		record->segment.ack = near + below(100);
		record->segment.received = (uint8_t)below(2);
		record->segment.flags &= (uint8_t)(below(4) ? SEGMENT_ACK | SEGMENT_FIN : 0xff);
		break;
	case RECORD_FOUND:
		likely_found(&record->found, near);
		break;
	case RECORD_LOST:
		record->lost.count = below(100);
		break;
	}
}

static void hostile_record(struct hostile *hostile, union record *record)
{
	uint64_t words[sizeof(union record) / sizeof(uint64_t)];
	union record raw_record;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = below(2) ? number()
				    : number() & number() & number() & 0x0707070707070707;
	memcpy(&raw_record, words, sizeof(words));
	random_header(hostile, &raw_record);
	likely_fields(hostile, &raw_record);
	assert_int_equal(decode_record(&raw_record, sizeof(raw_record), record),
			 raw_record.header.size);
}

static void check_kept(const struct connection *connection)
{
	const struct connection_detail *detail = connection->detail;
	char text[2048];

	for (int end = 0; end < END_COUNT; end++)
		assert_true(in_order(&connection->flow[end].at));
	for (int lang = 0; lang < LANG_COUNT; lang++)
		assert_text(verdict_text(connection, lang, text, sizeof(text)));
	if (!detail)
		return;
	assert_in_range(detail->ladder.used, 0, LADDER_ROWS);
	assert_in_range(detail->moment_count, 0, CONNECTION_MOMENTS);
	for (int i = 1; i < detail->ladder.used; i++)
		assert_true(detail->ladder.rows[i - 1].time_ns <= detail->ladder.rows[i].time_ns);
	for (int i = 1; i < detail->moment_count; i++)
		assert_true(detail->moments[i - 1].time_ns <= detail->moments[i].time_ns);
}

static void play_hostile(uint64_t seed, int records)
{
	static const struct trace_sink sink = {
		.bytes = check_bytes,
		.state = check_state,
		.call = check_call,
		.moment = check_moment,
	};
	static const struct capture_info info = { .detail = "full" };
	struct hostile hostile = { .first_ns = PLAY_START_NS, .last_ns = PLAY_START_NS };
	union record record;
	struct trace *trace;

	random_state = seed;
	assert_int_equal(trace_open(&trace, &info, &sink, &hostile), 0);
	for (int i = 0; i < records; i++) {
		hostile_record(&hostile, &record);
		assert_int_equal(trace_feed(trace, &record), 0);
	}
	assert_int_equal(trace_finish(trace), 0);
	assert_true(hostile.told > records / 1000);
	for (unsigned int i = 0; i < trace_connections(trace); i++)
		check_kept(trace_connection(trace, i));
	print_message("%d records, %u connections, %d facts\n", records, trace_connections(trace),
		      hostile.told);
	trace_close(trace);
}

/* Many short runs: most sockets are still at their beginning. */
static void hostile_beginnings_break_no_promise(void **state)
{
	for (uint64_t seed = 1; seed <= 400; seed++)
		play_hostile(seed, 500);
	(void)state;
}

static void a_million_hostile_records_break_no_promise(void **state)
{
	play_hostile(20240607, HOSTILE_RECORDS);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		promise(events_are_counted_without_losses),
		promise(a_kind_that_is_not_known_is_passed_over),
		promise(a_loss_marks_what_was_open_and_nothing_older),
		promise(many_losses_are_joined_and_none_is_forgotten),
		promise(a_task_is_known_by_its_newest_name),
		promise(nothing_recorded_is_no_error),
		cmocka_unit_test(hostile_beginnings_break_no_promise),
		cmocka_unit_test(a_million_hostile_records_break_no_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
