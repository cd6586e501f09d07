"""Time two versions (or one) of some calls, block by block, in an order that was drawn beforehand."""

from __future__ import annotations

import gc
import time

try:
    import resource
except ImportError:
    resource = None

from . import duet_strangers
from .duet_segment import Loop, Segment
from .duet_state import State

# A quad has to be over before the machine changes its mind about how fast it is: with the same time spent, blocks of
# 0.2 ms spread three to eight times less than blocks of 1 ms while others use the processor.
BLOCK_NANOSECONDS = 200_000
PROCESS_NANOSECONDS = 300_000_000
_SHORTEST_SEGMENT = 15_000
_WARM_NANOSECONDS = 200_000
_SLOW = 300_000_000
_MOST_PASSES = 200
_SETTLING_CALLS = 60
_SWITCHES_ARE_KNOWN = hasattr(resource, "RUSAGE_THREAD")


class Stage:
    """Calls and the sides they are timed on; `examine`, then `settle`, `warm`, `choose_counts`, and blocks."""

    def __init__(self, calls, sides, find, strangers=None):
        self.sides = sides
        self.strangers = strangers or duet_strangers.Strangers({})
        self.loop = Loop()
        self.segments = [Segment(call) for call in calls]
        self.functions = [{name: find(side, call) for name, side in sides.items()} for call in calls]
        self.passes = 1
        self.waits = 0
        self.slowest = []
        self.resets = dict.fromkeys(sides, ())
        self.states = {name: State(side) for name, side in sides.items()}

    def examine(self, order):
        """Call everything once on each side; returns what each side's calls left behind, by name."""
        left = {}
        for name in order:
            self.sides[name].install()
            for segment, functions in zip(self.segments, self.functions):
                with self.strangers.watched(name):
                    segment.examine(name, functions[name], self.loop)
            left[name] = self.states[name].changed()
            self.states[name].restore(left[name])
        return left

    def settle(self):
        for segment in self.segments:
            segment.settle()
        self.add_first_items()

    def add_first_items(self):
        """Where nobody knows how many items callers take, taking one alone may not get slower: one for each stratum."""
        found = {}
        for segment, functions in zip(self.segments, self.functions):
            first = segment.of_first_item()
            if first is not None:
                found.setdefault(first.call.stratum, (first, functions))
        for first, functions in found.values():
            self.segments.append(first)
            self.functions.append(functions)

    def calls(self):
        """What is timed, in the order of the numbers that a block gives."""
        return [segment.call for segment in self.segments]

    def warm(self, flips):
        """Warm the sides, each call in a random order; returns nanoseconds per call on the slowest side."""
        for segment, functions in zip(self.segments, self.functions):
            segment.prepare(functions)
        self.slowest = []
        for index, segment in enumerate(self.segments):
            names = list(self.sides)
            if flips[index % len(flips)]:
                names.reverse()
            self.slowest.append(max(self._warm_one(segment, name) for name in names))
        return self.slowest

    def _warm_one(self, segment, name):
        """Nanoseconds per call, once specialised code and caches have settled."""
        # What only a first call does (imports) makes it long on one side; then no side is called slow.
        if min(outcome.nanoseconds for outcome in segment.outcomes.values()) > _SLOW:
            return segment.outcomes[name].nanoseconds
        self._enter(name)
        count, best = 1, self._spent(segment, name, 1)
        spent = best
        while spent * 2 <= _WARM_NANOSECONDS and count < segment.cap(_WARM_NANOSECONDS):
            spent = self._spent(segment, name, count)
            best = min(best, spent / count)
            count *= 2
        return best

    def _spent(self, segment, name, count):
        """Nanoseconds of `count` calls: of the processor, unless they wait.

        A call that sleeps must not be repeated as often as its work would allow, and one that others kept from
        the processor must not be taken for a long one.
        """
        if self.resets[name]:
            # As in a block, where state is emptied before each pass.
            self.states[name].restore(self.resets[name])
            return count * segment.run(name, 1, segment.sets(1), self.loop)
        sets = segment.sets(count)
        waits, started = voluntary_switches(), time.perf_counter_ns()
        spent = segment.run(name, count, sets, self.loop)
        wall = time.perf_counter_ns() - started
        return wall if voluntary_switches() != waits or not _SWITCHES_ARE_KNOWN else spent

    def choose_counts(self):
        """Loop counts that both sides share: a block of the slower one takes `BLOCK_NANOSECONDS`."""
        if any(self.resets.values()):
            # State is emptied before each pass, so a pass holds each recorded call once, as the workload did.
            counts = [1] * len(self.segments)
            passes = max(1, min(_MOST_PASSES, int(BLOCK_NANOSECONDS / (sum(self.slowest) or 1))))
        else:
            share = max(_SHORTEST_SEGMENT, BLOCK_NANOSECONDS // len(self.segments))
            wanted = [int(share / max(nanoseconds, 1)) for nanoseconds in self.slowest]
            counts = [max(1, min(each, segment.cap(share))) for each, segment in zip(wanted, self.segments)]
            passes = 1
        self.set_counts({"passes": passes, "segments": counts})
        return {"passes": passes, "segments": counts}

    def set_counts(self, counts):
        self.passes = counts["passes"]
        for segment, count in zip(self.segments, counts["segments"]):
            segment.count = count

    def pass_nanoseconds(self):
        """About how long one block takes, with the copies made for it."""
        each = zip(self.segments, self.slowest)
        return self.passes * sum(segment.count * (slow + segment.copy_nanoseconds) for segment, slow in each)

    def block(self, name):
        """[processor nanoseconds for each segment], [wall nanoseconds for each], on one side."""
        cpu, wall = [0] * len(self.segments), [0] * len(self.segments)
        self._enter(name)
        if self.sides[name].attributes:
            # Putting methods on a class empties Python's caches about it.
            self.settle_caches(name)
        waits = voluntary_switches()
        for _ in range(self.passes):
            self.states[name].restore(self.resets[name])
            for index, segment in enumerate(self.segments):
                sets = segment.sets(segment.count)
                started = time.perf_counter_ns()
                cpu[index] += segment.run(name, segment.count, sets, self.loop)
                wall[index] += time.perf_counter_ns() - started
        self.waits += voluntary_switches() - waits
        return cpu, wall

    def _enter(self, name):
        self.sides[name].install()
        self.states[name].restore(self.resets[name])

    def settle_caches(self, name):
        """A few calls that nobody times, where a block has many."""
        for segment in self.segments:
            if segment.count > 1:
                count = min(segment.count, _SETTLING_CALLS)
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


def resets(left, own):
    """Which state to empty before each pass, for each side; see `duet_state`.

    `own` are caches of the very functions that are called: recorded calls are those that missed them.
    What only the later version keeps must not make its replays fast. Other state stays as calls leave it.
    """
    before, after = left["before"], left["after"]
    both = before & after & own
    return {"before": sorted(both), "after": sorted(both | (after - before))}


def quads(stage, schedule):
    """Run as many of the drawn quads as fit. Yields, for each, {side: [(processor, wall), ...]}."""
    gc.collect()
    gc.freeze()
    for order in affordable(schedule, stage.pass_nanoseconds()):
        blocks = {}
        for letter in order:
            name = "before" if letter == "A" else "after"
            blocks.setdefault(name, []).append(stage.block(name))
        yield blocks


def affordable(schedule, block_nanoseconds):
    """The part of the schedule that one process can run: fewer quads for slow calls, at last one pair."""
    fits = PROCESS_NANOSECONDS / (4 * block_nanoseconds or 1)
    if fits >= 1:
        return schedule[: int(fits)]
    return [schedule[0]] if fits > 0.25 else [schedule[0][:2]]


def voluntary_switches():
    """How often this thread has given the processor up of its own accord; 0 where the system does not say."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw if _SWITCHES_ARE_KNOWN else 0


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
