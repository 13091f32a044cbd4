# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a process has in the kernel, and what it is doing: read from outside of it."""
import json
import os
import re

from live import run, tool


def bpf_objects(pid):
    """Numbers of the programs, maps and links that a process holds."""
    found = {"prog": set(), "map": set(), "link": set()}
    for name in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as file:
                for kind, number in re.findall(r"^(prog|map|link)_id:\s*(\d+)", file.read(), re.M):
                    found[kind].add(int(number))
        except FileNotFoundError:
            continue
    return found


def alive(objects):
    bpftool = tool("bpftool")
    left = {}
    for kind, numbers in objects.items():
        done = run([bpftool, "-j", kind, "list"])
        left[kind] = numbers & {row["id"] for row in json.loads(done.stdout or "[]")}
    return {kind: numbers for kind, numbers in left.items() if numbers}


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def executable(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None


def state(pid):
    """A letter, as in ps(1); X also when there is no such process any more."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "X"


def gone(pid):
    return state(pid) in "ZX"
