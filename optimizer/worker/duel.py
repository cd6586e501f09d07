"""Run one recipe in both versions inside one process, and say in a text what each was seen to do.

This is the search's own quick look: it decides which inputs are worth the careful comparison, which
happens elsewhere, in separate processes. A difference that it sees is a suspicion, never a verdict.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import inspect
import io
import pickle
import random
import sys
import time
import types

from . import load
from .coverage import MONITORING, Tracker, codes_of, functions_in
from .domain import callable_of
from .doubles import changed
from .guard import TooLong
from .mine import Sources
from .recipes import Context, Unusable, earlier_call, materialise, value_of
from .sketch import Sketcher, sketch, without_addresses

_MOST_ITEMS = 200
_MOST_GLOBAL_TEXT = 3000


class Side:
    """One version of the module, loaded."""

    def __init__(self, label, payload, text, module):
        self.label, self.text, self.module = label, text, module
        self.names = [payload["module"], *payload.get("aliases", ())]
        self.context = Context(module.__dict__, payload.get("samples", ()), payload.get("inputs_file", ""))
        self.sources = Sources(text)
        self.tracker = None
        self._targets = {}
        self._state = {}

    def activate(self):
        """Make imports and unpickling find this version."""
        for name in self.names:
            sys.modules[name] = self.module
            parent, _, last = name.rpartition(".")
            if parent in sys.modules:
                setattr(sys.modules[parent], last, self.module)

    def target(self, qualname):
        """The raw function or class, receiver first."""
        if qualname not in self._targets:
            self._targets[qualname] = callable_of(_raw(self.module, qualname))
        return self._targets[qualname]

    def track(self, names):
        """Watch what is reached in the functions with these qualified names."""
        codes = []
        for value in list(self.module.__dict__.values()):
            for function in functions_in(value, self.module.__name__):
                if function.__module__ == self.module.__name__ and _covers(names, function.__qualname__):
                    codes += [code for code in codes_of(function, self.module.__file__) if code not in codes]
        self.tracker = Tracker(codes)

    def remember_state(self, names):
        """Copies of module data that functions change, put back before each call."""
        for name in names:
            value = self.module.__dict__.get(name)
            if isinstance(value, (int, float, str, bytes, list, dict, set, tuple, type(None))):
                with contextlib.suppress(Exception):
                    if len(sketch(value)) < _MOST_GLOBAL_TEXT:
                        self._state[name] = copy.deepcopy(value)

    def put_back(self):
        for name, value in self._state.items():
            self.module.__dict__[name] = copy.deepcopy(value)

    def state(self):
        """What the module's changing data look like now."""
        return [(name, sketch(self.module.__dict__.get(name))) for name in self._state]


def _covers(names, qualname):
    return any(qualname == name or qualname.startswith(name + ".") for name in names)


def _raw(module, qualname):
    owner = module
    *parents, last = qualname.split(".")
    for name in parents:
        owner = getattr(owner, name)
    if isinstance(owner, type):
        for base in owner.__mro__:
            if last in vars(base):
                return vars(base)[last]
    return getattr(owner, last)


def load_sides(payload):
    """Both versions as (before, after); `after` is None when it cannot be loaded beside the other."""
    name = payload["module"]
    before = Side("before", payload, payload["before"], _import(name, payload["file"], payload["before"]))
    before.activate()
    saved = dict(sys.modules)
    try:
        for alias in before.names:
            sys.modules.pop(alias, None)
        after = Side("after", payload, payload["after"], _import(name, payload["file"], payload["after"]))
    except BaseException as error:
        sys.modules.update(saved)
        before.activate()
        return before, None, "%s: %s" % (type(error).__name__, error)
    before.activate()
    return before, after, ""


def _import(name, path, text):
    finder = load.SubstituteFinder(path, text)
    sys.meta_path.insert(0, finder)
    try:
        return load.import_or_load(name, path, text)
    finally:
        sys.meta_path.remove(finder)


class Seen:
    """What one side did with one recipe. `told` is None when the input is of no use.

    `told` begins with the result and goes on with everything else that was seen.
    """

    __slots__ = ("blocked", "fresh", "problem", "raised", "seconds", "told")

    def __init__(self, told, problem="", raised="", seconds=0.0, fresh=(), blocked=False):
        self.told, self.problem, self.raised, self.seconds = told, problem, raised, seconds
        self.fresh, self.blocked = fresh, blocked

    @property
    def result(self):
        """The result alone, as text."""
        return self.told[0]

    def like(self, other, lenient):
        """Whether both did the same; with `lenient`, two errors are alike whatever they are."""
        return self.told == other.told or bool(lenient and self.raised and other.raised)


