/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an experiment can learn of its own sockets without tcpwatch: the oracle
 * that a trace is compared with. Reads the kernel's answers and prints them;
 * changes no socket and draws no conclusion.
 */
#include "experiments/measure.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#define LOOK_AGAIN_NS 1000000ull
#define MISSES_MAX 100
#define POLL_EVERY_NS 300000ull

/* The words of ss(8) and of the kernel, include/net/tcp_states.h. */
static const char *state_name(unsigned int state)
{
	static const char *const names[] = { "?",	   "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
					     "FIN_WAIT1",  "FIN_WAIT2",	  "TIME_WAIT", "CLOSE",
					     "CLOSE_WAIT", "LAST_ACK",	  "LISTEN",    "CLOSING" };

	return names[state < sizeof(names) / sizeof(names[0]) ? state : 0];
}

const char *measure_state(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
	return state_name(info.tcpi_state);
}

/* The state of a connection in the kernel's table, 0 when it is not there. */
static unsigned int table_state(const struct exp *exp, unsigned int local, unsigned int remote)
{
	FILE *table = fopen(exp->family == AF_INET6 ? "/proc/thread-self/net/tcp6"
						    : "/proc/thread-self/net/tcp",
			    "re");
	unsigned int here, there, state, found = 0;
	char line[256];

	while (table && !found && fgets(line, sizeof(line), table))
		if (sscanf(line, " %*u: %*[^:]:%x %*[^:]:%x %x", &here, &there, &state) == 3 &&
		    here == local && there == remote)
			found = state;
	if (table)
		fclose(table);
	return found;
}

const char *measure_final_state(const struct exp *exp, unsigned int local, unsigned int remote)
{
	unsigned int state, missed = 0;

	/* The table is read in pieces while others change it: one miss proves nothing. */
	while ((state = table_state(exp, local, remote)) != TCP_TIME_WAIT &&
	       (state || ++missed < MISSES_MAX))
		exp_sleep(LOOK_AGAIN_NS);
	return state ? state_name(state) : "none";
}

char *measure_data(const struct exp *exp)
{
	char *data = malloc(exp->options.value[EXP_BYTES]);

	if (data)
		memset(data, 'a', exp->options.value[EXP_BYTES]);
	else
		exp_fail_call(exp, "malloc");
	return data;
}

void measure_send_begin(struct measure_send *sent)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	*sent = (struct measure_send){ .sleeps = -usage.ru_nvcsw, .at_ns = exp_now_ns() };
}

void measure_send_end(const struct exp *exp, struct measure_send *sent, int fd, ssize_t result)
{
	struct rusage usage;

	sent->error = result < 0 ? errno : 0;
	sent->ns = exp_now_ns() - sent->at_ns;
	sent->result = result;
	sent->server_read_bytes = atomic_load(exp->server_read_bytes);
	ioctl(fd, SIOCOUTQ, &sent->outq_bytes);
	ioctl(fd, SIOCOUTQNSD, &sent->outqnsd_bytes);
	getrusage(RUSAGE_THREAD, &usage);
	sent->sleeps += usage.ru_nvcsw;
}

void measure_say_send(const struct exp *exp, const struct measure_send *sent)
{
	exp_say(exp, "send_calls=1");
	exp_say(exp, "send_at_ns=%llu", (unsigned long long)sent->at_ns);
	exp_say(exp, "send_ns=%llu", (unsigned long long)sent->ns);
	exp_say(exp, "send_sleeps=%ld", sent->sleeps);
	exp_say(exp, "send_result=%zd", sent->result);
	exp_say(exp, "send_errno=%s", exp_errno(sent->error));
	exp_say(exp, "bytes_sent=%zd", sent->result < 0 ? 0 : sent->result);
	exp_say(exp, "outq_at_return=%d", sent->outq_bytes);
	exp_say(exp, "outqnsd_at_return=%d", sent->outqnsd_bytes);
	exp_say(exp, "server_had_read=%llu", (unsigned long long)sent->server_read_bytes);
}

