# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
kill -9 at moments that nobody chose, from before the hooks are on to the middle
of a run: what is in the capture is what happened, the kernel keeps nothing of
tcpwatch, and the command ends if it was held and goes on if it was released.
KILLS says how often (tests/faults/kill_at_random); SEED begins the same series.
"""
import json
import os
import random
import signal
import subprocess
import time

from live import (TCPWATCH, accept, actor, actor_command, connect, equal, info, listener, main,
                  need, read, receive, run, scratch, send, test, wait_until)
from objects import alive, bpf_objects, children, executable, gone, state

KILLS = int(os.environ.get("KILLS", "10"))
LONGEST_S = 1.5
TOLD = ("listen", "connect", "accept4", "send", "recv")


@actor
def calls_for_ever():
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    while True:
        send(here, b"x")
        receive(there, 1)
        time.sleep(0.001)


def ended_early(capture):
    """Killed before the command was released: then there may be no capture yet."""
    done = run([TCPWATCH, "-r", capture, "--info"])
    if done.returncode == 0:
        return "a capture before the command began"
    equal((done.returncode, len(done.stderr.splitlines())), (125, 1), f"-r: {done.stderr!r}")
    return "an empty file"


def check_calls(capture, told):
    need(info(capture)["ending"].startswith("cut off"), "--info does not say: cut off")
    done = run([TCPWATCH, "-r", capture])
    equal(done.returncode, 0, f"exit status of -r ({done.stderr[:200]})")
    need("cut off" in done.stdout, "the view does not say that the capture was cut off")
    calls = [[row["call"], row["result"]] for row in read(capture).tables["calls"]
             if row["call"] in TOLD and row["finished"]]
    equal(calls, told[:len(calls)], "calls")
    return calls


def told_in(path):
    with open(path, encoding="ascii") as file:
        lines = file.read().split("\n")[:-1]
    return [[line[0], line[5]] for line in map(json.loads, lines)]


def stop(pid):
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state(pid) in "TZX", "tcpwatch to stop")


def kill_after(delay_s):
    """One run; what was left of it."""
    capture, path = scratch("run.tcpw"), scratch("out")
    with open(path, "wb") as out:
        process = subprocess.Popen([TCPWATCH, "-o", capture, "--view", "none", "--",
                                    *actor_command(calls_for_ever)], stdout=out,
                                   stdin=subprocess.DEVNULL)
    with process:
        time.sleep(delay_s)
        # So that what it holds is what it held when it was killed.
        stop(process.pid)
        objects, command = bpf_objects(process.pid), children(process.pid)
        process.kill()
    equal(process.returncode, -signal.SIGKILL, "exit status")
    released = [pid for pid in command if not ends_soon(pid, path)]
    try:
        wait_until(lambda: not alive(objects), "the kernel to let go of programs, maps and links")
        before = len(told_in(path))
        if released:
            wait_until(lambda: len(told_in(path)) > before, "the command to go on")
    finally:
        for pid in released:
            os.kill(pid, signal.SIGKILL)
    held = sum(map(len, objects.values()))
    if not released:
        equal(told_in(path), [], "calls of a command that was not released")
        return ended_early(capture) if os.path.exists(capture) else "no file", held
    if not os.path.getsize(capture):
        return "an empty file, though the command had begun", held
    calls = check_calls(capture, told_in(path))
    return "calls" if calls else "a capture without a call yet", held


def ends_soon(pid, path):
    """True: it was held. Released, it has become another program, or is about to."""
    wait_until(lambda: gone(pid) or executable(pid) not in (os.path.realpath(TCPWATCH), None) or
               told_in(path), "the child to end or to begin")
    return gone(pid)


@test
def every_capture_can_be_read_and_nothing_is_left():
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    numbers, found, most = random.Random(seed), {}, 0
    print(f"SEED={seed}", flush=True)
    for _ in range(KILLS):
        left, held = kill_after(numbers.uniform(0, LONGEST_S))
        found[left] = found.get(left, 0) + 1
        most = max(most, held)
    print(f"{KILLS} kills: {found}; at most {most} programs, maps and links held", flush=True)
    need(most > 30, "never killed while the hooks were on")


main()
