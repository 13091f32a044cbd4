/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Damaged and forged captures. What can't be trusted ends the file at the
 * border of a chunk and is counted; nothing crashes or goes round for ever.
 */
#include <errno.h>

#include "tests/unit/capture_file.h"

#define FIRST_DATA 2
#define END_CHUNK (FIRST_DATA + TEST_CHUNKS)
#define MUTATIONS 20000

static int make_capture(void **state)
{
	static struct bytes bytes;

	bytes = test_capture();
	*state = &bytes;
	return 0;
}

static int drop_capture(void **state)
{
	struct bytes *bytes = *state;

	free(bytes->data);
	return 0;
}

static int open_error(const void *data, size_t size)
{
	return read_bytes(data, size).open_error;
}

static void truncated_file_is_read_up_to_its_last_whole_chunk(void **state)
{
	struct bytes *bytes = *state;
	size_t readable = chunk_at(bytes, 1), border = readable;
	int whole = 1;

	for (size_t size = 1; size < bytes->size; size++) {
		struct outcome outcome = read_bytes(bytes->data, size);

		if (size < readable) {
			assert_int_equal(outcome.open_error, -EBADMSG);
			continue;
		}
		if (whole <= END_CHUNK && size == chunk_at(bytes, whole))
			border = chunk_at(bytes, whole++);
		assert_int_equal(outcome.open_error, 0);
		assert_int_equal(outcome.next_error, 0);
		assert_int_equal(outcome.records, whole > FIRST_DATA + 1
							  ? (whole - FIRST_DATA - 1) * CHUNK_RECORDS
							  : 0);
		assert_false(outcome.end.complete);
		assert_false(outcome.end.damaged);
		assert_int_equal(outcome.end.cut_bytes, size - border);
	}
}

static void flipped_bit_ends_the_file_at_that_chunk(void **state)
{
	struct bytes *bytes = *state;

	for (int chunk = 1; chunk <= END_CHUNK; chunk++) {
		size_t from = chunk_at(bytes, chunk);
		size_t to = chunk < END_CHUNK ? chunk_at(bytes, chunk + 1) : bytes->size;

		for (size_t at = from; at < to; at++) {
			char *damaged = &bytes->data[at];
			struct outcome outcome;

			*damaged ^= (char)(1 << at % 8);
			outcome = read_bytes(bytes->data, bytes->size);
			*damaged ^= (char)(1 << at % 8);
			assert_int_equal(outcome.open_error, 0);
			assert_false(outcome.end.complete);
			/* A length that reaches behind the end looks like half a chunk. */
			if (at - from < 4 || at - from >= 8)
				assert_true(outcome.end.damaged);
			assert_int_equal(outcome.end.cut_bytes, bytes->size - from);
			assert_int_equal(outcome.records,
					 chunk > FIRST_DATA ? (chunk - FIRST_DATA) * CHUNK_RECORDS
							    : 0);
		}
	}
}

static void flipped_bit_in_header_or_info_is_refused(void **state)
{
	struct bytes *bytes = *state;
	size_t readable = chunk_at(bytes, 1);

	for (size_t at = 0; at < readable; at++) {
		bytes->data[at] ^= (char)(1 << at % 8);
		assert_int_not_equal(open_error(bytes->data, bytes->size), 0);
		bytes->data[at] ^= (char)(1 << at % 8);
	}
	assert_int_equal(open_error(bytes->data, bytes->size), 0);
}

static void other_files_are_no_captures(void **state)
{
	static const char text[] = "TCPWATCH is no magic; this is a text of more than 32 bytes.\n";
	static const char zeros[4096];

	(void)state;
	assert_int_equal(open_error("", 0), -ENODATA);
	assert_int_equal(open_error("x", 1), -ENOMSG);
	assert_int_equal(open_error(text, sizeof(text)), -ENOMSG);
	assert_int_equal(open_error(zeros, sizeof(zeros)), -ENOMSG);
	assert_int_equal(open_error(FORMAT_MAGIC, 5), -EBADMSG);
	assert_int_equal(open_error(FORMAT_MAGIC, FORMAT_MAGIC_SIZE), -EBADMSG);
}

