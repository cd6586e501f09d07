"""Write any value down as one short text that is equal for equal values in every process.

Exact types, order, sharing and the sign of zero show; addresses, hashes and anything a project's own
`__repr__`, `__eq__` or `__iter__` would say do not, because none of them is called. This serves the
log of doubles and the ranking of inputs; judging what differs is the business of the comparison.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import fractions
import io
import pathlib
import re
import types
import uuid

MAX_DEPTH = 12
MAX_ITEMS = 400
MAX_TEXT = 20_000

_PLAIN = (
    type(None),
    bool,
    int,
    str,
    bytes,
    bytearray,
    complex,
    range,
    slice,
    type(Ellipsis),
    type(NotImplemented),
)
_TEXTUAL = (
    decimal.Decimal,
    fractions.Fraction,
    dt.date,
    dt.time,
    dt.timedelta,
    dt.timezone,
    pathlib.PurePath,
    uuid.UUID,
    re.Pattern,
)
_ITEMS = (list, tuple, collections.deque)
_SETS = (set, frozenset)
_DRAINED = (
    types.GeneratorType,
    map,
    filter,
    zip,
    enumerate,
    reversed,
    type(iter([])),
    type(iter(())),
    type(iter("")),
)
_DICT_VIEWS = (type({}.keys()), type({}.values()), type({}.items()))
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def sketch(value, *, drain=False):
    """`value` as text; with `drain`, iterators are consumed (a few hundred items at most) and shown."""
    return Sketcher(drain).write(value)


class Sketcher:
    """Writes several values that may share parts: what came before is referred to."""

    def __init__(self, drain=False):
        self._drain = drain
        self._seen = {}
        self._size = 0

    def write(self, value):
        """One value as text."""
        parts = []
        self._add(value, parts, 0)
        return "".join(parts)

    def _add(self, value, parts, depth):
        text = self._short(value, depth)
        if text is None:
            number = self._seen.get(id(value))
            if number is not None:
                text = "<again %d>" % number[0]
            else:
                if not isinstance(value, (tuple, frozenset)):
                    self._seen[id(value)] = (len(self._seen), value)
                self._structure(value, parts, depth)
                return
        self._size += len(text)
        parts.append(text)

    def _short(self, value, depth):
        kind = type(value)
        if kind is float:
            return "nan" if value != value else float.__repr__(value)
        if kind in _PLAIN:
            return repr(value)
        if depth > MAX_DEPTH or self._size > MAX_TEXT:
            return "<%s ...>" % kind.__qualname__
        if isinstance(value, type):
            return "<class %s>" % value.__qualname__
        if isinstance(value, types.ModuleType):
            return "<module %s>" % value.__name__
        if kind in _TEXTUAL or (
            isinstance(value, _TEXTUAL) and kind.__module__ in ("datetime", "pathlib", "zoneinfo")
        ):
            return repr(value)
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
            return "<callable>"
        return None

    def _structure(self, value, parts, depth):
        kind = type(value)
        parts.append(kind.__qualname__)
        base = _builtin_base(value)
        if base is not None:
            parts.append("=" + ("nan" if base != base else repr(base)))
        elif kind.__module__.partition(".")[0] in _TABLES:
            parts.append(_TABLES[kind.__module__.partition(".")[0]](value))
            return
        elif isinstance(value, (*_ITEMS, dict, BaseException, *_DICT_VIEWS)):
            self._ordered(value, parts, depth)
        elif isinstance(value, _SETS):
            parts.append(repr(sorted(Sketcher().write(item) for item in list(value)[:MAX_ITEMS])))
        elif isinstance(value, io.StringIO):
            parts.append("<closed>" if value.closed else repr((value.getvalue(), value.tell())))
        elif isinstance(value, _DRAINED) and self._drain:
            self._iterator(value, parts, depth)
        self._attributes(value, parts, depth)

    def _ordered(self, value, parts, depth):
        if isinstance(value, collections.deque) and value.maxlen is not None:
            parts.append("/%d" % value.maxlen)
        if isinstance(value, collections.defaultdict):
            parts.append("/" + getattr(value.default_factory, "__qualname__", str(value.default_factory)))
        if isinstance(value, dict):
            items = [part for pair in dict.items(value) for part in pair]
        elif isinstance(value, BaseException):
            items = list(value.args)
        else:
            items = list(value) if isinstance(value, _DICT_VIEWS) else _raw_items(value)
        self._items(items, parts, depth)

    def _items(self, items, parts, depth):
        parts.append("[")
        for item in items[:MAX_ITEMS]:
            self._add(item, parts, depth + 1)
            parts.append(",")
        if len(items) > MAX_ITEMS:
            parts.append("...%d" % len(items))
        parts.append("]")

    def _iterator(self, value, parts, depth):
        parts.append("[")
        try:
            for count, item in enumerate(value):
                if count >= MAX_ITEMS:
                    break
                self._add(item, parts, depth + 1)
                parts.append(",")
        except Exception as error:
            parts.append("raised " + type(error).__qualname__)
        parts.append("]")

    def _attributes(self, value, parts, depth):
        found = {}
        try:
            state = object.__getattribute__(value, "__dict__")
        except AttributeError:
            state = None
        if isinstance(state, dict):
            found.update(state)
        for owner in type(value).__mro__:
            for name, slot in list(vars(owner).items()):
                if isinstance(slot, types.MemberDescriptorType) and owner.__module__ not in (
                    "builtins",
                    "datetime",
                ):
                    try:
                        found.setdefault(name, slot.__get__(value))
                    except AttributeError:
                        continue
        for name in sorted(found, key=str):
            parts.append(";%s=" % (name,))
            self._add(found[name], parts, depth + 1)


def _builtin_base(value):
    """The plain number or text inside an instance of a subclass of int, float, str or bytes."""
    for base in (int, float, str, bytes):
        if isinstance(value, base):
            plain = getattr(base, "__pos__", None) if base in (int, float) else None
            return plain(value) if plain else base.__getitem__(value, slice(None))
    return None


def _raw_items(value):
    for base in (list, tuple):
        if isinstance(value, base):
            return base.__getitem__(value, slice(None))
    return list(collections.deque.__iter__(value))


def _array(value):
    """An array or scalar of numpy, with its type and shape."""
    return "(%s %s %r)" % (
        getattr(value, "dtype", ""),
        getattr(value, "shape", ""),
        getattr(value, "tolist", str)(),
    )


def _frame(value):
    """A table, column or index of pandas."""
    if hasattr(value, "columns"):
        return "(%r %s)" % (value.to_dict("split"), list(map(str, value.dtypes)))
    index = list(value.index) if hasattr(value, "index") else ""
    return "(%s %r %r %r)" % (getattr(value, "dtype", ""), getattr(value, "name", None), index, list(value))


_TABLES = {"numpy": _array, "pandas": _frame}


def without_addresses(text):
    """`text` without the addresses that default `repr`s hold."""
    return _ADDRESS.sub("", text)
