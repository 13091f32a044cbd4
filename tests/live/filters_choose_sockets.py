# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Each filter: what matches is recorded as completely as without it, and of the
rest there is no record at all. The program says itself which sockets it had.
"""
import collections
import os
import socket
import threading

from attached import Attached
from live import actor, actor_command, equal, info, main, need, read, run, TCPWATCH, test, trace

CALLS = ("connect", "send", "recv", "close")


def serve(listening):
    while True:
        try:
            end, _ = listening.accept()
        except OSError:
            return
        while end.recv(100):
            end.send(b"y" * 10)
        end.close()


@actor
def many():
    """Four listeners (one IPv6, one for both families), a client of each, UDP, and a pair."""
    listeners = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "127.0.0.2"),
                 (socket.AF_INET6, "::1"), (socket.AF_INET6, "::")]
    targets = ("127.0.0.1", "127.0.0.2", "::1", "127.0.0.5")
    threads = []
    for number, ((family, address), target) in enumerate(zip(listeners, targets)):
        listening = socket.socket(family)
        listening.bind((address, 0))
        listening.listen()
        port = listening.getsockname()[1]
        threads.append(threading.Thread(target=serve, args=(listening,)))
        threads[-1].start()
        end = socket.create_connection((target, port))
        end.send(b"x" * 100)
        end.recv(10)
        print(f"client{number}={end.getsockname()[1]}")
        end.close()
        print(f"server{number}={port}", flush=True)
        listening.shutdown(socket.SHUT_RDWR)
        threads[-1].join()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two:
        one.bind(("127.0.0.1", 0))
        print(f"udp={one.getsockname()[1]}", flush=True)
        two.sendto(b"hello", one.getsockname())
        one.recv(10)
    left, right = socket.socketpair()
    left.send(b"z")
    right.recv(1)


def check(options, numbers, listeners=None, udp=0, unix=0):
    """numbers: which of the connections; listeners: of which the listener (as numbers)."""
    result = trace(actor_command(many), *options)
    listeners = numbers if listeners is None else listeners
    wanted = collections.Counter()
    for number in numbers:
        client, server = result.said[f"client{number}"], result.said[f"server{number}"]
        wanted[client, server] += 1
        wanted[server, client] += 1
    for number in listeners:
        wanted[result.said[f"server{number}"], None] += 1
    tcp = result.tables.where("sockets", protocol="TCP")
    equal(collections.Counter((row["local_port"], row["remote_port"]) for row in tcp), wanted,
          f"sockets with {options}")
    equal(len(result.tables.where("sockets", protocol="UDP")), udp, f"UDP with {options}")
    equal(len(result.tables.where("sockets", family="UNIX")), unix, f"UNIX with {options}")
    check_complete(result, options, numbers)
    check_nothing_else(result)
    return result


def check_complete(result, options, numbers):
    for number in numbers:
        client = result.said[f"client{number}"]
        end = result.tables.socket(local_port=client)
        calls = collections.Counter(row["call"] for row in result.tables.where(
            "calls", socket=end["socket"]) if row["call"] in CALLS)
        equal(calls, collections.Counter(CALLS), f"calls of a client with {options}")
        states = [row["new_state"] for row in result.tables.where("states", side="client",
                                                                  connection=end["connection"])]
        equal(states[:2], ["SYN_SENT", "ESTABLISHED"], f"states with {options}: {states}")
        segments = result.tables.where("segments", connection=end["connection"])
        sent = sum(row["length"] for row in segments
                   if row["sender"] == "client" and not row["received"])
        equal(sent, 100, f"bytes in segments with {options}")


def check_nothing_else(result):
    known = {row["socket"] for row in result.tables["sockets"]}
    for table in ("states", "calls", "segments", "events"):
        for row in result.tables[table]:
            need(row["socket"] in known, f"{table}: a row of no socket: {row}")


@test
def without_a_filter_all_are_there():
    check((), (0, 1, 2, 3), udp=2, unix=2)


@test
def family():
    check(("--family", "unix"), (), unix=2)
    check(("--family", "inet,unix", "--family", "!unix", "--proto", "udp"), (), udp=2)
    # The child of a listener for both families is an IPv6 socket, its client is not.
    result = trace(actor_command(many), "--family", "inet6")
    equal({row["family"] for row in result.tables["sockets"]}, {"IPv6"}, "families")
    equal(len(result.tables["sockets"]), 5, "sockets of IPv6")
    check_nothing_else(result)


@test
def protocol():
    check(("--proto", "udp"), (), udp=2)
    check(("--proto", "!tcp"), (), udp=2, unix=2)
    check(("--proto", "tcp,unix"), (0, 1, 2, 3), unix=2)


@test
def name_of_the_process():
    name = open("/proc/self/comm", encoding="ascii").read().strip()
    check(("--comm", name[:3] + "*"), (0, 1, 2, 3), udp=2, unix=2)
    check(("--comm", f"sh,{name}"), (0, 1, 2, 3), udp=2, unix=2)
    check(("--comm", name[:3]), ())
    check(("--comm", f"!{name}"), ())


def ends_with(*options):
    """What -a finds at one address: (local port, remote port, state it was found in, pid)."""
    result = Attached("-a", "--addr", "127.0.0.9", *options, "-d", "0.2").wait()
    return {(row["local_port"], row["remote_port"], row["final_state"], row["pid"])
            for row in result.tables["sockets"]}


@test
def what_no_process_holds_has_no_name():
    """--comm NAME leaves it out, but where a wanted listener waits for it; --comm !NAME keeps it."""
    name = open("/proc/self/comm", encoding="ascii").read().strip()
    address, pid = ("127.0.0.9", 0), os.getpid()
    with socket.create_server(address) as gone:
        ended = socket.create_connection(gone.getsockname(), source_address=address)
        gone.accept()[0].close()
        ended.recv(1)
        nobodys = (gone.getsockname()[1], ended.getsockname()[1], "TIME_WAIT", None)
        ended.close()
    with socket.create_server(address) as sock, \
            socket.create_connection(sock.getsockname(), source_address=address) as near:
        port, source = sock.getsockname()[1], near.getsockname()[1]
        held = {(port, None, "LISTEN", pid), (source, port, "ESTABLISHED", pid)}
        # Whoever accepts it: until then it is the listener's.
        waiting, alone = ((port, source, "ESTABLISHED", owner) for owner in (pid, None))
        for options, wanted in (
                ((), held | {waiting, nobodys}),
                (("--comm", name), held | {waiting}),
                (("--comm", f"!{name}"), {alone, nobodys}),
                (("--comm", "nobody-has-it"), set()),
                (("--comm", "!nobody-has-it"), held | {waiting, nobodys})):
            equal(ends_with(*options), wanted, f"ends with {options}")


@test
def address():
    """A listener is there for clients of any address, unless its own is refused."""
    check(("--addr", "127.0.0.2"), (1,), (0, 1, 2, 3))
    check(("--addr", "127.0.0.4/30"), (3,), (0, 1, 2, 3))
    check(("--addr", "::1"), (2,), (0, 1, 2, 3))
    check(("--addr", "127.0.0.0/8,::1", "--addr", "!127.0.0.2"), (0, 2, 3), udp=2)
    check(("--addr", "!127.0.0.0/8"), (2,), (2, 3), unix=2)


@test
def port_of_a_listener():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        taken = sock.getsockname()[1]
    check(("--port", f"{taken}"), ())
    check(("--port", "1-65535"), (0, 1, 2, 3), udp=2)
    result = trace(actor_command(two_ports, taken), "--port", taken)
    ports = [(row["local_port"], row["remote_port"]) for row in result.tables["sockets"]]
    equal(len(ports), 3, f"sockets with --port {taken}: {ports}")
    need(all(taken in pair for pair in ports), f"a socket of another port: {ports}")
    calls = collections.Counter(row["call"] for row in result.tables["calls"])
    equal((calls["bind"], calls["listen"], calls["accept4"], calls["connect"]), (1, 1, 1, 1),
          "calls that name the port")
    result = trace(actor_command(two_ports, taken), "--port", f"!{taken}")
    ports = [(row["local_port"], row["remote_port"]) for row in result.tables["sockets"]
             if row["protocol"] == "TCP"]
    equal(len(ports), 3, f"sockets with --port !{taken}: {ports}")
    need(all(taken not in pair for pair in ports), f"a socket of the port: {ports}")


@actor
def two_ports(port):
    for number in (int(port), 0):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", number))
        listening.listen()
        near = socket.create_connection(listening.getsockname())
        far, _ = listening.accept()
        near.send(b"x")
        far.recv(1)
        far.close()
        near.close()
        listening.close()


@test
def states_alone_are_chosen_too():
    result = trace(actor_command(many), "--detail", "states", "--addr", "127.0.0.2")
    clients = [row for row in result.tables["sockets"] if row["remote_port"]]
    equal({row["local_address"] for row in clients} | {row["remote_address"] for row in clients},
          {"127.0.0.1", "127.0.0.2"}, "addresses")
    equal(len(clients), 2, "ends")


@test
def the_capture_says_what_was_asked_for():
    result = check(("--proto", "tcp", "--addr", "127.0.0.2"), (1,), (0, 1, 2, 3))
    equal(info(result.capture)["only"], "--proto tcp --addr 127.0.0.2", "--info")
    equal(result.json()[0]["filter"], "--proto tcp --addr 127.0.0.2", "JSON")
    need("only --proto tcp --addr 127.0.0.2" in result.err, "the footer is silent")
    again = run([TCPWATCH, "-r", result.capture])
    need("only --proto tcp --addr 127.0.0.2" in again.stdout, "the replay is silent")
    read(result.capture)


main()
