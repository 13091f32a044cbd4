# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
tcpwatch comes when the programs run already: -p and -a know their sockets and
where the bytes are since each connection began, the calls that they sleep in,
and what no program holds; and leave them alone when it goes.
"""
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from attached import Attached, running
from live import (SLEEP_CAUSES, TCPWATCH, actor, actor_command, equal, experiment, main, need, one,
                  run, said, scratch, test, tool, wait_until)
from polls import Counter, disagreeing, polls_of

# x86_64, as /proc/PID/syscall tells them.
SENDTO, ACCEPT4 = "44", "288"


def call_of(tid):
    """The number of the system call that a task sleeps in; "": none, or it is gone."""
    try:
        with open(f"/proc/{tid}/syscall", encoding="ascii") as file:
            return file.read().split()[0]
    except (OSError, IndexError):
        return ""


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def child_in_call(pid, number):
    return next((child for child in children_of(pid) if call_of(child) == number), None)


def check_polls(result, path):
    rows = [row for row in result.tables["bytes"]
            if row["sender"] == "client" and row["handed_over"] is not None]
    times = [row["t_ns"] + result.zero_ns() for row in rows]
    handed = Counter(times, [row["handed_over"] for row in rows])
    done = Counter(times, [row["handed_over"] - row["unacked"] for row in rows])
    # While the iterators run, the hooks tell of some sockets and not yet of others.
    polls = [poll for poll in polls_of(path) if poll[0] > times[0] + 100_000_000]
    need(len(polls) > 20, f"only {len(polls)} polls after the beginning")
    wrong = disagreeing([poll[:3] for poll in polls], handed, done, 1)
    print(f"{len(polls) - len(wrong)} of {len(polls)} polls agree")
    equal(wrong[:3], [], "polls of SIOCOUTQ that disagree")


@test
def in_the_middle_of_a_blocked_send():
    polls = scratch("polls.csv")
    command = [experiment("bulk_send"), "--bytes", "7000000", "--pause", "300us", "--poll", polls]
    with running(command) as program:
        wait_until(lambda: child_in_call(program.pid, SENDTO), "the client to sleep in send()")
        result = Attached("-p", program.pid, "--detail", "full").wait()
        told = said(program.stdout.read())
        equal(program.wait(), 0, "exit status of the program")
    connection = one((row for row in result.json() if row["type"] == "connection"), "connections")
    need(connection["found"], "it began before the trace")
    for side in ("client", "server"):
        equal(connection[side]["pid"], told[side + ".pid"], f"process of the {side}")
        address, port = told[side + ".local"].split(":")
        equal((connection[side]["address"], connection[side]["port"]), (address, int(port)), side)
    flow = connection["to_server"]
    equal((flow["handed_over"], flow["app_read"]),
          (told["client.bytes_sent"], told["server.bytes_read"]), "bytes since the beginning")
    equal(flow["at_return"]["unacked"], told["client.outq_at_return"], "SIOCOUTQ at the return")
    call = one(result.tables.where("calls", call="send"), "send calls")
    equal((call["found"], call["result"], call["asked_bytes"], call["pid"]),
          (1, told["client.send_result"], 7000000, told["client.pid"]), "the call")
    need(call["inside_ns"] < told["client.send_ns"], "only a part of its time was seen")
    equal(call["return_ns"] - call["enter_ns"], call["inside_ns"], "time inside")
    check_polls(result, polls)
    equal(result.tables["losses"], [], "losses")


@actor
def unread():
    """The client sends more than all buffers hold; the server reads when a line comes."""
    listening = socket.create_server(("127.0.0.1", 0))
    client = os.fork()
    if not client:
        with socket.create_connection(listening.getsockname()) as end:
            end.send(b"x" * 30_000_000)
        os._exit(0)
    end, _ = listening.accept()
    print(client, flush=True)
    sys.stdin.readline()
    # Something to record, while nothing moves.
    socket.socket().close()
    print("idle", flush=True)
    sys.stdin.readline()
    while end.recv(1_000_000):
        pass
    os.waitpid(client, 0)


def next_line(program):
    program.stdin.write("\n")
    program.stdin.flush()
    return program.stdout.readline()


def check_found_send(result, started_ns):
    """No time from before the attach; the sums are right. Returns the call."""
    call = one(result.tables.where("calls", call="send"), "send calls")
    equal(call["found"], 1, "begun before")
    need(call["enter_ns"] + result.zero_ns() > started_ns, f"time before the attach: {call}")
    equal(sum(call[f"sleep_{cause}_ns"] for cause in SLEEP_CAUSES), call["sleep_ns"], "sum of causes")
    need(call["sleeps"] >= 1 and call["sleep_ns"], f"it slept: {call}")
    flow = one((row for row in result.json() if row["type"] == "connection"),
               "connections")["to_server"]
    equal([flow[f"sleep_{cause}_ns"] for cause in SLEEP_CAUSES],
          [call[f"sleep_{cause}_ns"] for cause in SLEEP_CAUSES], "sleeps of the connection")
    return call


def attach_in_the_middle(program):
    sender = int(program.stdout.readline())
    wait_until(lambda: call_of(sender) == SENDTO, "the client to sleep in send()")
    started_ns = time.monotonic_ns()
    attached = Attached("-p", program.pid, "--detail", "full")
    equal(next_line(program), "idle\n", "what the program says")
    return attached, started_ns


@test
def what_a_blocked_send_waits_for_from_the_attach_on():
    """While nobody reads, it is the peer's window all the time, and the reader is named."""
    with running(actor_command(unread)) as program:
        attached, started_ns = attach_in_the_middle(program)
        result = attached.finish()
    call = check_found_send(result, started_ns)
    equal(call["sleep_peer_window_ns"], call["sleep_ns"], "all of it is the peer's window")
    equal((call["result"], call["slow_peer_pid"]), (None, program.pid), "not returned; who is slow")
    flow = one((row for row in result.json() if row["type"] == "connection"),
               "connections")["to_server"]
    need(flow["window_zero_found"], f"the window was 0 before the trace: {flow}")
    probes = result.tables.where("segments", window_probe=1, received=0)
    equal(flow["window_probes"], len(probes), "probes since the attach")


