"""How each builtin type, and each well-known type of the standard library, is written. Used by `canon.Canon` only."""

from __future__ import annotations

import array
import collections
import enum
import functools
import io
import os
import re
import sys
import threading
import types
import weakref

from .canon_objects import DESCRIPTORS, FUNCTIONS, state_of
from .digests import sha256

LONG_TEXT = 4000
_LOCK_TYPES = (type(threading.Lock()), type(threading.RLock()))
_VIEWS = (type({}.keys()), type({}.values()), type({}.items()))


def _int(canon, value):
    return "i%d" % value if -(1 << 64) < value < 1 << 64 else "i" + hex(value)


def _str(canon, value):
    value = canon.text(value)
    if len(value) <= LONG_TEXT:
        return "s" + value
    whole = sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return "S%d %s %s" % (len(value), whole, value[:200])


def _bytes(value):
    if len(value) <= LONG_TEXT:
        return bytes(value).hex()
    return "%d %s" % (len(value), sha256(value).hexdigest())


def _float(canon, value):
    return "fnan" if value != value else "f" + value.hex()


SCALARS = {
    type(None): lambda canon, value: "N",
    bool: lambda canon, value: "T" if value else "F",
    int: _int,
    float: _float,
    complex: lambda canon, value: "c" + _float(canon, value.real) + _float(canon, value.imag),
    str: _str,
    bytes: lambda canon, value: "b" + _bytes(value),
    type(Ellipsis): lambda canon, value: "E",
    type(NotImplemented): lambda canon, value: "NotImplemented",
}


def _shown(canon, value, place, depth):
    return [canon.text(repr(value))]


def _listed(canon, value, place, depth):
    return [canon.items(list(value), place, depth)]


def _tzinfo(canon, value, place, depth):
    return [value.isoformat(), value.fold, canon.node(value.tzinfo, (place, "tzinfo"), depth)]


def _match(canon, value, place, depth):
    return [
        canon.node(value.re, (place, "re"), depth),
        canon.node(value.string, (place, "string"), depth),
        [value.pos, value.endpos, value.lastindex, value.lastgroup],
        [list(span) for span in value.regs],
    ]


def _partial(canon, value, place, depth):
    parts = {"func": value.func, "args": value.args, "keywords": value.keywords}
    return [[name, canon.node(part, (place, name), depth)] for name, part in parts.items()]


def _module(canon, value, place, depth):
    return [value.__name__]


def _view(canon, value, place, depth):
    if isinstance(value, type({}.items())):
        return [canon.pairs(list(value), place, depth)]
    return _listed(canon, value, place, depth)


def _slice(canon, value, place, depth):
    return canon.items([value.start, value.stop, value.step], place, depth)


def _defaultdict(canon, value, place, depth):
    pairs = canon.pairs(dict.items(value), place, depth)
    return [pairs, canon.node(value.default_factory, (place, "default_factory"), depth)]


def _cell(canon, value, place, depth):
    try:
        return [canon.node(value.cell_contents, (place, "cell_contents"), depth)]
    except ValueError:
        return []


WRITERS = {
    list: lambda canon, value, place, depth: [canon.items(value, place, depth)],
    tuple: lambda canon, value, place, depth: [canon.items(value, place, depth)],
    dict: lambda canon, value, place, depth: [canon.pairs(value.items(), place, depth)],
    set: lambda canon, value, place, depth: canon.set_of(value, place, depth),
    frozenset: lambda canon, value, place, depth: canon.set_of(value, place, depth),
    collections.deque: lambda canon, value, place, depth: [
        canon.items(list(value), place, depth),
        value.maxlen,
    ],
    collections.defaultdict: _defaultdict,
    collections.OrderedDict: lambda canon, value, place, depth: [
        canon.pairs(collections.OrderedDict.items(value), place, depth)
    ],
    types.MappingProxyType: lambda canon, value, place, depth: [canon.pairs(value.items(), place, depth)],
    **dict.fromkeys(_VIEWS, _view),
    bytearray: lambda canon, value, place, depth: [_bytes(value)],
    memoryview: lambda canon, value, place, depth: [
        value.format,
        list(value.shape or ()),
        value.readonly,
        _bytes(value.tobytes()),
        canon.node(value.obj, (place, "obj"), depth),
    ],
    array.array: lambda canon, value, place, depth: [value.typecode, _bytes(value.tobytes())],
    range: _shown,
    slice: _slice,
    re.Pattern: lambda canon, value, place, depth: [canon.node(value.pattern, place, depth), value.flags],
    re.Match: _match,
    functools.partial: _partial,
    types.ModuleType: _module,
    types.CellType: _cell,
    weakref.ref: lambda canon, value, place, depth: [canon.node(value(), (place, "()"), depth)],
    io.StringIO: lambda canon, value, place, depth: _buffer(canon, value),
    io.BytesIO: lambda canon, value, place, depth: _buffer(canon, value),
    **dict.fromkeys(_LOCK_TYPES, lambda canon, value, place, depth: _locked(value)),
}

