# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Connections that don't begin with the plain three segments: TCP Fast Open, SYN
cookies, simultaneous open, several listeners on one port, link-local addresses.
Each in a network namespace of its own, whose counters say what the kernel did.
"""
import collections
import ctypes
import json
import os
import select
import socket
import subprocess

from live import (TCPWATCH, actor, actor_command, each_byte_in_one_place, equal, fork, join,
                  kernel_is_older, main, need, one, run, test, tool, trace, wait_until)
from servers import Moved, check_bytes, counters, in_own_network

MSG_FASTOPEN = 0x20000000
TCP_FASTOPEN, TCP_FASTOPEN_CONNECT = 23, 30
REQUEST, ANSWER = b"q" * 100, b"a" * 30


def set_sysctl(name, value):
    with open("/proc/sys/net/" + name, "w", encoding="ascii") as file:
        file.write(str(value))


def tell(**words):
    """In one write(): two processes say something at the same time."""
    os.write(1, (json.dumps(words) + "\n").encode())


def told(result):
    words = {}
    for line in result.out.splitlines():
        if line.startswith("{"):
            words.update(json.loads(line))
    return words


def traced(function, *options):
    result = trace(in_own_network(actor_command(function)), "--view", "none", *options)
    equal(result.tables["losses"], [], "losses")
    return result, told(result)


def ends_of(result):
    sockets = [row for row in result.tables["sockets"] if row["connection"]]
    return {number: {row["side"]: row for row in sockets if row["connection"] == number}
            for number in sorted({row["connection"] for row in sockets})}


def check_connection(result, connection, sent, got):
    """Bytes of both directions, at each row and in all."""
    played = Moved(result)
    check_bytes(played, connection)
    equal((played.moved(connection, "client"), played.moved(connection, "server")),
          ((sent, sent), (got, got)), "bytes of both directions")


def states(result, socket_number):
    return [(row["new_state"], row["cause"], row["detail"])
            for row in result.tables.where("states", socket=socket_number)]


# TCP Fast Open, RFC 7413

def fast_open_client(address, by_connect):
    end = socket.socket()
    if by_connect:
        end.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
        end.connect(address)
        end.send(REQUEST)
    else:
        end.sendto(REQUEST, MSG_FASTOPEN, address)
    return end


@actor
def fast_open():
    set_sysctl("ipv4/tcp_fastopen", 3)
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    for by_connect in (False, False, True):
        end = fast_open_client(sock.getsockname(), by_connect)
        peer, _ = sock.accept()
        peer.recv(1000)
        peer.send(ANSWER)
        end.recv(1000)
        end.close()
        peer.close()
    tell(active=counters()["TcpExt:TCPFastOpenActive"],
         passive=counters()["TcpExt:TCPFastOpenPassive"])


@test
def fast_open_sends_data_in_the_syn():
    result, words = traced(fast_open)
    equal((words["active"], words["passive"]), (2, 2), "times that the kernel used Fast Open")
    for number, ends in ends_of(result).items():
        check_connection(result, number, len(REQUEST), len(ANSWER))
        syn = one((row for row in result.tables.where("segments", connection=number, received=0)
                   if row["segment"] == "SYN"), "SYNs")
        answer = one(result.tables.where("segments", connection=number, received=0,
                                         segment="SYN-ACK"), "SYN-ACKs")
        # The first one only asks for the cookie.
        in_syn = len(REQUEST) if number > 1 else 0
        equal((syn["length"], answer["ack"]), (in_syn, 1 + in_syn), "data in the SYN, and its ACK")
        equal(states(result, ends["server"]["socket"])[:2],
              [("SYN_RECV", "segment", "SYN"), ("ESTABLISHED", "segment", "ACK")],
              "states of the server's end")
        if in_syn:
            first = [row for row in result.tables.where("bytes", connection=number,
                                                        sender="client") if row["handed_over"]][0]
            equal((first["handed_over"], first["unsent"]), (in_syn, 0), "first row of the bytes")


# SYN cookies

@actor
def cookies():
    set_sysctl("ipv4/tcp_syncookies", 2)
    sock = socket.create_server(("127.0.0.1", 0))
    for _ in range(2):
        end = socket.create_connection(sock.getsockname())
        peer, _ = sock.accept()
        end.send(REQUEST)
        peer.recv(1000)
        peer.send(ANSWER)
        end.recv(1000)
        end.close()
        peer.close()
    tell(sent=counters()["TcpExt:SyncookiesSent"], back=counters()["TcpExt:SyncookiesRecv"])


@test
def a_syn_cookie_keeps_nothing_until_it_comes_back():
    result, words = traced(cookies)
    equal((words["sent"], words["back"]), (2, 2), "cookies that the kernel sent and got back")
    equal(len(ends_of(result)), 2, "connections")
    for number, ends in ends_of(result).items():
        check_connection(result, number, len(REQUEST), len(ANSWER))
        child = ends["server"]
        first = [("SYN_RECV", "segment", "ACK of a SYN cookie"), ("ESTABLISHED", "segment", "ACK")]
        # There nobody can tell whose SYN_RECV it is.
        expected = first[1:] if kernel_is_older(6, 13) else first
        equal(states(result, child["socket"])[:len(expected)], expected,
              "states of the server's end")
        begin = result.tables.where("states", socket=child["socket"])[0]
        third = [row for row in result.tables.where("segments", connection=number,
                                                    segment="ACK") if row["received"]][0]
        need(begin["t_ns"] >= third["t_ns"], "the child is older than the ACK that made it")


# Two namespaces and a link between them

NEAR, FAR = "10.9.0.1", "10.9.0.2"
CLONE_NEWNET = 0x40000000


def ip(*arguments, pid=None):
    inside = [tool("nsenter"), "--net", "--target", str(pid)] if pid else []
    subprocess.run([*inside, tool("ip"), *arguments], check=True)


def other_namespace():
    """A process that holds a network namespace of its own, linked with this one."""
    holder = subprocess.Popen([tool("unshare"), "--net", "cat"], stdin=subprocess.PIPE)
    mine = os.readlink("/proc/self/ns/net")
    wait_until(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != mine, "the namespace")
    ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(holder.pid))
    for pid, device, number in ((None, "near", 1), (holder.pid, "far", 2)):
        ip("address", "add", f"10.9.0.{number}/24", "dev", device, pid=pid)
        ip("address", "add", f"fe80::{number}/64", "dev", device, "nodad", pid=pid)
        ip("link", "set", device, "up", pid=pid)
    return holder


def end_namespace(holder):
    holder.stdin.close()
    holder.wait()


def enter(holder):
    with open(f"/proc/{holder.pid}/ns/net", encoding="ascii") as namespace:
        equal(ctypes.CDLL(None).setns(namespace.fileno(), CLONE_NEWNET), 0, "setns()")


def set_answers(holder, value):
    """Whether the two tell each other their hardware addresses: 8 means no."""
    path = "/proc/sys/net/ipv4/conf/all/arp_ignore"
    subprocess.run([tool("nsenter"), "--net", "--target", str(holder.pid), "sh", "-c",
                    f"echo {value} >{path}"], check=True)
    set_sysctl("ipv4/conf/all/arp_ignore", value)


def is_connecting(pid):
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as file:
        return any(line.split()[3] == "02" for line in file)


def connect_from(address, peer, port=7777):
    end = socket.socket()
    end.bind((address, port))
    end.connect((peer, port))
    return end


def exchange(end, data):
    end.sendall(data)
    got = 0
    while got < len(REQUEST):
        got += len(end.recv(1000))
    end.shutdown(socket.SHUT_WR)
    end.recv(1)
    end.close()


@actor
def simultaneous():
    """Both SYNs wait for the other's hardware address, and leave before either has arrived."""
    holder = other_namespace()
    set_answers(holder, 8)

    def far():
        enter(holder)
        tell(**{FAR: os.getpid()})
        exchange(connect_from(FAR, NEAR), REQUEST)

    def near():
        tell(**{NEAR: os.getpid()})
        exchange(connect_from(NEAR, FAR), REQUEST)

    pids = [fork(far), fork(near)]
    wait_until(lambda: all(map(is_connecting, pids)), "both to connect")
    set_answers(holder, 0)
    join(*pids)
    end_namespace(holder)


