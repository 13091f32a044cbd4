/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts the sentences of a verdict together; every number in it is a fact of the model. */
#include "user/model/verdict.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "user/base/fmt.h"
#include "user/model/internal.h"
#include "user/model/sentences.h"

struct speech {
	const struct connection *connection;
	const struct sentences *words;
	char *text;
	size_t size, used;
	bool cut;
	char args[WORDS_ARGS][WORDS_ARG_SIZE];
};

/* After a sentence that had to be cut, nothing follows. */
static void say_template(struct speech *speech, const char *template)
{
	const char *gap = speech->used ? speech->words->gap : "";
	char *at = speech->text + speech->used;

	if (speech->cut || speech->used + strlen(gap) + 1 >= speech->size)
		return;
	strcpy(at, gap);
	at += strlen(gap);
	speech->cut =
		!words_fit(at, speech->size - (size_t)(at - speech->text), template, speech->args);
	speech->used += strlen(speech->text + speech->used);
}

static void say(struct speech *speech, enum verdict_sentence sentence)
{
	say_template(speech, speech->words->verdict[sentence]);
}

static void say_reason(struct speech *speech, enum reason reason)
{
	if (reason != REASON_UNKNOWN)
		say_template(speech, speech->words->reasons[reason]);
}

static void set_count(struct speech *speech, int index, uint64_t value)
{
	fmt_count(speech->args[index], WORDS_ARG_SIZE, value);
}

static void set_time(struct speech *speech, int index, uint64_t from_ns, uint64_t to_ns)
{
	fmt_duration(speech->args[index], WORDS_ARG_SIZE, to_ns > from_ns ? to_ns - from_ns : 0);
}

static void set_ends(struct speech *speech, enum end end)
{
	const char *client = speech->words->client, *server = speech->words->server;
	bool is_server = end == END_SERVER;

	snprintf(speech->args[6], WORDS_ARG_SIZE, "%s", is_server ? server : client);
	snprintf(speech->args[7], WORDS_ARG_SIZE, "%s", is_server ? client : server);
}

/* The beginning may not have been seen. */
static void set_time_of_attempt(struct speech *speech, int index, uint64_t from_ns, uint64_t to_ns)
{
	fmt_duration_seen(speech->args[index], WORDS_ARG_SIZE, span_ns(from_ns, to_ns),
			  !speech->connection->older);
}

static void say_failed(struct speech *speech)
{
	const struct connection *connection = speech->connection;
	enum reason reason = ending_failure(connection);

	snprintf(speech->args[0], WORDS_ARG_SIZE, "%s", name_errno(connection->connect_error));
	set_time_of_attempt(speech, 1, 0, connection->connect_ns);
	say(speech, connection->failed_later ? SAY_FAILED_LATER : SAY_FAILED);
	ending_syn_times(connection, speech->args[4], WORDS_ARG_SIZE);
	name_icmp(&connection->icmp, speech->args[5], WORDS_ARG_SIZE);
	if (reason == REASON_QUEUE_FULL)
		set_count(speech, 5, connection->syns_refused);
	say_reason(speech, reason);
	if (reason != REASON_ICMP)
		return;
	fmt_address(speech->args[0], WORDS_ARG_SIZE, connection->icmp.from,
		    connection->icmp.version == 6 ? AF_INET6 : AF_INET, 0);
	say(speech, SAY_ICMP);
}

static void say_queue_full(struct speech *speech)
{
	const struct connection *connection = speech->connection;

	if (!connection->syns_refused)
		return;
	set_count(speech, 3, connection->syns);
	set_count(speech, 5, connection->syns_refused);
	say(speech, SAY_QUEUE_FULL);
}

static void say_reset(struct speech *speech)
{
	const struct connection *connection = speech->connection;

	set_ends(speech, connection->reset_by);
	say(speech, SAY_RESET);
	set_count(speech, 0, connection->reset_unread);
	say_reason(speech, ending_reset(connection));
}

