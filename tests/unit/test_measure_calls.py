"""Recorded calls: which are chosen, when their arguments must be fresh, how their results are used up."""

from __future__ import annotations

import asyncio
import base64
import collections
import contextlib
import functools
import io
import itertools
import pickle
import sys
import types

import pytest

from optimizer.worker import duet_calls, duet_loops, duet_segment, duet_state, duet_time
from optimizer.worker.duet_calls import Call
from optimizer.worker.duet_diff import NotTogether


def encoded(*args, **kwargs):
    return base64.b64encode(pickle.dumps((args, kwargs), 4)).decode()


def calls_of(*strata):
    """One call for each (stratum, weight)."""
    return [Call(index, "f", name, weight, dict) for index, (name, weight) in enumerate(strata)]


@pytest.fixture
def loop():
    made = duet_segment.Loop()
    yield made
    made.close()
    asyncio.set_event_loop(None)


class TestChoosing:
    def test_few_calls_are_all_kept(self):
        calls = calls_of(("a", 0.5), ("b", 0.5))
        assert duet_calls.choose(calls, 5, 0) is calls

    def test_every_stratum_keeps_its_weight(self):
        calls = calls_of(*[("big", 0.08)] * 10, *[("small", 0.02)] * 10)
        chosen = duet_calls.choose(calls, 6, 0)
        assert len(chosen) <= 6
        weights = collections.Counter()
        for call in chosen:
            weights[call.stratum] += call.weight
        assert weights["big"] == pytest.approx(0.8)
        assert weights["small"] == pytest.approx(0.2)

    def test_processes_take_turns(self):
        calls = calls_of(*[("a", 0.1)] * 10)
        seen = {call.index for turn in range(5) for call in duet_calls.choose(calls, 2, turn)}
        assert seen == set(range(10))

    def test_the_heaviest_strata_stay(self):
        calls = calls_of(("light", 0.1), ("heavy", 0.6), ("middle", 0.3))
        assert [call.stratum for call in duet_calls.choose(calls, 2, 0)] == ["heavy", "middle"]


class TestLoading:
    def test_what_cannot_be_rebuilt_is_counted_with_its_weight(self):
        payload = {"samples": [[encoded(1), "int", 0.25], ["!!!!", "int", 0.75]], "qualnames": ["f"]}
        calls, lost = duet_calls.load(payload)
        assert [call.fresh() for call in calls] == [((1,), {})]
        assert [weight for weight, _ in lost] == [0.75]

    def test_a_sample_may_belong_to_another_function(self):
        payload = {
            "samples": [[encoded(1), "", 1], [encoded(2), "", 1]],
            "qualnames": ["f"],
            "sample_of": ["f", "g"],
        }
        assert [call.entry for call in duet_calls.load(payload)[0]] == ["f", "g"]

    def test_inputs_run_anew_for_every_call(self, tmp_path):
        file = tmp_path / "inputs.py"
        file.write_text("DATA = [1]\ndef inputs():\n    yield (DATA,)\n    yield ((x for x in DATA),)\n")
        calls, _ = duet_calls.load({"samples": [], "qualnames": ["f"], "inputs_file": str(file)})
        (args, kwargs) = calls[0].fresh()
        args[0].append(2)
        assert (calls[0].fresh(), kwargs) == ((([1],), {}), {})
        assert list(calls[1].fresh()[0][0]) == list(calls[1].fresh()[0][0]) == [1]
        assert all(call.public for call in calls)

    def test_inputs_must_be_tuples(self, tmp_path):
        file = tmp_path / "inputs.py"
        file.write_text("def inputs():\n    yield 3\n")
        with pytest.raises(ValueError, match="yield argument tuples"):
            duet_calls.load({"samples": [], "qualnames": ["f"], "inputs_file": str(file)})

    def test_strata_of_inputs_tell_sizes_apart(self):
        names = [
            duet_calls.size_name(((value,), {}))
            for value in ([], [1], list(range(9)), list(range(15)), "ab", 3, True)
        ]
        assert names == ["list[<1]", "list[<2]", "list[<16]", "list[<16]", "str[<4]", "int", "bool"]
        assert duet_calls.size_name(((), {"key": 2**40})) == "key=int<2**41"


class Counter:
    """Hides what it counts from pickle."""

    def __init__(self):
        self.calls = 0

    def __getstate__(self):
        return {}


