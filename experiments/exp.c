/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stage on which the lessons play: two processes, the pipes between them,
 * perhaps a wire, and the printing of truth.
 * Refuses to make a lesson's own socket calls: those stand in its own file.
 */
#include "experiments/exp.h"
#include "experiments/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull

/* The two ends of the wire, and what is between them. */
#define ROLE_WIRE WIRE_ENDS
#define ROLES (WIRE_ENDS + 1)

static const char *const roles[ROLES] = {
	[WIRE_CLIENT] = "client",
	[WIRE_SERVER] = "server",
	[ROLE_WIRE] = "wire",
};

/* Text to standard output or error in a single write(2): lines never mix. */
static void __attribute__((format(printf, 3, 0)))
write_line(int fd, const char *prefix, const char *format, va_list args)
{
	char line[512];
	int length = snprintf(line, sizeof(line), "%s", prefix);

	length += vsnprintf(line + length, sizeof(line) - length, format, args);
	if (length > (int)sizeof(line) - 1)
		length = sizeof(line) - 1;
	line[length] = '\n';
	/* When nobody listens any more, the experiment itself still goes on. */
	if (write(fd, line, length + 1) < 0)
		return;
}

void exp_say(const struct exp *exp, const char *format, ...)
{
	char prefix[32];
	va_list args;

	snprintf(prefix, sizeof(prefix), "%s.", exp->role);
	va_start(args, format);
	write_line(STDOUT_FILENO, prefix, format, args);
	va_end(args);
}

int exp_fail(const struct exp *exp, const char *format, ...)
{
	char prefix[64];
	va_list args;

	snprintf(prefix, sizeof(prefix), "%s: %s%s", exp->lesson->name, exp->role,
		 *exp->role ? ": " : "");
	va_start(args, format);
	write_line(STDERR_FILENO, prefix, format, args);
	va_end(args);
	return EXIT_FAILURE;
}

int exp_fail_call(const struct exp *exp, const char *call)
{
	return exp_fail(exp, "%s: %s", call, strerror(errno));
}

uint64_t exp_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

void exp_sleep(uint64_t ns)
{
	struct timespec span = { ns / NS_PER_S, ns % NS_PER_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &span, &span) == EINTR)
		;
}

int exp_tell(const struct exp *exp, uint64_t value)
{
	return write(exp->tell_fd, &value, sizeof(value)) == sizeof(value) ? 0 : EXIT_FAILURE;
}

int exp_hear(const struct exp *exp, uint64_t *value)
{
	return read(exp->hear_fd, value, sizeof(*value)) == sizeof(*value) ? 0 : EXIT_FAILURE;
}

int exp_signal(const struct exp *exp)
{
	return exp_tell(exp, 0);
}

int exp_wait(const struct exp *exp)
{
	uint64_t nothing;

	return exp_hear(exp, &nothing);
}

static bool needs_wire(const struct exp *exp)
{
	const struct wire_script *script = &exp->options.wire;

	return exp->lesson->on_wire || script->delay_ns || script->rate || script->drop_count ||
	       script->reorder;
}

socklen_t exp_address(const struct exp *exp, unsigned int port, struct sockaddr_storage *address)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	const char *text = exp->family == AF_INET6 ? "::1" : "127.0.0.1";

	if (needs_wire(exp))
		text = wire_address(WIRE_SERVER, exp->family);
	memset(address, 0, sizeof(*address));
	address->ss_family = exp->family;
	if (exp->family == AF_INET6) {
		v6->sin6_port = htons(port);
		inet_pton(AF_INET6, text, &v6->sin6_addr);
		return sizeof(*v6);
	}
	v4->sin_port = htons(port);
	inet_pton(AF_INET, text, &v4->sin_addr);
	return sizeof(*v4);
}

unsigned int exp_port(int fd)
{
	struct sockaddr_in6 address = { 0 };
	socklen_t length = sizeof(address);

	/* The port has the same place in both families. */
	getsockname(fd, (struct sockaddr *)&address, &length);
	return ntohs(address.sin6_port);
}

