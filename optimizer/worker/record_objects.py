"""How instances of the project's own classes are put into a pickle.

Mostly as pickle does it. Not so where that would run methods of the class on an object that has no
attributes yet (`__getattr__`, `append`, `__setitem__`...): then the state is set past them.
"""

from __future__ import annotations

import collections
import copyreg
import operator
import os
import types

from .record_ways import Do

HEAP_TYPE = 1 << 9
_PROTOCOLS = {
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
}
_LOOKUPS = {"__getattribute__", "__getattr__"}
_FILLING = {
    "__iter__",
    "__setitem__",
    "__len__",
    "append",
    "extend",
    "insert",
    "update",
    "add",
    "items",
    "keys",
}
_RUN_BY_PICKLE = (*sorted(_PROTOCOLS | _LOOKUPS), "__iter__", "items", "keys")
_CONTAINERS = (list, dict, set)
_WITH_CONTENT = (
    frozenset,
    tuple,
    collections.deque,
    int,
    str,
    float,
    bytes,
    complex,
    BaseException,
    *_CONTAINERS,
)
_STANDARD_LIBRARY = os.path.join(os.path.dirname(os.path.abspath(os.__file__)), "")


def runs_own_code(kind):
    """Whether pickling an instance runs methods that the project has written."""
    if _is_raw(kind):
        return False
    methods = [_method(kind, name) for name in _RUN_BY_PICKLE]
    return any(method is not None and not _is_installed(method) for method in methods)


def instance_way(kind):
    """The function that reduces instances of a class; None leaves them to pickle."""
    return raw if _is_raw(kind) else None


def may_be_stateless(kind):
    """Whether an instance with an empty `__dict__` holds nothing at all, as sentinels do."""
    if kind is object:
        return True
    names = _names(kind)
    return not (
        issubclass(kind, _WITH_CONTENT) or names & (_PROTOCOLS | _LOOKUPS | {"__slots__"})
    ) and _has_dict(kind)


def raw(value):
    """Made by the builtin base alone: its content as that base holds it, its `__dict__` set past the class.

    NotImplemented where the base is none of those that allow it.
    """
    kind = type(value)
    base = _builtin_base(kind)
    if base is not object and base not in _CONTAINERS:
        return NotImplemented
    content = None if base is object else base.copy(value)
    made = copyreg._reconstructor, (kind, base, content)
    state = _dict_of(kind).__get__(value) if _has_dict(kind) else None
    return (*made, state, None, None, _setter(kind)) if state else made


def _setter(kind):
    """What sets the `__dict__` of an instance past the class: a method of the descriptor of that name."""
    owner = next(base for base in kind.__mro__ if "__dict__" in base.__dict__)
    names = Do(operator.attrgetter("__dict__"), owner)
    return Do(operator.attrgetter("__set__"), Do(operator.getitem, names, "__dict__"))


def _has_dict(kind):
    return any("__dict__" in base.__dict__ for base in kind.__mro__)


def _dict_of(kind):
    return next(base.__dict__["__dict__"] for base in kind.__mro__ if "__dict__" in base.__dict__)


def _is_raw(kind):
    """Whether pickle would stumble over the methods of a class that says nothing about pickling."""
    names = _names(kind)
    if names & (_PROTOCOLS | {"__slots__"}):
        return False
    base = _builtin_base(kind)
    return bool((base in _CONTAINERS and names & _FILLING) or (base is object and names & _LOOKUPS))


def _names(kind):
    """What the class and its bases define in Python."""
    return {name for base in kind.__mro__ if base.__flags__ & HEAP_TYPE for name in base.__dict__}


def _builtin_base(kind):
    """The builtin type that `kind` extends; `object` for most."""
    return next(base for base in kind.__mro__ if not base.__flags__ & HEAP_TYPE)


def _method(kind, name):
    found = next((base.__dict__[name] for base in kind.__mro__ if name in base.__dict__), None)
    return found if isinstance(found, types.FunctionType) else None


def _is_installed(function):
    """Whether it comes from the standard library or an installed package."""
    file = os.path.abspath(function.__code__.co_filename)
    return file.startswith(_STANDARD_LIBRARY) or "site-packages" in file or "dist-packages" in file
