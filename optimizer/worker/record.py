"""Run the project's tests or a workload, and keep what its functions are called with and where the time goes.

The payload is {"suite": what `suite_run` takes, "record": {"tree", "files", "wanted", "careful", ...}}.
`files` are the project's files (relative), `wanted` the targets: {"path", "line", "qualname", "kind"}.
After the messages of `suite_run` come
    {"calls": [[path, line, name, calls, [numbers of tests]], ...], "tests": [ids]}
    {"profile": see `profile.Sampler.report`}
    {"target": number in `wanted`, "calls": n, "types": [[parameter, type, n]], "lost": [[reason, n]],
     "samples": [{"call", "stratum", "weight", "taken", "types"}], "tests": [numbers of tests]}
Nothing that is recorded is kept alive by it: samples are pickled at entry, the rest is text and numbers.
"""

from __future__ import annotations

import io
import os
import random
import sys
import time
import types

from . import suite_run
from .profile import Sampler
from .record_call import NO_DEFAULTS, defaults_of, has_own, made_by, raw_attribute
from .record_pickle import Copier, Limits
from .record_places import CONSTRUCTORS, Entry, Files
from .record_report import report
from .record_sink import NEVER, Room, Sink

_SHARE_OF_TIME = 0.1
_FREE_SECONDS = 0.3
_URGENT = 2.0
_GLANCES = 20_000


def run(payload, send):
    recorder = Recorder(payload["record"])
    recorder.start()
    try:
        suite_run.run(payload["suite"], send, watch=recorder)
    finally:
        recorder.stop()
    report(recorder, send)


