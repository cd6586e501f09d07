"""What a call leaves changed in the process: environment, folder, random state, descriptors, threads, builtins."""

from __future__ import annotations

import builtins
import contextvars
import gc
import logging
import os
import sys
import threading
import warnings

from .digests import sha256

_SEED = 20_240_229
_SET_BY_IMPORTS = {"signal handlers", "at exit", "loggers", "context variables", "filters of warnings"}
"""What a module may set up when it is imported for the first time: when that happens may move."""


def seed_randomness(seed=_SEED):
    """Start every generator of random numbers that is loaded from the same place."""
    random = sys.modules.get("random")
    if random is not None:
        random.seed(seed)
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed(seed)


class Process:
    """The state of this process at one moment; `changes` tells what differs later."""

    def __init__(self, text):
        self._text = text
        self._builtins = dict(vars(builtins))
        self._modules = len(sys.modules)
        self._before = self._state()
        self._descriptors = _descriptors()

    def restore_builtins(self):
        """Undo replaced builtins, so that what observes can rely on them; returns the names."""
        now = vars(builtins)
        changed = [
            name
            for name in {**self._builtins, **now}
            if name != "_" and now.get(name, self) is not self._builtins.get(name, self)
        ]
        now.clear()
        now.update(self._builtins)
        return sorted(changed)

    def changes(self):
        """What is different now, by name."""
        now = self._state()
        imported = len(sys.modules) != self._modules
        return {
            name: now[name]
            for name in now
            if now[name] != self._before[name] and not (imported and name in _SET_BY_IMPORTS)
        }

    def held(self):
        """How many more descriptors are open now."""
        return _descriptors() - self._descriptors

    def _state(self):
        return {
            "environment": {self._text(name): self._text(value) for name, value in os.environ.items()},
            "folder": self._text(_folder()),
            "random": _random(),
            "recursion limit": sys.getrecursionlimit(),
            "decimal context": _decimal(),
            "threads": threading.active_count(),
            "import roots": [self._text(entry) for entry in sys.path if isinstance(entry, str)],
            "umask": _umask(),
            "garbage collection": gc.isenabled(),
            "signal handlers": _handlers(),
            "at exit": _to_do_at_exit(),
            "loggers": _loggers(),
            "context variables": len(contextvars.copy_context()),
            "filters of warnings": len(warnings.filters),
            "tracing": [sys.getprofile() is not None, sys.gettrace() is not None],
        }


def _folder():
    try:
        return os.getcwd()
    except OSError:
        return "gone"


def _random():
    random = sys.modules.get("random")
    numpy = sys.modules.get("numpy.random")
    states = [random and random.getstate(), numpy and numpy.get_state()]
    return sha256(repr(states).encode()).hexdigest()[:16]


def _decimal():
    decimal = sys.modules.get("decimal")
    return None if decimal is None else repr(decimal.getcontext())


def _handlers():
    """What answers the signals: names of functions, numbers of the system's own answers."""
    signal = sys.modules.get("signal")
    if signal is None:
        return []
    found = [signal.getsignal(number) for number in range(1, 32)]
    return [getattr(one, "__qualname__", None) or repr(one and int(one)) for one in found]


def _to_do_at_exit():
    atexit = sys.modules.get("atexit")
    return 0 if atexit is None else atexit._ncallbacks()


def _loggers():
    """Level, number of handlers, and whether it is silent, of every logger that somebody has set up."""
    root = logging.root
    named = dict(root.manager.loggerDict)
    found = {name: one for name, one in named.items() if isinstance(one, logging.Logger)}
    states = {
        name: [one.level, len(one.handlers), bool(one.disabled), bool(one.propagate)]
        for name, one in {"root": root, **found}.items()
    }
    return {name: state for name, state in states.items() if state != [0, 0, False, True]}


def _descriptors():
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        return 0


def _umask():
    mask = os.umask(0o77)
    os.umask(mask)
    return mask
