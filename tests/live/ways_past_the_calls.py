# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Bytes that no decoded call moves, and sockets that are not TCP: io_uring, 32-bit
programs, MPTCP, UDP and local sockets. What is known of them is told, labelled
as what it is; and what is not known is said.
"""
import collections
import os
import socket

from live import Skip, actor, actor_command, equal, fork, helper, join, main, need, run, test, trace
from servers import Moved, check_bytes

IPPROTO_MPTCP = 262
TURNS = 3  # of foreign.c


def foreign(way):
    done = run([helper("foreign"), way])
    if done.returncode == 77:
        raise Skip(done.stderr.strip() or "this kernel has no 32-bit system calls")
    return trace([helper("foreign"), way], "--view", "summary")


@test
def io_uring_has_the_right_sums():
    result = foreign("uring")
    moved = result.said["moved"]
    calls = collections.Counter()
    for row in result.tables["calls"]:
        if row["call"] in ("uring_send", "uring_recv"):
            calls[row["call"]] += row["moved_bytes"]
            equal((row["enter_ns"], row["inside_ns"], row["fd"], row["asked_bytes"]), (None,) * 4,
                  f"what isn't known of {row}")
    equal(calls, {"uring_send": moved, "uring_recv": moved}, "bytes of its sends and receives")
    check_bytes(Moved(result), 1)
    equal(Moved(result).moved(1, "client"), (moved, moved), "bytes of the connection")


@test
def of_local_sockets_io_uring_shows_the_queues():
    result = foreign("uring-local")
    sent = result.tables.where("queues", call="uring_send")
    taken = result.tables.where("queues", call="uring_recv")
    equal((len(sent), len(taken)), (TURNS, TURNS), "sends and receives")
    if sent[0]["peer_recv_q"] is None:
        raise Skip("this kernel keeps no count of the bytes in a stream of AF_UNIX")
    equal([row["peer_recv_q"] for row in sent], [result.said["moved"] // TURNS] * TURNS, "sent")
    equal([row["recv_q"] for row in taken], [0] * TURNS, "left")


@test
def a_32_bit_program_is_named():
    result = foreign("32bit")
    rows = [row for row in result.json() if row["type"] == "process" and row["event"] == "32bit"]
    equal([row["comm"] for row in rows], ["foreign"], "processes that make 32-bit calls")
    need("makes 32-bit system calls, which are not decoded." in result.err, "no word of it")
    names = {row["call"] for row in result.tables["calls"]}
    need(not names & {"send", "recv"}, f"calls that were decoded: {names}")


@test
def a_64_bit_program_is_not():
    result = foreign("uring")
    need("32-bit" not in result.err, "said to make 32-bit calls")


@actor
def mptcp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    sock.bind(("127.0.0.1", 0))
    sock.listen(1)
    end = socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    end.connect(sock.getsockname())
    peer, _ = sock.accept()
    end.sendall(b"x" * 1000)
    peer.recv(2000)
    for one in (end, peer, sock):
        one.close()


@test
def mptcp_is_named_and_not_decoded():
    if not os.path.exists("/proc/sys/net/mptcp/enabled"):
        raise Skip("this kernel has no MPTCP")
    result = trace(actor_command(mptcp), "--view", "summary")
    equal([row["protocol"] for row in result.tables["sockets"]], ["MPTCP"] * 3, "protocols")
    equal([(row["call"], row["moved_bytes"]) for row in result.tables["calls"]
           if row["call"] in ("send", "recv")], [("send", 1000), ("recv", 1000)], "its calls")
    for table in ("states", "segments", "bytes"):
        equal(result.tables[table], [], table)
    need("3 sockets are MPTCP, which is not decoded: only their calls are told." in result.err,
         "no word of it")


@actor
def datagrams():
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        sock, end = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        sock.bind((address, 0))
        to = sock.getsockname()
        end.sendto(b"x" * 700, to)
        sock.recvfrom(2000)
        end.connect(to)
        end.send(b"y" * 300)
        # A datagram that is cut: recv() returns what fits.
        sock.recv(200)
        sock.close()
        end.close()


@test
def udp_has_calls_and_no_states():
    result = trace(actor_command(datagrams))
    rows = [(row["call"], row["result"]) for row in result.tables["calls"]
            if row["call"].startswith(("send", "recv"))]
    equal(rows, [("sendto", 700), ("recvfrom", 700), ("send", 300), ("recv", 200)] * 2, "calls")
    equal(collections.Counter((row["family"], row["socket_type"], row["protocol"])
                              for row in result.tables["sockets"]),
          {("IPv4", "dgram", "UDP"): 2, ("IPv6", "dgram", "UDP"): 2}, "sockets")
    for table in ("states", "segments", "bytes"):
        equal(result.tables[table], [], table)


@actor
def local():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        here, there = socket.socketpair(socket.AF_UNIX, kind)
        pid = fork(there.recv, 1000)
        here.send(b"x" * 600)
        join(pid)
        here.close()
        there.close()


@test
def local_sockets_have_calls_and_no_states():
    result = trace(actor_command(local))
    rows = collections.Counter((row["call"], row["result"]) for row in result.tables["calls"]
                               if row["call"] in ("send", "recv"))
    equal(rows, {("send", 600): 3, ("recv", 600): 3}, "calls")
    equal(collections.Counter((row["family"], row["socket_type"])
                              for row in result.tables["sockets"]),
          {("UNIX", "stream"): 2, ("UNIX", "dgram"): 2, ("UNIX", "seqpacket"): 2}, "sockets")
    pids = {row["pid"] for row in result.tables["calls"] if row["call"] == "recv"}
    equal(len(pids), 3, "processes that received")
    for table in ("states", "segments", "bytes"):
        equal(result.tables[table], [], table)


main()
