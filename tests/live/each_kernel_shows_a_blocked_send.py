# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What the hooks inside a send and a receive call tell, or where a kernel lacks
them what stands for them: bytes, sleeps, what is left of the call meanwhile, and
what waits for the reader. Short, so that each kernel of scripts/vm runs it.
"""
import os
import socket

from live import (accept, actor, actor_command, connect, equal, fork, hooks, join, listener, main,
                  need, one, test, trace, wait_until)

SIZE = 3_000_000


def sleeps(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "S"


def read_all(sock):
    count = 0
    while data := sock.recv(65536):
        count += len(data)
    return count


def sends_by(way, address):
    sock = connect(address)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    if way == "send":
        sock.send(bytes(SIZE))
    else:
        with open("/proc/self/exe", "rb") as file:
            left = SIZE
            while left:
                left -= os.sendfile(sock.fileno(), file.fileno(), SIZE - left, left)
    sock.close()


@actor
def blocks(way):
    """The server reads only when the client is asleep, which is in its send."""
    listening = listener()
    child = fork(sends_by, way, listening.getsockname())
    server = accept(listening)
    wait_until(lambda: sleeps(child), "the send to sleep")
    equal(read_all(server), SIZE, "bytes read")
    join(child)


def known(*names):
    return any(hooks().get(name) for name in names)


def check(way):
    result = trace(actor_command(blocks, way))
    connection = one((row for row in result.json() if row["type"] == "connection"), "connections")
    flow = connection["to_server"]
    equal((flow["handed_over"], flow["app_read"]), (SIZE, SIZE), "bytes")
    calls = result.tables.where("calls", call=way)
    equal(sum(row["moved_bytes"] for row in calls if row["moved_bytes"]), SIZE, "bytes of the calls")
    slept = [row["sleeps"] for row in calls]
    if known("tcp_sendmsg_locked", "sk_stream_wait_memory"):
        need(None not in slept and sum(slept) >= 1 and flow["sleeps"] == sum(slept),
             f"sleeps: {slept}, {flow['sleeps']}")
    else:
        equal((set(slept), flow["sleeps"]), ({None}, None), "sleeps that nobody could see")
    ready = [row for row in result.tables["events"]
             if row["event"] == "accept_queue" and row["detail"] == "ready"]
    equal(len(ready), 1 if known("sk_data_ready") else 0, "children that can be accepted")
    equal(result.tables["losses"], [], "losses")
    return result


@test
def in_send():
    result = check("send")
    left = [row["in_program"] for row in result.tables["bytes"] if row["sender"] == "client"]
    equal(max(value for value in left if value is not None), SIZE, "left at the beginning")
    need(any(value and value < SIZE for value in left), "nothing is left during the call")


@test
def in_sendfile():
    check("sendfile")


main()
