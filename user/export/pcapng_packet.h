/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The IP and TCP headers of a segment, put together again from its fields.
 * What the capture does not hold is left at its plainest value: no timestamps,
 * time to live 64, TCP checksum 0.
 */
#ifndef TCPWATCH_EXPORT_PCAPNG_PACKET_H
#define TCPWATCH_EXPORT_PCAPNG_PACKET_H

#include <stdbool.h>

#include "user/model/trace.h"

/* IPv6, TCP, and the two options that a SYN is shown with. */
#define PACKET_SIZE (40 + 20 + 8)

struct packet_side {
	const uint8_t *address; /* RECORD_ADDRESS_SIZE bytes */
	uint16_t port;
};

struct packet {
	uint8_t bytes[PACKET_SIZE];
	size_t length;	   /* of the headers */
	uint32_t original; /* with the data that the segment carried */
};

/* False when an end's address is not known. */
bool packet_build(struct packet *packet, const struct packet_side *from,
		  const struct packet_side *to, const struct segment *segment);

#endif
