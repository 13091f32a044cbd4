# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""tcpwatch beside programs that run already, and such programs. What tests share that attach."""
import contextlib
import os
import signal
import subprocess

from live import LIMIT_S, TCPWATCH, Trace, equal, scratch


class Attached:
    """tcpwatch beside programs that run; finish() ends it and reads what it wrote."""

    def __init__(self, *options):
        self.path = scratch("run")
        outputs = ["-o", self.path + ".tcpw", "--csv", self.path + ".csv", "--json",
                   self.path + ".json"]
        self.process = subprocess.Popen([TCPWATCH, "-v", *outputs, *map(str, options)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace")
        self.said = []
        for line in self.process.stderr:
            self.said.append(line)
            if "attached: tracing" in line:
                break

    def wait(self):
        out, err = self.process.communicate(timeout=LIMIT_S)
        equal(self.process.returncode, 0, f"exit status ({err[-300:]} {self.said})")
        done = subprocess.CompletedProcess([], 0, out, "".join(self.said) + err)
        return Trace(self.path + ".tcpw", self.path + ".csv", self.path + ".json", done)

    def finish(self):
        self.process.send_signal(signal.SIGINT)
        return self.wait()


@contextlib.contextmanager
def running(command, **options):
    """A program that runs until the end of the test; out: its lines."""
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