@test
def what_a_blocked_send_waited_for_when_the_reader_came():
    with running(actor_command(unread)) as program:
        attached, started_ns = attach_in_the_middle(program)
        program.stdin.write("\n")
        program.stdin.flush()
        result = attached.wait()
    call = check_found_send(result, started_ns)
    equal((call["result"], call["pid"]), (30_000_000, call["tid"]), "the call")
    need(call["sleep_peer_window_ns"], f"the peer's window was the first cause: {call}")
    need(call["sleep_ns"] <= call["inside_ns"], "slept longer than it was inside")


@actor
def pair():
    """Both ends in one process; goes on when a line comes, and says what it did."""
    listening = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listening.getsockname())
    server, _ = listening.accept()
    waiting = socket.create_connection(listening.getsockname())
    waiting.sendall(b"q" * 77)
    client.sendall(b"x" * 5000)
    server.recv(1234, socket.MSG_WAITALL)
    server.sendall(b"y" * 10)
    client.recv(10)
    print(listening.getsockname()[1], client.getsockname()[1], waiting.getsockname()[1],
          flush=True)
    sys.stdin.readline()
    client.sendall(b"z" * 100)
    server.recv(50, socket.MSG_WAITALL)
    print("done", flush=True)
    sys.stdin.readline()


@test
def bytes_and_roles_are_those_since_the_beginning():
    with running(actor_command(pair)) as program:
        port, client_port, waiting_port = map(int, program.stdout.readline().split())
        attached = Attached("-p", program.pid)
        program.stdin.write("\n")
        program.stdin.flush()
        equal(program.stdout.readline(), "done\n", "what the program says")
        result = attached.finish()
        equal(program.poll(), None, "the program goes on")
    found = {row["client"]["port"]: row for row in result.json() if row["type"] == "connection"}
    equal(sorted(found), sorted((client_port, waiting_port)), "clients")
    both = found[client_port]
    equal((both["server"]["port"], both["client"]["pid"], both["server"]["pid"]),
          (port, program.pid, program.pid), "ends")
    equal([both[way][key] for way in ("to_server", "to_client")
           for key in ("handed_over", "received", "app_read")], [5100, 5100, 1284, 10, 10, 10],
          "bytes")
    equal([found[waiting_port]["to_server"][key] for key in ("received", "app_read")], [77, 0],
          "bytes in the queue")
    child = result.tables.socket(local_port=port, remote_port=waiting_port)
    listening = result.tables.socket(final_state="LISTEN")
    equal((child["origin"], child["listener"], child["final_state"]),
          ("existing", listening["socket"], "ESTABLISHED"), "the child that nobody has accepted")
    equal((listening["local_port"], listening["backlog_peak"]), (port, 1), "the accept queue")
    for row in result.tables["states"]:
        equal((row["old_state"], row["duration_ns"]), (None, None), f"what is before {row}")