static void say_probes(struct speech *speech, enum end sender)
{
	const struct flow *flow = &speech->connection->flow[sender];

	if (!flow->probes)
		return;
	set_ends(speech, sender);
	set_time(speech, 0, 0, flow_window_zero_ns(flow, speech->connection->last_ns));
	set_count(speech, 1, flow->probes);
	set_time(speech, 2, 0, flow->probe_pause_min_ns);
	set_time(speech, 3, 0, flow->probe_pause_max_ns);
	if (flow->window_zero_found)
		say(speech, SAY_PROBES_SINCE);
	else if (!flow->probe_pause_max_ns)
		say(speech, SAY_COUNTED_PROBES);
	else
		say(speech, flow->probes == 2 ? SAY_TWO_PROBES : SAY_PROBES);
}

static void say_given_up(struct speech *speech)
{
	const struct connection *connection = speech->connection;

	set_time_of_attempt(speech, 1, connection->first_ns, connection->last_ns);
	say(speech, connection->syn_ns ? SAY_GIVEN_UP : SAY_ATTEMPT);
}

static void say_attempt(struct speech *speech)
{
	const struct connection *connection = speech->connection;

	fmt_endpoint(speech->args[2], WORDS_ARG_SIZE, connection->address[END_SERVER],
		     connection->family, connection->scope, connection->port[END_SERVER]);
	set_count(speech, 3, connection->syns);
	if (!connection->ends[END_CLIENT])
		say(speech, connection->syn_ack_ns ? SAY_HALF_OPEN : SAY_UNANSWERED);
	else if (connection->connect_error)
		say_failed(speech);
	else if (connection->finished)
		say_given_up(speech);
	else
		say(speech, SAY_ATTEMPT);
}

static void say_handed(struct speech *speech, enum end sender)
{
	const struct flow *flow = &speech->connection->flow[sender];
	uint64_t calls = connection_sends(speech->connection, sender);

	snprintf(speech->args[0], WORDS_ARG_SIZE, "%s", name_call(flow->last_call));
	set_count(speech, 1, flow->at_return.at.handed);
	if (flow->untimed)
		snprintf(speech->args[2], WORDS_ARG_SIZE, "? s");
	else
		set_time(speech, 2, flow->first_send_ns, flow->last_return_ns);
	set_count(speech, 3, calls);
	if (flow->killed_inside)
		say(speech, SAY_SENT_KILLED);
	else if (speech->connection->older)
		say(speech, SAY_OLDER_SENT);
	else
		say(speech, calls > 1 ? SAY_SENT_MANY : SAY_SENT_ONE);
}

static void say_places(struct speech *speech, enum end sender)
{
	const struct direction *then = &speech->connection->flow[sender].at_return.at;
	bool read_known = then->receiver_seen;
	uint64_t done = read_known ? then->read : then->acked;
	uint64_t open = then->handed - done;

	set_ends(speech, sender);
	set_count(speech, 0, done);
	set_count(speech, 1, open);
	fmt_percent(speech->args[2], WORDS_ARG_SIZE, open, then->handed);
	if (read_known)
		say(speech, open ? SAY_UNREAD : SAY_ALL_READ);
	else
		say(speech, open ? SAY_UNACKED : SAY_ALL_ACKED);
}

static void say_last_read(struct speech *speech, enum end sender)
{
	const struct flow *flow = &speech->connection->flow[sender];
	uint64_t unread = flow->at.handed - flow->at.read;

	if (!flow->at.receiver_seen)
		return;
	if (unread && speech->connection->finished) {
		set_count(speech, 0, unread);
		say(speech, SAY_NEVER_READ);
	} else if (!unread && flow->last_read_ns > flow->last_return_ns) {
		set_time(speech, 0, flow->last_return_ns, flow->last_read_ns);
		say(speech, SAY_LAST_READ);
	}
}

/* The sender's end is not traced: only what arrived is known. */
static void say_received(struct speech *speech, enum end sender)
{
	const struct direction *at = &speech->connection->flow[sender].at;

	set_ends(speech, sender);
	set_count(speech, 0, at->read);
	set_count(speech, 1, at->received);
	say(speech, speech->connection->places_known ? SAY_RECEIVED : SAY_READ);
}