def check_both_connected(result, first, second):
    """One connection, whose client is the end that was in SYN_SENT first."""
    began = {side: states_of(result, end)[0] for side, end in (("client", first),
                                                             ("server", second))}
    equal({row["new_state"] for row in began.values()}, {"SYN_SENT"}, "first states")
    need(began["client"]["t_ns"] <= began["server"]["t_ns"], f"the client was second: {began}")
    equal((first["local_address"], first["local_port"], first["remote_address"]),
          (second["remote_address"], second["remote_port"], second["local_address"]), "tuples")
    line = one((row for row in result.json() if row["type"] == "connection"), "connections")
    need(line["both_connected"] and not line["itself"], "it isn't said that both connected")
    for side, end in (("client", first), ("server", second)):
        equal((line[side]["socket"], line[side]["pid"]), (end["socket"], end["pid"]), side)


def states_of(result, end):
    return result.tables.where("states", socket=end["socket"])


def syns_of(result, **wanted):
    return collections.Counter((row["sender"], row["segment"], row["received"])
                               for row in result.tables.where("segments", **wanted)
                               if "S" in row["flags"])


@test
def a_simultaneous_open():
    result, words = traced(simultaneous)
    ends = one(ends_of(result).values(), "connections")
    equal(sorted(ends), ["client", "server"], "ends")
    check_both_connected(result, ends["client"], ends["server"])
    equal(sorted(end["local_address"] for end in ends.values()), [NEAR, FAR], "addresses")
    told = {address: pid for address, pid in words.items() if "." in address}
    for side, end in ends.items():
        equal(states(result, end["socket"])[:3],
              [("SYN_SENT", "call", "connect()"), ("SYN_RECV", "segment", "SYN"),
               ("ESTABLISHED", "segment", "SYN-ACK")], f"states of {end}")
        equal((end["pid"], end["side"]), (told[end["local_address"]], side), "owner")
        moved = [row["moved_bytes"] for row in result.tables.where("calls", socket=end["socket"])
                 if row["call"] in ("send", "recv")]
        equal(moved, [len(REQUEST), len(REQUEST), 0], f"bytes of the calls at {end}")
    check_connection(result, 1, len(REQUEST), len(REQUEST))
    once = {(side, kind, received): 1 for side in ends for kind in ("SYN", "SYN-ACK")
            for received in (0, 1)}
    equal(syns_of(result, connection=1), once, "SYNs, where they left and where they arrived")
    equal([row for row in result.tables["segments"] if row["again"]], [], "sent again")
    equal(len(result.tables.where("segments", connection=None)), 0, "segments of no connection")
    check_told(result, "both ends called connect()", 4)


