# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Each hook that tracing can do without is taken away (TCPWATCH_WITHOUT), as on a
kernel that lacks it: the same program is traced as well as before, its one fact
is named as unknown by --info, in the summary and in JSON, and what the tables
say of all else is the same.
"""
import os
import signal
import socket

from live import (TCPWATCH, accept, actor, actor_command, connect, echo, equal, fork, hooks,
                  join, listener, main, need, run, talk, test, trace, wait_until)

# Without these there is nothing to tell.
REQUIRED = ("sched_process_fork", "sched_process_exit", "inet_sock_set_state", "tcp_destroy_sock")

# A hook that tells nothing, or a half that misleads, without another one.
TOGETHER = {
    "sys_enter": ("sys_enter", "sys_exit", "signal_deliver"),
    "sys_exit": ("sys_enter", "sys_exit", "signal_deliver"),
    # A part of the fact of tcp_sendmsg_locked, which is missing then: named by that.
    "sk_stream_wait_memory": (),
    "net_dev_queue": ("net_dev_queue", "netif_receive_skb"),
    "netif_receive_skb": ("net_dev_queue", "netif_receive_skb"),
}

# What can be seen to be missing then: keys of facts().
CALLS = {"calls", "causes", "interrupted", "sleeps known", "why a RST came"}
SEGMENTS = {"segments", "SYN_RECV"}
MISSED = {
    "sys_enter": CALLS,
    "sys_exit": CALLS,
    "signal_deliver": {"interrupted"},
    "tcp_send_reset": {"RST sent"},
    "tcp_receive_reset": {"RST received", "why a RST came"},
    "inet_sk_error_report": {"errors"},
    "tcp_sendmsg_locked": {"sleeps known"},
    "sk_stream_wait_memory": {"sleeps known"},
    "net_dev_queue": SEGMENTS,
    "netif_receive_skb": SEGMENTS,
}


def interrupt(pid):
    """Once it sleeps, which can only be in its recv()."""
    def is_asleep():
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] == "S"
    wait_until(is_asleep, "the call to sleep")
    os.kill(pid, signal.SIGUSR1)


def interrupted():
    """A recv() that a handler ends with EINTR."""
    one, other = socket.socketpair()
    parent = os.getpid()
    signal.signal(signal.SIGUSR1, lambda *_: other.send(b"x"))
    signal.siginterrupt(signal.SIGUSR1, True)
    child = fork(interrupt, parent)
    one.recv(1)
    join(child)


def leaves_unread(listening):
    """A close with unread data, which is a RST."""
    here = connect(listening.getsockname())
    there = accept(listening)
    here.send(b"x" * 100)
    there.recv(10)
    there.close()
    try:
        here.recv(10)
    except ConnectionResetError:
        pass
    here.close()


@actor
def everything():
    listening = listener()
    child = fork(talk_to, listening.getsockname())
    echo(accept(listening))
    join(child)
    leaves_unread(listening)
    interrupted()


def talk_to(address):
    talk(connect(address))


def facts(result):
    """What is the same in each run, under names; processes, ports and times are not."""
    tables = result.tables
    states = [row for row in tables["states"] if row["connection"]]
    connections = [row for row in result.json() if row["type"] == "connection"]
    events = tables["events"]
    return {
        "connections": [(row["client"]["traced"], row["server"]["traced"], row["finished"],
                         row["connect_error"], row["client"]["comm"], row["server"]["comm"])
                        for row in connections],
        "bytes": [(row[way]["handed_over"], row[way]["app_read"])
                  for row in connections for way in ("to_server", "to_client")],
        "states": sorted((row["connection"], row["side"], row["new_state"]) for row in states
                         if row["new_state"] not in ("SYN_RECV", "TIME_WAIT")),
        "SYN_RECV": sorted(row["connection"] for row in states
                           if row["new_state"] == "SYN_RECV" and row["detail"] == "SYN"),
        "causes": sorted((row["connection"], row["side"], row["new_state"]) for row in states
                         if row["cause"] == "call"),
        "calls": sorted((row["connection"] or 0, row["side"] or "", row["call"], row["error"] or "",
                         row["moved_bytes"] or 0) for row in tables["calls"] if row["connection"]),
        "interrupted": [row["error"] for row in tables["calls"] if row["error"] == "EINTR"],
        "sleeps known": {row["sleeps"] is not None for row in tables["calls"]
                         if row["call"] == "send" and row["connection"]},
        "segments": sorted((row["connection"], row["sender"], row["received"], row["segment"],
                            row["length"]) for row in tables["segments"]
                           if row["length"] or row["segment"] != "ACK"),
        "RST sent": [row["reset_reason"] for row in events if row["event"] == "reset_sent"],
        "RST received": [row["side"] for row in events if row["event"] == "reset_received"],
        "why a RST came": [row["detail"] for row in events if row["event"] == "reset_received"],
        "errors": [(row["error"], row["side"]) for row in events if row["event"] == "error"],
        "losses": tables["losses"],
    }


def traced(without=""):
    env = {**os.environ, "TCPWATCH_WITHOUT": without}
    return trace(actor_command(everything), "--view", "summary", env=env)


def unknown(result):
    """The facts that each place names as unknown."""
    told = run([TCPWATCH, "-r", result.capture, "--info"]).stdout
    said = [line.partition("not known: ")[2] for line in told.splitlines() if "not known: " in line]
    text = " ".join(result.err.split())
    listed = [hook for hook in result.json()[0]["hooks"] if not hook["on"]]
    need(all(f"not known on this kernel: {fact}" in text for fact in said), f"summary: {text}")
    equal([hook["fact"] for hook in listed], said, "JSON and --info")
    return {hook["name"] for hook in listed}


def check(name, whole):
    result = traced(name)
    got, expected = facts(result), facts(whole)
    equal(unknown(result) - unknown(whole), set(TOGETHER.get(name, (name,))), "unknown facts")
    changed = {key for key in expected if got[key] != expected[key]}
    for key in sorted(changed):
        print(key, "was", expected[key], "is", got[key])
    equal(changed, MISSED.get(name, set()), f"what is missing without {name}")


@test
def each_optional_hook_is_one_unknown_fact():
    whole = traced()
    optional = [name for name, on in hooks().items() if on and name not in REQUIRED]
    need(len(optional) > 10, f"optional hooks: {optional}")
    for name in optional:
        print(f"without {name}")
        check(name, whole)


@test
def without_the_queues_it_is_not_said_where_bytes_are():
    for without in ("sock_send_length", "sock_recv_length", "sock_send_length,sock_recv_length"):
        result = trace(actor_command(everything), "--detail", "calls", "--view", "summary",
                       env={**os.environ, "TCPWATCH_WITHOUT": without})
        text = " ".join(result.err.split())
        need("meanwhile is not known: this kernel lacks the hooks" in text, text)
        need("had read" not in text, text)
        equal(result.tables["bytes"], [], f"places without {without}")
        flows = [row[way] for row in result.json() if row["type"] == "connection"
                 for way in ("to_server", "to_client")]
        equal({flow["at_return"] for flow in flows}, {None}, "places when send() returned")


@test
def a_required_hook_refuses_in_one_line():
    for name in REQUIRED:
        done = run([TCPWATCH, "--", "true"], env={**os.environ, "TCPWATCH_WITHOUT": name})
        equal((done.returncode, done.stderr),
              (125, f"tcpwatch: this kernel lacks the tracepoint {name}, which tracing can't do "
               "without\n"), name)


@test
def a_hook_that_is_none_is_refused_in_one_line():
    done = run([TCPWATCH, "--", "true"], env={**os.environ, "TCPWATCH_WITHOUT": "tcp_probe,x y"})
    equal((done.returncode, done.stderr),
          (125, "tcpwatch: TCPWATCH_WITHOUT names x y, which is no hook: --info lists them\n"),
          "what it says")


main()
