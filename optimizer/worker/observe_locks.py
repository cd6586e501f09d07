"""Log how a call uses locks: those of the module, of its classes, and of the objects that it is given.

A version that no longer takes a lock gives the same results as long as one thread runs, so the taking itself is
compared. The real locks lie in their places again once the call is over.
"""

from __future__ import annotations

import contextlib
import threading

_LOCKS = (
    type(threading.Lock()),
    type(threading.RLock()),
    threading.Condition,
    threading.Semaphore,
)


class _Watched:
    """Stands for a lock and tells `note` when it is taken and given back."""

    def __init__(self, lock, name, note):
        self._lock, self._name, self._note = lock, name, note

    def acquire(self, *args, **kwargs):
        taken = self._lock.acquire(*args, **kwargs)
        self._note("lock", self._name, "taken" if taken else "not taken")
        return taken

    def release(self, *args, **kwargs):
        self._note("lock", self._name, "given back")
        return self._lock.release(*args, **kwargs)

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *error):
        self.release()

    def __getattr__(self, name):
        return getattr(self._lock, name)


@contextlib.contextmanager
def locks_watched(module, values, note):
    """While this lasts, `note(*event)` hears of each lock in `module`, its classes, and instances among `values`."""
    put_in = []
    for label, owner in _owners(module, values):
        for name, value in list(vars(owner).items()):
            if isinstance(value, _LOCKS) and isinstance(name, str):
                watched = _Watched(value, "%s.%s" % (label, name), note)
                if _put(owner, name, watched):
                    put_in.append((owner, name, watched, value))
    try:
        yield
    finally:
        for owner, name, watched, value in put_in:
            if vars(owner).get(name) is watched:
                _put(owner, name, value)


def _owners(module, values):
    yield module.__name__, module
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield name, value
    for value in values:
        if not isinstance(value, type) and isinstance(getattr(value, "__dict__", None), dict):
            yield type(value).__name__, value


def _put(owner, name, value):
    """Put a value in its place without the owner's own ways of setting attributes; whether that was possible."""
    try:
        if isinstance(owner, type):
            type.__setattr__(owner, name, value)
        else:
            object.__getattribute__(owner, "__dict__")[name] = value
    except (AttributeError, TypeError):
        return False
    return True
