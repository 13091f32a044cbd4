/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the capture says of itself, processes, moments, connections and the
 * end. Times are nanoseconds relative to zero; a time that isn't known is null.
 */
#include "user/export/json_parts.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "user/base/fmt.h"
#include "user/export/columns.h"
#include "user/model/names.h"
#include "user/model/verdict.h"

#define TEXT_SIZE 2048

static const char *const lang_names[LANG_COUNT] = { [LANG_EN] = "en", [LANG_ZH] = "zh" };

static const char *end_name(enum end end)
{
	return end == END_CLIENT ? "client" : "server";
}

static void open_object(struct json *json, const char *type)
{
	json_object(json, NULL);
	json_string(json, "type", type);
}

static void close_object(struct json *json)
{
	json_object_end(json);
	json_line_end(json);
}

static void put_time(struct json *json, const char *name, uint64_t time_ns, uint64_t zero_ns)
{
	if (time_ns)
		json_int(json, name, (int64_t)(time_ns - zero_ns));
	else
		json_null(json, name);
}

static void put_hooks(struct json *json, const struct capture_info *info)
{
	json_array(json, "hooks");
	for (int i = 0; i < info->hook_count && i < CAPTURE_HOOKS_MAX; i++) {
		const struct capture_hook *hook = &info->hooks[i];

		json_object(json, NULL);
		json_bytes(json, "name", hook->name, sizeof(hook->name));
		json_bytes(json, "fact", hook->fact, sizeof(hook->fact));
		json_bool(json, "on", hook->on);
		json_bool(json, "asked", !hook->unasked);
		if (hook->stand_in[0])
			json_bytes(json, "stand_in", hook->stand_in, sizeof(hook->stand_in));
		json_object_end(json);
	}
	json_array_end(json);
}

void json_capture(struct json *json, const struct capture_info *info, uint64_t zero_ns)
{
	open_object(json, "capture");
	json_uint(json, "schema", JSON_SCHEMA);
	json_bytes(json, "tcpwatch", info->version, sizeof(info->version));
	json_bytes(json, "kernel", info->kernel, sizeof(info->kernel));
	json_bytes(json, "machine", info->machine, sizeof(info->machine));
	json_bytes(json, "host", info->host, sizeof(info->host));
	json_bytes(json, "boot_id", info->boot_id, sizeof(info->boot_id));
	json_bytes(json, "congestion", info->congestion, sizeof(info->congestion));
	json_bytes(json, "command", info->command, sizeof(info->command));
	json_bytes(json, "detail", info->detail, sizeof(info->detail));
	json_bytes(json, "filter", info->filter, sizeof(info->filter));
	json_bool(json, "peers", info->peers);
	json_uint(json, "ring_bytes", info->ring_bytes);
	json_uint(json, "zero_mono_ns", zero_ns);
	json_uint(json, "zero_real_ns", info->start_real_ns + (zero_ns - info->start_mono_ns));
	json_int(json, "start_ns", (int64_t)(info->start_mono_ns - zero_ns));
	put_hooks(json, info);
	close_object(json);
}

/* In a pid namespace of its own; null: it is the one that everybody sees. */
static void put_own_id(struct json *json, const char *name, uint32_t id)
{
	if (id)
		json_uint(json, name, id);
	else
		json_null(json, name);
}

void json_process(struct json *json, const struct process *process, uint64_t zero_ns)
{
	static const char *const events[] = {
		[PROCESS_FORK] = "fork",     [PROCESS_EXEC] = "exec",	[PROCESS_EXIT] = "exit",
		[PROCESS_RENAME] = "rename", [PROCESS_FOUND] = "found", [PROCESS_32BIT] = "32bit",
	};

	open_object(json, "process");
	json_int(json, "t_ns", (int64_t)(process->time_ns - zero_ns));
	json_string(json, "event", events[process->event]);
	json_uint(json, "pid", process->tgid);
	json_uint(json, "tid", process->tid);
	json_uint(json, "parent_pid", process->parent_tgid);
	put_own_id(json, "own_pid", process->own_tgid);
	put_own_id(json, "own_tid", process->own_tid);
	json_bytes(json, "comm", process->comm, sizeof(process->comm));
	if (process->event == PROCESS_EXIT)
		json_int(json, "exit_code", process->exit_code);
	else
		json_null(json, "exit_code");
	close_object(json);
}

static void put_words(struct json *json, const char *name, enum lang lang, const char *text)
{
	char member[32];

	snprintf(member, sizeof(member), "%s_%s", name, lang_names[lang]);
	json_string(json, member, text);
}

