"""Log what a call does to the callables that it was given.

Every plain callable inside the arguments (also in lists, dicts and the attributes of simple objects) is put
behind a function that logs its calls in order, then does what it did. Classes stay as they are: code
may ask what they are, and instances of callable classes keep a state of their own that is compared.
"""

from __future__ import annotations

import types

from .canon import Canon

_PLAIN = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
_COPIED = ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__")
_MAX_DEPTH = 6
_MAX_ITEMS = 500


def spied(args, kwargs, log, kept):
    """(args, kwargs) with every plain callable in them behind a spy that writes to `log`.

    Containers whose id is in `kept` belong to the module itself and stay untouched.
    """
    wrapper = _Wrapper(log, kept)
    return (
        tuple(wrapper.wrap(value, 0) for value in args),
        {name: wrapper.wrap(value, 0) for name, value in kwargs.items()},
    )


class _Wrapper:
    def __init__(self, log, kept):
        self._log, self._kept = log, kept
        self._done = {}

    def wrap(self, value, depth):
        kind = type(value)
        if (
            depth > _MAX_DEPTH
            or id(value) in self._kept
            or kind in (int, str, float, bool, bytes, type(None))
        ):
            return value
        found = self._done.get(id(value))
        if found is not None:
            return found[1]
        if kind in _PLAIN:
            return self._remember(value, self._spy(value))
        if kind is tuple:
            return self._tuple(value, depth)
        self._remember(value, value)
        if kind is list:
            self._in_place(value, enumerate(value), depth)
        elif kind is dict:
            self._in_place(value, list(value.items()), depth)
        elif kind is types.SimpleNamespace:
            self._in_place(value.__dict__, list(value.__dict__.items()), depth)
        return value

    def _remember(self, value, replacement):
        self._done[id(value)] = (value, replacement)
        return replacement

    def _tuple(self, value, depth):
        if len(value) > _MAX_ITEMS:
            return value
        items = [self.wrap(item, depth + 1) for item in value]
        changed = any(new is not old for new, old in zip(items, value))
        return self._remember(value, tuple(items) if changed else value)

    def _in_place(self, owner, pairs, depth):
        if len(owner) > _MAX_ITEMS:
            return
        for key, item in pairs:
            new = self.wrap(item, depth + 1)
            if new is not item:
                owner[key] = new

    def _spy(self, function):
        label = "callback %d" % sum(1 for old, new in self._done.values() if old is not new)
        log = self._log

        def spy(*args, **kwargs):
            log.append(["call", label, shorten(args), shorten(kwargs)])
            return function(*args, **kwargs)

        for name in _COPIED:
            try:
                setattr(spy, name, getattr(function, name))
            except (AttributeError, TypeError, ValueError):
                continue
        spy.__dict__.update(getattr(function, "__dict__", {}))
        spy.__wrapped__ = function
        spy._tenpercent_callback_ = label
        return spy


def shorten(value):
    """A value as JSON at the moment of a call: small, and without any effect on it."""
    return Canon(limit=400).write(value, (None, "argument"))
