# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
The command's output, its exit status, its user and its files are what they are
without tcpwatch. Rights: root, or two capabilities, or one line that says so.
"""
import os
import shutil
import socket
import stat
import subprocess

from live import (NOBODY, TABLES, TCPWATCH, Skip, Trace, accept, actor, actor_command, close,
                  connect, equal, experiment, info, listener, main, need, run, scratch, test, tool,
                  trace, wait_until)

SUDO = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}


def watch(*command, options=("--view", "none"), **run_options):
    return run([TCPWATCH, *options, "--", *command], **run_options)


def shell(script, **run_options):
    return watch("sh", "-c", script, **run_options)


@test
def output_is_untouched():
    done = shell("echo out; echo err >&2; printf 'no end'")
    equal((done.stdout, done.stderr, done.returncode), ("out\nno end", "err\n", 0), "the output")
    done = run([TCPWATCH, "--", "sh", "-c", "echo out"])
    equal(done.stdout, "out\n", "standard output beside a view")
    done = shell("cat", input="a\nb\n")
    equal(done.stdout, "a\nb\n", "standard input")


@test
def exit_status_is_passed_on():
    for status in (0, 1, 3, 124, 255):
        equal(shell(f"exit {status}").returncode, status, "exit status")
    for number in (1, 9, 15):
        equal(shell(f"kill -{number} $$").returncode, 128 + number, f"of signal {number}")
    equal(watch("/nonexistent/program").returncode, 127, "status of a command that is not there")
    equal(watch("no-such-program-anywhere").returncode, 127, "the same, by PATH")
    path = scratch("plain")
    with open(path, "w", encoding="ascii") as file:
        file.write("text")
    for not_executable in (path, os.path.dirname(path)):
        done = watch(not_executable)
        equal(done.returncode, 126, "status of a command that can't be executed")
        equal(len(done.stderr.splitlines()), 1, f"lines ({done.stderr!r})")


@test
def arguments_and_environment():
    words = ["a b", "", "$x", "-v", "--view", "é\x01"]
    done = watch("printf", "<%s>", *words)
    equal(done.stdout, "".join(f"<{word}>" for word in words), "arguments")
    plain = run(["env"]).stdout
    equal(sorted(watch("env").stdout.splitlines()), sorted(plain.splitlines()), "environment")
    script = "ls -l /proc/self/fd | wc -l; ulimit -a; umask; ps -o pgid= -p $$ | wc -w"
    equal(shell(script).stdout, run(["sh", "-c", script]).stdout, "descriptors, limits, umask")
    blocked = "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status"
    equal(shell(blocked).stdout, run(["sh", "-c", blocked]).stdout, "signals")


@actor
def closes(fd, path):
    """Closes the descriptor it inherited, and lives on until the file is there."""
    os.close(int(fd))
    wait_until(lambda: os.path.exists(path), "the test to have seen the end of the stream")


@test
def a_close_of_the_command_is_the_last_one():
    path = scratch("seen")
    with socket.create_server(("127.0.0.1", 0)) as server:
        passed = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    command = [TCPWATCH, "--view", "none", "--", *actor_command(closes, passed.fileno(), path)]
    with subprocess.Popen(command, pass_fds=[passed.fileno()], stdin=subprocess.DEVNULL) as process:
        passed.close()
        there.settimeout(30)
        try:
            equal(there.recv(1), b"", "what comes from the command")
        finally:
            with open(path, "wb"):
                pass
        equal(process.wait(60), 0, "exit status")


def owner(path):
    status = os.lstat(path)
    return status.st_uid, status.st_gid


def open_directory():
    """A directory in which anybody may write, and programs that anybody may execute."""
    directory = scratch("open")
    os.mkdir(directory)
    os.chmod(directory, 0o777)
    return directory


def public(name):
    path = os.path.join(open_directory(), name)
    shutil.copy(experiment(name), path)
    os.chmod(path, 0o755)
    return path


def watch_into(directory, command, env=None, prefix=()):
    path = os.path.join(directory, "run")
    done = run([*prefix, TCPWATCH, "-o", path + ".tcpw", "--csv", path + ".csv", "--json",
                path + ".json", "--view", "none", "--", *command],
               env={**os.environ, **(env or {})})
    return Trace(path + ".tcpw", path + ".csv", path + ".json", done)


@test
def sudo_user_owns_command_and_files():
    result = watch_into(open_directory(), ["sh", "-c", "id -u; id -g; id -G"], SUDO)
    equal((result.status, result.out.split()), (0, [str(NOBODY)] * 3), "user of the command")
    paths = [result.capture, result.json_path, result.tables.directory]
    paths += [os.path.join(result.tables.directory, name + ".csv") for name in TABLES]
    for path in paths:
        equal(owner(path), (NOBODY, NOBODY), f"owner of {path}")
        need(not stat.S_IMODE(os.lstat(path).st_mode) & 0o022, f"{path}: others may write")


@test
def experiments_as_the_sudo_user():
    as_user = [tool("setpriv"), "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    skipped = []
    for name, *options in (("lifecycle",), ("handshake",), ("quick_return", "--pause", "0"),
                           ("bulk_send", "--pause", "0"), ("handshake", "--delay", "10ms"),
                           ("handshake", "--drop", "3", "--ipv6")):
        command = [public(name), *options]
        if run(as_user + command).returncode:
            skipped.append(" ".join([name, *options]))
            continue
        result = watch_into(open_directory(), command, SUDO)
        equal(result.status, 0, f"exit status of {command} ({result.err})")
        equal(result.tables.socket(side="client")["pid"], result.said["client.pid"], "process")
        equal(result.tables.socket(side="client")["final_state"], "TIME_WAIT", "state")
    print("can't be run by that user, even untraced:", skipped)
    need(len(skipped) < 3, "no experiment runs as that user")


@actor
def short():
    sock = listener()
    here = connect(sock.getsockname())
    close(accept(sock))
    close(here)


@test
def without_rights_one_line():
    nobody = [tool("setpriv"), "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    if not can_execute(nobody):
        raise Skip(f"uid {NOBODY} can't reach {TCPWATCH}")
    for rights in ([], ["--bounding-set=-all"]):
        done = run(nobody + rights + [TCPWATCH, "--", "true"])
        equal((done.returncode, done.stdout), (125, ""), "exit status")
        equal(len(done.stderr.splitlines()), 1, f"lines ({done.stderr!r})")
        for word in ("root", "CAP_BPF", "CAP_PERFMON"):
            need(word in done.stderr, f"{word} is not named: {done.stderr}")
    # A capture can be read by anybody.
    path = trace(actor_command(short)).capture
    equal(run([*nobody, TCPWATCH, "-r", path, "--view", "summary"]).returncode, 0, "status of -r")


def can_execute(prefix):
    return run([*prefix, TCPWATCH, "--version"]).returncode == 0


@test
def two_capabilities_are_enough():
    rights = "+bpf,+perfmon"
    nobody = [tool("setpriv"), "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups",
              "--inh-caps", rights, "--ambient-caps", rights]
    if not can_execute(nobody):
        raise Skip(f"uid {NOBODY} can't reach {TCPWATCH}")
    directory = open_directory()
    result = watch_into(directory, [public("lifecycle")], prefix=nobody)
    equal(result.status, 0, f"exit status ({result.err})")
    equal(owner(result.capture), (NOBODY, NOBODY), "owner of the capture")
    equal(result.tables.socket(side="client")["final_state"], "TIME_WAIT", "state of the client")
    equal(result.tables.socket(side="server")["pid"], result.said["server.pid"], "process")
    for one in ("+bpf", "+perfmon"):
        less = [word if word != rights else one for word in nobody]
        equal(run([*less, TCPWATCH, "--", "true"]).returncode, 125, f"with {one} alone")


@test
def levels_of_detail():
    counts = {}
    for level in ("states", "calls", "full"):
        result = trace([experiment("lifecycle")], "--detail", level)
        equal(info(result.capture)["detail"], level, "--info: detail")
        end = result.tables.socket(local_port=int(result.said["client.local"].rsplit(":", 1)[1]))
        equal(end["final_state"], "TIME_WAIT", f"final state with --detail {level}")
        counts[level] = {name: len(result.tables[name]) for name in ("states", "calls", "segments")}
    print(counts)
    equal(counts["states"]["calls"], 0, "calls with --detail states")
    equal(counts["calls"]["calls"], counts["full"]["calls"], "calls with --detail calls")
    need(counts["full"]["segments"] > 0, "segments with --detail full")


main()
