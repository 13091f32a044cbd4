# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
While an experiment sends, a thread of it asks the kernel for SIOCOUTQ and
SIOCOUTQNSD. Each answer has to be what bytes.csv shows as unacked and unsent
between just before the question and just after the answer. A tracepoint fires
some microseconds before the kernel moves its counter on (snd_nxt: when the
segment has come to the device), so the neighbour is right too, but rarely.
Where losses.csv says that a segment was not seen, nothing is claimed.
"""
import os

import congestion
from live import Skip, equal, experiment, main, need, scratch, test, trace
from polls import Counter, disagreeing, polls_of


def gaps_of(result):
    """Spans in which the trace itself says that it missed something, on CLOCK_MONOTONIC."""
    zero = result.zero_ns()
    return [(row["t_ns"] + zero, row["last_ns"] + zero) for row in result.tables["losses"]]


def in_a_gap(poll, gaps):
    return any(poll[1] >= first and poll[0] <= last for first, last in gaps)


def check(name, *options):
    path = scratch("polls.csv")
    result = trace([experiment(name), "--poll", path, *options])
    polls = polls_of(path)
    need(len(polls) > 20, f"only {len(polls)} polls: too few to show anything")
    rows = [row for row in result.tables["bytes"] if row["sender"] == "client"]
    times = [row["t_ns"] + result.zero_ns() for row in rows]
    handed = Counter(times, [row["handed_over"] for row in rows])
    gaps = gaps_of(result)
    for column, index in (("unacked", 2), ("unsent", 3)):
        done = Counter(times, [row["handed_over"] - row[column] for row in rows])
        asked = [(poll[0], poll[1], poll[index]) for poll in polls]
        at_once = len(asked) - len(disagreeing(asked, handed, done, 0))
        wrong = [poll for poll in disagreeing(asked, handed, done, 1) if not in_a_gap(poll, gaps)]
        print(f"{name} {column}: {len(asked) - len(wrong)} of {len(asked)} polls agree, "
              f"{at_once} of them with their very span")
        for poll in wrong[:5]:
            print("disagrees (before, after, kernel, trace):", poll)
        equal(len(wrong), 0, f"polls of {column} that disagree")
        need(at_once > 0.95 * len(asked), f"{column}: the trace is late at most polls")
    need(len({value for _, _, value in asked}) > 5, "the queue never moved: nothing was shown")
    return result


def with_congestion(name, *arguments):
    if os.environ.get("LIVE_NAMESPACE") != "own":
        raise Skip("routes are changed only in a namespace of the tests' own")
    if not congestion.choose(name):
        raise Skip(f"this kernel has no {name}")
    try:
        equal(check(*arguments).said["client.congestion"], name, "congestion control")
    finally:
        congestion.choose(os.environ.get("CONGESTION"))


@test
def bulk_send():
    check("bulk_send", "--bytes", "6000000", "--pause", "300us")


@test
def bulk_send_v6():
    check("bulk_send", "--bytes", "6000000", "--pause", "300us", "--ipv6")


@test
def bulk_send_with_cubic():
    with_congestion("cubic", "bulk_send", "--bytes", "6000000", "--pause", "300us")


@test
def bulk_send_with_bbr():
    with_congestion("bbr", "bulk_send", "--bytes", "6000000", "--pause", "300us")


@test
def bulk_send_with_a_fast_reader():
    check("bulk_send", "--bytes", "200000000", "--pause", "0", "--read", "65536")


@test
def bulk_send_on_the_wire():
    check("bulk_send", "--bytes", "6000000", "--read", "65536", "--delay", "5ms")
    check("bulk_send", "--bytes", "6000000", "--read", "65536", "--delay", "5ms", "--ipv6",
          "--drop", "30")


main()
