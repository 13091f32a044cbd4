/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes ICMP answers; forwards nothing, keeps nothing. */
#include "experiments/router.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define CODES 16
#define QUOTED_DATA_BYTES 8 /* RFC 792 */

/* RFC 1071 */
static uint16_t checksum(const void *data, size_t bytes)
{
	const unsigned char *at = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < bytes; i += 2)
		sum += at[i] << 8 | at[i + 1];
	if (bytes & 1)
		sum += at[bytes - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static size_t quote(const unsigned char *packet, size_t bytes, unsigned char *to)
{
	size_t length = (packet[0] & 0x0f) * 4 + QUOTED_DATA_BYTES;

	if (length > bytes)
		length = bytes;
	memcpy(to, packet, length);
	return length;
}

size_t router_answer(const unsigned char *packet, size_t bytes,
		     unsigned char answer[ROUTER_ANSWER_MAX])
{
	struct icmphdr icmp = { .type = ICMP_DEST_UNREACH };
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_ICMP };
	struct iphdr asked;
	size_t quoted;

	if (bytes < sizeof(asked) || packet[0] >> 4 != 4)
		return 0;
	memcpy(&asked, packet, sizeof(asked));
	icmp.code = ntohl(asked.daddr) & 0xff;
	if (icmp.code >= CODES || asked.protocol == IPPROTO_ICMP)
		return 0;
	quoted = quote(packet, bytes, answer + sizeof(ip) + sizeof(icmp));
	memcpy(answer + sizeof(ip), &icmp, sizeof(icmp));
	icmp.checksum = checksum(answer + sizeof(ip), sizeof(icmp) + quoted);
	memcpy(answer + sizeof(ip), &icmp, sizeof(icmp));
	ip.tot_len = htons(sizeof(ip) + sizeof(icmp) + quoted);
	ip.saddr = htonl(ROUTER_ADDRESS);
	ip.daddr = asked.saddr;
	ip.check = checksum(&ip, sizeof(ip));
	memcpy(answer, &ip, sizeof(ip));
	return sizeof(ip) + sizeof(icmp) + quoted;
}
