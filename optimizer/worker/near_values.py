"""Edits of one value by its type: what lies next to a number, a text, a container, a callable, an object."""

from __future__ import annotations

import collections
import io
import types

from . import specs
from .beyond import mixed
from .patterns import matching, nearly
from .reach import source_of
from .specs import BYTES, FLOAT, INT, STR, Spec
from .strategies import NEARLY_WHOLE, Drawer, of_any_size
from .text_changes import ONLY_FOR_STR, TEXT_CHANGES

ITERATORS = (types.GeneratorType, map, filter, zip, enumerate, type(iter([])), type(iter(())), type(iter("")))
_DEPTH = 4
_HUGE = (10**20, 2**31, 2**53 + 1, 2**62, 2**63, -(2**63) - 1, *NEARLY_WHOLE)
_LARGE_SIZES = (1000, -1000)
_OF_ANY_SIZE = 4
_FLOATS = ("0.0", "-0.0", "float('nan')", "float('inf')", "float('-inf')", "1e308", "5e-324", "0.1", "1e16")
_LARGEST_FLOAT = 10**300
_SIZES = (60, 101)
_MORE_THAN_A_SIZE = (0, 1, 10)
_MOST_MINED, _MOST_SIZES, _MOST_PATTERNS, _MOST_ATTRIBUTES, _MOST_KEYS, _MOST_COLUMNS = 24, 4, 6, 8, 6, 4
_HELD = {
    "list": ("list", "tuple_of", "deque", "sequence", "iterable"),
    "iterator": ("iterator", "iterable"),
    "call": ("call",),
}
_LEAVES = {str: STR, int: INT, float: FLOAT, bytes: BYTES}


class Edit:
    """A change to a call: recipe operations, what kind of change, and whether it leaves the domain.

    With `earlier` the call stays, and the changed one is made before it.
    """

    __slots__ = ("earlier", "label", "ops", "outside")

    def __init__(self, label, *ops, outside=False, earlier=False):
        self.label, self.ops, self.outside, self.earlier = label, list(ops), outside, earlier


def put(label, path, value, outside=False):
    """The edit that puts a value (a JSON scalar or `source`) in a place."""
    return Edit(label, ["set", path, value], outside=outside)


def source(text):
    """A value of a recipe that is given as an expression."""
    return {"source": text}


