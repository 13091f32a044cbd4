# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
--rotate: each file of a split capture can be read for itself, together they
hold the return of every call once, the oldest go, and no file of anybody else is touched.
"""
import glob
import os
import signal
import subprocess
import time

from live import (TCPWATCH, Tables, accept, actor, actor_command, connect, equal, info, listener,
                  main, need, run, said, scratch, test, wait_until)

PIECE = 1 << 20


@actor
def sends(count, pause="0"):
    """One connection for the whole run; prints what its calls moved."""
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    sent = received = calls = 0
    for i in range(int(count)):
        sent += here.send(b"x" * (100 + i % 50))
        received += len(there.recv(1000))
        calls += 1
        if pause != "0" and not i % 50:
            time.sleep(float(pause))
    print(f"sent={sent}\nreceived={received}\ncalls={calls}", flush=True)


def pieces(path):
    return sorted(glob.glob(path.replace(".tcpw", ".[0-9]*.tcpw")))


def tables(piece):
    directory = scratch("csv")
    done = run([TCPWATCH, "-r", piece, "--view", "none", "--csv", directory])
    equal(done.returncode, 0, f"exit status of -r {piece} ({done.stderr[:200]})")
    return Tables(directory)


def split(command, *options, status=0):
    path = scratch("run.tcpw")
    done = run([TCPWATCH, "-o", path, *options, "--view", "none", "--", *command])
    equal(done.returncode, status, f"exit status ({done.stderr[:300]})")
    return path, done


def moved(parts, call):
    return sum(row["moved_bytes"] or 0 for part in parts for row in part.where("calls", call=call))


def check_sums(path, done):
    counted = said(done.stdout)
    parts = [tables(piece) for piece in pieces(path)]
    if any(part["losses"] for part in parts):
        return
    equal(moved(parts, "send"), counted["sent"], "bytes sent, over all files")
    equal(moved(parts, "recv"), counted["received"], "bytes received, over all files")
    # One that is still inside at the end of a file returns in the next one.
    equal(sum(len(part.where("calls", call="send", finished=1)) for part in parts),
          counted["calls"], "send calls, over all files")


@test
def by_size_every_call_is_in_one_file():
    path, done = split(actor_command(sends, 9000), "--rotate", "1m", "--keep", "100")
    need(len(pieces(path)) > 2, f"{len(pieces(path))} files")
    for piece in pieces(path):
        need(os.path.getsize(piece) <= PIECE, f"{piece}: {os.path.getsize(piece)} bytes")
    check_sums(path, done)


@test
def by_time_every_call_is_in_one_file():
    path, done = split(actor_command(sends, 2000, "0.1"), "--rotate", "1s", "--keep", "100")
    need(len(pieces(path)) > 1, f"{len(pieces(path))} files")
    check_sums(path, done)


@test
def each_file_says_what_it_is_and_knows_its_sockets():
    path, _ = split(actor_command(sends, 9000), "--rotate", "1m", "--keep", "100")
    found = pieces(path)
    for number, piece in enumerate(found, 1):
        said_of = info(piece)
        need(said_of["piece"].startswith(f"{number}, begins at"), said_of["piece"])
        equal("goes on in the next one" in said_of["piece"], piece != found[-1], piece)
        equal(said_of["ending"], "complete", piece)
        equal("result" in said_of, piece == found[-1], f"result in {piece}")
    for piece in found[1:]:
        part = tables(piece)
        for row in part.where("calls", call="send"):
            one = part.socket(socket=row["socket"])
            need(one["local_port"] and one["remote_port"] and one["comm"], f"{piece}: {one}")
        states = [row for row in part["states"] if row["detail"] == "found"]
        equal({row["new_state"] for row in states}, {"LISTEN", "ESTABLISHED"}, piece)


@test
def the_oldest_go_and_foreign_files_stay():
    path = scratch("run.tcpw")
    foreign = path.replace("run.tcpw", "run.notes.tcpw")
    with open(foreign, "w", encoding="ascii") as file:
        file.write("mine")
    done = run([TCPWATCH, "-o", path, "--rotate", "1m", "--keep", "2", "--view", "none", "--",
                *actor_command(sends, 9000)])
    equal(done.returncode, 0, f"exit status ({done.stderr[:300]})")
    found = pieces(path)
    equal(len(found), 2, "files")
    need(not found[0].endswith(".0001.tcpw"), found[0])
    need(not os.path.exists(path), f"{path} exists")
    with open(foreign, encoding="ascii") as file:
        equal(file.read(), "mine", "a foreign file")


@test
def a_series_that_exists_is_refused():
    path, _ = split(actor_command(sends, 100), "--rotate", "1m")
    before = os.stat(pieces(path)[0])
    done = run([TCPWATCH, "-o", path, "--rotate", "1m", "--", "true"])
    equal(done.returncode, 125, "exit status")
    equal(done.stderr.count("\n"), 1, f"lines of {done.stderr!r}")
    equal(os.stat(pieces(path)[0]).st_mtime_ns, before.st_mtime_ns, "when it was written")
    done = run([TCPWATCH, "-o", path, "--rotate", "1m", "--force", "--view", "none", "--",
                *actor_command(sends, 100)])
    equal(done.returncode, 0, f"exit status with --force ({done.stderr[:300]})")


@test
def killed_in_the_middle_all_files_can_be_read():
    path = scratch("run.tcpw")
    with subprocess.Popen([TCPWATCH, "-o", path, "--rotate", "1m", "--view", "none", "--",
                           *actor_command(sends, 10 ** 7)], stdout=subprocess.DEVNULL,
                          stdin=subprocess.DEVNULL, start_new_session=True) as process:
        wait_until(lambda: len(pieces(path)) > 2, "the third file")
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        os.killpg(process.pid, signal.SIGKILL)
    found = pieces(path)
    for piece in found[:-1]:
        equal(info(piece)["ending"], "complete", piece)
    need(info(found[-1])["ending"].startswith("cut off"), info(found[-1])["ending"])
    for piece in found:
        need(tables(piece)["calls"] or piece == found[-1], f"no calls in {piece}")


@test
def files_belong_to_who_called():
    path = scratch("run.tcpw")
    os.chmod(os.path.dirname(path), 0o777)
    environment = dict(os.environ, SUDO_UID="65534", SUDO_GID="65534")
    done = run([TCPWATCH, "-o", path, "--rotate", "1m", "--view", "none", "--",
                *actor_command(sends, 5000)], env=environment)
    equal(done.returncode, 0, f"exit status ({done.stderr[:300]})")
    need(len(pieces(path)) > 1, "one file only")
    equal({os.stat(piece).st_uid for piece in pieces(path)}, {65534}, "owners")


if __name__ == "__main__":
    main()
