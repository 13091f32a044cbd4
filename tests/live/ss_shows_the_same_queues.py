# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
A sender that is asleep because all buffers are full changes nothing any more:
what ss(8) says then has to be what the trace says of that instant, for Send-Q,
Recv-Q, notsent and the memory of both buffers. Then the server reads a part.
"""
import json
import re
import time

from live import (accept, actor, actor_command, close, connect, equal, fork, join, listener, main,
                  need, receive, run, send, test, tool, trace)

READ_BYTES = 300000


def ss(port):
    done = run([tool("ss"), "-tinmOH", f"( sport = {port} or dport = {port} )"])
    return [line for line in done.stdout.splitlines() if line.startswith("ESTAB")]


def parse(line):
    words = line.split()
    memory = dict(re.findall(r"([a-z]+)(\d+)", re.search(r"skmem:\((.*?)\)", line).group(1)))
    notsent = re.search(r"notsent:(\d+)", line)
    return {"ports": [int(word.rsplit(":", 1)[1]) for word in words[3:5]],
            "recv_q": int(words[1]), "send_q": int(words[2]),
            "notsent": int(notsent.group(1)) if notsent else 0,
            **{f"skmem_{key}": int(memory[key]) for key in ("r", "rb", "t", "tb", "w")}}


def look(port):
    """Says what ss shows once nothing moves any more."""
    before, lines = None, []
    while before is None or lines != before:
        before, start = lines, time.monotonic_ns()
        time.sleep(0.3)
        lines = [parse(line) for line in ss(port)]
    print(json.dumps({"at": start, "now": time.monotonic_ns(), "ends": lines}), flush=True)


@actor
def blocked_sender(address):
    sock = listener(address)
    to = sock.getsockname()[:2]

    def client():
        end = connect(to)
        send(end, b"x" * 12000000)
        close(end)

    pid = fork(client)
    end = accept(sock)
    look(to[1])
    for _ in range(3):
        receive(end, READ_BYTES)
        look(to[1])
    while receive(end, 1 << 20):
        pass
    join(pid)
    close(end)


def row_at(rows, at):
    return [row for row in rows if row["t_ns"] <= at][-1]


def compare(shown, server_port, row):
    for end in shown["ends"]:
        if end["ports"][0] == server_port:
            pairs = (("recv_q", "peer_queue"), ("skmem_r", "rmem_alloc"), ("skmem_rb", "rcvbuf"))
        else:
            pairs = (("send_q", "unacked"), ("notsent", "unsent"))
            # Memory is sampled before an ACK frees some and perhaps raises the limit.
            need(row["wmem_queued"] >= end["skmem_w"] > 0.5 * row["wmem_queued"],
                 f"wmem_queued is {row['wmem_queued']}, ss: w{end['skmem_w']}")
            need(row["sndbuf"] <= end["skmem_tb"],
                 f"sndbuf is {row['sndbuf']}, ss: tb{end['skmem_tb']}")
        for theirs, ours in pairs:
            equal(row[ours], end[theirs], f"{ours}, which ss calls {theirs},")


def check(address):
    result = trace(actor_command(blocked_sender, address))
    looks = [json.loads(line) for line in result.out.splitlines() if line.startswith("{")]
    equal(len(looks), 4, "looks")
    rows = [row for row in result.tables["bytes"] if row["sender"] == "client"]
    port = one_listener(result)
    for shown in looks:
        print(json.dumps(shown))
        row = row_at(rows, shown["now"] - result.zero_ns())
        print(row)
        equal(len(shown["ends"]), 2, "sockets that ss shows")
        compare(shown, port, row)
    need(len({end["send_q"] for shown in looks for end in shown["ends"]}) > 3, "nothing moved")


def one_listener(result):
    return [line[3] for line in result.conversation() if line[0] == "listen"][0]


@test
def four_times_v4():
    check("127.0.0.1")


@test
def four_times_v6():
    check("::1")


main()
