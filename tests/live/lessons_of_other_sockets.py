# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
The lessons about sockets that are not plain TCP over IPv4: what the programs
say of themselves, what the trace says, and what the kernel's counters say.
"""
import glob
import subprocess

from live import NOBODY, Skip, equal, experiment, main, need, run, said, test, trace


def calls(result, side, call):
    return [row for row in result.tables["calls"]
            if row["comm"].endswith("_" + side) and row["call"] == call]


def errors(rows):
    return [row["error"] or 0 for row in rows]


def check_dual(*options):
    result = trace([experiment("ipv6_dual"), *options])
    words = result.said
    connects = calls(result, "client", "connect")
    equal(errors(connects), [words[f"client.{key}"] for key in (
        "ipv4", "ipv6", "v6only_ipv4", "v6only_ipv6", "link_local", "link_local_on_lo")],
          "what connect() said")
    both, only = words["server.v6only_0.port"], words["server.v6only_1.port"]
    equal([row["port"] for row in connects[:4]], [both, both, only, only], "ports")
    return result


def peers(result):
    """Remote addresses of the sockets that accept() handed out, in order."""
    sockets = [calls_row["new_socket"] for calls_row in calls(result, "server", "accept")]
    return [result.tables.socket(socket=socket)["remote_address"] for socket in sockets]


def check_peers(*options):
    result = check_dual(*options)
    words = result.said
    seen = [words[f"server.{who}"] for who in ("ipv4_client", "ipv6_client", "v6only_client")]
    need(seen[0].startswith("::ffff:"), f"not a mapped address: {seen[0]}")
    equal(peers(result), seen, "addresses of the accepted sockets")


@test
def one_ipv6_listener_serves_both_families():
    check_peers()


@test
def it_does_so_over_a_slow_wire():
    check_peers("--delay", "50ms")


@test
def the_mapped_address_is_of_one_connection_with_the_ipv4_client():
    result = check_dual()
    accepted = calls(result, "server", "accept")[0]["new_socket"]
    child = result.tables.socket(socket=accepted)
    client = result.tables.socket(connection=child["connection"], side="client")
    equal((client["family"], child["family"]), ("IPv4", "IPv6"), "families of the two ends")
    equal(child["remote_address"], "::ffff:" + client["local_address"], "address of the client")
    equal(child["remote_port"], client["local_port"], "port of the client")


@test
def v6only_refuses_ipv4_by_a_reset():
    result = check_dual()
    equal(result.said["client.v6only_ipv4"], "ECONNREFUSED", "with IPV6_V6ONLY")
    refused = calls(result, "client", "connect")[2]
    resets = [row for row in result.tables.where("segments", connection=refused["connection"])
              if row["segment"].startswith("RST")]
    need(resets, "no RST in the trace")


@test
def a_link_local_address_without_its_link_is_refused_before_any_packet():
    result = check_dual()
    for row in calls(result, "client", "connect")[4:]:
        equal(result.tables.where("segments", connection=row["connection"]), [], "segments")
    equal(result.said["client.link_local"], "EINVAL", "without a scope")


@test
def a_local_socket_has_calls_and_no_tcp():
    result = trace([experiment("unix_local")])
    words = result.said
    writes = calls(result, "client", "write")
    equal(sum(row["moved_bytes"] for row in writes), words["client.written"], "bytes written")
    equal(words["server.unread"], words["client.written"], "bytes unread")
    equal(writes[-1]["error"], words["client.write_then"], "the last write()")
    equal(errors(calls(result, "client", "connect")),
          [words[f"client.connect{when}"] for when in ("_before", "", "_after")], "connect()")
    equal(errors(calls(result, "server", "bind")), [0, words["server.bind_again"]], "bind()")
    equal({row["family"] for row in result.tables["sockets"]}, {"UNIX"}, "families")
    for name in ("segments", "states", "bytes"):
        equal(result.tables[name], [], name)


@test
def its_bytes_are_seen_in_the_queue_of_the_other_end():
    result = trace([experiment("unix_local")])
    last = result.tables.where("queues", call="write")[-1]
    if last["peer_recv_q"] is None:
        raise Skip("this kernel keeps no count of the bytes in a stream of AF_UNIX")
    unread = result.said["server.unread"]
    equal(last["peer_recv_q"], unread, "at the peer of the last write()")
    accepted = calls(result, "server", "accept")[0]["new_socket"]
    equal({row["recv_q"] for row in result.tables.where("queues", socket=accepted)}, {unread},
          "recv-q of the accepted socket")
    need(unread <= last["send_q"] and last["send_q"] >= result.said["client.sndbuf"],
         f"send-q {last['send_q']} does not fill {result.said['client.sndbuf']}")


@test
def a_local_socket_leaves_no_file_behind():
    before = set(glob.glob("/tmp/unix_local.*"))
    for options in ([], ["--help"], ["--nonsense"]):
        run([experiment("unix_local"), *options])
    equal(set(glob.glob("/tmp/unix_local.*")) - before, set(), "files left")


@test
def a_local_socket_needs_no_rights():
    done = run([experiment("unix_local")], user=NOBODY, group=NOBODY, extra_groups=[])
    equal(done.returncode, 0, done.stderr)


def check_udp(*options):
    result = trace([experiment("udp_contrast"), *options])
    words = result.said
    equal(errors(calls(result, "client", "send")),
          [words[f"client.send_{number}"] for number in (1, 2, 3, 4)], "send()")
    equal(words["client.send_2"], "ECONNREFUSED", "the second send()")
    equal([row["result"] for row in calls(result, "server", "recv")],
          [words["server.recv_1"], words["server.recv_2"], words["server.raw_bytes"]], "recv()")
    equal(errors(calls(result, "server", "listen")), ["EOPNOTSUPP"], "listen()")
    equal(calls(result, "server", "accept"), [], "accept()")
    equal(words["client.datagrams_sent_by_connect"], 0, "datagrams that connect() sent")
    equal(result.tables["segments"], [], "segments")
    return result


@test
def a_datagram_to_nobody_fails_one_send_late():
    check_udp()


@test
def it_does_so_over_a_slow_wire_as_well():
    result = check_udp("--delay", "50ms")
    # The refused datagram, the ICMP answer, two datagrams; the kernel may add its own.
    need(result.said["wire.packets"] >= 4, "packets on the wire")
    equal(result.said["wire.tcp_packets"], 0, "TCP packets on the wire")


@test
def a_raw_socket_shows_the_headers():
    equal(check_udp().said["server.raw_header_bytes"], 28, "IPv4 and UDP header")
    equal(check_udp("--ipv6").said["server.raw_header_bytes"], 8, "UDP header")


@test
def without_rights_there_is_no_raw_socket_but_a_lesson():
    done = run([experiment("udp_contrast")], user=NOBODY, group=NOBODY, extra_groups=[])
    equal(done.returncode, 0, done.stderr)
    equal(said(done.stdout)["server.raw_socket"], "EPERM", "SOCK_RAW without rights")


@test
def a_raw_socket_has_no_default_protocol():
    words = check_udp().said
    equal(words["server.raw_socket_of_protocol_0"], "EPROTONOSUPPORT", "SOCK_RAW, 0")


@test
def options_that_would_do_nothing_are_refused():
    for name, option in (("addresses", "--ipv6"), ("unix_local", "--ipv6"), ("ipv6_dual", "--ipv6"),
                         ("unreachable", "--ipv6"), ("unreachable", "--drop=1"),
                         ("udp_contrast", "--drop=1"), ("udp_contrast", "--reorder=1")):
        done = run([experiment(name), option])
        equal(done.returncode, 2, f"exit status of {name} {option}")
        equal(len(done.stderr.splitlines()), 1, f"lines on standard error: {done.stderr!r}")
        need(option.split("=")[0] not in run([experiment(name), "--help"]).stdout,
             f"{name} --help offers {option}")


@test
def the_kernel_counted_the_datagrams():
    """In a namespace of the test's own, so nobody else sends any."""
    def counters():
        with open("/proc/net/snmp", encoding="ascii") as file:
            names, values = [line.split() for line in file if line.startswith("Udp:")]
        return dict(zip(names[1:], map(int, values[1:])))

    before = counters()
    equal(subprocess.run([experiment("udp_contrast")], stdout=subprocess.DEVNULL,
                         check=False).returncode, 0, "exit status")
    after = counters()
    equal(after["OutDatagrams"] - before["OutDatagrams"], 3, "datagrams sent")
    equal(after["NoPorts"] - before["NoPorts"], 1, "datagrams that nobody wanted")


main()
