/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * flood COUNT: sends COUNT small messages to itself and receives each one. It
 * makes a number of socket calls that is known exactly, and prints it. Refuses
 * to go on after a call that failed.
 */
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLS_BESIDES 9 /* two socket(), bind, listen, connect, accept, three close() */

static void exchange(int from, int to)
{
	char data[100] = { 0 };

	if (send(from, data, sizeof(data), 0) != sizeof(data))
		err(1, "send");
	if (recv(to, data, sizeof(data), MSG_WAITALL) != sizeof(data))
		err(1, "recv");
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	long count = argc == 2 ? atol(argv[1]) : 0;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int server;

	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &length) ||
	    connect(client, (struct sockaddr *)&address, length))
		err(1, "can't connect");
	server = accept(listener, NULL, NULL);
	if (server < 0)
		err(1, "accept");
	for (long i = 0; i < count; i++)
		exchange(client, server);
	close(client);
	close(server);
	close(listener);
	printf("calls=%ld\nbytes=%ld\n", 2 * count + CALLS_BESIDES, 100 * count);
	return 0;
}
