# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
--coalesce: like calls within a millisecond are told in one row. Their numbers, bytes
and errors are in sum those that the program counted and those of a trace without it;
what a reader looks for by itself (the first calls of a socket, one that took long, an
error, the end of the stream) still has a row of its own.
"""
import collections
import socket
import time

from live import (accept, actor, actor_command, close, connect, equal, fork, join, listener, main,
                  need, test, trace)

TURNS = 4000
BLOCKS = 3000
BLOCK = 1000
POLLS = 2000
ALONE = 16  # bpf/run.bpf.h: CALLS_TOLD
RUN_NS = 1000000
COALESCED = ("--detail", "calls", "--coalesce")


def take(sock, size):
    return len(sock.recv(size, socket.MSG_WAITALL))


@actor
def talkative():
    sock = listener()

    def server():
        end = accept(sock)
        for _ in range(TURNS):
            take(end, 1)
            end.send(b"x")
        for _ in range(BLOCKS):
            take(end, BLOCK)
        time.sleep(0.05)
        end.send(b"x")
        close(end)

    pid = fork(server)
    end = connect(sock.getsockname())
    for _ in range(TURNS):
        end.send(b"x")
        take(end, 1)
    for _ in range(BLOCKS):
        end.sendall(bytes(BLOCK))
    take(end, 1)
    take(end, 1)
    join(pid)
    close(end)


@actor
def polling():
    sock = listener()
    end = connect(sock.getsockname())
    child = accept(sock)
    for _ in range(POLLS):
        try:
            child.recv(1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
    close(end)
    child.recv(1)
    close(child)


def transfers(result):
    return [row for row in result.tables["calls"] if row["asked_bytes"] is not None]


def sums(result):
    found = collections.defaultdict(lambda: [0, 0, 0])
    for row in transfers(result):
        sum_of = found[row["side"], row["call"]]
        for at, column in enumerate(("calls", "asked_bytes", "moved_bytes")):
            sum_of[at] += row[column]
    return {key: tuple(values) for key, values in found.items()}


@test
def sums_are_those_that_the_program_counted():
    stream = BLOCKS * BLOCK
    counted = {
        ("client", "send"): (TURNS + BLOCKS, TURNS + stream, TURNS + stream),
        ("client", "recv"): (TURNS + 2, TURNS + 2, TURNS + 1),
        ("server", "send"): (TURNS + 1, TURNS + 1, TURNS + 1),
        ("server", "recv"): (TURNS + BLOCKS, TURNS + stream, TURNS + stream),
    }
    joined = trace(actor_command(talkative), *COALESCED)
    alone = trace(actor_command(talkative), "--detail", "calls")
    equal(sums(joined), counted, "calls, asked and moved bytes, joined")
    equal(sums(alone), counted, "calls, asked and moved bytes, one by one")
    need(len(transfers(joined)) < len(transfers(alone)) / 2, "far fewer rows tell of them")
    need(all(row["calls"] == 1 for row in transfers(alone)), "without --coalesce nothing is joined")


@test
def bytes_are_known_in_sum_and_not_where_they_were():
    result = trace(actor_command(talkative), *COALESCED, "--view", "summary")
    connection, = (row for row in result.json() if row["type"] == "connection")
    for way, sent in (("to_server", TURNS + BLOCKS * BLOCK), ("to_client", TURNS + 1)):
        flow = connection[way]
        equal((flow["handed_over"], flow["app_read"], flow["at_return"]), (sent, sent, None), way)
    equal(result.tables["bytes"], [], "places of bytes")
    need("meanwhile was not recorded, because of --coalesce" in " ".join(result.err.split()),
         "the verdict says so")


@test
def a_run_is_as_long_as_its_calls():
    rows = [row for row in transfers(trace(actor_command(talkative), *COALESCED)) if row["calls"] > 1]
    need(rows, "some calls are joined")
    for row in rows:
        need(row["longest_ns"] < RUN_NS, f"no call of a run took long: {row}")
        need(row["longest_ns"] <= row["inside_ns"] <= row["return_ns"] - row["enter_ns"] < 2 * RUN_NS,
             f"times of a run: {row}")
        equal(row["result"], None, "a result of several calls")


@test
def what_stands_out_has_a_row_of_its_own():
    rows = transfers(trace(actor_command(talkative), *COALESCED))
    for side in ("client", "server"):
        first = [row["calls"] for row in rows if row["side"] == side][:ALONE]
        equal(first, [1] * ALONE, f"the first calls of the {side}")
    long = [row for row in rows if row["inside_ns"] >= RUN_NS]
    need(long and all(row["calls"] == 1 for row in long), "calls that took long stand alone")
    waited, end = [row for row in rows if row["side"] == "client"][-2:]
    equal((waited["call"], waited["calls"], waited["result"]), ("recv", 1, 1),
          "the call that waited for the server")
    need(waited["inside_ns"] >= 40 * RUN_NS, "as long as the server slept, almost")
    equal((end["call"], end["calls"], end["result"]), ("recv", 1, 0), "the end of the stream")


@test
def refused_polls_are_joined_apart():
    result = trace(actor_command(polling), *COALESCED)
    rows = result.tables.where("calls", call="recv", side="server")
    refused = [row for row in rows if row["error"] == "EAGAIN"]
    equal(sum(row["calls"] for row in refused), POLLS, "polls that found nothing")
    need(len(refused) < POLLS / 2, "they are joined")
    equal([(row["calls"], row["result"]) for row in rows if row["error"] is None], [(1, 0)],
          "the end of the stream")


main()
