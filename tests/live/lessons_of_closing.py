# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
The lessons about closing, ports and addresses: what each program says of itself, what
tcpwatch recorded, and what ss(8) and the kernel's counters say is one and the same.
"""
import os
import re
import shutil

from live import NOBODY, ROOT, equal, experiment, main, need, run, scratch, test, tool, trace

FAMILIES = ((), ("--ipv6",))
WAYS = (*FAMILIES, ("--delay", "20ms"), ("--delay", "20ms", "--ipv6"))
LESSONS = ("half_close", "rst_zoo", "broken_pipe", "time_wait", "ports", "addresses",
           "zero_window")
NOTHING = "0"


def calls(result, end, *names):
    """The calls of an end, in their order; end is what the process is called."""
    return [row for row in result.tables["calls"]
            if row["comm"].endswith("_" + end) and row["call"] in names]


def errors(rows):
    return [row["error"] or NOTHING for row in rows]


def told(result, *keys):
    """What the program printed, errnos as errors() gives them."""
    return [str(result.said[key]) for key in keys]


def connections(result):
    """(client, server) rows of each connection, in their order."""
    rows = result.tables["sockets"]
    numbers = sorted({row["connection"] for row in rows if row["connection"]})
    return [tuple(next((row for row in rows if row["connection"] == number and
                        row["side"] == side), None) for side in ("client", "server"))
            for number in numbers]


def entered(result, socket):
    return [row["new_state"] for row in result.tables.where("states", socket=socket["socket"])]


def seen(result, connection, sender, letter):
    """
    Segments with that flag, each once: as it left, or, where that was not seen, because a
    kernel answers for a socket that is gone without one, as it arrived.
    """
    rows = [row for row in result.tables.where("segments", connection=connection, sender=sender)
            if letter in row["flags"]]
    return [row for row in rows if not row["received"]] or rows


def time_waits(end):
    """Of this connection: its port alone may be in TIME_WAIT to another one's server."""
    ports = f"( sport = :{end['local_port']} and dport = :{end['remote_port']} )"
    done = run([tool("ss"), "-tanH", "state", "time-wait", ports])
    equal(done.returncode, 0, "exit status of ss")
    return len(done.stdout.splitlines())


def check_half_close(options):
    result = trace([experiment("half_close"), *options])
    (client, server), = connections(result)
    number = client["connection"]
    equal(entered(result, client)[-4:],
          ["ESTABLISHED", told(result, "client.state_half_closed")[0].replace("2", "1"),
           result.said["client.state_half_closed"], result.said["client.final_state"]],
          "states of the client")
    equal(entered(result, server)[-3:],
          [result.said["server.state_before_answer"], "LAST_ACK", "CLOSE"], "of the server")
    first, second = (seen(result, number, sender, "F")[0]["t_ns"]
                     for sender in ("client", "server"))
    answer = [row for row in result.tables.where("segments", sender="server", received=0)
              if row["length"]]
    need(answer and all(first < row["t_ns"] <= second for row in answer),
         "the answer lies between the two FINs")
    equal(sum(row["length"] for row in answer if not row["again"]),
          result.said["server.bytes_sent"], "bytes of the answer on their way")
    equal(sum(row["moved_bytes"] for row in calls(result, "client", "read")),
          result.said["client.bytes_read"], "bytes of the answer that were read")
    equal(errors(calls(result, "client", "write")),
          [NOTHING, *told(result, "client.write_after_shutdown_errno")], "writes of the client")
    if "--delay" not in options:
        equal(time_waits(client), 1, "sockets in TIME_WAIT by ss")


@test
def after_shutdown_bytes_still_come_back():
    for options in WAYS:
        check_half_close(options)


