# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
A server and its clients as their distribution ships them, traced together; and
what the witnesses say that are the same for all of them: the kernel's counters,
ss(8) once all is quiet, and strace(1), under which the clients can run. Nothing
here starts, asks or stops a service of the machine.
"""
import bisect
import collections
import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import time

from attached import Attached
from live import (LIMIT_S, actor, actor_command, each_byte_in_one_place, equal, need, one, run,
                  scratch, tool, trace, wait_until)

PEER = {"client": "server", "server": "client"}
STATE_OF_SS = {"ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2",
               "LISTEN": "LISTEN", "TIME-WAIT": "TIME_WAIT", "CLOSE-WAIT": "CLOSE_WAIT",
               "LAST-ACK": "LAST_ACK", "CLOSING": "CLOSING", "SYN-SENT": "SYN_SENT"}
STRACED = "%network,read,write,readv,writev,close,sendfile"


def counters():
    """Of the caller's network namespace: Tcp and TcpExt."""
    words = {}
    for path in ("/proc/net/snmp", "/proc/net/netstat"):
        with open(path, encoding="ascii") as file:
            lines = [line.split() for line in file]
        for names, values in zip(lines[::2], lines[1::2]):
            words.update((names[0] + name, int(value))
                         for name, value in zip(names[1:], values[1:]))
    return {name: value for name, value in words.items() if name.startswith("Tcp")}


def listens(port):
    """Asks /proc, so that no connection is made."""
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(path, encoding="ascii") as file:
            for line in file:
                words = line.split()
                if words[1].endswith(f":{port:04X}") and words[3] == "0A":
                    return True
    return False


def ss_sockets():
    """(state, local port, remote port) of every TCP socket; a listener has no remote one."""
    done = run([tool("ss"), "-tanOH"])
    for line in done.stdout.splitlines():
        state, _, _, local, remote = line.split()[:5]
        port = remote.rsplit(":", 1)[1]
        yield [STATE_OF_SS[state], int(local.rsplit(":", 1)[1]), None if port == "*" else int(port)]


def quiet_ss():
    """What ss shows once nothing changes any more, and when."""
    before, now = None, sorted(ss_sockets(), key=str)
    while before != now:
        time.sleep(0.1)
        before, at, now = now, time.monotonic_ns(), sorted(ss_sockets(), key=str)
    return {"at": at, "sockets": now}


def has_said(path, text):
    with open(path, encoding="utf-8", errors="replace") as file:
        return text in file.read()


def run_client(command):
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace") as process:
        out, err = process.communicate(timeout=LIMIT_S)
    return {"pid": process.pid, "status": process.returncode, "out": out, "err": err}


@contextlib.contextmanager
def serving(plan):
    """The server of a plan, from the moment that it listens until it has ended."""
    with open(plan["log"], "w", encoding="utf-8") as log:
        server = subprocess.Popen(plan["server"], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, **plan["options"])
    try:
        wait_until(lambda: server.poll() is not None or listens(plan["port"]) and
                   has_said(plan["log"], plan["ready"]), "the server")
        need(server.poll() is None, f"the server ended with {server.poll()}")
        yield server
        if plan["stop"]:
            server.send_signal(plan["stop"])
        server.wait(LIMIT_S)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


@actor
def play(path):
    """The whole scene: the server starts, the clients run one after the other, it ends."""
    with open(path, encoding="utf-8") as file:
        plan = json.load(file)
    told = {}
    with serving(plan) as server:
        told["server"] = server.pid
        told["clients"] = [run_client(command) for command in plan["clients"]]
        told["ss"] = quiet_ss()
    told["counters"] = counters()
    with open(plan["told"], "w", encoding="utf-8") as file:
        json.dump(told, file)


class Moved:
    """The tables of a trace, and the bytes that its connections moved."""

    def __init__(self, result):
        self.tables = result.tables

    def moved(self, connection, sender):
        """Bytes of a direction: handed over by the sender, read by the peer."""
        rows = self.tables.where("bytes", connection=connection, sender=sender)
        return (rows[-1]["handed_over"], rows[-1]["app_read"]) if rows else (0, 0)


