"""The timed loops, generated for the shape of each call, so that the harness costs next to nothing.

Every loop is compiled anew for each call and side: byte code carries inline caches, and two functions
must not share them. A loop returns nanoseconds of this thread's processor time, of which what a neighbour
takes is no part: on a machine with four times the work it can do, numbers from the wall clock spread up to
seven times as much, and on a quiet one alike. Functions that wait are found by comparing with the wall clock.

The styles say what becomes of the result: plain (dropped), drain (iterated to its end or a limit), enter
(entered and left), await, adrain (async for).
"""

from __future__ import annotations

import collections
import itertools
import keyword
import time

_FINE = 1e-6
CLOCK = (
    time.thread_time_ns if time.get_clock_info("thread_time").resolution <= _FINE else time.perf_counter_ns
)
ASYNC = ("await", "adrain")
_MOST_ARGUMENTS = 40
_BODIES = {
    "plain": "{call}",
    "drain": "deque(islice({call}, limit), 0)",
    "enter": "with {call}: pass",
    "await": "await {call}",
    "adrain": "await take({call}, limit)",
    "bare": "pass",
}


def make(function, arguments, *, style, fresh, raises, limit=None):
    """`run(count, sets)`: call `function` `count` times with `arguments`, or once with each of `sets`.

    `sets` are (args, kwargs) prepared beforehand, used when `fresh`. With `limit` None an iterator is
    drained to its end. For async styles `run` is a coroutine function.
    """
    args, kwargs = arguments
    source = _source(
        len(args), list(kwargs), style=style, fresh=fresh, raises=raises, endless=limit is not None
    )
    space = {
        "f": function,
        "repeat": itertools.repeat,
        "islice": itertools.islice,
        "deque": collections.deque,
        "clock": CLOCK,
        "take": take,
        "limit": limit,
    }
    exec(compile(source, "<timed loop>", "exec"), space)
    given = (*args, *kwargs.values())
    if fresh:
        return lambda count, sets: space["loop"](
            space["f"], [(*args, *kwargs.values()) for args, kwargs in sets]
        )
    return lambda count, sets: space["loop"](space["f"], count, given)


async def take(iterator, limit):
    """Take `limit` items (all, with None) of an asynchronous iterator, and close it if there are more."""
    async for _ in iterator:
        if limit is not None:
            limit -= 1
            if not limit:
                close = getattr(iterator, "aclose", None)
                return await close() if close else None
    return None


def empty_like(arguments):
    """A function of the same shape that does nothing."""
    args, kwargs = arguments
    space = {}
    exec("def empty(%s): pass" % _parameters(len(args), list(kwargs)), space)
    return space["empty"]


def _parameters(count, keywords):
    if _too_many(count, keywords):
        return "*args, **kwargs"
    return ", ".join(["p%d" % index for index in range(count)] + [key + "=None" for key in keywords])


def _too_many(count, keywords):
    plain = all(key.isidentifier() and not keyword.iskeyword(key) for key in keywords)
    return count + len(keywords) > _MOST_ARGUMENTS or not plain


def _source(count, keywords, *, style, fresh, raises, endless):
    names = ["a%d" % index for index in range(count + len(keywords))]
    unpack = "(%s,)" % ", ".join(names) if names else "()"
    if _too_many(count, keywords):
        unpack = "given"
        pairs = ", ".join("%r: given[%d]" % (key, count + place) for place, key in enumerate(keywords))
        call = "f(*given[:%d], **{%s})" % (count, pairs)
    else:
        call = "f(%s)" % ", ".join(names[:count] + ["%s=%s" % pair for pair in zip(keywords, names[count:])])
    body = _BODIES[style].format(call=call)
    if style == "drain" and not endless:
        body = "deque(%s, 0)" % call
    if raises and style != "bare":
        body = _CAUGHT % body
    return _TEMPLATES[fresh].format(
        define="async def" if style in ASYNC else "def",
        unpack=unpack,
        bind=("%s = given" % unpack) if names and unpack != "given" else "pass",
        body=body,
    )


_CAUGHT = """try:
            %s
        except BaseException:
            pass"""
_REUSING = """
{define} loop(f, count, given):
    {bind}
    counter = repeat(None, count)
    start = clock()
    for _ in counter:
        {body}
    return clock() - start
"""
_FRESH = """
{define} loop(f, sets):
    start = clock()
    for {unpack} in sets:
        {body}
    return clock() - start
"""
_TEMPLATES = {False: _REUSING, True: _FRESH}
