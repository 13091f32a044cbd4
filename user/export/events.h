/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The view "events", and the text of single calls as it shows them: one line, not
 * wrapped. It remembers a little between two lines, in bounded memory.
 */
#ifndef TCPWATCH_EXPORT_EVENTS_H
#define TCPWATCH_EXPORT_EVENTS_H

#include "user/export/text.h"

/* Slots by number: what falls out of one is told once more. */
#define EVENTS_REMEMBERED 256

/* A call whose beginning was written: its return is written as resumed. */
struct begun {
	uint64_t enter_ns; /* 0: free */
	uint32_t tid;
	bool has_address;
};

/* The context of view_events. */
struct events {
	struct view *view;
	int who_columns; /* of the widest name so far */
	bool waiting;	 /* this call was entered, and nothing was written since: */
	struct call entered;
	struct begun begun[EVENTS_REMEMBERED];		 /* by task */
	unsigned int connections[EVENTS_REMEMBERED];	 /* whose addresses were told */
	struct record_socket sockets[EVENTS_REMEMBERED]; /* as they were told of */
};

/* Empty; view is not owned. */
void events_open(struct events *events, struct view *view);

/* "#1 client", "socket 3"; size: at least FMT_SIZE. Returns text. */
char *event_subject(char *text, size_t size, const struct socket *socket);

/* event_call.c: "connect(3, 127.0.0.1:12345) = 0 <0.000106>" */
void event_call(const struct call *call, char *text, size_t size);

/* "read(5<#1 server>, 1024 <unfinished ...>" */
void event_call_begins(const struct call *call, char *text, size_t size);

/* "<... read resumed>) = 1024 <0.000106>"; what the beginning didn't know is added. */
void event_call_resumes(const struct call *call, const struct begun *begun, char *text,
			size_t size);

/*
 * event_queues.c: " recv-q=2304 (3 waiting) send-q=0 drops=5", of a call whose queues
 * are known; size: at least TEXT_SIZE. Returns text.
 */
char *event_queues(const struct call *call, char *text, size_t size);

#endif
