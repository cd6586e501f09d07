"""Write any value as plain JSON in which two values are equal only if a caller could not tell them apart.

Scalars are strings with a tag ("i5", "f0x1.8p+0", "stext"); everything else is a list that starts with the
exact type. Order, sharing (a second visit is `["ref", PLACE]`), the sign of zero, float bits, factories and
bounds are all in it. No method of the project is called: an overridden `__eq__`, `__iter__` or `__len__`
cannot change what is written. What cannot be looked into is written by its type and listed in `opaque`.
"""

from __future__ import annotations

import array
import collections
import enum
import functools
import io
import json
import operator
import os
import re
import sys
import threading
import types
import weakref

from .canon_numeric import numeric
from .digests import sha256

MAX_DEPTH = 300
LONG_TEXT = 4000
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}")
_LOCK_TYPES = (type(threading.Lock()), type(threading.RLock()))
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType)
_DESCRIPTORS = (types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType)
_VIEWS = (type({}.keys()), type({}.values()), type({}.items()))
_UNREAD = object()
_BASES = (
    list,
    tuple,
    collections.defaultdict,
    collections.OrderedDict,
    dict,
    set,
    frozenset,
    str,
    bytes,
    int,
    float,
    bytearray,
    complex,
    collections.deque,
)


class Canon:
    """Writes values that belong together: what is shared between them is seen.

    `known` maps ids of objects that exist before to their places. `own` says whether a module's name is
    one of the project's. `folder` is the scratch folder, written as `<cwd>` in texts. `limit` bounds how many
    values are visited; beyond it only types are written, and `opaque` says so.
    """

    def __init__(self, known=None, own=None, folder="", limit=60_000):
        self.known = known if known is not None else {}
        self.seen = {}
        self.opaque = {}
        self.iterators = []
        self.functions = []
        self._own = own or (lambda module: False)
        self._folder = folder
        self.left = limit
        self._keep = []
        self._traits = {}

    def write(self, value, place):
        """`value` as JSON. `place` is where it is: a pair (place of the owner or None, key)."""
        return self._write(value, place, 0)

    def text(self, value):
        """A string without addresses and without the name of the scratch folder."""
        if self._folder and self._folder in value:
            value = value.replace(self._folder, "<cwd>")
        return _ADDRESS.sub("0x", value) if "0x" in value else value

    def where(self, value):
        """The place at which an object was met before, as text, or None."""
        found = self.known.get(id(value)) or self.seen.get(id(value))
        return None if found is None else spell(found)

    def remember(self, value, place):
        """Take an object as met at `place`."""
        self.seen[id(value)] = place
        self._keep.append(value)

    def not_seen(self, what):
        """Note that something could not be looked into."""
        self.opaque[what] = None

    def _write(self, value, place, depth):
        kind = type(value)
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            return scalar(self, value)
        self.left -= 1
        if self.left < 0 or depth > MAX_DEPTH:
            self.not_seen("what lies deeper in a very large or deep value")
            return [_name(kind), "..."]
        if not issubclass(kind, _IDENTITYLESS) and kind.__module__ not in _VALUE_MODULES:
            found = self.where(value)
            if found is not None:
                return ["ref", found]
            self.remember(value, place)
        writer = _WRITERS.get(kind) or _SHOWN.get((kind.__module__, kind.__qualname__))
        if writer is not None:
            return [_name(kind), *writer(self, value, place, depth + 1)]
        return self._other(value, kind, place, depth + 1)

    def _items(self, items, place, depth):
        return [self._write(item, (place, number), depth) for number, item in enumerate(items)]

    def _pairs(self, pairs, place, depth):
        return [
            [self._write(key, (place, (number, "key")), depth), self._write(item, (place, number), depth)]
            for number, (key, item) in enumerate(pairs)
        ]

    def _set(self, value, place, depth):
        """Sorted, and beside it the order in which iteration gives the items."""
        items = [json.dumps(node) for node in self._items(value, place, depth)]
        order = sorted(range(len(items)), key=items.__getitem__)
        return [[json.loads(items[number]) for number in order], {"order": order}]

    def _other(self, value, kind, place, depth):
        if issubclass(kind, type):
            return ["class", self._class(value)]
        if issubclass(kind, (*_FUNCTIONS, *_DESCRIPTORS)):
            return self._function(value, kind, place, depth)
        special = _special(kind)
        if special is not None:
            return [self._class(kind), *special(self, value, place, depth)]
        foreign = numeric(self, value, kind, place, depth)
        if foreign is not None:
            return [_name(kind), *foreign]
        if hasattr(kind, "__next__") and not _has_state(value):
            return self._iterator(value, kind, place)
        return self._instance(value, kind, place, depth)

    def _iterator(self, value, kind, place):
        number = len(self.iterators)
        self.iterators.append((place, value))
        return [_name(kind), "iterator %d" % number, _how_far(value)]

    def _function(self, value, kind, place, depth):
        label = getattr(value, "_tenpercent_callback_", None) if kind is types.FunctionType else None
        if label is not None:
            return ["callback", label]
        owner = getattr(value, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType):
            return ["method", value.__name__, self._write(owner, (place, "__self__"), depth)]
        name = "%s:%s" % (getattr(value, "__module__", None), getattr(value, "__qualname__", value.__name__))
        if kind is types.FunctionType:
            if self._own(value.__module__) or "<" in name:
                self.functions.append((place, value))
            if "<" in name:
                return ["function", value.__name__, _signature(self, value, place, depth)]
        return ["function", name]

    def _instance(self, value, kind, place, depth):
        node = [self._class(kind)]
        content = self._content(value, kind, place, depth)
        if content is not None:
            node.append(content)
        attributes = state_of(value)
        if attributes is not None:
            node.append(
                [
                    [name, self._write(attributes[name], (place, name), depth)]
                    for name in sorted(attributes, key=str)
                ]
            )
        if content is None and _has_state_of_c(kind, attributes):
            node.append(self._reduced(value, kind, place, depth))
        if hasattr(kind, "__next__"):
            node.append(self._iterator(value, kind, place)[1])
        return node

    def _content(self, value, kind, place, depth):
        """What an instance of a subclass of a builtin type holds as such."""
        for base in _BASES:
            if issubclass(kind, base):
                plain = _plain(value, base)
                scalar = _SCALARS.get(base)
                return scalar(self, plain) if scalar else _WRITERS[base](self, plain, place, depth)
        return None

    def _reduced(self, value, kind, place, depth):
        """What pickling would keep, for types of C; else the type alone, and a note."""
        try:
            reduced = value.__reduce_ex__(2)
        except Exception:
            self._list_opaque(kind)
            return []
        if isinstance(reduced, str):
            return ["global", reduced]
        parts = [list(part) if index > 2 and part is not None else part for index, part in enumerate(reduced)]
        return self._items(parts, (place, "state"), depth)

    def _list_opaque(self, kind):
        self.not_seen("what is inside %s" % _name(kind))

    def _class(self, kind):
        """A class's name; for the project's own with what a caller can tell of its instances."""
        if not self._own(kind.__module__):
            return _name(kind)
        traits = self._traits.get(kind)
        if traits is None:
            traits = self._traits[kind] = "%s {%s}" % (_name(kind), " ".join(traits_of(kind, self._own)))
        return traits


