# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
SYN_RECV lasts from the SYN's arrival to the ACK's, as the segments say, though
the kernel's own tracepoint shows microseconds. TIME_WAIT is with the end that
closed first, as ss(8) says, whichever way the kernel got there.
"""
import os
import socket
import time

from live import (Skip, accept, actor, actor_command, close, connect, equal, experiment,
                  listener, main, need, receive, run, send, test, tool, trace,
                  wait_until)

SECOND_NS = 1000000000


def states_of(result, socket_row):
    return result.tables.where("states", socket=socket_row["socket"])


def entered(result, socket_row):
    return [row["new_state"] for row in states_of(result, socket_row)]


def check_syn_recv(least_ns, *options):
    result = trace([experiment("handshake"), *options])
    server = result.tables.socket(side="server")
    received = [row for row in result.tables.where("segments", socket=server["socket"], received=1)]
    syn = [row for row in received if row["flags"] == "S"][0]
    ack = [row for row in received if "S" not in row["flags"]][0]
    change = {row["new_state"]: row for row in states_of(result, server)}
    equal(change["SYN_RECV"]["t_ns"], syn["t_ns"], "beginning of SYN_RECV: the SYN's arrival")
    up = change["ESTABLISHED"]
    equal((up["old_state"], up["duration_ns"]), ("SYN_RECV", up["t_ns"] - syn["t_ns"]),
          "duration of SYN_RECV")
    later = [row["t_ns"] for row in result.tables.where("segments", socket=server["socket"])
             if row["t_ns"] > ack["t_ns"]]
    need(ack["t_ns"] <= up["t_ns"] <= min(later), "ESTABLISHED is not at the ACK's arrival")
    need(up["duration_ns"] >= max(ack["t_ns"] - syn["t_ns"], least_ns),
         f"SYN_RECV lasted {up['duration_ns']} ns, from SYN to ACK passed "
         f"{ack['t_ns'] - syn['t_ns']}")
    client = result.tables.socket(side="client")
    up = {row["new_state"]: row for row in states_of(result, client)}["ESTABLISHED"]
    need(up["t_ns"] < change["ESTABLISHED"]["t_ns"], "the client is ESTABLISHED first")
    return result


@test
def the_third_segment_is_lost():
    for family in ((), ("--ipv6",)):
        result = check_syn_recv(SECOND_NS, "--drop", "3", *family)
        retransmits = result.tables.where("events", event="retransmit", side="server")
        need(len(retransmits) >= 1, "no SYN-ACK was sent again")
        syn_acks = result.tables.where("segments", flags="S.", received=0)
        equal(len(syn_acks), len(retransmits) + 1, "SYN-ACKs sent")


@test
def delay_and_loopback():
    check_syn_recv(200000000, "--delay", "100ms")
    check_syn_recv(0)


@test
def the_syn_or_its_answer_is_lost():
    for drop in ("1", "2"):
        result = check_syn_recv(0, "--drop", drop)
        client = result.tables.socket(side="client")
        spent = [row["duration_ns"] for row in states_of(result, client)
                 if row["old_state"] == "SYN_SENT"]
        need(spent[0] >= SECOND_NS, f"SYN_SENT lasted {spent[0]} ns, but the SYN was sent twice")


# How connections end. Each actor leaves the rest to the kernel, and waits until ss agrees.

def time_waits(port):
    done = run([tool("ss"), "-tanH", "state", "time-wait",
                f"( sport = :{port} or dport = :{port} )"])
    return sorted(tuple(int(end.rsplit(":", 1)[1]) for end in line.split()[2:4])
                  for line in done.stdout.splitlines())


def connected(address="127.0.0.1"):
    """Both ends in one process, so that the order of all that follows is certain."""
    sock = listener(address)
    here = connect(sock.getsockname()[:2])
    there = accept(sock)
    close(sock)
    return here, there


def say_time_waits(port, count):
    wait_until(lambda: len(time_waits(port)) == count, "TIME_WAIT")
    for ports in time_waits(port):
        print("time_wait", *ports, flush=True)


@actor
def close_first(who, late, address):
    here, there = connected(address)
    port = there.getsockname()[1]
    first, second = (here, there) if who == "client" else (there, here)
    close(first)
    while receive(second, 10):
        pass
    time.sleep(float(late))
    close(second)
    say_time_waits(port, 1)


def check_time_waits(result, count):
    told = [tuple(map(int, line.split()[1:])) for line in result.out.splitlines()
            if line.startswith("time_wait")]
    ends = [row for row in result.tables["sockets"] if row["remote_port"]]
    found = sorted((row["local_port"], row["remote_port"]) for row in ends
                   if row["final_state"] == "TIME_WAIT")
    equal((len(told), found), (count, sorted(told)),
          "sockets in TIME_WAIT, and those that ss shows")
    for row in ends:
        if row["final_state"] == "TIME_WAIT":
            equal(entered(result, row)[-1], "TIME_WAIT", "last state")
            need("CLOSE" not in entered(result, row)[1:], "CLOSE before TIME_WAIT")


@test
def the_first_to_close_is_in_time_wait():
    for who in ("client", "server"):
        for late in (0, 0.3):
            for address in ("127.0.0.1", "::1"):
                result = trace(actor_command(close_first, who, late, address))
                check_time_waits(result, 1)
                end = result.tables.socket(final_state="TIME_WAIT")
                equal(end["side"], who, "end in TIME_WAIT")
                equal(entered(result, end)[-4:],
                      ["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"], "its states")
                other = [row for row in result.tables["sockets"]
                         if row["side"] not in (None, who)][0]
                equal(entered(result, other)[-3:], ["CLOSE_WAIT", "LAST_ACK", "CLOSE"],
                      "states of the other end")


@actor
def half_close():
    here, there = connected()
    port = there.getsockname()[1]
    here.shutdown(socket.SHUT_WR)
    receive(there, 10)
    send(there, b"x" * 5000)
    receive(here, 10000)
    close(there)
    receive(here, 10)
    close(here)
    say_time_waits(port, 1)


@test
def half_closed_connections_still_move_bytes():
    result = trace(actor_command(half_close))
    client, server = (result.tables.socket(side=side) for side in ("client", "server"))
    equal(entered(result, client)[-4:], ["ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"],
          "states of the client")
    equal(entered(result, server)[-3:], ["CLOSE_WAIT", "LAST_ACK", "CLOSE"], "of the server")
    last = result.tables.where("bytes", sender="server")[-1]
    equal((last["handed_over"], last["app_read"]), (5000, 5000), "bytes after the half close")
    shut = [row for row in result.tables["calls"] if row["call"] == "shutdown"]
    equal([(row["side"], row["flags"]) for row in shut], [("client", "SHUT_WR")], "shutdown")
    check_time_waits(result, 1)


@actor
def close_together():
    """Loopback is down while both close, so that the two FINs pass each other."""
    here, there = connected()
    port = there.getsockname()[1]
    run([tool("ip"), "link", "set", "lo", "down"])
    close(here)
    close(there)
    run([tool("ip"), "link", "set", "lo", "up"])
    say_time_waits(port, 2)


@test
def simultaneous_close():
    if os.environ.get("LIVE_NAMESPACE") != "own":
        raise Skip("takes loopback down: only from tests/live/run")
    result = trace(actor_command(close_together))
    check_time_waits(result, 2)
    ways = [entered(result, row) for row in result.tables["sockets"] if row["remote_port"]]
    need(any("CLOSING" in way for way in ways), f"no end was CLOSING: {ways}")


main()
