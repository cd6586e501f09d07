"""What a call leaves changed in the process: environment, folder, random state, descriptors, threads, builtins."""

from __future__ import annotations

import builtins
import gc
import os
import sys
import threading

from .digests import sha256

_SEED = 20_240_229


def seed_randomness():
    """Start every generator of random numbers that is loaded from the same place."""
    random = sys.modules.get("random")
    if random is not None:
        random.seed(_SEED)
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed(_SEED)


class Process:
    """The state of this process at one moment; `changes` tells what differs later."""

    def __init__(self, text):
        self._text = text
        self._builtins = dict(vars(builtins))
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
        return {name: now[name] for name in now if now[name] != self._before[name]}

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


def _descriptors():
    try:
        return len(os.listdir("/dev/fd"))
    except OSError:
        return 0


def _umask():
    mask = os.umask(0o77)
    os.umask(mask)
    return mask
