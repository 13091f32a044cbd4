# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
redis-server with redis-benchmark, and PostgreSQL with pgbench and psql:
connections, bytes of each direction, owners and calls are what the server's own
statistics and log, ss(8), the kernel's counters and strace(1) say.
"""
import glob
import os
import pwd
import re
import shutil
import signal
import socket

from live import equal, main, need, run, said, scratch, test, tool
from servers import READS, SENDS, Running, check, check_strace, run_client, scene, straced


def redis_words(text):
    return said(text.replace("\r", "").replace(":", "="))


def redis_server(port):
    return [tool("redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", "",
            "--dir", os.path.dirname(scratch()), "--daemonize", "no", "--io-threads", 1]


def redis(port, *clients):
    return scene(redis_server(port), port, *clients)


ASK = b"INFO stats\r\n"


def ask_stats(end):
    """What the server has counted by now, and the length of the answer that says so."""
    end.sendall(ASK)
    head, _, body = end.recv(10000, socket.MSG_PEEK).partition(b"\r\n")
    length = len(head) + 2 + int(head[1:]) + 2
    text = end.recv(length, socket.MSG_WAITALL)
    need(head.startswith(b"$") and body and len(text) == length, f"the answer is {head} {text}")
    return redis_words(text.decode()), length


@test
def redis_that_was_running():
    """A connection from before asks for the server's own statistics, before and after."""
    port, count = 6379, 200
    benchmark = [tool("redis-benchmark"), "-p", str(port), "-n", str(count), "-c", "4", "-q",
                 "-t", "set,get", "-d", "3000"]
    played = Running(redis_server(port), port, ask_stats,
                     lambda end: (run_client(benchmark), ask_stats(end)))
    ends = played.check("redis-server")
    (before, first), (client, (after, second)) = played.begun, played.told
    equal(client["status"], 0, f"exit status of redis-benchmark ({client['err']})")
    grown = {name: after[name] - before[name] for name in (
        "total_connections_received", "total_net_input_bytes", "total_net_output_bytes",
        "total_commands_processed")}
    equal(len(ends), grown["total_connections_received"], "connections since the attach")
    handed, read = map(sum, zip(*map(played.handed_and_read, ends)))
    # The question is counted with its answer's numbers, the answer only later.
    equal((read + len(ASK), handed + first),
          (grown["total_net_input_bytes"], grown["total_net_output_bytes"]),
          "bytes that redis says it read and wrote")
    need(grown["total_commands_processed"] > 2 * count, f"commands: {grown}")
    old = played.tables.socket(remote_port=played.old_port)
    equal(played.handed_and_read(old), (first + second, 2 * len(ASK)), "bytes since the beginning")


@test
def redis_and_its_benchmark():
    port = 6379
    benchmark = [tool("redis-benchmark"), "-p", port, "-n", 400, "-c", 5, "-q", "-t",
                 "set,get,lpush", "-d", 50]
    played = redis(port, benchmark, [*benchmark[:-4], "-t", "set", "-d", 300000, "-n", 20],
                   [tool("redis-cli"), "-p", port, "info", "stats"])
    check(played, "redis-server", "redis-benchmark|redis-cli")
    words = redis_words(played.clients[-1]["out"])
    connections = played.connections()
    equal(len(connections), words["total_connections_received"], "connections")
    last = connections[-1]["client"]["connection"]
    numbers = [ends["client"]["connection"] for ends in connections]
    equal(sum(played.moved(number, "client")[1] for number in numbers),
          words["total_net_input_bytes"], "bytes that redis says it read")
    # The answer that says so is not in it yet.
    equal(sum(played.moved(number, "server")[0] for number in numbers if number != last),
          words["total_net_output_bytes"], "bytes that redis says it wrote")


@test
def redis_and_a_client_under_strace():
    port, strace = 6379, scratch("strace")
    played = redis(port, straced(strace, [tool("redis-benchmark"), "-p", str(port), "-n", "100",
                                          "-c", "3", "-q", "-t", "incr"]))
    check(played, "redis-server", "redis-benchmark")
    check_strace(played, strace)


def postgresql_program(name):
    """Of the newest version: Debian keeps all but the wrappers out of the path."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"),
                   key=lambda path: float(path.split("/")[4]))
    return found[-1] if found else tool(name)


CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
ssl = off
fsync = off
autovacuum = off
shared_buffers = 1MB
max_connections = 20
logging_collector = off
log_destination = stderr
log_line_prefix = 'pid=%p '
log_connections = on
log_disconnections = on
"""


