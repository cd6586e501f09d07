"""Functions of one version that run while the other is looked at.

Where two versions share a process, somebody else may hold a function of the module: another module that imported
it, a registry, an object. A call that comes back through it runs that one, whichever version is meant, and times
would compare a mixture. So calls are watched once, before anything is timed.
"""

from __future__ import annotations

import contextlib
import sys

from .duet_diff import NotTogether


class Strangers:
    """`foreign` maps a side's name to {id of a namespace: the (name, line) that count, or None for all}."""

    def __init__(self, foreign):
        self._foreign = foreign
        self._met = set()

    @contextlib.contextmanager
    def watched(self, name):
        """Watch the calls of a version while the body runs."""
        foreign = self._foreign.get(name)
        if not foreign:
            yield
            return

        def on_event(frame, event, arg):
            if event == "call" and id(frame.f_globals) in foreign:
                places, code = foreign[id(frame.f_globals)], frame.f_code
                if places is None or (code.co_name, code.co_firstlineno) in places:
                    self._met.add(code.co_name)

        sys.setprofile(on_event)
        try:
            yield
        finally:
            sys.setprofile(None)

    def check(self):
        """Raise NotTogether when a function of another version ran."""
        if self._met:
            raise NotTogether("something else in the program holds %s too" % ", ".join(sorted(self._met)))


def between(sides, module):
    """What is foreign to each side: the other one's functions, and to the later version the module's own.

    `module` is None where both sides are the version that was imported.
    """
    names = {"before": "after", "after": "before"}
    foreign = {name: {id(sides[other].namespace): None} for name, other in names.items()}
    if module is not None:
        foreign["after"][id(vars(module))] = sides["before"].places
    return Strangers(foreign)