static int failed_with(const struct exp *exp, int fd, const char *call)
{
	exp_fail_call(exp, call);
	if (fd >= 0)
		close(fd);
	return -1;
}

int exp_listen(const struct exp *exp, int backlog)
{
	struct sockaddr_storage address;
	socklen_t length = exp_address(exp, 0, &address);
	int listener = socket(exp->family, SOCK_STREAM, 0);

	if (listener < 0)
		return failed_with(exp, listener, "socket");
	if (bind(listener, (struct sockaddr *)&address, length))
		return failed_with(exp, listener, "bind");
	if (listen(listener, backlog))
		return failed_with(exp, listener, "listen");
	return exp_tell(exp, exp_port(listener)) ? -1 : listener;
}

int exp_accept(const struct exp *exp, int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return failed_with(exp, fd, "accept");
	exp_say_ends(exp, fd);
	return fd;
}

int exp_connect(const struct exp *exp)
{
	struct sockaddr_storage address;
	socklen_t length;
	uint64_t port;
	int fd;

	if (exp_hear(exp, &port))
		return -1;
	length = exp_address(exp, port, &address);
	fd = socket(exp->family, SOCK_STREAM, 0);
	if (fd < 0)
		return failed_with(exp, fd, "socket");
	if (connect(fd, (struct sockaddr *)&address, length))
		return failed_with(exp, fd, "connect");
	exp_say_ends(exp, fd);
	return fd;
}

static void say_address(const struct exp *exp, const char *key, const struct sockaddr_in6 *v6)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)v6;
	char text[INET6_ADDRSTRLEN] = "";

	if (v6->sin6_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
	exp_say(exp, v6->sin6_family == AF_INET6 ? "%s=[%s]:%u" : "%s=%s:%u", key, text,
		ntohs(v6->sin6_port));
}

void exp_say_ends(const struct exp *exp, int fd)
{
	struct sockaddr_in6 address = { 0 };
	socklen_t length = sizeof(address);

	if (!getsockname(fd, (struct sockaddr *)&address, &length))
		say_address(exp, "local", &address);
	length = sizeof(address);
	if (!getpeername(fd, (struct sockaddr *)&address, &length))
		say_address(exp, "remote", &address);
}

const char *exp_errno(int error)
{
	return error ? strerrorname_np(error) : "0";
}

/* The processes of a run, and the pipes that hold them together. */
struct stage {
	int pipes[WIRE_ENDS][2]; /* what each end tells the other */
	int life[2];		 /* hangs up when both ends have ended */
	pid_t pids[ROLES];
};

/* One end, in a process of its own. */
static int play_end(struct exp *exp, const struct stage *stage, enum wire_end end)
{
	exp->tell_fd = stage->pipes[end][1];
	exp->hear_fd = stage->pipes[!end][0];
	close(stage->pipes[end][0]);
	close(stage->pipes[!end][1]);
	close(stage->life[0]);
	if (needs_wire(exp) && wire_join(&exp->wire, end))
		return exp_fail(exp, "%s", exp->wire.problem);
	/* A send() to nobody should say EPIPE, not end the process. */
	signal(SIGPIPE, SIG_IGN);
	exp_say(exp, "pid=%d", getpid());
	return end == WIRE_CLIENT ? exp->lesson->client(exp) : exp->lesson->server(exp);
}

static void close_pipes(const struct stage *stage)
{
	for (int end = 0; end < WIRE_ENDS; end++) {
		close(stage->pipes[end][0]);
		close(stage->pipes[end][1]);
	}
}

static int play_wire(struct exp *exp, const struct stage *stage)
{
	struct wire *wire = &exp->wire;

	close_pipes(stage);
	if (wire_carry(wire, stage->life[0]))
		return exp_fail(exp, "%s", wire->problem);
	exp_say(exp, "packets=%llu", (unsigned long long)wire->packets);
	exp_say(exp, "tcp_packets=%llu", (unsigned long long)wire->tcp_packets);
	exp_say(exp, "dropped=%llu", (unsigned long long)wire->dropped);
	exp_say(exp, "overflow=%llu", (unsigned long long)wire->overflow);
	if (wire->script.drop_count && !wire->dropped)
		return exp_fail(exp, "--drop %s: only %llu packets came",
				exp->options.text[EXP_DROP], (unsigned long long)wire->tcp_packets);
	return 0;
}

