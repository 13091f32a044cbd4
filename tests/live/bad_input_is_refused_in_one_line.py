# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Options that make no sense, captures that are none, output that exists, and a
disk that is full: one line that says what is wrong, status 125, nothing harmed.
"""
import os
import random
import re
import subprocess

from live import (TCPWATCH, Tables, equal, experiment, main, need, read, run, scratch, test,
                  tool, trace)


def refused(*words, named=""):
    done = run([TCPWATCH, *words])
    equal(done.returncode, 125, f"exit status of {words} ({done.stderr[:200]!r})")
    equal((len(done.stderr.splitlines()), done.stdout), (1, ""), f"output of {words}: "
          f"{done.stderr!r}")
    need(done.stderr.startswith("tcpwatch: "), f"who speaks? {done.stderr}")
    need(named in done.stderr, f"{named} is not named: {done.stderr}")
    need(not re.search(r"[\0-\x09\x0b-\x1f\x7f]", done.stderr), f"unescaped: {done.stderr!r}")


@test
def bad_options():
    path = scratch()
    for words in ((), ("--",), ("--nonsense", "--", "true"), ("-Z", "--", "true"), ("--view",),
                  ("--view", "nonsense", "--", "true"), ("--detail", "much", "--", "true"),
                  ("--ring-size", "5", "--", "true"), ("--ring-size", "12k", "--", "true"),
                  ("--ring-size", "2g", "--", "true"), ("--ring-size", "-4k", "--", "true"),
                  ("--ring-size", "99999999999999999999", "--", "true"),
                  ("--every", "1", "--csv", path, "--", "true"), ("--every", "1ms", "--", "true"),
                  ("--every", "0ms", "--csv", path, "--", "true"), ("--lang", "xx", "--", "true"),
                  ("--color=purple", "--", "true"), ("-r", path, "--", "true"), ("--info",),
                  ("-r", path, "-o", path + "2"), ("-o", "-", "--", "true"), ("-r",),
                  ("--csv", "", "--", "true"), ("-o", "", "--", "true")):
        refused(*words)
    need(not os.path.exists(path), "a file was made all the same")


@test
def captures_that_are_none():
    directory = scratch()
    os.mkdir(directory)
    foreign = {"empty": b"", "text": b"hello world\n" * 100, "zeros": bytes(5000),
               "picture": b"\x89PNG\r\n\x1a\n" + bytes(2000), "pcap": b"\xd4\xc3\xb2\xa1" * 99}
    refused("-r", directory, named=directory)
    refused("-r", os.path.join(directory, "missing"), named="missing")
    refused("-r", "/dev/null", named="/dev/null")
    refused("-r", os.path.join(directory, "control\x1b[31m\n"))
    for name, data in foreign.items():
        path = os.path.join(directory, name)
        with open(path, "wb") as file:
            file.write(data)
        refused("-r", path, named=path)
        refused("-r", path, "--info", named=path)


def run_into(stdout, command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, text=True, check=False)


def write(data):
    path = scratch("damaged.tcpw")
    with open(path, "wb") as file:
        file.write(data)
    return path


def check_damaged(data, whole, what):
    """Either one line, or a beginning of the whole: never a crash, never anything else."""
    path = write(data)
    done = run([TCPWATCH, "-r", path, "--view", "none", "--csv", path + ".csv"])
    if done.returncode:
        equal((done.returncode, len(done.stderr.splitlines())), (125, 1),
              f"{what}: {done.stderr!r}")
        return False
    for table in ("calls", "segments", "states"):
        rows = Tables(path + ".csv")[table]
        keys = [key for key in (rows or [{}])[0] if key in
                ("raw_seq", "raw_ack", "flags", "call", "tid", "result", "new_state", "length")]
        # What an open call would have returned is not known where the file ends.
        cut = [[row[key] for key in keys] for row in rows if row.get("finished", 1)]
        full = [[row[key] for key in keys] for row in whole[table]]
        equal(cut, full[:len(cut)], f"{what}: {table}")
    text = run([TCPWATCH, "-r", path, "--info"]).stdout
    need("cut off" in text or "damaged" in text, f"{what}: --info calls it complete")
    return True


@test
def truncated_captures():
    result = trace([experiment("quick_return"), "--pause", "0"])
    with open(result.capture, "rb") as file:
        data = file.read()
    lengths = [1, 8, 20, 100, 1000, len(data) // 3, len(data) // 2, len(data) - 20, len(data) - 1]
    read_well = [check_damaged(data[:length], result.tables, f"the first {length} bytes")
                 for length in lengths]
    need(read_well[-1], "without its last byte it can't be read")
    need(not read_well[0], "one byte was taken as a capture")


@test
def corrupted_captures():
    result = trace([experiment("quick_return"), "--pause", "0"])
    with open(result.capture, "rb") as file:
        data = file.read()
    numbers = random.Random(1)
    for _ in range(60):
        at, bit = numbers.randrange(len(data)), 1 << numbers.randrange(8)
        damaged = data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]
        check_damaged(damaged, result.tables, f"bit {bit:#x} of byte {at} turned")


@test
def output_that_exists():
    directory = scratch()
    os.mkdir(directory)
    path = os.path.join(directory, "file")
    made = os.path.join(directory, "command-ran")
    with open(path, "w", encoding="ascii") as file:
        file.write("precious")
    os.symlink(path, path + ".link")
    for option in ("-o", "--json", "--csv"):
        for name in (path, path + ".link"):
            refused(option, name, "--", "touch", made, named=name)
        refused(option, os.path.join(directory, "no", "such"), "--", "touch", made)
    refused("--csv", directory, "--", "touch", made, named=directory)
    refused("-o", directory, "--force", "--", "touch", made, named=directory)
    refused("-o", path + ".link", "--force", "--", "touch", made, named=".link")
    need(not os.path.exists(made), "the command ran all the same")
    with open(path, encoding="ascii") as file:
        equal(file.read(), "precious", "the file")
    equal(run([TCPWATCH, "-o", path, "--force", "--view", "none", "--", "true"]).returncode, 0,
          "exit status with --force")
    equal(run([TCPWATCH, "-r", path, "--info"]).returncode, 0, "exit status of -r")


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


@test
def no_output_is_the_capture_or_another_output():
    directory = scratch()
    os.mkdir(directory)
    path = os.path.join(directory, "run.tcpw")
    equal(run([TCPWATCH, "-o", path, "--view", "none", "--", "true"]).returncode, 0, "status")
    capture = bytes_of(path)
    other, csv_path = os.path.join(directory, "hard"), os.path.join(directory, "csv")
    os.link(path, other)
    os.mkdir(csv_path)
    os.link(path, os.path.join(csv_path, "calls.csv"))
    for option in ("--json", "--html", "--svg", "--perfetto", "--pcapng"):
        for name in (path, other, os.path.join(directory, "csv", "..", "run.tcpw")):
            refused("-r", path, option, name, "--force", named=name)
            equal(bytes_of(path), capture, "the capture that was read")
    refused("-r", path, "--csv", csv_path, "--force", named=csv_path)
    refused("-r", os.path.join(csv_path, "calls.csv"), "--csv", csv_path, "--force")
    with open(path, "rb") as stdin:
        done = run([TCPWATCH, "-r", "-", "--json", path, "--force"], stdin=stdin)
    equal((done.returncode, len(done.stderr.splitlines())), (125, 1), f"-r - ({done.stderr})")
    with open(path, "ab") as stdout:
        done = run_into(stdout, [TCPWATCH, "-r", path, "--json", "-", "--view", "none"])
    equal(done.returncode, 125, "standard output at the end of the capture")
    equal(bytes_of(path), capture, "the capture that was read")
    new = os.path.join(directory, "new")
    refused("-r", path, "--json", new, "--html", new, named=new)
    refused("-r", path, "--json", new, "--html", directory + "/./new", "--force", named=new)
    refused("-o", new, "--json", directory + "/./new", "--force", "--", "true", named=new)
    refused("-o", os.path.join(csv_path, "calls.csv"), "--csv", csv_path, "--force", "--", "true")
    need(not os.path.exists(new), "a file was made all the same")
    equal(bytes_of(path), capture, "the capture that was read")


@test
def devices_and_fifos_are_written_to():
    path, fifo = scratch("run.tcpw"), scratch("fifo")
    equal(run([TCPWATCH, "-o", path, "--view", "none", "--", "true"]).returncode, 0, "status")
    done = run([TCPWATCH, "-r", path, "--view", "none", "--json", "/dev/null"])
    equal((done.returncode, done.stderr), (0, ""), "/dev/null")
    os.mkfifo(fifo)
    with subprocess.Popen([TCPWATCH, "-r", path, "--view", "none", "--json", fifo]) as process:
        with open(fifo, encoding="utf-8") as file:
            lines = file.read().splitlines()
    equal(process.returncode, 0, "exit status with a FIFO")
    need('"type":"capture"' in lines[0] and '"type":"end"' in lines[-1], f"from a FIFO: {lines}")
    need(os.path.exists("/dev/null") and os.path.exists(fifo), "an outlet was removed")
    refused("-o", "/dev/null", "--", "true", named="/dev/null")


FULL = """
mount -t tmpfs -o size=400k none "$1" || exit 99
"$2" -o "$1/run.tcpw" --view events -- "$3" --pause 0 --bytes 3000000
status=$?
cp "$1/run.tcpw" "$4"
exit $status
"""


@test
def a_full_disk():
    disk, copy = scratch("disk"), scratch("run.tcpw")
    os.mkdir(disk)
    done = run([tool("unshare"), "--mount", "sh", "-c", FULL, "sh", disk, TCPWATCH,
                experiment("bulk_send"), copy])
    need(done.returncode != 99, "a file system of 400 KiB can't be mounted")
    equal(done.returncode, 125, f"exit status ({done.stderr[-300:]})")
    said = [line for line in done.stderr.splitlines() if line.startswith("tcpwatch: ")]
    equal(len(said), 1, f"lines of tcpwatch itself ({said})")
    need("No space left on device" in said[0] and disk in said[0], f"it says: {said[0]}")
    words = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    equal((words["client.bytes_sent"], words["server.bytes_read"]), ("3000000", "3000000"),
          "what the command did")
    # The trace went on: the view has seen all that the program did.
    reads = len(re.findall(r"\bread\(", done.stderr))
    equal(reads, int(words["server.read_calls"]), "read calls in --view events")
    result = read(copy, "--view", "none")
    need(result.tables["calls"], "nothing can be read of what was written")
    need("cut off" in run([TCPWATCH, "-r", copy, "--info"]).stdout, "--info: not cut off?")
    again = run([TCPWATCH, "-r", copy, "--view", "events"])
    said = [re.findall(r"!! .*", text) for text in (done.stderr, again.stdout + again.stderr)]
    equal(said[0], said[1], "where it was cut off, live and with -r")
    need("cut off at +" in said[0][0], f"it says: {said[0]}")


@test
def csv_on_a_full_disk():
    disk = scratch("disk")
    os.mkdir(disk)
    script = 'mount -t tmpfs -o size=64k none "$1" || exit 99; exec "$2" --csv "$1/csv" ' \
        '--view none -- "$3" --pause 0'
    done = run([tool("unshare"), "--mount", "sh", "-c", script, "sh", disk, TCPWATCH,
                experiment("quick_return")])
    need(done.returncode != 99, "a file system of 64 KiB can't be mounted")
    equal(done.returncode, 125, f"exit status ({done.stderr[-300:]})")
    need("No space left on device" in done.stderr, f"it says: {done.stderr[-200:]}")


main()
