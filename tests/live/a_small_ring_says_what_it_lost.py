# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
With a ring of 64 KiB records are lost. What is lost is what is missing: calls in
the trace and lost calls are as many as the program made. Every output says it,
and no number in what is left is wrong.
"""
from live import Skip, equal, helper, info, main, need, run, said, TCPWATCH, test, trace

CALL = "CALL"


def lossy():
    for count in (20000, 100000, 400000):
        result = trace([helper("flood"), count], "--ring-size", "64k")
        if any(row["kind"] == CALL for row in result.tables["losses"]):
            return result
    raise Skip("this machine reads a ring of 64 KiB so fast that nothing is lost")


def grouped(text):
    return f"{text:,}"


@test
def present_and_lost_are_all():
    result = lossy()
    lost = sum(row["records"] for row in result.tables["losses"] if row["kind"] == CALL)
    present = len([row for row in result.tables["calls"] if row["return_ns"] is not None])
    print(f"{present} present, {lost} lost")
    equal(present + lost, said(result.out)["calls"], "calls present and lost")


@test
def every_output_says_it():
    result = lossy()
    total = sum(row["records"] for row in result.tables["losses"])
    rows = result.json()
    equal(rows[-1]["lost"], total, "lost at the end of the JSON file")
    equal(sum(row["records"] for row in rows if "kind" in row and "records" in row), total,
          "losses in JSON")
    need(grouped(total) in result.err, "the text does not say how many were lost")
    need(info(result.capture)["lost"].startswith(grouped(total)), "--info does not say it")
    for view in ("moments", "events", "ladder", "summary"):
        text = run([TCPWATCH, "-r", result.capture, "--view", view]).stdout
        need(grouped(total) in text and "lost" in text, f"--view {view} does not say it")
        # And where: in the ladder and among the events a line stands at its time.
        need("!!" in text, f"--view {view} does not mark it")


@test
def losses_have_their_time():
    result = lossy()
    first = min(row["t_ns"] for row in result.tables["calls"])
    last = max(row["t_ns"] for row in result.tables["calls"])
    ends = {}
    for row in result.tables["losses"]:
        need(row["t_ns"] <= row["last_ns"], f"ends before it begins: {row}")
        need(ends.get(row["kind"], row["t_ns"]) <= row["t_ns"], f"spans overlap: {row}")
        ends[row["kind"]] = row["last_ns"]
    inside = [row for row in result.tables["losses"] if first <= row["t_ns"] <= last]
    need(inside, "no loss lies within the run")


@test
def what_is_left_is_not_wrong():
    result = lossy()
    total = said(result.out)["bytes"]
    for row in result.tables["bytes"]:
        parts = row["unsent"] + row["in_flight"] + (row["peer_queue"] or 0) + (row["app_read"] or 0)
        equal(parts, row["handed_over"], f"sum of {row}")
        need(row["handed_over"] <= total, f"more than was sent: {row}")
    for row in result.tables["calls"]:
        need(row["result"] is None or row["result"] in (0, 100) or row["call"] in
             ("socket", "accept"), f"a wrong result: {row}")


main()