def check_told(result, words, arrows):
    """The summary says it, and the ladder has each SYN and SYN-ACK once."""
    text = run([TCPWATCH, "-r", result.capture, "--view", "summary", "--ascii"]).stdout
    need(words in " ".join(text.split()).lower(), f"it isn't said: {text}")
    for false in ("not traced", "did not wait"):
        need(false not in text, f"{false}: {text}")
    ladder = run([TCPWATCH, "-r", result.capture, "--view", "ladder", "--ascii"]).stdout
    lines = [line for line in ladder.splitlines() if "SYN seq=" in line or "SYN-ACK seq=" in line]
    equal(len(lines), arrows, f"SYNs in the ladder: {ladder}")
    need(all("again" not in line and "X" not in line for line in lines), f"lost: {ladder}")


@test
def a_simultaneous_open_without_its_segments():
    for detail in ("calls", "states"):
        result, _ = traced(simultaneous, "--detail", detail)
        ends = one(ends_of(result).values(), "connections")
        equal(sorted(ends), ["client", "server"], "ends")
        check_both_connected(result, ends["client"], ends["server"])


@actor
def alone():
    """A socket that is connected with itself: its own SYN opens it."""
    end = socket.socket()
    end.bind(("127.0.0.1", 0))
    end.connect(end.getsockname())
    end.send(REQUEST)
    tell(got=len(end.recv(1000)))
    end.shutdown(socket.SHUT_WR)
    end.recv(1)
    end.close()