static void a_transfer_as_text_is_recognised(void **state)
{
	struct bytes *bytes = *state;
	char *grown = malloc(bytes->size + 1);

	assert_non_null(grown);
	memcpy(grown, bytes->data, 5);
	memcpy(grown + 5, bytes->data + 6, bytes->size - 6);
	assert_int_equal(open_error(grown, bytes->size - 1), -EILSEQ);
	memcpy(grown, bytes->data, bytes->size);
	grown[0] &= 0x7f;
	assert_int_equal(open_error(grown, bytes->size), -EILSEQ);
	memcpy(grown + 1, bytes->data, bytes->size);
	grown[0] = (char)0xc2;
	assert_int_equal(open_error(grown, bytes->size + 1), -EILSEQ);
	memcpy(grown + 6, bytes->data + 5, bytes->size - 5);
	memcpy(grown, bytes->data, 5);
	grown[5] = '\r';
	assert_int_equal(open_error(grown, bytes->size + 1), -EILSEQ);
	free(grown);
}

static void change_header(struct bytes *bytes, size_t offset, uint32_t value)
{
	struct format_header header;

	memcpy(bytes->data + offset, &value, sizeof(value));
	memcpy(&header, bytes->data, sizeof(header));
	header.crc =
		(uint32_t)crc32(0, (const Bytef *)&header, offsetof(struct format_header, crc));
	memcpy(bytes->data, &header, sizeof(header));
}

static void unknown_versions_and_byte_orders_are_refused(void **state)
{
	struct bytes *bytes = *state;

	change_header(bytes, offsetof(struct format_header, version), FORMAT_VERSION + 1);
	assert_int_equal(open_error(bytes->data, bytes->size), -EPROTO);
	change_header(bytes, offsetof(struct format_header, version), FORMAT_VERSION);
	assert_int_equal(open_error(bytes->data, bytes->size), 0);
	change_header(bytes, offsetof(struct format_header, byte_order), 0x04030201);
	assert_int_equal(open_error(bytes->data, bytes->size), -EPROTO);
}

static void change_chunk(struct bytes *bytes, int chunk, size_t offset, uint32_t value)
{
	memcpy(bytes->data + chunk_at(bytes, chunk) + offset, &value, sizeof(value));
	repair_checksums(bytes->data, bytes->size);
}

static void a_file_without_info_is_refused(void **state)
{
	struct bytes *bytes = *state;

	change_chunk(bytes, 0, offsetof(struct format_chunk, type), FORMAT_SCHEMA);
	assert_int_equal(open_error(bytes->data, bytes->size), -EBADMSG);
}

static void a_second_info_ends_the_file(void **state)
{
	struct bytes *bytes = *state;
	struct outcome outcome;

	change_chunk(bytes, FIRST_DATA + 1, offsetof(struct format_chunk, type), FORMAT_INFO);
	outcome = read_bytes(bytes->data, bytes->size);
	assert_int_equal(outcome.records, CHUNK_RECORDS);
	assert_int_equal(outcome.end.cut_bytes, bytes->size - chunk_at(bytes, FIRST_DATA + 1));
	assert_false(outcome.end.complete);
	assert_true(outcome.end.damaged);
}

static void unknown_chunks_are_skipped(void **state)
{
	struct bytes *bytes = *state;
	struct outcome outcome;

	change_chunk(bytes, 1, offsetof(struct format_chunk, type),
		     FORMAT_TYPE('N', 'E', 'W', '1'));
	outcome = read_bytes(bytes->data, bytes->size);
	assert_int_equal(outcome.records, TEST_CHUNKS * CHUNK_RECORDS);
	assert_true(outcome.end.complete);
}

static void unknown_records_are_skipped_but_counted(void **state)
{
	struct bytes *bytes = *state;
	struct outcome outcome;

	change_chunk(bytes, FIRST_DATA, sizeof(struct format_chunk),
		     RECORD_KINDS | sizeof(struct record_reset) << 16);
	outcome = read_bytes(bytes->data, bytes->size);
	assert_int_equal(outcome.records, TEST_CHUNKS * CHUNK_RECORDS - 1);
	assert_int_equal(outcome.end.records, TEST_CHUNKS * CHUNK_RECORDS);
	assert_true(outcome.end.complete);
}

/* Changes 4 bytes of the second DATA chunk, checksum right, and expects it to end the file. */
static void assert_ends_there(struct bytes *bytes, size_t offset, uint32_t value)
{
	size_t at = chunk_at(bytes, FIRST_DATA + 1);
	struct outcome outcome;
	uint32_t before;

	memcpy(&before, bytes->data + at + offset, sizeof(before));
	memcpy(bytes->data + at + offset, &value, sizeof(value));
	repair_checksums(bytes->data, bytes->size);
	outcome = read_bytes(bytes->data, bytes->size);
	assert_int_equal(outcome.records, CHUNK_RECORDS);
	assert_int_equal(outcome.end.cut_bytes, bytes->size - at);
	assert_false(outcome.end.complete);
	memcpy(bytes->data + at + offset, &before, sizeof(before));
	repair_checksums(bytes->data, bytes->size);
	assert_true(read_bytes(bytes->data, bytes->size).end.complete);
}

