/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * RFC 791, RFC 8200, RFC 9293. A segment may be larger than IP's length field:
 * then that field is 0, which is what the kernel itself writes there.
 */
#include "user/export/pcapng_packet.h"

#include <netinet/in.h>
#include <string.h>

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER 20
#define LENGTH_MAX 65535
#define TIME_TO_LIVE 64
#define DONT_FRAGMENT 0x4000

/* Network byte order. */
static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

static bool is_mapped(const uint8_t *address)
{
	static const uint8_t prefix[12] = { [10] = 0xff, 0xff };

	return !memcmp(address, prefix, sizeof(prefix));
}

static bool is_known(const struct packet_side *side)
{
	static const uint8_t zero[RECORD_ADDRESS_SIZE];

	return side->port && memcmp(side->address, zero, sizeof(zero)) != 0;
}

/*
 * The window as it stood in the header. The model has scaled it up when both
 * ends had offered a scale (RFC 7323, section 2.2); this is the way back.
 */
static uint16_t window_field(const struct segment *segment)
{
	const struct connection *connection = segment->connection;
	const struct flow *flow, *back;

	if (!connection || segment->flags & SEGMENT_SYN)
		return (uint16_t)segment->window;
	flow = &connection->flow[segment->sender];
	back = &connection->flow[other_end(segment->sender)];
	if (!flow->scale_known || !back->scale_known || flow->scale > 14 || back->scale > 14)
		return (uint16_t)segment->window;
	return (uint16_t)(segment->window >> flow->scale);
}

/* Options of a SYN: maximum segment size and window scale. Returns their length. */
static size_t put_options(uint8_t *at, const struct segment *segment)
{
	size_t length = 0;

	if (!(segment->flags & SEGMENT_SYN))
		return 0;
	if (segment->mss) {
		at[0] = 2;
		at[1] = 4;
		put16(at + 2, segment->mss);
		length = 4;
	}
	if (segment->wscale != SEGMENT_NO_WSCALE) {
		at[length] = 1; /* no operation: fills up to four bytes */
		at[length + 1] = 3;
		at[length + 2] = 3;
		at[length + 3] = segment->wscale;
		length += 4;
	}
	return length;
}

static size_t put_tcp(uint8_t *at, const struct packet_side *from, const struct packet_side *to,
		      const struct segment *segment)
{
	size_t length = TCP_HEADER + put_options(at + TCP_HEADER, segment);

	put16(at, from->port);
	put16(at + 2, to->port);
	put32(at + 4, segment->raw_seq);
	put32(at + 8, segment->raw_ack);
	at[12] = (uint8_t)(length / 4 << 4);
	at[13] = segment->flags;
	put16(at + 14, window_field(segment));
	return length;
}

/* RFC 1071 over a header whose own checksum is still 0. */
static uint16_t checksum(const uint8_t *bytes, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_ipv4(uint8_t *at, const struct packet_side *from, const struct packet_side *to,
		     uint64_t total)
{
	at[0] = 4 << 4 | IPV4_HEADER / 4;
	put16(at + 2, total > LENGTH_MAX ? 0 : (uint16_t)total);
	put16(at + 6, DONT_FRAGMENT);
	at[8] = TIME_TO_LIVE;
	at[9] = IPPROTO_TCP;
	memcpy(at + 12, from->address + 12, 4);
	memcpy(at + 16, to->address + 12, 4);
	put16(at + 10, checksum(at, IPV4_HEADER));
}

static void put_ipv6(uint8_t *at, const struct packet_side *from, const struct packet_side *to,
		     uint64_t total)
{
	uint64_t payload = total - IPV6_HEADER;

	at[0] = 6 << 4;
	put16(at + 4, payload > LENGTH_MAX ? 0 : (uint16_t)payload);
	at[6] = IPPROTO_TCP;
	at[7] = TIME_TO_LIVE;
	memcpy(at + 8, from->address, RECORD_ADDRESS_SIZE);
	memcpy(at + 24, to->address, RECORD_ADDRESS_SIZE);
}

bool packet_build(struct packet *packet, const struct packet_side *from,
		  const struct packet_side *to, const struct segment *segment)
{
	bool ipv4 = is_mapped(from->address) && is_mapped(to->address);
	size_t ip = ipv4 ? IPV4_HEADER : IPV6_HEADER;
	uint64_t total;

	if (!is_known(from) || !is_known(to))
		return false;
	memset(packet->bytes, 0, sizeof(packet->bytes));
	packet->length = ip + put_tcp(packet->bytes + ip, from, to, segment);
	total = packet->length + segment->length;
	packet->original = total > UINT32_MAX ? UINT32_MAX : (uint32_t)total;
	if (ipv4)
		put_ipv4(packet->bytes, from, to, total);
	else
		put_ipv6(packet->bytes, from, to, total);
	return true;
}
