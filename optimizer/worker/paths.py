"""Reach into the arguments of a call, and change one place there.

What lies on the way is copied where it is a plain container, so that a change never leaks into an
object that the module itself still holds.
"""

from __future__ import annotations

import collections
import copy


class Unusable(Exception):
    """A recipe does not fit: the place is not there, or the change makes no sense for what is there."""


def look(root, path):
    """What lies at `path`; `root` is [list of args, dict of kwargs]."""
    value = root[1] if isinstance(path[0], str) else root[0]
    for step in path:
        value = _step(value, step)
    return value


def change(root, path, edit):
    """Put `edit(old)` in the place of what lies at `path`."""
    side = 1 if isinstance(path[0], str) else 0
    root[side] = _changed(root[side], path, edit)


def _changed(value, path, edit):
    if not path:
        return edit(value)
    step, rest = path[0], path[1:]
    inner = _changed(_step(value, step), rest, edit)
    return _with(value, step, inner)


def _step(value, step):
    try:
        if isinstance(step, list):
            return list(value)[step[1]]
        if isinstance(value, dict):
            return value[step] if isinstance(step, str) else list(value.values())[step]
        if isinstance(step, str):
            return getattr(value, step)
        if isinstance(value, (list, tuple, collections.deque)):
            return value[step]
    except (LookupError, AttributeError, TypeError):
        pass
    raise Unusable("there is nothing at %r" % (step,))


def _with(value, step, inner):
    """A copy of `value` that holds `inner` at `step`."""
    if isinstance(value, dict):
        return _dict_with(value, step, inner)
    if isinstance(step, str):
        return _object_with(value, step, inner)
    items = list(value)
    items[step] = inner
    return rebuilt(value, items)


def rebuilt(value, items):
    """A container of the type of `value` (and its maxlen) with these items."""
    kind = type(value)
    if hasattr(kind, "_make"):
        return kind._make(items)
    if isinstance(value, collections.deque):
        return kind(items, value.maxlen)
    return kind(items)


def _dict_with(value, step, inner):
    result = copy.copy(value)
    if isinstance(step, str):
        result[step] = inner
        return result
    pairs = list(value.items())
    number = step[1] if isinstance(step, list) else step
    pairs[number] = (inner, pairs[number][1]) if isinstance(step, list) else (pairs[number][0], inner)
    result.clear()
    try:
        for key, item in pairs:
            result[key] = item
    except TypeError:
        raise Unusable("that cannot be a key") from None
    return result


def _object_with(value, name, inner):
    try:
        result = copy.copy(value)
        object.__setattr__(result, name, inner)
    except (AttributeError, TypeError):
        raise Unusable("%s has no %s that can be set" % (type(value).__name__, name)) from None
    return result
