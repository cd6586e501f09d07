"""The deterministic edits of a recipe, by name: each takes the old value and gives the new one.

They are what turns one recorded call into its neighbours: emptied, grown, reordered, of another type.
An edit that makes no sense for the value it meets raises `Unusable`; nothing is changed silently.
"""

from __future__ import annotations

import collections
import copy
import itertools
import types

from .paths import Unusable, rebuilt

EDITS = {}
_TEXT = (str, bytes, bytearray)
_ITEMS = (list, tuple, collections.deque)


def _edit(function):
    EDITS[function.__name__.strip("_")] = function
    return function


def _need(holds, what):
    if not holds:
        raise Unusable(what)


def _items(value):
    """The items of a container that can be rebuilt from them."""
    if isinstance(value, dict):
        return list(value.items())
    _need(isinstance(value, (*_ITEMS, set, frozenset, *_TEXT)), "not a container: " + type(value).__name__)
    return [value[n : n + 1] for n in range(len(value))] if isinstance(value, _TEXT) else list(value)


def _made(value, items):
    if isinstance(value, _TEXT):
        return type(value)().join(items)
    if isinstance(value, dict):
        result = copy.copy(value)
        result.clear()
        for key, item in items:
            result[key] = item
        return result
    return rebuilt(value, items)


# -- sizes and order --------------------------------------------------------------------------------


@_edit
def empty(value, scope):
    """No items at all; an iterator becomes one that is exhausted."""
    if hasattr(type(value), "__next__"):
        return iter(())
    return _made(value, _items(value)[:0])


@_edit
def first(value, count, scope):
    """Only the first `count` items."""
    items = _items(value)
    _need(len(items) > count, "it is that short already")
    return _made(value, items[:count])


@_edit
def tail(value, count, scope):
    """Only the last `count` items."""
    items = _items(value)
    _need(len(items) > count, "it is that short already")
    return _made(value, items[len(items) - count :])


@_edit
def reverse(value, scope):
    """The other way round."""
    items = _items(value)
    _need(len(items) > 1, "too short to be reversed")
    return _made(value, items[::-1])


@_edit
def rotate(value, scope):
    """The first item goes to the end."""
    items = _items(value)
    _need(len(items) > 1, "too short to be rotated")
    return _made(value, items[1:] + items[:1])


@_edit
def sort(value, descending, scope):
    """Sorted, where the items can be compared."""
    return _made(value, sorted(_items(value), reverse=descending))


@_edit
def duplicate(value, index, times, scope):
    """One item several times more, next to itself: the same object."""
    items = _items(value)
    _need(items and not isinstance(value, (dict, set, frozenset)), "nothing to duplicate")
    index %= len(items)
    return _made(value, items[: index + 1] + [items[index]] * times + items[index + 1 :])


@_edit
def insert(value, index, given, scope):
    """One more item at `index` (None: at the end)."""
    items, new = _items(value), scope.value(given)
    _need(not isinstance(value, dict), "a dict takes `put_key`")
    items.insert(len(items) if index is None else index, new)
    return _made(value, items)


@_edit
def remove(value, index, scope):
    """Without the item at `index`."""
    items = _items(value)
    _need(items, "nothing to remove")
    del items[index % len(items)]
    return _made(value, items)


@_edit
def swap_items(value, one, other, scope):
    """Two items change places."""
    items = _items(value)
    _need(len(items) > max(one, other), "too short")
    items[one], items[other] = items[other], items[one]
    return _made(value, items)


@_edit
def grow(value, size, distinct, scope):
    """At least `size` items: copies of those that are there, `distinct` ones numbered where possible."""
    items = _items(value)
    _need(items and len(items) < size, "empty, or as large already")
    _need(not isinstance(value, (set, frozenset, dict)) or distinct, "only distinct items make it larger")
    source = itertools.islice(itertools.cycle(items), size)
    grown = [
        _numbered(item, n) if distinct and n >= len(items) else copy.deepcopy(item)
        for n, item in enumerate(source)
    ]
    return _made(value, grown)