def spell(place):
    """A place as text: `result[0].name`."""
    parts = []
    while place is not None:
        place, key = place
        if isinstance(key, tuple):
            parts.append("[%s %s]" % (key[1], key[0]))
        else:
            parts.append("[%d]" % key if isinstance(key, int) else "." + key if place else key)
    return "".join(reversed(parts))


def root_of(place):
    """The first key of a place: `result`, `arguments`, `global TABLE`."""
    while place[0] is not None:
        place = place[0]
    return place[1]


def digest(node):
    """A short name for a node: equal nodes have equal digests."""
    return sha256(json.dumps(node, separators=(",", ":")).encode()).hexdigest()[:32]


def state_of(value):
    """The attributes kept in an instance (its dict and its slots), or None when it can have none."""
    found = None
    try:
        attributes = object.__getattribute__(value, "__dict__")
    except Exception:
        attributes = None
    if type(attributes) is dict:
        found = dict(attributes)
    for owner in type(value).__mro__:
        for name, slot in list(owner.__dict__.items()):
            if (
                type(slot) is types.MemberDescriptorType
                and name != "__dict__"
                and owner.__module__ not in _SLOTTED_BY_C
            ):
                found = {} if found is None else found
                try:
                    found.setdefault(name, slot.__get__(value, type(value)))
                except AttributeError:
                    continue
    return found


