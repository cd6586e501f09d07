"""Use an instance as its callers may: methods, attributes, comparison, copying, and what kind of thing it is.

The plan is made once, from the class as it was before; both versions then do the same things.
"""

from __future__ import annotations

import copy
import functools
import pickle
import types
import weakref

from .doubles import changed
from .recipes import materialise
from .steps import attempt, finish_async, is_async, loaded

MAX_METHODS = 40
_POOL = ("[1, 2]", "'a'", "3", "[]", "0", "None", "{'a': 1}", "-1.5", "('a', 'b')")
_BY_ANNOTATION = {
    "int": ("3", "0", "-1"),
    "float": ("1.5", "0.0", "2"),
    "str": ("'a'", "''", "'b c'"),
    "bool": ("True", "False"),
    "bytes": ("b'a'", "b''"),
    "list": ("[1, 2]", "[]", "['a', 'b', 'a']", "[0.5]"),
    "dict": ("{'a': 1}", "{}"),
    "tuple": ("(1, 2)", "()"),
    "set": ("{1, 2}", "set()"),
    "Iterable": ("[1, 2]", "[]", "['a', 'b', 'a']"),
    "Sequence": ("[1, 2]", "[]", "['a', 'b', 'a']"),
    "Callable": ("len", "str"),
}
_PLUMBING = (
    "__init__",
    "__new__",
    "__del__",
    "__getattribute__",
    "__setattr__",
    "__delattr__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
    "__init_subclass__",
    "__subclasshook__",
    "__class_getitem__",
    "__dir__",
    "__sizeof__",
    "__post_init__",
    "__annotate__",
    "__annotate_func__",
    "__replace__",
)


def plan_for(cls):
    """The steps for instances of `cls`: each public method with several arguments, each public attribute."""
    steps = []
    for name in sorted(dir(cls)):
        owner = next((base for base in cls.__mro__ if name in base.__dict__), None)
        if owner is None or owner is object or name in _PLUMBING or _hidden(name):
            continue
        raw = owner.__dict__[name]
        if isinstance(raw, (staticmethod, classmethod)):
            steps += _calls(name, raw.__func__, isinstance(raw, classmethod))
        elif isinstance(raw, types.FunctionType):
            steps += _calls(name, raw, True)
        elif not name.startswith("__"):
            steps.append(["get", name])
    return steps[: MAX_METHODS * 4]


def _hidden(name):
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _calls(name, function, bound):
    code = getattr(function, "__code__", None)
    if code is None:
        return [["call", name, "()"]]
    names = code.co_varnames[bound : code.co_argcount]
    needed = len(names) - len(function.__defaults__ or ())
    if not names:
        return [["call", name, "()"]]
    pools = [_pool(function, parameter) for parameter in names]
    found = []
    for count in dict.fromkeys((max(needed, 0), len(names))):
        for number in range(max((len(pool) for pool in pools[:count]), default=1)):
            given = "".join("%s, " % pool[number % len(pool)] for pool in pools[:count])
            found.append(["call", name, "(%s)" % given])
    return found[:12]


def _pool(function, parameter):
    annotation = function.__annotations__.get(parameter)
    if annotation is None:
        return _POOL
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    base = text.replace("typing.", "").split("[")[0].strip("'\" ")
    return _BY_ANNOTATION.get(base, _BY_ANNOTATION.get(base.capitalize(), _POOL))


