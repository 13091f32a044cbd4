# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Every call that the traced programs made is in the trace with the process, the
thread, the ports and the result that its maker knows, and nothing else is.
States belong to an owner of that end, though on loopback the other end's
process is on the CPU when most of them change.
"""
import collections
import contextlib
import os
import select
import socket
import subprocess
import threading
from itertools import takewhile

from live import (TCPWATCH, Background, Tables, accept, actor, actor_command, close, connect,
                  echo, equal, experiment, fork, join, listener, main, need, receive, scratch,
                  talk, test, trace, wait_until)

LOGGED = ("listen", "connect", "accept4", "send", "recv", "close")


def traced_calls(result):
    sockets = {row["socket"]: row for row in result.tables["sockets"]}
    return collections.Counter(
        (row["call"], row["pid"], row["tid"], sockets[row["socket"]]["local_port"],
         sockets[row["socket"]]["remote_port"], row["result"])
        for row in result.tables["calls"]
        if row["call"] in LOGGED and sockets[row["socket"]]["protocol"] == "TCP")


def check_calls(result):
    told, traced = collections.Counter(map(tuple, result.conversation())), traced_calls(result)
    for name, rows in (("the program", told - traced), ("tcpwatch", traced - told)):
        for row in sorted(rows.elements(), key=str)[:5]:
            print(f"only {name} knows (call, pid, tid, local, remote, result) {row}")
    equal(((told - traced).total(), (traced - told).total()), (0, 0), "calls only one knows of")


def pids_of(result):
    """Who used a socket, by its ports; a child also belongs to those of its listener."""
    users = collections.defaultdict(set)
    for _, pid, _, local, remote, _ in result.conversation():
        users[local, remote].add(pid)
    return users


def check_owners(result):
    users = pids_of(result)
    sockets = {row["socket"]: row for row in result.tables["sockets"]}
    for row in result.tables["states"]:
        end = sockets[row["socket"]]
        if end["protocol"] != "TCP":
            continue
        allowed = set(users[end["local_port"], end["remote_port"]])
        if end["listener"]:
            allowed |= users[end["local_port"], None]
        need(row["pid"] in allowed, f"{row} is not of {allowed}")
    for end in sockets.values():
        if end["protocol"] == "TCP" and end["remote_port"]:
            need(end["pid"] in users[end["local_port"], end["remote_port"]], f"owner of {end}")


def check(function, *args, **options):
    result = trace(actor_command(function, *args), **options)
    check_calls(result)
    check_owners(result)
    return result


@test
def two_processes():
    """What tells this apart: the server sleeps in accept() while it becomes ESTABLISHED."""
    for name, options in (("lifecycle", ()), ("quick_return", ("--ipv6",)),
                          ("handshake", ("--delay", "30ms", "--drop", "3"))):
        result = trace([experiment(name), *options])
        said = result.said
        pids = {"client": said["client.pid"], "server": said["server.pid"]}
        for table in ("sockets", "states", "calls"):
            for row in result.tables[table]:
                if row["side"]:
                    equal(row["pid"], pids[row["side"]], f"owner of {row}")
        ends = {row["socket"]: row["pid"] for row in result.tables["sockets"]}
        for row in result.tables["segments"]:
            # Sent by the sender's socket, received at the other's.
            there = {"client": "server", "server": "client"}[row["sender"]]
            side = there if row["received"] else row["sender"]
            equal(ends[row["socket"]], pids[side], f"end of {row}")


@actor
def prefork():
    sock = listener()

    def worker():
        for _ in range(2):
            echo(accept(sock))
        close(sock)

    workers = [fork(worker) for _ in range(3)]
    for _ in range(3):
        join(*[fork(lambda: talk(connect(sock.getsockname()))) for _ in range(2)])
    join(*workers)
    close(sock)


@test
def preforked_workers():
    check(prefork)


@actor
def threads():
    sock = listener()

    def run_all(functions):
        running = [threading.Thread(target=function) for function in functions]
        for thread in running:
            thread.start()
        return running

    def serve():
        echo(accept(sock))

    both = run_all([serve] * 4) + run_all([lambda: talk(connect(sock.getsockname()))] * 4)
    for thread in both:
        thread.join()
    close(sock)


@test
def threads_of_one_process():
    result = check(threads)
    need(len({row["tid"] for row in result.tables["calls"]}) == 9, "not all threads were seen")


@actor
def daemon():
    sock = listener()

    def detach():
        os.setsid()
        fork(lambda: (echo(accept(sock)), close(sock)))

    join(fork(detach))
    talk(connect(sock.getsockname()))
    close(sock)


@test
def double_fork_with_setsid():
    check(daemon)


@actor
def fork_after_accept():
    sock = listener()
    client = fork(lambda: [talk(connect(sock.getsockname())) for _ in range(2)])
    workers = []
    for _ in range(2):
        end = accept(sock)
        workers.append(fork(echo, end))
        close(end)
    join(client, *workers)
    close(sock)


@test
def accepted_sockets_inherited_by_workers():
    check(fork_after_accept)


@actor
def pass_descriptor():
    here, there = socket.socketpair()
    sock = listener()

    def worker():
        _, descriptors, _, _ = socket.recv_fds(there, 1, 1)
        echo(socket.socket(fileno=descriptors[0]))

    pid = fork(worker)
    client = fork(lambda: talk(connect(sock.getsockname())))
    end = accept(sock)
    socket.send_fds(here, [b"x"], [end.fileno()])
    close(end)
    join(client, pid)
    close(sock)


@test
def passed_by_scm_rights():
    check(pass_descriptor)


@actor
def inherited(descriptor):
    sock = socket.socket(fileno=int(descriptor))
    pid = fork(lambda: talk(connect(sock.getsockname())))
    echo(accept(sock))
    join(pid)
    close(sock)


@test
def inherited_listener():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        result = check(inherited, sock.fileno(), pass_fds=[sock.fileno()])
    equal(result.tables.socket(local_port=port, remote_port=None)["origin"], "inherited", "origin")


@actor
def passed_from_outside(path):
    """A connected socket and a listener, both made by a process outside of the tree."""
    with socket.socket(socket.AF_UNIX) as way:
        way.connect(path)
        _, descriptors, _, _ = socket.recv_fds(way, 1, 2)
    end, sock = (socket.socket(fileno=descriptor) for descriptor in descriptors)
    echo(end)
    pid = fork(lambda: talk(connect(sock.getsockname())))
    echo(accept(sock))
    join(pid)
    close(sock)


@contextlib.contextmanager
def sockets_outside(path):
    """A way into the tree, and out of it both ends of a connection with its listener."""
    with socket.socket(socket.AF_UNIX) as way, socket.create_server(("127.0.0.1", 0)) as sock:
        way.bind(path)
        way.listen(1)
        near = socket.create_connection(sock.getsockname(), timeout=60)
        far, _ = sock.accept()
        way.settimeout(60)
        yield way, sock, near, far


@test
def descriptors_from_outside():
    path = scratch("way")
    with sockets_outside(path) as (way, sock, near, far):
        running = Background(trace, actor_command(passed_from_outside, path))
        with way.accept()[0] as peer:
            socket.send_fds(peer, [b"x"], [far.fileno(), sock.fileno()])
        far.close()
        near.sendall(b"hello")
        near.recv(100)
        near.close()
        result = running.result()
    check_calls(result)
    check_owners(result)
    need(os.getpid() not in {row["pid"] for row in result.tables["calls"]}, "an outsider's call")


@actor
def passed_before_use(path):
    """The socket came, and nothing was done with it yet, when its data arrive."""
    with socket.socket(socket.AF_UNIX) as way:
        way.connect(path)
        _, descriptors, _, _ = socket.recv_fds(way, 1, 1)
        end = socket.socket(fileno=descriptors[0])
        way.send(b"k")
        way.recv(1)
        receive(end, 100)
        close(end)


@test
def a_passed_descriptor_is_known_before_its_first_call():
    path = scratch("way")
    with sockets_outside(path) as (way, _, near, far):
        running = Background(trace, actor_command(passed_before_use, path))
        with way.accept()[0] as peer:
            socket.send_fds(peer, [b"x"], [far.fileno()])
            peer.recv(1)
            far.close()
            near.sendall(b"hello")
            peer.send(b"g")
            result = running.result()
        near.close()
    check_calls(result)
    check_owners(result)
    arrived = result.tables.where("segments", received=1, length=5)
    first = result.tables.where("calls", call="recv", result=5)
    equal((len(arrived), len(first)), (1, 1), "segments that arrived, calls that read them")
    need(arrived[0]["t_ns"] < first[0]["enter_ns"], "the segment came late")


def execute(command, descriptors):
    """Runs it in a child that has these descriptors, by their new numbers, and no others."""
    pid = os.fork()
    if pid:
        return pid
    for new, old in descriptors.items():
        os.dup2(old, new)
        os.set_inheritable(new, True)
    os.execv(command[0], command)


@actor
def activated():
    """As systemd starts it: the listener is descriptor 3."""
    sock = socket.socket(fileno=3)
    for _ in range(2):
        echo(accept(sock))
    close(sock)


@actor
def activate():
    sock = listener()
    client = fork(lambda: [talk(connect(sock.getsockname())) for _ in range(2)])
    # A connection is there before the server is.
    select.select([sock], [], [])
    server = execute(actor_command(activated), {3: sock.fileno()})
    close(sock)
    join(client, server)


@test
def socket_activation_by_an_inherited_listener():
    result = check(activate)
    programs = {row["pid"] for row in result.tables["calls"] if row["call"] == "accept4"}
    equal(len(programs), 1, "programs that accepted")
    ends = result.tables.where("sockets", side="server")
    equal({row["pid"] for row in ends}, programs, "owners of what was accepted")


@actor
def serve_input():
    echo(socket.socket(fileno=0))


@actor
def activate_for_each():
    """As inetd does: the accepted socket is the standard input of a program."""
    sock = listener()
    for _ in range(2):
        client = fork(lambda: talk(connect(sock.getsockname())))
        end = accept(sock)
        server = execute(actor_command(serve_input), {0: end.fileno()})
        print(f"server={server}", flush=True)
        close(end)
        join(client, server)
    close(sock)


@test
def a_program_for_each_connection():
    result = check(activate_for_each)
    servers = [int(line[7:]) for line in result.out.splitlines() if line.startswith("server=")]
    ends = result.tables.where("sockets", side="server")
    equal([row["pid"] for row in ends], servers, "owners of the accepted sockets")
    for end in ends:
        rows = [(row["pid"], row["result"]) for row in
                result.tables.where("calls", socket=end["socket"], call="recv")]
        equal(rows, [(end["pid"], size) for size in (100, 100, 100, 0)], "what it received")


@actor
def same_ports(port, own):
    """Waits for a line on its standard input before it ends: the others talk meanwhile."""
    sock = listener("127.0.0.1", int(port))
    pid = fork(lambda: talk(connect(sock.getsockname(), ("127.0.0.1", int(own))), 20))
    echo(accept(sock))
    join(pid)
    close(sock)
    print("done", flush=True)
    input()


@test
def strangers_with_the_same_ports_stay_out():
    with socket.create_server(("127.0.0.2", 0)) as sock:
        port = sock.getsockname()[1]
        own = port + 1 if port < 60000 else port - 1
        stop = threading.Event()
        command = actor_command(same_ports, port, own)
        path = scratch("run")
        process = subprocess.Popen(
            [TCPWATCH, "--csv", path, "--view", "none", "--", *command], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        talking = Background(strangers, sock, own, stop)
        lines = list(takewhile(lambda line: line != "done\n", process.stdout))
        stop.set()
        talking.result()
        process.communicate("go\n")
    equal(process.returncode, 0, "exit status")
    check_strangers(path, lines)


def strangers(sock, own, stop):
    """Outside of the command's tree: the same two port numbers at other addresses."""
    while not stop.is_set():
        with socket.socket() as end:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            end.bind(("127.0.0.3", own))
            end.connect(sock.getsockname())
            peer, _ = sock.accept()
            end.send(b"y")
            peer.recv(1)
            # With a reset, so that the same ports can be used again at once.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()


