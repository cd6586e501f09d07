"""The tables of `claims.py`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

from benchmarks.claims_cases import SCALES, Pair
from benchmarks.claims_methods import LEAST, Answer
from optimizer.measure.environment import describe

_TITLES = {
    "ours": "`optimize`: the duet gate, with its confirmation",
    "pyperf": "`pyperf timeit` of each version, then `pyperf compare_to`, counting 1.10x and more",
    "least": "the least of 30 repeats of `timeit`, one process for each version",
}
_HEAD = (
    "| true ratio | pairs | claims | share | largest claimed | processes behind the figure | seconds |",
    "|---|---|---|---|---|---|---|",
)
_INTRODUCTION = """\
# Claims on functions whose ratio is known

Written by `benchmarks/claims.py`; do not edit. Each pair of functions repeats the same unit of work, the earlier
version more often, so its true ratio is known; `timeit` in many processes of its own confirms it. A pair that
missed its target by more than 0.01 is counted by itself. True ratios of 1.00, 1.05 and 1.08 must not be claimed
as 10%."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a method said of a pair."""

    method: str
    busy: bool
    pair: Pair
    answer: Answer


def report(rows: Sequence[Row]) -> str:
    """All tables, as Markdown."""
    machine = describe()
    pythons = sorted({_version(row.pair.python) for row in rows}, key=_numbers)
    functions = len({row.pair.name for row in rows})
    where = f"{machine.cpu}, {machine.cores} processors shared with other work, {machine.system}"
    lines = [
        _INTRODUCTION,
        "",
        f"{functions} functions, {len(rows)} comparisons. {where}; Python {', '.join(pythons)}.",
        *(f"- {hint}" for hint in machine.hints),
    ]
    for method, title in _TITLES.items():
        for busy in (False, True):
            mine = [row for row in rows if (row.method, row.busy) == (method, busy)]
            if mine:
                where = "a busy neighbour on each processor" if busy else "no neighbour of ours"
                lines += ["", f"## {title[0].upper()}{title[1:]}; {where}", "", *_table(mine)]
    ours = [row for row in rows if row.method == "ours"]
    lines += [
        "",
        "## By duration of a call",
        "",
        *_by_scale(ours),
        "",
        "## By interpreter",
        "",
        *_by_python(ours),
    ]
    wrong = list(_wrong(ours))
    lines += ["", "## What was claimed wrongly or not at all", "", *(wrong or ["Nothing."]), ""]
    return "\n".join(lines)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield from _HEAD
    for ratio in sorted({row.pair.target for row in rows}):
        mine = [row for row in rows if row.pair.target == ratio]
        yield _line(f"{ratio:.2f}", [row for row in mine if row.pair.on_target])
        missed = [row for row in mine if not row.pair.on_target]
        if missed:
            truths = [row.pair.truth for row in missed]
            yield _line(f"(made for {ratio:.2f}, is {min(truths):.3f} to {max(truths):.3f})", missed)


def _line(name: str, rows: Sequence[Row]) -> str:
    if not rows:
        return f"| {name} | 0 | | | | | |"
    claimed = [row.answer.ratio for row in rows if row.answer.claim]
    return (
        f"| {name} | {len(rows)} | {len(claimed)} | {len(claimed) / len(rows):.3f}"
        f" | {f'{max(claimed):.3f}' if claimed else ''} | {fmean(row.answer.processes for row in rows):.1f}"
        f" | {fmean(row.answer.seconds for row in rows):.1f} |"
    )


def _by_scale(rows: Sequence[Row]) -> Iterator[str]:
    groups = {scale: [row for row in rows if row.pair.scale == scale] for scale in SCALES}
    yield from _grouped("duration of a call", groups)


def _by_python(rows: Sequence[Row]) -> Iterator[str]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_version(row.pair.python), []).append(row)
    yield from _grouped("Python", {name: groups[name] for name in sorted(groups, key=_numbers)})


def _grouped(title: str, groups: dict[str, list[Row]]) -> Iterator[str]:
    ratios = sorted({row.pair.target for rows in groups.values() for row in rows})
    yield f"| {title} | " + " | ".join(f"claims at {ratio:.2f}" for ratio in ratios) + " |"
    yield "|---|" + "---|" * len(ratios)
    for name, rows in groups.items():
        cells = []
        for ratio in ratios:
            mine = [row for row in rows if row.pair.target == ratio and row.pair.on_target]
            cells.append(f"{sum(row.answer.claim for row in mine)} of {len(mine)}")
        yield f"| {name} | " + " | ".join(cells) + " |"


def _wrong(rows: Sequence[Row]) -> Iterator[str]:
    """What a reader wants to look at."""
    for row in rows:
        pair, answer = row.pair, row.answer
        where = f"{pair.name}, Python {_version(pair.python)}{', busy' if row.busy else ''}"
        true = f"true {pair.truth:.3f} +- {pair.truth_error:.3f}"
        if answer.claim and pair.surely_below < LEAST:
            yield f"- FALSE CLAIM: {where}, {true}, claimed {answer.ratio:.3f}"
        if not answer.claim and pair.target > LEAST and pair.on_target:
            yield f"- not claimed: {where}, {true}: {' '.join(answer.reasons)}"


@cache
def _version(python: str) -> str:
    """The interpreter's version."""
    code = "import platform; print(platform.python_version())"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
