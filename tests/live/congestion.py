# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
Chooses the congestion control of loopback connections, by the route to it: a
namespace may not choose every algorithm by sysctl. Only for namespaces of the
tests' own.
"""
import subprocess
import sys

ROUTES = (("-4", "127.0.0.0/8"), ("-4", "127.0.0.1"), ("-6", "::1"))


def ip_route(family, *words):
    command = ["ip", family, "route", *words]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def choose(name):
    """Returns whether this kernel has it. None: back to the default."""
    chosen = True
    for family, address in ROUTES:
        route = ("local", address, "dev", "lo", "table", "local")
        ip_route(family, "del", *route)
        if not ip_route(family, "add", *route, *(["congctl", name] if name else [])):
            ip_route(family, "add", *route)
            chosen = False
    return chosen


if __name__ == "__main__":
    sys.exit(0 if choose(sys.argv[1]) else 1)
