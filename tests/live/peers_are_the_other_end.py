# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
--peers: the other end of a traced connection is recorded although its process
was started by somebody else, and nothing else of that process. Without it no
other process is in the capture.
"""
import collections
import os
import socket
import subprocess
import sys
import threading

from attached import Attached, running
from live import (Background, accept, actor, actor_command, close, connect, each_byte_in_one_place,
                  echo, equal, listener, main, need, one, scratch, talk, test, trace, wait_until)
from servers import counted_by_ss


def wait_for_port(path):
    wait_until(lambda: os.path.exists(path), "the server's port")
    with open(path, encoding="ascii") as file:
        return int(file.read())


def write_port(path, sock):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(str(sock.getsockname()[1]))
    os.rename(path + ".new", path)


def say_closed(path):
    with open(path + ".closed", "w", encoding="ascii"):
        pass


def wait_until_closed(path):
    """A trace ends with its command: that stays until the peer has made its last call."""
    wait_until(lambda: os.path.exists(path + ".closed"), "the peer's close()")


@actor
def stranger_server(path, address, connections):
    """Also talks to itself all the while: that is nobody's business."""
    with socket.create_server((address, 0), family=family_of(address)) as sock, \
            socket.create_server(("127.0.0.1", 0)) as own:
        write_port(path, sock)
        for _ in range(int(connections)):
            with socket.create_connection(own.getsockname()) as near, own.accept()[0] as far:
                near.send(b"private")
                far.recv(10)
                end, _ = sock.accept()
                with end:
                    while end.recv(1000):
                        near.send(b"private")
                        end.send(b"y" * 50)
    say_closed(path)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@actor
def traced_client(address, port, path):
    talk(connect((address, int(port))))
    wait_until_closed(path)


@actor
def traced_server(path):
    sock = listener()
    write_port(path, sock)
    echo(accept(sock))
    close(sock)
    wait_until_closed(path)


def with_stranger_server(address, *options):
    path = scratch("port")
    with subprocess.Popen(actor_command(stranger_server, path, address, 1),
                          stdout=subprocess.DEVNULL) as server:
        port = wait_for_port(path)
        result = trace(actor_command(traced_client, address, port, path), *options)
        equal(server.wait(), 0, "exit status of the server")
    return result, port, server.pid


def calls_of(result, pid):
    return collections.Counter(row["call"] for row in result.tables.where("calls", pid=pid))


def check_conservation(result):
    rows = [row for row in result.tables["bytes"] if row["app_read"] is not None]
    need(rows, "no place of any byte is known")
    for row in rows:
        each_byte_in_one_place(row)
    need(any(row["peer_queue"] is not None for row in rows), "no peer's queue is known")


