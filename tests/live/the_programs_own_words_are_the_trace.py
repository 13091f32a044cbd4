# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Each experiment prints what it did itself. The trace has to say the same: bytes,
calls, results, ports, processes, and how long send() took.
"""
from live import equal, experiment, main, need, test, trace


def run(name, *options):
    return trace([experiment(name), *options])


def ends(result):
    """The socket rows of both ends, found by the ports that the program printed."""
    found = {}
    for side in ("client", "server"):
        local, remote = (int(result.said[f"{side}.{end}"].rsplit(":", 1)[1])
                         for end in ("local", "remote"))
        found[side] = result.tables.socket(local_port=local, remote_port=remote)
    return found


def calls(result, socket, *names):
    return [row for row in result.tables.where("calls", socket=socket["socket"])
            if row["call"] in names]


def check_ends(result, family):
    for side, socket in ends(result).items():
        address = result.said[f"{side}.local"].rsplit(":", 1)[0].strip("[]")
        equal(socket["local_address"], address, f"{side}'s address")
        equal(socket["family"], family, f"{side}'s family")
        equal(socket["side"], side, "side")
        equal(socket["pid"], result.said[f"{side}.pid"], f"{side}'s process")
        equal(socket["socket_type"], "stream", "type")
        equal(socket["protocol"], "TCP", "protocol")


def check_bytes(result, sender, receiver, sends, reads):
    """One direction: totals by the program, by its calls, and by the byte positions."""
    sent, got = result.said[f"{sender}.bytes_sent"], result.said[f"{receiver}.bytes_read"]
    socket = ends(result)
    send_rows = calls(result, socket[sender], "send", "write")
    read_rows = calls(result, socket[receiver], "read")
    equal(sum(row["moved_bytes"] for row in send_rows), sent, "bytes that send moved")
    equal(sum(row["moved_bytes"] for row in read_rows), got, "bytes that read moved")
    equal(len(send_rows), sends, "send calls")
    equal(len(read_rows), reads, "read calls")
    last = [row for row in result.tables["bytes"] if row["sender"] == sender][-1]
    equal((last["handed_over"], last["app_read"]), (sent, got), "the last row of bytes.csv")


def check_transfer(result, family):
    said = result.said
    check_ends(result, family)
    check_bytes(result, "client", "server", said["client.send_calls"], said["server.read_calls"])
    sockets = ends(result)
    send = calls(result, sockets["client"], "send")[0]
    equal(send["result"], said["client.send_result"], "result of send")
    equal(send["error"] or 0, said["client.send_errno"], "errno of send")
    equal(send["asked_bytes"], said["option.bytes"], "bytes asked for")
    short = [row for row in calls(result, sockets["server"], "read")
             if 0 < row["moved_bytes"] < row["asked_bytes"]]
    equal(len(short), said["server.short_reads"], "short reads")
    need(send["inside_ns"] <= said["client.send_ns"], "send() took longer than its caller saw")
    need(send["enter_ns"] + result.zero_ns() >= said["client.send_at_ns"], "send() began too early")
    return send


def check_bulk(family, *options):
    result = run("bulk_send", *options)
    send = check_transfer(result, family)
    # Not equal: who is preempted while falling asleep counts as involuntary for the program.
    need(send["sleeps"] > 0 and result.said["client.send_sleeps"] > 0, "send() did not sleep")
    need(send["sleep_ns"] <= send["inside_ns"], "slept longer than it was inside")
    equal(send["sleep_ns"], sum(send[f"sleep_{cause}_ns"] for cause in
                                ("peer_window", "congestion", "buffer", "lowat", "pacing",
                                 "unknown")), "sleeps")
    need(send["inside_ns"] > 0.99 * result.said["client.send_ns"],
         f"time inside send: {send['inside_ns']} of {result.said['client.send_ns']}")


@test
def bulk_send_v4():
    check_bulk("IPv4")


@test
def bulk_send_v6():
    check_bulk("IPv6", "--ipv6")


@test
def quick_return_v4():
    equal(check_transfer(run("quick_return"), "IPv4")["sleeps"], 0, "sleeps")


@test
def quick_return_v6():
    equal(check_transfer(run("quick_return", "--ipv6"), "IPv6")["sleeps"], 0, "sleeps")


def check_lifecycle(family, *options):
    result = run("lifecycle", *options)
    check_ends(result, family)
    check_bytes(result, "client", "server", 1, 2)
    check_bytes(result, "server", "client", 1, 1)
    sockets = ends(result)
    equal(sockets["client"]["final_state"], result.said["client.final_state"], "final state")
    names = [row["call"] for row in calls(result, sockets["client"], *CALLS)]
    equal(names, ["socket", "connect", "write", "read", "close"], "calls of the client")
    listener = result.tables.socket(socket=sockets["server"]["listener"])
    names = [row["call"] for row in calls(result, listener, *CALLS)]
    equal(names, ["socket", "bind", "listen", "accept", "close"], "calls on the listener")
    names = [row["call"] for row in calls(result, sockets["server"], *CALLS)]
    equal(names, ["read", "write", "read", "close"], "calls of the server")


CALLS = ("socket", "bind", "listen", "accept", "accept4", "connect", "read", "write", "shutdown",
         "close")


@test
def lifecycle_v4():
    check_lifecycle("IPv4")


@test
def lifecycle_v6():
    check_lifecycle("IPv6", "--ipv6")


@test
def lifecycle_on_the_wire():
    check_lifecycle("IPv4", "--delay", "20ms")
    check_lifecycle("IPv6", "--delay", "20ms", "--ipv6")


def check_handshake(*options):
    result = run("handshake", *options)
    said, sockets = result.said, ends(result)
    connect = calls(result, sockets["client"], "connect")[0]
    equal((connect["result"], connect["port"]), (0, sockets["server"]["local_port"]), "connect")
    equal(connect["address"], sockets["server"]["local_address"], "address of connect")
    need(connect["inside_ns"] <= said["client.connect_ns"], "connect() took too long")
    need(connect["inside_ns"] >= 2 * int(said["option.delay"][:-2]), "connect() took too short")
    listener = result.tables.socket(socket=sockets["server"]["listener"])
    accept = calls(result, listener, "accept")[0]
    equal(accept["new_socket"], sockets["server"]["socket"], "what accept returned")
    need(accept["return_ns"] + result.zero_ns() <= said["server.accepted_at_ns"], "accept() late")


@test
def handshake_v4():
    check_handshake()
    check_handshake("--delay", "100ms")


@test
def handshake_v6():
    check_handshake("--ipv6")
    check_handshake("--ipv6", "--delay", "100ms")


main()
