/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * load MODE CONNECTIONS BYTES SECONDS: a load on loopback whose rate is measured.
 *   rr   ping-pong: the client sends BYTES, the server answers with as many
 *   st   stream: the client writes BYTES again and again, the server reads
 *   crr  connect, one ping-pong, close, again and again
 * One thread at each end for a connection; client and server are a process each.
 * Prints key=value: operations of all connections, how long they took each, CPU
 * time of both ends. Reaches for no address but loopback, and ends by itself.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define BYTES_MAX (1 << 20)
#define SECONDS_MAX 3600
#define NS_PER_S 1000000000ull

/* 16 steps for each doubling of the time: within 6 % of it. */
#define STEPS 16
#define BUCKETS (STEPS * 48)

enum mode { MODE_RR, MODE_ST, MODE_CRR, MODES };

static const char *const modes[MODES] = { "rr", "st", "crr" };

static enum mode mode;
static size_t bytes;
static uint64_t end_ns;
static struct sockaddr_in address;

struct client {
	pthread_t thread;
	uint64_t operations;
	uint64_t buckets[BUCKETS];
	bool failed;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int doublings = ns < STEPS ? 0 : 63 - __builtin_clzll(ns) - 4;
	unsigned int bucket =
		doublings * STEPS + (ns >> doublings) % STEPS + (doublings ? STEPS : 0);

	return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The lower edge of a bucket. */
static uint64_t time_of(unsigned int bucket)
{
	unsigned int doublings = bucket / STEPS ? bucket / STEPS - 1 : 0;

	return (bucket / STEPS ? STEPS + bucket % STEPS : bucket) * (1ull << doublings);
}

static bool send_all(int fd, const char *data)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t sent = send(fd, data + done, bytes - done, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		done += sent;
	}
	return true;
}

static bool receive_all(int fd, char *data)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t got = recv(fd, data, bytes - done, 0);

		if (got <= 0)
			return false;
		done += got;
	}
	return true;
}

static int open_connection(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* The server closes first, so that TIME_WAIT does not use up the client's ports. */
static bool short_life(char *data)
{
	int fd = open_connection();
	bool done = fd >= 0 && send_all(fd, data) && receive_all(fd, data) && !recv(fd, data, 1, 0);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool operation(int fd, char *data)
{
	if (mode == MODE_CRR)
		return short_life(data);
	return send_all(fd, data) && (mode == MODE_ST || receive_all(fd, data));
}

static void *run_client(void *argument)
{
	struct client *client = argument;
	int fd = mode == MODE_CRR ? -1 : open_connection();
	char *data = calloc(1, bytes);
	uint64_t start_ns = now_ns(), then_ns;

	client->failed = !data || (mode != MODE_CRR && fd < 0);
	while (!client->failed && start_ns < end_ns) {
		client->failed = !operation(fd, data);
		then_ns = now_ns();
		client->operations++;
		client->buckets[bucket_of(then_ns - start_ns)]++;
		start_ns = then_ns;
	}
	free(data);
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void serve(int fd, char *data)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (mode == MODE_ST ? recv(fd, data, bytes, 0) > 0 : receive_all(fd, data)) {
		if (mode != MODE_ST && !send_all(fd, data))
			break;
		if (mode == MODE_CRR)
			break;
	}
	close(fd);
}

static void *run_server(void *argument)
{
	int listener = *(int *)argument, fd;
	char *data = calloc(1, bytes);

	while (data && (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		serve(fd, data);
	free(data);
	return NULL;
}

static int listen_anywhere(void)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(address);

	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) ||
	    listen(listener, CONNECTIONS_MAX) ||
	    getsockname(listener, (struct sockaddr *)&address, &length))
		return -1;
	return listener;
}

/* Ends when its parent has read the last answer, and kills it. */
static pid_t start_server(int listener, unsigned int connections)
{
	pthread_t threads[CONNECTIONS_MAX];
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int i = 0; i < connections; i++)
		if (pthread_create(&threads[i], NULL, run_server, &listener))
			_exit(EXIT_FAILURE);
	for (unsigned int i = 0; i < connections; i++)
		pthread_join(threads[i], NULL);
	_exit(EXIT_SUCCESS);
}

static uint64_t percentile(const struct client *all, unsigned int percent)
{
	uint64_t wanted = all->operations * percent / 100, seen = 0;
	unsigned int bucket = 0;

	while (bucket < BUCKETS - 1 && (seen += all->buckets[bucket]) <= wanted)
		bucket++;
	return time_of(bucket);
}

static uint64_t cpu_ns(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ull;
}

static void print_result(const struct client *all, uint64_t took_ns)
{
	printf("operations=%llu\n", (unsigned long long)all->operations);
	printf("seconds=%.6f\n", took_ns / 1e9);
	printf("rate=%.1f\n", all->operations * 1e9 / took_ns);
	printf("p50_ns=%llu\n", (unsigned long long)percentile(all, 50));
	printf("p99_ns=%llu\n", (unsigned long long)percentile(all, 99));
	printf("cpu_ns=%llu\n",
	       (unsigned long long)(cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN)));
}

static void add(struct client *all, const struct client *client)
{
	all->operations += client->operations;
	all->failed |= client->failed;
	for (unsigned int i = 0; i < BUCKETS; i++)
		all->buckets[i] += client->buckets[i];
}

static int run(unsigned int connections, unsigned int seconds)
{
	static struct client clients[CONNECTIONS_MAX], all;
	int listener = listen_anywhere();
	pid_t server = listener < 0 ? -1 : start_server(listener, connections);
	uint64_t start_ns = now_ns();

	if (server < 0) {
		perror("load: server");
		return EXIT_FAILURE;
	}
	end_ns = start_ns + seconds * NS_PER_S;
	for (unsigned int i = 0; i < connections; i++)
		if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]))
			return EXIT_FAILURE;
	for (unsigned int i = 0; i < connections; i++) {
		pthread_join(clients[i].thread, NULL);
		add(&all, &clients[i]);
	}
	start_ns = now_ns() - start_ns;
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	print_result(&all, start_ns);
	if (all.failed)
		fprintf(stderr, "load: a connection failed\n");
	return all.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool number(const char *text, unsigned int most, unsigned int *value)
{
	char *end;
	unsigned long parsed = strtoul(text, &end, 10);

	*value = parsed;
	return *text >= '1' && *text <= '9' && !*end && parsed <= most;
}

int main(int argc, char **argv)
{
	unsigned int connections, size, seconds;

	for (mode = 0; argc == 5 && mode < MODES && strcmp(argv[1], modes[mode]); mode++)
		;
	if (argc != 5 || mode == MODES || !number(argv[2], CONNECTIONS_MAX, &connections) ||
	    !number(argv[3], BYTES_MAX, &size) || !number(argv[4], SECONDS_MAX, &seconds)) {
		fprintf(stderr, "usage: load rr|st|crr CONNECTIONS BYTES SECONDS\n");
		return 2;
	}
	bytes = size;
	return run(connections, seconds);
}
