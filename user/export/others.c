/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * UDP, raw and UNIX sockets at the end of the summary, as what they are: no handshake,
 * no states, two queues. A paragraph for each of the first ones, and sums of the others.
 */
#include <string.h>
#include <sys/socket.h>

#include "user/base/fmt.h"
#include "user/export/labels.h"
#include "user/export/summary.h"
#include "user/model/names.h"

#define SOCKETS_SHOWN 8

/* "UDP 127.0.0.1:53", "raw ICMP", "UNIX stream" */
static void name_text(const struct socket *socket, char *text, size_t size)
{
	const struct record_socket *identity = &socket->identity;
	bool raw = identity->type == SOCK_RAW;
	char local[FMT_SIZE] = "";

	if (identity->family == AF_UNIX) {
		snprintf(text, size, "UNIX %s", name_socket_type(identity->type));
		return;
	}
	if (socket->has_local && !raw)
		fmt_endpoint(local, sizeof(local), identity->local_address, identity->family,
			     identity->scope, identity->local_port);
	snprintf(text, size, "%s%s%s%s", raw ? "raw " : "", name_protocol(identity->protocol),
		 *local ? " " : "", local);
}

/* Text that grows by one part after the other. */
struct paragraph {
	const struct view *view;
	char text[TEXT_LONG];
	enum label before; /* the next part */
};

/* How much there is, and the most. */
static void put(struct paragraph *paragraph, enum label words, uint32_t last, uint32_t peak)
{
	enum lang lang = paragraph->view->lang;
	char numbers[2][FMT_SIZE], part[TEXT_SIZE];
	size_t used = strlen(paragraph->text);

	fmt_count(numbers[0], FMT_SIZE, last);
	fmt_count(numbers[1], FMT_SIZE, peak);
	label_fill(part, sizeof(part), lang, words, numbers[0], numbers[1], NULL);
	snprintf(paragraph->text + used, sizeof(paragraph->text) - used, "%s%s",
		 label(lang, paragraph->before), part);
	paragraph->before = LABEL_PART;
}

static void put_queues(struct paragraph *paragraph, const struct queue_sums *sums)
{
	const struct record_sample_other *last = &sums->last;

	if (last->listens) {
		put(paragraph, LABEL_OTHER_ACCEPT, last->recv_queue, sums->recv_peak);
		put(paragraph, LABEL_OTHER_LIMIT, last->send_queue, 0);
		return;
	}
	put(paragraph, queues_tell(last, OTHER_RECV_QUEUE) ? LABEL_OTHER_RECV : LABEL_OTHER_NO_RECV,
	    last->recv_queue, sums->recv_peak);
	if (queues_tell(last, OTHER_MESSAGES))
		put(paragraph, LABEL_OTHER_MESSAGES, last->messages, sums->messages_peak);
	put(paragraph, queues_tell(last, OTHER_SEND_QUEUE) ? LABEL_OTHER_SEND : LABEL_OTHER_NO_SEND,
	    last->send_queue, sums->send_peak);
	if (queues_tell(last, OTHER_DROPS))
		put(paragraph, LABEL_OTHER_DROPS, last->drops, 0);
}

static void print_socket(const struct view *view, const struct socket *socket)
{
	struct paragraph paragraph = { .view = view, .before = LABEL_COLON };
	char owner[TEXT_SIZE], name[TEXT_SIZE], id[FMT_SIZE];
	size_t used;

	snprintf(id, sizeof(id), "%u", socket->id);
	text_owner(view, owner, sizeof(owner), socket);
	name_text(socket, name, sizeof(name));
	label_fill(paragraph.text, sizeof(paragraph.text), view->lang, LABEL_OTHER, id, name, NULL);
	used = strlen(paragraph.text);
	if (*owner)
		snprintf(paragraph.text + used, sizeof(paragraph.text) - used, " %s", owner);
	put_queues(&paragraph, &socket->queues);
	fputs("  ", view->stream);
	text_wrap(view, 2, 4, paragraph.text);
}

static void print_empty(const struct view *view, uint64_t empty)
{
	char text[TEXT_SIZE], sockets[FMT_SIZE];

	if (!empty)
		return;
	fmt_count(sockets, sizeof(sockets), empty);
	label_fill(text, sizeof(text), view->lang, LABEL_OTHER_EMPTY, sockets, NULL);
	fputs("  ", view->stream);
	text_wrap(view, 2, 4, text);
}

static void print_rest(const struct view *view, const struct queue_totals *rest)
{
	char text[TEXT_SIZE], sockets[FMT_SIZE], peak[FMT_SIZE], drops[FMT_SIZE];

	if (!rest->sockets)
		return;
	fmt_count(sockets, sizeof(sockets), rest->sockets);
	fmt_count(peak, sizeof(peak), rest->recv_peak);
	fmt_count(drops, sizeof(drops), rest->drops);
	label_fill(text, sizeof(text), view->lang, LABEL_OTHER_MORE, sockets, peak, drops, NULL);
	fputs("  ", view->stream);
	text_wrap(view, 2, 4, text);
}

void others_print(const struct view *view, const struct trace *trace)
{
	const struct socket *sockets[SOCKETS_SHOWN];
	struct queue_totals rest;
	unsigned int count = trace_queues(trace, sockets, SOCKETS_SHOWN, &rest);

	if (!count && !rest.sockets && !rest.empty)
		return;
	fputc('\n', view->stream);
	text_wrap(view, 0, 2, label(view->lang, LABEL_OTHERS));
	for (unsigned int i = 0; i < count; i++)
		print_socket(view, sockets[i]);
	print_rest(view, &rest);
	print_empty(view, rest.empty);
}
