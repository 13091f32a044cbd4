# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
A directory like /tmp, in which another user has been first: whatever stands at
the name of an output, nothing is overwritten, and nothing written to the other.
The one who sets the traps is a real user, by number; the traps catch root, root
under sudo, and -r.
"""
import os
import pwd
import stat

from live import NOBODY, TCPWATCH, equal, main, need, run, scratch, test

NOBODY_NAME = pwd.getpwuid(NOBODY).pw_name
STRANGER = 61234
PRECIOUS = "precious\n"
AS_ROOT = {"SUDO_UID": "0", "SUDO_GID": "0"}
AS_NOBODY = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
OUTPUTS = ("--csv", "--json", "--html", "--svg", "--perfetto", "--pcapng")


class Shared:
    """A sticky directory, one of the stranger in it, and a home with something precious."""

    def __init__(self, owner=0):
        self.tmp, self.home = scratch("tmp"), scratch("home")
        self.precious = os.path.join(self.home, "calls.csv")
        self.capture = scratch("run.tcpw")
        for path in (self.tmp, self.home):
            os.mkdir(path)
        os.chmod(self.tmp, 0o1777)
        with open(self.precious, "w", encoding="ascii") as file:
            file.write(PRECIOUS)
        for path in (self.home, self.precious):
            os.chown(path, owner, owner)
        self.before = os.lstat(self.precious)
        equal(run([TCPWATCH, "-o", self.capture, "--view", "none", "--", "true"]).returncode, 0,
              "exit status of the run that -r reads")

    def trap(self, name, make):
        """Made by the stranger's hand."""
        path, here = os.path.join(self.tmp, name), os.getcwd()
        pid = os.fork()
        if not pid:
            try:
                os.chdir(here)
                os.setgid(STRANGER)
                os.setuid(STRANGER)
                os.umask(0)
                make(path)
                os._exit(0)
            except BaseException as error:
                print(error, flush=True)
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        equal(status, 0, f"the stranger's way to make {name}")
        return path

    def check_untouched(self):
        now = os.lstat(self.precious)
        equal((now.st_uid, now.st_ino, now.st_mode, now.st_size),
              (self.before.st_uid, self.before.st_ino, self.before.st_mode,
               self.before.st_size), "what is precious")
        with open(self.precious, encoding="ascii") as file:
            equal(file.read(), PRECIOUS, "what is precious")
        equal(os.listdir(self.home), ["calls.csv"], "what is in the home")


def lines_of(done):
    return [line for line in done.stderr.splitlines() if line]


def check_refused(shared, option, path, *more):
    """Live as root, live under sudo, and from a capture."""
    made = os.path.join(scratch("made"))
    commands = [([option, path, *more, "--", "touch", made], env)
                for env in (AS_ROOT, AS_NOBODY)]
    if option in OUTPUTS:
        commands.append((["-r", shared.capture, "--view", "none", option, path, *more], AS_ROOT))
    for words, env in commands:
        done = run([TCPWATCH, *words], env={**os.environ, **env})
        equal((done.returncode, done.stdout, len(lines_of(done))), (125, "", 1),
              f"{words}: {done.stderr!r}")
        need(path.rstrip("/") in done.stderr, f"{path} is not named: {done.stderr}")
        need(not os.path.exists(made), f"{words}: the command ran all the same")
        shared.check_untouched()


@test
def a_link_at_the_name():
    shared = Shared()
    path = shared.trap("out", lambda path: os.symlink(shared.precious, path))
    new = shared.trap("new", lambda path: os.symlink(shared.home + "/made", path))
    home = shared.trap("home", lambda path: os.symlink(shared.home, path))
    for option in ("-o", *OUTPUTS):
        for more in ((), ("--force",)):
            for name in (path, new, home):
                check_refused(shared, option, name, *more)
    check_refused(shared, "--csv", home + "/", "--force")


@test
def a_link_on_the_way():
    shared = Shared()
    home = shared.trap("home", lambda path: os.symlink(shared.home, path))
    through = shared.trap("through", os.mkdir)
    shared.trap("through/home", lambda path: os.symlink("../home", path))
    for option in ("-o", *OUTPUTS):
        for more in ((), ("--force",)):
            check_refused(shared, option, home + "/calls.csv", *more)
            check_refused(shared, option, through + "/home/calls.csv", *more)
            check_refused(shared, option, home + "/new", *more)
    check_refused(shared, "-o", home + "/run.tcpw", "--rotate", "1m")


