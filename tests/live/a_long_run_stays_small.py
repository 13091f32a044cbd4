# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
With 100,000 connections passed and 1,000 open, tcpwatch stays below 64 MiB
resident, live and reading, and every connection is still told of. Those that are
open at once are all kept, as long as they are no more than a machine has.
"""
import os
import resource
import socket
import subprocess
import sys

from live import (ROOT, TCPWATCH, actor, actor_command, equal, fork, info, join, main, need, one,
                  said, scratch, test, trace)

MOST_BYTES = 64 << 20
PASSED = 100000
OPEN_AT_ONCE = 1000

_made = {}


def built(path):
    path = os.path.join(ROOT, "build", "tests", path)
    need(os.access(path, os.X_OK), f"{path} is not built: run make test-programs")
    return path


def crowd(count=PASSED):
    """A capture that no machine recorded: tests/page/make_capture.c."""
    if count not in _made:
        _made[count] = scratch("crowd.tcpw")
        subprocess.run([built("page/make_capture"), "crowd", str(count), "crowd", _made[count]],
                       check=True)
    return _made[count]


# In a process of its own: a child begins with the peak of who started it.
MEASURE = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
status, usage = os.wait4(pid, 0)[1:]
open(sys.argv[1], "w").write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""


def small(*command, feed=None):
    """Runs tcpwatch; what it said on both streams. feed: a program that reads its output."""
    err_path, out_path, peak_path = scratch("err"), scratch("out"), scratch("peak")
    measured = [sys.executable, "-S", "-c", MEASURE, peak_path, TCPWATCH, *command]
    with open(err_path, "wb") as err, open(out_path, "wb") as out:
        reader = feed and subprocess.Popen(feed, stdin=subprocess.PIPE, stdout=out)
        done = subprocess.run(measured, stderr=err, stdout=reader.stdin if reader else out,
                              stdin=subprocess.DEVNULL, check=False)
        if reader:
            reader.stdin.close()
            reader.wait()
    with open(err_path, errors="replace") as err, open(out_path, errors="replace") as out:
        text = err.read(), out.read()
    equal(done.returncode, 0, f"exit status ({text[0][:300]})")
    with open(peak_path, encoding="ascii") as file:
        peak = int(file.read()) * 1024
    need(peak < MOST_BYTES, f"{peak >> 20} MiB resident: {' '.join(command[:6])}")
    return text


@test
def the_summary_adds_up_what_it_lets_go():
    _, out = small("-r", crowd(), "--view", "summary")
    need(f"and {PASSED - 8:,} more connections" in out, out[-600:])
    need("open at the end" not in out and "LOST" not in out, out[-600:])


@test
def the_moments_have_a_line_for_each():
    _, out = small("-r", crowd(), "--view", "moments")
    need(f"{PASSED:,} connections: {PASSED:,} closed," in out, out[-600:])
    need(sum(" FIN-" in line for line in out.splitlines()) >= PASSED - 8,
         "a connection has no line")


@test
def sockets_csv_has_a_row_for_each():
    directory = scratch("csv")
    small("-r", crowd(), "--view", "none", "--csv", directory)
    with open(os.path.join(directory, "sockets.csv"), encoding="utf-8") as file:
        head = file.readline().split(",")
        column = {name: head.index(name) for name in ("socket", "connection", "final_state")}
        rows = [line.split(",") for line in file]
    equal(len(rows), 2 * PASSED + 1, "rows")
    equal(len({row[column["socket"]] for row in rows}), len(rows), "sockets")
    equal(len({row[column["connection"]] for row in rows}), PASSED + 1, "connections")
    equal({row[column["final_state"]] for row in rows}, {"CLOSE", "LISTEN"}, "states")


@test
def json_has_a_line_for_each():
    _, out = small("-r", crowd(), "--view", "none", "--json", "-",
                   feed=["grep", "-c", '"type":"connection"'])
    equal(int(out), PASSED, "lines")


@test
def the_page_says_how_many_it_leaves_out():
    page = scratch("page.html")
    small("-r", crowd(), "--view", "none", "--html", page)
    need(os.path.getsize(page) < 16 << 20, f"{os.path.getsize(page)} bytes")


@test
def pictures_and_other_formats_stay_small_too():
    for option in ("--svg", "--pcapng", "--perfetto"):
        small("-r", crowd(30000), "--view", "none", option, scratch("file"))


def open_pairs(count):
    """Both ends of each; they stay open."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as sock:
        return [(socket.create_connection(sock.getsockname()), sock.accept()[0])
                for _ in range(count)]


def keep_open(count, ready, done):
    os.close(done[1])
    pairs = open_pairs(count)
    os.write(ready[1], b"r")
    os.read(done[0], 1)
    pairs[0][0].send(b"x" * 100)


@actor
def many_at_once(processes, each):
    """One process may not have so many descriptors: several do, and all wait for the last."""
    ready, done = os.pipe(), os.pipe()
    pids = [fork(keep_open, int(each), ready, done) for _ in range(int(processes))]
    for _ in pids:
        os.read(ready[0], 1)
    os.close(done[1])
    join(*pids)


@test
def ten_thousand_that_are_open_at_once_are_all_kept():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    result = trace(actor_command(many_at_once, 10, 1000), "--ring-size", "64m", "--view", "summary",
                   "--detail", "calls")
    equal(result.tables["losses"], [], "losses")
    lines = [row for row in result.json() if row["type"] == "connection"]
    equal(len(lines), 10000, "connections")
    first = one((line for line in lines if line["connection"] == 1), "first ones")
    # It is told of at the end, when all the others had begun.
    need(first["last_ns"] > max(line["t_ns"] for line in lines), "the first one was let go")
    need(all(line["client"]["socket"] and line["server"]["socket"] for line in lines), "ends")
    need("connections were open at once" not in result.err, result.err[-600:])


def live(detail, view="summary"):
    capture = scratch("run.tcpw")
    err, out = small("-o", capture, "--detail", detail, "--view", view, "--",
                     built("bench/load"), "crr", "4", "1", "15")
    operations = said(out)["operations"]
    # One more for each of the four that the end cut short.
    seen = int(info(capture)["connections"].replace(",", ""))
    if view != "none" and "RECORDS LOST" not in err:
        need(operations <= seen <= operations + 4, f"{seen} connections, {operations} operations")
    need(seen > OPEN_AT_ONCE, f"only {seen} connections")
    small("-r", capture, "--view", "summary")


@test
def a_live_run_stays_small_at_states():
    live("states")


@test
def a_live_run_without_a_view_stays_small():
    live("calls", "none")


@test
def a_live_run_stays_small_at_calls():
    live("calls")


if __name__ == "__main__":
    main()