class Recorder(suite_run.Watch):
    """Counts all calls of the project's functions, and samples those of the wanted targets."""

    def __init__(self, options):
        self.files = Files(options["tree"], options["files"])
        self.wanted = options["wanted"]
        self._random = random.Random(options.get("seed", 0))
        self._room = Room(**options.get("room", {}))
        limits = Limits(**options.get("limits", {}))
        self.copier = Copier(limits, options.get("careful", False), self._before_user_code, self._modules)
        self.sinks = [
            Sink(self.copier, self._room, self._random, self._may_spend, _of_newborns(target))
            for target in self.wanted
        ]
        self._functions, self._classes = self._index()
        self.entries = []
        self.tests = []
        self._busy = False
        self._started = 0.0
        self.sampler = Sampler(self.files)
        self._current = None
        self.faults = {}
        self._eyes = _eyes(self, options)

    def _index(self):
        """Numbers of targets, by (path, line, name) for functions and by (path, qualname) for classes."""
        functions, classes = {}, {}
        for number, target in enumerate(self.wanted):
            if target["kind"] == "class":
                classes[target["path"], target["qualname"]] = number
            else:
                name = target["qualname"].rpartition(".")[2]
                functions.setdefault((target["path"], target["line"], name), []).append(number)
        return functions, classes

    def start(self):
        self._started = time.process_time()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)
        self._eyes.start()
        self.sampler.start()

    def stop(self):
        self.sampler.stop()
        self._eyes.stop()
        self._settle()

    def silence(self):
        """Take no more looks: code that is still running goes on without us."""
        for entry in self.entries:
            entry.look_at = NEVER

    def _forked(self):
        """A child of the project's says nothing, so it need not look either."""
        self._busy = True
        self.silence()

    # What the eyes ask for and report.

    def entry(self, code, path, qualname):
        """A counter for one code object of the project."""
        entry = self.entry_at((path, code.co_firstlineno, code.co_name), qualname)
        entry.connect(code)
        return entry

    def entry_at(self, key, qualname):
        sinks = [(number, False) for number in self._functions.get(key, ())]
        owner, _, name = qualname.rpartition(".")
        if name in CONSTRUCTORS and (key[0], owner) in self._classes:
            sinks.append((self._classes[key[0], owner], True))
        entry = Entry(key, qualname, tuple(sinks))
        self.entries.append(entry)
        return entry

    def generated(self, code, name, first):
        """A counter for a constructor without source (of a dataclass, a named tuple) of a wanted class."""
        for kind in getattr(made_by(first, name), "__mro__", ()) if self._classes else ():
            if has_own(kind, name, code):
                return self.generated_of(kind, name, code)
        return None

    def generated_of(self, kind, name, code):
        number = self._classes.get((self.files.of_class(kind), kind.__qualname__))
        if number is None:
            return None
        entry = Entry(None, kind.__qualname__ + "." + name, ((number, True),))
        entry.connect(code)
        entry.module = kind.__module__
        self.entries.append(entry)
        return entry

    def wanted_classes(self, namespace, path):
        """The wanted classes of one module."""
        for wanted_path, qualname in self._classes:
            found = raw_attribute(namespace, qualname) if wanted_path == path else None
            if isinstance(found, type):
                yield found

    def look(self, entry, call, namespace, take=None):
        """Look at a call. What goes wrong here the project does not see; no look is inside another."""
        if self._busy or self._is_nothing_new(entry, call):
            return
        self._busy = True
        try:
            self._look(entry, call, namespace, take)
        except RecursionError:
            # The project is at its limit, and so are we.
            pass
        except Exception as error:
            self.faults[type(error).__name__] = self.faults.get(type(error).__name__, 0) + 1
        finally:
            self._busy = False

    @staticmethod
    def _is_nothing_new(entry, call):
        """The glance: types are looked at in every call until there were very many, all else ever more rarely."""
        kinds = tuple([id(type(call[name])) for name in entry.signature.names])
        known = kinds in entry.glanced
        entry.glanced.add(kinds)
        entry.look_at = entry.calls + 1 if entry.calls < _GLANCES else entry.full_at
        return known and entry.calls < entry.full_at

    def look_at_arguments(self, entry, args, kwargs, take=None):
        """Look at a call by what was passed."""
        self.look(entry, entry.signature.bound(args, kwargs), {}, take)

    def _look(self, entry, call, namespace, take):
        # A call with new types stands for itself, one whose turn it is for all since the last one.
        out_of_turn = entry.calls < entry.full_at
        calls = 1 if out_of_turn else entry.calls - entry.looked_at
        entry.looked_at += calls
        for number, is_class in entry.sinks:
            sink, signature = self.sinks[number], entry.signature
            entry.full_at = entry.full_at if out_of_turn else sink.next_look(entry.calls)
            if is_class:
                if not self._is_construction(self.wanted[number], entry, call[signature.first]):
                    continue
                signature = entry.constructor
            sink.look(signature, call, calls, lambda: self._defaults_of(entry, namespace), take)
        if entry.calls >= _GLANCES:
            entry.look_at = entry.full_at

    def _is_construction(self, target, entry, first):
        """Whether an instance of just this class is being made, by the one that takes the arguments."""
        name = entry.qualname.rpartition(".")[2]
        kind = made_by(first, name)
        if name == "__new__" and hasattr(kind.__init__, "__code__"):
            return False
        return kind.__qualname__ == target["qualname"] and self.files.of_class(kind) == target["path"]

    @staticmethod
    def _defaults_of(entry, namespace):
        """The function's defaults; asked for again while it is not yet bound to its name."""
        if entry.defaults is NO_DEFAULTS:
            if entry.module:
                namespace = getattr(sys.modules.get(entry.module), "__dict__", {})
            entry.defaults = defaults_of(namespace, entry.qualname, entry.code.co_firstlineno)
        return entry.defaults

    def _may_spend(self, urgent):
        """Whether copying has taken little enough of the run's processor time to copy one more call."""
        allowed = _FREE_SECONDS + _SHARE_OF_TIME * (time.process_time() - self._started)
        return self.copier.spent_seconds < allowed * (_URGENT if urgent else 1.0)

    def _modules(self):
        """The project's own modules, as far as they are imported."""
        for module in list(sys.modules.values()):
            if (
                isinstance(module, types.ModuleType)
                and self.files.relative(module.__dict__.get("__file__")) is not None
            ):
                yield module

    def _before_user_code(self):
        """Whatever the project's pickling methods print or call is not part of the run."""
        counts = [(entry, entry.calls) for entry in self.entries]
        streams, silent = (sys.stdout, sys.stderr), _Silent()
        sys.stdout = sys.stderr = silent

        def after():
            if sys.stdout is silent:
                sys.stdout = streams[0]
            if sys.stderr is silent:
                sys.stderr = streams[1]
            for entry, calls in counts:
                entry.calls = calls

        return after

    # What `suite_run` tells.

    def test(self, name):
        self._settle()
        self._current = None
        if name is not None:
            self._current = len(self.tests)
            self.tests.append(name)

    def compiled(self, text, path):
        return self._eyes.compiled(text, path)

    def _settle(self):
        """Whatever was called since the last time was called by the current test."""
        self._eyes.settle()
        for entry in self.entries:
            if entry.calls != entry.settled:
                entry.settled = entry.calls
                if self._current is not None:
                    entry.tests.add(self._current)


def _of_newborns(target):
    """Whether the receiver of this method has no state yet."""
    return target["kind"] != "class" and target["qualname"].endswith((".__init__", ".__setstate__"))


class _Silent(io.TextIOBase):
    def write(self, text):
        return len(text)


def _eyes(recorder, options):
    """How calls are seen in this version of Python."""
    if hasattr(sys, "monitoring") and not options.get("rewrite"):
        from .record_monitor import Monitor

        return Monitor(recorder)
    from .record_rewrite import Rewriter

    return Rewriter(recorder)
