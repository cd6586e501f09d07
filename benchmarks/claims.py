"""How often the gate claims a gain, on functions whose true ratio is known.

usage: python benchmarks/claims.py [--pairs N] [--ratio R ...] [--busy] [--seed S] [--output FILE.md]

Functions of many kinds and of a hundred nanoseconds to milliseconds are made from templates that repeat a unit of
work n times. The earlier version repeats it more often, by as much as a calibration says makes the wanted ratio.
What the ratio really is, is then measured by other means (`timeit`, many processes); pairs that missed their
target are counted by themselves. A ratio of 1 is two identical texts.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import math
import os
import pickle
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from optimizer.measure.control import Control, control_of  # noqa: E402 - the checkout is not installed
from optimizer.measure.environment import describe  # noqa: E402 - as above
from optimizer.measure.measure import measure  # noqa: E402 - as above
from optimizer.measure.processes import Sampler  # noqa: E402 - as above
from optimizer.model import Measurement, Sample, Subject  # noqa: E402 - as above
from optimizer.sandbox.launch import Launcher  # noqa: E402 - as above

RATIOS = (1.0, 1.05, 1.08, 1.12, 1.15)
TOLERANCE = 0.01
_ATTEMPTS = 2

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

    template: Template
    target: float
    truth: float
    truth_error: float
    before: str
    after: str

    @property
    def on_target(self) -> bool:
        """Whether the calibration hit."""
        return abs(self.truth - self.target) <= TOLERANCE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print (or write) its tables."""
    options = _options(arguments)
    rng = random.Random(options.seed)  # noqa: S311 - the same pairs for the same seed
    ratios = options.ratio or RATIOS
    started = time.monotonic()
    with _neighbours(busy=options.busy):
        rows = [
            (pair, result, seconds)
            for ratio in ratios
            for pair, result, seconds in _trials(ratio, _templates(rng, options.pairs), options)
        ]
    text = _report(rows, ratios, options, minutes=(time.monotonic() - started) / 60)
    print(text)
    if options.output:
        Path(options.output).write_text(text, encoding="utf-8")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=200, help="pairs for each ratio")
    parser.add_argument("--ratio", type=float, action="append", help="a true ratio; repeat for several")
    parser.add_argument("--busy", action="store_true", help="keep a busy neighbour on each core")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--python", default=sys.executable, help="the interpreter to measure")
    parser.add_argument("--seconds", type=float, default=60.0, help="the most for one gate")
    parser.add_argument(
        "--verify", type=int, default=12, help="processes that find out what the ratio really is"
    )
    parser.add_argument("--output", help="a Markdown file to write")
    return parser.parse_args(arguments)


def _templates(rng: random.Random, count: int) -> list[Template]:
    """`count` templates, all different as long as there are any left."""
    known = [
        Template(kind=kind, scale=scale, variant=variant)
        for variant in (3, 5, 7, 11, 13, 17)
        for scale in SCALES
        for kind in (SMALL_KINDS if scale == "100 ns" else (*KINDS, "generator"))
    ]
    rng.shuffle(known)
    return [known[index % len(known)] for index in range(count)]


@contextlib.contextmanager
def _neighbours(*, busy: bool) -> Iterator[None]:
    """A busy process for each core while the body runs."""
    count = (os.cpu_count() or 1) if busy else 0
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _trials(
    ratio: float, templates: Sequence[Template], options: argparse.Namespace
) -> Iterator[tuple[Pair, Measurement, float]]:
    control: Control | None = None
    for number, template in enumerate(templates, 1):
        pair = _pair(template, ratio, options)
        with tempfile.TemporaryDirectory(prefix="claims-") as folder:
            subject = _subject(pair, Path(folder), options.python)
            control = control or _control(subject)
            started = time.monotonic()
            result = measure(subject, Launcher(), control=control, seconds=options.seconds)
            seconds = time.monotonic() - started
        print(
            f"{ratio:.2f} {number}/{len(templates)} {template.name}: true {pair.truth:.3f}"
            f" +- {pair.truth_error:.3f}, measured {result.ratio:.3f},"
            f" {'CLAIM' if result.claim else 'no claim'}, {result.processes} processes, {seconds:.1f} s",
            file=sys.stderr,
            flush=True,
        )
        if result.processes == 0:
            message = f"{template.name} could not be measured: {result.reasons}"
            raise SystemExit(message)
        yield pair, result, seconds


def _control(subject: Subject) -> Control:
    """One A/A control for the run, as a run of the product has."""
    sampler = Sampler(subject=subject, runner=Launcher(), control=True)
    return control_of([sampler.draw().x for _ in range(6)], subject="the first pair")


def _pair(template: Template, ratio: float, options: argparse.Namespace) -> Pair:
    fixed, unit = _cost(template, options.python)
    n = max(4, round((SCALES[template.scale] - fixed) / unit))
    if ratio == 1.0:
        text = template.source(n)
        return Pair(template=template, target=1.0, truth=1.0, truth_error=0.0, before=text, after=text)
    more = round(((fixed + n * unit) * ratio - fixed) / unit)
    after = template.source(n)
    truth, error = _truth(template.source(more), after, options)
    for _ in range(_ATTEMPTS):
        # Again, from what the last attempt came to.
        better = round(n + (more - n) * (ratio - 1) / max(truth - 1, (ratio - 1) / 2))
        if better == more or abs(truth - ratio) <= TOLERANCE / 2:
            break
        more = better
        truth, error = _truth(template.source(more), after, options)
    before = template.source(more)
    return Pair(template=template, target=ratio, truth=truth, truth_error=error, before=before, after=after)


