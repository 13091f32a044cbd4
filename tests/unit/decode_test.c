/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records that lie: wrong sizes, unknown kinds, values outside their enum,
 * names without an end. And the table that explains the bytes to strangers.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tests/unit/cmocka_all.h"
#include "user/capture/decode.h"
#include "user/capture/schema.h"

/* A record with every byte 0xff, apart from a proper header. */
static void fill(union record *record, enum record_kind kind, size_t size)
{
	memset(record, 0xff, sizeof(*record));
	record->header = (struct record_header){
		.kind = kind, .size = (__u16)size, .socket = 7, .time_ns = 1000
	};
}

static void decode_filled(union record *decoded, enum record_kind kind)
{
	size_t size = schema_record(kind)->size;
	union record raw;

	fill(&raw, kind, size);
	assert_int_equal(decode_record(&raw, size, decoded), size);
}

static void impossible_sizes_are_refused(void **state)
{
	static const __u16 sizes[] = { 0, 8, 15, 20, 25, 72, 65535 };
	union record raw, decoded;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fill(&raw, RECORD_RESET, sizes[i]);
		assert_int_equal(decode_record(&raw, 64, &decoded), -EBADMSG);
	}
	fill(&raw, RECORD_RESET, 24);
	assert_int_equal(decode_record(&raw, 15, &decoded), -EBADMSG);
	assert_int_equal(decode_record(&raw, 23, &decoded), -EBADMSG);
	assert_int_equal(decode_record(&raw, 0, &decoded), -EBADMSG);
	assert_int_equal(decode_record(&raw, 24, &decoded), 24);
}

static void every_kind_is_decoded_field_by_field(void **state)
{
	union record raw, decoded;

	(void)state;
	for (unsigned int kind = RECORD_NONE + 1; kind < RECORD_KINDS; kind++) {
		const struct schema_record *known = schema_record(kind);

		memset(&raw, 0, sizeof(raw));
		raw.header = (struct record_header){
			.kind = (__u16)kind, .size = (__u16)known->size, .socket = 9, .time_ns = 77
		};
		for (size_t i = sizeof(raw.header); i < known->size; i++)
			((char *)&raw)[i] = 1;
		if (kind == RECORD_PROCESS) {
			raw.process.event = PROCESS_EXEC;
			raw.process.comm[RECORD_COMM_SIZE - 1] = '\0';
		}
		if (kind == RECORD_SOCKET)
			raw.socket.origin = ORIGIN_CHILD;
		if (kind == RECORD_QUEUE)
			raw.queue.event = QUEUE_READY;
		if (kind == RECORD_CALL)
			raw.call.enter_ns = 70;
		if (kind == RECORD_CALL_RUN)
			raw.call_run = (struct record_call_run){
				.header = raw.header,
				.first_enter_ns = 10,
				.last_enter_ns = 60,
				.asked = 900,
				.bytes = 800,
				.inside_ns = 40,
				.longest_ns = 30,
				.asked_most = 500,
				.count = 3,
				.short_count = 1,
				.result = 300,
				.call = CALL_SEND,
			};
		if (kind == RECORD_ADDRESS)
			raw.address.call = CALL_BIND;
		if (kind == RECORD_LOST)
			raw.lost.what = RECORD_SEGMENT;
		if (kind == RECORD_ICMP)
			raw.icmp.version = 6;
		assert_int_equal(decode_record(&raw, known->size, &decoded), known->size);
		assert_memory_equal(&decoded, &raw, known->size);
	}
}

static void unknown_kinds_are_skipped_by_their_size(void **state)
{
	static const __u16 kinds[] = { RECORD_NONE, RECORD_KINDS, 65535 };
	union record raw, decoded;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		fill(&raw, kinds[i], 40);
		assert_int_equal(decode_record(&raw, 64, &decoded), 40);
		assert_int_equal(decoded.header.kind, RECORD_NONE);
	}
}

