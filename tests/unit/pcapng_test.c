/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packet file, taken apart by a reader of its own: blocks, headers,
 * comments. That others read it is shown by tests/golden/formats.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/exported.h"
#include "user/base/utf8.h"
#include "user/export/pcapng.h"
#include "user/export/pcapng_block.h"
#include "user/export/pcapng_packet.h"

#define PACKETS_MOST 64
#define COMMENT_SIZE 512

struct seen_packet {
	uint64_t time_ns;
	uint32_t captured, original, direction;
	uint8_t bytes[PACKET_SIZE];
	char comments[COMMENT_SIZE];
};

struct seen_file {
	int sections, interfaces, statistics, count;
	struct seen_packet packets[PACKETS_MOST];
	char comment[8192];
	uint64_t dropped;
};

static uint32_t u32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint16_t u16(const char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void add_text(char *text, size_t size, const char *part, size_t length)
{
	size_t used = strlen(text);

	assert_true(used + length + 2 < size);
	memcpy(text + used, part, length);
	memcpy(text + used + length, "\n", 2);
}

static void assert_text(const char *text, size_t length)
{
	uint32_t code;
	int taken;

	for (size_t at = 0; at < length; at += (size_t)taken) {
		taken = utf8_decode(text + at, length - at, &code);
		assert_true(taken > 0);
		assert_true(code == '\n' || !utf8_steers(code));
	}
}

/* Options end with code 0, and nothing follows but the block's length. */
static void read_options(struct seen_file *file, const char *at, const char *end,
			 struct seen_packet *packet)
{
	for (;;) {
		uint16_t code = u16(at), length = u16(at + 2);
		const char *value = at + 4;

		at = value + ((length + 3u) & ~3u);
		assert_true(at <= end);
		if (!code)
			break;
		if (code == OPTION_COMMENT)
			assert_text(value, length);
		if (code == OPTION_COMMENT && packet)
			add_text(packet->comments, sizeof(packet->comments), value, length);
		else if (code == OPTION_COMMENT)
			add_text(file->comment, sizeof(file->comment), value, length);
		else if (code == 2 && packet)
			packet->direction = u32(value);
		else if (code == 5 && file->statistics)
			memcpy(&file->dropped, value, sizeof(file->dropped));
	}
	assert_ptr_equal(at, end);
}

static void read_packet(struct seen_file *file, const char *body, const char *end)
{
	struct seen_packet *packet = &file->packets[file->count++];

	assert_true(file->count <= PACKETS_MOST);
	assert_int_equal(u32(body), 0);
	packet->time_ns = (uint64_t)u32(body + 4) << 32 | u32(body + 8);
	packet->captured = u32(body + 12);
	packet->original = u32(body + 16);
	assert_in_range(packet->captured, 40, PACKET_SIZE);
	memcpy(packet->bytes, body + 20, packet->captured);
	read_options(file, body + 20 + ((packet->captured + 3u) & ~3u), end, packet);
}

static void read_block(struct seen_file *file, uint32_t type, const char *body, const char *end)
{
	switch (type) {
	case BLOCK_SECTION:
		file->sections++;
		assert_int_equal(u32(body), 0x1a2b3c4d);
		assert_int_equal(u16(body + 4), 1);
		read_options(file, body + 16, end, NULL);
		break;
	case BLOCK_INTERFACE:
		file->interfaces++;
		assert_int_equal(u16(body), 101);
		read_options(file, body + 8, end, NULL);
		break;
	case BLOCK_PACKET:
		assert_int_equal(file->interfaces, 1);
		read_packet(file, body, end);
		break;
	default:
		assert_int_equal(type, BLOCK_STATISTICS);
		file->statistics++;
		read_options(file, body + 12, end, NULL);
	}
}

static struct seen_file *read_file(void (*story)(struct play *play))
{
	struct seen_file *file = calloc(1, sizeof(*file));
	struct exported exported;
	uint32_t length;

	assert_non_null(file);
	exported_make(&exported, &export_pcapng, LANG_EN, story);
	for (size_t at = 0; at < exported.size; at += length) {
		const char *block = exported.text + at;

		length = u32(block + 4);
		assert_int_equal(length % 4, 0);
		assert_in_range(length, 12, exported.size - at);
		assert_int_equal(u32(block + length - 4), length);
		if (!at)
			assert_int_equal(u32(block), BLOCK_SECTION);
		read_block(file, u32(block), block + 8, block + length - 4);
	}
	exported_free(&exported);
	assert_int_equal(file->sections, 1);
	assert_int_equal(file->interfaces, 1);
	assert_int_equal(file->statistics, 1);
	return file;
}

static uint16_t port_of(const struct seen_packet *packet, size_t at)
{
	return (uint16_t)(packet->bytes[at] << 8 | packet->bytes[at + 1]);
}

static uint32_t number_of(const struct seen_packet *packet, size_t at)
{
	return (uint32_t)port_of(packet, at) << 16 | port_of(packet, at + 2);
}

static void a_capture_without_segments_is_a_whole_file(void **state)
{
	struct seen_file *file = read_file(story_empty);

	(void)state;
	assert_int_equal(file->count, 0);
	assert_contains(file->comment, "payload is never captured");
	assert_contains(file->comment, "./play <&\"");
	free(file);
}

static void a_segment_that_both_ends_saw_is_written_where_it_left(void **state)
{
	struct seen_file *file = read_file(story_whole);
	int syns = 0;

	(void)state;
	for (int i = 0; i < file->count; i++) {
		assert_int_equal(file->packets[i].direction, 2);
		syns += file->packets[i].bytes[33] == 0x02;
	}
	assert_int_equal(syns, 1);
	free(file);
}

static void the_syn_carries_its_numbers_and_options(void **state)
{
	static const uint8_t loopback[8] = { 127, 0, 0, 1, 127, 0, 0, 1 };
	struct seen_file *file = read_file(story_whole);
	const struct seen_packet *syn = &file->packets[0];

	(void)state;
	assert_int_equal(syn->bytes[0], 0x45);
	assert_int_equal(port_of(syn, 2), syn->captured);
	assert_memory_equal(syn->bytes + 12, loopback, sizeof(loopback));
	assert_int_equal(port_of(syn, 20), 40000);
	assert_int_equal(port_of(syn, 22), SERVER_PORT);
	assert_int_equal(number_of(syn, 24), 1000);
	assert_int_equal(syn->captured, 20 + (size_t)(syn->bytes[32] >> 4) * 4);
	assert_int_equal(syn->captured, syn->original);
	free(file);
}

static void the_ip_header_adds_up(void **state)
{
	struct seen_file *file = read_file(story_whole);

	(void)state;
	assert_true(file->count > 5);
	for (int i = 0; i < file->count; i++) {
		uint32_t sum = 0;

		for (size_t at = 0; at < 20; at += 2)
			sum += port_of(&file->packets[i], at);
		assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	}
	free(file);
}

static void data_count_and_are_not_there(void **state)
{
	struct seen_file *file = read_file(story_whole);
	int large = 0;

	(void)state;
	for (int i = 0; i < file->count; i++) {
		const struct seen_packet *packet = &file->packets[i];

		if (packet->original != packet->captured + 100000)
			continue;
		large++;
		assert_int_equal(port_of(packet, 2), 0);
	}
	assert_int_equal(large, 1);
	free(file);
}

static void times_are_those_of_the_clock_on_the_wall(void **state)
{
	struct seen_file *file = read_file(story_whole);

	(void)state;
	for (int i = 0; i < file->count; i++) {
		assert_in_range(file->packets[i].time_ns, EXPORTED_REAL_NS,
				EXPORTED_REAL_NS + SECOND);
		if (i)
			assert_true(file->packets[i].time_ns >= file->packets[i - 1].time_ns);
	}
	free(file);
}

static void what_an_unseen_end_sent_is_written_where_it_arrived(void **state)
{
	struct seen_file *file = read_file(story_server_only);
	int in = 0, out = 0;

	(void)state;
	for (int i = 0; i < file->count; i++) {
		bool from_server = port_of(&file->packets[i], 20) == SERVER_PORT;

		assert_int_equal(file->packets[i].direction, from_server ? 2 : 1);
		in += !from_server;
		out += from_server;
	}
	assert_true(in >= 3);
	assert_true(out >= 1);
	free(file);
}

static void comments_name_the_socket_and_stay_text(void **state)
{
	struct seen_file *file = read_file(story_hostile);
	int named = 0;

	(void)state;
	for (int i = 0; i < file->count; i++)
		named += strstr(file->packets[i].comments,
				"sent by <&\"\\x1b]\\xff</a\\x0a 100, socket 2, "
				"client of connection 1") != NULL;
	assert_true(named >= 2);
	free(file);
}

static void lost_records_are_told_before_what_follows_them(void **state)
{
	struct seen_file *file = read_file(story_lossy);
	int told = 0;

	(void)state;
	for (int i = 0; i < file->count; i++)
		told += strstr(file->packets[i].comments, "40 records of segments were LOST") !=
			NULL;
	assert_int_equal(told, 1);
	assert_int_equal(file->dropped, 40);
	free(file);
}

static struct record_socket tuple(uint32_t id, uint16_t local, uint16_t remote)
{
	struct record_socket record = {
		.header = { .kind = RECORD_SOCKET, .size = sizeof(record), .socket = id },
		.local_port = local,
		.remote_port = remote,
	};

	memset(record.local_address, 7, sizeof(record.local_address));
	memset(record.remote_address, 7, sizeof(record.remote_address));
	return record;
}

/* Sockets that are older than the capture: no SYN tells which two belong together. */
static void story_older(struct play *play)
{
	play_feed(play, (union record){ .socket = tuple(7, 1000, 2000) });
	play_feed(play, (union record){ .socket = tuple(8, 2000, 1000) });
	play_feed(play, (union record){ .socket = tuple(9, 2000, 3000) });
	feed(play, RECORD_SEGMENT, segment, 7, .flags = SEGMENT_ACK, .length = 10);
	feed(play, RECORD_SEGMENT, segment, 8, .flags = SEGMENT_ACK, .length = 10, .received = 1);
	feed(play, RECORD_SEGMENT, segment, 9, .flags = SEGMENT_ACK, .length = 20, .received = 1);
}

static void older_sockets_are_not_written_twice(void **state)
{
	struct seen_file *file = read_file(story_older);

	(void)state;
	assert_int_equal(file->count, 2);
	assert_int_equal(file->packets[0].direction, 2);
	assert_int_equal(file->packets[0].original, 70);
	assert_int_equal(file->packets[1].direction, 1);
	assert_int_equal(file->packets[1].original, 80);
	assert_int_equal(port_of(&file->packets[1], 40), 3000);
	free(file);
}

static const uint8_t v6_a[16] = { 0xfd, [15] = 1 }, v6_b[16] = { 0xfd, [15] = 2 };

static void ipv6_has_its_own_header(void **state)
{
	struct packet_side from = { v6_a, 1000 }, to = { v6_b, 2000 };
	struct segment segment = {
		.flags = SEGMENT_ACK | SEGMENT_PSH,
		.raw_seq = 7,
		.raw_ack = 9,
		.length = 500,
		.window = 512,
		.wscale = SEGMENT_NO_WSCALE,
	};
	struct packet packet;

	(void)state;
	assert_true(packet_build(&packet, &from, &to, &segment));
	assert_int_equal(packet.length, 60);
	assert_int_equal(packet.original, 560);
	assert_int_equal(packet.bytes[0], 0x60);
	assert_int_equal(packet.bytes[4] << 8 | packet.bytes[5], 520);
	assert_int_equal(packet.bytes[6], 6);
	assert_memory_equal(packet.bytes + 8, v6_a, 16);
	assert_memory_equal(packet.bytes + 24, v6_b, 16);
	assert_int_equal(packet.bytes[40 + 13], SEGMENT_ACK | SEGMENT_PSH);
	assert_int_equal(packet.bytes[40 + 14] << 8 | packet.bytes[40 + 15], 512);
}

static void a_window_is_what_stood_in_the_header(void **state)
{
	struct packet_side from = { v6_a, 1 }, to = { v6_b, 2 };
	struct connection connection = {
		.flow = { { .scale_known = true, .scale = 7 },
			  { .scale_known = true, .scale = 10 } },
	};
	struct segment segment = {
		.connection = &connection,
		.sender = END_SERVER,
		.flags = SEGMENT_ACK,
		.window = 93 << 10,
	};
	struct packet packet;

	(void)state;
	assert_true(packet_build(&packet, &from, &to, &segment));
	assert_int_equal(packet.bytes[54] << 8 | packet.bytes[55], 93);
	connection.flow[END_CLIENT].scale = SEGMENT_NO_WSCALE;
	segment.window = 65000;
	assert_true(packet_build(&packet, &from, &to, &segment));
	assert_int_equal(packet.bytes[54] << 8 | packet.bytes[55], 65000);
}

static void without_an_address_there_is_no_packet(void **state)
{
	static const uint8_t nowhere[16];
	struct packet_side known = { v6_a, 1 }, unknown = { nowhere, 2 }, portless = { v6_b, 0 };
	struct segment segment = { .flags = SEGMENT_ACK };
	struct packet packet;

	(void)state;
	assert_false(packet_build(&packet, &known, &unknown, &segment));
	assert_false(packet_build(&packet, &portless, &known, &segment));
}

static void a_full_disk_is_an_error(void **state)
{
	struct export_target target = { .stream = fopen("/dev/full", "w") };
	struct play *play = *state;
	struct capture_info info = { 0 };
	struct capture_end end = { 0 };
	void *context;

	if (!target.stream)
		skip();
	assert_int_equal(export_pcapng.begin(&context, &target, &info), 0);
	assert_int_equal(export_pcapng.end(context, play->trace, &end), -ENOSPC);
	fclose(target.stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_without_segments_is_a_whole_file),
		cmocka_unit_test(a_segment_that_both_ends_saw_is_written_where_it_left),
		cmocka_unit_test(the_syn_carries_its_numbers_and_options),
		cmocka_unit_test(the_ip_header_adds_up),
		cmocka_unit_test(data_count_and_are_not_there),
		cmocka_unit_test(times_are_those_of_the_clock_on_the_wall),
		cmocka_unit_test(what_an_unseen_end_sent_is_written_where_it_arrived),
		cmocka_unit_test(comments_name_the_socket_and_stay_text),
		cmocka_unit_test(lost_records_are_told_before_what_follows_them),
		cmocka_unit_test(older_sockets_are_not_written_twice),
		cmocka_unit_test(ipv6_has_its_own_header),
		cmocka_unit_test(a_window_is_what_stood_in_the_header),
		cmocka_unit_test(without_an_address_there_is_no_packet),
		promise(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
