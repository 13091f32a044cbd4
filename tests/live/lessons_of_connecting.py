# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
The lessons about connect(), listen() and accept(): what each program says of
itself, what the kernel counted and ss(8) showed, and the trace agree.
"""
import time

from live import Background, equal, experiment, main, need, one, run, test, tool, trace

SECOND_NS = 1000000000
FAMILIES = ((), ("--ipv6",))


class Lesson:
    """A traced run of an experiment, and its tables by side."""

    def __init__(self, name, *options):
        self.trace = trace([experiment(name), *options])
        self.said, self.tables = self.trace.said, self.trace.tables

    def calls(self, side, *names):
        return [row for row in self.tables["calls"]
                if row["call"] in names and row["pid"] == self.said[f"{side}.pid"]]

    def sent(self, side, *kinds):
        return [row for row in self.tables.where("segments", sender=side, received=0)
                if row["segment"] in kinds]

    def received(self, side, *kinds):
        """By the other side."""
        return [row for row in self.tables.where("segments", sender=side, received=1)
                if row["segment"] in kinds]

    def entered(self, state, **wanted):
        return self.tables.where("states", new_state=state, **wanted)

    def listener(self):
        return one((row for row in self.tables["sockets"] if row["backlog_limit"] is not None),
                   "listeners")

    def moments(self, name):
        return [line for line in self.trace.json() if line.get("moment") == name]


def errno_said(call):
    return call["error"] or 0


def port(end):
    return int(end.rsplit(":", 1)[1])


def while_ss_looks(function):
    """What a function returned, and what ss saw meanwhile: (state, queues, ports) of each line."""
    running, lines = Background(function), set()
    while running.running():
        for line in run([tool("ss"), "-tanH"]).stdout.splitlines():
            state, recv, send, local, remote = line.split()[:5]
            remote = remote.rsplit(":", 1)[1]
            lines.add((state, int(recv), int(send), port(local),
                       None if remote == "*" else int(remote)))
        time.sleep(0.05)
    return running.result(), lines


def check_accept_late(lesson):
    said = lesson.said
    connect = one(lesson.calls("client", "connect"), "connect()")
    accept = one(lesson.calls("server", "accept"), "accept()")
    up = one(lesson.entered("ESTABLISHED", side="server"), "server ESTABLISHED")
    need(connect["return_ns"] < accept["enter_ns"], "connect() waited for accept()")
    need(up["t_ns"] < accept["enter_ns"], "the server's ESTABLISHED waited for accept()")
    equal(said["server.state_before_accept"], "ESTABLISHED", "state before accept()")
    equal([row["new_state"] for row in lesson.tables["states"]
           if accept["enter_ns"] <= row["t_ns"] <= accept["return_ns"]], [],
          "states that changed inside accept()")
    queue = [row for row in lesson.tables.where("events", event="accept_queue")
             if row["t_ns"] < accept["enter_ns"]]
    equal(queue[-1]["queue_length"], said["server.queue_before_accept"], "accept queue")
    waiting = [row["peer_queue"] for row in lesson.tables.where("bytes", sender="client")
               if row["t_ns"] < accept["enter_ns"]]
    equal(waiting[-1], said["server.unread_after_accept"], "bytes that wait to be read")
    equal(said["server.unread_after_accept"], said["client.bytes_sent"], "bytes")


@test
def the_connection_is_up_and_takes_bytes_before_accept():
    for options in ((), ("--delay", "20ms", "--ipv6")):
        check_accept_late(Lesson("accept_late", "--hold", "100ms", *options))


@test
def ss_shows_the_connection_that_nobody_has_accepted():
    for hold in (2, 8, 30):
        lesson, lines = while_ss_looks(lambda: Lesson("accept_late", "--hold", f"{hold}s"))
        said = lesson.said
        here, there = port(said["server.local"]), port(said["server.remote"])
        if not {("LISTEN", 1, 1, here, None),
                ("ESTAB", said["client.bytes_sent"], 0, here, there)} - lines:
            return
        # Who is given no processor for as long as the server waits sees nothing: wait longer.
    need(False, f"ss saw neither the queue nor the bytes on port {here}: {sorted(map(str, lines))}")


def check_lost_third_ack(lesson):
    said = lesson.said
    client_up = one(lesson.entered("ESTABLISHED", side="client"), "client ESTABLISHED")
    server_up = one(lesson.entered("ESTABLISHED", side="server"), "server ESTABLISHED")
    need(client_up["t_ns"] < server_up["t_ns"], "the client is ESTABLISHED first")
    arrived = [row for row in lesson.received("client", "ACK", "data")]
    need(arrived[0]["t_ns"] <= server_up["t_ns"], "ESTABLISHED before any segment could tell")
    equal(len(lesson.sent("server", "SYN-ACK")), 1 + said["server.syn_ack_again"], "SYN-ACKs")
    # What is sent again on a busy machine may leave after the wire's end: not all that was sent.
    equal(len(lesson.tables.where("segments", received=1)),
          said["wire.tcp_packets"] - said["wire.dropped"], "segments that arrived")
    need(len(lesson.tables.where("segments", received=0)) >= said["wire.tcp_packets"],
         "the wire carried a segment that the trace lacks")
    need(not [row for row in lesson.calls("client", "connect", "send") if row["error"]],
         "the client's program noticed")
    equal(said["server.bytes_read"], said["client.bytes_sent"], "bytes")
    return arrived[0], server_up


@test
def data_completes_the_handshake_whose_third_packet_was_lost():
    for options in ((), ("--delay", "20ms", "--ipv6")):
        lesson = Lesson("lost_third_ack", *options)
        arrived, up = check_lost_third_ack(lesson)
        if lesson.said["server.syn_ack_again"]:
            continue  # a machine that stood still for a second saw the other way out
        equal(lesson.said["server.state_before_data"], "SYN_RECV", "state before the data")
        equal(arrived["segment"], "data", "what arrived first")
        need(up["t_ns"] > one(lesson.calls("client", "send"), "send()")["enter_ns"],
             "ESTABLISHED before send()")


@test
def a_silent_client_is_sent_the_syn_ack_again():
    for family in FAMILIES:
        lesson = Lesson("lost_third_ack", "--hold", "1500ms", *family)
        arrived, _ = check_lost_third_ack(lesson)
        need(lesson.said["server.syn_ack_again"] >= 1, "no SYN-ACK was sent again")
        equal(arrived["segment"], "ACK", "what arrived first")


def check_refused(lesson):
    said = lesson.said
    refused, connected = lesson.calls("client", "connect")
    equal(refused["error"], said["client.before_listen_errno"], "first connect()")
    equal(errno_said(connected), said["client.after_listen_errno"], "second connect()")
    equal(refused["port"], connected["port"], "port")
    rows = lesson.tables.where("segments", socket=refused["socket"])
    equal([(row["sender"], row["segment"]) for row in rows],
          [("client", "SYN"), ("server", "RST-ACK")], "segments of the client")
    equal(len(lesson.received("server", "RST-ACK", "RST")), said["server.resets_sent"], "RSTs")
    equal([row["new_state"] for row in lesson.tables.where("states", socket=refused["socket"])],
          ["SYN_SENT", "CLOSE"], "states")
    listen = one(lesson.calls("server", "listen"), "listen()")
    need(refused["return_ns"] < listen["enter_ns"] < connected["enter_ns"], "order of the calls")


@test
def only_listen_keeps_a_port_from_refusing():
    for family in FAMILIES:
        check_refused(Lesson("refused", *family))
        check_refused(Lesson("refused", "--delay", "20ms", *family))


@test
def a_dead_wire_makes_connect_time_out():
    for family in FAMILIES:
        lesson = Lesson("timeout", "--syncnt", "1", *family)
        said = lesson.said
        connect = one(lesson.calls("client", "connect"), "connect()")
        equal(connect["error"], said["client.connect_errno"], "errno")
        equal(connect["error"], "ETIMEDOUT", "errno")
        syns = lesson.sent("client", "SYN")
        equal(len(syns), 1 + said["client.syn_again"], "SYNs")
        equal(len(syns), said["wire.dropped"], "packets that the wire lost")
        equal(len({row["raw_seq"] for row in syns}), 1, "sequence numbers of the SYNs")
        equal(lesson.tables.where("segments", received=1), [], "segments that arrived")
        equal(said["server.segments_in"], 0, "segments that the server's kernel counted")
        need(connect["inside_ns"] <= said["client.connect_ns"], "longer than the caller saw")
        need(connect["inside_ns"] >= 3 * SECOND_NS, "gave up before two repeats' time")
        states = lesson.tables.where("states", socket=connect["socket"])
        equal([row["new_state"] for row in states], ["SYN_SENT", "CLOSE"], "states")


@test
def one_lost_syn_is_no_timeout():
    lesson = Lesson("timeout", "--drop", "1")
    connect = one(lesson.calls("client", "connect"), "connect()")
    equal((errno_said(connect), lesson.said["client.connect_errno"]), (0, 0), "errno")
    equal(len(lesson.sent("client", "SYN")), 1 + lesson.said["client.syn_again"], "SYNs")
    need(lesson.said["client.syn_again"] >= 1, "the SYN was not sent again")


# Who says no: name, whether a SYN leaves the host.
REASONS = (("no_route", False), ("route_unreachable", False), ("route_prohibit", False),
           ("route_blackhole", False), ("dead_neighbour", False), ("router_no_host", True),
           ("router_prohibits", True), ("router_silent", True))


@test
def unreachable_has_many_causes_and_silence_one():
    lesson = Lesson("unreachable")
    said = lesson.said
    connects = lesson.calls("client", "connect")
    equal(len(connects), len(REASONS), "connects")
    for connect, (name, leaves) in zip(connects, REASONS):
        equal(connect["error"], said[f"client.{name}_errno"], f"errno of {name}")
        need(connect["inside_ns"] <= said[f"client.{name}_ns"], f"{name}: longer than it saw")
        syns = [row for row in lesson.sent("client", "SYN") if row["socket"] == connect["socket"]]
        equal(len(syns), 1 + said[f"client.{name}_syn_again"] if leaves else 0, f"SYNs of {name}")
        states = lesson.tables.where("states", socket=connect["socket"], new_state="SYN_SENT")
        equal(len(states), said[f"client.{name}_syn"], f"{name}: SYN_SENT")
    equal(lesson.tables.where("segments", received=1), [], "segments that arrived")


def check_backlog(lesson, clients):
    """clients: the results that they must get, one after the other."""
    said = lesson.said
    equal([errno_said(row) for row in lesson.calls("client", "connect")], clients, "errnos")
    equal([said[f"client.connect_{i + 1}_errno"] for i in range(len(clients))], clients,
          "errnos that the program saw")
    listener = lesson.listener()
    equal((listener["backlog_limit"], listener["backlog_peak"], listener["syns_refused"]),
          (said["server.queue_limit"], said["server.queue"], said["server.syns_dropped"]),
          "limit, peak, SYNs that were dropped")
    equal(said["server.queue"], said["server.queue_limit"] + 1, "connections that wait")
    equal([row["backlog"] for row in lesson.calls("server", "listen")],
          [said["server.first_queue_limit"], said["server.queue_limit"]], "what listen() was given")
    failed = {row["socket"] for row in lesson.calls("client", "connect") if row["error"]}
    syns = [row for row in lesson.sent("client", "SYN") if row["socket"] in failed]
    equal(len(syns), said["server.syns_dropped"], "SYNs of those that found no room")
    equal(said["server.listen_drops"], said["server.syns_dropped"], "ListenDrops")
    need(lesson.moments("accept-queue-full"), "no moment says that the queue was full")


@test
def one_more_than_the_backlog_waits_and_the_next_hears_nothing():
    check_backlog(Lesson("backlog"), [0, 0, "ETIMEDOUT", 0])
    check_backlog(Lesson("backlog", "--backlog", "2", "--count", "4", "--delay", "20ms", "--ipv6"),
                  [0, 0, 0, "ETIMEDOUT", 0])


@test
def ss_shows_the_full_queue():
    lesson, lines = while_ss_looks(lambda: Lesson("backlog", "--syncnt", "2"))
    listener, failed = lesson.listener()["local_port"], lesson.calls("client", "connect")[2]
    local = lesson.tables.socket(socket=failed["socket"])["local_port"]
    need(("LISTEN", 2, 1, listener, None) in lines, f"ss: no full queue in {lines}")
    need(("SYN-SENT", 0, 1, local, listener) in lines, f"ss: no SYN-SENT in {lines}")


def check_nonblock(lesson):
    said = lesson.said
    first, again, second, _ = lesson.calls("client", "connect")
    equal(first["error"], said["client.listener_connect_errno"], "connect()")
    equal(again["error"], said["client.listener_connect_again_errno"], "another connect()")
    equal(second["error"], said["client.nobody_connect_errno"], "connect() to nobody")
    equal([row["error"] for row in lesson.calls("client", "send")],
          [said["client.listener_send_errno"], said["client.nobody_send_errno"]], "send()")
    up = one(lesson.entered("ESTABLISHED", side="client"), "client ESTABLISHED")
    need(first["return_ns"] < up["t_ns"], "connect() waited")
    equal(up["cause"], "segment", "cause of ESTABLISHED")
    end = lesson.tables.socket(socket=second["socket"])
    equal((end["error"], end["final_state"]), (said["client.nobody_so_error"], "CLOSE"),
          "the refused socket")
    equal((said["client.listener_writable"], said["client.nobody_writable"]), (1, 1), "writable")
    equal(len(lesson.received("server", "RST-ACK")), 1, "RSTs")


@test
def a_nonblocking_connect_returns_before_the_handshake_ends():
    for family in FAMILIES:
        check_nonblock(Lesson("connect_nonblock", *family))


main()
