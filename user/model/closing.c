/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What keeps a run from being over when its last program has ended (RFC 9293, section 3.6). */
#include "user/model/closing.h"

#include <netinet/tcp.h>

static bool is_under_way(uint16_t state)
{
	return state == TCP_FIN_WAIT1 || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

int closing_take(struct closing *closing, const struct record_state *state)
{
	if (is_under_way(state->new_state))
		return map_put(&closing->sockets, state->header.socket, closing);
	if (is_under_way(state->old_state))
		map_remove(&closing->sockets, state->header.socket);
	return 0;
}

void closing_free(struct closing *closing)
{
	map_free(&closing->sockets);
}
