# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
scripts/lesson tells an answer with numbers in it. They have to be those of the
run that it was told for: the program's own words stand above it on the screen.
"""
import os
import re
import shutil

from live import NOBODY, ROOT, Skip, equal, main, need, run, said, scratch, test

LESSONS = os.path.join(ROOT, "experiments", "lessons")
LANGS = ("en", "zh")
WORDS = """question: q
run: lifecycle
record: -
predict: p
answer: FACT
look: l
misunderstood: m
exercise: e
read: r
"""
ANSWER = {"en": "Answer: ", "zh": "实测的答案："}


def checkout():
    """A copy of what scripts/lesson needs, so that build/ of this one stays as it is."""
    place = scratch("checkout")
    os.makedirs(os.path.join(place, "experiments"))
    os.symlink(os.path.join(ROOT, "tcpwatch"), os.path.join(place, "tcpwatch"))
    shutil.copytree(os.path.join(ROOT, "scripts"), os.path.join(place, "scripts"))
    shutil.copytree(LESSONS, os.path.join(place, "experiments", "lessons"))
    for name in names():
        program = os.path.join(ROOT, "experiments", name)
        if os.access(program, os.X_OK):
            os.symlink(program, os.path.join(place, "experiments", name))
    return place


def names():
    return sorted(name[:-3] for name in os.listdir(LESSONS) if name.endswith(".en"))


def lesson(place, *arguments, **options):
    return run([os.path.join(place, "scripts", "lesson"), *arguments], **options)


def answer_of(out, lang):
    """From its label to the next empty line, on one line."""
    start = out.index("\n" + ANSWER[lang])
    return " ".join(out[start + 1:].split("\n\n", 1)[0].split())


def held(place, name):
    """The answer in both languages, each with the words of its run."""
    if name not in names():
        raise Skip(f"{name} has no words yet")
    for lang in LANGS:
        done = lesson(place, name, "--yes", "--lang", lang)
        equal(done.returncode, 0, f"{name} --lang {lang}: {done.stderr[-300:]}")
        yield answer_of(done.stdout, lang), said(done.stdout)


def numbers(answer):
    found = re.findall(r"(?<![\w.])\d[\d,]*(?!\w|\.\d)", answer)
    return {int(number.replace(",", "")) for number in found}


def one_line(done, text):
    need(done.returncode != 0, f"exit status {done.returncode}")
    lines = done.stderr.strip().splitlines()
    equal(len(lines), 1, f"lines on standard error: {done.stderr!r}")
    need(text in lines[0], f"{text!r} is not in {lines[0]!r}")


@test
def an_ipv6_listener():
    for answer, words in held(checkout(), "ipv6_dual"):
        need({words["server.v6only_0.port"], words["server.v6only_1.port"]} <= numbers(answer),
             answer)
        need(words["client.v6only_ipv4"] in answer, answer)


@test
def a_local_socket():
    for answer, words in held(checkout(), "unix_local"):
        need(words["client.written"] in numbers(answer), answer)
        need(words["client.write_then"] in answer, answer)


@test
def datagrams():
    for answer, words in held(checkout(), "udp_contrast"):
        need({words["server.recv_1"], words["server.recv_2"]} <= numbers(answer), answer)
        need(words["client.send_2"] in answer, answer)


@test
def a_whole_life():
    for answer, words in held(checkout(), "lifecycle"):
        equal(words["client.final_state"], "TIME_WAIT", "final state")
        need("TIME_WAIT" in answer, answer)


@test
def a_send_that_takes_seconds():
    for answer, words in held(checkout(), "bulk_send"):
        told = re.search(r"(\d+\.\d+) (ms|s)\b", answer)
        need(told, answer)
        need(words["client.send_sleeps"] > 0, "send() did not sleep")
        need(words["client.send_result"] in numbers(answer), answer)


@test
def an_answer_is_of_its_own_run():
    """Two runs of one lesson have different ports, and each is told its own."""
    place = checkout()
    ports = set()
    for answer, words in held(place, "ipv6_dual"):
        ports.add(words["server.v6only_0.port"])
        need(words["server.v6only_0.port"] in numbers(answer), answer)
    equal(len(ports), 2, "different ports")


@test
def what_it_writes_stays_below_build():
    place = checkout()
    before = set(os.listdir(place))
    equal(lesson(place, "lifecycle", "--yes").returncode, 0, "exit status")
    equal(set(os.listdir(place)) - before, {"build"}, "new files")
    written = sorted(os.listdir(os.path.join(place, "build", "lessons")))
    equal(written, ["lifecycle-csv", "lifecycle.html", "lifecycle.json", "lifecycle.tcpw"],
          "files in build/lessons")


@test
def what_root_writes_belongs_to_the_owner():
    place = checkout()
    for directory, _, files in os.walk(place):
        for name in ["", *files]:
            os.chown(os.path.join(directory, name), NOBODY, NOBODY, follow_symlinks=False)
    equal(lesson(place, "lifecycle", "--yes").returncode, 0, "exit status")
    page = os.path.join(place, "build", "lessons", "lifecycle.html")
    equal(os.stat(page).st_uid, NOBODY, "owner of the page")


@test
def the_page_is_named_with_an_scp_line_under_ssh():
    place = checkout()
    done = lesson(place, "lifecycle", "--yes",
                  env={**os.environ, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"})
    need("scp " in done.stdout and "@192.0.2.2:" in done.stdout, done.stdout[-600:])


@test
def an_exercise_adds_options_to_those_of_the_lesson():
    done = lesson(checkout(), "handshake", "--yes", "--", "--delay", "20ms", "--ipv6")
    equal(done.returncode, 0, done.stderr[-300:])
    words = said(done.stdout)
    equal((words["option.delay"], words["option.ipv6"]), ("20000000ns", 1), "options")


@test
def bad_input_is_one_clear_line():
    place = checkout()
    one_line(lesson(place, "--", "--ipv6"), "need a NAME")
    one_line(lesson(place, "nonsense"), "no such lesson")
    one_line(lesson(place, "../lifecycle"), "no such lesson")
    one_line(lesson(place, "--nonsense"), "no such option")
    one_line(lesson(place, "lifecycle", "--lang", "fr"), "en and zh")
    one_line(lesson(place, "lifecycle", "handshake"), "one lesson at a time")
    one_line(lesson(place, "lifecycle", "--yes", user=NOBODY, group=NOBODY, extra_groups=[],
                    env={"PATH": os.environ["PATH"]}), "sudo scripts/lesson lifecycle")
    os.remove(os.path.join(place, "experiments", "lifecycle"))
    one_line(lesson(place, "lifecycle", "--yes"), "run make")


@test
def a_fact_that_does_not_exist_is_named_with_its_file():
    place = checkout()
    words = os.path.join(place, "experiments", "lessons", "lifecycle.en")
    for fact in ("{client.nonsense.1.time}", "{client.send.1.time}"):
        with open(words, "w", encoding="utf-8") as file:
            file.write(WORDS.replace("FACT", fact))
        done = lesson(place, "lifecycle", "--yes")
        need(done.returncode != 0, "exit status 0")
        last = done.stderr.strip().splitlines()[-1]
        need("experiments/lessons/lifecycle.en" in last and fact in last, last)


@test
def a_lesson_that_fails_is_counted():
    place = checkout()
    order = os.path.join(place, "experiments", "lessons", "ORDER")
    with open(order, "w", encoding="utf-8") as file:
        file.write("One | 一\n\tlifecycle missing\n")
    done = lesson(place, "--all", "--yes")
    equal(done.returncode, 1, "exit status")
    equal(done.stdout.splitlines()[-1], "1 passed, 1 failed", "the last line")
    need("[2/2] missing" in done.stdout, done.stdout[-300:])


@test
def lines_fit_on_a_projector():
    place = checkout()
    for lang in LANGS:
        done = lesson(place, "lifecycle", "--yes", "--lang", lang)
        for line in (done.stdout + lesson(place, "--lang", lang).stdout).splitlines():
            width = sum(2 if ord(character) > 0x2e7f else 1 for character in line)
            need(width <= 80, f"{width} columns: {line}")


@test
def the_order_names_every_lesson_once():
    with open(os.path.join(LESSONS, "ORDER"), encoding="utf-8") as file:
        order = [name for line in file if line.startswith("\t") for name in line.split()]
    equal(len(order), len(set(order)), "lessons in ORDER")
    equal(set(names()) - set(order), set(), "lessons that are not in ORDER")


main()
