"""State that calls leave behind outside their arguments: caches, memo tables, counters.

Replaying one call thousands of times would find every cache full. Where only the later version keeps
such state, its gain would be an artefact; so it is emptied before every pass over the recorded calls
(calls that really repeat within a pass still hit it).
"""

from __future__ import annotations

import collections
import functools
import types

# Methods are taken from these, not from subclasses: a subclass may do more. `OrderedDict` keeps more than a dict does.
_CONTAINERS = (collections.OrderedDict, dict, list, set, collections.deque, bytearray)
_MOST = 400
_DEPTH = 4
_LARGE = 10_000
_SMALL = 50
_FUNCTIONS = (types.FunctionType, types.MethodType)


class State:
    """Everything that a version's own functions can keep something in, as it was when this was made."""

    def __init__(self, side):
        self._side = side
        self._holders = {}
        self._seen = set()
        for name, functions in sorted(side.raw.items()):
            for function in functions:
                self._add(name, function, 0)
        for name, value in side.own.items():
            self._add(name, value, 0)
        for owner, name, value in side.attributes:
            self._add("%s.%s" % (owner.__qualname__, name), value, 0)

    def changed(self):
        """Names of what differs from how it was."""
        return {name for name, holder in self._holders.items() if holder.changed()}

    def restore(self, names):
        """Put the named ones back to how they were."""
        for name in names:
            if name in self._holders:
                self._holders[name].restore()

    def _add(self, name, value, depth):
        if id(value) in self._seen or len(self._holders) > _MOST or depth > _DEPTH:
            return
        self._seen.add(id(value))
        if isinstance(value, functools._lru_cache_wrapper):
            self._holders["the cache of " + name] = _Cache(value)
        elif isinstance(value, _CONTAINERS):
            self._add_container(name, value, depth)
        elif isinstance(value, _FUNCTIONS):
            self._add_function(name, getattr(value, "__func__", value), depth)
        elif isinstance(value, (staticmethod, classmethod)):
            self._add(name, value.__func__, depth)
        elif isinstance(value, property):
            self._add(name, value.fget, depth)
        elif (
            not isinstance(value, (type, types.ModuleType)) and type(getattr(value, "__dict__", None)) is dict
        ):
            self._add(name, value.__dict__, depth + 1)

    def _add_container(self, name, value, depth):
        holder = _Container(value)
        self._holders[name] = holder
        if not isinstance(value, bytearray) and len(holder.was) <= _SMALL:
            for place, element in enumerate(
                holder.was.values() if isinstance(holder.was, dict) else holder.was
            ):
                if isinstance(element, _CONTAINERS):
                    self._add("%s[%d]" % (name, place), element, depth + 1)

    def _add_function(self, name, function, depth):
        for place, default in enumerate(function.__defaults__ or ()):
            self._add("%s (default %d)" % (name, place), default, depth + 1)
        for key, default in (function.__kwdefaults__ or {}).items():
            self._add("%s (default %s)" % (name, key), default, depth + 1)
        self._add("%s (attributes)" % name, function.__dict__, depth + 1)
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            self._add_cell("%s (variable %s)" % (name, variable), cell, depth)
        if function.__globals__ is self._side.namespace:
            self._add_globals(function.__code__, depth)

    def _add_cell(self, name, cell, depth):
        try:
            value = cell.cell_contents
        except ValueError:
            return
        self._holders[name + " itself"] = _Cell(cell, value)
        self._add(name, value, depth + 1)

    def _add_globals(self, code, depth):
        for name in code.co_names:
            if name in self._side.namespace and not name.startswith("__"):
                value = self._side.namespace[name]
                if not isinstance(value, (*_FUNCTIONS, type, types.ModuleType)):
                    self._holders[name + " itself"] = _Global(self._side.namespace, name)
                    self._add(name, value, depth + 1)
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self._add_globals(inner, depth)


class _Cache:
    """A `functools.lru_cache`."""

    def __init__(self, function):
        self._function = function
        self._size = function.cache_info().currsize

    def changed(self):
        return self._function.cache_info().currsize != self._size

    def restore(self):
        self._function.cache_clear()


class _Container:
    """A built-in container, looked at one level deep."""

    def __init__(self, value):
        self._value = value
        self._kind = next(kind for kind in _CONTAINERS if isinstance(value, kind))
        self.was = self._contents()
        self._ids = _ids(self.was)

    def changed(self):
        return _ids(self._contents()) != self._ids

    def restore(self):
        self._kind.clear(self._value)
        getattr(self._kind, "update" if hasattr(self._kind, "update") else "extend")(self._value, self.was)

    def _contents(self):
        if issubclass(self._kind, dict):
            return dict(self._kind.items(self._value))
        return list(self._kind.__iter__(self._value))


class _Cell:
    """A variable of an enclosing function."""

    def __init__(self, cell, value):
        self._cell = cell
        self._was = value

    def changed(self):
        try:
            return self._cell.cell_contents is not self._was
        except ValueError:
            return True

    def restore(self):
        self._cell.cell_contents = self._was


class _Global:
    """A global name that a function may bind again."""

    def __init__(self, namespace, name):
        self._namespace = namespace
        self._name = name
        self._was = namespace[name]

    def changed(self):
        return self._namespace.get(self._name) is not self._was

    def restore(self):
        self._namespace[self._name] = self._was


def _ids(contents):
    if len(contents) > _LARGE:
        return len(contents)
    if isinstance(contents, dict):
        return [(id(key), id(each)) for key, each in contents.items()]
    return [id(each) for each in contents]
