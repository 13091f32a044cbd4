/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What stood in the queues of a UDP, raw or AF_UNIX socket, behind its call. */
#include <stdio.h>

#include "user/export/events.h"
#include "user/model/queues.h"

struct side {
	const char *name;
	bool known, counted;
	uint32_t bytes, messages;
};

/* " recv-q=2304 (3 waiting)"; "?": this kernel can't tell. Returns the bytes written. */
static int put_side(char *text, size_t size, const struct side *side)
{
	int used = side->known ? snprintf(text, size, " %s=%u", side->name, side->bytes)
			       : snprintf(text, size, " %s=?", side->name);

	if (side->counted && side->messages)
		used += snprintf(text + used, size - (size_t)used, " (%u waiting)", side->messages);
	return used;
}

static void put_listener(char *text, size_t size, const struct record_sample_other *seen)
{
	snprintf(text, size, " recv-q=%u (to be accepted) send-q=%u (limit)", seen->recv_queue,
		 seen->send_queue);
}

char *event_queues(const struct call *call, char *text, size_t size)
{
	const struct record_sample_other *seen = &call->queues;
	const struct side sides[] = {
		{ "recv-q", queues_tell(seen, OTHER_RECV_QUEUE), queues_tell(seen, OTHER_MESSAGES),
		  seen->recv_queue, seen->messages },
		{ "send-q", queues_tell(seen, OTHER_SEND_QUEUE), false, seen->send_queue, 0 },
		{ "peer recv-q", queues_tell(seen, OTHER_PEER_RECV_QUEUE),
		  queues_tell(seen, OTHER_PEER_MESSAGES), seen->peer_recv_queue,
		  seen->peer_messages },
	};
	int used = snprintf(text, size, "%s", call->kind == CALL_CLOSE ? " before it:" : "");

	if (seen->listens) {
		put_listener(text + used, size - (size_t)used, seen);
		return text;
	}
	for (int i = 0; i < 3; i++)
		if (i < 2 || sides[i].known || sides[i].counted)
			used += put_side(text + used, size - (size_t)used, &sides[i]);
	if (queues_tell(seen, OTHER_DROPS) && seen->drops)
		snprintf(text + used, size - (size_t)used, " drops=%u", seen->drops);
	return text;
}