def check_server_as_peer(address):
    result, port, pid = with_stranger_server(address, "--peers")
    peer = result.tables.socket(local_port=port)
    equal((peer["origin"], peer["pid"], peer["side"]), ("peer", pid, "server"), "the peer")
    need(peer["comm"], "the peer's process has no name")
    equal(len(result.tables["sockets"]), 2, "sockets")
    equal(calls_of(result, pid), collections.Counter(recv=4, send=3, close=1), "its calls")
    states = [row["new_state"] for row in result.tables.where("states", socket=peer["socket"])]
    equal(states, ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE"], "its states")
    senders = collections.Counter((row["sender"], row["received"])
                                  for row in result.tables["segments"])
    equal(senders["client", 0], senders["client", 1], "segments of the client, sent and arrived")
    equal(senders["server", 0], senders["server", 1], "segments of the server, sent and arrived")
    check_conservation(result)
    # Called by two names: the socket's owner and the callers.
    equal({row["pid"] for row in result.tables["calls"]} - {pid},
          {row["pid"] for row in result.tables.where("sockets", side="client")}, "callers")


@test
def a_server_that_was_there_before():
    check_server_as_peer("127.0.0.1")


@test
def a_server_of_ipv6():
    check_server_as_peer("::1")


@test
def without_the_option_only_our_end():
    result, port, pid = with_stranger_server("127.0.0.1")
    equal(result.tables.where("sockets", local_port=port), [], "sockets of the stranger")
    equal(len(result.tables["sockets"]), 1, "sockets")
    for table in ("sockets", "states", "calls"):
        need(pid not in {row["pid"] for row in result.tables[table]}, f"a stranger in {table}")
    need(not any(line.get("pid") == pid for line in result.json()), "a stranger in the JSON")


@test
def a_closed_port_has_no_peer():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    result = trace(actor_command(traced_client, "127.0.0.1", port, scratch()), "--peers",
                   status=None)
    equal([row["origin"] for row in result.tables["sockets"]], ["created"], "sockets")


@test
def a_client_that_is_not_traced():
    path = scratch("port")
    running = Background(trace, actor_command(traced_server, path), "--peers")
    port = wait_for_port(path)
    with socket.create_server(("127.0.0.1", 0)) as own, \
            socket.create_connection(own.getsockname()) as near, own.accept()[0]:
        with socket.create_connection(("127.0.0.1", port)) as end:
            source = end.getsockname()[1]
            for _ in range(3):
                end.send(b"x" * 100)
                end.recv(1000)
                near.send(b"private")
        say_closed(path)
    result = running.result()
    peer = result.tables.socket(local_port=source)
    equal((peer["origin"], peer["pid"], peer["side"]), ("peer", os.getpid(), "client"), "the peer")
    equal(len(result.tables["sockets"]), 3, "sockets: listener, child, and peer")
    equal(len({row["connection"] for row in result.tables["sockets"]} - {None}), 1, "connections")
    equal(calls_of(result, os.getpid()), collections.Counter(send=3, recv=3, close=1), "its calls")
    states = [row["new_state"] for row in result.tables.where("states", socket=peer["socket"])]
    equal(states[:2], ["SYN_SENT", "ESTABLISHED"], "its states")
    check_conservation(result)


@actor
def quiet_server(path):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        write_port(path, sock)
        end, _ = sock.accept()
        with end:
            while True:
                data = end.recv(1000)
                if not data:
                    break
                end.sendall(data[:7])


@actor
def quiet_client(port):
    """Asks once, and again for each line that comes."""
    with socket.create_connection(("127.0.0.1", int(port))) as end:
        while True:
            end.sendall(b"x" * 700)
            end.recv(7, socket.MSG_WAITALL)
            print(end.getsockname()[1], flush=True)
            if not sys.stdin.readline():
                break


@test
def a_peer_that_was_connected_before_has_its_bytes_since_the_beginning():
    """Both ways: the traced end is the server, then the client."""
    path = scratch("port")
    with running(actor_command(quiet_server, path)) as server:
        port = wait_for_port(path)
        with running(actor_command(quiet_client, port)) as client:
            source = int(client.stdout.readline())
            for traced, peer in ((server, client), (client, server)):
                attached = Attached("-p", traced.pid, "--peers", "--detail", "full")
                client.stdin.write("\n")
                client.stdin.flush()
                client.stdout.readline()
                kernel = {"client": counted_by_ss(source, port),
                          "server": counted_by_ss(port, source)}
                check_since_the_beginning(attached.finish(), kernel, peer.pid)


def check_since_the_beginning(result, kernel, peer):
    line = one((row for row in result.json() if row["type"] == "connection"), "connections")
    need(line["found"], "it began before the trace")
    sides = {row["side"]: row for row in result.tables["sockets"] if row["connection"]}
    equal(sorted(sides), ["client", "server"], "ends")
    origins = {row["pid"]: row["origin"] for row in sides.values()}
    equal(origins[peer], "peer", f"origin of the peer in {origins}")
    out, back = line["to_server"], line["to_client"]
    # The SYN of the end that called connect() is counted as acknowledged.
    equal({"client": (out["acked"] + 1, back["received"]),
           "server": (back["acked"], out["received"])}, kernel, "acknowledged and received")
    equal((out["app_read"], back["app_read"]), (out["handed_over"], back["handed_over"]), "read")
    check_conservation(result)


@test
def strangers_among_themselves_stay_out():
    """Busy all the while, on the very port that the traced client uses, at another address."""
    path = scratch("port")
    stop = threading.Event()
    with subprocess.Popen(actor_command(stranger_server, path, "127.0.0.1", 1),
                          stdout=subprocess.DEVNULL) as server:
        port = wait_for_port(path)
        with socket.create_server(("127.0.0.2", port)) as sock:
            talking = Background(strangers, sock, stop)
            result = trace(actor_command(traced_client, "127.0.0.1", port, path), "--peers")
            stop.set()
            need(talking.result() > 0, "the strangers did not talk")
        equal(server.wait(), 0, "exit status of the server")
    for row in result.tables["sockets"]:
        need("127.0.0.2" not in (row["local_address"], row["remote_address"]), f"stranger {row}")
    equal(len(result.tables["sockets"]), 2, "sockets")
    need(os.getpid() not in {row["pid"] for row in result.tables["calls"]}, "a stranger's call")


def strangers(sock, stop):
    count = 0
    while not stop.is_set():
        with socket.create_connection(sock.getsockname()) as near, sock.accept()[0] as far:
            near.send(b"y")
            far.recv(1)
            count += 1
    return count


main()
