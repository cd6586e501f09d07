"""What kind of call this is: exact types and sizes of the arguments, from features that cost next to nothing.

Nothing here runs the project's code: types come from `type`, lengths only from exact builtin types.
"""

from __future__ import annotations

import collections

_module_of = type.__dict__["__module__"].__get__
_qualname_of = type.__dict__["__qualname__"].__get__
_BOUNDS = (0, 16, 256, 65536)


def type_name(kind):
    """`list` for a builtin, `package.module.Class` for any other type."""
    try:
        module = _module_of(kind)
    except AttributeError:
        module = "builtins"
    if module == "builtins" or not isinstance(module, str):
        return _qualname_of(kind)
    return module + "." + _qualname_of(kind)


def shape(value):
    """(type, type of the elements, size class) of one argument; hashable, and without references to it."""
    kind = type(value)
    measure = _MEASURES.get(id(kind))
    if measure is not None:
        return measure(value)
    name = type_name(kind)
    if name.startswith(("numpy.", "pandas.")):
        return (name, *_array(value))
    return (name, "", "")


def described(shapes):
    """The name of a stratum: `list[int] 8-15, str 1`."""
    return ", ".join(_one(*parts) for parts in shapes) or "no arguments"


def _one(name, inner, size):
    return name + ("[%s]" % inner if inner else "") + (" " + size if size else "")


def _span(length):
    """A size class by powers of two: `0`, `1`, `2-3`, `4-7`..."""
    bits = length.bit_length()
    return str(length) if bits < 2 else "%d-%d" % (1 << (bits - 1), (1 << bits) - 1)


def _sequence(value):
    first = type_name(type(value[0])) if value else ""
    return (type(value).__name__, first, _span(len(value)))


def _collection(value):
    first = type_name(type(next(iter(value)))) if value else ""
    return (type(value).__name__, first, _span(len(value)))


def _mapping(value):
    inner = ""
    if value:
        key = next(iter(value))
        inner = type_name(type(key)) + ": " + (type_name(type(value[key])) if type(key) in _SIMPLE else "...")
    return (type(value).__name__, inner, _span(len(value)))


def _text(value):
    return ("str", "", _span(len(value)) if value.isascii() else _span(len(value)) + " non-ascii")


def _sized(value):
    return (type(value).__name__, "", _span(len(value)))


def _integer(value):
    if value < 0:
        return ("int", "", "negative")
    if value in (0, 1):
        return ("int", "", str(value))
    below = next((bound for bound in _BOUNDS if value < bound), None)
    return ("int", "", "<%d" % below if below else "big")


def _real(value):
    if value != value or value in (float("inf"), float("-inf")):
        return ("float", "", "not finite")
    return ("float", "", "negative" if value < 0 else "" if value else "0")


def _flag(value):
    return ("bool", "", str(value))


def _nothing(value):
    return ("NoneType", "", "")


def _array(value):
    """Arrays and tables: element type and number of elements, which these libraries have at hand."""
    try:
        # A table has an element type for each column, and its columns as attributes.
        return "" if hasattr(value, "columns") else str(value.dtype), _span(int(value.size))
    except BaseException:
        return "", ""


_SIMPLE = (str, int, bytes, float, bool, type(None))
_MEASURES = {
    id(list): _sequence,
    id(tuple): _sequence,
    id(collections.deque): _sequence,
    id(set): _collection,
    id(frozenset): _collection,
    id(dict): _mapping,
    id(str): _text,
    id(bytes): _sized,
    id(bytearray): _sized,
    id(range): _sized,
    id(int): _integer,
    id(float): _real,
    id(bool): _flag,
    id(type(None)): _nothing,
}