@actor
def prefork():
    listening = socket.create_server(("127.0.0.1", 0))

    def worker():
        while True:
            connection, _ = listening.accept()
            connection.sendall(connection.recv(100))
            connection.close()

    for _ in range(2):
        if not os.fork():
            threading.Thread(target=worker).start()
            worker()
    print(listening.getsockname()[1], flush=True)
    sys.stdin.readline()


def tasks_in_accept(pid):
    return [int(tid) for child in children_of(pid) for tid in os.listdir(f"/proc/{child}/task")
            if call_of(tid) == ACCEPT4]


@test
def forked_workers_and_their_threads():
    with running(actor_command(prefork)) as program:
        port = int(program.stdout.readline())
        wait_until(lambda: len(tasks_in_accept(program.pid)) == 4, "four tasks in accept4()")
        workers = set(children_of(program.pid))
        attached = Attached("-p", program.pid)
        for _ in range(8):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"hello")
                equal(client.recv(100), b"hello", "the answer")
        wait_until(lambda: len(tasks_in_accept(program.pid)) == 4, "the workers to rest")
        result = attached.finish()
        equal(set(children_of(program.pid)), workers, "the workers go on")
    accepts = result.tables.where("calls", call="accept4")
    equal(len([row for row in accepts if row["result"] is not None]), 8, "accepted connections")
    need({row["pid"] for row in accepts} <= workers, f"accepted by {accepts}")
    need([row for row in accepts if row["found"]], "they slept in accept4() already")
    for row in result.tables.where("calls", call="recv"):
        need(row["pid"] in workers and row["result"] == 5, f"read by {row}")


@test
def the_whole_system():
    with running(actor_command(pair)) as before:
        port, client_port, _ = map(int, before.stdout.readline().split())
        attached = Attached("-a", "--detail", "calls")
        with running(actor_command(pair)) as after:
            later = list(map(int, after.stdout.readline().split()))
            result = attached.finish()
    ends = {(row["local_port"], row["remote_port"]): row for row in result.tables["sockets"]}
    for local, remote in ((client_port, port), (port, client_port)):
        equal((ends[local, remote]["pid"], ends[local, remote]["origin"]),
              (before.pid, "existing"), "what ran before")
    equal(ends[later[1], later[0]]["pid"], after.pid, "the client that came later")
    equal(ends[later[0], later[1]]["pid"], after.pid, "its server")
    equal(ends[later[1], later[0]]["origin"], "created", "origin of its client")
    for table in ("sockets", "calls", "states"):
        equal([row for row in result.tables[table] if row["pid"] == attached.process.pid], [],
              f"of tcpwatch itself in {table}")


@test
def only_the_states_of_the_whole_system():
    attached = Attached("-a")
    with running(actor_command(pair)) as program:
        port, client_port, _ = map(int, program.stdout.readline().split())
        result = attached.finish()
    for local, remote in ((client_port, port), (port, None)):
        end = result.tables.socket(local_port=local, remote_port=remote)
        equal(end["pid"], program.pid, f"owner of {end}")
    equal(result.tables["calls"], [], "calls")


@test
def what_is_left_in_time_wait():
    listening = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listening.getsockname())
    accepted, _ = listening.accept()
    accepted.close()
    equal(client.recv(1), b"", "the FIN")
    client.close()
    result = Attached("-p", os.getpid(), "-d", "0.2").wait()
    ports = listening.getsockname()[1]
    waiting = [row for row in result.tables.where("sockets", local_port=ports)
               if row["final_state"] == "TIME_WAIT"]
    one(waiting, "sockets in TIME_WAIT")
    need("TIME_WAIT or" in result.out, f"it is told of: {result.out}")
    listening.close()


def orphan_by_ss(local, remote):
    """The Send-Q of a socket that no process holds any more, with a FIN behind its data."""
    done = run([tool("ss"), "-tnH", "state", "fin-wait-1",
                f"( sport = :{local} and dport = :{remote} )"])
    return int(done.stdout.split()[1]) if done.stdout else None


def orphan_at_rest(local, remote):
    """The same, once the peer's buffers have taken what they can."""
    before, now = None, orphan_by_ss(local, remote)
    while now != before:
        time.sleep(0.3)
        before, now = now, orphan_by_ss(local, remote)
    return now


