# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
tcpdump(8) runs beside the trace, on loopback and at both ends of a veth pair.
Every segment has to be in both: addresses, flags, sequence and acknowledgement
numbers, length. Reads the pcap file itself, headers only.
"""
import collections
import os
import signal
import socket
import struct
import subprocess
import time

from live import (Skip, accept, actor, actor_command, close, connect, equal, experiment, fork,
                  join, listener, main, need, receive, run, said, scratch, send, test, tool, trace,
                  wait_until)

FLAGS = "FSRP.UEW"
NETNS = (f"tw-live-{os.getpid()}-a", f"tw-live-{os.getpid()}-b")


class Tcpdump:
    """In a with statement: what came by on a device."""

    def __init__(self, device, prefix=()):
        self.path = scratch("dump.pcap")
        self.command = [*prefix, tool("tcpdump"), "-i", device, "-nn", "-s", "128", "-w", self.path,
                        "--immediate-mode", "-B", "65536", "-U", "-Z", "root", "tcp"]

    def __enter__(self):
        self.errors_path = scratch("errors")
        with open(self.errors_path, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(self.command, stderr=errors, stdin=subprocess.DEVNULL)
        wait_until(lambda: "listening on" in self.errors(), "tcpdump to begin")
        return self

    def errors(self):
        with open(self.errors_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_idle(self):
        """Asleep, and nothing more written: on SIGINT it drops what it hasn't read yet."""
        size = os.path.getsize(self.path)
        time.sleep(0.2)
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            asleep = file.read().rsplit(")", 1)[1].split()[0] == "S"
        return asleep and os.path.getsize(self.path) == size

    def __exit__(self, *_):
        wait_until(self.is_idle, "tcpdump to read all")
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        if "\n0 packets dropped by kernel" not in self.errors():
            raise Skip("tcpdump itself missed packets: " + self.errors()[-200:])

    def segments(self):
        with open(self.path, "rb") as file:
            data = file.read()
        magic, _, _, _, _, _, link = struct.unpack_from("<IHHiIII", data)
        equal((magic in (0xa1b2c3d4, 0xa1b23c4d), link), (True, 1), "format of the pcap file")
        at, found = 24, []
        while at < len(data):
            length = struct.unpack_from("<4I", data, at)[2]
            found.append(segment_of(data[at + 16:at + 16 + length]))
            at += 16 + length
        return found


def segment_of(frame):
    if frame[12:14] == b"\x08\x00":
        start = 14 + (frame[14] & 15) * 4
        source, to = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
        length = struct.unpack_from(">H", frame, 16)[0] - (start - 14)
    else:
        start = 54
        source, to = (socket.inet_ntop(socket.AF_INET6, frame[a:a + 16]) for a in (22, 38))
        length = struct.unpack_from(">H", frame, 18)[0]
    source_port, to_port, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", frame, start)
    letters = "".join(letter for bit, letter in enumerate(FLAGS) if flags >> bit & 1)
    return (source, source_port, to, to_port, letters, seq, ack if "." in letters else None,
            length - (offset >> 4) * 4)


def traced_segments(result, received):
    ends = {row["socket"]: row for row in result.tables["sockets"]}
    found = []
    for row in result.tables.where("segments", received=received):
        end = ends[row["socket"]]
        local = end["local_address"], end["local_port"]
        remote = end["remote_address"], end["remote_port"]
        found.append((*(remote + local if received else local + remote), row["flags"],
                      row["raw_seq"], row["raw_ack"], row["length"]))
    return found


def compare(dumped, traced, what):
    dumped, traced = collections.Counter(dumped), collections.Counter(traced)
    missing, extra = list((dumped - traced).elements()), list((traced - dumped).elements())
    for name, rows in (("tcpdump", missing), ("tcpwatch", extra)):
        for segment in rows[:5]:
            print(f"{what}: only {name} saw {segment}")
    equal((len(missing), len(extra)), (0, 0), f"segments {what} that only one of both saw")


def cut(sent, dumped):
    """A segment too large for the device is cut below TCP: as pieces, as tcpdump saw them."""
    pieces = {row[:4] + (row[5],): row for row in dumped if row[-1]}
    whole = set(dumped)
    result = []
    for row in sent:
        seq, left = row[5], row[-1]
        while row not in whole and left:
            piece = pieces.get(row[:4] + (seq,))
            if not piece or piece[-1] > left:
                break
            result.append(piece)
            seq, left = seq + piece[-1] & 0xffffffff, left - piece[-1]
        if row in whole or left:
            result.append(row)
    return result


def check_relative(result):
    """seq and ack relative to the SYN are the raw ones less the first."""
    first = {(row["connection"], row["sender"]): row["raw_seq"]
             for row in result.tables["segments"] if "S" in row["flags"]}
    other = {"client": "server", "server": "client"}
    for row in result.tables["segments"]:
        for relative, raw, side in (("seq", "raw_seq", row["sender"]),
                                    ("ack", "raw_ack", other[row["sender"]])):
            begin = first.get((row["connection"], side))
            known = begin is not None and row[raw] is not None
            equal(row[relative], row[raw] - begin & 0xffffffff if known else None,
                  f"{relative} of {row}")


