/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an experiment can learn of its own sockets without tcpwatch: states,
 * queues, buffer sizes, and all of it around one send().
 */
#ifndef TCPWATCH_EXPERIMENTS_MEASURE_H
#define TCPWATCH_EXPERIMENTS_MEASURE_H

#include <stdint.h>
#include <sys/types.h>

#include "experiments/exp.h"

/* "ESTABLISHED": what TCP_INFO says of fd. */
const char *measure_state(int fd);

/*
 * The state of a connection that has no descriptor any more, from the kernel's
 * table: "TIME_WAIT", or "none". Waits until it is one of these two.
 */
const char *measure_final_state(const struct exp *exp, unsigned int local, unsigned int remote);

/* One send() and where its bytes were when it returned. */
struct measure_send {
	uint64_t at_ns;
	uint64_t ns;
	long sleeps; /* times the kernel put the caller to sleep inside the call */
	ssize_t result;
	int error;
	int outq_bytes;	   /* SIOCOUTQ: not acknowledged yet */
	int outqnsd_bytes; /* SIOCOUTQNSD: not even sent yet */
	uint64_t server_read_bytes;
};

/* Before and after the call; result is what send() returned. */
void measure_send_begin(struct measure_send *sent);
void measure_send_end(const struct exp *exp, struct measure_send *sent, int fd, ssize_t result);
void measure_say_send(const struct exp *exp, const struct measure_send *sent);

/*
 * --bytes of data to send, touched beforehand, or send() would wait for memory
 * as well. For free(); NULL when the reason was printed.
 */
char *measure_data(const struct exp *exp);

/* All read() calls of the server, the one that returned 0 included. */
struct measure_reads {
	uint64_t bytes;
	unsigned long calls;
	unsigned long short_calls; /* returned less than size, but not 0 */
	uint64_t last_byte_at_ns;
};

/* After each read() of size bytes; result is what it returned. */
void measure_read(const struct exp *exp, struct measure_reads *reads, size_t size, ssize_t result);
void measure_say_reads(const struct exp *exp, const struct measure_reads *reads);

/*
 * Reads until the end, at most --read bytes at a time and with --pause after
 * each, and prints what came. Returns 0, or 1 when it was not --bytes.
 */
int measure_read_all(const struct exp *exp, int fd);

/* A server that does this with one connection: for lessons about its client. */
int measure_reader(struct exp *exp);

/*
 * A counter of the network namespace that the caller is in, by the name that
 * nstat(8) knows: "TcpExtListenOverflows", "TcpOutRsts". 0 where there is none.
 */
uint64_t measure_counter(const char *name);

/* Bytes that have arrived and were not read yet: SIOCINQ. */
int measure_unread(int fd);

/* Prints the algorithm and the buffer sizes that a socket has at the moment. */
void measure_say_buffers(const struct exp *exp, int fd);

/*
 * With --poll FILE: a thread writes "before_ns,after_ns,outq,outqnsd" of fd to
 * FILE, again and again, until it is stopped. Without: does nothing.
 */
struct measure_poll;
int measure_poll_start(const struct exp *exp, int fd, struct measure_poll **poll);
int measure_poll_stop(const struct exp *exp, struct measure_poll *poll);

/* "SYN_RECV": what the kernel's table says of a connection that has no descriptor; "none". */
const char *measure_table_state(const struct exp *exp, unsigned int local, unsigned int remote);

/* Connections that wait for accept(); limit is the length that this queue may exceed by one. */
int measure_accept_queue(int listener, int *limit);

/* Bytes that were sent and are not acknowledged yet: SIOCOUTQ. */
int measure_unacked(int fd);

/*
 * Waits until the peer's kernel has acknowledged all that fd sent, or until
 * nothing has moved for a second and four delays. Returns the bytes that remain.
 */
int measure_settle(const struct exp *exp, int fd);

/* The port of the other end of a socket, in host byte order. */
unsigned int measure_peer_port(int fd);

/* Waits until so many bytes have come and were not read. */
void measure_wait_unread(int fd, int bytes);

/* Waits until the kernel has ended the connection of fd, by RST for instance. */
void measure_wait_closed(int fd);

#endif
