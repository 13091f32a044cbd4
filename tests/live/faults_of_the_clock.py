# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What becomes of a run when the clock of the machine is set (FAULTS in the man page).
Only in a guest of scripts/vm: anywhere else it would be for everybody.
"""
import json
import os
import time

from live import (Skip, accept, actor, actor_command, close, connect, equal, fork, join, listener,
                  main, need, receive, send, test, trace)

HOUR_S = 3600
SHORT_S = 90  # a run lasts less on the slowest guest


def set_clock(shift_s):
    now = time.clock_gettime(time.CLOCK_REALTIME)
    time.clock_settime(time.CLOCK_REALTIME, now + shift_s)


@actor
def a_conversation_while_the_clock_is_set():
    listening = listener()
    address = listening.getsockname()

    def client():
        sock = connect(address)
        for shift_s in (HOUR_S, -2 * HOUR_S, HOUR_S):
            send(sock, b"x" * 100)
            set_clock(shift_s)
            send(sock, b"x" * 100)
        close(sock)

    pid = fork(client)
    sock = accept(listening)
    while receive(sock, 1000):
        pass
    close(sock)
    join(pid)


@test
def no_time_of_a_trace_is_taken_from_it():
    if not os.path.exists("/etc/vm-suite"):
        raise Skip("the clock is set in a guest of scripts/vm only")
    result = trace(actor_command(a_conversation_while_the_clock_is_set))
    times = [row["t_ns"] for name in ("states", "segments", "bytes") for row in result.tables[name]]
    need(times and max(times) - min(times) < SHORT_S * 1000000000, f"{max(times) - min(times)} ns")
    for name in ("states", "bytes"):
        rows = [row["t_ns"] for row in result.tables[name]]
        equal(rows, sorted(rows), f"times of {name}.csv")
    sends = result.tables.where("calls", call="send")
    equal(len(sends), 6, "send calls")
    need(all(0 <= row["return_ns"] - row["enter_ns"] < SHORT_S * 1000000000 for row in sends),
         "time inside them")
    with open(result.json_path, encoding="utf-8") as file:
        first = json.loads(file.readline())
    need(abs(first["zero_mono_ns"] - time.monotonic_ns()) < 2 * SHORT_S * 1000000000,
         "zero on the clock that nobody sets")


main()
