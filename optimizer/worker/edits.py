"""The deterministic edits of a recipe, by name: each takes the old value and gives the new one.

They are what turns one recorded call into its neighbours: emptied, grown, reordered, of another type.
An edit that makes no sense for the value it meets raises `Unusable`; nothing is changed silently.
"""

from __future__ import annotations

import collections
import copy
import itertools

from .doubles import upset
from .paths import Unusable, rebuilt
from .text_changes import changed

EDITS = {}
_TEXT = (str, bytes, bytearray)
_ITEMS = (list, tuple, collections.deque)


def edit(function):
    """Make a function known as an edit, under its own name."""
    EDITS[function.__name__.strip("_")] = function
    return function


def need(holds, what):
    """Refuse a value that the edit makes no sense for."""
    if not holds:
        raise Unusable(what)


def items_of(value):
    """The items of a container that can be rebuilt from them."""
    if isinstance(value, dict):
        return list(value.items())
    need(isinstance(value, (*_ITEMS, set, frozenset, *_TEXT)), "not a container: " + type(value).__name__)
    return [value[n : n + 1] for n in range(len(value))] if isinstance(value, _TEXT) else list(value)


def made(value, items):
    """A container or text like `value`, of these items."""
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


@edit
def empty(value, scope):
    """No items at all; an iterator becomes one that is exhausted."""
    if hasattr(type(value), "__next__"):
        return iter(())
    return made(value, items_of(value)[:0])


@edit
def first(value, count, scope):
    """Only the first `count` items."""
    items = items_of(value)
    need(len(items) > count, "it is that short already")
    return made(value, items[:count])


@edit
def tail(value, count, scope):
    """Only the last `count` items."""
    items = items_of(value)
    need(len(items) > count, "it is that short already")
    return made(value, items[len(items) - count :])


@edit
def reverse(value, scope):
    """The other way round."""
    items = items_of(value)
    need(len(items) > 1, "too short to be reversed")
    return made(value, items[::-1])


@edit
def rotate(value, scope):
    """The first item goes to the end."""
    items = items_of(value)
    need(len(items) > 1, "too short to be rotated")
    return made(value, items[1:] + items[:1])


@edit
def sort(value, descending, scope):
    """Sorted, where the items can be compared."""
    return made(value, sorted(items_of(value), reverse=descending))


@edit
def duplicate(value, index, times, scope):
    """One item several times more, next to itself: the same object."""
    items = items_of(value)
    need(items and not isinstance(value, (dict, set, frozenset)), "nothing to duplicate")
    index %= len(items)
    return made(value, items[: index + 1] + [items[index]] * times + items[index + 1 :])


@edit
def insert(value, index, given, scope):
    """One more item at `index` (None: at the end)."""
    items, new = items_of(value), scope.value(given)
    need(not isinstance(value, dict), "a dict takes `put_key`")
    items.insert(len(items) if index is None else index, new)
    return made(value, items)


@edit
def remove(value, index, scope):
    """Without the item at `index`."""
    items = items_of(value)
    need(items, "nothing to remove")
    del items[index % len(items)]
    return made(value, items)


@edit
def swap_items(value, one, other, scope):
    """Two items change places."""
    items = items_of(value)
    need(len(items) > max(one, other), "too short")
    items[one], items[other] = items[other], items[one]
    return made(value, items)


@edit
def grow(value, size, distinct, scope):
    """At least `size` items: copies of those that are there, `distinct` ones numbered where possible."""
    items = items_of(value)
    need(items and len(items) < size, "empty, or as large already")
    need(not isinstance(value, (set, frozenset, dict)) or distinct, "only distinct items make it larger")
    source = itertools.islice(itertools.cycle(items), size)
    grown = [
        _numbered(item, n) if distinct and n >= len(items) else copy.deepcopy(item)
        for n, item in enumerate(source)
    ]
    return made(value, grown)


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


@edit
def all_equal(value, scope):
    """Every item a copy of the first."""
    items = items_of(value)
    need(len(items) > 1 and not isinstance(value, (dict, set, frozenset)), "no two items")
    return made(value, [copy.deepcopy(items[0]) for _ in items])


@edit
def same_column(value, column, scope):
    """Every row gets the first row's value at `column`: ties, when it is a sort key."""
    items = items_of(value)
    need(len(items) > 1, "no two rows")
    return made(
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


@edit
def share_item(value, one, other, scope):
    """The item at `other` becomes the very object at `one`."""
    items = items_of(value)
    need(len(items) > max(one, other) and not isinstance(value, (dict, set, frozenset, *_TEXT)), "too short")
    items[other] = items[one]
    return made(value, items)


@edit
def contain_itself(value, scope):
    """A list that holds itself."""
    need(type(value) is list, "not a list")
    changed = list(value)
    changed.append(changed)
    return changed


# -- values -----------------------------------------------------------------------------------------


@edit
def add(value, number, scope):
    """A number, moved by `number`."""
    need(isinstance(value, (int, float, complex)), "not a number")
    return value + number


@edit
def negate(value, scope):
    """The number with the other sign."""
    need(isinstance(value, (int, float, complex)) and not isinstance(value, bool), "not a number")
    return -value


@edit
def as_float(value, scope):
    """An int as the float of the same value."""
    need(type(value) is int, "not an int")
    return float(value)


@edit
def other(value, scope):
    """Another value of the same type and size."""
    return upset(copy.deepcopy(value))


@edit
def twin(value, kind, scope):
    """An equal value of another type, which any table takes for the same key: 1 and 1.0 and True, 0.0 and -0.0."""
    if isinstance(value, tuple):
        return rebuilt(value, _with_a_twin(list(value), kind, scope))
    need(isinstance(value, (bool, int, float)), "no number")
    if kind == "zero":
        need(type(value) is float and value == 0, "not a zero")
        return -value
    made_of = _TWINS[kind](value)
    need(type(made_of) is not type(value) and made_of == value, "no equal value of that type")
    return made_of


def _with_a_twin(items, kind, scope):
    for place, item in enumerate(items):
        try:
            items[place] = twin(item, kind, scope)
        except (Unusable, OverflowError, ValueError):
            continue
        return items
    raise Unusable("no item has a twin")


_TWINS = {"int": int, "float": float, "bool": bool}


@edit
def text(value, change_of, scope):
    """Text changed in one of a few named ways (see `text_changes`)."""
    need(isinstance(value, (str, bytes)), "not text")
    return changed(value, change_of)


@edit
def splice(value, index, given, scope):
    """Text with something put in at `index` (None: at the end)."""
    piece = scope.value(given)
    need(isinstance(value, _TEXT) and isinstance(piece, type(value)), "not the same kind of text")
    index = len(value) if index is None else index
    return value[:index] + piece + value[index:]