def bump(counter):
    counter.calls += 1


MUTATION = {
    "a list that stays": ([1, 2], sum, False),
    "a list that changes": ([1, 2], list.clear, True),
    "an element that changes": ([[1]], lambda xs: xs[0].append(1), True),
    "the order of a dict": ({"a": 1, "b": 2}, lambda d: d.update(a=d.pop("a")), True),
    "an iterator": (iter([1, 2]), next, True),
    "a generator": ((x for x in "ab"), len, True),
    "a stream": (io.StringIO("text"), io.StringIO.read, True),
    "what pickle does not see": (Counter(), bump, True),
    "a plain function": (lambda: 1, callable, False),
    "a builtin": (len, callable, False),
    "a bound iterator": (iter([1]).__next__, lambda f: f(), True),
    "a class": (dict, callable, False),
    "a string": ("abc", len, False),
}


@pytest.mark.parametrize("name", MUTATION)
def test_whether_arguments_must_be_fresh(name, loop):
    value, function, fresh = MUTATION[name]
    call = Call(0, "f", "", 1.0, lambda: ((value,), {}))
    segment = duet_segment.Segment(call)
    segment.examine("before", function, loop)
    assert segment.fresh is fresh


def gen(n):
    yield from range(n)


async def co(n):
    return n


async def agen(n):
    for i in range(n):
        yield i


@contextlib.contextmanager
def manager(n):
    yield n


def fail(n):
    raise KeyError(n)


def lazy_fail(n):
    yield n
    raise KeyError(n)


STYLES = {
    "plain": (abs, "plain", ""),
    "a generator": (gen, "drain", ""),
    "an endless iterator": (itertools.count, "drain", ""),
    "a coroutine": (co, "await", ""),
    "an async generator": (agen, "adrain", ""),
    "a context manager": (manager, "enter", ""),
    "an error": (fail, "plain", "KeyError"),
    "an error after the first item": (lazy_fail, "drain", "KeyError"),
    "exit": (sys.exit, "plain", "SystemExit"),
}


@pytest.mark.parametrize("name", STYLES)
def test_how_a_result_is_used_up(name, loop):
    function, style, raised = STYLES[name]
    outcome = duet_segment.run_once(function, ((3,), {}), loop)
    assert (outcome.style, outcome.raised, outcome.endless) == (style, raised, function is itertools.count)


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("fresh", [False, True])
def test_a_loop_calls_as_often_as_it_is_told_to(name, fresh, loop):
    function, style, raised = STYLES[name]
    seen = []

    @functools.wraps(function)
    def counted(n):
        seen.append(n)
        return function(n)

    limit = 5 if function is itertools.count else None
    run = duet_loops.make(counted, ((3,), {}), style=style, fresh=fresh, raises=bool(raised), limit=limit)
    spent = run(4, [((3,), {})] * 4 if fresh else None)
    spent = spent if isinstance(spent, int) else loop.run(spent)
    assert (seen, spent >= 0) == ([3] * 4, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ((), {}),
        ((1,), {}),
        ((1, 2), {"key": 3}),
        ((), {"key": 3}),
        ((1,), {"not an identifier": 2, "class": 3}),
        (tuple(range(60)), {"key": 1}),
    ],
)
@pytest.mark.parametrize("fresh", [False, True])
def test_loops_pass_arguments_of_every_shape(arguments, fresh):
    seen = []

    def function(*args, **kwargs):
        seen.append((args, kwargs))

    run = duet_loops.make(function, arguments, style="plain", fresh=fresh, raises=False)
    run(2, [arguments] * 2)
    assert seen == [arguments] * 2
    empty = duet_loops.empty_like(arguments)
    assert empty(*arguments[0], **arguments[1]) is None


def test_the_bare_loop_calls_nothing():
    run = duet_loops.make(fail, ((1,), {}), style="bare", fresh=False, raises=False)
    assert run(10, None) >= 0


def test_fresh_arguments_are_never_used_twice(loop):
    seen = []
    call = Call(0, "f", "", 1.0, lambda: (([1, 2],), {}))
    segment = duet_segment.Segment(call)
    segment.adopt(style="plain", raises=False, endless=False, fresh=True)
    segment.prepare({"before": seen.append})
    segment.run("before", 3, segment.sets(3), loop)
    assert len({id(xs) for xs in seen}) == 3


