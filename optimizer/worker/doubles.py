"""Stand-ins that are passed where a project passes callables, iterables and objects of its own.

They write what is done to them into one log, as lists of plain texts and in order, so that two
versions can be compared by what they did to their collaborators. Inside recipes they are reached as
`double.call("f", [1, 2])`, `double.lazy([1, 2])` and so on.
"""

from __future__ import annotations

import collections
import zlib

from .sketch import sketch


class ListSubclass(list):
    """A list that is not exactly a list."""


class OddList(list):
    """A list whose iteration and indexing disagree with its storage, as an overriding subclass may."""

    def __iter__(self):
        return reversed(list(list.__iter__(self)))

    def __getitem__(self, index):
        return list.__getitem__(self, index)

    def __len__(self):
        return list.__len__(self)


class TupleSubclass(tuple):
    """A tuple that is not exactly a tuple."""

    __slots__ = ()


class DictSubclass(dict):
    """A dict that is not exactly a dict."""


class MissingDict(dict):
    """A dict that makes up missing values without storing them."""

    def __missing__(self, key):
        return "missing"


class OddGetDict(dict):
    """A dict with a `get` of its own."""

    def get(self, key, default=None):
        return dict.get(self, key, "odd")


class SetSubclass(set):
    """A set that is not exactly a set."""


class StrSubclass(str):
    """A str that is not exactly a str."""

    __slots__ = ()


class IntSubclass(int):
    """An int that is not exactly an int."""


class FloatSubclass(float):
    """A float that is not exactly a float."""


class BytesSubclass(bytes):
    """Bytes that are not exactly bytes."""


class DoubleError(RuntimeError):
    """What a double raises when it is told to."""


SUBCLASSES = {
    list: ListSubclass,
    tuple: TupleSubclass,
    dict: DictSubclass,
    set: SetSubclass,
    str: StrSubclass,
    int: IntSubclass,
    float: FloatSubclass,
    bytes: BytesSubclass,
}


class Spy:
    """A callable that logs its arguments.

    `returns` is what it gives: a list is gone through call by call, then round again; `like` is a
    callable that is asked instead. At call number `fails_at` (from 1) it raises `error`.
    `changes` is a container that each call alters, as a careless callback does.
    """

    def __init__(self, log, name, returns, like, fails_at, error, changes):
        self._log, self._name, self._returns, self._like = log, name, returns, like
        self._fails_at, self._error, self._changes = fails_at, error, changes
        self._calls = 0

    def __call__(self, *args, **kwargs):
        self._calls += 1
        self._log.append(["call", self._name, sketch(args), sketch(kwargs)])
        if self._changes is not None:
            disturb(self._changes)
        if self._calls == self._fails_at:
            raise self._error("call %d of %s" % (self._calls, self._name))
        if self._like is not None:
            return self._like(*args, **kwargs)
        if isinstance(self._returns, list):
            return self._returns[(self._calls - 1) % len(self._returns)] if self._returns else None
        return args[0] if args else None


class Duck:
    """An object with the given attributes; a callable attribute is logged when it is called."""

    def __init__(self, log, name, attributes):
        self.__dict__.update(
            {
                key: Spy(log, name + "." + key, None, value, 0, DoubleError, None)
                if callable(value) and not isinstance(value, (Spy, type))
                else value
                for key, value in attributes.items()
            }
        )


def _slotted(log, name, attributes):
    """An object without a `__dict__`, whose attributes live in slots."""
    kind = type("Slotted", (), {"__slots__": tuple(attributes)})
    made = kind()
    for key, value in vars(Duck(log, name, attributes)).items():
        setattr(made, key, value)
    return made


class Proxy:
    """Passes everything on to a real object and logs which attributes were read, set and called."""

    def __init__(self, log, target, name):
        object.__setattr__(self, "_double_", (log, target, name))

    def __getattribute__(self, key):
        if key in ("__class__", "__dict__", "__reduce_ex__", "__reduce__"):
            return getattr(object.__getattribute__(self, "_double_")[1], key)
        log, target, name = object.__getattribute__(self, "_double_")
        log.append(["read", name + "." + key])
        value = getattr(target, key)
        return Spy(log, name + "." + key, None, value, 0, DoubleError, None) if callable(value) else value

    def __setattr__(self, key, value):
        log, target, name = object.__getattribute__(self, "_double_")
        log.append(["set", name + "." + key, sketch(value)])
        setattr(target, key, value)


def _passed_on(method):
    def through(self, *args):
        log, target, name = object.__getattribute__(self, "_double_")
        log.append(["call", name + "." + method, sketch(args)])
        return getattr(type(target), method)(target, *args)

    return through


_PASSED_ON = (
    *("__len__", "__iter__", "__getitem__", "__setitem__", "__delitem__", "__contains__"),
    *("__call__", "__bool__", "__enter__", "__exit__", "__next__"),
)


def _proxy_class(target):
    """A proxy class with just those special methods that the target's type has."""
    methods = {name: _passed_on(name) for name in _PASSED_ON if hasattr(type(target), name)}
    return type("Proxy", (Proxy,), methods)


class Watched:
    """An element that logs comparison, hashing and truth, and otherwise behaves like its value."""

    def __init__(self, log, value):
        self._log, self._value = log, value

    def __eq__(self, other):
        self._log.append(["eq", sketch(self._value), sketch(_plain(other))])
        return self._value == _plain(other)

    def __lt__(self, other):
        self._log.append(["lt", sketch(self._value), sketch(_plain(other))])
        return self._value < _plain(other)

    def __gt__(self, other):
        self._log.append(["gt", sketch(self._value), sketch(_plain(other))])
        return self._value > _plain(other)

    def __hash__(self):
        return hash(self._value)

    def __bool__(self):
        self._log.append(["bool", sketch(self._value)])
        return bool(self._value)