@test
def one_s_own_link_on_the_way_is_followed():
    shared = Shared(NOBODY)
    os.chmod(shared.home, 0o755)
    link = os.path.join(shared.tmp, "link")
    up = os.path.join(shared.tmp, "up")
    os.symlink(shared.home, link)
    os.lchown(link, NOBODY, NOBODY)
    os.symlink("./link/../" + os.path.basename(shared.home), up)
    for number, way in enumerate((link, up, shared.tmp + "//./up/../home")):
        path = f"{way}/run{number}.tcpw"
        done = run([TCPWATCH, "--user", NOBODY_NAME, "-o", path, "--view", "none", "--", "true"])
        equal((done.returncode, done.stderr), (0, ""), path)
        need(os.path.exists(f"{shared.home}/run{number}.tcpw"), f"nothing came of {path}")
    loop = os.path.join(shared.tmp, "loop")
    os.symlink("loop", loop)
    done = run([TCPWATCH, "-o", loop + "/run.tcpw", "--", "true"])
    equal((done.returncode, len(lines_of(done))), (125, 1), f"a loop: {done.stderr}")


def write(path, text=""):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


@test
def what_the_stranger_has_at_the_name():
    shared = Shared()
    file = shared.trap("file", lambda path: write(path, "mine"))
    fifo = shared.trap("fifo", os.mkfifo)
    directory = shared.trap("directory", os.mkdir)
    shared.trap("directory/calls.csv", lambda path: os.symlink(shared.precious, path))
    for option in ("-o", *OUTPUTS):
        check_refused(shared, option, file)
        check_refused(shared, option, file, "--force")
        check_refused(shared, option, directory)
        check_refused(shared, option, directory, "--force")
    check_refused(shared, "-o", fifo, "--force")
    # Someone must listen, or opening it would wait.
    listening = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    for option in OUTPUTS[1:]:
        check_refused(shared, option, fifo)
    equal(os.read(listening, 1), b"", "what came to the stranger")
    os.close(listening)
    equal(os.listdir(directory), ["calls.csv"], "the stranger's directory")
    with open(file, encoding="ascii") as stream:
        equal(stream.read(), "mine", "the stranger's file")


@test
def a_file_with_two_names():
    shared = Shared()
    other = os.path.join(shared.tmp, "other")
    # As fs.protected_hardlinks=0 lets anybody.
    os.link(shared.precious, other)
    for option in ("-o", *OUTPUTS):
        check_refused(shared, option, other)
        check_refused(shared, option, other, "--force")


@test
def a_table_that_is_a_link():
    shared = Shared(NOBODY)
    directory = os.path.join(shared.tmp, "csv")
    os.mkdir(directory, 0o777)
    os.chmod(directory, 0o1777)
    shared.trap("csv/bytes.csv", lambda path: os.symlink(shared.precious, path))
    done = run([TCPWATCH, "--csv", directory, "--force", "--view", "none", "--", "true"])
    shared.check_untouched()
    need(done.returncode == 0 or len(lines_of(done)) == 1, f"it says: {done.stderr}")
    if done.returncode == 0:
        need(stat.S_ISREG(os.lstat(directory + "/bytes.csv").st_mode), "bytes.csv is a link")


@test
def the_next_piece_is_taken():
    shared = Shared(NOBODY)
    for number in (1, 2, 3):
        shared.trap(f"run.{number:04}.tcpw", lambda path: os.symlink(shared.precious, path))
    path = os.path.join(shared.tmp, "run.tcpw")
    words = [TCPWATCH, "--user", NOBODY_NAME, "-o", path, "--rotate", "1m", "--view", "none"]
    done = run([*words, "--", "true"])
    equal((done.returncode, len(lines_of(done))), (125, 1), f"without --force: {done.stderr}")
    done = run([*words, "--force", "--", "true"])
    equal((done.returncode, done.stderr), (0, ""), "exit status with --force")
    shared.check_untouched()
    need(os.path.isfile(os.path.join(shared.tmp, "run.0004.tcpw")), os.listdir(shared.tmp))


@test
def files_that_are_one_s_own_are_overwritten():
    shared = Shared()
    for owner in (0, NOBODY):
        for option in ("-o", *OUTPUTS[1:]):
            path = scratch("old")
            write(path, "old" * 100000)
            os.chown(path, owner, owner)
            done = run([TCPWATCH, option, path, "--force", "--view", "none", "--", "true"],
                       env={**os.environ, **AS_NOBODY})
            equal((done.returncode, done.stderr), (0, ""), f"{option} of {owner}")
            need(os.path.getsize(path) < 300000, f"{option}: still the old one")
            equal(os.lstat(path).st_uid, owner, f"owner of {option}")
    shared.check_untouched()


main()
