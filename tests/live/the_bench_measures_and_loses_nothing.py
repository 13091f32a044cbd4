# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scripts/bench in its short form: that it works, never how fast anything is."""
import json
import os
import subprocess

from live import ROOT, equal, main, need, scratch, test

BENCH = os.path.join(ROOT, "scripts", "bench")

# Its connections would fill the table of TIME_WAIT (net.ipv4.tcp_max_tw_buckets) for others.
IN_OWN_NETWORK = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def bench(*arguments):
    path = scratch("figures")
    command = [*IN_OWN_NETWORK, BENCH, *arguments, "--rounds", "1", "--seconds", "1", "--json", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr)
    equal(done.returncode, 0, "exit status of the bench")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


@test
def every_level_is_measured_and_loses_nothing():
    rows = bench("rates", "--loads", "rr1,crr1")["rates"]
    equal({(row["load"], row["subject"]) for row in rows},
          {(load, subject) for load in ("rr1", "crr1")
           for subject in ("states", "calls", "coalesced", "full", "bystander")}, "what was measured")
    records = {(row["load"], row["subject"]): row["records"] for row in rows if "records" in row}
    for row in rows:
        need(row["rate"] > 0 and row["ratio"] > 0, f"{row} has a rate")
        equal(row.get("lost", 0), 0, f"lost by {row['load']} at {row['subject']}")
    for load in ("rr1", "crr1"):
        need(records[load, "states"] < records[load, "calls"] < records[load, "full"],
             f"each level records more of {load} than the one below: {records}")
    need(records["rr1", "coalesced"] < records["rr1", "calls"], f"joined calls are fewer: {records}")


@test
def every_output_is_made_of_the_same_records():
    rows = bench("offline", "--events", "20000")["offline"]
    equal([row["sink"] for row in rows], ["model", "csv", "json", "html"], "outputs")
    need(all(row["records_per_s"] > 0 for row in rows), f"all have a rate: {rows}")


main()