static void shorter_records_are_filled_up_with_zeros(void **state)
{
	union record raw, decoded;

	(void)state;
	fill(&raw, RECORD_CALL, 32);
	memset(&decoded, 0xee, sizeof(decoded));
	assert_int_equal(decode_record(&raw, sizeof(raw), &decoded), 32);
	assert_int_equal(decoded.header.kind, RECORD_CALL);
	assert_int_equal(decoded.header.size, sizeof(struct record_call));
	assert_int_equal(decoded.call.asked, UINT64_MAX);
	assert_int_equal(decoded.call.bytes, 0);
	assert_int_equal(decoded.call.call, CALL_NONE);
}

static void longer_records_are_cut(void **state)
{
	char raw[256];
	union record whole, decoded;

	(void)state;
	fill(&whole, RECORD_RESET, 256);
	memset(raw, 0x11, sizeof(raw));
	memcpy(raw, &whole, 24);
	assert_int_equal(decode_record(raw, sizeof(raw), &decoded), 256);
	assert_int_equal(decoded.header.kind, RECORD_RESET);
	assert_int_equal(decoded.header.size, sizeof(struct record_reset));
	assert_memory_equal((char *)&decoded + 24, (char[8]){ 0 }, 8);
}

static void unaligned_bytes_are_decoded(void **state)
{
	char raw[1 + sizeof(struct record_lost)];
	union record whole, decoded;

	(void)state;
	fill(&whole, RECORD_LOST, sizeof(struct record_lost));
	whole.lost.what = LOST_ADDRESS_MAP;
	memcpy(raw + 1, &whole, sizeof(struct record_lost));
	assert_int_equal(decode_record(raw + 1, sizeof(raw) - 1, &decoded), sizeof(whole.lost));
	assert_int_equal(decoded.lost.what, LOST_ADDRESS_MAP);
}

static void states_outside_the_kernels_range_are_unknown(void **state)
{
	union record decoded;

	(void)state;
	decode_filled(&decoded, RECORD_STATE);
	assert_int_equal(decoded.state.old_state, 0);
	assert_int_equal(decoded.state.new_state, 0);
	decode_filled(&decoded, RECORD_SEGMENT);
	assert_int_equal(decoded.segment.state, 0);
	decode_filled(&decoded, RECORD_RESET);
	assert_int_equal(decoded.reset.state, 0);
	decode_filled(&decoded, RECORD_RETRANSMIT);
	assert_int_equal(decoded.retransmit.state, 0);
	decode_filled(&decoded, RECORD_ERROR);
	assert_int_equal(decoded.error.state, 0);
}

static void the_last_known_state_and_call_stay(void **state)
{
	union record raw, decoded;

	(void)state;
	fill(&raw, RECORD_STATE, sizeof(raw.state));
	raw.state.old_state = 11;
	raw.state.new_state = 12;
	raw.state.call = CALL_KINDS - 1;
	assert_int_equal(decode_record(&raw, sizeof(raw.state), &decoded), sizeof(raw.state));
	assert_int_equal(decoded.state.old_state, 11);
	assert_int_equal(decoded.state.new_state, 12);
	assert_int_equal(decoded.state.call, CALL_URING_RECV);
}

static void unknown_calls_become_none_and_flags_become_0_or_1(void **state)
{
	union record decoded;

	(void)state;
	decode_filled(&decoded, RECORD_STATE);
	assert_int_equal(decoded.state.call, CALL_NONE);
	assert_int_equal(decoded.state.exiting, 1);
	decode_filled(&decoded, RECORD_CALL_ENTER);
	assert_int_equal(decoded.call_enter.call, CALL_NONE);
	decode_filled(&decoded, RECORD_CALL);
	assert_int_equal(decoded.call.call, CALL_NONE);
	assert_int_equal(decoded.call.unfinished, 1);
	decode_filled(&decoded, RECORD_ADDRESS);
	assert_int_equal(decoded.address.call, CALL_NONE);
	decode_filled(&decoded, RECORD_SEGMENT);
	assert_int_equal(decoded.segment.received, 1);
}

