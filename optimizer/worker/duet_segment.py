"""One recorded call, made ready to be timed: how its result is used up, and whether arguments must be fresh."""

from __future__ import annotations

import collections
import contextlib
import io
import itertools
import time

from . import duet_calls, duet_loops
from .duet_diff import NotTogether

_ENDLESS = 100_000
_PREFIX = 1000
_SETS_BYTES = 32 << 20


class Outcome:
    """What one call came to: how its result is used up, what it raised, and how long it took."""

    def __init__(self, style, raised, endless, nanoseconds, kind):
        self.style = style
        self.raised = raised
        self.endless = endless
        self.nanoseconds = nanoseconds
        self.kind = kind


class Segment:
    """A call with its loops, one for each side. `count` is how often a block repeats it."""

    def __init__(self, call):
        self.call = call
        self.outcomes = {}
        self.fresh = False
        self.style = "plain"
        self.raises = False
        self.limit = None
        self.count = 1
        self.copy_nanoseconds = 0
        self._loops = {}
        self._arguments = None
        self._copy = call.fresh
        self._copy_bytes = 0

    def examine(self, name, function, loop):
        """Call `function` once with untouched arguments and see what happens to them."""
        arguments = self.call.fresh()
        seen = duet_calls.watch(arguments)
        self.outcomes[name] = run_once(function, arguments, loop, self.call.taken)
        if seen is None or duet_calls.watch(arguments) != seen:
            self.fresh = True

    def settle(self):
        """One way to use the results up that suits both sides."""
        outcomes = list(self.outcomes.values())
        style, endless = common_style(self.call.index, outcomes)
        self.adopt(style=style, raises=bool(outcomes[0].raised), endless=endless, fresh=self.fresh)

    def adopt(self, *, style, raises, endless, fresh):
        """Take a decision made here or, for versions in processes of their own, elsewhere."""
        self.style, self.raises, self.fresh = style, raises, fresh
        self.limit = _PREFIX if endless else self.call.taken or None

    def of_first_item(self):
        """The same for somebody who takes the first item only, where nobody knows how many callers take; else None."""
        if self.style not in ("drain", "adrain") or self.call.taken is not None:
            return None
        segment = Segment(self.call.first_item())
        segment.outcomes = self.outcomes
        segment.adopt(style=self.style, raises=self.raises, endless=False, fresh=self.fresh)
        return segment

    def prepare(self, functions):
        """Make the loops of each side, and of no call at all."""
        self._arguments = self.call.fresh()
        if self.fresh:
            self._copy, self._copy_bytes = duet_calls.copier(self.call)
            started = time.perf_counter_ns()
            self._copy()
            self.copy_nanoseconds = time.perf_counter_ns() - started
        shape = {"style": self.style, "fresh": self.fresh, "raises": self.raises, "limit": self.limit}
        for name, function in functions.items():
            self._loops[name] = duet_loops.make(function, self._arguments, **shape)
        empty = duet_loops.empty_like(self._arguments)
        plain = {"style": "plain", "fresh": self.fresh, "raises": False}
        self._loops["empty"] = duet_loops.make(empty, self._arguments, **plain)
        self._loops["bare"] = duet_loops.make(empty, self._arguments, **{**plain, "style": "bare"})

    def sets(self, count):
        """Arguments for `count` calls, made outside the timed region."""
        return [self._copy() for _ in range(count)] if self.fresh else None

    def run(self, name, count, sets, loop):
        """Nanoseconds for `count` calls on one side."""
        timed = self._loops[name](count, sets)
        return timed if isinstance(timed, int) else loop.run(timed)

    def cap(self, budget_nanoseconds):
        """How many fresh sets of arguments a block can afford."""
        if not self.fresh:
            return 1 << 20
        by_time = 4 * budget_nanoseconds // (self.copy_nanoseconds or 1)
        return max(1, int(min(by_time, _SETS_BYTES // (self._copy_bytes or 1024))))


def common_style(index, outcomes):
    """(style, endless) that suits the outcomes of both sides. Raises NotTogether where they do not compare."""
    if len({outcome.raised for outcome in outcomes}) > 1:
        how = " and ".join(outcome.raised or "a result" for outcome in outcomes)
        raise NotTogether("they end differently on call %d: %s" % (index, how))
    styles = {outcome.style for outcome in outcomes}
    if styles == {"plain", "drain"} and all(
        each.kind in _ITERABLES for each in outcomes if each.style == "plain"
    ):
        styles = {"drain"}
    if len(styles) > 1:
        raise NotTogether("they return different kinds of result on call %d" % index)
    return styles.pop(), any(outcome.endless for outcome in outcomes)


_ITERABLES = ("list", "tuple", "dict", "set", "frozenset", "str", "bytes", "deque", "range", "OrderedDict")


def run_once(function, arguments, loop, taken=None):
    """Make one call, use its result up as far as the caller did, and say what it came to."""
    args, kwargs = arguments
    style, raised, endless, kind = "plain", "", False, ""
    started = time.perf_counter_ns()
    try:
        result = function(*args, **kwargs)
        style, kind = style_of(result), type(result).__name__
        endless = _use_up(result, style, loop, taken)
    except BaseException as error:
        raised = type(error).__name__
    return Outcome(style, raised, endless, time.perf_counter_ns() - started, kind)


def error_of(function, arguments, loop):
    """Make one call, use its result up, and return what it raised, with its traceback."""
    args, kwargs = arguments
    try:
        result = function(*args, **kwargs)
        _use_up(result, style_of(result), loop)
    except BaseException as error:
        return error
    return None


def style_of(result):
    """How a caller would use this result up; see `duet_loops`."""
    if hasattr(result, "__anext__"):
        return "adrain"
    if hasattr(type(result), "__await__"):
        return "await"
    if isinstance(result, contextlib._GeneratorContextManager):
        return "enter"
    if hasattr(type(result), "__next__") and not isinstance(result, io.IOBase):
        return "drain"
    return "plain"


def _use_up(result, style, loop, taken=None):
    """Use the result up; whether it showed no end."""
    if style == "drain":
        collections.deque(itertools.islice(result, taken or _ENDLESS), 0)
        return not taken and next(result, _END) is not _END
    if style == "enter":
        with result:
            pass
    elif style in duet_loops.ASYNC:
        loop.run(_await(result) if style == "await" else duet_loops.take(result, taken or None))
    return False


_END = object()


async def _await(result):
    return await result


class Loop:
    """The one event loop that coroutines run on; made when the first one comes (`asyncio` is slow to import)."""

    def __init__(self):
        self._loop = None

    def run(self, coroutine):
        if self._loop is None:
            import asyncio

            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(coroutine)

    def close(self):
        """Give back what the loop holds open."""
        if self._loop is not None:
            self._loop.close()
