"""How far the callers of a generator take it: to its end, or only its first items.

A caller of `next(primes(n))` does not pay for what a list of all primes costs, so how much of a result was
asked for is as much a part of a recorded call as its arguments are.
"""

from __future__ import annotations

import dis
import itertools
import sys

from .record_ways import Lost

GENERATOR, ASYNC_GENERATOR = 0x20, 0x200
TO_THE_END = 0
_MOST_DIFFERENT = 5
_BESIDE = ("RESUME", "CACHE", "NOP", "EXTENDED_ARG")
_CLOSED_BY = ("GeneratorExit", "CancelledError")
_WRAPPED = "async_generator_wrapped_value"


def yields(code):
    """Whether this is the code of a generator, asynchronous or not."""
    return bool(code.co_flags & (GENERATOR | ASYNC_GENERATOR))


def receives(code):
    """Whether what is sent into the generator is used: the value of a `yield` is not dropped at once."""
    operations = [each.opname for each in dis.get_instructions(code) if each.opname not in _BESIDE]
    return any(
        name == "YIELD_VALUE" and after != "POP_TOP" and not after.startswith("JUMP_BACKWARD")
        for name, after in zip(operations, operations[1:])  # noqa: RUF007  # `pairwise` is new in 3.10
    )


def delegates(code):
    """Whether another generator gives items in its stead."""
    return any(each.opname == "GET_YIELD_FROM_ITER" for each in dis.get_instructions(code))


class Take:
    """What becomes of one call's generator, from its start on. `kept`: a sample stands for this call."""

    __slots__ = ("kept", "receives")

    def __init__(self, receives):
        self.kept = False
        self.receives = receives

    def check(self):
        """Raises Lost where a replay could not do what the caller did."""
        if self.receives:
            raise Lost("a generator that uses what is sent into it, which is not seen")


class Watched(Take):
    """Seen by events: how often the caller asked (starting it is the first time), and what it was given."""

    __slots__ = ("asked", "items", "yielded")

    def __init__(self, receives):
        super().__init__(receives)
        self.asked, self.yielded, self.items = 1, 0, 0

    def given(self, value, asynchronous):
        """It yields: an item, or what an event loop waits for. An asynchronous generator wraps its items."""
        self.yielded += 1
        self.items += not asynchronous or type(value).__name__ == _WRAPPED

    def taken(self):
        """The number of items that were taken, TO_THE_END, or None where that was not seen.

        Whoever asked once more than there was to get has seen the end, or an error.
        """
        return TO_THE_END if self.asked > self.yielded else self.items or None


class Told(Take):
    """Told by lines that `record_rewrite` puts into the generator: `step` before each item, `end` at last."""

    __slots__ = ("_counter", "delegates", "ended", "step")

    def __init__(self, receives, delegates):
        super().__init__(receives)
        self.ended = False
        self.delegates = delegates
        self._counter = itertools.count()
        self.step = self._counter.__next__

    def end(self):
        """It has come to its end, unless somebody closes it, as an event loop that ends does."""
        self.ended = getattr(sys.exc_info()[0], "__name__", "") not in _CLOSED_BY

    def taken(self):
        """As of `Watched`; what another generator gives in its stead (`yield from`) is not seen."""
        if self.ended:
            return TO_THE_END
        return None if self.delegates else self._counter.__reduce__()[1][0] or None


def shares(takes):
    """[(how far it was taken, share of the calls)] of the calls that one sample stands for."""
    found = sorted((take.taken() for take in takes), key=lambda taken: (taken is None, taken))
    if not found:
        return [(None, 1.0)]
    if len(set(found)) > _MOST_DIFFERENT:
        middles = [(2 * place + 1) * len(found) // (2 * _MOST_DIFFERENT) for place in range(_MOST_DIFFERENT)]
        found = [found[middle] for middle in middles]
    return [(taken, found.count(taken) / len(found)) for taken in dict.fromkeys(found)]
