# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Once the hooks are on, tcpwatch has no capability, is the user whose the run is,
and can get nothing back. The command is what it would be without tcpwatch.
"""
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess

from live import (NOBODY, TABLES, TCPWATCH, Skip, accept, actor, actor_command, close, connect,
                  equal, experiment, info, listener, main, need, receive, run, scratch, send, test,
                  tool, wait_until)

NOBODY_NAME = pwd.getpwuid(NOBODY).pw_name
SUDO = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
AS_NOBODY = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
KEPT = ("CapInh", "CapPrm", "CapEff", "CapAmb")


def open_directory():
    """A directory in which anybody may write."""
    directory = scratch("open")
    os.mkdir(directory)
    os.chmod(directory, 0o777)
    return directory


def status_of(pid):
    """/proc/PID/status as a dict."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return {key: value.split() for key, value in
                (line.rstrip("\n").split(":", 1) for line in file if ":" in line)}


def check_rights(status, uid):
    equal(status["Uid"], [str(uid)] * 4, "users of tcpwatch")
    for name in KEPT:
        equal(int(status[name][0], 16), 0, f"{name} of tcpwatch")
    equal(status["NoNewPrivs"], ["1"], "NoNewPrivs of tcpwatch")


@actor
def tells_of_itself():
    """A short conversation, then what it is, until its standard input ends."""
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    send(here, b"x" * 100)
    receive(there, 100)
    close(here)
    close(there)
    words = status_of("self")
    told = {name: words[name] for name in (*KEPT, "CapBnd", "NoNewPrivs", "Uid", "Gid", "Groups")}
    told["nice"] = os.getpriority(os.PRIO_PROCESS, 0)
    print(json.dumps(told), flush=True)
    os.read(0, 1)


def lines_until_told(process):
    for line in process.stdout:
        if line.startswith("{"):
            return json.loads(line)
    raise AssertionError(f"the command said nothing: {process.stderr.read()}")


def told_without_tcpwatch(prefix=()):
    done = run([*prefix, *actor_command(tells_of_itself)])
    return json.loads(done.stdout.splitlines()[-1])