static void a_forged_data_chunk_ends_the_file(void **state)
{
	struct bytes *bytes = *state;
	size_t content = sizeof(struct format_chunk);

	assert_ends_there(bytes, offsetof(struct format_chunk, records), CHUNK_RECORDS + 1);
	assert_ends_there(bytes, offsetof(struct format_chunk, records), 0);
	assert_ends_there(bytes, offsetof(struct format_chunk, first_ns), 0);
	assert_ends_there(bytes, offsetof(struct format_chunk, last_ns) + 4, UINT32_MAX);
	assert_ends_there(bytes, content, RECORD_RESET | 0u << 16);
	assert_ends_there(bytes, content, RECORD_RESET | 20u << 16);
	assert_ends_there(bytes, content, RECORD_RESET | 65528u << 16);
}

/* Three records, the last with a strange size, and 8 bytes behind it that are none. */
static void bytes_that_are_no_record_end_the_file(void **state)
{
	struct bytes *bytes = *state;
	char *at = bytes->data + chunk_at(bytes, FIRST_DATA + 1);
	char *third = at + sizeof(struct format_chunk) + 2 * sizeof(struct record_reset);
	struct record_header record;
	struct format_chunk header;

	memcpy(&record, third, sizeof(record));
	memcpy(&header, at, sizeof(header));
	record.size = 40;
	header.records = 3;
	header.last_ns = record.time_ns;
	memcpy(third, &record, sizeof(record));
	memcpy(at, &header, sizeof(header));
	repair_checksums(bytes->data, bytes->size);
	assert_int_equal(read_bytes(bytes->data, bytes->size).records, CHUNK_RECORDS);
}

/* Its content is all there and its checksum is right; it is only larger than allowed. */
static void a_chunk_larger_than_allowed_ends_the_file(void **state)
{
	struct bytes *bytes = *state;
	const size_t length = 4 * FORMAT_CHUNK_MAX, at = chunk_at(bytes, FIRST_DATA);
	struct format_chunk header = { .type = FORMAT_TYPE('N', 'E', 'W', '1'),
				       .length = (uint32_t)length };
	char *large = calloc(1, at + sizeof(header) + length);
	struct outcome outcome;

	assert_non_null(large);
	memcpy(large, bytes->data, at);
	header.crc = (uint32_t)crc32(0, (const Bytef *)&header, offsetof(struct format_chunk, crc));
	header.crc = (uint32_t)crc32(header.crc, (const Bytef *)large + at + sizeof(header),
				     (uInt)length);
	memcpy(large + at, &header, sizeof(header));
	outcome = read_bytes(large, at + sizeof(header) + length);
	assert_int_equal(outcome.open_error, 0);
	assert_int_equal(outcome.end.cut_bytes, sizeof(header) + length);
	free(large);
}

/* Sets the first record's time, and the chunk's bounds with it. */
static void set_first_time(struct bytes *bytes, int chunk, uint64_t time_ns)
{
	struct format_chunk header;
	char *at = bytes->data + chunk_at(bytes, chunk);

	memcpy(&header, at, sizeof(header));
	if (time_ns > header.last_ns) {
		uint64_t second;

		memcpy(&second, at + sizeof(header) + sizeof(struct record_reset) + 8, 8);
		header.first_ns = second;
		header.last_ns = time_ns;
	} else {
		header.first_ns = time_ns;
	}
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header) + 8, &time_ns, sizeof(time_ns));
	repair_checksums(bytes->data, bytes->size);
}

static void times_that_can_not_be_are_damage(void **state)
{
	const uint64_t hour_ns = 3600000000000ULL, decade_ns = 10 * 366 * 24 * hour_ns;
	struct bytes *bytes = *state;

	set_first_time(bytes, FIRST_DATA, START_NS - hour_ns);
	assert_true(read_bytes(bytes->data, bytes->size).end.complete);
	set_first_time(bytes, FIRST_DATA, START_NS - hour_ns - 1);
	assert_int_equal(read_bytes(bytes->data, bytes->size).records, 0);
	set_first_time(bytes, FIRST_DATA, START_NS + decade_ns);
	assert_int_equal(read_bytes(bytes->data, bytes->size).records, TEST_CHUNKS * CHUNK_RECORDS);
	set_first_time(bytes, FIRST_DATA, START_NS + decade_ns + 1);
	assert_int_equal(read_bytes(bytes->data, bytes->size).records, 0);
}

