/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sums over the calls of a connection's end. Most kinds are never called and need no room. */
#include <stdlib.h>

#include "user/model/internal.h"

const struct call_stats *connection_calls(const struct connection *connection, enum end end,
					  enum call_kind kind)
{
	static const struct call_stats none;
	const struct call_stats *stats = connection->calls[end][kind];

	return stats ? stats : &none;
}

struct call_stats *call_stats_of(struct connection *connection, enum end end, enum call_kind kind)
{
	struct call_stats **stats = &connection->calls[end][kind];

	if (!*stats)
		*stats = calloc(1, sizeof(**stats));
	return *stats;
}

uint64_t connection_sends(const struct connection *connection, enum end sender)
{
	uint64_t count = 0;

	for (int kind = 0; kind < CALL_KINDS; kind++) {
		const struct call_stats *stats =
			connection_calls(connection, sender, (enum call_kind)kind);

		if (call_sends((enum call_kind)kind))
			count += stats->count - stats->failed;
	}
	return count;
}

uint64_t connection_blocked_ns(const struct connection *connection, enum end end)
{
	uint64_t sum_ns = 0;

	for (int kind = 0; kind < CALL_KINDS; kind++)
		if (call_can_block((enum call_kind)kind))
			sum_ns +=
				connection_calls(connection, end, (enum call_kind)kind)->inside_ns;
	return sum_ns;
}
