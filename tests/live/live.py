# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What all live tests share: running tcpwatch, reading what it wrote, and saying
PASS, FAIL or SKIP (tests/README.md). A test file holds tests and the programs
that they trace: those are functions of the same file, run by actor_command().
Knows nothing of tcpwatch but its command line and the columns it exports.
"""
import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TCPWATCH = os.path.abspath(os.environ.get("TCPWATCH", os.path.join(ROOT, "tcpwatch")))
TABLES = ("sockets", "states", "calls", "bytes", "segments", "events", "losses",
          "queues")
# What a send that sleeps can wait for: sleep_CAUSE_ns.
SLEEP_CAUSES = ("peer_window", "congestion", "buffer", "lowat", "pacing", "unknown")
# How many times slower than usual this machine may be; only limits grow with it.
SLOW = int(os.environ.get("TCPWATCH_TEST_SLOW", "1"))
LIMIT_S = 200 * SLOW
NOBODY = 65534

_tests = []
_actors = {}
_scratch = []
_traces = []  # of the test that runs


class Skip(Exception):
    """This kernel or machine lacks what the test needs."""


def test(function):
    _tests.append(function)
    return function


def actor(function):
    """Marks a function that is run in a process of its own, and traced there."""
    _actors[function.__name__] = function
    return function


def actor_command(function, *args):
    return [sys.executable, "-B", os.path.abspath(sys.argv[0]), "--act", function.__name__,
            *map(str, args)]


def need(condition, what):
    if not condition:
        raise AssertionError(what)


def equal(got, expected, what):
    need(got == expected, f"{what}: got {got!r}, expected {expected!r}")


def one(rows, what):
    rows = list(rows)
    equal(len(rows), 1, f"number of {what}")
    return rows[0]


def scratch(name="x"):
    """A path in a new directory that anybody may enter; removed at the end."""
    directory = tempfile.mkdtemp(prefix="tcpwatch-live-")
    os.chmod(directory, 0o755)
    _scratch.append(directory)
    return os.path.join(directory, name)


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Skip(f"{name} is not installed")
    return path


def wait_until(condition, what, limit_s=60):
    """A limit, so that a broken test ends; no test passes or fails by speed."""
    limit_s *= SLOW
    end = time.monotonic() + limit_s
    while not condition():
        need(time.monotonic() < end, f"waited {limit_s} s for {what}")
        time.sleep(0.01)


def run(command, **options):
    """subprocess.run(), which on a time limit also ends what the command started."""
    text = options.pop("input", None)
    options.setdefault("stdin", subprocess.DEVNULL if text is None else subprocess.PIPE)
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          errors="replace", start_new_session=True, **options) as process:
        try:
            out, err = process.communicate(text, timeout=LIMIT_S)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


_hooks = {}


def hooks():
    """What this kernel has, by --info: {hook: whether it is on}; asked once."""
    if not _hooks:
        capture = scratch("hooks.tcpw")
        equal(run([TCPWATCH, "-o", capture, "--view", "none", "--", "true"]).returncode, 0,
              "exit status of tracing true")
        text = run([TCPWATCH, "-r", capture, "--info"]).stdout
        _hooks.update((name, state == "on") for state, name in
                      re.findall(r"^(?:hooks)? +(on|off) +(\w+)", text, re.MULTILINE))
        need(_hooks, f"--info names no hook: {text}")
    return _hooks


def needs(*names):
    """Skips a test of facts that this kernel can't tell, and says which."""
    for name in names:
        need(name in hooks(), f"{name} is no hook that --info names")
        if not hooks()[name]:
            raise Skip(f"this kernel has no {name}")


def kernel_is_older(major, minor):
    """For what a hook's arguments tell only from some release on (bpf/README.md)."""
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < (major, minor)


def helper(name):
    path = os.path.join(ROOT, "build", "tests", "live", name)
    need(os.access(path, os.X_OK), f"{path} is not built: run make test-programs")
    return path


def experiment(name):
    path = os.path.join(ROOT, "experiments", name)
    need(os.access(path, os.X_OK), f"{path} is not built: run make")
    return path