class Watched:
    """A run whose command still runs: what both are, then all that was written."""

    def __init__(self, *options, prefix=(), env=None):
        self.path = os.path.join(open_directory(), "run")
        command = [*prefix, TCPWATCH, "-o", self.path + ".tcpw", "--csv", self.path + ".csv",
                   "--html", self.path + ".html", "--perfetto", self.path + ".perfetto",
                   "--view", "none", *options, "--", *actor_command(tells_of_itself)]
        with subprocess.Popen(command, env={**os.environ, **(env or {})}, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            self.told = lines_until_told(process)
            # It gives up its rights while the command begins already.
            wait_until(lambda: status_of(process.pid)["NoNewPrivs"] == ["1"], "no_new_privs")
            self.status = status_of(process.pid)
            self.nice = os.getpriority(os.PRIO_PROCESS, process.pid)
            _, self.err = process.communicate("x", timeout=60)
        equal((process.returncode, self.err), (0, ""), "exit status, standard error")

    def check_files(self, uid):
        paths = [self.path + end for end in (".tcpw", ".csv", ".html", ".perfetto")]
        paths += [f"{self.path}.csv/{name}.csv" for name in TABLES]
        for path in paths:
            equal(os.lstat(path).st_uid, uid, f"owner of {path}")
            need(os.lstat(path).st_size, f"{path} is empty")
        equal(info(self.path + ".tcpw")["ending"], "complete", "--info: ending")
        with open(self.path + ".csv/calls.csv", encoding="ascii") as file:
            need(",send," in file.read(), "no send in calls.csv")


@test
def root_keeps_no_capability():
    # SUDO_UID of whoever runs the tests would make it somebody else's run.
    root = {"SUDO_UID": "0", "SUDO_GID": "0"}
    watched = Watched(env=root)
    check_rights(watched.status, 0)
    watched.check_files(0)
    equal(watched.told, told_without_tcpwatch(), "what the command is")


@test
def only_tcpwatch_goes_before_others_unless_its_niceness_was_chosen():
    own = os.getpriority(os.PRIO_PROCESS, 0)
    for chosen in (0, 5):
        watched = Watched(prefix=[tool("nice"), "-n", str(chosen - own)])
        equal((watched.nice, watched.told["nice"]), (chosen or -10, chosen), "tcpwatch, command")


@test
def under_sudo_it_is_the_user_who_called():
    watched = Watched(env=SUDO)
    check_rights(watched.status, NOBODY)
    watched.check_files(NOBODY)
    equal(watched.told["Uid"], [str(NOBODY)] * 4, "users of the command")
    equal(watched.told["NoNewPrivs"], told_without_tcpwatch()["NoNewPrivs"], "of the command")


@test
def user_says_otherwise():
    for name in (NOBODY_NAME, str(NOBODY)):
        watched = Watched("--user", name)
        check_rights(watched.status, NOBODY)
        watched.check_files(NOBODY)
        as_user = [tool("setpriv"), "--reuid", str(NOBODY), "--regid",
                   str(pwd.getpwuid(NOBODY).pw_gid), "--init-groups"]
        equal(watched.told, told_without_tcpwatch(as_user), "what the command is")
    watched = Watched("--user", "root", env=SUDO)
    check_rights(watched.status, 0)
    watched.check_files(0)
    equal(watched.told, told_without_tcpwatch(), "what the command is with --user root")


def refused(command, words, env=None):
    done = run(command, env={**os.environ, **(env or {})})
    equal((done.returncode, done.stdout, len(done.stderr.splitlines())), (125, "", 1),
          f"{command}: {done.stderr!r}")
    for word in words:
        need(word in done.stderr, f"{word} is not in {done.stderr!r}")


@test
def a_user_that_it_can_not_become_is_refused():
    made = scratch("made")
    for name in ("", "no-such-user", "4294967294", "-1", "0x0", "12 "):
        refused([TCPWATCH, "--user", name, "--", "touch", made], ["--user", "no such user"])
    for uid in ("x", "", "-1", "4294967295", "99999999999"):
        refused([TCPWATCH, "--", "touch", made], ["SUDO_UID"], {**SUDO, "SUDO_UID": uid})
    tool("setpriv")
    refused([*AS_NOBODY, TCPWATCH, "--user", "root", "--", "touch", made], ["--user root"])
    need(not os.path.exists(made), "the command ran all the same")


@test
def two_capabilities_are_given_up_too():
    tool("setpriv")
    rights = ["--inh-caps", "+bpf,+perfmon", "--ambient-caps", "+bpf,+perfmon"]
    if run([*AS_NOBODY, TCPWATCH, "--version"]).returncode:
        raise Skip(f"uid {NOBODY} can't reach {TCPWATCH}")
    watched = Watched(prefix=[*AS_NOBODY, *rights])
    check_rights(watched.status, NOBODY)
    watched.check_files(NOBODY)
    equal(watched.told, told_without_tcpwatch([*AS_NOBODY, *rights]), "what the command is")


@test
def the_capabilities_of_a_file_are_enough():
    directory = open_directory()
    path = os.path.join(directory, "tcpwatch")
    shutil.copy(TCPWATCH, path)
    os.chmod(path, 0o755)
    if run([tool("setcap"), "cap_bpf,cap_perfmon=ep", path]).returncode:
        raise Skip("files can't have capabilities here")
    tool("setpriv")
    plain, capture = told_without_tcpwatch(AS_NOBODY), os.path.join(directory, "run.tcpw")
    done = run([*AS_NOBODY, path, "-o", capture, "--view", "none", "--",
                *actor_command(tells_of_itself)])
    equal((done.returncode, done.stderr), (0, ""), "exit status, standard error")
    equal(json.loads(done.stdout.splitlines()[-1]), plain, "what the command is")
    equal(info(capture)["ending"], "complete", "--info: ending")


@actor
def asks_for_signals():
    got = []
    signal.signal(signal.SIGTERM, lambda *_: got.append(1))
    print("ready", flush=True)
    while not got:
        signal.pause()
    print("got it", flush=True)


@test
def signals_reach_the_command_of_another_user():
    with subprocess.Popen([TCPWATCH, "--user", NOBODY_NAME, "--view", "none", "--",
                           *actor_command(asks_for_signals)], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as process:
        equal(process.stdout.readline(), "ready\n", "the command")
        wait_until(lambda: status_of(process.pid)["NoNewPrivs"] == ["1"], "no_new_privs")
        process.send_signal(signal.SIGTERM)
        equal(process.stdout.read(), "got it\n", "what the command got")
    equal(process.returncode, 0, "exit status")


@actor
def sends_much():
    """1.5 MB in both directions: pieces of a capture."""
    sock = listener()
    here = connect(sock.getsockname())
    there, _ = sock.accept()
    for _ in range(15000):
        for one, other in ((here, there), (there, here)):
            one.sendall(b"x" * 100)
            other.recv(100)


@test
def pieces_go_on_without_rights():
    directory = open_directory()
    os.chown(directory, NOBODY, NOBODY)
    os.chmod(directory, 0o755)
    done = run([TCPWATCH, "--user", NOBODY_NAME, "-o", os.path.join(directory, "run.tcpw"),
                "--rotate", "1m", "--keep", "3", "--view", "none", "--",
                *actor_command(sends_much)])
    equal((done.returncode, done.stderr), (0, ""), "exit status, standard error")
    names = sorted(os.listdir(directory))
    equal(len(names), 3, f"files that are kept ({names})")
    need("run.0001.tcpw" not in names, f"the oldest one was not removed: {names}")
    for name in names:
        equal(os.lstat(os.path.join(directory, name)).st_uid, NOBODY, f"owner of {name}")
        equal(info(os.path.join(directory, name))["ending"].split()[0], "complete", name)


@test
def a_directory_that_is_closed_to_the_user_is_refused_at_once():
    directory, made = scratch("closed"), scratch("made")
    os.mkdir(directory)
    os.mkdir(os.path.join(directory, "csv"))
    for options in (("-o", directory + "/run.tcpw", "--rotate", "1m"),
                    ("--csv", directory + "/csv", "--force")):
        refused([TCPWATCH, "--user", NOBODY_NAME, *options, "--", "touch", made], [directory])
    need(not os.path.exists(made), "the command ran all the same")
    equal(os.listdir(directory), ["csv"], "what is in the directory")
    # One file is opened while there are rights still, and is the user's.
    path = directory + "/run.tcpw"
    equal(run([TCPWATCH, "--user", NOBODY_NAME, "-o", path, "--view", "none", "--",
               "true"]).returncode, 0, "exit status with -o alone")
    equal(os.lstat(path).st_uid, NOBODY, "owner of the capture")


@actor
def serves():
    sock = listener()
    print(sock.getsockname()[1], flush=True)
    while True:
        there, _ = sock.accept()
        there.sendall(there.recv(100))
        there.close()


@test
def an_attached_run_needs_no_rights_later():
    with subprocess.Popen(actor_command(serves), stdout=subprocess.PIPE, text=True) as server:
        server.stdout.readline()
        port = int(server.stdout.readline())
        for source in (("-p", str(server.pid)), ("-a", "--detail", "full", "--port", str(port))):
            check_attached(source, port)
        server.kill()


def check_attached(source, port):
    directory = open_directory()
    path = os.path.join(directory, "run")
    with subprocess.Popen([TCPWATCH, *source, "--user", NOBODY_NAME, "--csv", path, "--view",
                           "none"], stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: status_of(process.pid)["NoNewPrivs"] == ["1"], "no_new_privs")
        check_rights(status_of(process.pid), NOBODY)
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)) as here:
                here.sendall(b"hello")
                here.recv(100)
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
    equal((process.returncode, err), (0, ""), f"exit status, standard error of {source}")
    with open(path + "/calls.csv", encoding="ascii") as file:
        calls = file.read()
    equal(sum(",accept" in line for line in calls.splitlines()) >= 20, True,
          f"accepted connections with {source}")


