/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The numbers of the story are made up and consistent: at the return of send()
 * 7,052,288 + 95,205 + 0 + 3,092,507 = 10,240,000.
 */
#include "tests/unit/story.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MS 1000000LL
#define SECOND 1000000000LL

static const uint8_t loopback[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };

static void fill_info(struct story *story)
{
	struct capture_info *info = &story->info;

	strcpy(info->version, "0.1.0");
	strcpy(info->kernel, "6.18.0-test");
	strcpy(info->command, "./experiments/bulk_send");
	info->command_tgid = 100;
	strcpy(info->detail, "full");
	info->start_mono_ns = STORY_ZERO_NS - 300 * MS;
	info->start_real_ns = 1700000000000000000ULL;
	info->hook_count = 2;
	strcpy(info->hooks[0].name, "inet_sock_set_state");
	strcpy(info->hooks[0].fact, "states");
	info->hooks[0].on = true;
	strcpy(info->hooks[1].name, "tcp_retransmit_synack");
	strcpy(info->hooks[1].fact, "SYN-ACKs that were sent again");
	info->hooks[1].on = true;
	story->end.complete = true;
	story->end.last_ns = STORY_ZERO_NS + 11350 * MS;
}

static void fill_socket(struct socket *socket, uint32_t id, const char *comm, uint32_t pid)
{
	socket->id = id;
	socket->identity.header.socket = id;
	socket->identity.family = AF_INET;
	socket->identity.type = SOCK_STREAM;
	socket->identity.protocol = IPPROTO_TCP;
	memcpy(socket->identity.local_address, loopback, sizeof(loopback));
	memcpy(socket->identity.remote_address, loopback, sizeof(loopback));
	socket->has_local = socket->has_remote = true;
	socket->owner_tgid = socket->owner_tid = pid;
	strncpy(socket->owner_comm, comm, sizeof(socket->owner_comm) - 1);
	socket->fd = 3;
	socket->first_ns = STORY_ZERO_NS - 100000;
	socket->last_ns = STORY_ZERO_NS + 11349 * MS;
	socket->state = TCP_CLOSE;
}

static void spent(struct socket *socket, unsigned int state, uint64_t ns)
{
	socket->state_seen[state] = true;
	socket->state_total_ns[state] = ns;
}

static void fill_sockets(struct story *story)
{
	fill_socket(&story->client, 2, "exp_client", 9788);
	fill_socket(&story->server, 3, "exp_server", 9789);
	story->client.identity.local_port = story->server.identity.remote_port = 57366;
	story->client.identity.remote_port = story->server.identity.local_port = 12345;
	story->client.connection = story->server.connection = &story->connection;
	story->server.end = END_SERVER;
	story->server.identity.origin = ORIGIN_CHILD;
	story->server.syn_recv_known = true;
	spent(&story->client, TCP_SYN_SENT, 48600);
	spent(&story->client, TCP_ESTABLISHED, 7810 * MS);
	spent(&story->client, TCP_FIN_WAIT1, 3530 * MS);
	spent(&story->client, TCP_FIN_WAIT2, 7300);
	spent(&story->server, TCP_SYN_RECV, 24100);
	spent(&story->server, TCP_ESTABLISHED, 11297 * MS);
	spent(&story->server, TCP_CLOSE_WAIT, 51620000);
}

static void fill_flow(struct story *story)
{
	struct flow *flow = &story->connection.flow[END_CLIENT];
	struct direction *at = &flow->at_return.at;

	flow->at = (struct direction){
		.handed = 10240000,
		.sent = 10240000,
		.acked = 10240000,
		.received = 10240000,
		.read = 10240000,
		.sender_seen = true,
		.receiver_seen = true,
	};
	*at = flow->at;
	at->sent = at->acked = at->received = 7147493;
	at->read = 7052288;
	flow->at_return.connection = &story->connection;
	flow->at_return.time_ns = STORY_ZERO_NS + 7805 * MS;
	flow->at_return.unsent = flow->at_return.unacked = 3092507;
	flow->at_return.peer_queue = 95205;
	flow->first_send_ns = STORY_ZERO_NS + MS;
	flow->last_return_ns = flow->at_return.time_ns;
	flow->last_enter_ns = flow->first_send_ns;
	flow->last_moved_bytes = 10240000;
	flow->last_call = CALL_SEND;
	flow->last_read_ns = STORY_ZERO_NS + 11342 * MS;
	flow->sndbuf = 4194304;
	flow->sleeps = 5;
	flow->sleep_ns[SLEEP_PEER_WINDOW] = 7790 * MS;
	story->connection.flow[END_SERVER].at.sender_seen = true;
	story->connection.flow[END_SERVER].at.receiver_seen = true;
}

