/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What all moments have in common: their names, their words, their place in time. */
#include "user/model/moments.h"

#include <stdio.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/model/sentences.h"
#include "user/model/telling.h"

static const char *const names[MOMENT_KINDS] = {
	[MOMENT_LISTEN] = "listen",
	[MOMENT_SYN] = "syn",
	[MOMENT_SYN_AGAIN] = "syn-again",
	[MOMENT_SYN_QUEUE_FULL] = "accept-queue-full",
	[MOMENT_SYN_ACK] = "syn-ack",
	[MOMENT_SYN_ACK_AGAIN] = "syn-ack-again",
	[MOMENT_CLIENT_ESTABLISHED] = "client-established",
	[MOMENT_SERVER_ESTABLISHED] = "server-established",
	[MOMENT_CONNECTED] = "connected",
	[MOMENT_CONNECT_FAILED] = "connect-failed",
	[MOMENT_ACCEPTED] = "accepted",
	[MOMENT_SEND] = "send",
	[MOMENT_BUFFER_FULL] = "buffer-full",
	[MOMENT_WINDOW_ZERO] = "window-zero",
	[MOMENT_WAKE] = "wake",
	[MOMENT_SENT] = "sent",
	[MOMENT_RETRANSMIT] = "retransmit",
	[MOMENT_CLOSE] = "close",
	[MOMENT_FIN_RECEIVED] = "fin-received",
	[MOMENT_LAST_READ] = "last-read",
	[MOMENT_RESET] = "reset",
	[MOMENT_TIME_WAIT] = "time-wait",
	[MOMENT_CLOSED] = "closed",
	[MOMENT_ICMP] = "icmp",
	[MOMENT_WINDOW_PROBE] = "window-probe",
	[MOMENT_WINDOW_OPEN] = "window-open",
	[MOMENT_URGENT] = "urgent",
	[MOMENT_EOF] = "eof",
	[MOMENT_SEND_FAILED] = "send-failed",
	[MOMENT_READ_FAILED] = "read-failed",
	[MOMENT_SHORT_SEND] = "short-send",
	[MOMENT_SEND_WOULD_BLOCK] = "send-would-block",
	[MOMENT_READ_WOULD_BLOCK] = "read-would-block",
	[MOMENT_BIND_FAILED] = "bind-failed",
	[MOMENT_HALF_CLOSED] = "half-closed",
	[MOMENT_FOUND] = "found",
};

const char *moment_name(enum moment_kind kind)
{
	return kind < MOMENT_KINDS ? names[kind] : "?";
}

static void fill(const struct moment *moment, enum end end, enum lang lang, const char *template,
		 char *text, size_t size)
{
	const struct sentences *words = words_of(lang);
	bool server = moment->connection && end == END_SERVER;
	char args[WORDS_ARGS][WORDS_ARG_SIZE];

	memcpy(args, moment->args, sizeof(args));
	snprintf(args[6], sizeof(args[6]), "%s", server ? words->server : words->client);
	snprintf(args[7], sizeof(args[7]), "%s", server ? words->client : words->server);
	words_fill(text, size, template, args);
}

char *moment_title(const struct moment *moment, enum lang lang, char *text, size_t size)
{
	fill(moment, moment->end, lang, words_of(lang)->moments[moment->kind].title, text, size);
	return text;
}

char *moment_caption(const struct moment *moment, enum lang lang, char *text, size_t size)
{
	const struct sentences *words = words_of(lang);
	size_t used;

	fill(moment, moment->end, lang, words->moments[moment->kind].captions[moment->variant],
	     text, size);
	used = strlen(text) + strlen(words->gap);
	if (!moment->reason || used >= size)
		return text;
	strcat(text, words->gap);
	fill(moment, moment->reason_end, lang, words->reasons[moment->reason], text + used,
	     size - used);
	return text;
}

static void keep(struct connection_detail *detail, const struct moment *moment)
{
	int at = detail->moment_count;

	if (at == CONNECTION_MOMENTS)
		return;
	for (; at > 0 && detail->moments[at - 1].time_ns > moment->time_ns; at--)
		detail->moments[at] = detail->moments[at - 1];
	detail->moments[at] = *moment;
	detail->moment_count++;
}

void moment_publish(struct trace *trace, struct connection *connection, const struct moment *moment)
{
	struct moment told = *moment;

	told.told_ns = trace->last_ns;
	if (connection && connection->detail)
		keep(connection->detail, &told);
	tell(trace, moment, &told);
}

_Static_assert(MOMENT_KINDS <= 64, "moments_told has a bit for each kind");

/* A kind of moment that is worth telling once for each end. */
bool moment_first(struct connection *connection, enum end end, enum moment_kind kind)
{
	uint64_t bit = 1ULL << kind;

	if (connection->moments_told[end] & bit)
		return false;
	connection->moments_told[end] |= bit;
	return true;
}

struct moment moment_at(const struct connection *connection, enum end end, enum moment_kind kind,
			uint64_t time_ns)
{
	return (struct moment){
		.time_ns = time_ns,
		.kind = kind,
		.connection = connection,
		.end = end,
		.socket = socket_at(connection, end),
	};
}

char *moment_arg(struct moment *moment, int index)
{
	return moment->args[index];
}

void moment_arg_count(struct moment *moment, int index, uint64_t value)
{
	fmt_count(moment_arg(moment, index), WORDS_ARG_SIZE, value);
}

void moment_arg_time(struct moment *moment, int index, uint64_t from_ns, uint64_t to_ns)
{
	fmt_duration(moment_arg(moment, index), WORDS_ARG_SIZE,
		     to_ns > from_ns ? to_ns - from_ns : 0);
}

void moment_arg_text(struct moment *moment, int index, const char *text)
{
	snprintf(moment_arg(moment, index), WORDS_ARG_SIZE, "%s", text);
}

void moment_arg_number(struct moment *moment, int index, uint32_t value)
{
	snprintf(moment_arg(moment, index), WORDS_ARG_SIZE, "%u", value);
}
