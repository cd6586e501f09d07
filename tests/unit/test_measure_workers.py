"""Real worker processes: every kind of function is timed, and what one process cannot hold takes turns in two.

Ratios here are several times 1, so that no noise can hide them; a single process is asked.
"""

from __future__ import annotations

import base64
import math
import pickle
import sys
import textwrap
import types
from dataclasses import replace

import pytest

from optimizer.measure.control import measure_control
from optimizer.measure.measure import measure
from optimizer.measure.processes import Sampler, Unmeasurable
from optimizer.model import Metric, Sample, Subject

SLOW = "    t = 0\n    for i in range(n):\n        t += i\n    return t\n"
FAST = "    return sum(range(n))\n"


@pytest.fixture
def make(tmp_path):
    """`make(before, after, "f", calls=[(args, kwargs)])` is a Subject whose file is in a scratch folder."""
    modules = []

    def subject(before, after, *names, calls=(), inputs="", **options):
        before, after = textwrap.dedent(before), textwrap.dedent(after)
        file = tmp_path / "measured_case.py"
        file.write_text(before)
        inputs_file = tmp_path / "inputs.py"
        inputs_file.write_text(textwrap.dedent(inputs))
        if callable(calls):
            module = types.ModuleType("measured_case")
            sys.modules["measured_case"] = module
            modules.append(module)
            exec(before, module.__dict__)
            calls = calls(module)
        pickled = [base64.b64encode(pickle.dumps(call, 4)).decode() for call in calls]
        made = Subject(
            file=str(file),
            module="measured_case",
            qualnames=names or ("f",),
            before=before,
            after=after,
            python=sys.executable,
            cwd=str(tmp_path),
            sys_path=(str(tmp_path),),
            samples=tuple(
                Sample(call=each, stratum=str(place), weight=1 / len(pickled))
                for place, each in enumerate(pickled)
            ),
            inputs_file=str(inputs_file) if inputs else "",
        )
        return replace(made, **options)

    yield subject
    for module in modules:
        sys.modules.pop(module.__name__, None)


def ratio(subject, runner, **options):
    return math.exp(Sampler(subject=subject, runner=runner, **options).draw().x)


CLASS = """
    class C:
        def __init__(self, n):
            self.n = n
            self.seen = []

        def method(self, n):
            self.seen.append(n)
            return self.loop(n)

        @property
        def size(self):
            n = self.n
        {slow}
        @classmethod
        def make(cls, n):
        {slow}
        @staticmethod
        def loop(n):
        {slow}
"""


def class_text(body):
    return textwrap.dedent(CLASS).replace("    {slow}", textwrap.indent(body, "    ").rstrip() + "\n")


KINDS = {
    "a function": ("def f(n):\n" + SLOW, "def f(n):\n" + FAST, [((300,), {})]),
    "keyword arguments": ("def f(*, n, m=1):\n" + SLOW, "def f(*, n, m=1):\n" + FAST, [((), {"n": 300})]),
    "a decorated function": (
        "import functools\n@functools.lru_cache(None)\ndef f(n):\n" + SLOW,
        "import functools\n@functools.lru_cache(None)\ndef f(n):\n" + FAST,
        [((300,), {})],
    ),
    "a generator": (
        "def f(n):\n    for i in range(n):\n        for _ in range(20): pass\n        yield i\n",
        "def f(n):\n    yield from range(n)\n",
        [((100,), {})],
    ),
    "a coroutine": ("async def f(n):\n" + SLOW, "async def f(n):\n" + FAST, [((300,), {})]),
    "an async generator": (
        "async def f(n):\n    for i in range(n):\n        for _ in range(50): pass\n        yield i\n",
        "async def f(n):\n    for i in range(n):\n        yield i\n",
        [((100,), {})],
    ),
    "arguments that change": (
        "def f(xs):\n    while xs:\n        sorted(xs)\n        xs.pop()\n",
        "def f(xs):\n    while xs:\n        xs.pop()\n",
        [(([3, 1, 2] * 10,), {})],
    ),
    "an error": (
        "def f(n):\n    for i in range(300): pass\n    raise KeyError(n)\n",
        "def f(n):\n    raise KeyError(n)\n",
        [((1,), {})],
    ),
    "something that prints": (
        "def f(n):\n    for i in range(n): print(i)\n",
        "def f(n):\n    print(n)\n",
        [((50,), {})],
    ),
    "a closure": (
        "def f(n):\n    def add(t, i):\n        return t + i + n\n    t = 0\n    for i in range(n):\n        t = add(t, i)\n    return t\n",
        "def f(n):\n    return sum(range(n)) + n * n\n",
        [((300,), {})],
    ),
}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_functions(make, runner, kind, apart):
    before, after, calls = KINDS[kind]
    assert ratio(make(before, after, calls=calls), runner, apart=apart) > 1.5


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("C.method", lambda m: (m.C(3), 300)),
        ("C.size", lambda m: (m.C(300),)),
        ("C.make", lambda m: (m.C, 300)),
        ("C.loop", lambda _m: (300,)),
    ],
)
def test_methods(make, runner, name, arguments):
    subject = make(class_text(SLOW), class_text(FAST), name, calls=lambda module: [(arguments(module), {})])
    assert ratio(subject, runner) > 1.5


