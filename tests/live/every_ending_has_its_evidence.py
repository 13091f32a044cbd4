# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Each way in which connect() fails and each cause of a RST, made for real: the
errno is what the program saw, and the cause is the one by which it was made.
A router that refuses lives in a network namespace of its own.
"""
import contextlib
import errno
import os
import signal
import socket
import time

from live import (Skip, accept, actor, actor_command, connect, equal, kernel_is_older, listener,
                  main, need, needs, run, test, tool, trace)

LINGER_0 = b"\1\0\0\0\0\0\0\0"
ROUTER, DEAD_HOST, UNREACHABLE, PROHIBITED = "10.77.0.2", "10.77.0.99", "10.78.1.1", "10.78.2.1"
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def say_error(name, function, *args):
    try:
        function(*args)
        print(f"{name}=0", flush=True)
    except OSError as error:
        print(f"{name}={errno.errorcode[error.errno]}", flush=True)


@actor
def connects(address, version="4"):
    end = socket.socket(FAMILY[int(version)])
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 2)
    say_error("connect", end.connect, (address, 80))


def ip(*words):
    done = run([tool("ip"), *words])
    equal(done.returncode, 0, f"ip {' '.join(words)}: {done.stderr}")


@contextlib.contextmanager
def router():
    name = f"tw-router-{os.getpid()}"
    ip("netns", "add", name)
    try:
        ip("link", "add", "tw0", "type", "veth", "peer", "tw1", "netns", name)
        ip("addr", "add", "10.77.0.1/24", "dev", "tw0")
        ip("link", "set", "tw0", "up")
        ip("-n", name, "addr", "add", ROUTER + "/24", "dev", "tw1")
        ip("-n", name, "link", "set", "tw1", "up")
        ip("-n", name, "route", "add", "unreachable", "10.78.1.0/24")
        ip("-n", name, "route", "add", "prohibit", "10.78.2.0/24")
        ip("netns", "exec", name, tool("sysctl"), "-qw", "net.ipv4.ip_forward=1",
           "net.ipv4.icmp_ratelimit=0")
        ip("route", "add", "10.78.0.0/16", "via", ROUTER)
        yield
    finally:
        run([tool("ip"), "netns", "del", name])


def one_connection(result):
    found = [row for row in result.json() if row["type"] == "connection"]
    equal(len(found), 1, "connections")
    return found[0]


def failure(address, error, cause):
    result = trace(actor_command(connects, address))
    connection = one_connection(result)
    equal(result.said["connect"], error, "what the program saw")
    equal((connection["connect_error"], connection["connect_cause"]), (error, cause), "the trace")
    return connection


def check_router(address, code):
    with router():
        connection = failure(address, "EHOSTUNREACH", "icmp")
    icmp = connection["icmp"]
    equal((icmp["icmp_type"], icmp["icmp_code"], icmp["icmp_from"]), (3, code, ROUTER), "ICMP")
    equal(connection["syns"], len(connection["syn_times_ns"]), "SYNs")
    need(connection["syns"] >= 1, "no SYN was seen")
    need(ROUTER in connection["verdict_en"], connection["verdict_en"])


@test
def a_router_says_unreachable():
    check_router(UNREACHABLE, 1)


@test
def a_router_says_prohibited():
    check_router(PROHIBITED, 13)


@test
def a_neighbour_that_does_not_answer():
    if kernel_is_older(6, 17):
        raise Skip("this kernel does not show a SYN that could not be sent again")
    with router():
        connection = failure(DEAD_HOST, "EHOSTUNREACH", "own_icmp")
    equal((connection["syns"], connection["icmp"]["own"]), (0, True), "SYNs, ICMP from this host")


@test
def no_route():
    connection = failure("192.0.2.1", "ENETUNREACH", "no_route")
    equal((connection["syns"], connection["icmp"]), (0, None), "SYNs, ICMP")


@actor
def overflows():
    sock = listener(backlog=0)
    first = connect(sock.getsockname())
    end = socket.socket()
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
    say_error("connect", end.connect, sock.getsockname())
    first.close()


@test
def a_full_accept_queue():
    result = trace(actor_command(overflows))
    last = [row for row in result.json() if row["type"] == "connection"][-1]
    equal(result.said["connect"], "ETIMEDOUT", "what the program saw")
    equal(last["connect_cause"], "accept_queue_full", "cause")
    equal(last["syns_refused"], last["syns"], "SYNs that met a full queue")
    need("accept queue" in last["verdict_en"], last["verdict_en"])


def pair():
    sock = listener()
    here = connect(sock.getsockname())
    there = accept(sock)
    sock.close()
    return here, there


@actor
def leaves_unread(count):
    here, there = pair()
    here.send(b"x" * int(count))
    there.recv(int(count), socket.MSG_PEEK | socket.MSG_WAITALL)
    there.close()
    say_error("recv", here.recv, 10)


@actor
def lingers():
    here, there = pair()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
    here.close()
    say_error("recv", there.recv, 10)


@actor
def sends_too_late():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    here, there = pair()
    there.close()
    here.recv(1)
    say_error("send", here.send, b"first")
    time.sleep(0.1)
    say_error("send_again", here.send, b"second")


@actor
def closes_its_listener():
    sock = listener()
    here = connect(sock.getsockname())
    sock.close()
    say_error("recv", here.recv, 10)


def resets(name, cause, *args):
    result = trace(actor_command(name, *args))
    connection = one_connection(result)
    equal(connection["reset_cause"], cause, "reset_cause")
    details = {row["detail"] for row in result.tables["events"] if row["event"] == "reset_sent"}
    need(details <= {cause}, f"detail of reset_sent: {details}")
    return result, connection


@test
def close_with_unread_data():
    result, connection = resets(leaves_unread, "unread_data", "95")
    equal((result.said["recv"], connection["reset_unread"]), ("ECONNRESET", 95), "unread")
    need("95 bytes unread" in connection["verdict_en"], connection["verdict_en"])


@test
def linger_0():
    resets(lingers, "linger_0")


@test
def a_segment_to_a_closed_socket():
    needs("tcp_send_reset")
    result, _ = resets(sends_too_late, "closed_socket")
    equal((result.said["send"], result.said["send_again"]), (0, "EPIPE"), "the program saw")
    told = [row["caption_en"] for row in result.json()
            if row["type"] == "moment" and row["moment"] == "send-failed"]
    equal(len(told), 1, "send-failed")
    need("FIN had come before" in told[0], told[0])


@test
def the_listener_is_closed():
    resets(closes_its_listener, "listener_closed")


main()
