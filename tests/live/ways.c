/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ways [6]: sends by every call that can send, receives by every call that can
 * receive, over IPv4 or IPv6, and prints for each call how often it was made
 * and how many bytes it returned: "client.sendmmsg=2 6000". A pipe keeps the
 * two ends in step, so that what one sent is read before the next one begins.
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUND_BYTES 6000

struct way {
	const char *name;
	ssize_t (*move)(int fd, size_t size); /* bytes moved by one call, at most size */
	unsigned long calls, bytes;
};

static char data[ROUND_BYTES];

static ssize_t by_write(int fd, size_t size)
{
	return write(fd, data, size);
}

static ssize_t by_writev(int fd, size_t size)
{
	struct iovec parts[2] = { { data, 1 }, { data + 1, size - 1 } };

	return writev(fd, parts, 2);
}

static ssize_t by_send(int fd, size_t size)
{
	return send(fd, data, size, MSG_NOSIGNAL);
}

/* With an address it is sendto(), though a connected socket needs none. */
static ssize_t by_sendto(int fd, size_t size)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &length))
		err(1, "getpeername");
	return sendto(fd, data, size, 0, (struct sockaddr *)&address, length);
}

static ssize_t by_sendmsg(int fd, size_t size)
{
	struct iovec part = { data, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	return sendmsg(fd, &message, 0);
}

static void split(struct mmsghdr messages[3], struct iovec parts[3], size_t size)
{
	memset(messages, 0, 3 * sizeof(*messages));
	for (int i = 0; i < 3; i++) {
		parts[i] = (struct iovec){ data, i ? size / 3 : size - 2 * (size / 3) };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static ssize_t sum(const struct mmsghdr *messages, int count)
{
	ssize_t bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += messages[i].msg_len;
	return count < 0 ? -1 : bytes;
}

static ssize_t by_sendmmsg(int fd, size_t size)
{
	struct mmsghdr messages[3];
	struct iovec parts[3];

	split(messages, parts, size);
	return sum(messages, sendmmsg(fd, messages, 3, 0));
}

static ssize_t by_sendfile(int fd, size_t size)
{
	int file = memfd_create("data", 0);
	ssize_t moved;

	if (file < 0 || write(file, data, size) != (ssize_t)size || lseek(file, 0, SEEK_SET))
		err(1, "memfd");
	moved = sendfile(fd, file, NULL, size);
	close(file);
	return moved;
}

static ssize_t by_splice_in(int fd, size_t size)
{
	int ends[2];
	ssize_t moved;

	if (pipe(ends) || write(ends[1], data, size) != (ssize_t)size)
		err(1, "pipe");
	moved = splice(ends[0], NULL, fd, NULL, size, 0);
	close(ends[0]);
	close(ends[1]);
	return moved;
}

static ssize_t by_read(int fd, size_t size)
{
	return read(fd, data, size);
}

static ssize_t by_readv(int fd, size_t size)
{
	struct iovec parts[2] = { { data, 10 }, { data + 10, size - 10 } };

	return readv(fd, parts, size > 10 ? 2 : 1);
}

static ssize_t by_recv(int fd, size_t size)
{
	return recv(fd, data, size, MSG_WAITALL);
}

static ssize_t by_recvfrom(int fd, size_t size)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);

	return recvfrom(fd, data, size, 0, (struct sockaddr *)&address, &length);
}

static ssize_t by_recvmsg(int fd, size_t size)
{
	struct iovec part = { data, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	return recvmsg(fd, &message, 0);
}

static ssize_t by_recvmmsg(int fd, size_t size)
{
	struct mmsghdr messages[3];
	struct iovec parts[3];

	split(messages, parts, size);
	return sum(messages, recvmmsg(fd, messages, 3, MSG_WAITFORONE, NULL));
}

static ssize_t by_splice_out(int fd, size_t size)
{
	int ends[2];
	ssize_t moved;

	if (pipe(ends))
		err(1, "pipe");
	moved = splice(fd, NULL, ends[1], NULL, size, 0);
	close(ends[0]);
	close(ends[1]);
	return moved;
}

static struct way senders[] = {
	{ .name = "write", .move = by_write },	     { .name = "writev", .move = by_writev },
	{ .name = "send", .move = by_send },	     { .name = "sendto", .move = by_sendto },
	{ .name = "sendmsg", .move = by_sendmsg },   { .name = "sendmmsg", .move = by_sendmmsg },
	{ .name = "sendfile", .move = by_sendfile }, { .name = "splice", .move = by_splice_in },
};

static struct way receivers[] = {
	{ .name = "read", .move = by_read },	     { .name = "readv", .move = by_readv },
	{ .name = "recv", .move = by_recv },	     { .name = "recvfrom", .move = by_recvfrom },
	{ .name = "recvmsg", .move = by_recvmsg },   { .name = "recvmmsg", .move = by_recvmmsg },
	{ .name = "splice", .move = by_splice_out },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROUNDS (COUNT(senders) * COUNT(receivers)) /* every pair once */

static void move_all(struct way *way, int fd)
{
	for (size_t left = ROUND_BYTES; left;) {
		ssize_t moved = way->move(fd, left);

		if (moved <= 0)
			err(1, "%s", way->name);
		way->calls++;
		way->bytes += moved;
		left -= moved;
	}
}

static void print_ways(const char *role, const struct way *ways, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s.%s=%lu %lu\n", role, ways[i].name, ways[i].calls, ways[i].bytes);
}

static int listen_on(int family, struct sockaddr_storage *address, socklen_t *length)
{
	int fd = socket(family, SOCK_STREAM, 0);
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;

	memset(address, 0, sizeof(*address));
	address->ss_family = family;
	if (family == AF_INET6)
		v6->sin6_addr = in6addr_loopback;
	else
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*length = family == AF_INET6 ? sizeof(*v6) : sizeof(*v4);
	if (bind(fd, (struct sockaddr *)address, *length) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)address, length))
		err(1, "listen");
	return fd;
}

static void serve(int listener, int done)
{
	int fd = accept(listener, NULL, NULL);

	for (size_t i = 0; i < ROUNDS; i++) {
		move_all(&receivers[i / COUNT(senders)], fd);
		if (write(done, "", 1) != 1)
			err(1, "pipe");
	}
	close(fd);
	print_ways("server", receivers, COUNT(receivers));
	exit(fflush(stdout));
}

int main(int argc, char **argv)
{
	struct sockaddr_storage address;
	socklen_t length;
	int listener =
		listen_on(argc > 1 && *argv[1] == '6' ? AF_INET6 : AF_INET, &address, &length);
	int fd, done[2], status;
	char byte;

	if (pipe(done))
		err(1, "pipe");
	if (!fork())
		serve(listener, done[1]);
	close(done[1]);
	fd = socket(address.ss_family, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&address, length))
		err(1, "connect");
	for (size_t i = 0; i < ROUNDS; i++) {
		move_all(&senders[i % COUNT(senders)], fd);
		if (read(done[0], &byte, 1) != 1)
			errx(1, "the server has gone");
	}
	close(fd);
	print_ways("client", senders, COUNT(senders));
	return wait(&status) < 0 || status;
}
