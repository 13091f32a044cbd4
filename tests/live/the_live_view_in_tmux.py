# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
--view live and --play on a real terminal, which tmux provides: it is drawn,
keys and sizes are followed, and however it ends, the terminal is as it was and
nothing that the command wrote is lost.
"""
import os
import shlex
import shutil
import subprocess
import tempfile

from live import TCPWATCH, equal, experiment, main, need, run, scratch, test, tool, wait_until

SLOW = [experiment("bulk_send"), "--bytes", "20000000"]
SHORT = [experiment("bulk_send"), "--bytes", "300000", "--read", "65536"]


class Terminal:
    """A shell in a terminal of its own, typed at and looked at from outside."""

    def __init__(self, columns=80, rows=24, term="tmux-256color"):
        self.directory = tempfile.mkdtemp(prefix="tcpwatch-tmux-")
        self.environment = dict(os.environ, LC_ALL="C.UTF-8", TMUX_TMPDIR=self.directory,
                                PS1="$ ", TERM="xterm")
        self.environment.pop("TMUX", None)
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "bash --norc --noprofile")
        self.type(f"export TERM={term} PS1='> '; stty -g > {self.file('before')}; clear; echo u''p")
        self.wait_for("up\n")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            print(self.screen())
        subprocess.run([tool("tmux"), "-L", "t", "kill-server"], env=self.environment, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.directory, name)

    def tmux(self, *words):
        done = subprocess.run([tool("tmux"), "-L", "t", "-f", "/dev/null", *words],
                              env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.keys("Enter")

    def trace(self, options, command, after="; echo status=$?"):
        words = [TCPWATCH, *options, *(["--", *command] if command else [])]
        self.type(" ".join(map(shlex.quote, words)) + after)

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def everything(self):
        return self.screen("-S", "-", "-J")

    def wait_for(self, text):
        wait_until(lambda: text in self.screen(), f"{text!r} on the screen")

    def flag(self, name):
        return self.tmux("display-message", "-p", "#{" + name + "}").strip() == "1"

    def full(self):
        return self.flag("alternate_on")

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))
        wait_until(lambda: self.fills(columns, rows), f"a frame of {columns}x{rows}")

    def fills(self, columns, rows):
        lines = self.screen().split("\n")[:rows]
        return (len(lines) == rows and " q quit" in lines[-1] and "lost" in lines[0] and
                all(len(line) <= columns for line in lines))

    def must_be_as_it_was(self):
        wait_until(lambda: not self.full(), "the normal screen")
        self.type(f"stty -g > {self.file('after')}; echo look''ed")
        self.wait_for("looked\n")
        with open(self.file("before"), encoding="ascii") as before, \
                open(self.file("after"), encoding="ascii") as after:
            equal(after.read(), before.read(), "settings of the terminal (stty -g)")
        need(self.flag("cursor_flag"), "the cursor is still hidden")
        need(self.flag("wrap_flag"), "lines are still not wrapped")


def tcpwatch_in(terminal):
    """The pid of the tcpwatch that was started there."""
    shell = terminal.tmux("display-message", "-p", "#{pane_pid}").strip()
    with open(f"/proc/{shell}/task/{shell}/children", encoding="ascii") as children:
        pids = children.read().split()
    equal(len(pids), 1, "children of the shell")
    return int(pids[0])


@test
def frames_follow_keys_and_sizes_until_control_c():
    with Terminal() as terminal:
        terminal.trace(["--view", "live"], SLOW)
        terminal.wait_for("read by the server's program")
        terminal.resize(100, 40)
        terminal.resize(200, 50)
        terminal.resize(60, 20)
        terminal.resize(80, 24)
        terminal.keys("e")
        terminal.wait_for("read(")
        terminal.keys("l")
        terminal.wait_for("time client bulk_client")
        terminal.keys("?")
        terminal.wait_for("Keys go to tcpwatch")
        terminal.keys("?")
        terminal.keys("Space")
        terminal.wait_for("FROZEN")
        terminal.keys("C-c")
        terminal.wait_for("status=130")
        terminal.must_be_as_it_was()


@test
def top_sorts_ends_and_opens_them():
    with Terminal() as terminal:
        terminal.trace(["--top"], SLOW)
        terminal.wait_for("ENDS by time blocked")
        terminal.wait_for("peer window")
        need("bulk_clien" in terminal.screen(), "the sender is not named")
        terminal.resize(160, 50)
        terminal.wait_for("local")
        terminal.resize(60, 20)
        terminal.resize(80, 24)
        terminal.keys("2")
        terminal.wait_for("ENDS by bytes")
        terminal.keys("Down", "Enter")
        terminal.wait_for("WHERE ARE THE BYTES?")
        terminal.keys("Escape")
        terminal.wait_for("ENDS by bytes")
        terminal.keys("C-c")
        terminal.wait_for("status=130")
        terminal.must_be_as_it_was()


@test
def it_stays_after_the_end_and_then_prints_everything():
    with Terminal() as terminal:
        command = " ".join(map(shlex.quote, SHORT)) + "; echo its last words; exit 7"
        terminal.trace(["--view", "live"], ["sh", "-c", command])
        terminal.wait_for("ENDED, exit 7")
        terminal.wait_for("its last words")
        need(terminal.full(), "the full screen did not stay")
        terminal.keys("q")
        terminal.wait_for("status=7")
        text = terminal.everything()
        for words in ("client.send_calls=1", "its last words", "events, 0 lost."):
            need(words in text, f"{words!r} was not printed")
        need(text.index("its last words") < text.index("time in state"),
             "the summary stands before the command's output")
        terminal.must_be_as_it_was()


@test
def control_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again():
    with Terminal() as terminal:
        terminal.trace(["--view", "live"], SLOW)
        terminal.wait_for("read by the server's program")
        terminal.keys("C-z")
        terminal.wait_for("Stopped")
        terminal.must_be_as_it_was()
        terminal.type("fg")
        wait_until(terminal.full, "the full screen")
        wait_until(lambda: terminal.fills(80, 24), "a frame")
        terminal.keys("C-c")
        terminal.must_be_as_it_was()


def end_by(signal_name):
    with Terminal() as terminal:
        terminal.trace(["--view", "live"], SLOW)
        terminal.wait_for("read by the server's program")
        run(["kill", "-" + signal_name, tcpwatch_in(terminal)])
        terminal.wait_for("status=")
        terminal.must_be_as_it_was()


@test
def abort_leaves_a_good_terminal():
    end_by("ABRT")


@test
def terminate_leaves_a_good_terminal():
    end_by("TERM")


@test
def q_leaves_the_screen_and_the_command_goes_on():
    with Terminal() as terminal:
        go_on = terminal.file("go-on")
        command = f"echo early; while [ ! -e {go_on} ]; do sleep 0.1; done; echo late; exit 3"
        terminal.trace(["--view", "live"], ["sh", "-c", command])
        terminal.wait_for("early")
        terminal.keys("q")
        terminal.wait_for("The view is closed")
        need(not terminal.full(), "q did not leave the full screen")
        with open(go_on, "w", encoding="ascii"):
            pass
        terminal.wait_for("status=3")
        text = terminal.everything()
        need(text.index("early") < text.index("late"), "the command's output is out of order")
        terminal.must_be_as_it_was()


@test
def q_ends_an_attached_trace():
    for look in (["-p", str(os.getpid())], ["-a"]):
        with Terminal() as terminal:
            terminal.trace([*look, "--view", "live"], None)
            wait_until(terminal.full, "the full screen")
            terminal.wait_for(" q quit")
            terminal.keys("q")
            terminal.wait_for("status=0")
            need("lost." in terminal.everything(), "the summary is missing")
            terminal.must_be_as_it_was()


@test
def the_command_has_a_terminal_and_files_stay_files():
    with Terminal() as terminal:
        path = terminal.file("out")
        command = "[ -t 0 ] && [ -t 2 ] && [ ! -t 1 ] && echo to-the-file && echo to-the-pane >&2"
        terminal.trace(["--view", "live"], ["sh", "-c", command],
                       after=f" > {path}; echo status=$?")
        terminal.wait_for("ENDED, exit 0")
        terminal.wait_for("to-the-pane")
        terminal.keys("q")
        terminal.wait_for("status=0")
        with open(path, encoding="ascii") as file:
            equal(file.read(), "to-the-file\n", "what the command wrote to a file")
        need("to-the-pane" in terminal.everything(), "what was in the pane is lost")


@test
def a_command_that_is_not_found_never_takes_the_screen():
    with Terminal() as terminal:
        terminal.trace(["--view", "live"], ["./no-such-command"])
        terminal.wait_for("status=127")
        terminal.must_be_as_it_was()


@test
def a_terminal_that_cannot_show_it_gets_moments_and_is_told():
    for size, term, why in (((50, 10), "tmux-256color", "too small"), ((80, 24), "dumb", "dumb")):
        with Terminal(*size, term=term) as terminal:
            terminal.trace(["--view", "live"], SHORT)
            terminal.wait_for("status=0")
            text = terminal.everything()
            need(why in text and "showing moments instead" in text, f"{why!r} is not said")
            need("SYN-ACK: " in text, "no moments")
    done = run([TCPWATCH, "--view", "live", "--", *SHORT])
    equal(done.returncode, 0, "exit status without a terminal")
    need(done.stderr.startswith("tcpwatch: warning: --view live: standard input and"),
         "what is said without a terminal")
    need("SYN-ACK: " in done.stderr, "no moments without a terminal")
    done = run([TCPWATCH, "--top", "--", *SHORT])
    need(done.stderr.startswith("tcpwatch: warning: --top: standard input and"),
         "what --top says without a terminal")
    need("1 connection: 1 closed" in done.stderr, "no connections without a terminal")


def capture_of(command):
    path = scratch("run.tcpw")
    done = run([TCPWATCH, "--view", "none", "-o", path, "--", *command])
    equal(done.returncode, 0, "exit status")
    return path


@test
def a_replay_goes_by_moments_and_asks():
    path = capture_of([experiment("bulk_send"), "--bytes", "6000000", "--read", "65536"])
    with Terminal() as terminal:
        terminal.trace(["-r", path, "--play=step"], [])
        wait_until(lambda: terminal.fills(80, 24), "a frame")
        for _ in range(30):
            if "is about to return" in terminal.screen():
                break
            before = terminal.screen()
            terminal.keys("n")
            wait_until(lambda before=before: terminal.screen() != before, "the next moment")
        terminal.wait_for("hidden until")
        terminal.keys("1", "2", "3")
        terminal.wait_for("123_")
        terminal.keys("Enter")
        terminal.wait_for("You said 123: by then")
        terminal.keys("Left")
        terminal.keys("l")
        terminal.wait_for("time client bulk_client")
        terminal.keys("q")
        terminal.wait_for("status=0")
        terminal.must_be_as_it_was()


@test
def in_a_pipe_a_replay_is_a_line_for_each_moment():
    path = capture_of(SHORT)
    done = run([TCPWATCH, "-r", path, "--play"])
    equal((done.returncode, done.stderr), (0, ""), "status and standard error")
    lines = done.stdout.splitlines()
    need(any(line.startswith("      +0 ns  #1   SYN: ") for line in lines), "no SYN at +0 ns")
    moments = [line for line in lines if " returned: " in line and "send()" in line]
    equal(len(moments), 1, "returns of send()")
    equal(run([TCPWATCH, "-r", path, "--play"]).stdout, done.stdout, "the same once more")


main()