def test_a_function_of_nanoseconds(make, runner):
    subject = make(
        "def f(x):\n    y = x\n    y = y + 1\n    y = y - 1\n    return y\n",
        "def f(x):\n    return x\n",
        calls=[((7,), {})],
    )
    process = Sampler(subject=subject, runner=runner).draw()
    assert process.after_seconds < 5e-7
    assert math.exp(process.x) > 1.1


def test_a_function_of_a_tenth_of_a_second(make, runner):
    text = "def f(n):\n    for _ in range(n): pass\n"
    subject = make(text, text.replace("range(n)", "range(n // 3)"), calls=[((1_000_000,), {})])
    process = Sampler(subject=subject, runner=runner).draw()
    assert process.blocks < 60
    assert math.exp(process.x) > 1.8


def test_recorded_calls_count_with_their_weights(make, runner):
    text = "def f(n):\n    for _ in range(n): pass\n"
    subject = make(
        text,
        text.replace("range(n)", "range(n if n < 1000 else n // 4)"),
        calls=[((100,), {}), ((5000,), {})],
    )
    rare, often = (
        replace(sample, weight=weight) for sample, weight in zip(subject.samples, (0.999, 0.001), strict=True)
    )
    process = Sampler(subject=replace(subject, samples=(rare, often)), runner=runner).draw()
    assert 1.0 < math.exp(process.x) < 1.3
    assert [math.exp(x) > 2 for _, _, x in process.strata] == [False, True]


INPUTS = """
    import measured_case

    def inputs():
        yield (lambda x: x + measured_case.ONE, (i for i in range(200)))
"""


def test_inputs_that_no_pickle_can_hold(make, runner):
    before = "ONE = 1\ndef f(g, xs):\n    return [g(x) for x in xs for _ in range(20)]\n"
    after = "ONE = 1\ndef f(g, xs):\n    return [g(x) for x in xs]\n"
    assert ratio(make(before, after, inputs=INPUTS), runner) > 3
    assert ratio(make(before, after, inputs=INPUTS), runner, apart=True) > 3


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(
    "memo",
    [
        "import functools\n@functools.lru_cache(None)\ndef h(n):\n{slow}def f(n):\n    return h(n)\n",
        "M = {{}}\ndef f(n):\n    if n not in M:\n        M[n] = h(n)\n    return M[n]\ndef h(n):\n{slow}",
        "def f(n, m={{}}):\n    if n not in m:\n        m[n] = h(n)\n    return m[n]\ndef h(n):\n{slow}",
    ],
)
def test_a_new_cache_gains_nothing_from_replaying_one_call(make, runner, memo, apart):
    subject = make("def f(n):\n" + SLOW, memo.format(slow=SLOW), calls=[((3000,), {}), ((2999,), {})])
    sampler = Sampler(subject=subject, runner=runner, apart=apart)
    process = sampler.draw()
    assert math.exp(process.x) < 1.1
    assert process.resets


def test_a_new_cache_gains_from_calls_that_repeat(make, runner):
    after = (
        "import functools\n@functools.lru_cache(None)\ndef h(n):\n" + SLOW + "def f(n):\n    return h(n)\n"
    )
    subject = make("def f(n):\n" + SLOW, after, calls=[((3000,), {})] * 5)
    assert 2 < ratio(subject, runner) < 6


DATACLASS = "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass P:\n    x: int\n    y: int\n"
NAMED = "import typing\nclass P(typing.NamedTuple):\n    x: int\n    y: int\n"
TOTAL = "def f(ps):\n    return sum(hash(p) for p in ps)\n"


def test_a_change_of_a_class_takes_two_processes_and_keeps_recorded_instances(make, runner):
    subject = make(
        DATACLASS + TOTAL, NAMED + TOTAL, calls=lambda m: [(([m.P(i, i) for i in range(50)],), {})]
    )
    sampler = Sampler(subject=subject, runner=runner)
    process = sampler.draw()
    assert math.exp(process.x) > 1.5
    assert sampler.apart
    assert "class P" in sampler.apart_because
    assert process.lost_share == 0


