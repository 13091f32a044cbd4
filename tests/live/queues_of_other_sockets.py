# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
UDP, raw and AF_UNIX sockets have no states, but queues. The program asks ss(8)
and /proc while nothing moves, then makes a call on the socket: what the trace
saw at that call has to be what they said.
"""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile

from live import (TCPWATCH, Skip, Tables, accept, actor, actor_command, connect, equal, fork,
                  join, listener, main, need, one, receive, run, scratch, send, test, tool, trace)

NOW = socket.MSG_DONTWAIT
LOOK = socket.MSG_PEEK | NOW


def ss(*options):
    done = run([tool("ss"), "-Hnam", *options])
    equal(done.returncode, 0, "exit status of ss: " + done.stderr)
    return done.stdout.splitlines()


def skmem(line):
    found = re.search(r"skmem:\((.*?)\)", line)
    return {key: int(value) for key, value in re.findall(r"([a-z]+)(\d+)", found.group(1))}


def of_udp(sock):
    """What ss shows of one UDP socket."""
    lines = ss("-u", "-O", "-e")
    line = one((line for line in lines if f" ino:{inode_of(sock)} " in line + " "), "lines of ss")
    words, memory = line.split(), skmem(line)
    return {"recv_q": int(words[1]), "send_q": int(words[2]), "rcvbuf": memory["rb"],
            "sndbuf": memory["tb"], "drops": memory["d"]}


def of_proc(name, sock):
    """What /proc/net/NAME shows of one socket: a kernel without raw_diag has no other word."""
    with open(f"/proc/net/{name}", encoding="ascii") as file:
        lines = [line.split() for line in file]
    line = one((words for words in lines if words[9] == str(inode_of(sock))), "lines of /proc")
    send_q, recv_q = (int(part, 16) for part in line[4].split(":"))
    return {"recv_q": recv_q, "send_q": send_q, "drops": int(line[12])}


def of_unix(sock):
    """What ss shows of one AF_UNIX socket."""
    lines = (line.split() for line in ss("-x", "-O"))
    line = one((words for words in lines if words[5] == str(inode_of(sock))), "lines of ss")
    return {"recv_q": int(line[2]), "send_q": int(line[3])}


def inode_of(sock):
    return os.fstat(sock.fileno()).st_ino


def say(name, sock, facts):
    print(json.dumps([name, inode_of(sock), facts]), flush=True)


def told(result):
    return {line[0]: line[1:] for line in result.conversation()}


def rows(result, inode, **wanted):
    number = result.tables.socket(inode=inode)["socket"]
    return result.tables.where("queues", socket=number, **wanted)


def need_stream_count(recv_q):
    if recv_q is None:
        raise Skip("this kernel keeps no count of the bytes in a stream of AF_UNIX")


def same(row, facts, what):
    equal({key: row[key] for key in facts}, facts, what)


# UDP

def udp_pair(rcvbuf):
    taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    taker.bind(("127.0.0.1", 0))
    giver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    giver.connect(taker.getsockname())
    return giver, taker


@actor
def udp_that_is_not_read():
    giver, taker = udp_pair(20000)
    for _ in range(5):
        giver.send(b"x" * 700)
    say("few", taker, of_udp(taker))
    taker.recv(1, LOOK)
    for _ in range(100):
        giver.send(b"x" * 700)
    say("full", taker, of_udp(taker))
    say("proc", taker, of_proc("udp", taker))
    taker.recv(1, LOOK)
    while True:
        try:
            taker.recv(1000, NOW)
        except BlockingIOError:
            break
    say("empty", taker, of_udp(taker))
    taker.close()


@test
def a_udp_queue_grows_as_ss_says_up_to_rcvbuf_and_then_it_drops():
    result = trace(actor_command(udp_that_is_not_read))
    said = told(result)
    inode, few = said["few"]
    full, proc, empty = (said[name][1] for name in ("full", "proc", "empty"))
    drops = proc["drops"]
    peeks = [row for row in rows(result, inode, call="recv", begins=0)]
    same(peeks[0], few, "five datagrams wait")
    equal(peeks[0]["messages"], 5, "messages")
    same(peeks[1], full, "as many as fit wait")
    same(peeks[1], proc, "the same of /proc/net/udp")
    one_more = few["recv_q"] // 5
    need(abs(full["recv_q"] - full["rcvbuf"]) <= one_more,
         f"{full['recv_q']} is not what rcvbuf {full['rcvbuf']} takes, by {one_more} each")
    equal(peeks[1]["messages"] + drops, 105, "messages that wait or were dropped")
    need(drops > 0, "nothing was dropped")
    same(one(rows(result, inode, call="close"), "rows of close"), empty, "all was read")
    found = result.tables.socket(inode=inode)
    equal((found["recv_q"], found["recv_q_peak"], found["messages_peak"], found["drops"]),
          (0, full["recv_q"], peeks[1]["messages"], drops), "what is kept of the socket")


@test
def the_views_say_what_was_dropped_and_that_there_is_no_handshake():
    result = trace(actor_command(udp_that_is_not_read), "--view", "none")
    inode, full = told(result)["full"]
    number = result.tables.socket(inode=inode)["socket"]
    summary = " ".join(run([TCPWATCH, "-r", result.capture, "--view", "summary"]).stdout.split())
    need("no handshake, no states" in summary, summary)
    line = re.search(rf"socket {number} UDP .*? dropped", summary).group(0)
    need(f"at most {full['recv_q']:,};" in line, line)
    need(line.endswith(f" {full['drops']} dropped"), line)
    events = run([TCPWATCH, "-r", result.capture, "--view", "events=calls"]).stdout
    need(re.search(rf"recv\(\d+<socket {number}>.*> recv-q={full['recv_q']} \(\d+ waiting\) "
                   rf"send-q=0 drops={full['drops']}$", events, re.MULTILINE), events)


@actor
def udp_over_both_families():
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        taker = socket.socket(family, socket.SOCK_DGRAM)
        taker.bind((address, 0))
        giver = socket.socket(family, socket.SOCK_DGRAM)
        for size in (0, 1, 20000):
            giver.sendto(b"x" * size, taker.getsockname())
        taker.recv(1, LOOK)
        taker.recv(1000)
        say(address, taker, of_udp(taker))
        taker.close()


@test
def a_datagram_of_no_bytes_waits_too():
    result = trace(actor_command(udp_over_both_families))
    for inode, facts in told(result).values():
        equal([row["messages"] for row in rows(result, inode, call="recv", begins=0)], [3, 2],
              "messages")
        same(one(rows(result, inode, call="close"), "rows of close"), facts, "before close()")


@actor
def raw_that_is_not_read():
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    giver, taker = udp_pair(20000)
    giver.send(b"x" * 100)
    raw.recv(1, LOOK)
    say("raw", raw, of_proc("raw", raw))
    raw.close()


@test
def a_raw_socket_has_its_own_copy():
    result = trace(actor_command(raw_that_is_not_read))
    inode, facts = told(result)["raw"]
    row = one(rows(result, inode, call="close"), "rows of close")
    same(row, facts, "before close()")
    need(row["messages"] >= 1 and row["recv_q"] > 0, row)


# AF_UNIX

@actor
def unix_stream():
    giver, taker = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    giver.setblocking(False)
    written = 0
    while True:
        try:
            written += giver.send(b"x" * 3000)
        except BlockingIOError:
            break
    say("giver", giver, of_unix(giver))
    say("taker", taker, of_unix(taker))
    say("written", giver, written)
    giver.setblocking(True)
    taker.recv(1000)
    say("less", taker, of_unix(taker))
    taker.recv(1 << 20)
    taker.close()
    giver.close()


@test
def what_a_unix_stream_has_sent_is_in_the_queue_of_its_peer():
    result = trace(actor_command(unix_stream))
    said = told(result)
    inode, facts = said["giver"]
    last = rows(result, inode, call="send")[-1]
    taker = result.tables.socket(inode=said["taker"][0])
    equal(result.tables.where("calls", socket=last["socket"])[-2]["error"], "EAGAIN",
          "the last send()")
    equal(last["send_q"], facts["send_q"], "Send-Q of ss")
    equal(last["peer_socket"], taker["socket"], "peer")
    need_stream_count(last["peer_recv_q"])
    reads = rows(result, taker["inode"], call="recv")
    equal(reads[0]["begins"], 1, "first row of recv()")
    equal(last["peer_recv_q"], said["written"][1], "bytes written")
    same(reads[0], said["taker"][1], "before the first recv()")
    equal(reads[0]["recv_q"], said["written"][1], "bytes written and not read")
    same(reads[1], said["less"][1], "after the first recv()")
    equal((reads[-1]["begins"], reads[-1]["recv_q"]), (0, 0), "after the last recv()")
    equal((taker["recv_q"], taker["recv_q_peak"]), (0, said["written"][1]), "what is kept")
    equal(taker["messages"], None, "a stream has no messages")


def messages_of(kind):
    giver, taker = socket.socketpair(socket.AF_UNIX, kind)
    for size in (100, 77, 5):
        giver.send(b"x" * size)
    say("giver", giver, of_unix(giver))
    say("taker", taker, of_unix(taker))
    taker.recv(1000)
    say("less", taker, of_unix(taker))
    taker.close()
    giver.close()


@actor
def unix_datagrams():
    messages_of(socket.SOCK_DGRAM)


@actor
def unix_packets():
    messages_of(socket.SOCK_SEQPACKET)


@test
def of_unix_datagrams_ss_and_the_trace_tell_the_first():
    result = trace(actor_command(unix_datagrams))
    said = told(result)
    last = rows(result, said["giver"][0], call="send")[-1]
    same(last, said["giver"][1], "sender")
    equal((last["peer_recv_q"], last["peer_messages"]), (100, 3), "at the peer")
    before, after = rows(result, said["taker"][0], call="recv")
    same(before, said["taker"][1], "before recv()")
    same(after, said["less"][1], "after recv()")
    equal((before["messages"], after["messages"]), (3, 2), "messages")
    equal(rows(result, said["giver"][0], call="close")[0]["peer_messages"], None,
          "messages at a peer that is closed")


@test
def of_seqpacket_the_messages_are_known_and_the_bytes_are_not():
    result = trace(actor_command(unix_packets))
    said = told(result)
    before, after = rows(result, said["taker"][0], call="recv")
    equal((before["recv_q"], after["recv_q"]), (None, None), "bytes")
    equal((before["messages"], after["messages"]), (3, 2), "messages")
    events = run([TCPWATCH, "-r", result.capture, "--view", "events=calls"]).stdout
    need("recv-q=? (2 waiting)" in events, events)


@actor
def unix_listener():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "socket")
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        door.bind(path)
        door.listen(3)
        clients = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(2)]
        for client in clients:
            client.connect(path)
        clients[0].send(b"x" * 1234)
        say("door", door, of_unix(door))
        say("first", clients[0], 0)
        accepted, _ = door.accept()
        say("accepted", accepted, of_unix(accepted))
        accepted.close()
        door.close()


@test
def who_waits_to_be_accepted_is_counted_and_his_bytes_too():
    result = trace(actor_command(unix_listener))
    said = told(result)
    before, after = rows(result, said["door"][0], call="accept4")
    same(before, said["door"][1], "before accept()")
    equal((before["listening"], before["recv_q"], after["recv_q"]), (1, 2, 1), "connections")
    sent = one(rows(result, said["first"][0], call="send"), "rows of send")
    equal(sent["peer_socket"], None, "nobody has accepted it")
    child = rows(result, said["accepted"][0], call="accept4")[0]
    need_stream_count(child["recv_q"])
    same(child, said["accepted"][1], "when it was accepted")
    equal((sent["peer_recv_q"], child["recv_q"]), (1234, 1234), "bytes that waited")


# Who is told of, and who is not

@test
def at_detail_states_there_is_none_of_it():
    result = trace(actor_command(udp_that_is_not_read), "--detail", "states")
    equal(result.tables["queues"], [], "rows of queues")
    equal([row["recv_q"] for row in result.tables["sockets"] if row["recv_q"] is not None], [],
          "queues of sockets")


@test
def at_detail_calls_there_is_all_of_it():
    result = trace(actor_command(unix_datagrams), "--detail", "calls")
    equal(len(rows(result, told(result)["taker"][0], call="recv")), 2, "rows of recv()")


@actor
def tcp_only():
    sock = listener()
    pid = fork(lambda address: send(connect(address), b"x" * 10), sock.getsockname())
    receive(accept(sock), 100)
    join(pid)


@test
def tcp_has_no_such_rows():
    result = trace(actor_command(tcp_only))
    need(result.tables["calls"], "no calls")
    equal(result.tables["queues"], [], "rows of queues")


@actor
def holder():
    giver, taker = udp_pair(20000)
    for _ in range(3):
        giver.send(b"x" * 100)
    say("taker", taker, of_udp(taker))
    signal.pause()


@test
def a_queue_that_is_older_than_the_trace_is_told_as_it_was_found():
    with subprocess.Popen(actor_command(holder), stdout=subprocess.PIPE, text=True) as process:
        try:
            _, inode, facts = json.loads(process.stdout.readline())
            directory = scratch("run.csv")
            done = run([TCPWATCH, "-p", process.pid, "-d", "0.5", "--view", "none",
                        "--csv", directory])
        finally:
            process.kill()
    equal(done.returncode, 0, "exit status: " + done.stderr)
    tables = Tables(directory)
    number = tables.socket(inode=inode)["socket"]
    row = one(tables.where("queues", socket=number), "rows")
    same(row, facts, "as it was found")
    equal((row["call"], row["tid"], row["messages"]), (None, None, 3), "found by no call")


main()
