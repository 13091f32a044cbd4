/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which segments become packets, and what is said of them: process and socket
 * as a packet comment, lost records where they are missing. A segment that both
 * ends saw is written once, where it left. One whose addresses are not known
 * is left out.
 */
#include "user/export/pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/fmt.h"
#include "user/export/pcapng_block.h"
#include "user/export/pcapng_packet.h"
#include "user/model/map.h"
#include "user/model/names.h"

#define LINKTYPE_RAW 101 /* the packet begins with its IP header */
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define OPTION_HARDWARE 2
#define OPTION_OS 3
#define OPTION_APPLICATION 4
#define OPTION_NAME 2
#define OPTION_RESOLUTION 9
#define OPTION_FLAGS 2
#define OPTION_RECEIVED 4
#define OPTION_DROPPED 5
#define INBOUND 1
#define OUTBOUND 2
#define TUPLE_HASH 0xcbf29ce484222325ULL
#define COMMAND_SIZE 4200 /* a command line with every byte escaped */

struct pcapng {
	FILE *stream;
	const struct capture_info *info;
	struct map senders; /* traced ends outside of connections, by the hash of their tuple */
	uint64_t packets, lost, lost_untold;
	bool failed; /* no memory */
	struct block block;
};

static uint64_t real_ns(const struct pcapng *pcapng, uint64_t mono_ns)
{
	return pcapng->info->start_real_ns + (mono_ns - pcapng->info->start_mono_ns);
}

/* What a capture says of itself is foreign text, too. */
static void option_foreign(struct block *block, uint16_t code, const char *before,
			   const char *foreign)
{
	char text[512];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", before);

	fmt_escape(text + used, sizeof(text) - used, foreign, strlen(foreign));
	block_option_text(block, code, text);
}

static void write_section(struct pcapng *pcapng)
{
	const struct capture_info *info = pcapng->info;
	char text[COMMAND_SIZE + 400], command[COMMAND_SIZE];
	struct block *block = &pcapng->block;

	block_begin(block, BLOCK_SECTION);
	block_u32(block, BYTE_ORDER_MAGIC);
	block_u16(block, 1);
	block_u16(block, 0);
	block_u64(block, UINT64_MAX);
	option_foreign(block, OPTION_HARDWARE, "", info->machine);
	option_foreign(block, OPTION_OS, "Linux ", info->kernel);
	option_foreign(block, OPTION_APPLICATION, "tcpwatch ", info->version);
	fmt_escape(command, sizeof(command), info->command, sizeof(info->command));
	snprintf(text, sizeof(text),
		 "%s: %s\n"
		 "Headers put together again from what tcpwatch recorded at the sockets; payload "
		 "is never captured. Not recorded, and left plain: checksums (TCP: 0), TTL, IP "
		 "identification, TCP options other than MSS and window scale.",
		 info->command_tgid ? "command" : "traced", command);
	block_option_text(block, OPTION_COMMENT, text);
	block_write(block, pcapng->stream);
}

static void write_interface(struct pcapng *pcapng)
{
	static const uint8_t nanoseconds = 9;
	struct block *block = &pcapng->block;

	block_begin(block, BLOCK_INTERFACE);
	block_u16(block, LINKTYPE_RAW);
	block_u16(block, 0);
	block_u32(block, PACKET_SIZE);
	block_option_text(block, OPTION_NAME, "tcpwatch");
	block_option(block, OPTION_RESOLUTION, &nanoseconds, sizeof(nanoseconds));
	block_write(block, pcapng->stream);
}

/* Told at the end: how many packets there are, and how many records of segments were lost. */
static void write_statistics(struct pcapng *pcapng, const struct trace *trace)
{
	struct block *block = &pcapng->block;

	block_begin(block, BLOCK_STATISTICS);
	block_u32(block, 0);
	block_time(block, real_ns(pcapng, trace_last_ns(trace)));
	block_option(block, OPTION_RECEIVED, &pcapng->packets, sizeof(pcapng->packets));
	block_option(block, OPTION_DROPPED, &pcapng->lost, sizeof(pcapng->lost));
	block_write(block, pcapng->stream);
}

/* "sent by bulk_client 9788, socket 2, client of connection 1" */
static void comment_owner(struct block *block, const struct segment *segment)
{
	const struct socket *socket = segment->socket;
	char comm[4 * RECORD_COMM_SIZE + 1], text[256];
	size_t used = 0;

	used += (size_t)snprintf(text, sizeof(text), "%s by ",
				 segment->received ? "received" : "sent");
	fmt_escape(comm, sizeof(comm), socket->owner_comm, sizeof(socket->owner_comm));
	if (socket->owner_tgid)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%u, ", comm,
					 comm[0] ? " " : "process ", socket->owner_tgid);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "socket %u", socket->id);
	if (segment->connection)
		snprintf(text + used, sizeof(text) - used, ", %s of connection %u",
			 socket->end == END_CLIENT ? "client" : "server", segment->connection->id);
	block_option_text(block, OPTION_COMMENT, text);
}