void json_moment(struct json *json, const struct moment *moment, uint64_t zero_ns)
{
	char text[TEXT_SIZE];

	open_object(json, "moment");
	json_int(json, "t_ns", (int64_t)(moment->time_ns - zero_ns));
	json_string(json, "moment", moment_name(moment->kind));
	if (moment->connection)
		json_uint(json, "connection", moment->connection->id);
	else
		json_null(json, "connection");
	if (moment->socket)
		json_uint(json, "socket", moment->socket->id);
	else
		json_null(json, "socket");
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		moment_title(moment, (enum lang)lang, text, sizeof(text));
		put_words(json, "title", (enum lang)lang, text);
		moment_caption(moment, (enum lang)lang, text, sizeof(text));
		put_words(json, "caption", (enum lang)lang, text);
	}
	close_object(json);
}

/* A socket that has reached CLOSE spends no time there. What it was found in lasted longer. */
static void put_states(struct json *json, const struct socket *socket, uint64_t now_ns)
{
	json_object(json, "state_ns");
	for (unsigned int state = 1; state < STATE_COUNT; state++)
		if (socket->state_seen[state] && state != TCP_CLOSE)
			json_uint(json, name_state(state), socket_state_ns(socket, state, now_ns));
	json_object_end(json);
	json_array(json, "state_at_least");
	for (unsigned int state = 1; state < STATE_COUNT; state++)
		if (socket->state_at_least[state] && state != TCP_CLOSE)
			json_string(json, NULL, name_state(state));
	json_array_end(json);
}

