"""Make the arguments of one call from a recipe: the same recipe gives an equal input in every process.

    {"base": ["call", 3]}                       the recorded call number 3
    {"base": ["pickle", "gASV..."]}             a pickle of (args, kwargs), base64
    {"base": ["source", "([1, 2], 'x')"]}       an expression for the tuple of arguments
    "ops":      [["append", [0], {"source": "-1"}], ["to", [1, "name"], "bytes"], ...]
    "kwargs":   {"flag": {"source": "True"}}    keyword arguments beside a "source" base
    "earlier":  [["twin", [0], "float"]]        edits that make another call of it, which is made first
    "target":   "Class.method"                  what to call, when it is not the first changed function
    "sequence": [["call", "add", RECIPE], ["get", "total"], ["set", "limit", "3"],
                 ["change", "name", "next"], ["op", "len"], ...]
                what to do with the instance that the arguments made (the observer carries it out)
    "found_by": "recorded" | "neighbour" | "strategy" | "mined" | "sequence" | ...
    "outside":  true when a parameter got a type that was neither recorded nor annotated

In expressions the module's own names stand beside `double` (see `doubles.Doubles`).
A step of a path is an argument's position or keyword first; then an index (for a dict: the number of
the value in its order), an attribute's or key's name, or ["key", n] for the n-th key of a dict.
"""

from __future__ import annotations

import base64
import itertools
import os
import pickle
import types

from .doubles import Doubles
from .edits_kinds import EDITS
from .paths import Unusable, change, look

__all__ = ["Context", "Unusable", "earlier_call", "materialise", "value_of"]


class Context:
    """What a recipe is made with: the module under test, recorded calls, and a log for the doubles.

    `samples` are base64 pickles, `inputs_file` a Python file with `inputs()`; recorded calls are
    counted through both. The file runs anew for every input, so that no input sees what an earlier one
    left behind; `inputs_namespace` holds the names of its last run. `log` is emptied, not replaced.
    """

    def __init__(self, namespace, samples=(), inputs_file=""):
        self.namespace = namespace
        self.samples = tuple(samples)
        self.inputs_file = inputs_file
        self.inputs_namespace = {}
        self.log = []
        self.double = Doubles(self.log, self._part)
        self._code = None
        self._count = None

    def names(self):
        """The names that an expression sees."""
        return {**self.namespace, "double": self.double}

    def count(self):
        """How many recorded calls there are."""
        if self._count is None:
            recorded = sum(1 for _ in self._inputs()) if self.inputs_file else 0
            self._count = len(self.samples) + recorded
        return self._count

    def call(self, number):
        """The recorded call `number` as (args, kwargs), made anew."""
        if number < len(self.samples):
            args, kwargs = pickle.loads(base64.b64decode(self.samples[number]))
            return args, kwargs
        if not self.inputs_file:
            raise Unusable("there is no recorded call %d" % number)
        found = list(itertools.islice(self._inputs(), number - len(self.samples), None))
        if not found:
            raise Unusable("there is no recorded call %d" % number)
        return _as_tuple(found[0]), {}

    def _part(self, number, path):
        args, kwargs = self.call(number)
        return look([list(args), dict(kwargs)], path)

    def compile_inputs(self):
        """Read the inputs file now, rather than in every copy of this process."""
        if self.inputs_file and self._code is None:
            with open(self.inputs_file, "rb") as stream:
                self._code = compile(stream.read(), self.inputs_file, "exec", dont_inherit=True)

    def _inputs(self):
        self.compile_inputs()
        module = types.ModuleType(os.path.splitext(os.path.basename(self.inputs_file))[0])
        module.__file__ = self.inputs_file
        exec(self._code, module.__dict__)
        self.inputs_namespace = module.__dict__
        return iter(module.inputs())


def materialise(recipe, context):
    """The (args, kwargs) of a recipe. Raises `Unusable` when an edit does not fit what it is applied to."""
    del context.log[:]
    kind, what = recipe["base"]
    if kind == "call":
        args, kwargs = context.call(what)
    elif kind == "pickle":
        args, kwargs = pickle.loads(base64.b64decode(what))
    elif kind == "source":
        args, kwargs = _as_tuple(eval(what, context.names())), {}
    else:
        raise Unusable("unknown base %r" % (kind,))
    root = [list(args), dict(kwargs)]
    for name, given in recipe.get("kwargs", {}).items():
        root[1][name] = value_of(given, context)
    for op, path, *rest in recipe.get("ops", ()):
        _apply(root, op, path, rest, context)
    del context.log[:]
    return tuple(root[0]), root[1]


def earlier_call(recipe):
    """The recipe of the call that is made before that of `recipe`, or None."""
    if not recipe.get("earlier"):
        return None
    rest = {name: value for name, value in recipe.items() if name != "earlier"}
    return {**rest, "ops": [*recipe.get("ops", ()), *recipe["earlier"]]}


def value_of(given, context):
    """A value inside a recipe: {"source": ...}, {"pickle": ...}, or a JSON scalar as it is."""
    if isinstance(given, dict):
        if "source" in given:
            return eval(given["source"], context.names())
        return pickle.loads(base64.b64decode(given["pickle"]))
    return given


def _apply(root, op, path, rest, context):
    if op == "set":
        _set(root, path, value_of(rest[0], context))
    elif op == "drop":
        _drop(root, path)
    elif op == "alias":
        _set(root, path, look(root, rest[0]))
    elif op == "swap":
        first, second = look(root, path), look(root, rest[0])
        _set(root, path, second)
        _set(root, rest[0], first)
    else:
        edit = EDITS.get(op)
        if edit is None:
            raise Unusable("unknown edit %r" % (op,))
        change(root, path, lambda value: _edited(edit, value, root, rest, context))


def _edited(edit, value, root, rest, context):
    try:
        return edit(value, *rest, scope=_Scope(root, context))
    except Unusable:
        raise
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError) as error:
        raise Unusable("%s: %s" % (type(error).__name__, error)) from None


class _Scope:
    """What an edit may need besides the value that it changes."""

    def __init__(self, root, context):
        self.root, self.context, self.double = root, context, context.double

    def value(self, given):
        return value_of(given, self.context)

    def look(self, path):
        return look(self.root, path)


def _set(root, path, value):
    if len(path) == 1 and isinstance(path[0], str):
        root[1][path[0]] = value
    else:
        change(root, path, lambda _: value)


def _drop(root, path):
    if len(path) != 1:
        raise Unusable("only an argument can be dropped")
    step = path[0]
    if isinstance(step, str) and step in root[1]:
        del root[1][step]
    elif isinstance(step, int) and step == len(root[0]) - 1:
        del root[0][step]
    else:
        raise Unusable("there is no argument %r to drop" % (step,))


def _as_tuple(value):
    if not isinstance(value, tuple):
        raise Unusable("the arguments of a call must be a tuple, not %s" % type(value).__name__)
    return value
