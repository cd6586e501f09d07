"""Copy the arguments of a call by pickling them, without the project noticing.

What pickle does by itself is kept where it is exact; the ways around it are in `record_ways` and
`record_objects`. Here are the limits, names instead of copies for sentinels, and the guard around pickling
methods that the project has written.
"""

from __future__ import annotations

import io
import pickle
import re
import time

from .record_objects import HEAP_TYPE, instance_way, may_be_stateless, raw, runs_own_code
from .record_ways import SPECIAL, Lost, attribute, class_way, refusal

PROTOCOL = 4
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Limits:
    """For one call: bytes of its pickle, and seconds of making it."""

    def __init__(self, max_bytes=512 << 10, max_seconds=0.2):
        self.max_bytes = max_bytes
        self.max_seconds = max_seconds


class Copier:
    """Pickles. `careful` refuses objects whose classes have pickling methods of their own.

    `before_user_code` is called at most once a copy, before the first such method can run; it returns
    a function that is called after the copy. `modules` gives those in which sentinels may be found.
    `spent_seconds` adds up the processor time of all copies.
    """

    def __init__(self, limits=None, careful=False, before_user_code=None, modules=tuple):
        self.limits = limits or Limits()
        self.careful = careful
        self.before_user_code = before_user_code
        self.modules = modules
        self.spent_seconds = 0.0

    def copy(self, value, newborn=None):
        """The pickle of `value`, or Lost. `newborn` in it is an object whose `__init__` has not run yet."""
        started = time.thread_time()
        stream = _Capped(self.limits.max_bytes)
        pickler = _Pickler(stream, self, newborn)
        try:
            pickler.dump(value)
        except Lost:
            raise
        except RecursionError:
            raise Lost("values nested too deeply, or a local function that refers to itself") from None
        except BaseException as error:
            if _is_a_deadline(error):
                raise
            raise Lost(_reason(error)) from None
        finally:
            pickler.close()
            self.spent_seconds += time.thread_time() - started
        return stream.getvalue()


def _is_a_deadline(error):
    """Whether this is a deadline of the test's own, which may strike while we are at work."""
    kinds = type(error).__mro__
    return KeyboardInterrupt in kinds or any(kind.__module__.startswith("_pytest.") for kind in kinds)


def _reason(error):
    """The error in a line, without addresses, so that equal reasons are counted together."""
    text = _ADDRESS.sub("", str(error).split("\n")[0])[:100]
    return "%s: %s" % (type(error).__name__, text) if text else type(error).__name__


class _Capped(io.BytesIO):
    def __init__(self, limit):
        super().__init__()
        self._limit = limit

    def write(self, data):
        if self.tell() + len(data) > self._limit:
            raise Lost("bigger than %d KiB" % (self._limit >> 10))
        return super().write(data)


class _Pickler(pickle.Pickler):
    def __init__(self, stream, copier, newborn):
        super().__init__(stream, PROTOCOL)
        self._copier = copier
        self._deadline = time.perf_counter() + copier.limits.max_seconds
        self._newborn = newborn
        self._after = None
        self._known = {}
        self._asked = 0
        self._names = None

    def close(self):
        self._known.clear()
        self._names = None
        self._newborn = None
        if self._after is not None:
            self._after()

    def reducer_override(self, value):
        """Asked about everything but plain builtin values; NotImplemented leaves it to pickle."""
        known = self._known.get(id(type(value)))
        if known is None:
            return self._first_of(value, type(value))
        self._asked += 1
        if not self._asked & 0xFF:
            self._check_time()
        return known[1](value)

    def _first_of(self, value, kind):
        """What is found out about a type holds for all its values in this pickle."""
        self._check_time()
        if value is self._newborn and value is not None:
            return raw(value)
        if isinstance(value, type):
            return class_way(value)
        way = self._way(kind)
        if kind is not type(self._newborn):
            self._known[id(kind)] = (kind, way)
        return way(value)

    def _check_time(self):
        if time.perf_counter() > self._deadline:
            raise Lost("takes too long to copy")

    def _way(self, kind):
        """The function that reduces the values of one type."""
        if type(kind) is type and kind in SPECIAL:
            return SPECIAL[kind]
        reason = refusal(kind)
        if reason:
            raise Lost(reason)
        if kind is not object and not kind.__flags__ & HEAP_TYPE:
            return _as_pickle_does
        if runs_own_code(kind):
            self._guard()
        return instance_way(kind) or (self._sentinel if may_be_stateless(kind) else _as_pickle_does)

    def _guard(self):
        """Guard against what the project's own pickling methods may do besides."""
        if self._copier.careful:
            raise Lost("a class with pickling methods of its own")
        if self._after is None and self._copier.before_user_code is not None:
            self._after = self._copier.before_user_code()

    def _sentinel(self, value):
        """A value that is known by identity alone is kept by the name that it has in its module."""
        if type(value) is not object and value.__dict__:
            return NotImplemented
        if self._names is None:
            self._names = _names_in(self._copier.modules())
        if id(value) in self._names:
            return attribute(*self._names[id(value)])
        if type(value) is object:
            raise Lost("a bare object(), which is only equal to itself")
        return NotImplemented


def _names_in(modules):
    """{id of a value: (module, name)} of everything that modules hold."""
    return {id(held): (module, name) for module in modules for name, held in list(module.__dict__.items())}


def _as_pickle_does(value):
    return NotImplemented