struct call_stats *story_calls(struct story *story, enum end end, enum call_kind kind)
{
	story->connection.calls[end][kind] = &story->calls[end][kind];
	return story->connection.calls[end][kind];
}

static void fill_calls(struct story *story)
{
	*story_calls(story, END_CLIENT, CALL_CONNECT) = (struct call_stats){
		.count = 1,
		.inside_ns = 106000,
		.longest_ns = 106000,
	};
	*story_calls(story, END_CLIENT, CALL_SEND) = (struct call_stats){
		.count = 1,
		.moved_bytes = 10240000,
		.asked_max = 10240000,
		.inside_ns = 7804 * MS,
		.longest_ns = 7804 * MS,
		.sleeps = 5,
		.sleep_ns = { [SLEEP_PEER_WINDOW] = 7790 * MS },
		.unread_ns = 7780 * MS,
	};
	*story_calls(story, END_SERVER, CALL_READ) = (struct call_stats){
		.count = 10107,
		.moved_bytes = 10240000,
		.asked_max = 1024,
		.failed = 2,
		.inside_ns = 346300000,
		.longest_ns = 6350000,
	};
}

static void fill_curves(struct story *story)
{
	for (int64_t ms = 1; ms < 11342; ms += 3) {
		uint64_t time_ns = STORY_ZERO_NS + (uint64_t)(ms * MS);
		uint64_t wmem = ms < 7805 ? 3600000 + (uint64_t)(ms % 1400) * 440
					  : (uint64_t)(11342 - ms) * 1000;

		series_add(&story->detail.wmem[END_CLIENT], time_ns, wmem);
		series_add(&story->detail.unread[END_SERVER], time_ns, ms % 900 < 30 ? 0 : 95205);
	}
}

struct row *story_row(struct story *story, enum row_kind kind, enum end end, int64_t time_ns)
{
	struct ladder *ladder = &story->detail.ladder;
	struct row *row = &ladder->rows[ladder->used++];

	memset(row, 0, sizeof(*row));
	row->kind = kind;
	row->end = end;
	row->time_ns = STORY_ZERO_NS + (uint64_t)time_ns;
	row->left = row->arrived = row->peer_seen = true;
	row->arrived_ns = row->time_ns + 18500;
	row->wscale = SEGMENT_NO_WSCALE;
	return row;
}

static void add_state(struct story *story, enum end end, int64_t time_ns, unsigned int state)
{
	story_row(story, ROW_STATE, end, time_ns)->state = state;
}

static void add_call(struct story *story, enum end end, int64_t time_ns, enum call_kind call,
		     int64_t result, uint64_t inside_ns)
{
	struct row *row = story_row(story, ROW_CALL, end, time_ns);

	row->call = call;
	row->result = result;
	row->inside_ns = inside_ns;
}

static struct row *add_segment(struct story *story, enum end end, int64_t time_ns, uint8_t flags,
			       uint64_t seq, uint64_t ack)
{
	struct row *row = story_row(story, ROW_SEGMENT, end, time_ns);

	row->flags = flags;
	row->seq = seq;
	row->ack = ack;
	row->raw_seq = (end == END_CLIENT ? 578461303 : 3596862573) + (uint32_t)seq;
	row->raw_ack = (end == END_CLIENT ? 3596862573 : 578461303) + (uint32_t)ack;
	row->window = 65536;
	return row;
}

static void add_syn(struct story *story, enum end end, int64_t time_ns, uint8_t flags, uint64_t ack)
{
	struct row *row = add_segment(story, end, time_ns, flags, 0, ack);

	row->mss = 65495;
	row->wscale = 10;
}

