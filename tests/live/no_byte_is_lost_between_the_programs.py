# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
At every row of bytes.csv: handed over = unsent + in flight + peer's queue + read,
nothing goes back, and at the return of every call the positions are the sums of
what the calls moved.
"""
import bisect

from live import (PLACES, accept, actor, actor_command, close, connect, each_byte_in_one_place,
                  equal, experiment, fork, join, listener, main, need, receive, send, test, trace)


def check_row(row):
    need(None not in [row[name] for name in PLACES], f"a place is not known: {row}")
    each_byte_in_one_place(row)
    need(row["unsent"] <= row["unacked"] <= row["handed_over"], f"unacked in {row}")


def check_order(rows):
    """What has passed a place has passed it for good."""
    for before, after in zip(rows, rows[1:]):
        need(before["t_ns"] <= after["t_ns"], f"times go back: {after}")
        for place in (lambda r: r["handed_over"], lambda r: r["handed_over"] - r["unsent"],
                      lambda r: r["app_read"] + r["peer_queue"], lambda r: r["app_read"],
                      lambda r: r["handed_over"] - r["unacked"]):
            need(place(before) <= place(after), f"bytes go back: {before} then {after}")


def check_calls(result, rows, side, place, names):
    """At each return the position is the sum of what the calls have moved so far."""
    times = [row["t_ns"] for row in rows]
    moved = 0
    calls = [row for row in result.tables["calls"] if row["side"] == side and row["call"] in names
             and row["connection"] == rows[0]["connection"]]
    for call in calls:
        moved += call["moved_bytes"]
        at = bisect.bisect_right(times, call["return_ns"]) - 1
        equal(rows[at][place] if at >= 0 else 0, moved, f"{place} at the return of {call}")
    return moved


def check(command, connections=1):
    result = trace(command)
    peer = {"client": "server", "server": "client"}
    equal(len({row["connection"] for row in result.tables["bytes"]}), connections, "connections")
    for connection in range(1, connections + 1):
        for sender in peer:
            rows = result.tables.where("bytes", connection=connection, sender=sender)
            if not rows:
                continue
            for row in rows:
                check_row(row)
            check_order(rows)
            sent = check_calls(result, rows, sender, "handed_over", ("send", "write"))
            got = check_calls(result, rows, peer[sender], "app_read", ("recv", "read"))
            equal((rows[-1]["handed_over"], rows[-1]["app_read"]), (sent, got), "totals")
    return result


@test
def bulk_send():
    check([experiment("bulk_send"), "--bytes", "5000000", "--pause", "200us"])


@test
def quick_return_v6():
    check([experiment("quick_return"), "--ipv6"])


@test
def lifecycle():
    check([experiment("lifecycle")])


@test
def a_lossy_wire():
    for drop in ("4", "5", "9", "20"):
        check([experiment("bulk_send"), "--bytes", "1000000", "--delay", "2ms", "--drop", drop,
               "--pause", "0", "--read", "5000"])
        check([experiment("quick_return"), "--delay", "2ms", "--drop", drop, "--ipv6", "--pause",
               "0"])


def both_ways(end, mine, theirs):
    for size in mine:
        send(end, b"x" * size)
    got = 0
    while got < sum(theirs):
        got += len(receive(end, 7001))
    close(end)


@actor
def many_at_once():
    sock = listener()
    sizes = ((1, 70000, 3), (9, 123456, 1, 1), (30000,) * 4)

    def server():
        join(*[fork(both_ways, accept(sock), mine, mine) for mine in sizes])

    pid = fork(server)
    # One after the other: accept() takes them in the order in which they connected.
    ends = [connect(sock.getsockname()) for _ in sizes]
    join(*[fork(both_ways, end, mine, mine) for end, mine in zip(ends, sizes)], pid)


@test
def three_connections_both_ways():
    check(actor_command(many_at_once), 3)


main()
