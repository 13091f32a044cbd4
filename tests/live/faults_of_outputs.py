# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What becomes of a run when an output fails in the middle (FAULTS in the man page):
the command goes on, the other outputs are whole, one line says what failed. The
full disk is in bad_input_is_refused_in_one_line.py.
"""
import os
import signal
import subprocess

from live import (TCPWATCH, equal, experiment, info, main, need, read, run, said, scratch, test,
                  tool)

LIFECYCLE = experiment("lifecycle")


def own_lines(text):
    return [line for line in text.splitlines() if line.startswith("tcpwatch: ")]


def check_whole(capture):
    equal(info(capture)["ending"], "complete", "--info: ending")
    need(read(capture).tables.where("calls", call="send") or
         read(capture).tables.where("calls", call="write"), "nothing was sent in the capture")


@test
def a_quota_that_is_used_up():
    path, limit = scratch("run.tcpw"), 400 << 10
    done = run([tool("prlimit"), f"--fsize={limit}", TCPWATCH, "-o", path, "--view", "none",
                "--", experiment("bulk_send"), "--pause", "0", "--bytes", "3000000"])
    equal(done.returncode, 125, f"exit status ({done.stderr})")
    lines = own_lines(done.stderr)
    equal(len(lines), 1, f"lines of tcpwatch ({lines})")
    need(path in lines[0] and "File too large" in lines[0], f"it says: {lines[0]}")
    equal(said(done.stdout)["server.bytes_read"], 3000000, "what the command did")
    need(info(path)["ending"].startswith("cut off"), "--info does not say: cut off")
    need(read(path).tables["calls"], "nothing can be read of what was written")
    need(os.path.getsize(path) <= limit, "larger than the quota")


class Gone:
    """The writing end of a pipe that nobody reads."""

    def __enter__(self):
        reading, self.fd = os.pipe()
        os.close(reading)
        return self.fd

    def __exit__(self, *_):
        os.close(self.fd)


@test
def nobody_reads_what_it_writes():
    path = scratch("run.tcpw")
    with Gone() as fd:
        done = subprocess.run([TCPWATCH, "-o", path, "--json", "-", "--view", "none", "--", "sh",
                               "-c", f"{LIFECYCLE} >&2"], stdout=fd, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True, check=False)
    equal(done.returncode, 125, f"exit status ({done.stderr})")
    equal(len(own_lines(done.stderr)), 1, f"lines of tcpwatch ({done.stderr})")
    need("Broken pipe" in done.stderr, f"it says: {done.stderr}")
    equal(said(done.stderr)["client.bytes_sent"], 14, "what the command did")
    check_whole(path)


@test
def nobody_reads_the_view():
    path = scratch("run.tcpw")
    with Gone() as fd:
        done = subprocess.run([TCPWATCH, "-o", path, "--view", "events", "--", LIFECYCLE],
                              stdout=subprocess.PIPE, stderr=fd, stdin=subprocess.DEVNULL,
                              text=True, check=False)
        # As any filter: a replay has nothing to do then.
        again = subprocess.run([TCPWATCH, "-r", path, "--view", "events"], stdout=fd,
                               stderr=subprocess.PIPE, text=True, check=False)
    equal(done.returncode, 125, "exit status")
    equal(said(done.stdout)["client.bytes_sent"], 14, "what the command did")
    check_whole(path)
    equal((again.returncode, again.stderr), (-signal.SIGPIPE, ""), "a replay")


@test
def nobody_reads_the_view_of_an_attached_trace():
    with Gone() as fd:
        done = subprocess.run([TCPWATCH, "-p", str(os.getpid()), "-d", "0.3"], stdout=fd,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                              check=False)
    equal((done.returncode, done.stderr), (125, ""), "exit status, what it says")


@test
def a_device_that_is_full():
    path = scratch("run.tcpw")
    equal(run([TCPWATCH, "-o", path, "--view", "none", "--", LIFECYCLE]).returncode, 0, "status")
    full = "No space left on device"
    shown = (["--info"], ["--play"]) + tuple(["--view", view] for view in (
        "moments", "events", "connections", "ladder", "summary"))
    for options in shown:
        with open("/dev/full", "wb") as device:
            done = subprocess.run([TCPWATCH, "-r", path, *options], stdout=device,
                                  stderr=subprocess.PIPE, text=True, check=False)
        equal((done.returncode, done.stderr),
              (125, f"tcpwatch: can't write to standard output: {full}\n"), f"{options}")
    for output in ("--json", "--html", "--svg", "--perfetto", "--pcapng"):
        done = run([TCPWATCH, "-r", path, "--view", "none", output, "/dev/full"])
        equal((done.returncode, done.stderr),
              (125, f"tcpwatch: can't write /dev/full: {full}; what is in there is incomplete\n"),
              output)


@test
def streams_that_are_closed_stay_so():
    path = scratch("run.tcpw")
    script = f"{LIFECYCLE} >/dev/null; ls /proc/$$/fd >\"$0\""
    for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"):
        seen = scratch("seen")
        for command in ([TCPWATCH, "-o", path, "--force", "--view", "events", "--"], []):
            run(["sh", "-c", f'"$@" {closed}', "sh", *command, "sh", "-c", script, seen])
            with open(seen, encoding="ascii") as file:
                open_there = {int(word) for word in file.read().split()}
            if command:
                traced = open_there
        equal(traced & {0, 1, 2}, open_there & {0, 1, 2}, f"streams of the command with {closed}")
        check_whole(path)


@test
def files_that_are_removed_meanwhile():
    directory = scratch("outputs")
    os.mkdir(directory)
    path = os.path.join(directory, "run")
    done = run([TCPWATCH, "-o", path + ".tcpw", "--json", path + ".json", "--html",
                path + ".html", "--view", "none", "--", "sh", "-c",
                f'rm "$0.tcpw" "$0.html"; exec {LIFECYCLE}', path])
    equal((done.returncode, done.stderr), (0, ""), "exit status, standard error")
    equal(os.listdir(directory), ["run.json"], "what is there")
    with open(path + ".json", encoding="utf-8") as file:
        need('"type":"end"' in file.read().splitlines()[-1], "the JSON file is not whole")


@test
def a_directory_that_is_removed_meanwhile():
    directory = scratch("outputs")
    os.mkdir(directory)
    path = os.path.join(directory, "run")
    done = run([TCPWATCH, "-o", path + ".tcpw", "--csv", path + ".csv", "--json", path + ".json",
                "--view", "none", "--", "sh", "-c", f'rmdir "$0.csv"; exec {LIFECYCLE}', path])
    equal((done.returncode, len(own_lines(done.stderr))), (125, 1), f"{done.stderr!r}")
    need(path + ".csv" in done.stderr, f"it says: {done.stderr}")
    check_whole(path + ".tcpw")
    with open(path + ".json", encoding="utf-8") as file:
        need('"type":"end"' in file.read().splitlines()[-1], "the JSON file is not whole")


main()
