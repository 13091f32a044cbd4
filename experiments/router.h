/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The router that stands on the wire for all addresses but those of its ends.
 * It knows no way to them: what it says depends on the last byte of the
 * address, up to 15 an ICMP "destination unreachable" of that code (RFC 792:
 * 1 host unreachable; RFC 1812: 13 prohibited), above that nothing at all.
 */
#ifndef TCPWATCH_EXPERIMENTS_ROUTER_H
#define TCPWATCH_EXPERIMENTS_ROUTER_H

#include <stddef.h>
#include <stdint.h>

/* 10.9.0.254, the router's own address. */
#define ROUTER_ADDRESS 0x0a0900fe

/* The largest answer: an IPv4 and an ICMP header, the packet's own header and 64 bits more. */
#define ROUTER_ANSWER_MAX 128

/* Writes the answer to an IPv4 packet. Returns its bytes; 0: the router is silent. */
size_t router_answer(const unsigned char *packet, size_t bytes,
		     unsigned char answer[ROUTER_ANSWER_MAX]);

#endif
