# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
On a kernel that is older than tracing needs (scripts/vm runs this on 5.10): one
line that says so, the status that means tcpwatch itself failed, nothing run and
nothing written. What needs no kernel works there as anywhere.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "live"))

from live import TCPWATCH, equal, main, need, run, scratch, test  # noqa: E402


@test
def tracing_says_one_line_and_runs_nothing():
    path = scratch()
    done = run([TCPWATCH, "-o", path + ".tcpw", "--", "touch", path])
    print(done.stderr)
    equal(done.returncode, 125, "exit status")
    equal(done.stderr, "tcpwatch: this kernel is too old: tracing needs Linux 6.1 or newer\n",
          "what it says")
    equal(done.stdout, "", "standard output")
    need(not os.path.exists(path), "the command was run")
    need(not os.path.exists(path + ".tcpw"), "a capture was written")


@test
def what_needs_no_kernel_works():
    equal(run([TCPWATCH, "--version"]).returncode, 0, "exit status of --version")
    equal(run([TCPWATCH, "--help"]).returncode, 0, "exit status of --help")


main()
