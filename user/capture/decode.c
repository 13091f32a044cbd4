/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From bytes to a well-formed record. An enum that only adds detail falls back
 * to its NONE; where the enum is the meaning of the record (an event, the
 * reason of a sample), an unknown one makes the record unknown: to guess would
 * be to say something false.
 */
#include "user/capture/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* TCP_NEW_SYN_RECV, include/net/tcp_states.h */
#define STATE_LAST 12

static const __u16 sizes[RECORD_KINDS] = {
	[RECORD_SOCKET] = sizeof(struct record_socket),
	[RECORD_PROCESS] = sizeof(struct record_process),
	[RECORD_STATE] = sizeof(struct record_state),
	[RECORD_CALL_ENTER] = sizeof(struct record_call_enter),
	[RECORD_CALL] = sizeof(struct record_call),
	[RECORD_ADDRESS] = sizeof(struct record_address),
	[RECORD_SAMPLE_SEND] = sizeof(struct record_sample_send),
	[RECORD_SAMPLE_RECV] = sizeof(struct record_sample_recv),
	[RECORD_SEGMENT] = sizeof(struct record_segment),
	[RECORD_QUEUE] = sizeof(struct record_queue),
	[RECORD_RESET] = sizeof(struct record_reset),
	[RECORD_RETRANSMIT] = sizeof(struct record_retransmit),
	[RECORD_ERROR] = sizeof(struct record_error),
	[RECORD_LOST] = sizeof(struct record_lost),
	[RECORD_ICMP] = sizeof(struct record_icmp),
	[RECORD_FOUND] = sizeof(struct record_found),
	[RECORD_SAMPLE_OTHER] = sizeof(struct record_sample_other),
	[RECORD_CALL_RUN] = sizeof(struct record_call_run),
};

static __u8 known_state(__u8 state)
{
	return state <= STATE_LAST ? state : 0;
}

static __u8 known_call(__u8 call)
{
	return call < CALL_KINDS ? call : CALL_NONE;
}

static bool check_socket(struct record_socket *socket)
{
	if (socket->origin > ORIGIN_PEER)
		socket->origin = ORIGIN_FIRST_USE;
	return true;
}

static bool check_process(struct record_process *process)
{
	process->comm[RECORD_COMM_SIZE - 1] = '\0';
	return process->event <= PROCESS_32BIT;
}

static bool check_state(struct record_state *state)
{
	state->old_state = known_state(state->old_state);
	state->new_state = known_state(state->new_state);
	state->call = known_call(state->call);
	state->exiting = !!state->exiting;
	return true;
}

static bool check_call(struct record_call *call)
{
	call->call = known_call(call->call);
	call->unfinished = !!call->unfinished;
	call->found = !!call->found;
	if (call->enter_ns > call->header.time_ns)
		call->enter_ns = call->header.time_ns;
	return true;
}

/* Its calls stand one behind the other between the first entry and the last return. */
static bool check_call_run(struct record_call_run *run)
{
	__u64 end_ns = run->header.time_ns;

	run->call = known_call(run->call);
	if (run->first_enter_ns > end_ns)
		run->first_enter_ns = end_ns;
	if (run->last_enter_ns > end_ns || run->last_enter_ns < run->first_enter_ns)
		run->last_enter_ns = run->first_enter_ns;
	if (run->inside_ns > end_ns - run->first_enter_ns)
		run->inside_ns = end_ns - run->first_enter_ns;
	if (run->longest_ns > run->inside_ns)
		run->longest_ns = run->inside_ns;
	if (run->asked_most > run->asked)
		run->asked_most = run->asked;
	if (run->short_count > run->count)
		run->short_count = run->count;
	return run->count;
}

static bool check_address(struct record_address *address)
{
	if (address->call != CALL_BIND && address->call != CALL_CONNECT)
		address->call = CALL_NONE;
	return true;
}

static bool check_sample_send(struct record_sample_send *sample)
{
	sample->state = known_state(sample->state);
	return sample->reason <= SAMPLE_WOKEN;
}

static bool check_sample_recv(struct record_sample_recv *sample)
{
	sample->state = known_state(sample->state);
	return sample->reason <= SAMPLE_READ;
}

static bool check_segment(struct record_segment *segment)
{
	segment->received = !!segment->received;
	segment->no_socket = !!segment->no_socket;
	segment->state = known_state(segment->state);
	return true;
}

static bool check_reset(struct record_reset *reset)
{
	if (reset->reason < -1)
		reset->reason = -1;
	reset->received = !!reset->received;
	reset->state = known_state(reset->state);
	if (reset->cause >= RESET_CAUSES)
		reset->cause = RESET_UNKNOWN;
	return true;
}

/* What was lost may be unknown; that something was lost is said in any case. */
static bool check_lost(struct record_lost *lost)
{
	if (lost->what >= LOST_WHATS)
		lost->what = RECORD_NONE;
	if (lost->first_ns > lost->last_ns)
		lost->first_ns = lost->last_ns;
	return true;
}

/* False: the record means something that this program doesn't know. */
static bool check_record(union record *record)
{
	switch (record->header.kind) {
	case RECORD_SOCKET:
		return check_socket(&record->socket);
	case RECORD_PROCESS:
		return check_process(&record->process);
	case RECORD_STATE:
		return check_state(&record->state);
	case RECORD_CALL_ENTER:
		record->call_enter.call = known_call(record->call_enter.call);
		record->call_enter.found = !!record->call_enter.found;
		return true;
	case RECORD_CALL:
		return check_call(&record->call);
	case RECORD_CALL_RUN:
		return check_call_run(&record->call_run);
	case RECORD_ADDRESS:
		return check_address(&record->address);
	case RECORD_SAMPLE_SEND:
		return check_sample_send(&record->sample_send);
	case RECORD_SAMPLE_RECV:
		return check_sample_recv(&record->sample_recv);
	case RECORD_SEGMENT:
		return check_segment(&record->segment);
	case RECORD_QUEUE:
		return record->queue.event <= QUEUE_ACCEPT;
	case RECORD_RESET:
		return check_reset(&record->reset);
	case RECORD_RETRANSMIT:
		record->retransmit.state = known_state(record->retransmit.state);
		return true;
	case RECORD_ERROR:
		record->error.state = known_state(record->error.state);
		return true;
	case RECORD_LOST:
		return check_lost(&record->lost);
	case RECORD_ICMP:
		return record->icmp.version == 4 || record->icmp.version == 6;
	case RECORD_FOUND:
		record->found.state = known_state(record->found.state);
		return true;
	case RECORD_SAMPLE_OTHER:
		record->sample_other.call = known_call(record->sample_other.call);
		record->sample_other.listens = !!record->sample_other.listens;
		record->sample_other.begins = !!record->sample_other.begins;
		return true;
	}
	return false;
}

size_t decode_size(unsigned int kind)
{
	return kind < RECORD_KINDS ? sizes[kind] : 0;
}

int decode_record(const void *bytes, size_t available, union record *record)
{
	struct record_header header;
	size_t known, copied;

	if (available < sizeof(header))
		return -EBADMSG;
	memcpy(&header, bytes, sizeof(header));
	if (header.size < sizeof(header) || header.size > available || header.size % 8)
		return -EBADMSG;
	known = decode_size(header.kind);
	copied = known < header.size ? known : header.size;
	memcpy(record, bytes, copied);
	memset((char *)record + copied, 0, sizeof(*record) - copied);
	record->header = header;
	record->header.size = (__u16)(known ? known : sizeof(header));
	if (!known || !check_record(record))
		record->header.kind = RECORD_NONE;
	return header.size;
}
