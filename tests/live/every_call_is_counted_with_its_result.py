# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
All calls that send or receive: number and bytes are those that the program
counted. Signals inside calls, calls that never return, short and refused ones,
and endings by RST: result, errno and evidence are what the program saw.
"""
import collections
import errno
import os
import signal
import socket

import time

from live import (accept, actor, actor_command, close, connect, equal, fork, helper,
                  join, listener, main, need, receive, said, send, test, trace, wait_until)

LINGER_0 = b"\1\0\0\0\0\0\0\0"


def check_ways(*options):
    result = trace([helper("ways"), *options])
    told = {key: tuple(map(int, value.split())) for key, value in said(result.out).items()}
    found = collections.defaultdict(lambda: (0, 0))
    for row in result.tables["calls"]:
        if row["asked_bytes"] is not None:
            calls, moved = found[f"{row['side']}.{row['call']}"]
            found[f"{row['side']}.{row['call']}"] = calls + 1, moved + row["moved_bytes"]
    equal(dict(found), told, "calls and bytes of each kind")
    for sender, side in (("client", "server"), ("server", "client")):
        rows = result.tables.where("bytes", sender=sender)
        total = sum(moved for key, (_, moved) in told.items() if key.startswith(sender + ".")
                    and sender == "client")
        if rows:
            equal((rows[-1]["handed_over"], rows[-1]["app_read"]), (total, total), side)


@test
def every_way_to_send_and_receive():
    check_ways()
    check_ways("6")


def asleep(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "S"


def wait_asleep(pid):
    """The child has said that it is about to make the call: what it sleeps in now is that."""
    wait_until(lambda: asleep(pid), "the child to sleep")
    time.sleep(0.05)
    wait_until(lambda: asleep(pid), "the child to sleep")


def with_handler(restart):
    here, there = socket.socketpair(socket.AF_UNIX)
    sock = listener()

    def child():
        end = accept(sock)
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.siginterrupt(signal.SIGUSR1, not restart)
        there.send(b"x")
        receive(end, 100)
        close(end)

    pid = fork(child)
    end = connect(sock.getsockname())
    here.recv(1)
    for _ in range(2):
        wait_asleep(pid)
        os.kill(pid, signal.SIGUSR1)
        time.sleep(0.05)
    send(end, b"data")
    join(pid)
    close(end)


@actor
def restarted():
    with_handler(True)


@actor
def interrupted():
    with_handler(False)


def tcp_receives(result):
    return [(row["result"], row["error"], row["restarts"])
            for row in result.tables.where("calls", call="recv", side="server")]


@test
def a_restarted_call_is_one_call():
    equal(tcp_receives(trace(actor_command(restarted))), [(4, None, 2)], "recv: result, restarts")


@test
def an_interrupted_call_says_eintr():
    eintr = (-errno.EINTR, "EINTR", 0)
    equal(tcp_receives(trace(actor_command(interrupted))), [eintr, eintr, (4, None, 0)], "recv")


@actor
def killed():
    sock = listener()
    here, there = os.pipe()

    def child():
        os.write(there, b"x")
        sock.accept()

    pid = fork(child)
    os.read(here, 1)
    wait_asleep(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    print(f"killed={pid}")
    close(sock)


@test
def killed_inside_accept():
    result = trace(actor_command(killed))
    rows = [(row["pid"], row["finished"], row["result"])
            for row in result.tables.where("calls", call="accept4")]
    equal(rows, [(result.said["killed"], 0, None)], "accept: pid, finished, result")


@actor
def not_blocking():
    sock = listener()
    sock.setblocking(False)
    results = []

    def attempt(name, function, *args):
        try:
            value = function(*args)
            value = len(value) if isinstance(value, bytes) else value
        except OSError as error:
            value = -error.errno
        results.append(f"{name}={value}")
        return value

    attempt("accept4", sock.accept)
    end = connect(sock.getsockname())
    peer = accept(sock)
    for one in (end, peer):
        one.setblocking(False)
    attempt("recv", end.recv, 100)
    while attempt("send", end.send, b"x" * 3000001) > 0:
        pass
    while attempt("recv", peer.recv, 1000001) > 0:
        pass
    close(end)
    close(peer)
    close(sock)
    print("\n".join(results))


@test
def would_block_and_short_sends():
    result = trace(actor_command(not_blocking))
    told = collections.Counter(line for line in result.out.splitlines() if "=" in line)
    rows = [row for row in result.tables["calls"] if row["call"] in ("accept4", "recv", "send")]
    traced = collections.Counter(f"{row['call']}={row['result']}" for row in rows)
    # accept() that succeeded is told by its own line.
    traced -= collections.Counter(row for row in traced if row.startswith("accept4=")
                                  and int(row[8:]) > 0)
    equal(traced, told, "results")
    for row in rows:
        failed = row["result"] < 0
        equal(row["error"], errno.errorcode[-row["result"]] if failed else None, f"error of {row}")
    need(any(0 < row["moved_bytes"] < row["asked_bytes"] for row in rows if row["call"] == "send"),
         "no send was short")


# Endings. Each actor prints what it saw itself.

def say_error(name, function, *args):
    try:
        function(*args)
        print(f"{name}=0", flush=True)
    except OSError as error:
        print(f"{name}={errno.errorcode[error.errno]}", flush=True)


def pair():
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    sock.close()
    return here, there


@actor
def refused():
    sock = listener()
    address = sock.getsockname()
    sock.close()
    end = socket.socket()
    say_error("connect", end.connect, address)
    end.close()


@actor
def lingering():
    here, there = pair()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
    here.close()
    say_error("recv", there.recv, 10)
    say_error("send", there.send, b"x")
    there.close()


@actor
def unread():
    here, there = pair()
    here.send(b"x" * 1000)
    there.close()
    say_error("recv", here.recv, 10)
    here.close()


@actor
def broken_pipe():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    here, there = pair()
    there.close()
    say_error("send", here.send, b"first")
    say_error("send_again", here.send, b"second")
    here.close()


def resets(result):
    return [(row["event"], row["side"]) for row in result.tables["events"]
            if row["event"].startswith("reset")]


def errors_of(result, call):
    return [row["error"] for row in result.tables.where("calls", call=call) if row["error"]]


@test
def a_refused_connection():
    result = trace(actor_command(refused))
    equal(result.said["connect"], "ECONNREFUSED", "what the program saw")
    equal(errors_of(result, "connect"), ["ECONNREFUSED"], "error of connect")
    client = result.tables.socket(side="client")
    equal((client["error"], client["final_state"]), ("ECONNREFUSED", "CLOSE"), "the socket's end")
    need(("reset_received", "client") in resets(result), "no RST was received")
    last = [row for row in result.json() if row["type"] == "connection"][-1]
    equal(last["connect_error"], "ECONNREFUSED", "connect_error in JSON")


def check_reset(result, by, other):
    need(("reset_sent", by) in resets(result), f"the {by} sent no RST: {resets(result)}")
    need(("reset_received", other) in resets(result), f"the {other} received no RST")
    connection = one_connection(result)
    equal(connection["reset_by"], by, "reset_by in JSON")
    equal(result.tables.socket(side=other)["error"], "ECONNRESET", "error of the socket")


def one_connection(result):
    found = [row for row in result.json() if row["type"] == "connection"]
    equal(len(found), 1, "connections")
    return found[0]


@test
def linger_0_resets():
    result = trace(actor_command(lingering))
    equal((result.said["recv"], result.said["send"]), ("ECONNRESET", "EPIPE"), "the program saw")
    equal((errors_of(result, "recv"), errors_of(result, "send")), (["ECONNRESET"], ["EPIPE"]),
          "errors")
    check_reset(result, "client", "server")


@test
def closing_with_unread_data_resets():
    result = trace(actor_command(unread))
    equal(result.said["recv"], "ECONNRESET", "what the program saw")
    equal(errors_of(result, "recv"), ["ECONNRESET"], "error of recv")
    check_reset(result, "server", "client")


@test
def sending_to_a_closed_end():
    result = trace(actor_command(broken_pipe))
    equal((result.said["send"], result.said["send_again"]), (0, "EPIPE"), "the program saw")
    equal(errors_of(result, "send"), ["EPIPE"], "error of send")
    need(("reset_received", "client") in resets(result), "no RST was received")


main()
