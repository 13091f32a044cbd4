# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
-r makes of a capture, byte for byte, what the live run said: each view, CSV and
JSON. And the CSV opens with the right types in sqlite3 and in Python.
"""
import csv
import filecmp
import os
import re
import socket
import sqlite3
import subprocess
import time

from live import (TABLES, TCPWATCH, Tables, accept, actor, actor_command, close, connect, equal,
                  experiment, fork, join, listener, main, need, read, receive, run, scratch, send,
                  test, tool, trace)

VIEWS = ("moments", "events", "connections", "ladder", "summary", "none")


def check_view(view, command):
    """The command's own output goes elsewhere, so that all on standard error is the view's."""
    path = scratch("view.tcpw")
    live = run([TCPWATCH, "-o", path, "--view", view, "--", "sh", "-c", 'exec "$@" >/dev/null 2>&1',
                "sh", *command])
    equal(live.returncode, 0, "exit status")
    again = run([TCPWATCH, "-r", path, "--view", view])
    said = re.sub(r"^  saved .*\n(    .*\n)*", "", live.stderr, flags=re.M)
    for ours, theirs in zip(said.splitlines(), again.stdout.splitlines()):
        if ours != theirs:
            print(f"live:   {ours}\nreplay: {theirs}")
            break
    need(said == again.stdout, f"--view {view} differs")
    equal((live.stdout, again.stderr), ("", ""), "where no view goes")
    need(view == "none" or len(live.stderr) > 200, f"--view {view} shows too little")


@test
def every_view():
    for view in VIEWS:
        check_view(view, [experiment("lifecycle")])
        check_view(view, [experiment("quick_return"), "--ipv6", "--pause", "100us"])
    check_view("moments", [experiment("handshake"), "--drop", "3"])


@actor
def late_answer():
    """The answer comes so late that the client's last send is told out of its place."""
    sock = listener()

    def client():
        here = connect(sock.getsockname())
        send(here, b"x" * 100)
        receive(here, 1000)
        close(here)

    child = fork(client)
    there = accept(sock)
    receive(there, 1000)
    time.sleep(0.5)
    send(there, b"y" * 200)
    close(there)
    join(child)


def times_of(text):
    """The times of the moments, in ns."""
    units = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    moments = re.split(r"^-- ", text.split("\n\n")[0], flags=re.M)[-1]
    return [float(number.replace(",", "")) * units[unit] for number, unit in
            re.findall(r"^ *([+-][\d.,]+) (ns|us|ms|s)  ", moments, re.M)]


@test
def moments_are_in_order_of_time():
    check_view("moments", actor_command(late_answer))
    for command in ([experiment("lifecycle")], actor_command(late_answer)):
        times = times_of(run([TCPWATCH, "-r", trace(command).capture]).stdout)
        need(len(times) > 8, f"moments: {times}")
        equal(times, sorted(times), "times of the moments, from the first SYN on")


@actor
def many_and_failures():
    """Nine connections, then three attempts of each sort that fails."""
    sock, gone = listener(), listener()
    refusing = gone.getsockname()
    gone.close()
    for _ in range(9):
        here = connect(sock.getsockname())
        close(accept(sock))
        close(here)
    for waits in (True, False):
        with socket.socket() as here:
            here.setblocking(waits)
            here.connect_ex(refusing)
            time.sleep(0.05)
    with socket.socket() as here:
        here.connect_ex(("203.0.113.9", 9))


@test
def failed_attempts_have_their_line_too():
    text = run([TCPWATCH, "-r", trace(actor_command(many_and_failures)).capture]).stdout
    table = text.split("local -> remote\n")[1].split("\n\n")[0]
    rows = [line.split() for line in table.splitlines()]
    equal(sorted(row[6] for row in rows), ["ECONNREFUSED", "ECONNREFUSED", "ENETUNREACH", "FIN-in"],
          f"ends of the connections above 8 in\n{text[:9000]}")
    need("12 connections: 9 closed, 0 reset, 3 failed, 0 open." in text, "the sums")
    check_view("moments", actor_command(many_and_failures))


@test
def languages_and_looks():
    path = trace([experiment("lifecycle")]).capture
    for view in VIEWS[:5]:
        for options in (("--lang", "zh"), ("--ascii",), ("--color=always",)):
            done = run([TCPWATCH, "-r", path, "--view", view, *options])
            equal(done.returncode, 0, f"exit status of {view} {options}")
            need(len(done.stdout) > 200, f"{view} {options} shows too little")
            if options == ("--ascii",):
                need(done.stdout.isascii(), f"--ascii --view {view} is not ASCII")


