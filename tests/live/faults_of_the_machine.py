# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What becomes of a run when the machine sets limits (FAULTS in the man page): very
many connections at once, more listeners than the kernel's part has room for, too
few descriptors, another clock. That the clock is set: faults_of_the_clock.py.
"""
import json
import os
import re
import resource
import socket

from live import (TCPWATCH, accept, actor, actor_command, close, connect, equal, experiment, fork,
                  info, join, listener, main, need, receive, run, scratch, send, test, tool, trace)

LISTENERS = 5000
LISTENERS_KNOWN = 4096


def allow_files(count):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(count, hard)))


def takes_many(server, count, all_open):
    ends = [server.accept()[0] for _ in range(count)]
    os.write(all_open, b"x")
    for end in ends:
        need(end.recv(1) == b"x", "another byte came")
    for end in ends:
        need(not end.recv(1), "more than a byte came")
        end.close()


@actor
def holds_many(count):
    """All of them open at the same time; a byte over each."""
    count = int(count)
    allow_files(count + 100)
    server = socket.create_server(("127.0.0.1", 0), backlog=128)
    opened, all_open = os.pipe()
    child = fork(takes_many, server, count, all_open)
    ends = [socket.create_connection(server.getsockname()) for _ in range(count)]
    os.read(opened, 1)
    for end in ends:
        end.send(b"x")
    print(f"open={len(ends)}", flush=True)
    for end in ends:
        end.close()
    join(child)


@test
def ten_thousand_connections_at_once():
    count = 10000
    result = trace(actor_command(holds_many, count), "--detail", "calls", "--view", "none",
                   "--ring-size", "64m")
    equal(result.said["open"], count, "connections of the command")
    equal(info(result.capture)["lost"], "0", "--info: lost")
    equal(len(result.tables.where("sockets", side="client")), count, "clients")
    equal(len(result.tables.where("sockets", side="server")), count, "servers")
    for call in ("sendto", "recvfrom"):
        calls = result.tables.where("calls", call=call.replace("to", "").replace("from", ""))
        equal(sum(row["result"] for row in calls), count, f"bytes of {call}")
    # Open at once: the last one was established before the first one began to close.
    established = [row["t_ns"] for row in result.tables.where("states", new_state="ESTABLISHED")]
    closing = [row["t_ns"] for row in result.tables.where("states", new_state="FIN_WAIT1")]
    equal(len(established), 2 * count, "ends that were established")
    need(max(established) < min(closing), "they were not open at once")


@actor
def listens_much(count):
    allow_files(20000)
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(count))]
    here = socket.create_connection(held[-1].getsockname())
    there, _ = held[-1].accept()
    here.sendall(b"x" * 100)
    there.recv(100)
    here.close()
    there.close()
    print(f"port={held[-1].getsockname()[1]}")


@test
def more_listeners_than_there_is_room_for():
    result = trace(actor_command(listens_much, LISTENERS))
    equal(len(result.tables.where("calls", call="listen", result=0)), LISTENERS, "calls of listen")
    lost = sum(row["records"] for row in result.tables["losses"] if row["kind"] == "ADDRESS_MAP")
    need(lost >= LISTENERS - LISTENERS_KNOWN, f"only {lost} are told as lost")
    need("ADDRESS_MAP" in result.err, f"the view does not say it: {result.err[-500:]}")
    # What is told of a listener that is not known by its address is still true.
    equal([row["result"] for row in result.tables.where("calls", call="send")], [100], "sends")
    need(result.tables.socket(side="client")["remote_port"] == result.said["port"], "the port")


@test
def too_few_descriptors():
    made, prlimit = scratch("made"), tool("prlimit")
    for count in (4, 10, 30, 52, 60, 80, 127):
        path = scratch("out")
        done = run([prlimit, f"--nofile={count}", TCPWATCH, "-o", path, "--html", path + ".html",
                    "--", "touch", made])
        equal((done.returncode, done.stdout, len(done.stderr.splitlines())), (125, "", 1),
              f"with {count}: {done.stderr!r}")
        need("open" in done.stderr, f"with {count} it says: {done.stderr}")
        need(not os.path.exists(made), f"with {count} the command ran all the same")
        equal(os.listdir(os.path.dirname(path)), [], f"files that are left with {count}")
    path = scratch("out")
    done = run([prlimit, "--nofile=128", TCPWATCH, "-o", path, "--html", path + ".html", "--csv",
                path + ".csv", "--perfetto", path + ".json", "--view", "none", "--",
                experiment("lifecycle")])
    equal((done.returncode, done.stderr), (0, ""), "with as many as it asks for")
    need("ulimit" in done.stdout or info(path)["ending"] == "complete", "--info: ending")


@actor
def a_conversation():
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    send(here, b"x" * 100)
    receive(there, 100)
    close(here)
    close(there)


def seconds_of(text):
    minutes = re.match(r"([\d.]+) (ns|us|ms|s)$", text)
    need(minutes, f"no time: {text}")
    return float(minutes.group(1)) * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[minutes.group(2)]


@test
def a_time_namespace_shifts_the_clock():
    unshare = tool("unshare")
    if run([unshare, "--fork", "--time", "--monotonic", "1", "true"]).returncode:
        print("no time namespaces")
    for shift in (0, 100000, -100, -1000):
        path = scratch("run")
        with open("/proc/uptime", encoding="ascii") as file:
            uptime = float(file.read().split()[0])
        if uptime + shift < 10:
            continue
        done = run([unshare, "--fork", "--time", "--monotonic", str(shift), TCPWATCH, "-o", path,
                    "--json", path + ".json", "--view", "none", "--",
                    *actor_command(a_conversation)])
        equal((done.returncode, done.stderr), (0, ""), f"with a shift of {shift} s")
        words = info(path)
        equal((words["ending"], words["lost"]), ("complete", "0"), f"--info with {shift} s")
        need(seconds_of(words["duration"]) < 90, f"a duration of {words['duration']}")
        with open(path + ".json", encoding="utf-8") as file:
            first = json.loads(file.readline())
        # Zero is on the clock of the machine, whatever the program reads.
        need(abs(first["zero_mono_ns"] / 1e9 - uptime) < 90,
             f"zero at {first['zero_mono_ns']}, the machine at {uptime}")


main()
