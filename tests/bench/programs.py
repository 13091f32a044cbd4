# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Loads that others wrote: a server as its distribution ships it, with a
configuration and a directory of its own, and the client that measures its rate.
"""
import csv
import io
import json
import os
import re
import shutil
import socket
import subprocess
import time

START_LIMIT_S = 30

NGINX_CONF = """
daemon off; worker_processes 1; pid {directory}/pid; error_log {directory}/error;
events {{ }}
http {{ access_log off;
server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello"; }} }} }}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def nginx(directory, port):
    path = os.path.join(directory, "nginx.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(NGINX_CONF.format(directory=directory, port=port))
    return ["nginx", "-c", path, "-p", directory, "-e", os.path.join(directory, "error")]


def redis(directory, port):
    return ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
            "--appendonly", "no", "--dir", directory]


def iperf3(_directory, port):
    return ["iperf3", "-s", "-p", str(port)]


def wrk_rate(text):
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def redis_rate(text):
    return float(list(csv.reader(io.StringIO(text)))[-1][1])


def iperf3_rate(text):
    return json.loads(text)["end"]["sum_received"]["bits_per_second"] / 8


# Server, its client for a time (redis-benchmark: for as many requests as take about that), the rate.
PROGRAMS = {
    "wrk": (nginx, lambda port, seconds: ["wrk", "-t", "1", "-c", "8", "-d", f"{seconds}s",
                                          f"http://127.0.0.1:{port}/"], wrk_rate),
    "redis": (redis, lambda port, seconds: ["redis-benchmark", "-p", str(port), "-c", "8", "-t", "get",
                                            "-n", str(40000 * seconds), "--csv"], redis_rate),
    "iperf3": (iperf3, lambda port, seconds: ["iperf3", "-c", "127.0.0.1", "-p", str(port), "-J",
                                              "-t", str(seconds)], iperf3_rate),
}


def absent(name):
    """The program that is not installed; None: all are."""
    server, client, _ = PROGRAMS[name]
    for command in (server("/tmp", 1) if server is not nginx else ["nginx"], client(1, 1)):
        if not shutil.which(command[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return command[0]
    return None


def is_ready(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def begin(bench, name):
    """Starts the server of a load: the process, and its port."""
    directory = bench.path(name)
    os.makedirs(directory, exist_ok=True)
    port = free_port()
    environment = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    process = bench.start(PROGRAMS[name][0](directory, port), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, env=environment)
    until = time.monotonic() + START_LIMIT_S
    while not is_ready(port):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{name}: the server does not start")
        time.sleep(0.1)
    return process, port


def rate(name, port, seconds):
    _, client, parse = PROGRAMS[name]
    return parse(subprocess.run(client(port, seconds), capture_output=True, text=True, check=True).stdout)
