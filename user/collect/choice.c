/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes --port, --addr and the like where the BPF program reads them. */
#include "user/collect/choice.h"

#include <string.h>

static void choose_patterns(__u64 (*to)[4], uint32_t *count, const struct filter_patterns *patterns)
{
	_Static_assert(sizeof(to[0]) == sizeof(patterns->at[0]), "value and mask");
	memcpy(to, patterns->at, sizeof(patterns->at));
	*count = patterns->count;
}

static void choose_protocols(struct tcpwatch_bpf__rodata *rodata, const struct filter *filter)
{
	uint32_t left = filter_left(filter->protocols, (1u << FILTER_PROTOCOLS) - 1);

	rodata->protocols_filtered = left != (1u << FILTER_PROTOCOLS) - 1;
	rodata->protocol_tcp = left >> FILTER_TCP & 1;
	rodata->protocol_udp = left >> FILTER_UDP & 1;
	rodata->protocol_mptcp = left >> FILTER_MPTCP & 1;
	rodata->protocol_unix = left >> FILTER_UNIX & 1;
	rodata->protocol_other = left >> FILTER_OTHER & 1;
}

void choice_fill(struct tcpwatch_bpf__rodata *rodata, const struct filter *filter)
{
	uint32_t families = filter_left(filter->families, UINT32_MAX);

	rodata->filter_on = filter_is_on(filter);
	rodata->filter_by_tuple =
		filter->by_port[FILTER_WANTED] || filter->by_port[FILTER_REFUSED] ||
		filter->addresses[FILTER_WANTED].count || filter->addresses[FILTER_REFUSED].count;
	rodata->ports_are_wanted = filter->by_port[FILTER_WANTED];
	rodata->ports_are_refused = filter->by_port[FILTER_REFUSED];
	memcpy(rodata->ports_wanted, filter->ports[FILTER_WANTED], sizeof(rodata->ports_wanted));
	memcpy(rodata->ports_refused, filter->ports[FILTER_REFUSED], sizeof(rodata->ports_refused));
	choose_patterns(rodata->addresses_wanted, &rodata->addresses_wanted_count,
			&filter->addresses[FILTER_WANTED]);
	choose_patterns(rodata->addresses_refused, &rodata->addresses_refused_count,
			&filter->addresses[FILTER_REFUSED]);
	choose_patterns(rodata->comms_wanted, &rodata->comms_wanted_count,
			&filter->comms[FILTER_WANTED]);
	choose_patterns(rodata->comms_refused, &rodata->comms_refused_count,
			&filter->comms[FILTER_REFUSED]);
	rodata->families_taken = families == UINT32_MAX ? 0 : families;
	choose_protocols(rodata, filter);
	rodata->peers_wanted = filter->peers;
}