@test
def the_view_leaves_standard_output_to_another_output():
    path = trace([experiment("lifecycle")]).capture
    alone, text = run([TCPWATCH, "-r", path]), run([TCPWATCH, "-r", path, "--json", "-"])
    equal((text.stderr, alone.stderr), (alone.stdout, ""), "the view beside JSON")
    need(text.stdout.startswith("{"), "JSON on standard output")


def same_files(live, again):
    for name in TABLES:
        need(filecmp.cmp(os.path.join(live.tables.directory, name + ".csv"),
                         os.path.join(again.tables.directory, name + ".csv"), shallow=False),
             f"{name}.csv differs")
    need(filecmp.cmp(live.json_path, again.json_path, shallow=False), "the JSON files differ")


@test
def csv_and_json():
    for name, *options in (("lifecycle",), ("quick_return", "--pause", "0"),
                           ("bulk_send", "--pause", "0"), ("handshake", "--drop", "2")):
        live = trace([experiment(name), *options])
        same_files(live, read(live.capture))


@test
def a_capture_through_a_pipe():
    live = trace([experiment("lifecycle")])
    path = scratch("again")
    with open(live.capture, "rb") as file, subprocess.Popen(
            ["cat"], stdin=file, stdout=subprocess.PIPE) as cat:
        done = run([TCPWATCH, "-r", "-", "--csv", path, "--json", "-", "--view", "none"],
                   stdin=cat.stdout)
    equal(done.returncode, 0, "exit status")
    with open(live.json_path, encoding="utf-8") as file:
        equal(done.stdout, file.read(), "JSON")
    for name in TABLES:
        equal(Tables(path)[name], live.tables[name], name)


@test
def json_has_the_same_rows_as_csv():
    live = trace([experiment("lifecycle")])
    types = {"states": "state", "calls": "call", "bytes": "bytes", "segments": "segment"}
    rows = live.json()
    for table, kind in types.items():
        found = [row for row in rows if row["type"] == kind]
        equal(len(found), len(live.tables[table]), f"rows of {table}")
        for theirs, ours in zip(found, live.tables[table]):
            for column, value in ours.items():
                if column in theirs:
                    equal(theirs[column], value, f"{column} in {table}")
                else:
                    need(column.endswith("_s"), f"{column} of {table} is not in JSON")


def check_column(name, column, cells):
    """A column that holds numbers holds nothing else."""
    if column.endswith(("_s",)):
        need(all(cell.count(".") == 1 and len(cell.split(".")[1]) == 9 for cell in cells if cell),
             f"{name}.{column} has not nine decimals")
        [float(cell) for cell in cells if cell]
    elif column.endswith(("_ns", "_bytes", "_port")) or column in ("pid", "tid", "socket", "seq"):
        [int(cell) for cell in cells if cell]


@test
def python_reads_the_csv():
    live = trace([experiment("lifecycle")])
    for name in TABLES:
        path = os.path.join(live.tables.directory, name + ".csv")
        with open(path, "rb") as file:
            data = file.read()
        need(b"\r" not in data and data.endswith(b"\n"), f"{name}.csv: lines do not end with LF")
        rows = list(csv.reader(data.decode("utf-8").splitlines(), strict=True))
        equal({len(row) for row in rows}, {len(rows[0])}, f"cells of a row of {name}.csv")
        equal(len(set(rows[0])), len(rows[0]), f"column names of {name}.csv")
        for index, column in enumerate(rows[0]):
            check_column(name, column, [row[index] for row in rows[1:]])


@test
def sqlite_reads_the_csv():
    live = trace([experiment("lifecycle")])
    base = scratch("run.db")
    script = "".join(f".import --csv {live.tables.directory}/{name}.csv {name}\n"
                     for name in TABLES)
    done = run([tool("sqlite3"), base], input=script)
    equal((done.returncode, done.stderr), (0, ""), "sqlite3 .import")
    with sqlite3.connect(base) as connection:
        for name in TABLES:
            count, = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
            equal(count, len(live.tables[name]), f"rows of {name}")
            # No column name has to be quoted, and numbers are numbers to the letter.
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            for column in columns:
                for cell, number in connection.execute(
                        f"SELECT {column}, CAST({column} AS INTEGER) FROM {name}"):
                    if column.endswith(("_ns", "_bytes")) and cell != "":
                        equal(cell, str(number), f"{name}.{column}")
        sent, = connection.execute("SELECT sum(moved_bytes) FROM calls WHERE side = 'client' "
                                   "AND call = 'write'").fetchone()
    equal(sent, live.said["client.bytes_sent"], "bytes by SQL")


main()