static void a_call_never_returns_before_it_began(void **state)
{
	union record decoded;

	(void)state;
	decode_filled(&decoded, RECORD_CALL);
	assert_int_equal(decoded.call.enter_ns, decoded.header.time_ns);
}

static void calls_of_a_run_fit_between_its_first_entry_and_its_last_return(void **state)
{
	union record raw, decoded;
	const struct record_call_run *run = &decoded.call_run;

	(void)state;
	fill(&raw, RECORD_CALL_RUN, sizeof(raw.call_run));
	raw.call_run.first_enter_ns = 400;
	raw.call_run.last_enter_ns = 300;
	raw.call_run.asked = 70;
	raw.call_run.count = 3;
	assert_int_equal(decode_record(&raw, sizeof(raw), &decoded), sizeof(raw.call_run));
	assert_int_equal(run->last_enter_ns, 400);
	assert_int_equal(run->inside_ns, 600);
	assert_int_equal(run->longest_ns, 600);
	assert_int_equal(run->asked_most, 70);
	assert_int_equal(run->short_count, 3);
	assert_int_equal(run->call, CALL_NONE);
}

static void a_run_of_no_calls_is_unknown(void **state)
{
	union record raw, decoded;

	(void)state;
	fill(&raw, RECORD_CALL_RUN, sizeof(raw.call_run));
	raw.call_run.count = 0;
	assert_int_equal(decode_record(&raw, sizeof(raw), &decoded), sizeof(raw.call_run));
	assert_int_equal(decoded.header.kind, RECORD_NONE);
}

static void an_unknown_event_makes_the_record_unknown(void **state)
{
	static const enum record_kind kinds[] = { RECORD_PROCESS, RECORD_QUEUE, RECORD_SAMPLE_SEND,
						  RECORD_SAMPLE_RECV, RECORD_ICMP };
	union record decoded;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		decode_filled(&decoded, kinds[i]);
		assert_int_equal(decoded.header.kind, RECORD_NONE);
	}
}

static void an_unknown_cause_of_a_rst_is_not_known(void **state)
{
	union record raw, decoded;

	(void)state;
	decode_filled(&decoded, RECORD_RESET);
	assert_int_equal(decoded.header.kind, RECORD_RESET);
	assert_int_equal(decoded.reset.cause, RESET_UNKNOWN);
	fill(&raw, RECORD_RESET, sizeof(raw.reset));
	raw.reset.cause = RESET_CAUSES - 1;
	assert_int_equal(decode_record(&raw, sizeof(raw.reset), &decoded), sizeof(raw.reset));
	assert_int_equal(decoded.reset.cause, RESET_BAD_SEGMENT);
}

static void a_loss_is_kept_whatever_was_lost(void **state)
{
	union record raw, decoded;

	(void)state;
	fill(&raw, RECORD_LOST, sizeof(raw.lost));
	raw.lost.count = 12;
	raw.lost.last_ns = 500;
	assert_int_equal(decode_record(&raw, sizeof(raw.lost), &decoded), sizeof(raw.lost));
	assert_int_equal(decoded.header.kind, RECORD_LOST);
	assert_int_equal(decoded.lost.what, RECORD_NONE);
	assert_int_equal(decoded.lost.count, 12);
	assert_int_equal(decoded.lost.first_ns, 500);
}

static void names_always_end(void **state)
{
	union record raw, decoded;

	(void)state;
	fill(&raw, RECORD_PROCESS, sizeof(raw.process));
	raw.process.event = PROCESS_EXEC;
	memcpy(raw.process.comm, "sixteen-letters!", RECORD_COMM_SIZE);
	assert_int_equal(decode_record(&raw, sizeof(raw.process), &decoded), sizeof(raw.process));
	assert_string_equal(decoded.process.comm, "sixteen-letters");
}