def _subject(pair: Pair, folder: Path, python: str) -> Subject:
    file = folder / "claims_case.py"
    file.write_text(pair.before, encoding="utf-8")
    call = base64.b64encode(pickle.dumps(((5,), {}), 4)).decode()
    return Subject(
        file=str(file),
        module="claims_case",
        qualnames=("f",),
        before=pair.before,
        after=pair.after,
        python=python,
        cwd=str(folder),
        sys_path=(str(folder),),
        samples=(Sample(call=call, stratum="int", weight=1.0),),
    )


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
for _ in range(100):
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


def _cost(template: Template, python: str) -> tuple[float, float]:
    """(seconds of a call, seconds of a unit of work)."""
    few, many = (10, 40) if template.scale == "100 ns" else (50, 200)
    seconds, log_ratio = _timeit(template.source(many), template.source(few), python)
    times = math.exp(log_ratio)
    fixed_units = max((many - times * few) / max(times - 1, 0.01), 0.0)
    unit = seconds / (many + fixed_units)
    return fixed_units * unit, unit


def _truth(before: str, after: str, options: argparse.Namespace) -> tuple[float, float]:
    """The ratio and its standard error: the middle half of many processes, as some are disturbed."""
    values = sorted(_timeit(before, after, options.python)[1] for _ in range(options.verify))
    middle = values[len(values) // 4 : -(len(values) // 4) or None]
    return math.exp(fmean(middle)), stdev(middle) / math.sqrt(len(middle))


def _report(
    rows: Sequence[tuple[Pair, Measurement, float]],
    ratios: Sequence[float],
    options: argparse.Namespace,
    *,
    minutes: float,
) -> str:
    machine = describe()
    neighbours = "a busy neighbour on each core" if options.busy else "no neighbour of ours"
    python = f"Python {rows[0][1].python}"
    lines = [
        "# Claims on functions whose ratio is known",
        "",
        f"{machine.cpu}, {machine.cores} cores, {machine.system}, {python}; {neighbours}; seed {options.seed},",
        f"{minutes:.0f} minutes.",
        *(f"- {hint}" for hint in machine.hints),
        "",
        "| true ratio | pairs | claims | share | largest claimed | processes | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for ratio in ratios:
        mine = [row for row in rows if row[0].target == ratio]
        lines.append(_line(f"{ratio:.2f}", [row for row in mine if row[0].on_target]))
        missed = [row for row in mine if not row[0].on_target]
        if missed:
            truths = [row[0].truth for row in missed]
            lines.append(_line(f"(made for {ratio:.2f}, is {min(truths):.3f} to {max(truths):.3f})", missed))
    lines += ["", *_by_scale(rows, ratios), "", *_wrong(rows), ""]
    return "\n".join(lines)


def _line(name: str, rows: Sequence[tuple[Pair, Measurement, float]]) -> str:
    if not rows:
        return f"| {name} | 0 | | | | | |"
    claimed = [result for _, result, _ in rows if result.claim]
    largest = f"{max(result.ratio for result in claimed):.3f}" if claimed else ""
    return (
        f"| {name} | {len(rows)} | {len(claimed)} | {len(claimed) / len(rows):.3f} | {largest}"
        f" | {fmean(result.processes for _, result, _ in rows):.1f}"
        f" | {fmean(seconds for _, _, seconds in rows):.1f} |"
    )


def _by_scale(rows: Sequence[tuple[Pair, Measurement, float]], ratios: Sequence[float]) -> Iterator[str]:
    yield "| duration of a call | " + " | ".join(f"claims at {ratio:.2f}" for ratio in ratios) + " |"
    yield "|---|" + "---|" * len(ratios)
    for scale in SCALES:
        cells = []
        for ratio in ratios:
            mine = [row for row in rows if (row[0].template.scale, row[0].target) == (scale, ratio)]
            mine = [row for row in mine if row[0].on_target]
            cells.append(f"{sum(result.claim for _, result, _ in mine)} of {len(mine)}")
        yield f"| {scale} | " + " | ".join(cells) + " |"


def _wrong(rows: Sequence[tuple[Pair, Measurement, float]]) -> Iterator[str]:
    """What a reader wants to look at: claims that are not true, and gains that were not claimed."""
    for pair, result, _ in rows:
        error = 3 * pair.truth_error
        if result.claim and pair.truth + error < 1.10:  # noqa: PLR2004 - the 10% that everything is about
            yield f"- FALSE CLAIM: {pair.template.name}, true {pair.truth:.3f}, claimed {result.ratio:.3f}"
        if not result.claim and pair.target >= 1.12 and pair.on_target:  # noqa: PLR2004 - as above
            why = " ".join(result.reasons)
            yield f"- not claimed: {pair.template.name}, true {pair.truth:.3f} +- {pair.truth_error:.3f}: {why}"


if __name__ == "__main__":
    raise SystemExit(main())
