"""Go on with what a call returned, as its caller would: step through it, await it, call it, use it.

Everything here is deterministic, so that two versions that behave the same give the same story.
"""

from __future__ import annotations

import functools
import sys
import types

from .canon import root_of
from .observe_errors import error_node

MAX_STEPS = 300
MAX_ITERATORS = 60
MAX_PROBES = 12
_ASYNC = (types.CoroutineType, types.AsyncGeneratorType)


class Thrown(Exception):
    """What is thrown into generators."""


def attempt(canon, place, action):
    """{"value": ...} or {"error": ...} of calling `action`."""
    try:
        value = action()
    except BaseException as error:
        return {"error": error_node(canon, error, place)}
    return {"value": canon.write(value, place)}


def finish_async(value):
    """The result of a coroutine, run to its end on a loop of its own; an async generator as the list of its items."""
    import asyncio

    if isinstance(value, types.CoroutineType):
        return asyncio.run(value)
    return asyncio.run(_all_items(value))


def is_async(value):
    """Whether a value has to be run on a loop."""
    return isinstance(value, _ASYNC)


async def _all_items(generator):
    items = []
    async for item in generator:
        items.append(item)
        if len(items) >= MAX_STEPS:
            break
    return items


def drain(canon, effects):
    """Read every iterator that was met to its end: results first, as a caller would, then arguments."""
    stories = {}
    for _ in range(MAX_ITERATORS):
        waiting = [n for n in range(len(canon.iterators)) if n not in stories]
        if not waiting:
            break
        chosen = next((n for n in waiting if root_of(canon.iterators[n][0]) != "arguments"), waiting[0])
        stories[chosen] = _read(canon, chosen, effects)
    return [["iterator %d" % number, stories[number]] for number in sorted(stories)]


def _read(canon, number, effects):
    place, iterator = canon.iterators[number]
    story = []
    for step in range(MAX_STEPS):
        effects.add("next", number)
        try:
            item = next(iterator)
        except StopIteration as stop:
            return [*story, ["end", canon.write(stop.value, (place, "value"))]]
        except BaseException as error:
            return [*story, ["raised", error_node(canon, error, (place, step))]]
        story.append(canon.write(item, (place, step)))
    return [*story, ["more"]]


def generator_moves(canon, make, effects):
    """What a generator does when it is closed, thrown into, or sent to; `make` gives a new one each time."""
    moves = {
        "close": [("close",)],
        "next, close": [("next",), ("close",), ("next",)],
        "next, throw": [("next",), ("throw",), ("next",)],
        "send": [("next",), ("send",), ("send",), ("next",)],
    }
    return [[name, _played(canon, make, name, steps, effects)] for name, steps in moves.items()]


def _played(canon, make, name, steps, effects):
    made, generator = make()
    if not made:
        return generator
    story = []
    for number, (step,) in enumerate(steps):
        effects.add("step", step)
        place = ((None, "generator after " + name), number)
        story.append(attempt(canon, place, functools.partial(_step, generator, step)))
    return story


def _step(generator, step):
    if step == "next":
        return next(generator)
    if step == "close":
        return generator.close()
    if step == "throw":
        return generator.throw(Thrown("thrown in"))
    return generator.send("sent in")


def probe_functions(canon, effects, arguments):
    """Call the functions that a call returned, with a few arguments: two functions are compared by what they do."""
    stories = []
    for place, function in canon.functions[:MAX_PROBES]:
        if root_of(place) != "result":
            continue
        for number, given in enumerate(_fitting(function, arguments)):
            effects.add("probe", number)
            where = (place, "(%d)" % number)
            stories.append(attempt(canon, where, functools.partial(_awaited, function, given)))
    return stories


def _awaited(function, given):
    value = function(*given)
    return finish_async(value) if is_async(value) else value


def _fitting(function, arguments):
    """Tuples of arguments as many as the function takes."""
    code = getattr(function, "__code__", None)
    if code is None:
        return [(), ("a",)]
    needed = code.co_argcount - len(function.__defaults__ or ())
    if needed == 0 and code.co_argcount == 0 and not code.co_flags & 4:
        return [()]
    pools = [list(arguments), [1, 2, 3], ["a", "b", "c"], [[1, 2], [3], []], [None, None, None], [0.5, -1, 0]]
    count = max(needed, 1)
    return [tuple((pool * count)[:count]) for pool in pools if pool]


def loaded(module, name):
    """An attribute of a module, if the project has loaded that module."""
    return getattr(sys.modules.get(module), name, None)