static int start(struct exp *exp, struct stage *stage, int role)
{
	char name[16];
	pid_t pid = fork();

	stage->pids[role] = pid;
	if (pid)
		return pid < 0 ? exp_fail_call(exp, "fork") : 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	exp->role = roles[role];
	snprintf(name, sizeof(name), "%s_%s", exp->lesson->short_name, exp->role);
	prctl(PR_SET_NAME, name);
	close(stage->life[1]);
	_exit(role == ROLE_WIRE ? play_wire(exp, stage) : play_end(exp, stage, role));
}

static int start_all(struct exp *exp, struct stage *stage)
{
	int status = 0;

	if (needs_wire(exp))
		status = start(exp, stage, ROLE_WIRE);
	if (!status && exp->lesson->server)
		status = start(exp, stage, WIRE_SERVER);
	if (!status)
		status = start(exp, stage, WIRE_CLIENT);
	return status;
}

static void stop_all(const struct stage *stage)
{
	for (int role = 0; role < ROLES; role++)
		if (stage->pids[role] > 0)
			kill(stage->pids[role], SIGKILL);
}

static int role_of(const struct stage *stage, pid_t pid)
{
	int role = 0;

	while (role < ROLES && stage->pids[role] != pid)
		role++;
	return role;
}

/* The first one that fails ends the others: they would wait for it for ever. */
static int wait_for_all(const struct exp *exp, struct stage *stage, int result)
{
	int role, status;
	pid_t pid;

	while ((pid = wait(&status)) > 0) {
		role = role_of(stage, pid);
		if (role == ROLES)
			continue;
		stage->pids[role] = 0;
		if (!stage->pids[WIRE_CLIENT] && !stage->pids[WIRE_SERVER] && stage->life[1] >= 0) {
			close(stage->life[1]);
			stage->life[1] = -1;
		}
		if (!status)
			continue;
		/* After the first failure, SIGKILL is what stop_all() sends. */
		if (WIFSIGNALED(status) && !(result && WTERMSIG(status) == SIGKILL))
			exp_fail(exp, "%s: ended by %s", roles[role], strsignal(WTERMSIG(status)));
		result = EXIT_FAILURE;
		stop_all(stage);
	}
	return result;
}

static int prepare(struct exp *exp, struct stage *stage)
{
	if (needs_wire(exp) && wire_open(&exp->wire, &exp->options.wire))
		return exp_fail(exp, "%s", exp->wire.problem);
	exp->server_read_bytes = mmap(NULL, sizeof(*exp->server_read_bytes), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (exp->server_read_bytes == MAP_FAILED)
		return exp_fail_call(exp, "mmap");
	if (pipe2(stage->pipes[WIRE_CLIENT], O_CLOEXEC) ||
	    pipe2(stage->pipes[WIRE_SERVER], O_CLOEXEC) || pipe2(stage->life, O_CLOEXEC))
		return exp_fail_call(exp, "pipe2");
	return 0;
}

int exp_run(const struct exp_lesson *lesson, int argc, char **argv)
{
	struct exp exp = { .lesson = lesson, .role = "" };
	struct stage stage = { 0 };
	int status = options_read(&exp, argc, argv);

	if (status != OPTIONS_GO_ON)
		return status;
	exp.family = exp.options.value[EXP_IPV6] ? AF_INET6 : AF_INET;
	status = prepare(&exp, &stage);
	if (status)
		return status;
	status = start_all(&exp, &stage);
	if (status)
		stop_all(&stage);
	close_pipes(&stage);
	close(stage.life[0]);
	wire_close(&exp.wire);
	return wait_for_all(&exp, &stage, status);
}
