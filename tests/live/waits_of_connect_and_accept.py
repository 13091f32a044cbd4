# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What connect() and accept() waited for: the experiments lose chosen packets,
delay them, fill the accept queue or come late, and the longest phase must be
the one that this makes. Phases add up to the time inside, to the nanosecond.
"""
import os
import socket
import time

from live import (Background, accept, actor, actor_command, connect, equal, experiment, listener,
                  main, need, one, test, trace, wait_until)

PHASES = ("before_syn", "syn_retry", "syn_ack_retry", "accept_queue", "syn_ack_wait",
          "after_answer")


def connects(result, **wanted):
    """Those that waited for the end of the attempt."""
    rows = [row for row in result.tables.where("calls", call="connect", **wanted)
            if row["wait_phase"]]
    for row in rows:
        phases = {phase: row[phase + "_ns"] for phase in PHASES}
        equal(sum(phases.values()), row["inside_ns"], "sum of the phases")
        equal(phases[row["wait_phase"]], max(phases.values()), "the longest phase")
    return rows


def syns(result):
    return len([row for row in result.tables.where("segments", sender="client", received=0)
                if row["segment"] == "SYN"])


def check_handshake(phase, retries, *options):
    result = trace([experiment("handshake"), *options])
    call = one(connects(result), "connect()")
    equal(call["wait_phase"], phase, "phase that cost most")
    equal(call["syn_retries"], retries, "SYNs sent again")
    equal(syns(result), retries + 1, "SYNs that left")
    fact = one((line for line in result.json() if line["type"] == "connection"), "connections")
    equal({name: fact["connect_wait"][name + "_ns"] for name in PHASES},
          {name: call[name + "_ns"] for name in PHASES}, "phases in JSON")


@test
def a_long_way_is_a_wait_for_the_syn_ack():
    check_handshake("syn_ack_wait", 0, "--delay", "100ms")


@test
def a_lost_syn_is_sent_again():
    check_handshake("syn_retry", 1, "--delay", "20ms", "--drop", "1")


@test
def a_lost_syn_ack_is_told_from_a_lost_syn():
    check_handshake("syn_ack_retry", 1, "--delay", "20ms", "--drop", "2")


@test
def a_full_accept_queue_is_told_from_a_lost_syn():
    result = trace([experiment("backlog")])
    late = [row for row in connects(result) if row["error"] == "ETIMEDOUT"]
    call = one(late, "connects that timed out")
    equal(call["wait_phase"], "accept_queue", "phase that cost most")
    equal(call["syn_retry_ns"] + call["syn_ack_retry_ns"], 0, "other retries")
    need(call["syn_retries"] > 0, "no SYN was sent again")


@test
def nobody_there_is_a_syn_without_an_answer():
    result = trace([experiment("timeout"), "--syncnt", "1"])
    call = one(connects(result), "connect()")
    equal((call["error"], call["wait_phase"]), ("ETIMEDOUT", "syn_retry"), "outcome and phase")
    equal(call["syn_retries"], syns(result) - 1, "SYNs sent again")


@test
def no_neighbour_is_a_wait_before_the_syn():
    result = trace([experiment("unreachable")])
    calls = [row for row in connects(result) if row["inside_ns"] == max(
        row["inside_ns"] for row in connects(result) if row["error"] == "EHOSTUNREACH")]
    call = one(calls, "longest EHOSTUNREACH")
    equal(call["wait_phase"], "before_syn", "phase that cost most")


@test
def a_connect_that_does_not_wait_has_no_phases_but_its_attempt_has():
    result = trace([experiment("connect_nonblock")])
    equal(connects(result), [], "calls with phases")
    facts = [line for line in result.json() if line["type"] == "connection"]
    need(facts, "no connection")
    for fact in facts:
        equal(fact["connect_wait"]["wait_phase"], "syn_ack_wait", "phase that cost most")
        equal(fact["connect_wait"]["after_answer_ns"], 0, "time after the answer")


def is_inside_accept():
    """Of any thread of this process: where the kernel says that it sleeps."""
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/wchan", encoding="ascii") as file:
            if "accept" in file.read():
                return True
    return False


@actor
def late_and_early():
    listening = listener()
    address = listening.getsockname()
    first = connect(address)
    time.sleep(0.3)
    accept(listening)
    waiting = Background(accept, listening)
    wait_until(is_inside_accept, "accept()")
    time.sleep(0.3)
    second = connect(address)
    waiting.result()
    first.close()
    second.close()


@test
def accept_that_comes_late_is_told_from_accept_that_waits():
    result = trace(actor_command(late_and_early))
    late, early = [row for row in result.tables["calls"] if row["call"].startswith("accept")]
    ready = {row["socket"]: row["t_ns"] for row in result.tables.where(
        "states", new_state="ESTABLISHED", side="server")}
    equal(late["ready_ns"], late["enter_ns"] - ready[late["new_socket"]], "ready before accept()")
    equal(late["not_ready_ns"], 0, "late: waited for a connection")
    equal(early["ready_ns"], 0, "early: ready before accept()")
    equal(early["not_ready_ns"], ready[early["new_socket"]] - early["enter_ns"],
          "early: waited for a connection")
    need(late["ready_ns"] > late["inside_ns"], "the late accept() waited")
    need(2 * early["not_ready_ns"] > early["inside_ns"], "the early accept() did not wait")


@actor
def nothing_to_accept():
    listening = listener()
    listening.setblocking(False)
    try:
        listening.accept()
    except BlockingIOError:
        pass
    socket.socket().close()


@test
def an_accept_that_returns_nothing_says_nothing():
    result = trace(actor_command(nothing_to_accept))
    row = one((row for row in result.tables["calls"] if row["call"].startswith("accept")),
              "accepts")
    equal((row["error"], row["ready_ns"], row["not_ready_ns"]), ("EAGAIN", None, None), "accept")


if __name__ == "__main__":
    main()