static void comment_lost(struct pcapng *pcapng)
{
	char text[128], count[FMT_SIZE];

	if (!pcapng->lost_untold)
		return;
	fmt_count(count, sizeof(count), pcapng->lost_untold);
	snprintf(text, sizeof(text), "before this packet %s records of segments were LOST", count);
	block_option_text(&pcapng->block, OPTION_COMMENT, text);
	pcapng->lost_untold = 0;
}

static void write_packet(struct pcapng *pcapng, const struct segment *segment,
			 const struct packet *packet)
{
	uint32_t direction = segment->received ? INBOUND : OUTBOUND;
	struct block *block = &pcapng->block;

	block_begin(block, BLOCK_PACKET);
	block_u32(block, 0);
	block_time(block, real_ns(pcapng, segment->time_ns));
	block_u32(block, (uint32_t)packet->length);
	block_u32(block, packet->original);
	block_data(block, packet->bytes, packet->length);
	block_option(block, OPTION_FLAGS, &direction, sizeof(direction));
	comment_owner(block, segment);
	comment_lost(pcapng);
	block_write(block, pcapng->stream);
	pcapng->packets++;
}

static struct packet_side side_of(const struct segment *segment, bool local)
{
	const struct record_socket *identity = &segment->socket->identity;
	const struct connection *connection = segment->connection;
	enum end end = segment->socket->end;

	if (connection) {
		if (!local)
			end = other_end(end);
		return (struct packet_side){ connection->address[end], connection->port[end] };
	}
	if (local)
		return (struct packet_side){ identity->local_address, identity->local_port };
	return (struct packet_side){ identity->remote_address, identity->remote_port };
}

static uint64_t hash_side(uint64_t hash, const struct packet_side *side)
{
	for (int i = 0; i < RECORD_ADDRESS_SIZE; i++)
		hash = (hash ^ side->address[i]) * 0x100000001b3ULL;
	return (hash ^ side->port) * 0x100000001b3ULL;
}

/* A segment leaves before it arrives, so a traced sender is known by then. */
static bool sender_is_traced(struct pcapng *pcapng, const struct segment *segment,
			     const struct packet_side *from, const struct packet_side *to)
{
	uint64_t key = hash_side(hash_side(TUPLE_HASH, from), to);

	if (segment->connection)
		return segment->connection->ends[segment->sender];
	if (segment->received)
		return map_get(&pcapng->senders, key);
	if (map_put(&pcapng->senders, key, pcapng))
		pcapng->failed = true;
	return true;
}

static void on_segment(void *context, const struct segment *segment)
{
	struct pcapng *pcapng = context;
	struct packet_side from, to;
	struct packet packet;

	if (!segment->socket)
		return;
	from = side_of(segment, !segment->received);
	to = side_of(segment, segment->received);
	if (sender_is_traced(pcapng, segment, &from, &to) && segment->received)
		return;
	if (packet_build(&packet, &from, &to, segment))
		write_packet(pcapng, segment, &packet);
}

/* Its port may be another's soon. */
static void on_gone(void *context, const struct socket *socket)
{
	const struct record_socket *identity = &socket->identity;
	const struct packet_side from = { identity->local_address, identity->local_port };
	const struct packet_side to = { identity->remote_address, identity->remote_port };
	struct pcapng *pcapng = context;

	map_remove(&pcapng->senders, hash_side(hash_side(TUPLE_HASH, &from), &to));
}

static void on_lost(void *context, const struct loss *loss)
{
	struct pcapng *pcapng = context;

	if (loss->what != RECORD_SEGMENT)
		return;
	pcapng->lost += loss->count;
	pcapng->lost_untold += loss->count;
}

static int begin(void **context, const struct export_target *target,
		 const struct capture_info *info)
{
	struct pcapng *pcapng = calloc(1, sizeof(*pcapng));

	*context = pcapng;
	if (!pcapng)
		return -ENOMEM;
	pcapng->stream = target->stream;
	pcapng->info = info;
	write_section(pcapng);
	write_interface(pcapng);
	return 0;
}

static int end_export(void *context, const struct trace *trace, const struct capture_end *end)
{
	struct pcapng *pcapng = context;
	int err = pcapng->failed ? -ENOMEM : 0;

	(void)end;
	write_statistics(pcapng, trace);
	errno = 0;
	if (fflush(pcapng->stream) || ferror(pcapng->stream))
		err = errno ? -errno : -EIO;
	map_free(&pcapng->senders);
	free(pcapng);
	return err;
}

const struct export export_pcapng = {
	.name = "pcapng",
	.sink = {
		.segment = on_segment,
		.lost = on_lost,
		.gone = on_gone,
	},
	.begin = begin,
	.end = end_export,
};