static void put_calls(struct json *json, const struct connection *connection, enum end end)
{
	json_array(json, "calls");
	for (int kind = 0; kind < CALL_KINDS; kind++) {
		const struct call_stats *stats =
			connection_calls(connection, end, (enum call_kind)kind);

		if (!stats->count)
			continue;
		json_object(json, NULL);
		json_string(json, "call", name_call((enum call_kind)kind));
		json_uint(json, "count", stats->count);
		json_uint(json, "failed", stats->failed);
		json_uint(json, "short", stats->short_count);
		if (stats->moved_unknown)
			json_null(json, "moved_bytes");
		else
			json_uint(json, "moved_bytes", stats->moved_bytes);
		if (call_is_timed((enum call_kind)kind)) {
			json_uint(json, "inside_ns", stats->inside_ns);
			json_uint(json, "longest_ns", stats->longest_ns);
		} else {
			json_null(json, "inside_ns");
			json_null(json, "longest_ns");
		}
		json_bool(json, "at_least", stats->at_least);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_end(struct json *json, const struct connection *connection, enum end end)
{
	const struct socket *socket = socket_at(connection, end);
	char address[FMT_SIZE];

	json_object(json, end_name(end));
	json_bool(json, "traced", socket != NULL);
	if (connection->port[end]) {
		json_string(json, "address",
			    fmt_address(address, sizeof(address), connection->address[end],
					connection->family, connection->scope));
		json_uint(json, "port", connection->port[end]);
	}
	if (socket) {
		json_uint(json, "socket", socket->id);
		json_uint(json, "pid", socket->owner_tgid);
		put_own_id(json, "own_pid", socket->owner_own_tgid);
		json_bytes(json, "comm", socket->owner_comm, sizeof(socket->owner_comm));
		put_states(json, socket, connection->last_ns);
		put_calls(json, connection, end);
	}
	json_object_end(json);
}

/* null: this run has no hook for it. */
static void put_known(struct json *json, const char *name, bool known, uint64_t value)
{
	if (known)
		json_uint(json, name, value);
	else
		json_null(json, name);
}

static void put_sleeps(struct json *json, bool known, const struct flow *flow)
{
	put_known(json, "sleeps", known, flow->sleeps);
	put_known(json, "sleep_peer_window_ns", known, flow->sleep_ns[SLEEP_PEER_WINDOW]);
	put_known(json, "sleep_congestion_ns", known, flow->sleep_ns[SLEEP_CONGESTION]);
	put_known(json, "sleep_buffer_ns", known, flow->sleep_ns[SLEEP_BUFFER]);
	put_known(json, "sleep_lowat_ns", known, flow->sleep_ns[SLEEP_LOWAT]);
	put_known(json, "sleep_pacing_ns", known, flow->sleep_ns[SLEEP_PACING]);
	put_known(json, "sleep_unknown_ns", known, flow->sleep_ns[SLEEP_NONE]);
	put_known(json, "sleep_unread_ns", known, flow->unread_ns);
}

/* Where the bytes were when the last send call returned. */
static void put_at_return(struct json *json, const struct connection *connection,
			  const struct flow *flow, uint64_t zero_ns)
{
	const struct bytes *bytes = &flow->at_return;

	if (!flow->last_return_ns || !connection->places_known) {
		json_null(json, "at_return");
		return;
	}
	json_object(json, "at_return");
	put_time(json, "t_ns", flow->last_return_ns, zero_ns);
	json_uint(json, "handed_over", bytes->at.handed);
	json_uint(json, "unsent", bytes->unsent);
	json_uint(json, "in_flight", bytes->in_flight);
	if (bytes->at.receiver_seen) {
		json_uint(json, "peer_queue", bytes->peer_queue);
		json_uint(json, "app_read", bytes->at.read);
	} else {
		json_null(json, "peer_queue");
		json_null(json, "app_read");
	}
	json_uint(json, "unacked", bytes->unacked);
	json_object_end(json);
}

/* How long the peer's window was 0, and how often its sender asked after it. */
static void put_window(struct json *json, const struct connection *connection,
		       const struct flow *flow, uint64_t zero_ns)
{
	put_known(json, "window_zero_ns", connection->segments_known,
		  flow_window_zero_ns(flow, connection->last_ns));
	json_bool(json, "window_zero_found", flow->window_zero_found);
	put_known(json, "window_probes", connection->segments_known, flow->probes);
	put_time(json, "first_probe_ns", flow->probe_first_ns, zero_ns);
	put_time(json, "last_probe_ns", flow->probe_last_ns, zero_ns);
}

static void put_flow(struct json *json, const struct connection *connection, enum end sender,
		     uint64_t zero_ns)
{
	const struct flow *flow = &connection->flow[sender];
	bool all_arrived = flow->at.end_known && connection->finished && !connection->reset;
	bool known = connection->places_known || all_arrived;

	json_object(json, sender == END_CLIENT ? "to_server" : "to_client");
	put_known(json, "handed_over",
		  flow->at.sender_seen && (connection->bytes_known || flow->at.end_known),
		  flow->at.handed);
	put_known(json, "sent", known, flow->at.sent);
	put_known(json, "acked", known, flow->at.acked);
	put_known(json, "received", known, flow->at.received);
	put_known(json, "app_read", flow->at.receiver_seen && connection->bytes_known,
		  flow->at.read);
	put_known(json, "segments", connection->segments_known, flow->segments);
	put_known(json, "retransmits", connection->segments_known, flow->retransmits);
	put_window(json, connection, flow, zero_ns);
	if (flow->urgent_byte)
		json_uint(json, "urgent_byte", flow->urgent_byte);
	else
		json_null(json, "urgent_byte");
	put_known(json, "wmem_peak", connection->places_known, flow->wmem_peak);
	put_known(json, "rmem_peak", connection->places_known, flow->rmem_peak);
	put_sleeps(json, connection->sleeps_known, flow);
	put_time(json, "last_read_ns", connection->places_known ? flow->last_read_ns : 0, zero_ns);
	put_at_return(json, connection, flow, zero_ns);
	json_object_end(json);
}

static void put_times(struct json *json, const struct connection *connection, uint64_t zero_ns)
{
	put_time(json, "t_ns", connection->first_ns, zero_ns);
	put_time(json, "syn_ns", connection->syn_ns, zero_ns);
	put_time(json, "client_established_ns", connection->established_ns[END_CLIENT], zero_ns);
	put_time(json, "server_established_ns", connection->established_ns[END_SERVER], zero_ns);
	put_time(json, "accepted_ns", connection->accepted_ns, zero_ns);
	put_time(json, "last_ns", connection->last_ns, zero_ns);
}

static void put_reason(struct json *json, const char *name, bool known, enum reason reason)
{
	if (known)
		json_string(json, name, name_reason(reason));
	else
		json_null(json, name);
}

static void put_icmp(struct json *json, const struct connection *connection, uint64_t zero_ns)
{
	const struct icmp_seen *icmp = &connection->icmp;
	char text[FMT_SIZE];

	if (!icmp->count) {
		json_null(json, "icmp");
		return;
	}
	json_object(json, "icmp");
	json_string(json, "name", name_icmp(icmp, text, sizeof(text)));
	json_uint(json, "version", icmp->version);
	json_uint(json, "icmp_type", icmp->type);
	json_uint(json, "icmp_code", icmp->code);
	json_string(json, "icmp_from", fmt_address(text, sizeof(text), icmp->from, AF_INET, 0));
	json_bool(json, "own", icmp->own);
	json_uint(json, "count", icmp->count);
	put_time(json, "first_ns", icmp->first_ns, zero_ns);
	put_time(json, "last_ns", icmp->last_ns, zero_ns);
	json_object_end(json);
}

static void put_outcome(struct json *json, const struct connection *connection)
{
	json_bool(json, "finished", connection->finished);
	if (connection->connect_error)
		json_string(json, "connect_error", name_errno(connection->connect_error));
	else
		json_null(json, "connect_error");
	if (connection->reset)
		json_string(json, "reset_by", end_name(connection->reset_by));
	else
		json_null(json, "reset_by");
	put_reason(json, "reset_cause", connection->reset, ending_reset(connection));
	json_uint(json, "reset_unread", connection->reset_unread);
	json_bool(json, "lossy", connection->lossy);
}

/* Where the time of the attempt to connect went. */
static void put_connect_wait(struct json *json, const struct connection *connection)
{
	const struct attempt *attempt = &connection->attempt;
	char name[FMT_SIZE];

	if (!wait_known(connection)) {
		json_null(json, "connect_wait");
		return;
	}
	json_object(json, "connect_wait");
	json_string(json, "wait_phase", name_phase(wait_longest(attempt->phase_ns)));
	for (int phase = 0; phase < PHASES; phase++) {
		snprintf(name, sizeof(name), "%s_ns", name_phase((enum connect_phase)phase));
		json_uint(json, name, attempt->phase_ns[phase]);
	}
	json_object_end(json);
}

static void put_accept_wait(struct json *json, const struct connection *connection)
{
	if (!connection->accept.known) {
		json_null(json, "accept_wait");
		return;
	}
	json_object(json, "accept_wait");
	json_uint(json, "ready_ns", connection->accept.ready_ns);
	json_uint(json, "not_ready_ns", connection->accept.idle_ns);
	json_object_end(json);
}

/* What the attempt to connect met. */
static void put_attempt(struct json *json, const struct connection *connection, uint64_t zero_ns)
{
	put_reason(json, "connect_cause", connection->connect_error, ending_failure(connection));
	put_known(json, "syns", connection->segments_known, connection->syns);
	json_array(json, "syn_times_ns");
	for (uint32_t i = 0; i < connection->syns && i < SYN_TIMES; i++)
		json_int(json, NULL, (int64_t)(connection->syn_times_ns[i] - zero_ns));
	json_array_end(json);
	put_known(json, "syns_refused", connection->segments_known, connection->syns_refused);
	put_connect_wait(json, connection);
	put_accept_wait(json, connection);
	put_icmp(json, connection, zero_ns);
}

void json_connection(struct json *json, const struct connection *connection, uint64_t zero_ns)
{
	char text[TEXT_SIZE];

	open_object(json, "connection");
	json_uint(json, "connection", connection->id);
	put_times(json, connection, zero_ns);
	json_bool(json, "found", connection->older);
	json_bool(json, "both_connected", connection->both_connected);
	json_bool(json, "places_known", connection->places_known);
	json_bool(json, "itself", connection->itself);
	put_outcome(json, connection);
	put_attempt(json, connection, zero_ns);
	put_known(json, "blocked_ns", connection->calls_known, connection->blocked_ns);
	for (int end = 0; end < END_COUNT; end++)
		put_end(json, connection, (enum end)end);
	for (int end = 0; end < END_COUNT; end++)
		put_flow(json, connection, (enum end)end, zero_ns);
	for (int lang = 0; lang < LANG_COUNT; lang++)
		put_words(json, "verdict", (enum lang)lang,
			  verdict_text(connection, (enum lang)lang, text, sizeof(text)));
	close_object(json);
}

void json_end(struct json *json, const struct trace *trace, const struct capture_end *end,
	      uint64_t zero_ns)
{
	open_object(json, "end");
	put_time(json, "t_ns", trace_last_ns(trace), zero_ns);
	json_uint(json, "events", trace_events(trace));
	json_uint(json, "lost", trace_lost(trace));
	json_bool(json, "complete", end->complete);
	json_bool(json, "damaged", end->damaged);
	json_uint(json, "cut_bytes", end->cut_bytes);
	close_object(json);
}