def observe(side, recipe, guard, qualname, admit=None):
    """Run a recipe on one side. `admit(args, kwargs)` may reject the arguments that it makes."""
    side.activate()
    shielded = recipe.get("found_by") != "recorded"
    problem = raised = ""
    told, started, spent = None, 0.0, 0.0
    try:
        with guard.watch(shielded), contextlib.redirect_stdout(io.StringIO()) as printed:
            _call_before(side, earlier_call(recipe), qualname)
            args, kwargs = materialise(recipe, side.context)
            if admit is not None and not admit(args, kwargs):
                return Seen(None, "outside the assumed types")
            if "earlier" not in recipe:
                side.put_back()
            random.seed(12345)
            started = time.perf_counter()
            told, raised = _outcome(side, recipe, qualname, args, kwargs)
            spent = time.perf_counter() - started
            told.append(printed.getvalue()[:2000])
    except Unusable as error:
        problem = "unusable: %s" % error
    except TooLong:
        guard.rest()
        problem = "too long"
    except (MemoryError, RecursionError) as error:
        problem = type(error).__name__
    except BaseException as error:
        problem = "%s while it was made: %s" % (type(error).__name__, error)
    finally:
        sys.settrace(None)
    fresh = side.tracker.fresh() if side.tracker else ()
    if guard.blocked:
        return Seen(None, "blocked", blocked=True, fresh=fresh)
    return Seen(None if problem else told, problem, raised, spent, fresh)


def _call_before(side, recipe, qualname):
    """Make the call that comes first, if there is one; what it gives does not matter."""
    if recipe is None:
        return
    args, kwargs = materialise(recipe, side.context)
    side.put_back()
    with contextlib.suppress(Exception):
        result = side.target(qualname)(*args, **kwargs)
        if inspect.iscoroutine(result):
            asyncio.run(result)


def _outcome(side, recipe, qualname, args, kwargs):
    target, log, raised = side.target(qualname), side.context.log, ""
    if side.tracker is not None and not MONITORING:
        sys.settrace(side.tracker.trace)
    result = None
    try:
        result = target(*args, **kwargs)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
        elif inspect.isasyncgen(result):
            result = asyncio.run(_gathered(result))
        how = "returned "
    except (MemoryError, RecursionError):
        raise
    except (Exception, SystemExit, GeneratorExit) as error:
        raised = type(error).__qualname__
        how = "raised " + raised + " "
    at_return = list(log)
    steps = _sequence(side, recipe, result) if "sequence" in recipe and not raised else ""
    writer = Sketcher(drain=True)
    told = [
        how + writer.write(result) + steps,
        writer.write((args, kwargs)),
        at_return,
        log[len(at_return) :],
    ]
    told.append(side.state())
    told.append(_plain_data(side))
    return told, raised


def _plain_data(side):
    """Lists and dicts of the inputs file's own: its helpers may keep a log there."""
    return [
        (name, sketch(value))
        for name, value in side.context.inputs_namespace.items()
        if type(value) in (list, dict)
        and not name.startswith("__")
        and value is not side.module.__dict__.get(name)
    ]


async def _gathered(generator):
    found = []
    async for item in generator:
        found.append(item)
        if len(found) >= _MOST_ITEMS:
            break
    return found


def _sequence(side, recipe, instance):
    told = []
    for step in recipe["sequence"]:
        try:
            told.append(sketch(carry_out(step, instance, side.context), drain=True))
        except (MemoryError, RecursionError):
            raise
        except Exception as error:
            told.append("raised " + type(error).__qualname__)
    return repr(told)


def carry_out(step, instance, context):
    """One step of a sequence, done to an instance."""
    what, name = step[0], step[1]
    if what == "get":
        return getattr(instance, name)
    if what == "set":
        setattr(instance, name, value_of({"source": step[2]}, context))
        return None
    if what == "change":
        setattr(instance, name, changed(getattr(instance, name), step[2]))
        return None
    if what == "op":
        return _operated(name, instance)
    log = list(context.log)
    args, kwargs = materialise(step[2], context)
    context.log[:0] = log
    return getattr(instance, name)(*args, **kwargs)


def _operated(name, instance):
    """One of the things that callers do with an instance of a class that they do not know."""
    return _OPERATIONS[name](instance)


def _alike(instance):
    """Whether it equals a copy of itself, and the tuple of what it holds."""
    as_tuple = tuple(vars(instance).values()) if _has_dict(instance) else ()
    return instance == copy.copy(instance), instance == as_tuple


_OPERATIONS = {
    "eq": _alike,
    "hash": lambda instance: hash(instance) == hash(copy.copy(instance)),
    "lt": lambda instance: instance < copy.copy(instance),
    "iter": lambda instance: [item for _, item in zip(range(_MOST_ITEMS), iter(instance))],
    "unpack": lambda instance: [item for _, item in zip(range(_MOST_ITEMS), (part for part in instance))],
    "copy": copy.copy,
    "pickle": lambda instance: pickle.loads(pickle.dumps(instance)),
    "repr": lambda instance: without_addresses(repr(instance)),
    "str": lambda instance: without_addresses(str(instance)),
    "len": len,
    "bool": bool,
}


def _has_dict(instance):
    return isinstance(getattr(instance, "__dict__", None), dict) and not isinstance(
        instance, types.ModuleType
    )