def check_rst_zoo(options):
    result = trace([experiment("rst_zoo"), *options])
    names = ("closed_port", "unread", "linger", "gone")
    found = [row for row in calls(result, "client", "connect", "read", "send") if row["error"]]
    equal(errors(found), told(result, *(f"client.{name}.errno" for name in names)),
          "errors of the client, one for each connection")
    ends = connections(result)
    equal([row["connection"] for row in found], [client["connection"] for client, _ in ends],
          "their connections")
    for name, (client, _) in zip(names, ends):
        number = client["connection"]
        resets, fins = (seen(result, number, "server", letter) for letter in "RF")
        # The namespace of the tests sees no other RST: the kernel's counter is this one.
        equal(len(resets), result.said[f"server.{name}.out_rsts"], f"{name}: RST sent")
        equal(len(fins), int(name == "gone"), f"{name}: FIN sent")
        equal(entered(result, client)[-1], "CLOSE", f"{name}: last state of the client")
        last = max(row["t_ns"] for row in result.tables.where("segments", connection=number))
        need(last in [row["t_ns"] for row in result.tables.where("segments", connection=number)
                      if "R" in row["flags"]], f"{name}: the RST is the last segment")
    close = calls(result, "server", "close")
    equal(len([row for row in close if row["connection"]]), 3, "connections that were closed")


@test
def each_reset_is_told_once_and_counted_by_the_kernel():
    for options in WAYS:
        check_rst_zoo(options)


def check_broken_pipe(options):
    result = trace([experiment("broken_pipe"), *options])
    keys = ("read", "send", "second_send", "nosignal"), ("send", "read", "second_read",
                                                         "second_send")
    for (client, _), group, part in zip(connections(result), ("after_fin", "after_rst"), keys):
        rows = [row for row in calls(result, "client", "send", "read")
                if row["connection"] == client["connection"]]
        equal(errors(rows), told(result, *(f"client.{group}.{key}_errno" for key in part)),
              f"{group}: errors")
        equal([row["result"] if row["result"] >= 0 else -1 for row in rows],
              [result.said[f"client.{group}.{key}_result"] for key in part], f"{group}: results")
        number = client["connection"]
        fins, resets = (seen(result, number, "server", letter) for letter in "FR")
        equal((len(fins), len(resets)), (int(group == "after_fin"), 1), f"{group}: FIN, RST")
        before = entered(result, client)[-2:]
        expected = result.said["client.after_fin.state"] if fins else "ESTABLISHED"
        equal(before, [expected, "CLOSE"], f"{group}: state when the RST came, and after it")
        data = [row for row in result.tables.where("segments", connection=number,
                                                   sender="client", received=0)
                if row["length"]]
        equal(len(data), 1, f"{group}: segments of two calls of send, of which one failed")
    equal(result.said["client.sigpipes"], 1, "SIGPIPE")


@test
def a_reset_is_a_broken_pipe_only_after_a_fin():
    for options in WAYS:
        check_broken_pipe(options)


def check_time_wait(options):
    result = trace([experiment("time_wait"), *options])
    names = ("client_first", "server_first", "server_first_reuse")
    equal([server["local_port"] for _, server in connections(result)],
          [result.said[f"server.{name}.port"] for name in names], "ports")
    for name, (client, server) in zip(names, connections(result)):
        waits = result.said[f"server.{name}.state"] == "TIME_WAIT"
        equal((server["final_state"] == "TIME_WAIT", client["final_state"] == "TIME_WAIT"),
              (waits, not waits), f"{name}: who is in TIME_WAIT")
        if "--delay" not in options:
            equal(time_waits(server), int(waits), f"{name}: TIME_WAIT by ss")
        again = [row for row in calls(result, "server", "bind")
                 if row["port"] == server["local_port"]]
        equal(errors(again), told(result, f"server.{name}.restart_plain",
                                  f"server.{name}.restart_reuse"), f"{name}: bind again")


@test
def only_a_server_that_closed_first_finds_its_port_in_use():
    for options in WAYS:
        check_time_wait(options)


@test
def an_accepted_socket_has_the_port_of_its_listener():
    for options in FAMILIES:
        result = trace([experiment("ports"), *options])
        said, ends = result.said, connections(result)
        equal(len(ends), 2, "connections")
        for (client, server), key in zip(ends, ("first_port", "second_port")):
            equal(client["local_port"], said[f"client.{key}"], "port of the client")
            equal((client["remote_port"], server["local_port"], server["remote_port"]),
                  (said["server.bind_port"], said["server.accepted_port"], client["local_port"]),
                  "the other three ports")
            listener = result.tables.socket(socket=server["listener"])
            equal(listener["local_port"], server["local_port"], "port of the listener")
            need(listener["local_address"] in ("0.0.0.0", "::"), "address of the listener")
            equal(server["local_address"], client["remote_address"], "of the accepted socket")
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            equal(said["client.range"], "-".join(file.read().split()), "range of ports")
        binds = calls(result, "server", "bind")
        equal(errors(binds), [NOTHING, *told(result, "server.any_again_errno",
                                             "server.loopback_too_errno",
                                             "server.low_port_errno")], "bind")
        equal([row["port"] for row in binds], [0, said["server.bind_port"],
                                               said["server.bind_port"],
                                               said["server.unprivileged_from"] - 1], "its ports")