def said(text):
    """The key=value lines of a program, numbers as such."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {key: value_of(value) for key, value in pairs}


def value_of(cell):
    if cell == "":
        return None
    try:
        return int(cell)
    except ValueError:
        return cell


PLACES = ("unsent", "in_flight", "peer_queue", "app_read")


def each_byte_in_one_place(row):
    """A row of bytes.csv; where the reader is not traced nothing can be said."""
    places = [row[name] for name in PLACES]
    if None in places:
        return
    need(min(places) >= 0, f"a negative number of bytes: {row}")
    equal(sum(places), row["handed_over"], f"unsent + in flight + queue + read in {row}")


class Tables:
    """The CSV directory of a run, as lists of dicts: an empty cell is None."""

    def __init__(self, directory):
        self.directory = directory
        self._rows = {}

    def __getitem__(self, name):
        if name not in self._rows:
            with open(os.path.join(self.directory, name + ".csv"), newline="",
                      encoding="utf-8") as file:
                self._rows[name] = [{key: value_of(cell) for key, cell in row.items()}
                                    for row in csv.DictReader(file, strict=True)]
        return self._rows[name]

    def where(self, name, **wanted):
        return [row for row in self[name]
                if all(row[key] == value for key, value in wanted.items())]

    def socket(self, **wanted):
        return one(self.where("sockets", **wanted), f"sockets with {wanted}")


class Trace:
    """A finished run of tcpwatch with everything that it wrote."""

    def __init__(self, capture, directory, json_path, done):
        self.capture = capture
        self.tables = Tables(directory)
        self.json_path = json_path
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.said = said(done.stdout or "")
        _traces.append(self)

    def kinds_lost(self):
        path = os.path.join(self.tables.directory, "losses.csv")
        return [row["kind"] for row in self.tables["losses"]] if os.path.exists(path) else []

    def json(self):
        with open(self.json_path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def zero_ns(self):
        """Zero of the time axis on CLOCK_MONOTONIC."""
        with open(self.json_path, encoding="utf-8") as file:
            return json.loads(file.readline())["zero_mono_ns"]

    def conversation(self):
        """The lines that a log() wrote, as lists."""
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("[")]


class Background:
    """A function in a thread; result() waits for it and raises what it raised."""

    def __init__(self, function, *args, **options):
        self._outcome = []
        self._thread = threading.Thread(target=self._run, args=(function, args, options))
        self._thread.start()

    def _run(self, function, args, options):
        try:
            self._outcome = [function(*args, **options), None]
        except Exception as error:
            self._outcome = [None, error]

    def running(self):
        return self._thread.is_alive()

    def result(self):
        self._thread.join()
        value, error = self._outcome
        if error:
            raise error
        return value


def trace(command, *options, status=0, **run_options):
    """Traces a command with all outputs; status: what it must exit with, None: anything."""
    path = scratch("run")
    outputs = ["-o", path + ".tcpw", "--csv", path + ".csv", "--json", path + ".json"]
    done = run([TCPWATCH, *outputs, *options, "--", *command], **run_options)
    result = Trace(path + ".tcpw", path + ".csv", path + ".json", done)
    if status is not None and done.returncode != status:
        print(done.stdout, done.stderr, sep="\n")
        equal(done.returncode, status, "exit status of " + " ".join(map(str, command[:5])))
    return result


def read(capture, *options, status=0):
    """What -r makes of a capture: its files and its text."""
    path = scratch("again")
    done = run([TCPWATCH, "-r", capture, "--csv", path + ".csv", "--json", path + ".json",
                *options])
    if status is not None:
        equal(done.returncode, status, f"exit status of -r ({done.stderr[:200]})")
    return Trace(capture, path + ".csv", path + ".json", done)


def info(capture):
    """--info as a dict of its first words; a word on several lines keeps the first."""
    done = run([TCPWATCH, "-r", capture, "--info"])
    equal(done.returncode, 0, "exit status of --info")
    words = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        words.setdefault(name, value.strip())
    return words


# What actors do. Each logged call is one line: [call, pid, tid, local port, remote port,
# result], so that the trace can be compared with what the program knows of itself.

def log(call, sock, result, ports=None):
    local, remote = ports or ports_of(sock)
    line = [call, os.getpid(), threading.get_native_id(), local, remote, result]
    os.write(1, (json.dumps(line) + "\n").encode())


def ports_of(sock):
    try:
        remote = sock.getpeername()[1]
    except OSError:
        remote = None
    return sock.getsockname()[1], remote


def listener(address="127.0.0.1", port=0, backlog=16):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.bind((address, port))
    sock.listen(backlog)
    log("listen", sock, 0)
    return sock


def connect(address, source=None):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if source:
        sock.bind(source)
    sock.connect(address)
    log("connect", sock, 0)
    return sock


def accept(listening):
    sock, _ = listening.accept()
    log("accept4", listening, sock.fileno())
    return sock


def send(sock, data):
    log("send", sock, sock.send(data))


def receive(sock, size):
    data = sock.recv(size)
    log("recv", sock, len(data))
    return data


def close(sock):
    ports = ports_of(sock)
    sock.close()
    log("close", None, 0, ports)


def echo(sock):
    """A server's part of a short conversation, up to the end of file."""
    while True:
        data = receive(sock, 1000)
        if not data:
            break
        send(sock, data)
    close(sock)


def talk(sock, count=3):
    """A client's part of it."""
    for _ in range(count):
        send(sock, b"x" * 100)
        receive(sock, 1000)
    close(sock)


def fork(function, *args):
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        function(*args)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def join(*pids):
    for pid in pids:
        _, status = os.waitpid(pid, 0)
        if status:
            sys.exit(f"a child ended with status {status}")


def _hook_was_left_out():
    """A trace of this test says so itself: the kernel did not call a hook (README.md, Limits)."""
    return any(kind in ("SEGMENT_UNSEEN", "STATE_UNSEEN")
               for trace_ in _traces for kind in trace_.kinds_lost())


def _run_test(group, function, times=3):
    """Once more when it fails for want of what no tool could have recorded."""
    name = f"{group}/{function.__name__}"
    _traces.clear()
    try:
        function()
    except Skip as reason:
        print(f"SKIP {name}: {reason}", flush=True)
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        if times > 1 and _hook_was_left_out():
            return _run_test(group, function, times - 1)
        first = str(error).splitlines()[0] if str(error) else ""
        print(f"FAIL {name}: {type(error).__name__}: {first[:300]}", flush=True)
        return False
    else:
        print(f"PASS {name}", flush=True)
    return True


def main():
    if sys.argv[1:2] == ["--act"]:
        _actors[sys.argv[2]](*sys.argv[3:])
        return
    group = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    wanted = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    failed = False
    try:
        for function in _tests:
            if not wanted or function.__name__ in wanted:
                failed |= not _run_test(group, function)
    finally:
        for directory in _scratch:
            shutil.rmtree(directory, ignore_errors=True)
    sys.exit(1 if failed else 0)