static void the_schema_covers_every_byte_of_every_record_once(void **state)
{
	(void)state;
	assert_null(schema_record(RECORD_NONE));
	assert_null(schema_record(RECORD_KINDS));
	for (unsigned int kind = RECORD_NONE + 1; kind < RECORD_KINDS; kind++) {
		const struct schema_record *record = schema_record(kind);
		size_t next = 0;

		assert_non_null(record);
		assert_int_equal(record->kind, kind);
		for (size_t i = 0; i < record->field_count; i++) {
			assert_int_equal(record->fields[i].offset, next);
			assert_int_equal(record->fields[i].size % record->fields[i].element_size,
					 0);
			next += record->fields[i].size;
		}
		assert_int_equal(next, record->size);
	}
}

static void the_schema_text_names_fields_with_offset_type_and_unit(void **state)
{
	static char text[64 * 1024];
	int length = schema_write(text, sizeof(text) - 1);

	(void)state;
	assert_in_range(length, 1, sizeof(text) - 1);
	text[length] = '\0';
	assert_non_null(strstr(text, "\nrecord\t5\tCALL\t72\n"));
	assert_non_null(strstr(text, "\nfield\t8\tu64\theader.time_ns\tns, CLOCK_MONOTONIC\n"));
	assert_non_null(strstr(text, "\nfield\t40\tchar[16]\tcomm\tthread name, ended by NUL\n"));
	assert_non_null(strstr(text, "\nvalue\tcall_kind\t7\tCALL_CONNECT\n"));
	assert_int_equal(schema_write(text, 100), -ENOMEM);
}

static void every_enum_value_that_a_record_can_hold_is_in_the_schema(void **state)
{
	static char text[64 * 1024];
	unsigned int calls = 0, lost = 0, causes = 0;
	int length = schema_write(text, sizeof(text) - 1);

	(void)state;
	text[length] = '\0';
	for (char *at = text; (at = strstr(at, "\nvalue\tcall_kind\t")); at++)
		calls++;
	for (char *at = text; (at = strstr(at, "\nvalue\tlost_what\t")); at++)
		lost++;
	for (char *at = text; (at = strstr(at, "\nvalue\treset_cause\t")); at++)
		causes++;
	assert_int_equal(calls, CALL_KINDS);
	assert_int_equal(causes, RESET_CAUSES);
	assert_int_equal(lost, LOST_WHATS - LOST_TASK_STORAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(every_kind_is_decoded_field_by_field),
		cmocka_unit_test(unknown_kinds_are_skipped_by_their_size),
		cmocka_unit_test(shorter_records_are_filled_up_with_zeros),
		cmocka_unit_test(longer_records_are_cut),
		cmocka_unit_test(unaligned_bytes_are_decoded),
		cmocka_unit_test(states_outside_the_kernels_range_are_unknown),
		cmocka_unit_test(the_last_known_state_and_call_stay),
		cmocka_unit_test(unknown_calls_become_none_and_flags_become_0_or_1),
		cmocka_unit_test(a_call_never_returns_before_it_began),
		cmocka_unit_test(calls_of_a_run_fit_between_its_first_entry_and_its_last_return),
		cmocka_unit_test(a_run_of_no_calls_is_unknown),
		cmocka_unit_test(an_unknown_event_makes_the_record_unknown),
		cmocka_unit_test(an_unknown_cause_of_a_rst_is_not_known),
		cmocka_unit_test(a_loss_is_kept_whatever_was_lost),
		cmocka_unit_test(names_always_end),
		cmocka_unit_test(the_schema_covers_every_byte_of_every_record_once),
		cmocka_unit_test(the_schema_text_names_fields_with_offset_type_and_unit),
		cmocka_unit_test(every_enum_value_that_a_record_can_hold_is_in_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
