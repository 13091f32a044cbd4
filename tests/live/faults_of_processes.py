# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What becomes of a run when processes behave badly (FAULTS in the man page):
stopped, killed for want of memory, forking without end, traced twice. What is
killed or crashes is in a_capture_survives_every_end.py, what daemonizes in
nothing_is_given_to_the_wrong_process.py.
"""
import contextlib
import os
import resource
import select
import signal
import subprocess
import time

from live import (TCPWATCH, Skip, accept, actor, actor_command, close, connect, equal, helper,
                  info, listener, main, need, read, receive, said, scratch, send, test, trace,
                  wait_until)
from objects import state

FORKER = 61236
FORKS = 200


def start(command, *options):
    path = scratch("run.tcpw")
    process = subprocess.Popen([TCPWATCH, "-o", path, "--view", "none", *options, "--", *command],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    process.capture = path
    return process


@actor
def floods_when_told(flood, count):
    print("ready", flush=True)
    os.read(0, 1)
    done = subprocess.run([flood, count], stdout=subprocess.PIPE, text=True, check=True)
    print(done.stdout.strip(), flush=True)
    print("flooded", flush=True)
    os.read(0, 1)


@test
def tcpwatch_is_stopped():
    with start(actor_command(floods_when_told, helper("flood"), 20000), "--ring-size",
               "64k") as process:
        equal(process.stdout.readline(), "ready\n", "the command")
        os.kill(process.pid, signal.SIGSTOP)
        wait_until(lambda: state(process.pid) == "T", "tcpwatch to stop")
        process.stdin.write("x")
        process.stdin.flush()
        words = []
        while "flooded" not in words:
            words.append(process.stdout.readline().strip())
        # The command was not kept waiting by a tracer that takes nothing.
        equal(state(process.pid), "T", "tcpwatch")
        os.kill(process.pid, signal.SIGCONT)
        _, err = process.communicate("x", timeout=60)
    equal(process.returncode, 0, f"exit status ({err})")
    tables = read(process.capture).tables
    lost = sum(row["records"] for row in tables["losses"] if row["kind"] == "CALL")
    made = said("\n".join(words))["calls"]
    of_flood = {row["pid"] for row in tables["calls"] if row["call"] == "send"}
    present = [row for row in tables["calls"] if row["return_ns"] is not None and
               row["pid"] in of_flood]
    need(lost > made // 2, f"only {lost} of {made} calls are told as lost")
    # The python beside it makes no calls on sockets meanwhile.
    equal(len(present) + lost, made, "calls present and lost")


@actor
def is_stopped():
    """Two sends, the second after it was stopped and went on."""
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    send(here, b"x" * 100)
    print("ready", os.getpid(), flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
    receive(there, 100)
    send(here, b"x" * 50)
    close(here)
    close(there)


@test
def the_command_is_stopped():
    with start(actor_command(is_stopped)) as process:
        line = ""
        while not line.startswith("ready"):
            line = process.stdout.readline()
        pid = int(line.split()[1])
        wait_until(lambda: state(pid) == "T", "the command to stop")
        time.sleep(0.3)
        equal(process.poll(), None, "tcpwatch has ended already, with status")
        os.kill(pid, signal.SIGCONT)
        _, err = process.communicate(timeout=60)
    equal((process.returncode, err), (0, ""), "exit status, standard error")
    tables = read(process.capture).tables
    sends = tables.where("calls", call="send")
    equal([row["result"] for row in sends], [100, 50], "results of send")
    need(sends[1]["t_ns"] - sends[0]["t_ns"] >= 300_000_000, "no time passed while it was stopped")
    equal(info(process.capture)["lost"], "0", "--info: lost")


MEMORY_LIMITS = (("/sys/fs/cgroup", "memory.max"),
                 ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"))


def try_to_remove(directory):
    with contextlib.suppress(OSError):
        os.rmdir(directory)
    return not os.path.exists(directory)


@contextlib.contextmanager
def limited_memory(limit):
    """The directory of a control group of the test's own."""
    for parent, name in MEMORY_LIMITS:
        if not os.path.exists(f"{parent}/cgroup.procs"):
            continue
        directory = os.path.join(parent, f"tcpwatch-live-{os.getpid()}")
        try:
            os.mkdir(directory)
            with open(os.path.join(directory, name), "w", encoding="ascii") as file:
                file.write(str(limit))
        except OSError:
            try_to_remove(directory)
            continue
        try:
            yield directory
        finally:
            wait_until(lambda: try_to_remove(directory), "the control group to be empty")
        return
    raise Skip("no control group with a limit of memory can be made here")


