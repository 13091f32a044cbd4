/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files that find moments share: making one, its arguments, publishing it. */
#ifndef TCPWATCH_MODEL_TELLING_H
#define TCPWATCH_MODEL_TELLING_H

#include "user/model/internal.h"

/* A moment of kind at end; its arguments are still empty. */
struct moment moment_at(const struct connection *connection, enum end end, enum moment_kind kind,
			uint64_t time_ns);

/* True the first time that it is asked of this connection, end and kind. */
bool moment_first(struct connection *connection, enum end end, enum moment_kind kind);

/* Keeps the moment in its place by time, and tells the sink. connection may be NULL. */
void moment_publish(struct trace *trace, struct connection *connection,
		    const struct moment *moment);

char *moment_arg(struct moment *moment, int index); /* WORDS_ARG_SIZE bytes */
void moment_arg_count(struct moment *moment, int index, uint64_t value);
void moment_arg_time(struct moment *moment, int index, uint64_t from_ns, uint64_t to_ns);
void moment_arg_text(struct moment *moment, int index, const char *text);
void moment_arg_number(struct moment *moment, int index, uint32_t value);

/* The last send call of a direction, when nothing more can come. */
void moment_sent(struct trace *trace, struct connection *connection, enum end sender);

/* The attempt to connect failed when connect() had returned already. */
void moment_failed_later(struct trace *trace, struct connection *connection, uint64_t time_ns);

#endif