class TestAgreement:
    def outcome(self, style="plain", raised="", kind="int"):
        return duet_segment.Outcome(style, raised, False, 10, kind)

    def test_a_list_in_place_of_a_generator_is_iterated_too(self):
        outcomes = [self.outcome("drain", kind="generator"), self.outcome(kind="list")]
        assert duet_segment.common_style(0, outcomes) == ("drain", False)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"raised": "KeyError"}, {}),
            ({"raised": "KeyError"}, {"raised": "IndexError"}),
            ({"style": "await"}, {}),
            ({"style": "drain"}, {}),
        ],
    )
    def test_what_does_not_compare_is_not_timed(self, one, other):
        with pytest.raises(NotTogether):
            duet_segment.common_style(0, [self.outcome(**one), self.outcome(**other)])


class Versioned:
    """A side with one function, made from a text."""

    attributes = ()

    def __init__(self, text, name="f"):
        self.namespace = {}
        exec(text, self.namespace)
        found = self.namespace[name]
        self.raw = {name: [getattr(found, "__wrapped__", found)]}
        self.own = {key: value for key, value in self.namespace.items() if key != "__builtins__"}


MEMO = """
class Memo(dict):
    def __missing__(self, x):
        self[x] = x
        return x
    def clear(self): raise KeyError
    def copy(self): raise KeyError
M = Memo()
def f(x):
    return M[x]
"""
KEPT = {
    "a cache": (
        "import functools\n@functools.lru_cache(None)\ndef h(x):\n    return x\ndef f(x):\n    return h(x)\n",
        {"the cache of h"},
    ),
    "a dict": ("M = {}\ndef f(x):\n    M[x] = x\n    return x\n", {"M"}),
    "a dict with an idea of its own": (MEMO, {"M"}),
    "an ordered dict": (
        "import collections\nM = collections.OrderedDict(a=1, b=2)\ndef f(x):\n    M.move_to_end('a')\n    M[x] = x\n",
        {"M"},
    ),
    "a set": ("M = {1}\ndef f(x):\n    M.add(x)\n", {"M"}),
    "a deque": ("import collections\nM = collections.deque([1], 2)\ndef f(x):\n    M.append(x)\n", {"M"}),
    "bytes": ("M = bytearray(b'a')\ndef f(x):\n    M.append(x)\n", {"M"}),
    "a list in a dict": ("M = {'a': []}\ndef f(x):\n    M['a'].append(x)\n", {"M[0]"}),
    "a default": ("def f(x, m={}):\n    m[x] = x\n", {"f (default 0)"}),
    "a keyword default": ("def f(x, *, m=[]):\n    m.append(x)\n", {"f (default m)"}),
    "an attribute of the function": ("def f(x):\n    f.last = x\n", {"f (attributes)"}),
    "a global": ("last = None\ndef f(x):\n    global last\n    last = x\n", {"last itself"}),
    "a closure": (
        "def make():\n    m = {}\n    def f(x):\n        m[x] = x\n    return f\nf = make()\n",
        {"f (variable m)"},
    ),
    "an object": ("class Box: pass\nbox = Box()\nbox.n = 0\ndef f(x):\n    box.n += 1\n", {"box"}),
    "nothing": ("K = [1]\ndef f(x):\n    return K[0] + x\n", set()),
}


@pytest.mark.parametrize("name", KEPT)
def test_state_between_calls_is_found_and_restored(name):
    text, expected = KEPT[name]
    side = Versioned(text)
    state = duet_state.State(side)
    assert state.changed() == set()
    side.namespace["f"](3)
    assert state.changed() == expected
    state.restore(expected)
    assert state.changed() == set()


def test_modules_and_classes_are_not_state():
    side = Versioned("import types\nclass C:\n    n = 0\ndef f(x):\n    C.n = x\n    types.n = x\n")
    state = duet_state.State(side)
    side.namespace["f"](3)
    del types.n
    assert state.changed() == set()


@pytest.mark.parametrize(
    ("block_milliseconds", "blocks"), [(0.2, 240), (5, 60), (40, 4), (100, 4), (1000, 2), (60_000, 2)]
)
def test_slow_calls_take_fewer_blocks(block_milliseconds, blocks):
    schedule = duet_time.affordable(["ABBA"] * 60, block_milliseconds * 1e6)
    assert sum(map(len, schedule)) == blocks
