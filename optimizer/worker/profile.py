"""Where the time goes: samples of the stack, taken by a timer that runs only while this process computes.

Sampling was chosen over events at each call and return because it takes next to nothing, whatever the
code does (events made call-heavy suites two to four times slower, and small functions look bigger than they
are). The timer ticks every few milliseconds of processor time, never while the process waits, so it
interrupts no waiting system call. Only the main thread's stack is seen.
"""

from __future__ import annotations

import os
import signal
import threading
import time

_INTERVAL_SECONDS = 0.001
_OWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "record")


class Sampler:
    """`files` says which code is the project's. Stacks hold its functions only, outermost first."""

    def __init__(self, files):
        self.stacks = {}
        self.places = {}
        self.own_seconds = 0.0
        self._files = files
        self._codes = {}
        self._last = 0.0
        self._previous = None

    def start(self):
        if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
            return
        self._last = time.process_time()
        self._previous = signal.signal(signal.SIGPROF, self._tick)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL_SECONDS, _INTERVAL_SECONDS)

    def stop(self):
        if self._previous is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)
            # A last tick may still be on its way, and the default is to end the process.
            signal.signal(signal.SIGPROF, signal.SIG_IGN)
            self._previous = None

    def _tick(self, _signal, frame):
        now = time.process_time()
        seconds, self._last = now - self._last, now
        stack, leaf = [], None
        while frame is not None:
            place = self._place(frame.f_code)
            if place == _RECORDER:
                self.own_seconds += seconds
                return
            if place is not None:
                stack.append(place)
            leaf = place is not None if leaf is None else leaf
            frame = frame.f_back
        key = (tuple(reversed(stack)), leaf)
        self.stacks[key] = self.stacks.get(key, 0.0) + seconds

    def _place(self, code):
        """The number of a place in the project, `_RECORDER`, or None for any other code."""
        known = self._codes.get(id(code))
        if known is None or known[0] is not code:
            known = self._codes[id(code)] = (code, self._number(code))
        return known[1]

    def _number(self, code):
        if code.co_filename.startswith(_OWN) and code.co_name != "run":
            # `record.run` is below everything that runs, the rest of the recorder on top of it.
            return _RECORDER
        path = self._files.relative(code.co_filename)
        if path is None or code.co_name == "<module>":
            return None
        return self.places.setdefault((path, code.co_firstlineno, code.co_name), len(self.places))

    def report(self):
        """As plain JSON; a stack is [numbers of places, whether the last of them was on top, seconds]."""
        return {
            "places": [list(place) for place in self.places],
            "stacks": [[list(stack), leaf, seconds] for (stack, leaf), seconds in self.stacks.items()],
            "own_seconds": self.own_seconds,
        }


_RECORDER = -1