@test
def a_socket_that_is_connected_with_itself():
    result, words = traced(alone)
    equal(words["got"], len(REQUEST), "bytes that came back")
    end = one(result.tables["sockets"], "sockets")
    equal((end["local_address"], end["local_port"]), (end["remote_address"], end["remote_port"]),
          "addresses of both ends")
    equal(states(result, end["socket"])[:3],
          [("SYN_SENT", "call", "connect()"), ("SYN_RECV", "segment", "SYN"),
           ("ESTABLISHED", "segment", "SYN-ACK")], "states")
    equal([state for state, _, _ in states(result, end["socket"])][3:],
          ["FIN_WAIT1", "CLOSING", "TIME_WAIT"], "states")
    equal([row["moved_bytes"] for row in result.tables["calls"] if row["call"] in ("send", "recv")],
          [len(REQUEST), len(REQUEST), 0], "bytes of the calls")
    rows = result.tables["bytes"]
    equal({row["sender"] for row in rows}, {"client"}, "streams: there is one")
    for row in rows:
        need(row["app_read"] is not None, f"the reader is traced: {row}")
        each_byte_in_one_place(row)
    equal((rows[-1]["handed_over"], rows[-1]["app_read"]), (len(REQUEST), len(REQUEST)), "bytes")
    equal(syns_of(result), {("client", kind, received): 1 for kind in ("SYN", "SYN-ACK")
                            for received in (0, 1)}, "SYNs")
    line = one((row for row in result.json() if row["type"] == "connection"), "connections")
    equal((line["itself"], line["both_connected"]), (True, False), "with itself")
    equal((line["client"]["socket"], line["server"]["socket"]), (end["socket"],) * 2, "ends")
    equal(line["to_client"]["handed_over"], None, "the other direction")
    check_told(result, "connected with itself", 2)


@actor
def link_local():
    holder = other_namespace()
    scopes = {"near": socket.if_nametoindex("near")}
    sock = socket.socket(socket.AF_INET6)
    sock.bind(("fe80::1", 0, 0, scopes["near"]))
    sock.listen(1)

    def far():
        enter(holder)
        end = socket.socket(socket.AF_INET6)
        end.connect(("fe80::1", sock.getsockname()[1], 0, socket.if_nametoindex("far")))
        exchange(end, REQUEST)

    pid = fork(far)
    end, peer = sock.accept()
    exchange(end, REQUEST)
    join(pid)
    tell(peer=peer[0], peer_port=peer[1], **scopes)
    end_namespace(holder)


@test
def link_local_addresses_with_their_scope():
    result, words = traced(link_local)
    ends = one(ends_of(result).values(), "connections")
    equal(sorted(ends), ["client", "server"], "ends of the connection")
    server, client = ends["server"], ends["client"]
    equal((server["local_address"], server["remote_address"], server["remote_port"]),
          (f"fe80::1%{words['near']}", f"fe80::2%{words['near']}", words["peer_port"]),
          "addresses at the server's end")
    equal([address.split("%")[0] for address in (client["local_address"],
                                                 client["remote_address"])],
          ["fe80::2", "fe80::1"], "addresses at the client's end")
    need(all("%" in client[name] for name in ("local_address", "remote_address")), "no scope")
    check_connection(result, 1, len(REQUEST), len(REQUEST))
    need(client["netns"] != server["netns"], "both ends are in one namespace")


# SO_REUSEPORT

@actor
def reuse_port():
    socks = [socket.socket() for _ in range(2)]
    for sock in socks:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", 5555))
        sock.listen(8)
        sock.setblocking(False)
    for _ in range(20):
        end = socket.create_connection(("127.0.0.1", 5555))
        ready, _, _ = select.select(socks, [], [])
        peer, _ = ready[0].accept()
        tell(**{str(end.getsockname()[1]): ready[0].fileno()})
        end.close()
        peer.close()


@test
def children_of_two_listeners_on_one_port():
    result, words = traced(reuse_port)
    listeners = {row["socket"]: row["fd"] for row in result.tables["calls"]
                 if row["call"] == "listen"}
    equal(len(listeners), 2, "listeners")
    equal(len(set(words.values())), 2, "listeners that were given a connection")
    for ends in ends_of(result).values():
        equal(listeners[ends["server"]["listener"]], words[str(ends["client"]["local_port"])],
              f"listener of {ends['server']}")


main()