static void say_other_way(struct speech *speech, enum end sender)
{
	const struct direction *at = &speech->connection->flow[sender].at;

	if (!at->handed || !at->receiver_seen || !at->sender_seen)
		return;
	set_count(speech, 0, at->handed);
	set_count(speech, 1, at->read);
	say(speech, SAY_OTHER_WAY);
}

static void say_moved(struct speech *speech, enum end sender)
{
	const struct direction *at = &speech->connection->flow[sender].at;

	set_count(speech, 0, at->receiver_seen ? at->read : at->acked);
	set_count(speech, 1, at->handed);
	say(speech, at->receiver_seen ? SAY_MOVED : SAY_MOVED_ACKED);
}

static void say_still_sending(struct speech *speech, enum end sender)
{
	const struct connection *connection = speech->connection;
	const struct flow *flow = &connection->flow[sender];

	snprintf(speech->args[0], WORDS_ARG_SIZE, "%s", name_call(flow->inside_call));
	set_count(speech, 1, flow->at.handed);
	set_time(speech, 2, flow->inside_since_ns, connection->until_ns);
	say(speech, SAY_STILL_SENDING);
}

static void say_data(struct speech *speech)
{
	const struct flow *flow = speech->connection->flow;
	enum end sender = flow[END_SERVER].at.handed > flow[END_CLIENT].at.handed ? END_SERVER
										  : END_CLIENT;

	if (!flow[sender].at.sender_seen) {
		say_received(speech, sender);
	} else if (flow[sender].last_return_ns && !speech->connection->places_known) {
		say_handed(speech, sender);
		say(speech, speech->connection->places_unasked ? SAY_PLACES_NOT_RECORDED
							       : SAY_PLACES_NOT_SEEN);
	} else if (flow[sender].last_return_ns) {
		say_handed(speech, sender);
		say_places(speech, sender);
		say_last_read(speech, sender);
	} else if (!flow[sender].inside_since_ns) {
		say_moved(speech, sender);
	}
	if (flow[sender].inside_since_ns)
		say_still_sending(speech, sender);
	say_other_way(speech, other_end(sender));
}

static void say_opened(struct speech *speech)
{
	const struct connection *connection = speech->connection;
	uint64_t up_ns = connection->established_ns[END_CLIENT];

	if (!up_ns)
		up_ns = connection->established_ns[END_SERVER];
	set_time(speech, 0, connection->syn_ns, up_ns);
	say(speech, connection->syn_ns ? SAY_OPENED_ONLY : SAY_OPENED);
}

static bool was_up(const struct connection *connection)
{
	return connection->established_ns[END_CLIENT] || connection->established_ns[END_SERVER] ||
	       (connection->older && !connection->tried && !connection->connect_error);
}

static bool both_traced(const struct connection *connection)
{
	return connection->ends[END_CLIENT] && connection->ends[END_SERVER];
}

char *verdict_text(const struct connection *connection, enum lang lang, char *text, size_t size)
{
	struct speech speech = {
		.connection = connection,
		.words = words_of(lang),
		.text = text,
		.size = size,
	};
	const struct flow *flow = connection->flow;

	text[0] = '\0';
	if (!was_up(connection)) {
		say_attempt(&speech);
	} else {
		if (connection->both_connected)
			say(&speech, SAY_BOTH_CONNECTED);
		if (connection->itself)
			say(&speech, SAY_ITSELF);
		if (connection->older)
			say(&speech, SAY_OLDER);
		if (!connection->bytes_known)
			say(&speech,
			    connection->segments_unasked ? SAY_NOT_RECORDED : SAY_NOT_SEEN);
		else if (flow[END_CLIENT].at.handed || flow[END_SERVER].at.handed)
			say_data(&speech);
		else
			say_opened(&speech);
		say_queue_full(&speech);
		say_probes(&speech, END_CLIENT);
		say_probes(&speech, END_SERVER);
		if (connection->reset) {
			say_reset(&speech);
		} else if (connection->end_unknown && !both_traced(connection)) {
			say(&speech,
			    connection->segments_unasked ? SAY_END_NOT_RECORDED : SAY_END_UNKNOWN);
		} else if (!connection->finished) {
			say(&speech, SAY_OPEN);
		}
	}
	if (connection->lossy)
		say(&speech, SAY_LOSSY);
	return text;
}