@test
def bind_takes_what_the_family_of_the_socket_takes():
    result = trace([experiment("addresses")])
    keys = [key for key, value in result.said.items() if key.startswith(("client.in", "client.un"))
            and (value == 0 or str(value).startswith("E"))]
    equal(len(keys), 14, "kinds of address")
    equal(errors(calls(result, "client", "bind")), told(result, *keys), "bind")
    for name, family in (("in", 2), ("in6", 10), ("un", 1)):
        data = bytes.fromhex(result.said[f"client.{name}.bytes"])
        equal(len(data), result.said[f"client.{name}.length"], f"{name}: length")
        equal(data[:2], family.to_bytes(2, "little" if data[0] else "big"), f"{name}: family")


def check_zero_window(options):
    result = trace([experiment("zero_window"), *options])
    said = result.said
    (client, _), = connections(result)
    close, = (row for row in calls(result, "client", "close"))
    read = calls(result, "server", "read")[0]
    sent = result.tables.where("segments", sender="client", received=0)
    answers = [row for row in result.tables.where("segments", sender="server", received=0)
               if row["t_ns"] < read["enter_ns"]]
    equal(answers[-1]["win"], said["client.window_before_read"], "window before read")
    last = [row for row in sent if row["length"] and row["t_ns"] < read["enter_ns"]][-1]
    probes = [row for row in sent if row["t_ns"] > last["t_ns"] and not row["length"]
              and row["t_ns"] < close["enter_ns"] and row["seq"] < last["seq"] + last["length"]]
    equal(len(probes), said["client.probes"], "probes, by the kernel's counter")
    where = [row for row in result.tables.where("bytes", sender="client")
             if row["t_ns"] <= close["enter_ns"]][-1]
    equal((where["unsent"], where["peer_queue"]),
          (said["client.unsent_before_read"], said["server.unread_before_read"]),
          "bytes that wait for room, and for the reader")
    states = result.tables.where("states", socket=client["socket"])
    equal([(row["old_state"], row["cause"]) for row in states
           if row["t_ns"] >= close["enter_ns"]][0], (said["client.state_before_read"], "call"),
          "the state up to close()")
    equal(sum(row["moved_bytes"] for row in calls(result, "server", "read")),
          said["server.bytes_read"], "bytes that were read")
    equal(said["server.bytes_read"], said["client.bytes_sent"], "bytes that came")


@test
def a_window_of_0_is_probed_and_ends_nothing():
    for options in WAYS:
        check_zero_window(options)


@test
def they_need_no_rights():
    for name in LESSONS:
        program = scratch(name)
        shutil.copy(experiment(name), program)
        for options in FAMILIES:
            if options and name == "addresses":
                continue  # it has both families in any case
            done = run([program, *options], user=NOBODY, group=NOBODY, extra_groups=[])
            equal((done.returncode, done.stderr), (0, ""), f"{name} of an ordinary user")


def first_answer(path):
    """Of the answer for a run as it is taught, the longest part without facts."""
    with open(path, encoding="utf-8") as file:
        text = file.read().split("\nanswer if ", 1)[1].split("\nanswer", 1)[0]
    parts = re.split(r"\{[^}]*\}", "".join(re.split(r":\s", text, maxsplit=1)[1].split()))
    return max(parts, key=len)


@test
def their_answers_are_those_of_the_run():
    for name in ("lifecycle", "handshake", *LESSONS):
        for lang in ("en", "zh"):
            done = run([os.path.join(ROOT, "scripts", "lesson"), name, "--yes", "--lang", lang])
            equal(done.returncode, 0, f"exit status of scripts/lesson {name} {lang}: {done.stderr}")
            words = first_answer(os.path.join(ROOT, "experiments", "lessons", f"{name}.{lang}"))
            if words not in "".join(done.stdout.split()):
                print(done.stdout, done.stderr, sep="\n")
                raise AssertionError(f"{name} {lang}: not the answer with: {words}")


main()
