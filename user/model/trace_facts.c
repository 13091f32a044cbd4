/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the model answers when it is asked. Changes nothing. */
#include "user/model/internal.h"

uint64_t trace_zero_ns(const struct trace *trace)
{
	return trace->first_syn_ns ? trace->first_syn_ns : trace->first_ns;
}

uint64_t trace_first_ns(const struct trace *trace)
{
	return trace->first_ns;
}

uint64_t trace_last_ns(const struct trace *trace)
{
	return trace->last_ns;
}

uint64_t trace_events(const struct trace *trace)
{
	return trace->events;
}

uint64_t trace_lost(const struct trace *trace)
{
	return trace->lost;
}

int trace_losses(const struct trace *trace, const struct loss **losses)
{
	*losses = trace->losses;
	return trace->loss_count;
}

unsigned int trace_older(const struct trace *trace)
{
	return trace->older;
}

const struct undecoded *trace_undecoded(const struct trace *trace)
{
	return &trace->undecoded;
}

unsigned int trace_closing(const struct trace *trace)
{
	return trace->closing;
}

uint64_t trace_left_open(const struct trace *trace)
{
	return trace->fold.left_open;
}

unsigned int trace_connections(const struct trace *trace)
{
	return trace->connection_count;
}

unsigned int trace_begun(const struct trace *trace)
{
	return trace->connections_begun;
}

const struct connection *trace_connection(const struct trace *trace, unsigned int index)
{
	return index < trace->connection_count ? trace->connections[index] : NULL;
}

const struct capture_info *trace_info(const struct trace *trace)
{
	return trace->info;
}
