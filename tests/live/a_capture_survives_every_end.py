# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
However the command or tcpwatch ends, the capture can be read, the exit status
is right, and nothing stays behind in the kernel.
"""
import json
import os
import pty
import re
import signal
import subprocess
import time

from live import (TCPWATCH, Tables, accept, actor, actor_command, close, connect, equal, info,
                  listener, main, need, receive, run, scratch, send, test, wait_until)
from objects import alive, bpf_objects, children, executable, gone, state

CONTROL_C = b"\x03"


def busy():
    """Makes a few calls, says so, and leaves two sockets open."""
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    for _ in range(5):
        send(here, b"x" * 100)
        receive(there, 100)
    print("ready", os.getpid(), flush=True)
    return here, there


@actor
def waits_for_a_signal():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ends = busy()
    signal.pause()
    close(ends[0])


@actor
def counts_signals():
    count = [0]

    def handle(*_):
        count[0] += 1

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
    busy()
    # pause() would wait for ever for one that came just before.
    wait_until(lambda: count[0], "a signal")
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        time.sleep(0.1)
    print(f"signals={count[0]}", flush=True)
    os._exit(7)


@actor
def aborts():
    busy()
    os.abort()


@actor
def calls_for_ever():
    here, there = busy()
    os.write(1, b"")
    while True:
        send(here, b"x")
        receive(there, 1)
        time.sleep(0.01)


class Run:
    """tcpwatch as it runs, on pipes or at a terminal of its own."""

    def __init__(self, function, terminal=False):
        self.capture = scratch("run.tcpw")
        self.out_path = scratch("out")
        command = [TCPWATCH, "-o", self.capture, "--view", "none", "--",
                   *actor_command(function)]
        self.terminal = None
        with open(self.out_path, "wb") as out:
            if terminal:
                self.start_at_terminal(command, out)
            else:
                self.process = subprocess.Popen(command, stdout=out, stdin=subprocess.DEVNULL)
                self.pid = self.process.pid
        wait_until(lambda: "ready" in self.out(), "the command")
        self.command_pid = int(re.search(r"ready (\d+)", self.out()).group(1))

    def start_at_terminal(self, command, out):
        self.process = None
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.dup2(out.fileno(), 1)
            os.execv(command[0], command)

    def out(self):
        with open(self.out_path, encoding="ascii") as file:
            return file.read()

    def end(self):
        """The exit status, negative for a signal."""
        if self.process:
            return self.process.wait(60)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.terminal)
        return status

    def calls(self):
        path = scratch("csv")
        done = run([TCPWATCH, "-r", self.capture, "--csv", path, "--view", "none"])
        equal(done.returncode, 0, f"exit status of -r ({done.stderr[:200]})")
        return [[row["call"], row["result"]] for row in Tables(path)["calls"]
                if row["call"] in ("listen", "connect", "accept4", "send", "recv")
                and row["finished"]]

    def told(self):
        return [[line[0], line[5]] for line in map(json.loads, (
            line for line in self.out().splitlines() if line.startswith("[")))]


def check_complete(running, status, result):
    equal(running.end(), status, "exit status")
    words = info(running.capture)
    equal((words["ending"], words["result"]), ("complete", result), "--info: ending and result")
    equal(running.calls(), running.told(), "calls")


@test
def control_c_at_a_terminal():
    running = Run(waits_for_a_signal, terminal=True)
    os.write(running.terminal, CONTROL_C)
    check_complete(running, 130, "killed by signal 2")


@test
def control_c_comes_once():
    running = Run(counts_signals, terminal=True)
    os.write(running.terminal, CONTROL_C)
    check_complete(running, 7, "exit status 7")
    need("signals=1\n" in running.out(), f"the command got {running.out()[-20:]}")


@test
def a_signal_to_tcpwatch_is_passed_on_once():
    for number, status in ((signal.SIGTERM, 7), (signal.SIGINT, 7)):
        running = Run(counts_signals)
        os.kill(running.pid, number)
        check_complete(running, status, "exit status 7")
        need("signals=1\n" in running.out(), f"the command got {running.out()[-20:]}")


@test
def sigterm_ends_the_command():
    running = Run(waits_for_a_signal)
    os.kill(running.pid, signal.SIGTERM)
    check_complete(running, 128 + signal.SIGTERM, "killed by signal 15")


@test
def the_command_crashes():
    running = Run(aborts)
    check_complete(running, 128 + signal.SIGABRT, "killed by signal 6")


@test
def the_command_is_killed():
    running = Run(waits_for_a_signal)
    os.kill(running.command_pid, signal.SIGKILL)
    check_complete(running, 128 + signal.SIGKILL, "killed by signal 9")


@test
def tcpwatch_is_killed():
    running = Run(calls_for_ever)
    objects = bpf_objects(running.pid)
    need(len(objects["prog"]) > 5 and objects["map"] and objects["link"], f"held: {objects}")
    need(alive(objects), "bpftool shows nothing of what is held")
    wait_until(lambda: len(running.told()) > 200, "calls")
    os.kill(running.pid, signal.SIGKILL)
    told = len(running.told())
    equal(running.end(), -signal.SIGKILL, "exit status")
    os.kill(running.command_pid, signal.SIGKILL)
    need(info(running.capture)["ending"].startswith("cut off"), "--info does not say: cut off")
    calls = running.calls()
    need(calls, "nothing is left")
    equal(calls, running.told()[:len(calls)], "calls")
    print(f"{told} calls, {len(calls)} of them in the capture")
    # About two calls in 10 ms, and the last 250 ms may be lost; a lot more than that on a slow one.
    need(len(calls) > told - 150, f"only {len(calls)} of {told} calls are left")
    text = run([TCPWATCH, "-r", running.capture]).stdout
    need("cut off" in text, "the view does not say that the capture was cut off")
    wait_until(lambda: not alive(objects), "the kernel to let go of programs, maps and links")


def is_held(child):
    """Asleep before exec: one that is released runs, or is another program already."""
    for _ in range(3):
        wait_until(lambda: state(child) in "SZX", "the child to sleep or to end")
        if executable(child) != os.path.realpath(TCPWATCH):
            return False
        time.sleep(0.02)
    return True


def stop_while_held(process):
    """The held child of tcpwatch, which is stopped then; None when it was too late."""
    child = None
    while child is None and process.poll() is None:
        child = next(iter(children(process.pid)), None)
    if child is None:
        return None
    os.kill(process.pid, signal.SIGSTOP)
    wait_until(lambda: state(process.pid) in "TZX", "tcpwatch to stop")
    return child if is_held(child) else None


@test
def the_held_command_ends_with_tcpwatch():
    for _ in range(100):
        path = scratch("made")
        with subprocess.Popen([TCPWATCH, "--view", "none", "--", "touch", path],
                              stdin=subprocess.DEVNULL) as process:
            child = stop_while_held(process)
            process.kill()
        if child:
            wait_until(lambda: gone(child), "the held child to end")
            need(not os.path.exists(path), "the command ran though tcpwatch was killed")
            return
    raise AssertionError("never caught tcpwatch while it held the command")


@actor
def ignores():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    busy()
    time.sleep(60)


@test
def a_second_signal_stops_tracing():
    running = Run(ignores)
    for _ in range(2):
        os.kill(running.pid, signal.SIGINT)
        time.sleep(0.3)
    running.end()
    need(not gone(running.command_pid), "the command was ended")
    os.kill(running.command_pid, signal.SIGKILL)
    equal(info(running.capture)["ending"], "complete", "--info: ending")
    equal(running.calls(), running.told(), "calls")


main()
