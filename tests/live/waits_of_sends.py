# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What blocking sends waited for: the causes are those that each experiment was
made to have, the kernel's own account (ss, TCP_INFO) agrees on the largest,
and the parts add up to the nanosecond. Nothing here depends on speed.
"""
import re
import time

from live import (SLEEP_CAUSES, SLOW, Background, equal, experiment, main, need, one, run, test,
                  tool, trace)


def slept(call, *causes):
    return sum(call[f"sleep_{cause}_ns"] for cause in causes)


def sends(result, **wanted):
    return [row for row in result.tables.where("calls", **wanted)
            if row["call"] == "send" and row["sleeps"]]


def check_sums(result):
    """Parts, calls, directions and the times inside agree; a sleep lies inside its call."""
    calls = [row for row in result.tables["calls"] if row["sleeps"] is not None]
    need(any(row["sleeps"] for row in calls), "no send slept")
    for row in calls:
        equal(slept(row, *SLEEP_CAUSES), row["sleep_ns"], "sum of the causes")
        need(row["sleep_ns"] <= row["inside_ns"], "slept longer than it was inside")
        need(row["sleep_unread_ns"] <= row["sleep_peer_window_ns"], "unread for too long")
    for connection in (line for line in result.json() if line["type"] == "connection"):
        for side, direction in (("client", "to_server"), ("server", "to_client")):
            own = [row for row in calls
                   if row["connection"] == connection["connection"] and row["side"] == side]
            for cause in SLEEP_CAUSES + ("unread",):
                name = f"sleep_{cause}_ns"
                equal(sum(row[name] for row in own), connection[direction][name], name)


def dominates(call, *causes):
    got = {cause: slept(call, cause) for cause in SLEEP_CAUSES}
    need(2 * slept(call, *causes) > call["sleep_ns"], f"{causes} is not the most of {got}")


def limited_by_ss(lines):
    """Of each sender that ss shows: (busy, limited by the peer's window) in ms."""
    found = re.findall(r"busy:(\d+)ms(?: rwnd_limited:(\d+)ms)?", lines)
    return [(int(busy), int(limited or 0)) for busy, limited in found]


@test
def a_slow_reader_is_named_and_ss_says_rwnd_limited():
    running = Background(trace, [experiment("bulk_send"), "--bytes", "6000000", "--read", "16384"])
    seen = []
    while running.running():
        seen += limited_by_ss(run([tool("ss"), "-tinH"]).stdout)
        time.sleep(0.02)
    result = running.result()
    check_sums(result)
    send = one(sends(result), "sleeping sends")
    dominates(send, "peer_window")
    equal((send["slow_peer_pid"], send["slow_peer_comm"]),
          (result.said["server.pid"], "bulk_server"), "slow peer")
    busy, limited = max(seen)
    need(2 * limited > busy, f"ss says {limited} of {busy} ms were limited by the peer's window")
    need(f"slow reader: bulk_server {result.said['server.pid']}" in result.err,
         "the summary does not name it")


@test
def a_slow_wire_is_the_congestion_controls_wait():
    result = trace([experiment("slow_link"), "--bytes", "2000000"])
    check_sums(result)
    send = one(sends(result), "sleeping sends")
    dominates(send, "congestion", "pacing")
    need(2 * result.said["client.limited_by_peer_us"] < result.said["client.busy_us"],
         "the kernel says that the peer was the limit")
    if SLOW == 1:  # else the reader is slow as well
        equal(send["slow_peer_pid"], None, "slow peer")


@test
def a_lossy_wire_is_the_congestion_controls_wait():
    result = trace([experiment("lossy")])
    check_sums(result)
    dominates(one(sends(result), "sleeping sends"), "congestion", "pacing")


@test
def a_small_buffer_on_a_long_way_is_the_buffers_wait():
    result = trace([experiment("sndbuf_size"), "--rate", "0", "--delay", "30ms", "--sndbuf", "4096",
                    "--bytes", "60000"])
    check_sums(result)
    small = sends(result, connection=1)
    need(small, "no send slept")
    total = {key: sum(row[key] for row in small) for key in small[0]
             if key.startswith("sleep_")}
    dominates(total, "buffer")


@test
def without_the_hooks_inside_send_no_cause_is_given():
    result = trace([experiment("bulk_send"), "--bytes", "6000000", "--read", "65536"],
                   "--detail", "calls")
    rows = result.tables.where("calls", call="send")
    need(rows, "no send")
    for row in rows:
        equal({key: value for key, value in row.items()
               if key.startswith(("sleep", "slow_peer")) and value is not None}, {}, "sleeps")
    need("slept" not in result.err, "the summary speaks of sleeps that nobody saw")


if __name__ == "__main__":
    main()
