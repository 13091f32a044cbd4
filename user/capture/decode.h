/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From bytes to a record that can be trusted to be well-formed: kind known,
 * size right, enums within their range, names ended by NUL. Records of an
 * older, shorter form are filled up with zeros; longer ones are cut.
 */
#ifndef TCPWATCH_CAPTURE_DECODE_H
#define TCPWATCH_CAPTURE_DECODE_H

#include <stddef.h>

#include "bpf/record.h"

union record {
	struct record_header header;
	struct record_socket socket;
	struct record_process process;
	struct record_state state;
	struct record_call_enter call_enter;
	struct record_call call;
	struct record_call_run call_run;
	struct record_address address;
	struct record_sample_send sample_send;
	struct record_sample_recv sample_recv;
	struct record_segment segment;
	struct record_queue queue;
	struct record_reset reset;
	struct record_retransmit retransmit;
	struct record_error error;
	struct record_lost lost;
	struct record_icmp icmp;
	struct record_found found;
	struct record_sample_other sample_other;
};

/*
 * Decodes one record at bytes, of which available are readable. Returns the
 * bytes that the record takes, or -EBADMSG when its size can't be true.
 * A record of unknown kind, or with an event or sample reason that is unknown,
 * is to be skipped: record->header.kind is RECORD_NONE. Other enums fall back
 * to their NONE or 0, the origin of a socket to ORIGIN_FIRST_USE.
 */
int decode_record(const void *bytes, size_t available, union record *record);

/* Bytes of a record of this kind, as this program knows it; 0: it doesn't, or RECORD_NONE. */
size_t decode_size(unsigned int kind);

#endif