def test_a_class_is_called_like_a_function(make, runner):
    subject = make(DATACLASS, NAMED, "P", inputs="def inputs():\n    yield (1, 2)\n")
    assert ratio(subject, runner) > 1.1


def test_slots_take_instances_recorded_without(make, runner):
    text = "class N:\n    def __init__(self):\n        self.a = 1\ndef f(n):\n    return n.a\n"
    subject = make(
        text,
        text.replace("class N:\n", "class N:\n    __slots__ = ('a',)\n"),
        calls=lambda m: [((m.N(),), {})],
    )
    assert Sampler(subject=subject, runner=runner).draw().lost_share == 0


def test_module_level_code(make, runner):
    subject = make("X = [i for i in range(40000) for _ in range(3)]\n", "X = list(range(40000))\n", "")
    assert ratio(subject, runner) > 1.5


@pytest.mark.parametrize("apart", [False, True], ids=["one process", "two processes"])
def test_what_other_threads_do_is_seen(make, runner, apart):
    before = """
        import threading
        def f(n):
            thread = threading.Thread(target=sum, args=(range(n),))
            thread.start()
            thread.join()
    """
    sampler = Sampler(subject=make(before, before, calls=[((300_000,), {})]), runner=runner, apart=apart)
    assert sampler.draw().other_threads_share > 0.5


def test_what_only_waits_is_seen_to_wait(make, runner):
    text = "import time\ndef f(n):\n    time.sleep(n)\n"
    measurement = measure(
        make(text, text.replace("(n)\n", "(n / 3)\n", 2).replace("f(n / 3)", "f(n)"), calls=[((0.003,), {})]),
        runner,
    )
    assert not measurement.claim
    assert "mostly waits" in " ".join(measurement.reasons)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"before": "import gone_module\ndef f(n):\n    return n\n"}, "gone_module"),
        ({"before": "raise SystemExit(3)\n"}, "ended early"),
        ({"after": "def g(n):\n    return n\n"}, "f is not defined at the top"),
        ({"after": "def f(n, m):\n    return n\n"}, "do not fit f"),
        ({"after": "def f(n):\n    raise KeyError\n"}, "end differently on call 0"),
        ({"after": "def f(n:\n"}, "SyntaxError"),
        ({"samples": (Sample(call="AAAA", stratum="", weight=1.0),)}, "no recorded call could be rebuilt"),
    ],
)
def test_what_cannot_be_timed_says_why(make, runner, changes, words):
    text = "def f(n):\n    return n\n"
    subject = replace(make(text, text + "\n", calls=[((3,), {})]), **changes)
    with pytest.raises(Unmeasurable, match=words):
        Sampler(subject=subject, runner=runner).draw()


def test_a_nested_function_is_not_called_from_outside(make, runner):
    text = "def f(n):\n    def g():\n        return n\n    return g()\n"
    subject = make(text, text + "\n", "f.g", inputs="def inputs():\n    yield ()\n")
    with pytest.raises(Unmeasurable, match="name that one"):
        Sampler(subject=subject, runner=runner).draw()


def test_a_module_whose_file_no_import_leads_to(make, runner, tmp_path):
    subject = make("def f(n):\n" + SLOW, "def f(n):\n" + FAST, calls=[((300,), {})])
    for apart in (False, True):
        assert ratio(replace(subject, module="odd_name"), runner, apart=apart) > 1.5


@pytest.mark.slow
def test_a_whole_measurement(make, runner):
    subject = make("def f(n):\n" + SLOW, "def f(n):\n" + FAST, calls=[((300,), {}), ((30,), {})])
    measurement = measure(subject, runner)
    assert measurement.claim
    assert 1.5 < measurement.low < measurement.ratio < measurement.high
    assert measurement.same_code_ratio == pytest.approx(1.0, abs=0.1)
    assert not measure(replace(subject, after=subject.before + "\n"), runner).claim


@pytest.mark.slow
@pytest.mark.parametrize("apart", [False, True])
def test_the_same_code_is_equal_to_itself(make, runner, apart):
    subject = make("def f(n):\n" + SLOW, "def f(n):\n" + FAST, calls=[((300,), {})])
    control = measure_control(subject, runner, apart=apart)
    assert control.ratio == pytest.approx(1.0, abs=0.1)
    assert not control.blocks