def _numbered(item, number):
    """A variant of `item` that `number` tells from the others."""
    if isinstance(item, bool) or item is None:
        return item
    if isinstance(item, (int, float)):
        return item + number
    if isinstance(item, str):
        return item + str(number)
    if isinstance(item, bytes):
        return item + str(number).encode()
    if isinstance(item, (tuple, list)):
        return rebuilt(item, [_numbered(part, number) for part in item])
    if type(item) is dict:
        return {key: _numbered(value, number) for key, value in item.items()}
    return copy.deepcopy(item)


@_edit
def all_equal(value, scope):
    """Every item a copy of the first."""
    items = _items(value)
    _need(len(items) > 1 and not isinstance(value, (dict, set, frozenset)), "no two items")
    return _made(value, [copy.deepcopy(items[0]) for _ in items])


@_edit
def same_column(value, column, scope):
    """Every row gets the first row's value at `column`: ties, when it is a sort key."""
    items = _items(value)
    _need(len(items) > 1, "no two rows")
    return _made(
        value, [items[0], *[_with_column(row, column, _column(items[0], column)) for row in items[1:]]]
    )


def _column(row, column):
    return getattr(row, column) if isinstance(column, str) and not isinstance(row, dict) else row[column]


def _with_column(row, column, new):
    if isinstance(column, str) and not isinstance(row, dict):
        changed = copy.copy(row)
        setattr(changed, column, new)
        return changed
    if isinstance(row, tuple):
        items = list(row)
        items[column] = new
        return rebuilt(row, items)
    changed = copy.copy(row)
    changed[column] = new
    return changed


# -- values -----------------------------------------------------------------------------------------


@_edit
def add(value, number, scope):
    """A number, moved by `number`."""
    _need(isinstance(value, (int, float, complex)), "not a number")
    return value + number


@_edit
def negate(value, scope):
    """The number with the other sign."""
    _need(isinstance(value, (int, float, complex)) and not isinstance(value, bool), "not a number")
    return -value


@_edit
def as_float(value, scope):
    """An int as the float of the same value."""
    _need(type(value) is int, "not an int")
    return float(value)


@_edit
def text(value, change_of, scope):
    """Text changed by one of a few named ways (see `TEXT_CHANGES`)."""
    _need(isinstance(value, (str, bytes)), "not text")
    return _changed_text(value, change_of)


def _changed_text(value, change_of):
    if isinstance(value, bytes):
        return TEXT_CHANGES[change_of](value.decode("latin-1")).encode("latin-1", "replace")
    return TEXT_CHANGES[change_of](value)


TEXT_CHANGES = {
    "upper": str.upper,
    "lower": str.lower,
    "swapcase": str.swapcase,
    "title": str.title,
    "padded": lambda s: " " + s + " ",
    "led": lambda s: "  " + s,
    "trailed": lambda s: s + "  ",
    "newline": lambda s: s + "\n",
    "crlf": lambda s: s.replace("\n", "\r\n") if "\n" in s else s + "\r\n",
    "runs": lambda s: s.replace(" ", "  ") if " " in s else s[:1] + "  " + s[1:],
    "tabs": lambda s: s.replace(" ", "\t") if " " in s else s[:1] + "\t" + s[1:],
    "odd_space": lambda s: s + "\u00a0\u2003" + s[-1:],
    "line_separators": lambda s: s[:1] + "\x0b\x0c\x1c\x85\u2028" + s[1:],
    "accents": lambda s: s + "\u00e9\u0301\u00df\u0130\u01c4",
    "digits": lambda s: s + "0",
    "other_digits": lambda s: s + "\u0663\u00b2",
    "emoji": lambda s: s + "\U0001f600",
    "surrogate": lambda s: s + "\ud800",
    "nul": lambda s: s + "\0",
    "twice": lambda s: s + s,
    "doubled_first": lambda s: s[:1] + s,
    "doubled_last": lambda s: s + s[-1:],
    "without_first": lambda s: s[1:],
    "without_last": lambda s: s[:-1],
    "reversed": lambda s: s[::-1],
    "quoted": lambda s: '"' + s + "'",
    "braces": lambda s: "{" + s + "}%s",
    "folded": lambda s: s.replace("s", "\u017f").replace("k", "\u212a").replace("ss", "\u00df"),
}


