# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
iperf3 with one stream, with eight and in reverse, and ssh to a local sshd:
connections, bytes of each direction, owners and calls are what their own report,
ss(8), the kernel's counters and strace(1) say.
"""
import json
import os
import re

from live import Skip, equal, main, need, run, scratch, test, tool
from servers import check, check_strace, retransmissions, scene, straced

COOKIE_BYTES = 37  # with which each connection of iperf3 begins
CIPHER, TAG_BYTES = "chacha20-poly1305@openssh.com", 16
NEWKEYS = "21"  # RFC 4253: all that follows is encrypted


def iperf3(*options):
    port = 5201
    client = [tool("iperf3"), "-c", "127.0.0.1", "-p", port, "-J", *options]
    played = scene([tool("iperf3"), "-s", "-1", "-J", "-p", port, "-B", "127.0.0.1"], port, client,
                   stop=None)
    return played, json.loads(played.clients[0]["out"]), json.loads(played.server_log)


def check_streams(played, said, server_said, sender):
    """Of each stream: ports, bytes that were sent, bytes that came to be read."""
    numbers = {ends["client"]["local_port"]: ends["client"]["connection"]
               for ends in played.connections()}
    streams = {stream["socket"]: stream["local_port"] for stream in said["start"]["connected"]}
    ends = {stream["sender"]["socket"]: stream for stream in said["end"]["streams"]}
    got = received(said, server_said, sender)
    for socket, port in streams.items():
        handed, read = played.moved(numbers.pop(port), sender)
        extra = COOKIE_BYTES if sender == "client" else 0
        equal(handed, ends[socket]["sender"]["bytes"] + extra, f"bytes sent by stream {port}")
        equal(read, got[port] + extra, f"bytes received by stream {port}")
    # What is left is the connection by which both speak of the test.
    equal(len(numbers), 1, "control connections")
    return sum(stream["sender"]["retransmits"] for stream in said["end"]["streams"])


def received(said, server_said, sender):
    """By the client's port, in the words of the end that received."""
    receiver, end = (server_said, "remote_port") if sender == "client" else (said, "local_port")
    ports = {stream["socket"]: stream[end] for stream in receiver["start"]["connected"]}
    return {ports[stream["receiver"]["socket"]]: stream["receiver"]["bytes"]
            for stream in receiver["end"]["streams"]}


def check_iperf3(sender, streams, *options):
    played, said, server_said = iperf3(*options)
    check(played, "iperf3", "iperf3", streams + 1)
    again = check_streams(played, said, server_said, sender)
    # It asked for its number before the last of them, perhaps.
    _, most = retransmissions(played.tables.where("events", side=sender))
    need(again <= most, f"iperf3 saw {again} retransmissions, the trace {most}")


@test
def iperf3_with_one_stream():
    check_iperf3("client", 1, "-n", "20M")


@test
def iperf3_with_eight_streams():
    check_iperf3("client", 8, "-n", "40M", "-P", 8)


@test
def iperf3_in_reverse():
    check_iperf3("server", 1, "-n", "20M", "-R")


@test
def iperf3_in_reverse_with_eight_streams():
    check_iperf3("server", 8, "-n", "40M", "-P", 8, "-R")


def key(directory, name):
    path = os.path.join(directory, name)
    done = run([tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", path])
    equal(done.returncode, 0, f"exit status of ssh-keygen ({done.stderr})")
    return path


def root_may_log_in():
    """Without PAM, sshd refuses an account whose password field begins with an exclamation mark."""
    with open("/etc/shadow", encoding="utf-8") as file:
        return not any(line.startswith("root:!") for line in file)


# The service makes it when it starts; here it is in a mount namespace that ends with the server.
WITH_DIRECTORY = ["unshare", "--mount", "sh", "-c",
                  'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$@"', "sh"]


def sshd(port):
    """The command of a server, and that of a client that it knows."""
    if not root_may_log_in():
        raise Skip("the account of root is locked")
    directory = os.path.dirname(scratch())
    host, user = key(directory, "host"), key(directory, "user")
    server = [*WITH_DIRECTORY, tool("sshd"), "-D", "-e", "-f", "/dev/null", "-h", host, "-p", port]
    for option in ("ListenAddress=127.0.0.1", "UsePAM=no", "StrictModes=no", "PidFile=none",
                   "PasswordAuthentication=no", "PermitRootLogin=prohibit-password",
                   "LogLevel=VERBOSE", f"AuthorizedKeysFile={user}.pub"):
        server += ["-o", option]
    client = [tool("ssh"), "-F", "/dev/null", "-i", user, "-p", str(port), "-vvv", "-c", CIPHER]
    for option in ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"):
        client += ["-o", option]
    return server, [*client, "root@127.0.0.1"]


@test
def ssh_and_sshd():
    port, strace, size = 2222, scratch("strace"), 300000
    server, client = sshd(port)
    played = scene(server, port, straced(strace, [*client, f"head -c {size} /dev/zero"]))
    check(played, "sshd", "ssh", 1)
    check_strace(played, strace)
    equal(played.clients[0]["out"], "\0" * size, "what came out of ssh")
    end = played.connections()[0]
    connection = re.search(r"Connection from 127.0.0.1 port (\d+) on", played.server_log)
    equal(end["client"]["local_port"], int(connection.group(1)), "port that sshd logged")
    words = played.clients[0]["err"]
    sent, got = map(int, re.search(r"Transferred: sent (\d+), received (\d+) bytes",
                                   words).groups())
    banner = re.search(r"Local version string (.*)", words).group(1).strip()
    software = re.search(r"remote software version (.*)", words).group(1).strip()
    check_apart(played.moved(1, "client"), sent, banner, packets("send", words))
    check_apart(played.moved(1, "server"), got, "SSH-2.0-" + software, packets("receive", words))


def packets(way, words):
    """Encrypted ones, those that ssh logs: not the ones with data or window."""
    types = re.findall(way + r" packet: type (\d+)", words)
    return len(types) - types.index(NEWKEYS) - 1


def check_apart(moved, counted, banner, logged):
    """ssh counts neither the line that comes first nor the tag behind each encrypted packet."""
    equal(moved[0], moved[1], "bytes sent and read")
    tags, rest = divmod(moved[0] - counted - len(banner + "\r\n"), TAG_BYTES)
    equal(rest, 0, f"{moved[0]} bytes moved, ssh says {counted}: beyond whole tags")
    need(logged <= tags < logged + 200, f"{tags} encrypted packets, ssh logged {logged}")


main()