@actor
def needs_too_much(directory):
    with open(f"{directory}/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    send(here, b"x" * 100)
    receive(there, 100)
    kept = []
    while True:
        kept.append(b"x" * (1 << 20))


@test
def the_command_runs_out_of_memory():
    with limited_memory(64 << 20) as directory:
        result = trace(actor_command(needs_too_much, directory), status=128 + signal.SIGKILL)
    equal(info(result.capture)["ending"], "complete", "--info: ending")
    need("signal 9" in info(result.capture)["result"], "--info does not say: killed")
    equal([row["result"] for row in result.tables.where("calls", call="send")], [100], "sends")
    need(result.tables.socket(side="client")["final_state"], "the state at the end")


@actor
def forks_to_the_limit():
    """Every child listens, and forks on like its parent, until the limit forbids it."""
    os.setgroups([])
    os.setgid(FORKER)
    os.setuid(FORKER)
    resource.setrlimit(resource.RLIMIT_NPROC, (FORKS, FORKS))
    (end, ends), (begun, begins), first = os.pipe(), os.pipe(), os.getpid()
    with contextlib.suppress(BlockingIOError):
        while not select.select([end], [], [], 0)[0]:
            if not os.fork():
                if os.getppid() == first:
                    os.close(ends)
                sock = listener()
                os.write(begins, b"x")
    if os.getpid() == first:
        count = 0
        while count < FORKS - 1:
            count += len(os.read(begun, FORKS))
        os.close(ends)
    else:
        os.read(end, 1)
        sock.close()
    os._exit(0)


@test
def the_command_forks_to_the_limit():
    result = trace(actor_command(forks_to_the_limit))
    told = sorted(line[1] for line in result.conversation())
    need(len(set(told)) >= FORKS - 1, f"only {len(set(told))} children listened")
    equal(sorted(row["pid"] for row in result.tables.where("calls", call="listen", result=0)), told,
          "processes that listened")
    equal(info(result.capture)["lost"], "0", "--info: lost")


@actor
def speaks_with_itself(port, count):
    sock = listener(port=int(port))
    here = connect(sock.getsockname())
    there = accept(sock)
    for _ in range(int(count)):
        send(here, b"x" * 100)
        receive(there, 100)
    close(here)
    close(there)


def conversation(words):
    return [[row["call"], row["result"]] for row in words
            if row["call"] in ("listen", "connect", "accept4", "send", "recv", "close")]


@test
def two_at_once_see_their_own():
    runs = [start(actor_command(speaks_with_itself, port, 100)) for port in (41001, 41002)]
    for port, process in zip((41001, 41002), runs):
        _, err = process.communicate(timeout=60)
        equal((process.returncode, err), (0, ""), "exit status, standard error")
        tables = read(process.capture).tables
        equal(len(tables.where("calls", call="send")), 100, f"sends at port {port}")
        ports = {row["local_port"] for row in tables["sockets"] if row["side"] == "server"}
        equal(ports, {port}, "ports of the server")


@test
def tcpwatch_under_tcpwatch():
    inner = scratch("inner.tcpw")
    outer = start([TCPWATCH, "-o", inner, "--view", "none", "--",
                   *actor_command(speaks_with_itself, 0, 20)])
    _, err = outer.communicate(timeout=60)
    equal((outer.returncode, err), (0, ""), "exit status, standard error")
    both = [read(capture).tables for capture in (inner, outer.capture)]
    equal(conversation(both[0]["calls"]), conversation(both[1]["calls"]), "calls")
    equal([row["raw_seq"] for row in both[0]["segments"]],
          [row["raw_seq"] for row in both[1]["segments"]], "segments")
    need(len(conversation(both[0]["calls"])) >= 44, "too few calls")


@actor
def ends_before_its_child():
    sock = listener()
    if os.fork():
        os._exit(3)
    time.sleep(0.3)
    here = connect(sock.getsockname())
    there = accept(sock)
    send(here, b"late")
    receive(there, 10)
    os._exit(0)


@test
def the_command_ends_before_its_child():
    result = trace(actor_command(ends_before_its_child), status=3)
    equal([row["result"] for row in result.tables.where("calls", call="send")], [4],
          "what the child sent later")
    equal(info(result.capture)["result"], "exit status 3", "--info: result")


main()