@_edit
def splice(value, index, given, scope):
    """Text with something put in at `index` (None: at the end)."""
    piece = scope.value(given)
    _need(isinstance(value, _TEXT) and isinstance(piece, type(value)), "not the same kind of text")
    index = len(value) if index is None else index
    return value[:index] + piece + value[index:]


# -- dicts and objects ------------------------------------------------------------------------------


@_edit
def put_key(value, key, given, scope):
    """A dict with this key set; a new key comes last."""
    _need(isinstance(value, dict), "not a dict")
    changed = copy.copy(value)
    changed[scope.value(key)] = scope.value(given)
    return changed


@_edit
def drop_key(value, number, scope):
    """A dict without its key at `number`."""
    _need(isinstance(value, dict) and len(value) > number, "no such key")
    items = _items(value)
    del items[number]
    return _made(value, items)


@_edit
def put_attribute(value, name, given, scope):
    """A copy of an object with one attribute set."""
    changed = copy.copy(value)
    setattr(changed, name, scope.value(given))
    return changed


@_edit
def drop_attribute(value, name, scope):
    """A copy of an object without one attribute."""
    changed = copy.copy(value)
    delattr(changed, name)
    return changed


@_edit
def share_item(value, one, other, scope):
    """The item at `other` becomes the very object at `one`."""
    items = _items(value)
    _need(len(items) > max(one, other) and not isinstance(value, (dict, set, frozenset, *_TEXT)), "too short")
    items[other] = items[one]
    return _made(value, items)


@_edit
def contain_itself(value, scope):
    """A list that holds itself."""
    _need(type(value) is list, "not a list")
    changed = list(value)
    changed.append(changed)
    return changed


# -- other types ------------------------------------------------------------------------------------


def _listed(value):
    if isinstance(value, dict):
        return list(value)
    _need(not isinstance(value, (int, float)) and value is not None, "not iterable")
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


@_edit
def to(value, kind, scope):
    """The same content in another type."""
    _need(kind in _TO, "no such type: " + kind)
    return _TO[kind](value)


@_edit
def subclass(value, scope):
    """An instance of a plain subclass of the same type."""
    return scope.double.subclass(value)


@_edit
def odd(value, how, scope):
    """An instance of a subclass that overrides how it is read."""
    return getattr(scope.double, how)(value)


# -- doubles ----------------------------------------------------------------------------------------


@_edit
def lazy(value, fails_after, scope):
    """A logged generator of the items; one that raises after `fails_after` items when that is not None."""
    items = _listed(value)
    if fails_after is None:
        return scope.double.lazy(items)
    return scope.double.lazy(items[:fails_after], fails=True)


@_edit
def breaking(value, after, scope):
    """An iterable that raises half way, each time it is gone through."""
    return scope.double.breaking(_listed(value)[:after])


@_edit
def spy(value, name, scope):
    """A callable whose calls are logged."""
    _need(callable(value), "not callable")
    return scope.double.call(name, like=value)


@_edit
def failing_spy(value, name, at, scope):
    """A callable that raises at call number `at`."""
    _need(callable(value), "not callable")
    return scope.double.call(name, like=value, fails_at=at)


@_edit
def disturbing_spy(value, name, path, scope):
    """A callable that changes the container at `path` each time it is called."""
    _need(callable(value), "not callable")
    return scope.double.call(name, like=value, changes=scope.look(path))


@_edit
def proxy(value, name, scope):
    """An object whose use is logged."""
    return scope.double.proxy(value, name)


@_edit
def watch_items(value, scope):
    """Items that log how they are compared."""
    _need(isinstance(value, (list, tuple)), "not a sequence")
    return rebuilt(value, [scope.double.watched(item) for item in value])