class ValueEdits:
    """Edits of values inside one argument.

    `parameter` may be None; `lengths` are the sizes of all arguments, so that numbers can be close to them.
    """

    def __init__(self, parameter, pools, choose, lengths):
        self._parameter, self._pools, self._choose, self._lengths = parameter, pools, choose, lengths
        self._free = parameter is not None and "annotated" not in parameter.sources

    def edits(self, path, value, depth=0):
        """Edits of `value`, which lies at `path`, and of what lies in it."""
        if depth > _DEPTH:
            return
        for kinds, method in _BY_TYPE:
            if isinstance(value, kinds):
                yield from method(self, path, value, depth)
                return
        if callable(value):
            # A class may have been given to be called, but code may also ask what it is.
            yield from self._callable(path, outside=isinstance(value, type))
        else:
            yield from self._object(path, value, depth)

    def drawn(self, spec, depth=0):
        """A value of a spec, for an edit."""
        return source(Drawer(self._choose, self._pools).draw(spec, depth))

    # -- numbers and texts --------------------------------------------------------------------------

    def _bool(self, path, value, depth):
        yield put("flip", path, not value)
        if self._free:
            yield put("int for bool", path, int(value), outside=True)

    def _int(self, path, value, depth):
        counts = self._parameter is not None and self._parameter.counts
        for new in (0, 1, -1, 2, -value, value + 1, value - 1, value + 2, 2 * value):
            if new != value:
                yield put("int", path, new)
        for new in (True, False):
            yield put("bool", path, new)
        for new in _LARGE_SIZES if counts else _HUGE:
            yield put("large int", path, new)
        for _ in range(0 if counts else _OF_ANY_SIZE):
            yield put("int of any size", path, of_any_size(self._choose))
        for length in self._lengths[:6]:
            for new in (length, length - 1, length + 1, -length, -length - 1):
                yield put("int near length", path, new)
        for constant in list(self._pools.ints)[:_MOST_MINED]:
            for new in (constant, constant - 1, constant + 1):
                yield put("int mined", path, new)
        yield Edit("int subclass", ["subclass", path])

    def _float(self, path, value, depth):
        for text in _FLOATS:
            yield put("float " + text, path, source(text))
        yield Edit("negate", ["negate", path])
        for new in (0, 1, True):
            yield put("int for float", path, new)
        for constant in [*self._pools.floats, *self._pools.ints][:_MOST_MINED]:
            if abs(constant) < _LARGEST_FLOAT:
                yield put("float mined", path, source(repr(float(constant))))
        yield Edit("float subclass", ["subclass", path])

    def _text(self, path, value, depth):
        yield put("text empty", path, source(repr(type(value)())))
        for change in TEXT_CHANGES:
            if isinstance(value, str) or change not in ONLY_FOR_STR:
                yield Edit("text " + change, ["text", path, change])
        yield Edit("first", ["first", path, 1])
        yield from self._mined_texts(path, value)
        yield from self._texts_by_pattern(path, value)
        for size in list(self._pools.sizes)[:_MOST_SIZES]:
            for new in (size, size + 1):
                yield Edit("text grown", ["grow", path, new, False])
        yield Edit("text subclass", ["subclass", path])

    def _mined_texts(self, path, value):
        found = dict.fromkeys([*self._pools.texts, *self._pools.strs, *self._pools.keys])
        for text in list(found)[:_MOST_MINED]:
            piece = source(repr(text if isinstance(value, str) else text.encode("utf-8", "replace")))
            yield put("text mined", path, piece)
            for place in (0, None, len(value) // 2):
                yield Edit("text with mined", ["splice", path, place, piece])

    def _texts_by_pattern(self, path, value):
        patterns = [known for known in self._pools.regexes if type(known[0]) is type(value)]
        for pattern, flags in patterns[:_MOST_PATTERNS]:
            for _ in range(4):
                text = matching(pattern, flags, self._choose)
                yield put("text by pattern", path, source(repr(text)))
                yield put("text near pattern", path, source(repr(nearly(text, self._choose))))

    # -- containers ---------------------------------------------------------------------------------

    def _sequence(self, path, value, depth):
        if depth == 0 or not isinstance(value, tuple):
            yield from _rearranged(path, value)
            yield from self._grown(path, value)
            yield from self._additions(path, value)
        if type(value) in (list, tuple):
            yield Edit("subclass", ["subclass", path])
        for number in dict.fromkeys(n for n in (0, 1, len(value) - 1) if 0 <= n < len(value)):
            yield from self._inner(path, number, value[number], depth)

    def _grown(self, path, value):
        """Past the sizes that the source asks for, with and without ties."""
        if not value:
            return
        wanted = [size + more for size in list(self._pools.sizes)[:_MOST_SIZES] for more in _MORE_THAN_A_SIZE]
        for size in dict.fromkeys([*wanted, *_SIZES]):
            if size > len(value):
                grow = ["grow", path, size, True]
                yield Edit("grown with ties", ["grow", path, size, False])
                yield Edit("grown", grow)
                yield Edit("grown backwards", grow, ["reverse", path])
                for column in _column_names(value[0]):
                    yield Edit("grown with tied column", grow, ["same_column", path, column])

    def _additions(self, path, value):
        for item in list(value)[:2]:
            for new in _beside(item, self._free):
                yield Edit("item added", ["insert", path, None, source(new)])
                yield Edit("item added first", ["insert", path, 0, source(new)])
        if value and type(value[0]) is float:
            nan = ["insert", path, None, source("float('nan')")]
            yield Edit("same nan", nan, ["duplicate", path, -1, 1])
        for new in self._new_items(path, "list", 3 if value else 6):
            yield Edit("item drawn", ["insert", path, None, new])

    def _new_items(self, path, holder, count):
        """Items for a container, as the parameter's spec has them."""
        if self._parameter is None or len(path) > 1:
            return
        for option in specs.options(self._parameter.spec):
            if option.kind in _HELD[holder]:
                yield from (self.drawn(option.parts[0], 1) for _ in range(count))

    def _inner(self, path, step, item, depth):
        """Edits of an item, and other things in its place where nobody annotated what it is."""
        inner = [*path, step]
        yield from self.edits(inner, item, depth + 1)
        if not self._free or item is None:
            return
        if type(item) not in _LEAVES:
            yield put("item None", inner, None, outside=True)
            return
        for other in mixed(_LEAVES[type(item)]):
            yield put("item %s" % other.kind, inner, self.drawn(other, 1), outside=True)

    def _of_set(self, path, value, depth):
        yield Edit("empty", ["empty", path])
        yield Edit("first", ["first", path, 1])
        for item in sorted(value, key=repr)[:2]:
            for new in _beside(item, self._free):
                yield Edit("item added", ["insert", path, None, source(new)])
        yield Edit("grown", ["grow", path, 60, True])

    def _dict(self, path, value, depth):
        for op in ("empty", "reverse", "rotate"):
            yield Edit(op, [op, path])
        yield Edit("first", ["first", path, 1])
        yield Edit("grown", ["grow", path, 60, True])
        yield from self._keys(path, value)
        for number, (key, item) in enumerate(list(value.items())[:_MOST_KEYS]):
            yield Edit("key dropped", ["drop_key", path, number])
            yield from _other_keys([*path, ["key", number]], key)
            yield from self._inner(path, number, item, depth)
            yield put("value None", [*path, number], None, outside=self._free)
        if type(value) is dict:
            for kind in ("default_dict", "list_dict", "ordered_dict"):
                yield Edit(kind, ["to", path, kind])
            yield Edit("subclass", ["subclass", path])
            yield Edit("missing", ["odd", path, "missing"])

    def _keys(self, path, value):
        """Keys that the source names, with values like those that are there."""
        alike = [source_of(item) for item in list(value.values())[:2]]
        values = list(dict.fromkeys([*filter(None, alike), "None", "0", "''"]))[:3]
        for key in list(dict.fromkeys([*self._pools.keys, *self._pools.strs]))[:_MOST_MINED]:
            if key not in value:
                for new in values:
                    yield Edit("key added", ["put_key", path, source(repr(key)), source(new)])

    # -- what is used up, called, or made of attributes ---------------------------------------------

    def _iterator(self, path, value, depth):
        lazy, listed = ["lazy", path, None], ["to", path, "list"]
        yield Edit("lazy", lazy)
        yield Edit("empty", ["empty", path])
        for count in (0, 1, 2):
            yield Edit("fails half way", ["lazy", path, count])
        yield Edit("longer", listed, ["grow", path, 5, True], lazy)
        yield Edit("longer", listed, ["duplicate", path, 0, 3], lazy)
        for new in self._new_items(path, "iterator", 4):
            yield Edit("longer", listed, ["insert", path, None, new], lazy)

    def _stream(self, path, value, depth):
        spec = Spec("text_io" if isinstance(value, io.TextIOBase) else "binary_io")
        for _ in range(12):
            yield put("stream", path, self.drawn(spec))

    def _callable(self, path, outside=False):
        name = "argument %s" % ".".join(map(str, path))
        yield Edit("spy", ["spy", path, name], outside=outside)
        for at in (1, 2, 3):
            yield Edit("spy fails", ["failing_spy", path, name, at], outside=outside)
        options = (
            specs.options(self._parameter.spec) if self._parameter is not None and len(path) == 1 else ()
        )
        results = [option.parts[0] for option in options if option.kind == "call"]
        for _ in range(8):
            other = self.drawn(Spec("call", (specs.union(results or [specs.ANY]),)))
            yield put("other callable", path, other, outside=outside)

    def _object(self, path, value, depth):
        """Edits of attributes; of private ones only where no other could have to agree with it."""
        for name in _attributes(value)[:_MOST_ATTRIBUTES]:
            if not name.startswith("_") or len(self._pools.private) <= 1:
                if self._pools.asks_for_attributes:
                    yield Edit("attribute dropped", ["drop_attribute", path, name])
                yield from self._inner(path, name, getattr(value, name, None), depth)


_BY_TYPE = (
    (bool, ValueEdits._bool),
    (int, ValueEdits._int),
    (float, ValueEdits._float),
    ((str, bytes), ValueEdits._text),
    ((list, tuple, collections.deque), ValueEdits._sequence),
    ((set, frozenset), ValueEdits._of_set),
    (dict, ValueEdits._dict),
    (ITERATORS, ValueEdits._iterator),
    (io.IOBase, ValueEdits._stream),
)


def _rearranged(path, value):
    """Fewer items, other orders, repetitions."""
    yield Edit("empty", ["empty", path])
    yield Edit("first", ["first", path, 1])
    yield Edit("first", ["first", path, 2])
    yield Edit("last", ["tail", path, 1])
    yield Edit("reverse", ["reverse", path])
    yield Edit("rotate", ["rotate", path])
    yield Edit("sorted", ["sort", path, False])
    yield Edit("sorted", ["sort", path, True])
    if not value:
        return
    yield Edit("duplicate", ["duplicate", path, 0, 1])
    yield Edit("duplicate", ["duplicate", path, -1, 2])
    yield Edit("repeated", ["grow", path, 2 * len(value), False])
    yield Edit("without first", ["remove", path, 0])
    yield Edit("rows tied", ["all_equal", path])
    yield Edit("shared item", ["share_item", path, 0, len(value) - 1])
    for column in _column_names(value[0]):
        yield Edit("column tied", ["same_column", path, column])


def _column_names(row):
    if isinstance(row, (tuple, list)):
        return list(range(min(len(row), _MOST_COLUMNS)))
    names = row if isinstance(row, dict) else _attributes(row)
    return [name for name in list(names)[:_MOST_COLUMNS] if isinstance(name, str)]


def _attributes(value):
    """Names of what an instance holds, in its dict or its slots."""
    if isinstance(getattr(value, "__dict__", None), dict):
        return [name for name in vars(value) if isinstance(name, str)]
    slots = [vars(kind).get("__slots__", ()) for kind in type(value).__mro__]
    names = [name for part in slots for name in ((part,) if isinstance(part, str) else part)]
    return [name for name in names if hasattr(value, name)] or list(getattr(value, "_fields", ()))


def _other_keys(place, key):
    """Edits that give a key of a dict another name."""
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        return
    others = ("", "\u00e9", key.upper(), key + " ") if isinstance(key, str) else (0, -1, True, key + 1)
    for new in others:
        if new != key:
            yield put("key changed", place, new)


def _beside(item, free):
    """Sources of items to put beside `item`: equal ones of another type, borders, odd ones."""
    if isinstance(item, bool):
        return ["True", "False", *(["1"] if free else [])]
    if isinstance(item, int):
        twins = {1: ["True"], 0: ["False"]}.get(item, [])
        near = [repr(new) for new in (0, -1, item, item + 1, item - 1, 2**62, 10**20, True)]
        return [*twins, *near, *(["%d.0" % item] if free and abs(item) < 2**53 else [])]
    if isinstance(item, float):
        return [repr(item), "-0.0", "0.0", "float('nan')", "float('inf')", "1e16", "0.1", "1"]
    if isinstance(item, str):
        return [repr(new) for new in (item, "", item.upper(), item + " ", "\u00e9", " ", item + "0")]
    empty = source_of(type(item)()) if isinstance(item, (list, dict)) and item else None
    return [text for text in (source_of(item), empty) if text]
