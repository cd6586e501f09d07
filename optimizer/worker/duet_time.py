"""Time two versions (or one) of some calls, block by block, in an order that was drawn beforehand."""

from __future__ import annotations

import gc
import math
import time

from .duet_segment import Loop, Segment
from .duet_state import State

BLOCK_NANOSECONDS = 1_000_000
PROCESS_NANOSECONDS = 800_000_000
_SHORTEST_SEGMENT = 25_000
_WARM_NANOSECONDS = 200_000
_SLOW = 300_000_000
_MOST_PASSES = 200


class Stage:
    """Calls and the sides they are timed on; `examine`, then `settle`, `warm`, `blocks`."""

    def __init__(self, calls, sides, find):
        self.sides = sides
        self.loop = Loop()
        self.segments = [Segment(call) for call in calls]
        self.functions = [{name: find(side, call) for name, side in sides.items()} for call in calls]
        self.passes = 1
        self.slowest = []
        self.resets = {name: () for name in sides}
        self.states = {name: State(side) for name, side in sides.items()}

    def examine(self, order):
        """Call everything once on each side; returns what each side's calls left behind, by name."""
        left = {}
        for name in order:
            self.sides[name].install()
            for segment, functions in zip(self.segments, self.functions):
                segment.examine(name, functions[name], self.loop)
            left[name] = self.states[name].changed()
            self.states[name].restore(left[name])
        return left

    def reset_before_each_pass(self, left, own):
        """Decide which state to empty; see `duet_state`. `own` are caches of the very functions that are called."""
        before, after = left.get("before", set()), left.get("after", set())
        both = {key for key in before & after if key in own}
        self.resets = {"before": both, "after": both | (after - before)}
        return {name: sorted(names) for name, names in self.resets.items()}

    def settle(self):
        for segment in self.segments:
            segment.settle()

    def warm(self, flips, counts=None):
        """Warm both sides, each call in a random order, and choose the loop counts."""
        for segment, functions in zip(self.segments, self.functions):
            segment.prepare(functions)
        share = max(_SHORTEST_SEGMENT, BLOCK_NANOSECONDS // len(self.segments))
        self.slowest = slowest = []
        for index, segment in enumerate(self.segments):
            names = list(self.sides)
            if flips[index % len(flips)]:
                names.reverse()
            slowest.append(max(self._warm_one(segment, name) for name in names))
        if counts:
            self.passes = counts["passes"]
            for segment, count in zip(self.segments, counts["segments"]):
                segment.count = count
        elif any(self.resets.values()):
            self.passes = max(1, min(_MOST_PASSES, BLOCK_NANOSECONDS // int(sum(slowest) or 1)))
        else:
            for segment, nanoseconds in zip(self.segments, slowest):
                segment.count = max(1, min(segment.cap(share), int(share / max(nanoseconds, 1))))
        return {"passes": self.passes, "segments": [segment.count for segment in self.segments]}

    def _warm_one(self, segment, name):
        """Nanoseconds per call, once specialised code and caches have settled."""
        first = segment.outcomes[name].nanoseconds if name in segment.outcomes else 0
        if first > _SLOW:
            return first
        self._enter(name)
        count, best = 1, math.inf
        while True:
            spent = segment.run(name, count, segment.sets(count), self.loop)
            best = min(best, spent / count)
            if spent * 2 > _WARM_NANOSECONDS or count >= segment.cap(_WARM_NANOSECONDS):
                return best
            count *= 2

    def _enter(self, name):
        self.sides[name].install()
        self.states[name].restore(self.resets.get(name, ()))

    def pass_nanoseconds(self):
        """About how long one block takes, with the copies made for it."""
        each = zip(self.segments, self.slowest)
        return self.passes * sum(segment.count * (slow + segment.copy_nanoseconds) for segment, slow in each)

    def block(self, name):
        """[nanoseconds for each segment], [thread CPU nanoseconds for each], on one side."""
        wall, cpu = [0] * len(self.segments), [0] * len(self.segments)
        self._enter(name)
        if self.sides[name].attributes:
            self._settle_type_caches(name)
        for _ in range(self.passes):
            self.states[name].restore(self.resets.get(name, ()))
            for index, segment in enumerate(self.segments):
                sets = segment.sets(segment.count)
                started = time.thread_time_ns()
                wall[index] += segment.run(name, segment.count, sets, self.loop)
                cpu[index] += time.thread_time_ns() - started
        return wall, cpu

    def _settle_type_caches(self, name):
        """Putting methods on a class empties Python's caches about it; a few calls that nobody times fill them."""
        for segment in self.segments:
            if segment.count > 1:
                count = min(segment.count, 60)
                segment.run(name, count, segment.sets(count), self.loop)

    def overheads(self):
        """Nanoseconds per call of the bare loop, and of a call to an empty function, for each segment."""
        bare, empty = [], []
        for segment in self.segments:
            count = min(segment.count, segment.cap(_WARM_NANOSECONDS))
            sets = segment.sets(count)
            bare.append(min(segment.run("bare", count, sets, self.loop) for _ in range(5)) / count)
            empty.append(min(segment.run("empty", count, sets, self.loop) for _ in range(5)) / count)
        return bare, empty


def quads(stage, schedule):
    """Run as many of the drawn quads as fit. Yields, for each, {side: [(wall, cpu), ...]}."""
    affordable = PROCESS_NANOSECONDS / (4 * stage.pass_nanoseconds() or 1)
    if affordable < 1:
        schedule = [schedule[0]] if affordable > 0.25 else [schedule[0][:2]]
    elif affordable < len(schedule):
        schedule = schedule[: max(int(affordable), 3)]
    gc.collect()
    gc.freeze()
    for order in schedule:
        blocks = {}
        for letter in order:
            name = "before" if letter == "A" else "after"
            blocks.setdefault(name, []).append(stage.block(name))
        yield blocks


def smallest(blocks):
    """Nanoseconds of each segment: the smaller of a quad's blocks on one side."""
    return [min(times) for times in zip(*(wall for wall, _ in blocks))]


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
