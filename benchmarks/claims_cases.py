"""Functions whose true ratio is known, for `claims.py`.

They are made from templates that repeat a unit of work n times. The earlier version repeats it more often, by as
much as a calibration says makes the wanted ratio. What the ratio really is, is then measured by other means
(`timeit`, many processes), which share no code with what is judged. A ratio of 1 is two identical texts.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, stdev

TOLERANCE = 0.01
_ATTEMPTS = 3
_SURE = 3

# Each kind: set-up outside the function, its first lines, the unit of work, and its last line. `{v}` varies.
KINDS: dict[str, tuple[str, str, str, str]] = {
    "integers": ("", "t = x", "t = t * {v} + 1 & 65535", "return t"),
    "floats": ("", "t = x * 0.5", "t = t * 0.5 + {v}.25", "return t"),
    "comparisons": ("", "t = x", "t = t + 1 if t < {v} else t - {v}", "return t"),
    "globals": ("STEP = {v}\n", "t = x", "t = t + STEP & 4095", "return t"),
    "text": ("", "s = 'ab' * {v}", "s = s.upper().lower()", "return s"),
    "formatting": ("", "s = ''", "s = f'{{x}}:{v}:{{x + 1}}'", "return s"),
    "splitting": ("TEXT = 'a,b,c,' * {v}\n", "n = 0", "n += len(TEXT.split(','))", "return n"),
    "dict reads": ("D = {{i: i for i in range({v} + 90)}}\n", "t = x", "t = D[t % 80] + 7", "return t"),
    "dict writes": ("", "d = {{}}", "d[x % {v}] = d.get(x % {v}, 0) + 1", "return d"),
    "lists": ("", "xs = []", "xs.append(x + {v})", "return xs"),
    "allocation": ("", "xs = None", "xs = [x, (x, {v}), {{x: xs is None}}]", "return xs"),
    "objects": (
        "class P:\n    def __init__(self, a):\n        self.a = a\n",
        "p = None",
        "p = P(x + {v})",
        "return p.a",
    ),
    "methods": (
        (
            "class A:\n    def __init__(self):\n        self.n = 0\n"
            "    def add(self, k):\n        self.n += k\n        return self\n"
        ),
        "a = A()",
        "a.add(x).add({v})",
        "return a.n",
    ),
    "functions": ("def g(a, b={v}):\n    return a + b & 1023\n", "t = x", "t = g(t)", "return t"),
    "closures": ("", "def g(k):\n        return k + x + {v} & 255\n    t = x", "t = g(t)", "return t"),
    "exceptions": (
        "",
        "t = 0",
        "try:\n    t += int('q' if t % {v} == 0 else '3')\nexcept ValueError:\n    t += 1",
        "return t",
    ),
    "sets": (
        "S = frozenset(range(0, 900, {v}))\n",
        "t = x",
        "t = t + (3 if t % 800 in S else 5)",
        "return t",
    ),
    "sorting": (
        "XS = [(i * 7919) % 101 for i in range({v} + 5)]\n",
        "t = 0",
        "t += sorted(XS)[0]",
        "return t",
    ),
    "unpacking": ("", "a, b, c = x, {v}, 2", "a, b, c = b, c, a", "return a"),
    "builtins": ("", "t = 0", "t = max(abs(t - {v}), min(t, x))", "return t"),
}
# A generator repeats its unit in its own loop, so it has a template of its own.
GENERATOR = "def f(x):\n    for i in range({n}):\n        yield i * {v} + x\n"
# Below a microsecond the unit is repeated in the text, and has to be small for a ratio to be hit.
SMALL_KINDS: dict[str, tuple[str, str, str, str]] = {
    "assignments": ("", "a = x", "b = a; a = b", "return a"),
    "additions": ("", "t = x", "t = x + {v}", "return t"),
    "tests": ("", "t = x", "t = x < {v}", "return t"),
    "constants": ("STEP = {v}\n", "t = x", "t = STEP", "return t"),
    "items": ("", "p = (x, {v})", "t = p[1]", "return t"),
}
SCALES = {"100 ns": 2e-7, "microseconds": 4e-6, "tens": 5e-5, "milliseconds": 1.2e-3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A family of functions that differ in how often they repeat a unit of work."""

    kind: str
    scale: str
    variant: int

    @property
    def name(self) -> str:
        """How the table names it."""
        return f"{self.kind} ({self.scale}, {self.variant})"

    def source(self, n: int) -> str:
        """The module's text for `n` repetitions."""
        if self.kind == "generator":
            return GENERATOR.format(n=n, v=self.variant)
        template = (KINDS | SMALL_KINDS)[self.kind]
        setup, first, unit, last = (part.format(v=self.variant) for part in template)
        if self.scale == "100 ns":
            body = f"\n    {unit}" * n
        else:
            indented = unit.replace("\n", "\n        ")
            body = f"\n    for _ in range({n}):\n        {indented}"
        return f"{setup}\ndef f(x):\n    {first}{body}\n    {last}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two versions with the ratio that they were made for, and the one that `timeit` found."""

    name: str
    scale: str
    target: float
    truth: float
    truth_error: float
    before: str
    after: str
    python: str

    @property
    def on_target(self) -> bool:
        """Whether the calibration hit."""
        return abs(self.truth - self.target) <= TOLERANCE

    @property
    def surely_below(self) -> float:
        """A ratio that the true one is below for certain."""
        return self.truth + _SURE * self.truth_error


