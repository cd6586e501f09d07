"""Edits of dicts and objects, edits that change a type, and edits that put in doubles (see `edits`)."""

from __future__ import annotations

import collections
import copy
import types

from .edits import EDITS, edit, items_of, made, need
from .paths import rebuilt

__all__ = ["EDITS"]

# -- dicts and objects ------------------------------------------------------------------------------


@edit
def put_key(value, key, given, scope):
    """A dict with this key set; a new key comes last."""
    need(isinstance(value, dict), "not a dict")
    changed = copy.copy(value)
    changed[scope.value(key)] = scope.value(given)
    return changed


@edit
def drop_key(value, number, scope):
    """A dict without its key at `number`."""
    need(isinstance(value, dict) and len(value) > number, "no such key")
    items = items_of(value)
    del items[number]
    return made(value, items)


@edit
def put_attribute(value, name, given, scope):
    """A copy of an object with one attribute set."""
    changed = copy.copy(value)
    setattr(changed, name, scope.value(given))
    return changed


@edit
def drop_attribute(value, name, scope):
    """A copy of an object without one attribute."""
    changed = copy.copy(value)
    delattr(changed, name)
    return changed


# -- other types ------------------------------------------------------------------------------------


def _listed(value):
    if isinstance(value, dict):
        return list(value)
    need(not isinstance(value, (int, float)) and value is not None, "not iterable")
    return list(value)


_TO = {
    "list": _listed,
    "tuple": lambda v: tuple(_listed(v)),
    "set": lambda v: set(_listed(v)),
    "frozenset": lambda v: frozenset(_listed(v)),
    "deque": lambda v: collections.deque(_listed(v)),
    "bounded_deque": lambda v: collections.deque(_listed(v), maxlen=max(len(_listed(v)), 1)),
    "iterator": lambda v: iter(_listed(v)),
    "map": lambda v: map(_same, _listed(v)),
    "keys": lambda v: (v if isinstance(v, dict) else dict.fromkeys(v)).keys(),
    "values": lambda v: (v if isinstance(v, dict) else dict(enumerate(v))).values(),
    "items": lambda v: dict(v).items(),
    "dict": lambda v: dict(v) if isinstance(v, dict) else dict.fromkeys(_listed(v)),
    "ordered_dict": collections.OrderedDict,
    "default_dict": lambda v: collections.defaultdict(int, v),
    "list_dict": lambda v: collections.defaultdict(list, v),
    "counter": collections.Counter,
    "chain_map": lambda v: collections.ChainMap({}, dict(v)),
    "user_dict": collections.UserDict,
    "mapping_proxy": lambda v: types.MappingProxyType(dict(v)),
    "user_list": lambda v: collections.UserList(_listed(v)),
    "range": lambda v: range(len(v)),
    "text": lambda v: "".join(map(str, _listed(v))),
    "str": lambda v: v.decode("latin-1") if isinstance(v, (bytes, bytearray)) else str(v),
    "bytes": lambda v: v.encode("utf-8", "replace") if isinstance(v, str) else bytes(v),
    "bytearray": lambda v: bytearray(v.encode("utf-8", "replace") if isinstance(v, str) else bytes(v)),
    "int": int,
    "float": float,
    "bool": bool,
}


def _same(item):
    return item


@edit
def to(value, kind, scope):
    """The same content in another type."""
    need(kind in _TO, "no such type: " + kind)
    return _TO[kind](value)


@edit
def subclass(value, scope):
    """An instance of a plain subclass of the same type."""
    return scope.double.subclass(value)


@edit
def odd(value, how, scope):
    """An instance of a subclass that overrides how it is read."""
    return getattr(scope.double, how)(value)


# -- doubles ----------------------------------------------------------------------------------------


@edit
def lazy(value, fails_after, scope):
    """A logged generator of the items; one that raises after `fails_after` items when that is not None."""
    items = _listed(value)
    if fails_after is None:
        return scope.double.lazy(items)
    return scope.double.lazy(items[:fails_after], fails=True)


@edit
def breaking(value, after, scope):
    """An iterable that raises half way, each time it is gone through."""
    return scope.double.breaking(_listed(value)[:after])


@edit
def spy(value, name, scope):
    """A callable whose calls are logged."""
    need(callable(value), "not callable")
    return scope.double.call(name, like=value)


@edit
def failing_spy(value, name, at, scope):
    """A callable that raises at call number `at`."""
    need(callable(value), "not callable")
    return scope.double.call(name, like=value, fails_at=at)


@edit
def disturbing_spy(value, name, path, scope):
    """A callable that changes the container at `path` each time it is called."""
    need(callable(value), "not callable")
    return scope.double.call(name, like=value, changes=scope.look(path))


@edit
def proxy(value, name, scope):
    """An object whose use is logged."""
    return scope.double.proxy(value, name)


@edit
def watch_items(value, scope):
    """Items that log how they are compared."""
    need(isinstance(value, (list, tuple)), "not a sequence")
    return rebuilt(value, [scope.double.watched(item) for item in value])