void measure_read(const struct exp *exp, struct measure_reads *reads, size_t size, ssize_t result)
{
	reads->calls++;
	if (result <= 0)
		return;
	reads->last_byte_at_ns = exp_now_ns();
	reads->short_calls += (size_t)result < size;
	reads->bytes += result;
	atomic_store(exp->server_read_bytes, reads->bytes);
}

void measure_say_reads(const struct exp *exp, const struct measure_reads *reads)
{
	exp_say(exp, "bytes_read=%llu", (unsigned long long)reads->bytes);
	exp_say(exp, "read_calls=%lu", reads->calls);
	exp_say(exp, "short_reads=%lu", reads->short_calls);
	exp_say(exp, "last_byte_at_ns=%llu", (unsigned long long)reads->last_byte_at_ns);
}

int measure_read_all(const struct exp *exp, int fd)
{
	size_t size = exp->options.value[EXP_READ];
	struct measure_reads reads = { 0 };
	char *data = malloc(size);
	ssize_t got;

	if (!data)
		return exp_fail_call(exp, "malloc");
	do {
		got = read(fd, data, size);
		measure_read(exp, &reads, size, got);
		if (got > 0)
			exp_sleep(exp->options.value[EXP_PAUSE]);
	} while (got > 0);
	if (got < 0)
		return exp_fail_call(exp, "read");
	free(data);
	measure_say_reads(exp, &reads);
	if (reads.bytes != exp->options.value[EXP_BYTES])
		return exp_fail(exp, "fewer bytes came than were sent");
	return 0;
}

int measure_reader(struct exp *exp)
{
	int listener = exp_listen(exp, 1);
	int fd = listener < 0 ? -1 : exp_accept(exp, listener);
	int status;

	if (fd < 0)
		return EXIT_FAILURE;
	status = measure_read_all(exp, fd);
	close(fd);
	close(listener);
	return status;
}

void measure_say_buffers(const struct exp *exp, int fd)
{
	char congestion[16] = "";
	socklen_t length = sizeof(congestion) - 1;
	int bytes = 0;

	getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, &length);
	exp_say(exp, "congestion=%s", congestion);
	length = sizeof(bytes);
	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &length);
	exp_say(exp, "sndbuf=%d", bytes);
}

/* Lines come in pairs, names and values: "Tcp: RtoMin ...", "Tcp: 200 ...". */
static bool find_counter(char *names, char *values, const char *wanted, uint64_t *value)
{
	char *name_rest, *value_rest;
	char *name = strtok_r(names, ": \n", &name_rest);
	char *number = strtok_r(values, ": \n", &value_rest);
	size_t group = name ? strlen(name) : 0;

	if (!name || !number || strncmp(wanted, name, group))
		return false;
	while ((name = strtok_r(NULL, " \n", &name_rest)) &&
	       (number = strtok_r(NULL, " \n", &value_rest))) {
		if (strcmp(name, wanted + group))
			continue;
		*value = strtoull(number, NULL, 10);
		return true;
	}
	return false;
}

static bool read_counter(const char *path, const char *wanted, uint64_t *value)
{
	FILE *file = fopen(path, "re");
	char names[8192], values[8192];
	bool found = false;

	while (file && !found && fgets(names, sizeof(names), file) &&
	       fgets(values, sizeof(values), file))
		found = find_counter(names, values, wanted, value);
	if (file)
		fclose(file);
	return found;
}

uint64_t measure_counter(const char *name)
{
	uint64_t value = 0;

	if (!read_counter("/proc/thread-self/net/netstat", name, &value))
		read_counter("/proc/thread-self/net/snmp", name, &value);
	return value;
}

int measure_unread(int fd)
{
	int bytes = 0;

	ioctl(fd, SIOCINQ, &bytes);
	return bytes;
}

struct measure_poll {
	pthread_t thread;
	atomic_bool stop;
	FILE *file;
	int fd;
};