class Scene(Moved):
    """A traced scene: the trace, and what the programs and the kernel said."""

    def __init__(self, result, plan):
        super().__init__(result)
        self.port = plan["port"]
        with open(plan["told"], encoding="utf-8") as file:
            self.told = json.load(file)
        with open(plan["log"], encoding="utf-8", errors="replace") as file:
            self.server_log = file.read()
        self.clients = self.told["clients"]
        self.zero_ns = result.zero_ns()

    def counted(self, name):
        return self.told["counters"][name]

    def connections(self):
        """Ends of each connection by side, in the order of their numbers."""
        ends = collections.defaultdict(dict)
        for row in self.tables["sockets"]:
            if row["connection"]:
                ends[row["connection"]][row["side"]] = row
        return [ends[number] for number in sorted(ends)]


def scene(server, port, *clients, ready="", stop=signal.SIGTERM, ring="64m", **options):
    """
    Traces a server with its clients. ready: what it says once it serves; stop: the signal that
    ends it, None: it ends itself.
    """
    directory = os.path.dirname(scratch())
    plan = {name: os.path.join(directory, name) for name in ("log", "told")}
    plan.update(server=list(map(str, server)), port=port, ready=ready, stop=stop,
                options=options,
                clients=[list(map(str, client)) for client in clients])
    path = os.path.join(directory, "plan")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(plan, file)
    command = in_own_network(actor_command(play, path))
    played = Scene(trace(command, "--view", "none", "--ring-size", ring), plan)
    for client in played.clients:
        if client["status"]:
            print(client["out"], client["err"], played.server_log, sep="\n")
            equal(client["status"], 0, "exit status of a client")
    return played


class Running(Moved):
    """
    A server that ran and had a connection before tcpwatch came, which its client goes on
    with. act(server, end) is what happens while both are there.
    """

    def __init__(self, server, port, begin, act, ready=""):
        log = scratch("log")
        plan = {"log": log, "server": list(map(str, server)), "port": port, "ready": ready,
                "stop": signal.SIGTERM, "options": {}}
        with serving(plan) as process, socket.create_connection(("127.0.0.1", port)) as end:
            self.begun = begin(end)
            self.old_port = end.getsockname()[1]
            attached = Attached("-p", process.pid, "--detail", "full", "--ring-size", "64m")
            self.told = act(end)
            self.kernel = counted_by_ss(port, self.old_port)
            self.result = attached.finish()
            equal(process.poll(), None, "the server goes on")
        super().__init__(self.result)

    def check(self, server_comm):
        """What needs no knowledge of the program. Returns the ends that came after the attach."""
        equal(self.tables["losses"], [], "losses")
        lines = [row for row in self.result.json() if row["type"] == "connection"]
        old = one((row for row in lines if row["found"]), "connections from before")
        equal(old["client"]["port"], self.old_port, "the connection from before")
        equal((old["to_client"]["acked"], old["to_server"]["received"]), self.kernel,
              "bytes acknowledged and received, as ss has them")
        ends = [row for row in self.tables["sockets"] if row["connection"]]
        equal(len(ends), len(lines), "ends: those of the server alone")
        for end in ends:
            need(end["side"] == "server" and re.fullmatch(server_comm, end["comm"]), f"end {end}")
        for row in self.tables["bytes"]:
            each_byte_in_one_place(row)
        return [end for end in ends if end["remote_port"] != self.old_port]

    def handed_and_read(self, end):
        """By the server, since its connection began."""
        return (self.moved(end["connection"], "server")[0],
                self.moved(end["connection"], "client")[1])


def counted_by_ss(local, remote):
    """What the kernel has counted of a socket: bytes acknowledged and received."""
    done = run([tool("ss"), "-tinOH", f"( sport = :{local} and dport = :{remote} )"])
    words = dict(re.findall(r"(bytes_acked|bytes_received):(\d+)", done.stdout))
    return int(words["bytes_acked"]), int(words["bytes_received"])


