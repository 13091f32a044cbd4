# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
The lessons of sending and reading: what each program says of itself, what the
kernel counted (the program prints it) and what the trace shows are one story.
"""
import os
import subprocess

import congestion
from live import (ROOT, Skip, equal, experiment, main, need, run, scratch, test, tool, trace,
                  wait_until)


def play(name, *options):
    return trace([experiment(name), *options])


def calls(result, side, *names, **wanted):
    return [row for row in result.tables.where("calls", side=side, **wanted)
            if row["call"] in names]


def moved(rows):
    return sum(row["moved_bytes"] or 0 for row in rows)


def data_segments(result, connection, received=0):
    return [row for row in result.tables.where("segments", sender="client", received=received)
            if row["connection"] == connection and row["length"]]


def last_bytes(result):
    return [row for row in result.tables["bytes"] if row["sender"] == "client"][-1]


def one_send(result):
    """The only send() of the client; it reported success for all it was given."""
    rows = calls(result, "client", "send")
    equal(len(rows), 1, "send calls")
    equal(rows[0]["result"], result.said["client.send_result"], "result of send()")
    equal(rows[0]["asked_bytes"], result.said["option.bytes"], "bytes asked for")
    equal(rows[0]["error"], None, "error of send()")
    return rows[0]


def check_lost_success(*options):
    result = play("lost_success", *options)
    said, send = result.said, one_send(result)
    equal(said["client.acknowledged"], send["result"], "acknowledged")
    equal(said["server.unread"], send["result"], "SIOCINQ of the server")
    equal(calls(result, "server", "read", "close"), [], "calls of the server")
    read = calls(result, "client", "read")
    equal([row["error"] for row in read], ["ECONNRESET"], "read() of the client")
    equal(said["client.read_errno"], "ECONNRESET", "errno of read()")
    resets = [row for row in result.tables.where("segments", received=0)
              if str(row["segment"]).startswith("RST")]
    equal([row["sender"] for row in resets], ["server"], "who sent an RST")
    need(resets[0]["t_ns"] >= send["return_ns"], "the RST came before send() returned")
    bytes_ = last_bytes(result)
    equal((bytes_["handed_over"], bytes_["unacked"], bytes_["app_read"]),
          (send["result"], 0, 0), "bytes handed over, unacknowledged, read")
    need(said["client.resets"] >= 1, "TcpEstabResets did not rise")
    finals = {row["final_state"] for row in result.tables["sockets"] if row["connection"]}
    equal(finals, {"CLOSE"}, "final states")


@test
def acknowledged_bytes_are_lost_with_the_program():
    check_lost_success()
    check_lost_success("--ipv6")
    check_lost_success("--bytes", "1")
    check_lost_success("--delay", "20ms")


def client_sockets(result):
    return sorted((row for row in result.tables.where("sockets", side="client")),
                  key=lambda row: row["t_ns"])


@test
def a_larger_send_buffer_holds_more_and_is_not_faster_than_the_wire():
    result = play("sndbuf_size")
    said, sockets = result.said, client_sockets(result)
    equal(len(sockets), 3, "connections")
    for name, socket in zip(("small", "large", "auto"), sockets):
        rows = calls(result, "client", "send", socket=socket["socket"])
        sent = moved(rows)
        # A piece is 4,096 bytes, and only whole ones are sent.
        equal(sent, said["option.bytes"] // 4096 * 4096, f"{name}: bytes sent")
        last = rows[-1]["return_ns"]
        need(said[f"client.{name}_sndbuf_at_first"] > 0, f"{name}: no buffer before connect()")
        sizes = {row["sndbuf"] for row in result.tables.where("bytes", sender="client")
                 if row["connection"] == socket["connection"] and row["sndbuf"]
                 and row["t_ns"] <= last}
        need(said[f"client.{name}_sndbuf"] in sizes, f"{name}: sndbuf {sizes}")
        unacked = max(row["unacked"] for row in result.tables.where("bytes", sender="client")
                      if row["connection"] == socket["connection"])
        need(unacked >= said[f"client.{name}_outq_max"], f"{name}: SIOCOUTQ said more")
        # No faster than the wire: headers and the last queue only make it slower.
        need(said[f"client.{name}_transfer_ns"] >= sent * 10 ** 9 // said["option.rate"] // 2,
             f"{name}: faster than the wire")
    for name, factor in (("small", 1), ("large", 12)):
        equal(said[f"client.{name}_sndbuf"], 2 * factor * said["option.sndbuf"], f"{name} sndbuf")
    asked = [row["sockopt_value"] for row in calls(result, "client", "setsockopt")]
    equal(asked, [said["client.small_asked"], said["client.large_asked"]], "SO_SNDBUF asked for")
    need(said["client.large_outq_max"] > said["client.small_outq_max"], "the large one held less")


def check_short_write(*options):
    result = play("short_write", *options)
    said, sockets = result.said, client_sockets(result)
    equal(len(sockets), 2, "connections")
    for name, error, socket in zip(("nonblocking", "blocking"), ("EAGAIN", "EINTR"), sockets):
        rows = calls(result, "client", "send", socket=socket["socket"])
        failed = [row for row in rows if row["error"]]
        equal([row["error"] for row in failed], [error], f"{name}: errors")
        equal(said[f"client.{name}_errno"], error, f"{name}: errno")
        equal(rows[0]["result"], said[f"client.{name}_first"], f"{name}: first result")
        need(0 < rows[0]["result"] < rows[0]["asked_bytes"], f"{name}: the first was not short")
        equal(moved(rows[:-1]), said[f"client.{name}_sum"], f"{name}: bytes until it failed")
        equal(rows[-1]["result"], rows[-1]["asked_bytes"], f"{name}: the rest")
        equal(rows[-1]["result"], said[f"client.{name}_rest"], f"{name}: the rest it said")
        equal(moved(rows), said["option.bytes"], f"{name}: bytes in all")
        equal(rows[0]["flags"], "MSG_DONTWAIT" if name == "nonblocking" else None, "flags")
        need(bool(rows[0]["sleeps"]) == (name == "blocking"), f"{name}: {rows[0]['sleeps']} sleeps")
    equal(moved(calls(result, "server", "read")), said["server.bytes_read"], "bytes read")


@test
def a_send_is_short_without_blocking_and_by_a_signal():
    check_short_write()
    check_short_write("--ipv6")
    check_short_write("--sndbuf", "100000", "--bytes", "500000")


WAYS = ("write", "send", "sendmsg", "msg_more", "nagle", "nodelay")


def check_three_writes(*options):
    result = play("three_writes", *options)
    said = result.said
    client = result.tables.socket(side="client")
    first = [row for row in data_segments(result, client["connection"]) if not row["again"]]
    # The kernel's tcpi_data_segs_out, way by way.
    equal(len(first), sum(said[f"client.{way}_segments"] for way in WAYS), "data segments")
    equal(sum(row["length"] for row in first), said["client.bytes_sent"], "bytes in them")
    equal([row["length"] for row in first[:3]], [12, 12, 12], "write(), send(), sendmsg()")
    rows = calls(result, "client", "write", "send", "sendmsg")
    equal([row["moved_bytes"] for row in rows], [12, 12, 12, 7, 5, 5, 2, 5, 5, 2, 5], "calls")
    equal([row["call"] for row in rows[:3]], ["write", "send", "sendmsg"], "the first calls")
    equal(rows[3]["flags"], "MSG_MORE", "flags of the fourth")
    reads = [row["result"] for row in calls(result, "server", "read")]
    equal(reads, [12] * 6, "what each read() got")
    need(said["client.nodelay_segments"] >= said["client.nagle_segments"], "Nagle made more")


@test
def three_calls_are_one_stream_of_bytes():
    check_three_writes()
    check_three_writes("--ipv6")
    check_three_writes("--delay", "20ms")


def recv_of(result):
    return [(row["result"], row["error"], row["flags"]) for row in calls(result, "server", "recv")]


def check_oob(*options):
    result = play("oob", *options)
    said = result.said
    got = [said[f"server.{key}"] for key in ("first_recv", "oob_recv", "second_recv")]
    equal(got, ["abcX", "Y", "def"], "what was received")
    rows = recv_of(result)
    equal([row[0] for row in rows[:3]], [4, 1, 3], "recv results")
    equal((rows[3][1], said["server.oob_again_errno"]), ("EINVAL", "EINVAL"), "the urgent byte twice")
    equal([row[2] for row in rows], [None, "MSG_OOB", None, "MSG_OOB"], "flags")
    client = result.tables.socket(side="client")
    segments = data_segments(result, client["connection"])
    equal(sum(row["length"] for row in segments if not row["again"]), 8, "bytes sent")
    urgent = [row for row in segments if "U" in row["flags"]]
    need(any(row["seq"] == 4 and row["length"] == 2 for row in urgent), "no URG on XY")
    equal((said["server.at_mark"], said["server.unread_before_mark"]), (1, 4), "the mark")
    return result


@test
def only_the_last_urgent_byte_is_out_of_band():
    check_oob()
    check_oob("--ipv6")
    check_oob("--delay", "20ms")


@test
def tcpdump_sees_the_urgent_flag_and_pointer():
    packets = scratch("urgent.txt")
    with open(packets, "w", encoding="utf-8") as file, subprocess.Popen(
            [tool("tcpdump"), "-i", "lo", "-nl", "--immediate-mode", "tcp[tcpflags] & tcp-urg != 0"],
            stdout=file, stderr=subprocess.PIPE, text=True) as dump:
        try:
            need(any("listening on" in line for line in dump.stderr), "tcpdump does not listen")
            result = check_oob()
            port = result.tables.socket(side="client")["local_port"]
            wait_until(lambda: f".{port} " in open(packets, encoding="utf-8").read(), "tcpdump")
        finally:
            dump.terminate()
    lines = open(packets, encoding="utf-8").read().splitlines()
    need(any(f".{port} >" in line and "urg 2" in line and "length 2" in line for line in lines),
         f"no urgent pointer of 2: {lines}")


def check_readn(*options):
    result = play("readn_eof", *options)
    said = result.said
    reads = calls(result, "server", "read")
    interrupted = [row for row in reads if row["error"] == "EINTR"]
    equal(len(interrupted), said["server.interrupted"], "reads that a signal interrupted")
    equal(moved(reads), said["server.bytes_read"], "bytes read")
    equal(moved(calls(result, "client", "write")), said["client.bytes_sent"], "bytes written")
    good = [row for row in reads if row["error"] is None]
    equal(good[1]["result"], said["server.one_read"], "one read() of the whole message")
    need(good[1]["result"] < good[1]["asked_bytes"], "it was not short")
    # The message: 1 byte, then one read(), then readn() to its end.
    message = good[1:2 + said["server.readn_calls"]]
    equal(moved(good[:1] + message), said["option.bytes"], "the message")
    equal([row["result"] for row in good[-3:]], [said["server.last_readn"], 0, 0], "the end")
    waiting = one_state(result, "CLOSE_WAIT")
    need(waiting["t_ns"] <= good[-3]["enter_ns"], "CLOSE_WAIT only after the last bytes were read")
    equal(said["server.unread_at_fin"], said["server.last_readn"], "unread at the FIN")


def one_state(result, state):
    rows = [row for row in result.tables.where("states", side="server", new_state=state)]
    equal(len(rows), 1, f"times in {state}")
    return rows[0]


@test
def reads_are_short_and_the_end_comes_after_the_queue():
    check_readn()
    check_readn("--ipv6")
    check_readn("--delay", "20ms")


def check_lossy(*options):
    result = play("lossy", *options)
    said, send = result.said, one_send(result)
    equal(said["client.send_errno"], 0, "errno of send()")
    equal(moved(calls(result, "server", "read")), send["result"], "bytes read")
    equal(said["client.sent_again"], said["client.sent_again_by_counter"], "TcpRetransSegs")
    client = result.tables.socket(side="client")
    segments = data_segments(result, client["connection"])
    again = [row for row in segments if row["again"]]
    need(again and said["client.sent_again"], "nothing was sent again")
    # A segment here may be a bundle that the kernel counts as several.
    need(len(again) <= said["client.sent_again"], f"{len(again)} were sent again")
    need(said["wire.dropped"] >= 1, "the wire lost nothing")
    sent, received = (sum(row["length"] for row in data_segments(result, client["connection"],
                                                                 side)) for side in (0, 1))
    need(sent > received >= send["result"], f"{sent} bytes left, {received} arrived")
    windows = [row["snd_cwnd"] for row in result.tables.where("bytes", sender="client")
               if row["snd_cwnd"]]
    # BBR takes a loss for a sign of little; the others make their window smaller.
    need(said["client.congestion"] == "bbr" or
         any(after < before for before, after in zip(windows, windows[1:])),
         f"the congestion window never fell: {windows[:50]}")


@test
def the_kernel_sends_again_and_no_program_notices():
    check_lossy()
    check_lossy("--ipv6")


@test
def a_slow_link_fills_the_send_buffer_and_a_slow_reader_the_receive_queue():
    slow = play("slow_link")
    bulk = play("bulk_send", "--read", "65536", "--pause", "2ms")
    for result, of_the_reader in ((slow, False), (bulk, True)):
        send = one_send(result)
        need(send["sleeps"] > 0 and result.said["client.send_sleeps"] > 0, "send() did not sleep")
        network_ns = send["sleep_congestion_ns"] + send["sleep_pacing_ns"]
        equal(send["sleep_peer_window_ns"] > network_ns, of_the_reader,
              "slept for the reader more than for the network")
    said = slow.said
    need(2 * said["client.limited_by_peer_us"] < said["client.busy_us"], "TCP_INFO names the peer")
    zero = [row for row in slow.tables.where("segments", sender="server") if row["win"] == 0]
    need(not zero, "the window was 0")
    need(queue_max(slow) < queue_max(bulk), "more lay in the queue of the fast reader")


def queue_max(result):
    return max(row["peer_queue"] for row in result.tables.where("bytes", sender="client"))


# Those that are about sending, and whose connection is on loopback.
ON_LOOPBACK = ("three_writes", "short_write", "oob", "readn_eof", "zero_window", "bulk_send",
               "quick_return", "lost_success")


def told_with(name):
    """Each of them as scripts/lesson tells it, with that congestion control."""
    if os.environ.get("LIVE_NAMESPACE") != "own":
        raise Skip("routes are changed only in a namespace of the tests' own")
    if not congestion.choose(name):
        raise Skip(f"this kernel has no {name}")
    try:
        for lesson in ON_LOOPBACK:
            done = run([os.path.join(ROOT, "scripts", "lesson"), lesson, "--yes"])
            equal(done.returncode, 0, f"exit status of {lesson} with {name}: {done.stderr[-300:]}")
            need("\nAnswer: " in done.stdout, f"{lesson} with {name}: no answer")
            said = [line for line in done.stdout.splitlines() if ".congestion=" in line]
            need(all(line.endswith("=" + name) for line in said), f"{lesson}: {said}")
    finally:
        congestion.choose(os.environ.get("CONGESTION"))


@test
def the_lessons_hold_with_cubic():
    told_with("cubic")


@test
def the_lessons_hold_with_bbr():
    told_with("bbr")


main()
