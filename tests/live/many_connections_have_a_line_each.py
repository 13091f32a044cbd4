# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
With many connections each one that is over has one line, and its bytes, its
process and its end are what the program says they are; the sums are theirs.
"""
import json
import os
import socket
import struct

from live import TCPWATCH, actor, actor_command, equal, main, need, run, scratch, test

COUNT = 12


def short(count):
    """As the column writes bytes below 10 kB: three digits."""
    return str(count) if count < 1000 else f"{count / 1000:.2f}k"


def listener():
    server = socket.create_server(("127.0.0.1", 0))
    return server, server.getsockname()[1]


@actor
def many():
    """One connection after another: both ends, the end that closes first, a RST, a refusal."""
    server, port = listener()
    said = []
    for i in range(COUNT):
        client = socket.create_connection(("127.0.0.1", port))
        peer, _ = server.accept()
        number, up, down = client.getsockname()[1], 10 * (i + 1), 700 * (i % 3)
        client.sendall(b"u" * up)
        equal(len(peer.recv(up, socket.MSG_WAITALL)), up, "bytes")
        peer.sendall(b"d" * down)
        if down:
            equal(len(client.recv(down, socket.MSG_WAITALL)), down, "bytes")
        first, last = (client, peer) if i % 2 else (peer, client)
        end = "FIN-out" if i % 2 else "FIN-in"
        if i == 5:
            first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end = "RST-out"
        first.close()
        last.close()
        said.append([number, up, down, end])
    server.close()
    with socket.socket() as client:
        equal(client.connect_ex(("127.0.0.1", port)), 111, "ECONNREFUSED")
    print(json.dumps({"pid": os.getpid(), "port": port, "said": said}))


def rows_of(text, port):
    """Client port -> the fields of its row."""
    rows = {}
    for line in text.splitlines():
        fields = line.split()
        if fields[-1:] == [f":{port}"]:
            rows[int(fields[-3].rsplit(":", 1)[1])] = fields
    return rows


@test
def each_line_is_what_the_program_says():
    path = scratch("run.tcpw")
    done = run([TCPWATCH, "--view", "connections", "-o", path, "--", *actor_command(many)])
    equal(done.returncode, 0, f"exit status ({done.stderr[-300:]})")
    told = json.loads(done.stdout)
    rows = rows_of(done.stderr, told["port"])
    equal(len(rows), COUNT + 1, f"rows of\n{done.stderr}")
    for number, up, down, end in told["said"]:
        fields = rows.pop(number)
        need(fields[1].endswith(f"/{told['pid']}"), f"the process in {fields}")
        equal((fields[2], fields[3], fields[6]), (short(up), short(down), end),
              f"sent, received and end in {fields}")
    (refused,) = rows.values()
    equal(refused[6], "ECONNREFUSED", f"the end in {refused}")
    up, down = (sum(row[i] for row in told["said"]) for i in (1, 2))
    need(f"{COUNT + 1} connections: {COUNT - 1} closed, 1 reset, 1 failed, 0 open." in done.stderr,
         "the sums of ends")
    need(f"{up:,} bytes to servers, {down:,} to clients;" in done.stderr, "the sums of bytes")
    again = run([TCPWATCH, "-r", path, "--view", "connections"])
    equal(rows_of(again.stdout, told["port"]), rows_of(done.stderr, told["port"]),
          "rows of the replay")


@test
def the_ninth_connection_ends_the_moments_of_all():
    done = run([TCPWATCH, "--", *actor_command(many)])
    equal(done.returncode, 0, f"exit status ({done.stderr[-300:]})")
    before, after = done.stderr.split("More than 8 connections", 1)
    need(" #8  " in before and " #9  " not in before, "the moments of the first eight")
    need(f"{COUNT + 1} connections: " in after, "no sums")
    told = json.loads(done.stdout)
    rows = rows_of(after, told["port"])
    for number, _, _, _ in told["said"][8:]:
        need(number in rows, f"no row of the client with port {number}")


main()