def templates(seed: int, count: int) -> list[Template]:
    """`count` templates, all different as long as there are any left."""
    known = [
        Template(kind=kind, scale=scale, variant=variant)
        for variant in (3, 5, 7, 11, 13, 17)
        for scale in SCALES
        for kind in (SMALL_KINDS if scale == "100 ns" else (*KINDS, "generator"))
    ]
    random.Random(seed).shuffle(known)  # noqa: S311 - the same pairs for the same seed
    return [known[index % len(known)] for index in range(count)]


def make_pair(template: Template, ratio: float, *, python: str, processes: int) -> Pair:
    """Two versions of which the first takes `ratio` times as long; `processes` find out whether it does."""
    fixed, unit = _cost(template, python)
    n = max(4, round((SCALES[template.scale] - fixed) / unit))
    after = template.source(n)
    truth, error, before = 1.0, 0.0, after
    if ratio != 1.0:
        more = round(((fixed + n * unit) * ratio - fixed) / unit)
        for _ in range(_ATTEMPTS):
            before = template.source(more)
            truth, error = _truth(before, after, python=python, processes=processes)
            # Again, from what the last attempt came to.
            better = round(n + (more - n) * (ratio - 1) / max(truth - 1, (ratio - 1) / 2))
            if better == more or abs(truth - ratio) <= TOLERANCE / 2:
                break
            more = better
    return Pair(
        name=template.name,
        scale=template.scale,
        target=ratio,
        truth=truth,
        truth_error=error,
        before=before,
        after=after,
        python=python,
    )


@cache
def _cost(template: Template, python: str) -> tuple[float, float]:
    """(seconds of a call, seconds of a unit of work)."""
    few, many = (10, 40) if template.scale == "100 ns" else (50, 200)
    seconds, log_ratio = _timeit(template.source(many), template.source(few), python)
    times = math.exp(log_ratio)
    fixed_units = max((many - times * few) / max(times - 1, 0.01), 0.0)
    unit = seconds / (many + fixed_units)
    return fixed_units * unit, unit


def _truth(before: str, after: str, *, python: str, processes: int) -> tuple[float, float]:
    """The ratio and its standard error: the middle half of many processes, as some are disturbed."""
    values = sorted(_timeit(before, after, python)[1] for _ in range(processes))
    middle: Sequence[float] = values[len(values) // 4 : -(len(values) // 4) or None]
    return math.exp(fmean(middle)), stdev(middle) / math.sqrt(len(middle))


# The other means: plain `timeit` on the processor's clock, in processes of its own. It shares no code with what
# it judges. It prints (median seconds of the first, median log of first / second over the turns).
_TIMEIT = """
import json, math, random, statistics, sys, time, timeit
junk = [bytearray(random.randrange(1, 3000)) for _ in range(random.randrange(500))][::2]
texts = json.load(sys.stdin)
order = [0, 1]
random.shuffle(order)
timers, numbers = {}, {}
for place in order:
    space = {}
    exec(texts[place], space)
    use = "for _ in f(5): pass" if "yield" in texts[place] else "f(5)"
    timers[place] = timeit.Timer(use, globals=space, timer=time.thread_time)
    number = 1
    while timers[place].timeit(number) < 2e-4:
        number *= 2
    numbers[place] = number
turns = []
for _ in range(60):
    best = {0: math.inf, 1: math.inf}
    for _ in range(3):
        random.shuffle(order)
        for place in order:
            best[place] = min(best[place], timers[place].timeit(numbers[place]) / numbers[place])
    turns.append(best)
print(json.dumps([
    statistics.median(turn[0] for turn in turns),
    statistics.median(math.log(turn[0] / turn[1]) for turn in turns),
]))
"""


def _timeit(first: str, second: str, python: str) -> tuple[float, float]:
    """(seconds per call of the first text's `f`, log of first / second) in one process."""
    asked = json.dumps([first, second])
    ran = subprocess.run([python, "-c", _TIMEIT], input=asked, capture_output=True, text=True, check=True)
    seconds, log_ratio = json.loads(ran.stdout)
    return seconds, log_ratio