static void fill_ladder(struct story *story)
{
	struct row *row;

	story_row(story, ROW_CALL_ENTER, END_SERVER, -200100000)->call = CALL_ACCEPT;
	story_row(story, ROW_CALL_ENTER, END_CLIENT, -55800)->call = CALL_CONNECT;
	add_state(story, END_CLIENT, -19200, TCP_SYN_SENT);
	add_syn(story, END_CLIENT, 0, SEGMENT_SYN, 0);
	add_state(story, END_SERVER, 18500, TCP_SYN_RECV);
	add_syn(story, END_SERVER, 18600, SEGMENT_SYN | SEGMENT_ACK, 1);
	add_state(story, END_CLIENT, 29300, TCP_ESTABLISHED);
	add_segment(story, END_CLIENT, 33600, SEGMENT_ACK, 1, 1);
	add_state(story, END_SERVER, 42600, TCP_ESTABLISHED);
	add_call(story, END_CLIENT, 50200, CALL_CONNECT, 0, 106000);
	add_call(story, END_SERVER, 71700, CALL_ACCEPT, 4, 200200000);
	row = story_row(story, ROW_DATA, END_CLIENT, 1200000);
	row->segments = 246;
	row->data_bytes = 10240000;
	row->until_ns = row->time_ns + 11300 * MS;
	add_call(story, END_CLIENT, 7805 * MS, CALL_SEND, 10240000, 7804 * MS);
	add_state(story, END_CLIENT, 7810 * MS, TCP_FIN_WAIT1);
	add_segment(story, END_CLIENT, 11340 * MS, SEGMENT_FIN | SEGMENT_ACK, 10240001, 1);
	add_state(story, END_SERVER, 11340 * MS + 20000, TCP_CLOSE_WAIT);
}

void story_fill(struct story *story)
{
	struct connection *connection = &story->connection;

	memset(story, 0, sizeof(*story));
	fill_info(story);
	fill_sockets(story);
	connection->id = 1;
	connection->ends[END_CLIENT] = &story->client;
	connection->ends[END_SERVER] = &story->server;
	connection->family = AF_INET;
	connection->port[END_CLIENT] = 57366;
	connection->port[END_SERVER] = 12345;
	for (int end = 0; end < END_COUNT; end++) {
		memcpy(connection->address[end], loopback, sizeof(loopback));
		connection->isn_known[end] = true;
		connection->established_ns[end] = STORY_ZERO_NS + 42600;
	}
	connection->first_ns = STORY_ZERO_NS - 200100000;
	connection->syn_ns = STORY_ZERO_NS;
	connection->last_ns = STORY_ZERO_NS + 11350 * MS;
	connection->finished = true;
	connection->segments_known = connection->calls_known = true;
	connection->bytes_known = connection->places_known = true;
	connection->detail = &story->detail;
	fill_flow(story);
	fill_calls(story);
	fill_curves(story);
	fill_ladder(story);
}

void paper_open(struct paper *paper, int columns, bool utf8)
{
	memset(paper, 0, sizeof(*paper));
	paper->target.stream = open_memstream(&paper->text, &paper->size);
	if (!paper->target.stream)
		abort();
	paper->target.term.columns = columns;
	paper->target.term.utf8 = utf8;
	paper->target.zero_ns = STORY_ZERO_NS;
	paper->target.directory_fd = -1;
}

void paper_close(struct paper *paper)
{
	fclose(paper->target.stream);
}

void paper_free(struct paper *paper)
{
	free(paper->text);
}

int paper_columns(const char *text)
{
	int widest = 0;

	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[4096];
		int width;

		snprintf(line, sizeof(line), "%.*s", (int)length, text);
		width = term_width(line);
		widest = width > widest ? width : widest;
		text += length + (text[length] == '\n');
	}
	return widest;
}

int paper_count(const char *text, const char *part)
{
	int count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

bool paper_is_ascii(const char *text)
{
	for (; *text; text++)
		if ((*text < ' ' || *text > '~') && *text != '\n')
			return false;
	return true;
}
