"""From blocks to the numbers of one process."""

from __future__ import annotations

import math
import sys
import time

from .duet_time import median

_LARGEST_CORRECTION = 0.1
_SMALLEST_NANOSECONDS = 1e-3


class Table:
    """The calls of a process as columns: weights, strata, indexes, and how often a block holds each."""

    def __init__(self, weights, strata, indexes, counts):
        self.weights = [weight or 1e-12 for weight in weights]
        self.strata = strata
        self.indexes = indexes
        self.times = [count * counts["passes"] for count in counts["segments"]]

    def log_ratio(self, old, new, rows):
        """log(before / after) of the weighted mix of some rows."""
        return math.log(
            sum(self.weights[row] * old[row] for row in rows)
            / sum(self.weights[row] * new[row] for row in rows)
        )

    def weighted(self, values):
        """The weighted mean."""
        return sum(weight * value for weight, value in zip(self.weights, values)) / sum(self.weights)


def summarise(table, drawn, bare):
    """One number for the process, one for each stratum and call: medians over quads of log(before / after)."""
    rows = range(len(table.weights))
    groups = {}
    for row in rows:
        groups.setdefault(table.strata[row], []).append(row)
    pairs = [_corrected(table, blocks, bare) for blocks in drawn]
    return {
        "x": median([table.log_ratio(old, new, rows) for old, new in pairs]),
        "before_seconds": median([table.weighted(old) for old, _ in pairs]) / 1e9,
        "after_seconds": median([table.weighted(new) for _, new in pairs]) / 1e9,
        "strata": [
            [
                name,
                sum(table.weights[row] for row in group),
                median([table.log_ratio(*pair, group) for pair in pairs]),
            ]
            for name, group in groups.items()
        ],
        "calls": [
            [table.indexes[row], median([table.log_ratio(*pair, [row]) for pair in pairs])] for row in rows
        ],
        "cpu_share": min(cpu_share([blocks[name] for blocks in drawn]) for name in ("before", "after")),
        "kept_share": kept_share([blocks[name] for blocks in drawn for name in ("before", "after")]),
        "quads": len(drawn),
    }


def _corrected(table, blocks, bare):
    """Nanoseconds per call on both sides: the smaller of a quad's two blocks, without the harness's own loop.

    The correction is the same on both sides, and capped so that it cannot make a ratio.
    """
    old, new = _smallest(blocks["before"]), _smallest(blocks["after"])
    for row, times in enumerate(table.times):
        correction = min(bare[row], _LARGEST_CORRECTION * min(old[row], new[row]) / times)
        old[row] = max(old[row] / times - correction, _SMALLEST_NANOSECONDS)
        new[row] = max(new[row] / times - correction, _SMALLEST_NANOSECONDS)
    return old, new


def _smallest(blocks):
    return [min(times) for times in zip(*(cpu for cpu, _ in blocks))]


def cpu_share(drawn):
    """Of the time that calls took, how much the processor worked, in one side's best block.

    The best, because a busy neighbour lowers all others.
    """
    return max(sum(cpu) / (sum(wall) or 1) for blocks in drawn for cpu, wall in blocks)


def kept_share(drawn):
    """Of the time that all blocks took, how much the processor worked on them; what others had is the rest."""
    cpu, wall = (sum(sum(block[place]) for blocks in drawn for block in blocks) for place in (0, 1))
    return cpu / (wall or 1)


class Usage:
    """Processor time of other threads than this one."""

    def __init__(self):
        self._process = time.process_time_ns()
        self._thread = time.thread_time_ns()

    def since(self):
        process = time.process_time_ns() - self._process
        thread = time.thread_time_ns() - self._thread
        threads = sys.modules["threading"].active_count() if "threading" in sys.modules else 1
        return {"other_threads_share": max(0.0, (process - thread) / (process or 1)), "threads": threads}