def check_loopback(command, largest_above):
    with Tcpdump("lo") as dump:
        result = trace(command)
    ports = {row["local_port"] for row in result.tables["sockets"]}
    dumped = [row for row in dump.segments() if {row[1], row[3]} & ports]
    need(max(row[-1] for row in dumped) > largest_above, "no segment as large as expected")
    # What comes to a port without a socket, and the answer, is no socket's of the command.
    ours = {(row["local_port"], row["remote_port"]) for row in result.tables["sockets"]}
    compare([row for row in dumped if (row[1], row[3]) in ours],
            cut(traced_segments(result, 0), dumped), "sent")
    compare([row for row in dumped if (row[3], row[1]) in ours], traced_segments(result, 1),
            "received")
    check_relative(result)
    print(f"{len(dumped)} segments agree")


@test
def loopback_v4():
    check_loopback([experiment("lifecycle")], 10)
    check_loopback([experiment("bulk_send"), "--bytes", "5000000", "--pause", "0"], 30000)


@test
def loopback_v6():
    check_loopback([experiment("lifecycle"), "--ipv6"], 10)
    check_loopback([experiment("quick_return"), "--ipv6"], 30000)


@actor
def refused():
    sock = listener()
    address = sock.getsockname()
    close(sock)
    try:
        connect(address)
    except ConnectionRefusedError:
        pass
    sock = listener()
    pid = fork(refused_client, sock.getsockname())
    close(accept(sock))
    join(pid)


def refused_client(address):
    end = connect(address)
    send(end, b"x")
    try:
        while receive(end, 1):
            pass
    except ConnectionResetError:
        pass
    close(end)


@test
def loopback_resets():
    check_loopback(actor_command(refused), 0)


def ip(*words):
    done = run([tool("ip"), *words])
    if done.returncode:
        raise Skip(f"ip {' '.join(words)}: {done.stderr.strip()}")


def make_pair():
    for name, other in (NETNS, reversed(NETNS)):
        ip("netns", "add", name)
    ip("link", "add", "tw0", "netns", NETNS[0], "type", "veth", "peer", "tw0", "netns", NETNS[1])
    for number, name in enumerate(NETNS, 1):
        ip("-n", name, "address", "add", f"10.77.0.{number}/24", "dev", "tw0")
        ip("-n", name, "address", "add", f"fd77::{number}/64", "dev", "tw0", "nodad")
        ip("-n", name, "link", "set", "tw0", "up")


def remove_pair():
    for name in NETNS:
        run([tool("ip"), "netns", "del", name])


@actor
def server(address):
    sock = listener(address, 7700)
    end = accept(sock)
    while receive(end, 100000):
        pass
    send(end, b"y" * 50000)
    close(end)


@actor
def client(address):
    while True:
        try:
            end = connect((address, 7700))
            break
        except ConnectionRefusedError:
            time.sleep(0.02)  # so few times that none has the port of the one that succeeds
    for size in (1, 1448, 100000, 1000000):
        send(end, b"x" * size)
    end.shutdown(socket.SHUT_WR)
    while receive(end, 100000):
        pass
    close(end)


def check_veth(address):
    prefix = [[tool("ip"), "netns", "exec", name] for name in NETNS]
    script = " ".join(prefix[1] + actor_command(server, address)) + " & exec " + \
        " ".join(prefix[0] + actor_command(client, address))
    with Tcpdump("tw0", prefix[0]) as near, Tcpdump("tw0", prefix[1]) as far:
        result = trace(["sh", "-c", script + "; wait"])
    ends = {row["connection"]: row for row in result.tables.where("sockets", side="client")}
    last = max(ends)
    equal(ends[last]["remote_address"], address, "address of the server")
    port = ends[last]["local_port"]
    sent, received = ([row for row in traced_segments(result, side) if port in (row[1], row[3])]
                      for side in (0, 1))
    near, far = ([row for row in dump.segments() if port in (row[1], row[3])]
                 for dump in (near, far))
    compare(near, [row for row in sent if row[1] == port] + [row for row in received
            if row[3] == port], "at the client")
    compare(far, [row for row in sent if row[3] == port] + [row for row in received
            if row[1] == port], "at the server")
    need(max(row[-1] for row in near) > 1500, "no super-segment: offload was not shown")


@test
def veth_v4_and_v6():
    if os.environ.get("LIVE_NAMESPACE") != "own":
        raise Skip("makes namespaces: only from tests/live/run")
    try:
        make_pair()
        check_veth("10.77.0.2")
        check_veth("fd77::2")
    finally:
        remove_pair()


@test
def the_wire_counts_as_many():
    """Its process says how many packets crossed the cable, and how many were lost."""
    for options in ((), ("--drop", "3"), ("--ipv6", "--drop", "5")):
        result = trace([experiment("lifecycle"), "--delay", "10ms", *options])
        words = said(result.out)
        sent = len(result.tables.where("segments", received=0))
        received = len(result.tables.where("segments", received=1))
        equal(sent, words["wire.tcp_packets"], "segments sent into the wire")
        equal(sent - received, words["wire.dropped"], "segments lost in the wire")


main()