class Walk:
    """Carries out steps on an instance. `make` gives another equal instance."""

    def __init__(self, canon, effects, context, make):
        self._canon, self._effects, self._context, self._make = canon, effects, context, make
        self._number = 0

    def sequence(self, instance, steps):
        """The story of steps as recipes spell them."""
        return [[step[:2], self._done(functools.partial(self._step, instance, step))] for step in steps]

    def plan(self, instance, steps):
        """The story of a whole plan, then of the instance as a value."""
        story = self.sequence(instance, steps)
        story.append(["after the calls", self._done(lambda: instance)])
        return story

    def traits(self, instance, thorough):
        """What a fresh instance is to callers who compare, copy, print, unpack or change it.

        Without `thorough` only what may depend on the values in it.
        """
        return [
            [name, self._done(functools.partial(look, instance, self._make))]
            for name, look in _LOOKS
            if thorough or name in _OF_VALUES
        ]

    def _done(self, action):
        self._number += 1
        self._effects.add("use", self._number)
        return attempt(self._canon, ((None, "use"), self._number), action)

    def _step(self, instance, step):
        kind, name = step[0], step[1]
        if kind == "call":
            args, kwargs = self._arguments(step[2])
            value = getattr(instance, name)(*args, **kwargs)
            return finish_async(value) if is_async(value) else value
        if kind == "get":
            return getattr(instance, name)
        if kind == "set":
            return setattr(instance, name, self._value(step[2]))
        if kind == "change":
            return setattr(instance, name, changed(getattr(instance, name), step[2]))
        return dict(_LOOKS)[name](instance, self._make)

    def _arguments(self, given):
        if isinstance(given, str):
            return self._value(given), {}
        log = list(self._context.log)
        made = materialise(given, self._context)
        self._context.log[:] = log
        return made

    def _value(self, source):
        return eval(source, self._context.names())


def _set_public(instance, make):
    """Set every public attribute to something else, one by one."""
    names = sorted(getattr(instance, "__dict__", None) or _field_names(instance))
    result = []
    for name in names:
        try:
            setattr(instance, name, getattr(instance, name))
            result.append(name)
        except Exception as error:
            result.append([name, type(error).__name__])
    return result


def _field_names(instance):
    names = getattr(type(instance), "_fields", None) or getattr(type(instance), "__slots__", ())
    return [names] if isinstance(names, str) else list(names)


def _values(instance):
    attributes = getattr(instance, "__dict__", None)
    if attributes:
        return tuple(attributes.values())
    return tuple(getattr(instance, name, None) for name in _field_names(instance))


def _same_hash(instance, make):
    return hash(instance) == hash(make()), isinstance(hash(instance), int)


def _pickled(instance, make):
    return pickle.loads(pickle.dumps(instance, 4))


def _fields(instance, make):
    look = loaded("dataclasses", "fields")
    if look is None:
        return None
    return [
        (field.name, field.default, field.default_factory, field.init, field.repr, field.compare, field.hash)
        for field in look(instance)
    ]


def _asdict(instance, make):
    look = loaded("dataclasses", "asdict")
    return None if look is None else look(instance)


def _new_attribute(instance, make):
    instance.an_attribute_of_its_own = 1
    del instance.an_attribute_of_its_own


_OF_VALUES = ("repr", "str", "==", "hash", "bool", "len", "iter")
_LOOKS = (
    ("repr", lambda instance, make: repr(instance)),
    ("str", lambda instance, make: str(instance)),
    ("format", lambda instance, make: format(instance)),
    ("==", lambda instance, make: (instance == make(), instance != make(), instance == instance)),
    ("== values", lambda instance, make: (instance == _values(instance), _values(instance) == instance)),
    ("hash", _same_hash),
    ("<", lambda instance, make: instance < make()),
    ("<=", lambda instance, make: instance <= make()),
    ("bool", lambda instance, make: bool(instance)),
    ("len", lambda instance, make: len(instance)),
    ("iter", lambda instance, make: [item for item, _ in zip(iter(instance), range(50))]),
    ("unpack", lambda instance, make: [*instance][:50]),
    ("[0]", lambda instance, make: instance[0]),
    ("['a']", lambda instance, make: instance["a"]),
    ("in", lambda instance, make: 1 in instance),
    ("+", lambda instance, make: instance + make()),
    ("call", lambda instance, make: callable(instance)),
    ("tuple", lambda instance, make: isinstance(instance, (tuple, list, dict, str, int))),
    ("vars", lambda instance, make: sorted(vars(instance), key=str)),
    ("weakref", lambda instance, make: weakref.ref(instance) is not None),
    ("fields", _fields),
    ("asdict", _asdict),
    ("copy", lambda instance, make: copy.copy(instance)),
    ("deepcopy", lambda instance, make: copy.deepcopy(instance)),
    ("pickle", _pickled),
    ("with", lambda instance, make: hasattr(instance, "__enter__")),
    ("set", _set_public),
    ("set new", _new_attribute),
)
