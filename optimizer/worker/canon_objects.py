"""What objects are made of: their attributes, a builtin value inside, what their class shows, how far they are read."""

from __future__ import annotations

import collections
import operator
import types

FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType)
DESCRIPTORS = (types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType)
BASES = (
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
_UNREAD = object()


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
            yield name_of(base)
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


def name_of(kind):
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else "%s.%s" % (module, kind.__qualname__)


def plain(value, base):
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


def has_state_of_c(kind, attributes):
    """Whether instances hold more than their dict and slots: fields that only C code sees."""
    expected = object.__basicsize__ + 16 + 8 * len(attributes or ())
    return kind.__basicsize__ > expected


def has_state(value):
    return state_of(value) is not None


def how_far(value):
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


def signature(canon, function, place, depth):
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    defaults = canon.node(function.__defaults__, (place, "__defaults__"), depth)
    keywords = canon.node(function.__kwdefaults__, (place, "__kwdefaults__"), depth)
    return [
        list(code.co_varnames[:count]),
        code.co_posonlyargcount,
        code.co_flags & 0x2AC,
        defaults,
        keywords,
    ]