def check_strangers(path, lines):
    tables = Tables(path)
    for row in tables["sockets"]:
        for address in (row["local_address"], row["remote_address"]):
            need(address in (None, "127.0.0.1"), f"a stranger's socket: {row}")
    equal(len(tables["sockets"]), 3, "sockets")
    need(os.getpid() not in {row["pid"] for row in tables["calls"] + tables["states"]},
         "a stranger's call or state")
    need(len(lines) > 50, "the program said too little")


@actor
def serve_one(path):
    sock = listener()
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(str(sock.getsockname()[1]))
    os.rename(path + ".new", path)
    echo(accept(sock))
    close(sock)


@test
def of_a_stranger_who_connects_only_our_end_is_shown():
    path = scratch("port")
    running = Background(trace, actor_command(serve_one, path))
    wait_until(lambda: os.path.exists(path) or not running.running(), "the server")
    with open(path, encoding="ascii") as file, \
            socket.create_connection(("127.0.0.1", int(file.read())), timeout=60) as end:
        own = end.getsockname()[1]
        for _ in range(3):
            end.sendall(b"x" * 500)
            end.recv(1000)
    result = running.result()
    check_calls(result)
    check_owners(result)
    equal(result.tables.where("sockets", local_port=own), [], "sockets of the stranger")
    ours = result.tables.socket(remote_port=own)
    equal({row["socket"] for row in result.tables["segments"]}, {ours["socket"]},
          "ends of segments")
    equal({row["sender"]: row["received"] for row in result.tables["segments"]},
          {"client": 1, "server": 0}, "who received what")


main()