@pytest.mark.interpreters
@pytest.mark.parametrize("minor", ["3.9", "3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize(
    "kind", ["a function", "a generator", "a coroutine", "arguments that change", "a closure"]
)
def test_other_interpreters(make, runner, python_exe, minor, kind):
    before, after, calls = KINDS[kind]
    subject = replace(make(before, after, calls=calls), python=python_exe(minor))
    for apart in (False, True):
        sampler = Sampler(subject=subject, runner=runner, apart=apart)
        process = sampler.draw()
        assert math.exp(process.x) > 1.5
        assert process.metadata["python_version"].startswith(minor + ".")


class TestMemory:
    def test_a_smaller_peak_is_claimed(self, make, runner):
        before = (
            "def f(n):\n    xs = list(range(n))\n    ys = list(xs)\n    zs = list(ys)\n    return len(zs)\n"
        )
        after = "def f(n):\n    xs = list(range(n))\n    return len(xs)\n"
        measurement = measure(make(before, after, calls=[((40000,), {})], metric=Metric.MEMORY), runner)
        assert (measurement.metric, measurement.claim, measurement.reasons) == (Metric.MEMORY, True, ())
        assert measurement.ratio > 1.2
        assert "KiB" in measurement.notes[0]

    def test_an_equal_peak_is_not(self, make, runner):
        text = "def f(n):\n    return len(list(range(n)))\n"
        measurement = measure(make(text, text + "\n", calls=[((40000,), {})], metric=Metric.MEMORY), runner)
        assert not measurement.claim
        assert "10% and 64 KiB less are needed" in measurement.reasons[0]

    def test_a_small_saving_is_not(self, make, runner):
        text = "def f(n):\n    xs = list(range(n))\n    return len(list(xs))\n"
        after = "def f(n):\n    xs = list(range(n))\n    return len(xs)\n"
        assert not measure(make(text, after, calls=[((1000,), {})], metric=Metric.MEMORY), runner).claim

    def test_memory_is_not_bought_with_time(self, make, runner):
        before = "def f(n):\n    return sum([i for i in range(n)])\n"
        after = "def f(n):\n    t = 0\n    for i in range(n):\n        t = max(t, t + i)\n    return t\n"
        measurement = measure(make(before, after, calls=[((20000,), {})], metric=Metric.MEMORY), runner)
        assert not measurement.claim
        assert "2% slower is the most that is allowed" in measurement.reasons[0]


class TestResources:
    OPEN = "def f(path):\n    h = open(path)\n    text = h.read()\n    n = len(text)\n    h.close()\n    return n\n"
    WITH = "def f(path):\n    with open(path) as h:\n        text = h.read()\n        n = len(text)\n    return n\n"

    def counted(self, make, runner, before, after, **options):
        subject = make(before, after, calls=[((__file__,), {})], metric=Metric.RESOURCES, **options)
        return measure(subject, runner)

    def test_what_an_error_leaves_open_counts(self, make, runner):
        measurement = self.counted(make, runner, self.OPEN, self.WITH)
        assert (measurement.metric, measurement.claim, measurement.reasons) == (Metric.RESOURCES, True, ())
        assert measurement.notes[0].startswith(
            "Over 50 calls that were made to raise, 50 resources were left open before and 0"
        )

    @pytest.mark.parametrize(
        "before",
        [
            WITH,
            "def f(path):\n    h = open(path)\n    try:\n        return len(h.read())\n    finally:\n        h.close()\n",
        ],
    )
    def test_what_was_closed_anyway_gains_nothing(self, make, runner, before):
        measurement = self.counted(make, runner, before, self.WITH + "\n")
        assert not measurement.claim
        assert "nothing was left open before" in measurement.reasons[0]

    def test_a_change_that_still_leaks_is_refused(self, make, runner):
        measurement = self.counted(
            make, runner, self.OPEN, self.OPEN.replace("n = len(text)", "n = len(text) + 0")
        )
        assert "10% fewer are needed" in measurement.reasons[0]

    def test_a_function_that_opens_nothing(self, make, runner):
        text = "def f(path):\n    return 1\n"
        assert "No recorded call has a place" in self.counted(make, runner, text, text + "\n").reasons[0]

    @pytest.mark.interpreters
    @pytest.mark.parametrize("minor", ["3.9", "3.10", "3.11", "3.12"])
    def test_other_interpreters(self, make, runner, python_exe, minor):
        measurement = self.counted(make, runner, self.OPEN, self.WITH, python=python_exe(minor))
        assert " 50 resources were left open before and 0 after" in measurement.notes[0]