static void an_end_that_counted_otherwise_is_no_end(void **state)
{
	struct bytes *bytes = *state;
	struct outcome outcome;

	change_chunk(bytes, END_CHUNK, sizeof(struct format_chunk), 11);
	outcome = read_bytes(bytes->data, bytes->size);
	assert_int_equal(outcome.records, TEST_CHUNKS * CHUNK_RECORDS);
	assert_false(outcome.end.complete);
	assert_int_equal(outcome.end.cut_bytes, bytes->size - chunk_at(bytes, END_CHUNK));
}

static void what_follows_the_end_is_counted_not_read(void **state)
{
	struct bytes *bytes = *state;
	char *twice = malloc(2 * bytes->size);
	struct outcome outcome;

	assert_non_null(twice);
	memcpy(twice, bytes->data, bytes->size);
	memcpy(twice + bytes->size, bytes->data, bytes->size);
	outcome = read_bytes(twice, 2 * bytes->size);
	assert_int_equal(outcome.records, TEST_CHUNKS * CHUNK_RECORDS);
	assert_true(outcome.end.complete);
	assert_int_equal(outcome.end.cut_bytes, bytes->size);
	free(twice);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void mutate(char *data, size_t size, uint32_t *seed)
{
	static const uint32_t extremes[] = { 0, 1, 8, 16, 0x7fffffff, 0x80000000, 0xffffffff };
	uint32_t what = next_random(seed) % 4, value = next_random(seed);
	size_t at = next_random(seed) % (size - 64), from = next_random(seed) % (size - 64);

	if (what == 0)
		data[at] ^= (char)(1 << value % 8);
	else if (what == 1)
		memcpy(data + at, &extremes[value % 7], 4);
	else if (what == 2)
		memmove(data + at, data + from, value % 64);
	else
		memcpy(data + at, &value, 1 + value % 4);
}

/* Fixed seed: the same files each time. With checksums made right, so that damage gets far. */
static void any_mutation_is_read_to_an_end_without_a_crash(void **state)
{
	struct bytes *bytes = *state;
	uint32_t seed = 20240229, refused = 0, cut = 0, complete = 0;
	char *damaged = malloc(bytes->size);

	assert_non_null(damaged);
	for (int round = 0; round < MUTATIONS; round++) {
		size_t size = bytes->size;
		struct outcome outcome;

		memcpy(damaged, bytes->data, size);
		for (uint32_t i = next_random(&seed) % 8 + 1; i; i--)
			mutate(damaged, size, &seed);
		if (next_random(&seed) % 8 == 0)
			size = next_random(&seed) % size;
		if (round % 4)
			repair_checksums(damaged, size);
		outcome = read_bytes(damaged, size);
		refused += outcome.open_error != 0;
		cut += !outcome.open_error && !outcome.end.complete;
		complete += outcome.end.complete;
		assert_true(outcome.records <= size / sizeof(struct record_header));
		assert_true(outcome.end.cut_bytes <= size);
		assert_true(outcome.next_error <= 0);
	}
	free(damaged);
	assert_true(refused > 100 && cut > 100 && complete > 100);
}

#define DAMAGE_TEST(name) cmocka_unit_test_setup_teardown(name, make_capture, drop_capture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAMAGE_TEST(truncated_file_is_read_up_to_its_last_whole_chunk),
		DAMAGE_TEST(flipped_bit_ends_the_file_at_that_chunk),
		DAMAGE_TEST(flipped_bit_in_header_or_info_is_refused),
		DAMAGE_TEST(other_files_are_no_captures),
		DAMAGE_TEST(a_transfer_as_text_is_recognised),
		DAMAGE_TEST(unknown_versions_and_byte_orders_are_refused),
		DAMAGE_TEST(a_file_without_info_is_refused),
		DAMAGE_TEST(a_second_info_ends_the_file),
		DAMAGE_TEST(unknown_chunks_are_skipped),
		DAMAGE_TEST(unknown_records_are_skipped_but_counted),
		DAMAGE_TEST(a_forged_data_chunk_ends_the_file),
		DAMAGE_TEST(bytes_that_are_no_record_end_the_file),
		DAMAGE_TEST(a_chunk_larger_than_allowed_ends_the_file),
		DAMAGE_TEST(times_that_can_not_be_are_damage),
		DAMAGE_TEST(an_end_that_counted_otherwise_is_no_end),
		DAMAGE_TEST(what_follows_the_end_is_counted_not_read),
		DAMAGE_TEST(any_mutation_is_read_to_an_end_without_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