def _plain(value):
    return value._value if isinstance(value, Watched) else value


class Doubles:
    """The makers of doubles that write into one log; recipes know it as `double`."""

    def __init__(self, log, recorded=None):
        self.log = log
        self._recorded = recorded

    def recorded(self, number, path):
        """What lies at `path` in the recorded call `number`, made anew."""
        return self._recorded(number, path)

    def call(self, name="f", returns=None, like=None, fails_at=0, error=DoubleError, changes=None):
        """A callable: see `Spy`. Without `returns` and `like` it gives back its first argument."""
        return Spy(self.log, name, returns, like, fails_at, error, changes)

    def lazy(self, items, fails=False, error=DoubleError):
        """A generator that logs how far it was read; with `fails` it raises where it would end."""
        for item in items:
            self.log.append(["next", sketch(item)])
            yield item
        self.log.append(["end"])
        if fails:
            raise error("the iterable failed")

    def async_call(self, name="f", returns=None, fails_at=0, error=DoubleError):
        """A coroutine function: like `call`, to be awaited."""
        spy = self.call(name, returns, None, fails_at, error)

        async def called(*args, **kwargs):
            return spy(*args, **kwargs)

        return called

    async def async_lazy(self, items, fails=False, error=DoubleError):
        """An asynchronous generator that logs how far it was read."""
        for item in self.lazy(items, fails, error):
            yield item

    def context(self, value=None, swallows=False):
        """A context manager that gives `value` (itself, for None) and may swallow errors."""
        return Guarded(self.log, value, swallows)

    def file(self, content):
        """The name of a file in the current folder with this text or these bytes."""
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        name = "given-%08x.txt" % zlib.crc32(data)
        with open(name, "wb") as stream:
            stream.write(data)
        return name

    def breaking(self, items):
        """An iterable that can be started again, and raises at its end each time."""
        return Breaking(self.log, list(items))

    def duck(self, label="duck", /, **attributes):
        """An object with these attributes."""
        return Duck(self.log, label, attributes)

    def slotted(self, label="duck", /, **attributes):
        """An object with these attributes in slots: it has no `__dict__`."""
        return _slotted(self.log, label, attributes)

    def proxy(self, target, name="object"):
        """`target` behind a logging proxy."""
        return _proxy_class(target)(self.log, target, name)

    def watched(self, value):
        """`value` as an element that logs how it is compared."""
        return Watched(self.log, value)

    def odd(self, value):
        """`value` as an instance of a subclass that overrides how it is read."""
        if isinstance(value, list):
            return OddList(value)
        if isinstance(value, dict):
            return MissingDict(value)
        return self.subclass(value)

    def odd_get(self, value):
        """A dict with a `get` of its own."""
        return OddGetDict(value)

    def missing(self, value):
        """A dict that makes up missing values."""
        return MissingDict(value)

    def subclass(self, value):
        """`value` as an instance of a plain subclass of its type."""
        kind = SUBCLASSES.get(type(value))
        if kind is None:
            raise TypeError("no subclass at hand for " + type(value).__name__)
        return kind(value)


class Guarded:
    """A context manager, for `with` and `async with`, that logs how it was entered and left."""

    def __init__(self, log, value, swallows):
        self._log, self._value, self._swallows = log, value, swallows

    def __enter__(self):
        self._log.append(["enter"])
        return self if self._value is None else self._value

    def __exit__(self, kind, error, trace):
        self._log.append(["exit", getattr(kind, "__name__", "")])
        return self._swallows

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *error):
        return self.__exit__(*error)


class Breaking:
    """Gives its items, then raises; each `iter` starts anew."""

    def __init__(self, log, items):
        self._log, self._items = log, items

    def __iter__(self):
        yield from self._items
        self._log.append(["fails"])
        raise DoubleError("the iterable failed")


def disturb(container):
    """Change a container a little, as a callback of a caller might, while somebody works with it."""
    if isinstance(container, (list, collections.deque)):
        if len(container) < 40:
            container.append(container[0] if container else 0)
    elif isinstance(container, dict):
        container[("disturbed", len(container))] = None
    elif isinstance(container, set):
        container.add(("disturbed", len(container)))


def upset(value, depth=0):
    """Change whatever can be changed in a value, keeping types and sizes; gives what to put in its place."""
    kind = type(value)
    if kind in _NEXT:
        return _NEXT[kind](value)
    if depth > _UPSET_DEPTH:
        return value
    if kind is list and value:
        value[:] = [upset(item, depth + 1) for item in reversed(value)]
    elif kind is dict:
        for key, item in list(value.items()):
            value[key] = upset(item, depth + 1)
    elif kind.__module__ != "builtins" and not isinstance(value, tuple(_NEXT)):
        _upset_attributes(value, depth)
    return value


def changed(value, how):
    """Another value of the same type: the "next" one, or an "empty" one where there is such a thing."""
    kind = type(value)
    return kind() if how == "empty" and kind in _EMPTIED else upset(value)


_EMPTIED = (bool, int, float, str, bytes, list, tuple, dict, set)
_UPSET_DEPTH = 3
_NEXT = {
    bool: lambda value: not value,
    int: lambda value: value + 1,
    float: lambda value: value + 0.5,
    str: lambda value: value + "x",
}


def _upset_attributes(value, depth):
    try:
        attributes = object.__getattribute__(value, "__dict__")
        names = [name for name in attributes if isinstance(name, str) and not name.startswith("_")]
        for name in names:
            setattr(value, name, upset(attributes[name], depth + 1))
    except Exception:
        return