# Not imported here: a project that does not load them should not wait for them.
SHOWN = {
    ("decimal", "Decimal"): _shown,
    ("fractions", "Fraction"): _shown,
    ("datetime", "datetime"): _tzinfo,
    ("datetime", "time"): _tzinfo,
    ("datetime", "date"): _shown,
    ("datetime", "timedelta"): _shown,
    ("datetime", "timezone"): _shown,
    ("uuid", "UUID"): _shown,
}
VALUE_MODULES = ("decimal", "fractions", "datetime", "zoneinfo", "uuid", "pathlib", "pathlib._local")

# Values whose identity no careful caller relies on: sharing of these is not written.
IDENTITYLESS = (
    tuple,
    frozenset,
    str,
    bytes,
    int,
    float,
    complex,
    range,
    slice,
    re.Pattern,
    re.Match,
    type,
    enum.Enum,
    types.ModuleType,
    *FUNCTIONS,
    *DESCRIPTORS,
)


def _locked(lock):
    locked = getattr(lock, "locked", None)
    return ["locked" if locked is not None and locked() else "lock"]


def _buffer(canon, value):
    if value.closed:
        return ["closed"]
    content = value.getvalue()
    return [_str(canon, content) if isinstance(content, str) else "b" + _bytes(content), value.tell()]


def _enum(canon, value, place, depth):
    return [str(value._name_)]


def _path(canon, value, place, depth):
    return [canon.text(os.fspath(value))]


def _exception(canon, value, place, depth):
    arguments = canon.node(value.args, (place, "args"), depth)
    extra = state_of(value) or {}
    attributes = [[name, canon.node(extra[name], (place, name), depth)] for name in sorted(extra)]
    cause = value.__cause__
    return [
        arguments,
        attributes,
        None if cause is None else canon.node(cause, (place, "__cause__"), depth),
    ]


def _file(canon, value, place, depth):
    closed = value.closed
    name = canon.text(str(getattr(value, "name", None)))
    mode = str(getattr(value, "mode", None))
    where = None
    if not closed and getattr(value, "seekable", None) and value.seekable():
        try:
            where = value.tell()
        except (OSError, ValueError):
            where = "unknown"
    return ["closed" if closed else "open", name, mode, where]


def _logger(canon, value, place, depth):
    return [getattr(value, "name", "")]


def _mock(canon, value, place, depth):
    return [[canon.text(str(call)) for call in value.mock_calls]]


def _connection(canon, value, place, depth):
    try:
        return [value.in_transaction, value.total_changes, [canon.text(line) for line in value.iterdump()]]
    except Exception as error:
        return [type(error).__name__]


def special_writer(kind):
    """The writer for values known by what their type derives from, or None."""
    for base, writer in _BY_BASE:
        if issubclass(kind, base):
            return writer
    for module, name, writer in _BY_NAME:
        base = getattr(sys.modules.get(module), name, None)
        if isinstance(base, type) and issubclass(kind, base):
            return writer
    return None


_BY_BASE = ((enum.Enum, _enum), (BaseException, _exception), (io.IOBase, _file))
_BY_NAME = (
    ("pathlib", "PurePath", _path),
    ("logging", "Logger", _logger),
    ("logging", "Handler", _logger),
    ("unittest.mock", "NonCallableMock", _mock),
    ("sqlite3", "Connection", _connection),
    ("zoneinfo", "ZoneInfo", _shown),
    (
        "_random",
        "Random",
        lambda canon, value, place, depth: [sha256(repr(value.getstate()).encode()).hexdigest()],
    ),
)
