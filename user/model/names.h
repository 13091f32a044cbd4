/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one table of words: kernel and ss(8) names of states, POSIX names of
 * calls, errno and flag names. Every view and export takes its words here.
 */
#ifndef TCPWATCH_MODEL_NAMES_H
#define TCPWATCH_MODEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"

/* TCP_* of <netinet/tcp.h>, plus the two that the kernel keeps to itself. */
#define STATE_NEW_SYN_RECV 12
#define STATE_COUNT 13

/* "ESTABLISHED"; include/net/tcp_states.h, RFC 9293 section 3.3.2. "?" when out of range. */
const char *name_state(unsigned int state);

/* "send". "?" when out of range. */
const char *name_call(enum call_kind call);

/* "EPIPE" for 32 or -32; "errno 4000" is written where there is no name (static storage). */
const char *name_errno(int error);

/* "CAUSE_SEGMENT" words: see enum state_cause in socket.h. */
const char *name_record(unsigned int kind); /* "SEGMENT"; also enum lost_what */

/* "SYN-ACK", "FIN-ACK", "ACK", "RST", "data" ...: the name of a segment by its flags. */
void name_segment(uint8_t flags, uint32_t length, char *text, size_t size);

/* The same with "URG" where it is set: for a ladder. */
void name_segment_told(uint8_t flags, uint32_t length, char *text, size_t size);

/* "S." as tcpdump(1) prints flags. */
void name_tcp_flags(uint8_t flags, char *text, size_t size);

/* "MSG_PEEK|MSG_DONTWAIT"; empty for 0. */
void name_msg_flags(uint32_t flags, char *text, size_t size);

/* "IPv4", "IPv6", "UNIX"; "TCP", "UDP". */
const char *name_family(unsigned int family);
const char *name_protocol(unsigned int protocol);

/* "stream", "dgram", "raw", "seqpacket"; "?" for others. */
const char *name_socket_type(unsigned int type);

/* "SO_SNDBUF"; level and option as setsockopt(2) takes them. NULL: not one that is recorded. */
const char *name_sockopt(unsigned int level, unsigned int option);

bool call_sends(enum call_kind call); /* write, send, ... */
bool call_receives(enum call_kind call);
bool call_is_timed(enum call_kind call); /* false: only its end and its bytes are known */
bool call_can_block(enum call_kind call);

#endif