_SLOTTED_BY_C = ("builtins", "datetime", "functools", "operator", "itertools", "collections")


def traits_of(kind, own):
    """What tells instances of two classes of one name apart, apart from their attributes."""
    for base in kind.__mro__:
        if base is not object and not own(base.__module__) and base.__module__ not in ("typing", "abc"):
            yield _name(base)
    facts = {
        "dict": kind.__dictoffset__ != 0,
        "weakref": kind.__weakrefoffset__ != 0,
        "unhashable": kind.__hash__ is None,
        "hash": kind.__hash__ is not None and kind.__hash__ is not object.__hash__,
        "eq": kind.__eq__ is not object.__eq__,
        "order": kind.__lt__ is not object.__lt__,
        "setattr": kind.__setattr__ is not object.__setattr__,
        "dataclass": "__dataclass_fields__" in kind.__dict__,
        "iter": hasattr(kind, "__iter__"),
        "repr": kind.__repr__ is not object.__repr__,
    }
    for name, holds in facts.items():
        if holds:
            yield name


def _name(kind):
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else "%s.%s" % (module, kind.__qualname__)


def _plain(value, base):
    """The builtin value inside an instance of a subclass, read by the builtin type's own methods."""
    if base in (int, float):
        return base.__pos__(value)
    if base is complex:
        return complex(complex.real.__get__(value), complex.imag.__get__(value))
    if base in (str, bytes, bytearray, list, tuple):
        return base.__getitem__(value, slice(None))
    if base is collections.deque:
        return collections.deque(base.__iter__(value), base.maxlen.__get__(value))
    if base is collections.defaultdict:
        return collections.defaultdict(base.default_factory.__get__(value), dict.items(value))
    return base(base.items(value) if issubclass(base, dict) else base.__iter__(value))


def _has_state_of_c(kind, attributes):
    """Whether instances hold more than their dict and slots: fields that only C code sees."""
    expected = object.__basicsize__ + 16 + 8 * len(attributes or ())
    return kind.__basicsize__ > expected


def _has_state(value):
    return state_of(value) is not None


def _how_far(value):
    """How far an iterator has been read, without reading on."""
    frame = getattr(value, "gi_frame", _UNREAD)
    if frame is not _UNREAD:
        return "finished" if frame is None else "started" if frame.f_lasti > 0 and _ran(value) else "fresh"
    try:
        return operator.length_hint(value, -1)
    except Exception:
        return "unknown"


def _ran(generator):
    state = getattr(generator, "gi_suspended", None)
    return generator.gi_frame.f_lasti > 0 if state is None else state


def _signature(canon, function, place, depth):
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    defaults = canon._write(function.__defaults__, (place, "__defaults__"), depth)
    keywords = canon._write(function.__kwdefaults__, (place, "__kwdefaults__"), depth)
    return [
        list(code.co_varnames[:count]),
        code.co_posonlyargcount,
        code.co_flags & 0x2AC,
        defaults,
        keywords,
    ]


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