@test
def a_replay_has_no_rights():
    directory = open_directory()
    path = os.path.join(directory, "run.tcpw")
    equal(run([TCPWATCH, "-o", path, "--view", "none", "--", experiment("bulk_send"), "--pause",
               "0"]).returncode, 0, "exit status of the run")
    plain = run([TCPWATCH, "-r", path, "--view", "events"]).stdout
    need(len(plain) > 1 << 17, "too little to fill a pipe")
    for uid, env in ((0, {"SUDO_UID": "0", "SUDO_GID": "0"}), (NOBODY, SUDO)):
        made = os.path.join(directory, f"of-{uid}")
        with subprocess.Popen([TCPWATCH, "-r", path, "--view", "events", "--csv", made + ".csv",
                               "--perfetto", made], env={**os.environ, **env},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              bufsize=0) as process:
            # It waits for room in the pipe, with what it reads half read.
            text = process.stdout.read(1)
            check_rights(status_of(process.pid), uid)
            rest, err = process.communicate(timeout=60)
        equal((process.returncode, err), (0, b""), "exit status, standard error")
        need((text + rest).decode() == plain, "the view is another one")
        for name in (made, made + ".csv", made + ".csv/bytes.csv"):
            equal(os.lstat(name).st_uid, uid, f"owner of {name}")


main()
