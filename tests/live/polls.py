# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
What an experiment's own thread asked the kernel (--poll), compared with the
instants at which a trace says that a sequence number changed.
"""
import bisect


def polls_of(path):
    with open(path, encoding="ascii") as file:
        return [tuple(map(int, line.split(","))) for line in file]


class Counter:
    """A sequence number as the rows show it: the instants at which it changed."""

    def __init__(self, times, values):
        kept = [i for i, value in enumerate(values) if not i or value != values[i - 1]]
        self.times = [times[i] for i in kept]
        self.values = [values[i] for i in kept]

    def during(self, before, after, neighbours):
        """The values that it had in that span, and before and after it."""
        first = max(bisect.bisect_right(self.times, before) - 1 - neighbours, 0)
        return self.values[first:bisect.bisect_right(self.times, after) + neighbours]


def disagreeing(polls, handed, done, neighbours):
    """Polls whose value is not the distance of both counters at any instant of their span."""
    wrong = []
    for before, after, value in polls:
        possible = {high - low for high in handed.during(before, after, neighbours)
                    for low in done.during(before, after, neighbours)}
        if value not in possible:
            wrong.append((before, after, value, sorted(possible)))
    return wrong