_SCALARS = {
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
    return [canon._items(list(value), place, depth)]


def _tzinfo(canon, value, place, depth):
    return [value.isoformat(), value.fold, canon._write(value.tzinfo, (place, "tzinfo"), depth)]


def _match(canon, value, place, depth):
    return [
        canon._write(value.re, (place, "re"), depth),
        canon._write(value.string, (place, "string"), depth),
        [value.pos, value.endpos, value.lastindex, value.lastgroup],
        [list(span) for span in value.regs],
    ]


def _partial(canon, value, place, depth):
    parts = {"func": value.func, "args": value.args, "keywords": value.keywords}
    return [[name, canon._write(part, (place, name), depth)] for name, part in parts.items()]


def _module(canon, value, place, depth):
    return [value.__name__]


def _view(canon, value, place, depth):
    if isinstance(value, type({}.items())):
        return [canon._pairs(list(value), place, depth)]
    return _listed(canon, value, place, depth)


def _slice(canon, value, place, depth):
    return canon._items([value.start, value.stop, value.step], place, depth)


def _defaultdict(canon, value, place, depth):
    pairs = canon._pairs(dict.items(value), place, depth)
    return [pairs, canon._write(value.default_factory, (place, "default_factory"), depth)]


def _cell(canon, value, place, depth):
    try:
        return [canon._write(value.cell_contents, (place, "cell_contents"), depth)]
    except ValueError:
        return []


_WRITERS = {
    list: lambda canon, value, place, depth: [canon._items(value, place, depth)],
    tuple: lambda canon, value, place, depth: [canon._items(value, place, depth)],
    dict: lambda canon, value, place, depth: [canon._pairs(value.items(), place, depth)],
    set: lambda canon, value, place, depth: canon._set(value, place, depth),
    frozenset: lambda canon, value, place, depth: canon._set(value, place, depth),
    collections.deque: lambda canon, value, place, depth: [
        canon._items(list(value), place, depth),
        value.maxlen,
    ],
    collections.defaultdict: _defaultdict,
    collections.OrderedDict: lambda canon, value, place, depth: [
        canon._pairs(collections.OrderedDict.items(value), place, depth)
    ],
    types.MappingProxyType: lambda canon, value, place, depth: [canon._pairs(value.items(), place, depth)],
    **dict.fromkeys(_VIEWS, _view),
    bytearray: lambda canon, value, place, depth: [_bytes(value)],
    memoryview: lambda canon, value, place, depth: [
        value.format,
        list(value.shape or ()),
        value.readonly,
        _bytes(value.tobytes()),
        canon._write(value.obj, (place, "obj"), depth),
    ],
    array.array: lambda canon, value, place, depth: [value.typecode, _bytes(value.tobytes())],
    range: _shown,
    slice: _slice,
    re.Pattern: lambda canon, value, place, depth: [canon._write(value.pattern, place, depth), value.flags],
    re.Match: _match,
    functools.partial: _partial,
    types.ModuleType: _module,
    types.CellType: _cell,
    weakref.ref: lambda canon, value, place, depth: [canon._write(value(), (place, "()"), depth)],
    io.StringIO: lambda canon, value, place, depth: _buffer(canon, value),
    io.BytesIO: lambda canon, value, place, depth: _buffer(canon, value),
    **dict.fromkeys(_LOCK_TYPES, lambda canon, value, place, depth: _locked(value)),
}

# Not imported here: a project that does not load them should not wait for them.
_SHOWN = {
    ("decimal", "Decimal"): _shown,
    ("fractions", "Fraction"): _shown,
    ("datetime", "datetime"): _tzinfo,
    ("datetime", "time"): _tzinfo,
    ("datetime", "date"): _shown,
    ("datetime", "timedelta"): _shown,
    ("datetime", "timezone"): _shown,
    ("uuid", "UUID"): _shown,
}
_VALUE_MODULES = ("decimal", "fractions", "datetime", "zoneinfo", "uuid", "pathlib", "pathlib._local")

# Values whose identity no careful caller relies on: sharing of these is not written.
_IDENTITYLESS = (
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
    *_FUNCTIONS,
    *_DESCRIPTORS,
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
    arguments = canon._write(value.args, (place, "args"), depth)
    extra = state_of(value) or {}
    attributes = [[name, canon._write(extra[name], (place, name), depth)] for name in sorted(extra)]
    cause = value.__cause__
    return [
        arguments,
        attributes,
        None if cause is None else canon._write(cause, (place, "__cause__"), depth),
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


def _special(kind):
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
    ("_random", "Random", lambda canon, value, place, depth: [digest(repr(value.getstate()))]),
)