static void *poll_queue(void *data)
{
	unsigned long long before_ns, after_ns;
	struct measure_poll *poll = data;
	int outq = 0, outqnsd = 0;

	while (!atomic_load(&poll->stop)) {
		before_ns = exp_now_ns();
		ioctl(poll->fd, SIOCOUTQ, &outq);
		ioctl(poll->fd, SIOCOUTQNSD, &outqnsd);
		after_ns = exp_now_ns();
		fprintf(poll->file, "%llu,%llu,%d,%d\n", before_ns, after_ns, outq, outqnsd);
		exp_sleep(POLL_EVERY_NS);
	}
	return NULL;
}

int measure_poll_start(const struct exp *exp, int fd, struct measure_poll **result)
{
	const char *path = exp->options.text[EXP_POLL];
	struct measure_poll *poll;
	int err;

	*result = NULL;
	if (!path || !*path)
		return 0;
	poll = calloc(1, sizeof(*poll));
	if (!poll)
		return exp_fail_call(exp, "calloc");
	poll->fd = fd;
	poll->file = fopen(path, "we");
	err = poll->file ? pthread_create(&poll->thread, NULL, poll_queue, poll) : errno;
	if (err) {
		if (poll->file)
			fclose(poll->file);
		free(poll);
		return exp_fail(exp, "--poll %s: %s", path, strerror(err));
	}
	*result = poll;
	return 0;
}

int measure_poll_stop(const struct exp *exp, struct measure_poll *poll)
{
	int status = 0;

	if (!poll)
		return 0;
	atomic_store(&poll->stop, true);
	pthread_join(poll->thread, NULL);
	if (fclose(poll->file))
		status = exp_fail(exp, "--poll %s: %s", exp->options.text[EXP_POLL],
				  strerror(errno));
	free(poll);
	return status;
}

const char *measure_table_state(const struct exp *exp, unsigned int local, unsigned int remote)
{
	unsigned int state = 0;

	/* The table is read in pieces while others change it: one miss proves nothing. */
	for (int tries = 0; tries < MISSES_MAX && !state; tries++) {
		if (tries)
			exp_sleep(LOOK_AGAIN_NS);
		state = table_state(exp, local, remote);
	}
	return state ? state_name(state) : "none";
}

int measure_accept_queue(int listener, int *limit)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	/* A listener has no segments: the kernel puts its queue into these two, as for ss(8). */
	getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &length);
	*limit = info.tcpi_sacked;
	return info.tcpi_unacked;
}

int measure_unacked(int fd)
{
	int bytes = 0;

	ioctl(fd, SIOCOUTQ, &bytes);
	return bytes;
}

int measure_settle(const struct exp *exp, int fd)
{
	uint64_t patience_ns = 1000000000ull + 4 * exp->options.value[EXP_DELAY];
	uint64_t moved_at_ns = exp_now_ns();
	int bytes = 0, before;

	ioctl(fd, SIOCOUTQ, &bytes);
	while (bytes && exp_now_ns() - moved_at_ns < patience_ns) {
		before = bytes;
		exp_sleep(LOOK_AGAIN_NS);
		ioctl(fd, SIOCOUTQ, &bytes);
		if (bytes != before)
			moved_at_ns = exp_now_ns();
	}
	return bytes;
}

unsigned int measure_peer_port(int fd)
{
	struct sockaddr_in6 address = { 0 };
	socklen_t length = sizeof(address);

	/* The port has the same place in both families. */
	getpeername(fd, (struct sockaddr *)&address, &length);
	return ntohs(address.sin6_port);
}

void measure_wait_unread(int fd, int bytes)
{
	while (measure_unread(fd) < bytes)
		exp_sleep(LOOK_AGAIN_NS);
}

void measure_wait_closed(int fd)
{
	while (strcmp(measure_state(fd), "CLOSE"))
		exp_sleep(LOOK_AGAIN_NS);
}
