# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
nginx with curl and with wrk, and Python's http.server: connections, bytes of
each direction, owners and calls are what the access log, the client's own
report, ss(8), the kernel's counters and strace(1) say.
"""
import os
import re
import sys

from live import equal, main, need, scratch, test, tool
from servers import SENDS, Running, check, check_strace, run_client, scene, straced

LOG = "$remote_port $pid $status $bytes_sent $request_length"
BODIES = {"small": 100, "large": 3000000}


def nginx_config(port, directory):
    return f"""
        daemon off; worker_processes 2; pid {directory}/pid; user root;
        error_log {directory}/errors;
        events {{ worker_connections 64; }}
        http {{
            log_format one '{LOG}';
            access_log {directory}/access one;
            client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
            fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
            scgi_temp_path {directory}/scgi;
            server {{ listen 127.0.0.1:{port}; root {directory}; sendfile SENDFILE; }}
        }}"""


def nginx(port, sendfile="on"):
    directory = os.path.dirname(scratch())
    for name, size in BODIES.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(b"x" * size)
    path = os.path.join(directory, "nginx.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(nginx_config(port, directory).replace("SENDFILE", sendfile))
    return directory, [tool("nginx"), "-p", directory, "-c", path, "-e", directory + "/errors"]


def requests_of(directory):
    """By the client's port: the worker, and the bytes of each direction."""
    found = {}
    with open(os.path.join(directory, "access"), encoding="ascii") as file:
        for line in file:
            port, pid, _, sent, got = map(int, line.split())
            before = found.get(port, (pid, 0, 0, 0))
            equal(pid, before[0], "worker of one connection")
            found[port] = pid, before[1] + sent, before[2] + got, before[3] + 1
    return found


def check_access_log(played, directory):
    requests = requests_of(directory)
    for ends in played.connections():
        number, port = ends["server"]["connection"], ends["client"]["local_port"]
        pid, sent, got, _ = requests.pop(port, (ends["server"]["pid"], 0, 0, 0))
        equal(ends["server"]["pid"], pid, f"worker of the connection from port {port}")
        equal(played.moved(number, "server")[0], sent, "bytes that nginx says it sent")
        equal(played.moved(number, "client")[1], got, "bytes that nginx says it received")
    equal(requests, {}, "connections that only the access log has")


CURL = "%{local_port} %{size_header} %{size_download} %{size_request}\\n"


def curl(url, *options):
    return [tool("curl"), "-s", "-w", CURL, *options, "-o", "/dev/null", url]


def check_curl(played, client):
    """curl's last line: its port, and the bytes that it received and sent."""
    for line in client["out"].splitlines():
        port, header, body, request = map(int, line.split())
        end = played.tables.socket(local_port=port, side="client")
        equal(played.moved(end["connection"], "server"), (header + body,) * 2, "bytes received")
        equal(played.moved(end["connection"], "client"), (request,) * 2, "bytes sent")


def nginx_with_curl(sendfile):
    port, strace = 8080, scratch("strace")
    directory, server = nginx(port, sendfile)
    played = scene(server, port, curl(f"http://127.0.0.1:{port}/small"),
                   straced(strace, curl(f"http://127.0.0.1:{port}/large")),
                   curl(f"http://127.0.0.1:{port}/absent"))
    check(played, "nginx", "curl", 3)
    check_access_log(played, directory)
    for client in played.clients:
        check_curl(played, client)
    check_strace(played, strace)


@test
def nginx_and_curl_with_sendfile():
    nginx_with_curl("on")


@test
def nginx_and_curl_without_sendfile():
    nginx_with_curl("off")


def get_small(end):
    """One request on a connection that stays. Returns the lengths of request and answer."""
    request = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"
    end.sendall(request)
    answer = b""
    while answer.partition(b"\r\n\r\n")[2] != b"x" * BODIES["small"]:
        answer += end.recv(10000)
    return len(request), len(answer)


@test
def nginx_that_was_running():
    """Its master is attached to; a connection of a worker goes on, and curl makes others."""
    port = 8080
    directory, server = nginx(port)
    urls = [f"http://127.0.0.1:{port}/{name}" for name in ("small", "large", "absent")]
    played = Running(server, port, get_small,
                     lambda end: (get_small(end), [run_client(curl(url)) for url in urls]))
    ends = {end["remote_port"]: end for end in played.check("nginx")}
    second, clients = played.told
    for client in clients:
        source, header, body, request = map(int, client["out"].split())
        equal(played.handed_and_read(ends.pop(source)), (header + body, request),
              "bytes that curl received and sent")
    equal(ends, {}, "connections that curl did not make")
    old = played.tables.socket(remote_port=played.old_port)
    requests, answers = map(sum, zip(played.begun, second))
    equal(played.handed_and_read(old), (answers, requests), "bytes since the beginning")
    for end in played.tables.where("sockets", side="server"):
        pid, sent, got, _ = requests_of(directory)[end["remote_port"]]
        equal((end["pid"], *played.handed_and_read(end)), (pid, sent, got), "the access log")


@test
def nginx_and_curl_that_is_refused():
    port = 8080
    _, server = nginx(port)
    refused = curl(f"http://127.0.0.1:{port + 1}/small")
    played = scene(server, port, ["sh", "-c", " ".join(map(repr, refused)) + "; test $? = 7"])
    equal([(row["comm"], row["error"]) for row in
           played.tables.where("calls", call="connect", port=port + 1)],
          [("curl", "EINPROGRESS")], "connect()")
    end = played.tables.socket(remote_port=port + 1)
    equal((end["error"], end["comm"]), ("ECONNREFUSED", "curl"), "how it ended")
    equal(played.counted("Tcp:AttemptFails"), 1, "attempts that failed")


@test
def nginx_and_wrk():
    port, script = 8080, scratch("slow.lua")
    with open(script, "w", encoding="ascii") as file:
        file.write("function delay() return 5 end\n")
    directory, server = nginx(port)
    played = scene(server, port, [tool("wrk"), "-t", 2, "-c", 8, "-d", "1s", "-s", script,
                                  f"http://127.0.0.1:{port}/small"])
    # One more: wrk tries whether the server can be reached at all.
    check(played, "nginx", "wrk", 9)
    check_access_log(played, directory)
    done = int(re.search(r"(\d+) requests in", played.clients[0]["out"]).group(1))
    logged = sum(count for _, _, _, count in requests_of(directory).values())
    # An answer that comes after the last second is no request of wrk's report.
    need(done <= logged <= done + 8, f"wrk made {done} requests, nginx logged {logged}")
    need("Socket errors" not in played.clients[0]["out"], "wrk had errors")


@test
def the_http_server_of_python():
    port, directory = 8000, os.path.dirname(scratch())
    with open(os.path.join(directory, "page"), "wb") as file:
        file.write(b"x" * 200000)
    url = f"http://127.0.0.1:{port}/"
    played = scene([sys.executable, "-u", "-m", "http.server", "-d", directory, "-b", "127.0.0.1",
                    port], port, curl(url + "page"), curl(url + "absent"))
    check(played, "python3.*", "curl", 2)
    for client in played.clients:
        check_curl(played, client)
    equal(re.findall(r'"GET /(\w+) HTTP/1.1" (\d+)', played.server_log),
          [("page", "200"), ("absent", "404")], "log of the server")
    # A thread for each connection.
    tids = {row["tid"] for row in played.tables.where("calls", side="server") if row["call"] in
            SENDS + ("recv",)}
    equal(len(tids), 2, "threads that served")


main()