@test
def what_close_left_to_the_kernel():
    """The server sent more than its peer reads, and closed: the rest is the kernel's to send."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)) as client:
        accepted, _ = listening.accept()
        accepted.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                accepted.send(b"x" * 65536)
        accepted.close()
        remote = client.getsockname()[1]
        unacked = orphan_at_rest(port, remote)
        result = Attached("-p", os.getpid(), "--detail", "full", "-d", "0.2").wait()
        equal(orphan_by_ss(port, remote), unacked, "Send-Q, before and after")
    listening.close()
    end = result.tables.socket(local_port=port, remote_port=remote)
    equal((end["origin"], end["final_state"]), ("existing", "FIN_WAIT1"), "what is left")
    known = {row["unacked"] for row in result.tables["bytes"] if row["sender"] == "server"}
    # ss counts the FIN as one byte; before the socket is found nothing is known.
    equal(known - {None}, {unacked - 1}, "handed over, and not acknowledged")


@test
def another_network_and_pid_namespace():
    unshare = tool("unshare")
    command = [unshare, "--net", "--pid", "--fork", "--mount-proc", "sh", "-c",
               'ip link set lo up; "$@"', "sh", *actor_command(pair)]
    with running(command) as program:
        port, client_port, waiting_port = map(int, program.stdout.readline().split())
        shell = children_of(program.pid)[0]
        inside = children_of(shell)[0] if children_of(shell) else shell
        with open(f"/proc/{inside}/status", encoding="ascii") as file:
            own = int(re.search(r"NSpid:.*\s(\d+)\n", file.read()).group(1))
        for options in (("-p", inside), ("-a", "--detail", "calls")):
            result = Attached(*options, "-d", "0.3", "--view", "summary").wait()
            ends = {(row["netns"], row["local_port"], row["remote_port"]): row
                    for row in result.tables["sockets"]}
            netns = os.stat(f"/proc/{inside}/ns/net").st_ino
            for local, remote in ((client_port, port), (port, client_port)):
                end = ends[netns, local, remote]
                equal((end["pid"], end["own_pid"]), (inside, own), "pids, outside and inside")
            child = ends[netns, port, waiting_port]
            equal((child["origin"], bool(child["listener"])), ("existing", True), "in the queue")
            if options[0] == "-p":
                need(f"{inside}({own})" in result.out, f"both are shown: {result.out[:900]}")


@actor
def sleeper():
    print("ready", flush=True)
    sys.stdin.readline()


@test
def the_time_of_a_trace():
    with running(actor_command(sleeper)) as program:
        program.stdout.readline()
        Attached("-p", program.pid, "-d", "0.2").wait()
        equal(program.poll(), None, "it goes on")
    path = scratch("ran_on")
    done = run([TCPWATCH, "-d", "0.2", "--", "sh", "-c", f"sleep 3; echo yes > {path}"])
    equal(done.returncode, 0, "exit status when -d ends it")
    need("goes on untraced" in done.stderr, f"that is said: {done.stderr}")
    wait_until(lambda: os.path.exists(path) and os.path.getsize(path), "the command to go on")
    done = run([TCPWATCH, "-d", "100", "--", "sh", "-c", "exit 7"])
    equal(done.returncode, 7, "exit status of a command that ends before")


@test
def it_ends_when_they_do():
    with running(actor_command(sleeper)) as program:
        program.stdout.readline()
        attached = Attached("-p", program.pid)
        program.stdin.write("\n")
        program.stdin.flush()
        attached.wait()


@test
def processes_that_cannot_be_attached_to():
    ended = subprocess.Popen(["true"])
    wait_until(lambda: open(f"/proc/{ended.pid}/stat", encoding="ascii").read().split()[2] == "Z",
               "a zombie")
    for pid, part in ((ended.pid, "ended"), (2, "kernel"), (4194304, "no such process"),
                      ("1,1", "twice"), ("0", "process ids"), ("x", "process ids"),
                      ("1,", "process ids")):
        done = run([TCPWATCH, "-p", str(pid)])
        equal((done.returncode, done.stdout, len(done.stderr.splitlines())), (125, "", 1),
              f"-p {pid}: {done.stderr!r}")
        need(part in done.stderr, f"-p {pid} says why: {done.stderr}")
    ended.wait()


@test
def nothing_remains():
    bpftool = tool("bpftool")

    def programs():
        listed = run([bpftool, "prog", "list"]).stdout
        return set(re.findall(r"^(\d+): .*pids tcpwatch\((\d+)\)", listed, re.M)), listed

    with running(actor_command(sleeper)) as program:
        program.stdout.readline()
        attached = Attached("-p", program.pid)
        pid = attached.process.pid
        attached.finish()
        need(f"tcpwatch({pid})" not in programs()[1], "its BPF programs are gone")
        need(not os.path.exists(f"/proc/{pid}"), "the tracer is gone")


main()