def new_cluster(port):
    """A cluster in a directory of its own, which belongs to nobody else."""
    user = pwd.getpwnam("nobody")
    directory = os.path.dirname(scratch())
    shutil.chown(directory, user.pw_uid, user.pw_gid)
    data = os.path.join(directory, "data")
    done = run([postgresql_program("initdb"), "-D", data, "-A", "trust", "-U", "tester",
                "--no-locale", "-N"], user=user.pw_uid, group=user.pw_gid, extra_groups=[],
               cwd=directory)
    equal(done.returncode, 0, f"exit status of initdb ({done.stderr[-300:]})")
    with open(os.path.join(data, "postgresql.conf"), "a", encoding="ascii") as file:
        file.write(CONFIGURATION.format(port=port))
    return [postgresql_program("postgres"), "-D", data], user


def postgresql(port, *clients):
    server, user = new_cluster(port)
    return scene(server, port, *clients, ready="ready to accept connections", stop=signal.SIGINT,
                 user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/")


def at(port):
    return ["-h", "127.0.0.1", "-p", str(port), "-U", "tester"]


PLAIN = ["env", "PGSSLMODE=disable", "PGGSSENCMODE=disable"]


def pgbench(port, *options):
    return [*PLAIN, postgresql_program("pgbench"), *at(port), *map(str, options), "postgres"]


def check_backends(played):
    """The log names the process that served each port, and that is the owner of the server's end."""
    served = {int(port): int(pid) for pid, port in
              re.findall(r"pid=(\d+) LOG:  connection received: .*port=(\d+)", played.server_log)}
    connections = played.connections()
    equal(len(connections), len(served), "connections")
    for ends in connections:
        equal(ends["server"]["pid"], served[ends["client"]["local_port"]], f"backend of {ends}")
        number = ends["server"]["connection"]
        pids = {row["pid"] for row in played.tables.where("calls", connection=number,
                                                          side="server")
                if row["call"] in SENDS + READS}
        equal(pids, {ends["server"]["pid"]}, "who sent and received at the server's end")


@test
def postgresql_and_pgbench():
    port = 5432
    played = postgresql(port, pgbench(port, "-i", "-q", "-s", 1),
                        pgbench(port, "-c", 4, "-j", 2, "-t", 10, "-n"))
    check(played, "postgres", "pgbench")
    check_backends(played)
    need("number of transactions actually processed: 40/40" in played.clients[1]["out"],
         f"not 40 transactions: {played.clients[1]['out']}")
    # Each of its transactions is 7 commands, each a send and an answer.
    queries = [row for row in played.tables["calls"] if row["side"] == "client" and
               row["call"] == "send" and row["pid"] == played.clients[1]["pid"]]
    need(len(queries) >= 40 * 7, f"pgbench sent {len(queries)} times")


@test
def postgresql_and_psql_under_strace():
    port, strace = 5432, scratch("strace")
    query = "select repeat('x', 100000) from generate_series(1, 20)"
    client = [postgresql_program("psql"), *at(port), "-XAtc", query, "postgres"]
    played = postgresql(port, straced(strace, [*PLAIN, *client]))
    check(played, "postgres", "psql")
    check_backends(played)
    check_strace(played, strace)
    equal(len(played.clients[0]["out"]), 20 * 100001, "characters of the answer")


@test
def postgresql_while_nothing_moves():
    """psql waits for ss(8), which it started itself: what ss counts is what was recorded."""
    port = 5432
    script = [rf"\! {tool('ss')} -tinOHe '( dport = :{port} )'", "select 1"]
    client = [*PLAIN, postgresql_program("psql"), *at(port), "-XAt", "postgres"]
    for command in ["select 2", *script]:
        client += ["-c", command]
    played = postgresql(port, client)
    check(played, "postgres", "psql", 1)
    words = dict(re.findall(r"(bytes_sent|bytes_retrans|bytes_received|sk|ino):([0-9a-f]+)",
                            played.clients[0]["out"]))
    end = played.connections()[0]["client"]
    equal((end["cookie"], end["inode"]), (int(words["sk"], 16), int(words["ino"])),
          "cookie and inode")
    sums = sums_of_calls(played, end["connection"])
    sent = int(words["bytes_sent"]) - int(words.get("bytes_retrans", 0))
    need((sent, int(words["bytes_received"])) in sums,
         f"ss says {words}, the calls {sums}")


def sums_of_calls(played, connection):
    """Bytes sent and received by the client, after each of its calls."""
    sent = got = 0
    sums = []
    for row in played.tables.where("calls", connection=connection, side="client"):
        sent += row["moved_bytes"] if row["call"] in SENDS else 0
        got += row["moved_bytes"] if row["call"] in READS else 0
        sums.append((sent, got))
    return sums


main()
