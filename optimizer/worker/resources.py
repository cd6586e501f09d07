"""What one version leaves open when a call is cut short by an error.

While a recorded call runs, the calls that the function makes are counted. Then the call is made again and
one of these raises instead, wherever something was open at that point. The errors are kept, as a log or a
debugger keeps them, and open descriptors are counted; then they are dropped, and Python's own complaints
about what was never closed are counted.
Sends {"result": {"points", "calls", "held", "warned"}} or {"error": reason}.
"""

from __future__ import annotations

import gc
import itertools
import os
import sys
import warnings

from . import duet, duet_load, duet_segment
from .memory import load_calls

CALLS = 50
_MOST_EVENTS = 2000
_RELEASES = {
    "close", "aclose", "__exit__", "__aexit__", "release", "cleanup", "shutdown", "terminate", "kill", "quit",
    "disconnect", "exit", "stop",
}  # fmt: skip


class Injected(Exception):
    """Raised in the place of a call that the function makes."""


def run(payload, send):
    duet_load.disorder(payload["junk"])
    duet_load.silence()
    try:
        send({"result": _count(payload)})
    except (LookupError, ValueError, ImportError, SyntaxError) as error:
        send({"error": "%s: %s" % (type(error).__name__, error)})


def _count(payload):
    side, calls = load_calls(payload)
    loop = duet_segment.Loop()
    codes = {function.__code__ for functions in side.raw.values() for function in functions}
    points = []
    with duet_load.quiet_errors():
        gc.collect()
        gc.disable()
        for call in calls:
            function = duet.find(side, call)
            duet_segment.run_once(function, call.fresh(), loop)
            points.extend((call, function, place) for place in _open_places(function, call, codes, loop))
        result = {"points": len(points), "calls": 0, "held": 0, "warned": 0}
        if points:
            result.update(_cut_short(points, codes, loop))
    return result


def _open_places(function, call, codes, loop):
    """The places among the function's own calls where a descriptor is open that was not before."""
    watch = _Watch(codes, stop_at=None)
    start = descriptors()
    watch.run(function, call.fresh(), loop)
    held = [place for place, count in watch.seen if count > start]
    # Not everything that has to be closed is a descriptor; then any place but the first will do.
    return held or [place for place, _ in watch.seen[1:]]


def _cut_short(points, codes, loop):
    errors = []
    gc.collect()
    start = descriptors()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call, function, place in itertools.islice(itertools.cycle(points), CALLS):
            watch = _Watch(codes, stop_at=place)
            errors.append(watch.run(function, call.fresh(), loop))
        held = descriptors() - start
        made = len(errors)
        del errors[:], watch
        warned = sum(issubclass(each.category, ResourceWarning) for each in caught)
    return {"calls": made, "held": max(held, 0), "warned": warned}


class _Watch:
    """Counts the calls that the watched code makes, and raises in the place of one of them."""

    def __init__(self, codes, stop_at):
        self._codes = codes
        self._stop_at = stop_at
        self._place = 0
        self._inside = 0
        self.seen = []

    def run(self, function, arguments, loop):
        """Make the call; returns what it raised."""
        sys.setprofile(self._on_event)
        try:
            return duet_segment.error_of(function, arguments, loop)
        finally:
            sys.setprofile(None)

    def _on_event(self, frame, event, arg):
        """What a built-in function calls in its turn (`open` makes a decoder) is its own affair."""
        if event == "call":
            if not self._inside and frame.f_back is not None and frame.f_back.f_code in self._codes:
                self._on_call(frame.f_code.co_name)
        elif frame.f_code in self._codes:
            if event == "c_call":
                self._on_call(getattr(arg, "__name__", ""))
                self._inside += 1
            elif event != "return":
                self._inside -= 1

    def _on_call(self, name):
        if name in _RELEASES:
            return
        self._place += 1
        if self._stop_at is None:
            if len(self.seen) < _MOST_EVENTS:
                self.seen.append((self._place, descriptors()))
        elif self._place == self._stop_at:
            raise Injected("in the place of %s" % name)


def descriptors():
    """How many descriptors this process has open."""
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        return sum(_is_open(descriptor) for descriptor in range(1024))


def _is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