def in_own_network(command):
    """In a network namespace of its own: counters start at 0, and every port is free."""
    return [tool("unshare"), "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command]


# What holds for any server.

def check(played, server_comm, client_comm, connections=None):
    """All that needs no knowledge of the program but the names of its tasks."""
    equal(played.tables["losses"], [], "losses")
    check_owners(played, server_comm, client_comm)
    check_joined(played, connections)
    check_counters(played)
    check_ss(played)
    for ends in played.connections():
        check_bytes(played, ends["client"]["connection"])


def check_owners(played, server_comm, client_comm):
    """Each socket, call and state is of the program that has this end."""
    sockets = {row["socket"]: row for row in played.tables["sockets"]}
    ours = {row["socket"] for row in sockets.values() if row["protocol"] == "TCP"}
    need(ours, "no TCP socket in the trace")
    for table in ("sockets", "calls", "states"):
        for row in played.tables[table]:
            if row["socket"] not in ours:
                continue
            need(row["pid"] and row["tid"] and row["comm"], f"no owner: {table} {row}")
            at_server = sockets[row["socket"]]["local_port"] == played.port
            wanted = server_comm if at_server else client_comm
            need(re.fullmatch(wanted, row["comm"]), f"not of {wanted}: {table} {row}")


def check_joined(played, connections):
    found = played.connections()
    if connections is not None:
        equal(len(found), connections, "connections")
    for ends in found:
        equal(sorted(ends), ["client", "server"], f"ends of {ends}")
        client, server = ends["client"], ends["server"]
        equal((client["remote_address"], client["remote_port"], client["local_port"]),
              (server["local_address"], server["local_port"], server["remote_port"]), "tuples")
        equal((client["origin"], server["origin"]), ("created", "child"), "origins")
        for end in ends.values():
            need(end["final_state"] in ("CLOSE", "TIME_WAIT"), f"did not end: {end}")


def transitions(played, old, new, side):
    return [row for row in played.tables["states"]
            if (row["old_state"], row["new_state"], row["side"]) == (old, new, side)]


def check_counters(played):
    """RFC 4022; the counters are those of a namespace in which nothing else happens."""
    rows = played.tables["segments"]
    sent = [row for row in rows if not row["received"]]
    equal(len(transitions(played, "CLOSE", "SYN_SENT", "client")),
          played.counted("Tcp:ActiveOpens"), "active opens")
    equal(len(transitions(played, "SYN_RECV", "ESTABLISHED", "server")),
          played.counted("Tcp:PassiveOpens"), "passive opens")
    equal(len([row for row in sent if "R" in row["flags"]]), played.counted("Tcp:OutRsts"),
          "segments with RST")
    least, most = retransmissions(played.tables["events"])
    need(least <= played.counted("Tcp:RetransSegs") <= most,
         f"retransmissions: {least} to {most}, {played.counted('Tcp:RetransSegs')} counted")
    small = [row for row in rows if row["length"] < 16000]
    if len(small) == len(rows):
        equal(len(sent), played.counted("Tcp:OutSegs") + played.counted("Tcp:RetransSegs"),
              "segments sent")
        equal(len(rows) - len(sent), played.counted("Tcp:InSegs"), "segments received")


def retransmissions(events):
    """How many at least and at most: the kernel counts what it cuts a large segment into."""
    sizes = [row["retransmit_bytes"] for row in events if row["event"] == "retransmit"]
    return len(sizes), sum(1 + size // 32768 for size in sizes)


def check_ss(played):
    """States at one quiet moment, and the limit of the listener's accept queue."""
    at = played.told["ss"]["at"] - played.zero_ns
    states = {}
    for row in played.tables["states"]:
        if row["t_ns"] <= at:
            states[row["socket"]] = row["new_state"]
    traced = [[states[row["socket"]], row["local_port"], row["remote_port"]]
              for row in played.tables["sockets"]
              if states.get(row["socket"], "CLOSE") != "CLOSE"]
    equal(sorted(traced, key=str), played.told["ss"]["sockets"], "what ss shows")


def check_bytes(played, connection):
    """Conservation at each row, and at the end the sums of what the calls moved."""
    for sender, reader in PEER.items():
        rows = [row for row in played.tables.where("bytes", connection=connection, sender=sender)
                # Before the first byte the peer may have no socket yet.
                if row["handed_over"] or row["app_read"] is not None]
        for row in rows:
            need(row["app_read"] is not None, f"the reader is traced: {row}")
            each_byte_in_one_place(row)
        for before, after in itertools.pairwise(rows):
            for place in ("handed_over", "app_read"):
                need(before[place] <= after[place], f"bytes go back: {before} then {after}")
        equal(played.moved(connection, sender),
              (moved(played, connection, sender, SENDS), moved(played, connection, reader, READS)),
              f"bytes of connection {connection} from its {sender}, and sums of the calls")


SENDS = ("uring_send", "write", "writev", "send", "sendto", "sendmsg", "sendfile")
READS = ("uring_recv", "read", "readv", "recv", "recvfrom", "recvmsg")


def moved(played, connection, side, names):
    return sum(row["moved_bytes"] for row in played.tables.where("calls", connection=connection,
                                                                 side=side)
               if row["call"] in names and "MSG_PEEK" not in (row["flags"] or ""))


# strace(1): the same calls of the same run, seen through another door.

def straced(path, command):
    return [tool("strace"), "-f", "-yy", "-s", "0", "-e", "signal=none", "-e",
            "trace=" + STRACED, "-o", path, *command]


def strace_lines(path):
    """(thread, text) of whole calls: strace cuts one in two when another thread comes between."""
    begun = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            tid, text = line.rstrip("\n").split(None, 1)
            cut = re.match(r"(.*) <unfinished \.\.\.>$", text)
            if cut:
                begun[tid] = cut.group(1)
                continue
            rest = re.match(r"<\.\.\. \w+ resumed>(.*)$", text)
            yield int(tid), begun.pop(tid) + rest.group(1) if rest else text


CALL = re.compile(r"(\w+)\((\d+)<TCP(?:v6)?:\[.*?\]>(.*)\) += (-?\d+|\?)(?:<.*>)? ?(E[A-Z]+)?")
NOT_TRACED = ("setsockopt", "getsockopt", "getsockname", "getpeername")


def calls_of_strace(path):
    calls = collections.Counter()
    for tid, text in strace_lines(path):
        match = CALL.match(text)
        if not match or match.group(1) in NOT_TRACED or match.group(5) == "ERESTARTSYS":
            continue
        name, fd, arguments, result, error = match.groups()
        if name in ("sendto", "recvfrom") and re.search(r"NULL, (0|NULL)$", arguments):
            name = name.removesuffix("to").removesuffix("from")
        calls[tid, name, int(fd), error or int(result)] += 1
    return calls


def check_strace(played, path):
    """Thread, name, descriptor and result of each call are the same, and none is missing."""
    told = calls_of_strace(path)
    need(told, "strace saw no call on a TCP socket")
    tids = {tid for tid, *_ in told}
    tcp = {row["socket"] for row in played.tables["sockets"] if row["protocol"] == "TCP"}
    traced = collections.Counter(
        (row["tid"], row["call"], row["fd"], row["error"] or row["result"])
        for row in played.tables["calls"] if row["socket"] in tcp and row["call"] not in
        ("socket", "setsockopt") and row["tid"] in tids)
    for name, rows in (("strace", told - traced), ("tcpwatch", traced - told)):
        for row in sorted(rows.elements(), key=str)[:5]:
            print(f"only {name} knows (tid, call, fd, result) {row}")
    equal(((told - traced).total(), (traced - told).total()), (0, 0), "calls only one knows of")


def row_at(rows, t_ns):
    """The last row at or before that time."""
    at = bisect.bisect_right([row["t_ns"] for row in rows], t_ns) - 1
    return rows[at] if at >= 0 else None
