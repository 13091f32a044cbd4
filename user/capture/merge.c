/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A lane holds spans that follow one another in time, so there are about as
 * many lanes as processors. The oldest head of all lanes goes on first, and
 * with it all that its lane has before the next lane's head. Records that come
 * one by one and late have a lane of their own, where each is put in by its time.
 */
#include "user/capture/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LANES_MAX 1024
#define LANE_BYTES_FIRST 65536
#define LATE 0 /* index of their lane */

struct lane {
	char *bytes;
	size_t room;
	size_t head; /* of the oldest record */
	size_t end;
	uint64_t last_ns;
};

struct merge {
	size_t held_bytes;
	unsigned int lane_count;
	struct lane lanes[LANES_MAX];
};

int merge_open(struct merge **merge)
{
	*merge = calloc(1, sizeof(**merge));
	if (!*merge)
		return -ENOMEM;
	(*merge)->lane_count = LATE + 1;
	return 0;
}

static const struct record_header *head_of(const struct lane *lane)
{
	return (const struct record_header *)(lane->bytes + lane->head);
}

/* The time of the last record of a span; its sizes are checked on the way. */
static int look_through(const char *bytes, size_t length, uint64_t *last_ns)
{
	size_t at = 0;

	while (at < length) {
		const struct record_header *record = (const void *)(bytes + at);

		if (length - at < sizeof(*record) || record->size < sizeof(*record) ||
		    record->size % 8 || record->size > length - at)
			return -EBADMSG;
		*last_ns = record->time_ns;
		at += record->size;
	}
	return 0;
}

/* The lane that ended last before the span begins; all end later: a new one, or any. */
static struct lane *lane_for(struct merge *merge, uint64_t first_ns)
{
	struct lane *best = NULL;

	for (unsigned int i = LATE + 1; i < merge->lane_count; i++) {
		struct lane *lane = &merge->lanes[i];

		if (lane->last_ns <= first_ns && (!best || lane->last_ns > best->last_ns))
			best = lane;
	}
	if (best)
		return best;
	if (merge->lane_count < LANES_MAX)
		return &merge->lanes[merge->lane_count++];
	return &merge->lanes[LATE + 1];
}

static int make_room(struct lane *lane, size_t length)
{
	size_t room = lane->room ? lane->room : LANE_BYTES_FIRST;
	void *larger;

	if (lane->head) {
		memmove(lane->bytes, lane->bytes + lane->head, lane->end - lane->head);
		lane->end -= lane->head;
		lane->head = 0;
	}
	while (room - lane->end < length)
		room += room / 2;
	if (room == lane->room)
		return 0;
	larger = realloc(lane->bytes, room);
	if (!larger)
		return -ENOMEM;
	lane->bytes = larger;
	lane->room = room;
	return 0;
}

/* Moved up as soon as that costs little: memory that is never reached is never used. */
static int have_room(struct lane *lane, size_t length)
{
	if (lane->head <= lane->end / 2 && lane->room - lane->end >= length)
		return 0;
	return make_room(lane, length);
}

int merge_add(struct merge *merge, const void *bytes, size_t length)
{
	const struct record_header *first = bytes;
	struct lane *lane;
	uint64_t last_ns;

	if (!length)
		return 0;
	if (look_through(bytes, length, &last_ns))
		return -EBADMSG;
	lane = lane_for(merge, first->time_ns);
	if (have_room(lane, length))
		return -ENOMEM;
	memcpy(lane->bytes + lane->end, bytes, length);
	lane->end += length;
	lane->last_ns = last_ns;
	merge->held_bytes += length;
	return 0;
}

int merge_add_late(struct merge *merge, const struct record_header *record, size_t size)
{
	struct lane *lane = &merge->lanes[LATE];
	uint64_t time_ns = record->time_ns;
	size_t at;

	if (size < sizeof(*record) || record->size != size || size % 8)
		return -EBADMSG;
	if (have_room(lane, size))
		return -ENOMEM;
	at = lane->end;
	while (at > lane->head &&
	       ((const struct record_header *)(lane->bytes + at - size))->time_ns > time_ns)
		at -= size;
	memmove(lane->bytes + at + size, lane->bytes + at, lane->end - at);
	memcpy(lane->bytes + at, record, size);
	lane->end += size;
	merge->held_bytes += size;
	return 0;
}

/* The lane whose head is the oldest; *until_ns falls to the head that comes next. */
static struct lane *oldest_lane(struct merge *merge, uint64_t *until_ns)
{
	struct lane *oldest = NULL;
	uint64_t oldest_ns = *until_ns;

	for (unsigned int i = 0; i < merge->lane_count; i++) {
		struct lane *lane = &merge->lanes[i];
		uint64_t head_ns;

		if (lane->head == lane->end)
			continue;
		head_ns = head_of(lane)->time_ns;
		if (head_ns > oldest_ns) {
			*until_ns = head_ns < *until_ns ? head_ns : *until_ns;
			continue;
		}
		if (oldest)
			*until_ns = oldest_ns;
		oldest = lane;
		oldest_ns = head_ns;
	}
	return oldest;
}

/* Records of one lane, up to a time. */
static int hand_on(struct merge *merge, struct lane *lane, uint64_t until_ns,
		   int (*out)(void *context, const struct record_header *record), void *context)
{
	int count = 0;

	while (lane->head < lane->end && head_of(lane)->time_ns <= until_ns) {
		const struct record_header *record = head_of(lane);
		int err = out(context, record);

		if (err < 0)
			return err;
		lane->head += record->size;
		merge->held_bytes -= record->size;
		count++;
	}
	if (lane->head == lane->end)
		lane->head = lane->end = 0;
	return count;
}

int merge_until(struct merge *merge, uint64_t until_ns,
		int (*out)(void *context, const struct record_header *record), void *context)
{
	int total = 0;

	for (;;) {
		uint64_t next_ns = until_ns;
		struct lane *lane = oldest_lane(merge, &next_ns);
		int count;

		if (!lane)
			return total;
		count = hand_on(merge, lane, next_ns, out, context);
		if (count < 0)
			return count;
		total += count;
	}
}

size_t merge_held(const struct merge *merge)
{
	return merge->held_bytes;
}

void merge_close(struct merge *merge)
{
	if (!merge)
		return;
	for (unsigned int i = 0; i < merge->lane_count; i++)
		free(merge->lanes[i].bytes);
	free(merge);
}
