/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What all experiments share: options, two processes on loopback or on a wire,
 * and the printing of their own truth. The socket calls that a lesson is about
 * stay in the lesson's file.
 *
 * Truth is printed to standard output as ROLE.KEY=VALUE, a line per write(2).
 * Keys that end in _at_ns are instants of CLOCK_MONOTONIC, other _ns are spans.
 */
#ifndef TCPWATCH_EXPERIMENTS_EXP_H
#define TCPWATCH_EXPERIMENTS_EXP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "experiments/wire.h"

/* Every lesson has those from EXP_DELAY on, except where its flags say no. */
enum exp_option {
	EXP_BYTES,
	EXP_READ,
	EXP_PAUSE,
	EXP_HOLD,
	EXP_COUNT,
	EXP_BACKLOG,
	EXP_SYNCNT,
	EXP_SNDBUF,
	EXP_POLL,
	EXP_DELAY,
	EXP_RATE,
	EXP_DROP,
	EXP_REORDER,
	EXP_IPV6,
	EXP_OPTIONS
};

/* What was asked for. Numbers by option; times in nanoseconds. */
struct exp_options {
	uint64_t value[EXP_OPTIONS];
	const char *text[EXP_OPTIONS]; /* as it was written; EXP_POLL: the file, "": none */
	struct wire_script wire;
	bool changed; /* something stands that is not the lesson's default */
};

struct exp {
	const struct exp_lesson *lesson;
	struct exp_options options;
	const char *role; /* "server", "client", or "wire" */
	int family;	  /* AF_INET or AF_INET6 */
	int tell_fd;	  /* pipes to and from the other end */
	int hear_fd;
	_Atomic uint64_t *server_read_bytes; /* shared by both processes */
	struct wire wire;
};

/* server and client run in a process each and return its exit status. */
struct exp_lesson {
	const char *name;
	const char *short_name; /* for "NAME_client", at most 8 characters */
	const char *question;
	const char *predict;
	const char *defaults[EXP_OPTIONS]; /* NULL: 0, or the lesson has no such option */
	bool on_wire;			   /* always, not only when an option asks for it */
	bool without_wire;		   /* never: the lesson is about one host */
	bool no_tcp_on_wire;		   /* --drop and --reorder would find nothing */
	bool one_family;		   /* --ipv6 would change nothing */
	int (*server)(struct exp *exp);	   /* NULL: the lesson has one process */
	int (*client)(struct exp *exp);
};

/* Runs the lesson; returns the exit status of the program. */
int exp_run(const struct exp_lesson *lesson, int argc, char **argv);

/* Prints "ROLE.KEY=VALUE" of "KEY=VALUE". */
void exp_say(const struct exp *exp, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "local" and "remote" (where there is one) of a socket. */
void exp_say_ends(const struct exp *exp, int fd);

/* One line of reason on standard error. Returns 1, the exit status. */
int exp_fail(const struct exp *exp, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a system call that just failed. */
int exp_fail_call(const struct exp *exp, const char *call);

/* The server's address, with a port in host byte order (0: any free one). */
socklen_t exp_address(const struct exp *exp, unsigned int port, struct sockaddr_storage *address);

/*
 * For lessons that begin where a connection is up; a lesson about these calls
 * makes them itself. exp_listen() also tells the port to the client, which
 * exp_connect() hears. A descriptor, or -1 when the reason was printed.
 */
int exp_listen(const struct exp *exp, int backlog);
int exp_accept(const struct exp *exp, int listener);
int exp_connect(const struct exp *exp);

/*
 * Both ends talk over a pipe, which no trace of sockets shows. Returns 0, or
 * the exit status 1 when the other end has ended: it has said why itself.
 */
int exp_tell(const struct exp *exp, uint64_t value);
int exp_hear(const struct exp *exp, uint64_t *value);

/* The same without a value: "go on" and "wait for it". */
int exp_signal(const struct exp *exp);
int exp_wait(const struct exp *exp);

/* The port that a socket has, in host byte order. */
unsigned int exp_port(int fd);

uint64_t exp_now_ns(void);
void exp_sleep(uint64_t ns);

/* "0" and "EPIPE": the name of an errno. */
const char *exp_errno(int error);

#endif
