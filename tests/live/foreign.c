/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * foreign uring|uring-local|32bit: moves bytes by ways that tcpwatch can't follow
 * as calls. uring: a connection whose bytes io_uring sends and receives.
 * uring-local: a pair of AF_UNIX. 32bit: a connection, with the system calls of a
 * 32-bit program. Prints what it moved.
 */
#include <err.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BYTES 5000
#define TURNS 3

static char data[BYTES];

/* Both ends of a connection over loopback. */
static void connect_pair(int ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &length))
		err(1, "listen");
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(ends[0], (struct sockaddr *)&address, length))
		err(1, "connect");
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
}

struct uring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *results;
};

static void *map(int fd, size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (at == MAP_FAILED)
		err(1, "mmap");
	return at;
}

static void open_uring(struct uring *uring)
{
	struct io_uring_params params = {};
	char *submit, *complete;

	uring->fd = (int)syscall(SYS_io_uring_setup, 8, &params);
	if (uring->fd < 0)
		err(77, "io_uring_setup");
	submit = map(uring->fd, params.sq_off.array + params.sq_entries * sizeof(unsigned int),
		     IORING_OFF_SQ_RING);
	complete = map(uring->fd,
		       params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		       IORING_OFF_CQ_RING);
	uring->entries =
		map(uring->fd, params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	uring->sq_tail = (unsigned int *)(submit + params.sq_off.tail);
	uring->sq_mask = (unsigned int *)(submit + params.sq_off.ring_mask);
	uring->sq_array = (unsigned int *)(submit + params.sq_off.array);
	uring->cq_head = (unsigned int *)(complete + params.cq_off.head);
	uring->cq_tail = (unsigned int *)(complete + params.cq_off.tail);
	uring->cq_mask = (unsigned int *)(complete + params.cq_off.ring_mask);
	uring->results = (struct io_uring_cqe *)(complete + params.cq_off.cqes);
}

static void submit(struct uring *uring, int operation, int fd, size_t size, unsigned int to_wait)
{
	unsigned int tail = *uring->sq_tail, at = tail & *uring->sq_mask;

	memset(&uring->entries[at], 0, sizeof(uring->entries[at]));
	uring->entries[at].opcode = (unsigned char)operation;
	uring->entries[at].fd = fd;
	uring->entries[at].addr = (unsigned long)data;
	uring->entries[at].len = (unsigned int)size;
	uring->sq_array[at] = at;
	__atomic_store_n(uring->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, uring->fd, 1, to_wait, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		err(1, "io_uring_enter");
}

static int result(struct uring *uring)
{
	unsigned int head = *uring->cq_head;
	int moved;

	while (head == __atomic_load_n(uring->cq_tail, __ATOMIC_ACQUIRE)) {
		if (syscall(SYS_io_uring_enter, uring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) <
		    0)
			err(1, "io_uring_enter");
	}
	moved = uring->results[head & *uring->cq_mask].res;
	__atomic_store_n(uring->cq_head, head + 1, __ATOMIC_RELEASE);
	return moved;
}

/* In the last turn the receive is there first, and waits: the kernel tries it again. */
static void by_uring(const int ends[2])
{
	struct uring uring;
	int moved[2] = {};

	open_uring(&uring);
	for (int turn = 0; turn < TURNS; turn++) {
		bool early = turn == TURNS - 1;

		if (early)
			submit(&uring, IORING_OP_RECV, ends[1], BYTES, 0);
		submit(&uring, IORING_OP_SEND, ends[0], BYTES, 1);
		if (!early)
			submit(&uring, IORING_OP_RECV, ends[1], BYTES, 1);
		moved[0] += result(&uring);
		moved[1] += result(&uring);
	}
	printf("moved=%d\n", moved[0]);
	if (moved[0] != moved[1] || moved[0] != TURNS * BYTES)
		errx(1, "sent %d, received %d", moved[0], moved[1]);
}

#ifdef __x86_64__
/* From linux/net.h, for socketcall(2), which has number 102 there. */
#define SOCKETCALL 102
#define CALL_SEND 9
#define CALL_RECV 10

static int socketcall(int call, const unsigned int *arguments)
{
	int value;

	__asm__ volatile("int $0x80"
			 : "=a"(value)
			 : "a"(SOCKETCALL), "b"(call), "c"(arguments)
			 : "memory", "r8", "r9", "r10", "r11");
	return value;
}

/* Where the kernel was built without them, the instruction is not allowed. */
static void have_none(int number)
{
	(void)number;
	_exit(77);
}

/* Addresses have to fit into 32 bits. */
static void by_32bit(const int ends[2])
{
	unsigned int *arguments = mmap(NULL, 2 * BYTES, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int sent = 0, received = 0;

	if (arguments == MAP_FAILED)
		err(1, "mmap");
	signal(SIGSEGV, have_none);
	arguments[1] = (unsigned int)(unsigned long)(arguments + 4);
	arguments[2] = BYTES;
	arguments[3] = 0;
	for (int turn = 0; turn < TURNS; turn++) {
		arguments[0] = (unsigned int)ends[0];
		sent += socketcall(CALL_SEND, arguments);
		arguments[0] = (unsigned int)ends[1];
		received += socketcall(CALL_RECV, arguments);
	}
	if (sent != received || sent != TURNS * BYTES)
		errx(1, "sent %d, received %d", sent, received);
	printf("moved=%d\n", sent);
}
#else
static void by_32bit(const int ends[2])
{
	(void)ends;
	errx(77, "no 32-bit system calls on this architecture");
}
#endif

int main(int argc, char **argv)
{
	int ends[2];

	if (argc != 2)
		errx(2, "foreign uring|uring-local|32bit");
	if (strcmp(argv[1], "uring-local"))
		connect_pair(ends);
	else if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		err(1, "socketpair");
	if (strcmp(argv[1], "32bit"))
		by_uring(ends);
	else
		by_32bit(ends);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
