"""Three ways to claim "10% faster", for `claims.py`: ours, pyperf's `compare_to`, and the least of many calls."""

from __future__ import annotations

import base64
import json
import pickle
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.claims_cases import Pair
from optimizer.measure.control import Control
from optimizer.measure.measure import measure, measure_control
from optimizer.model import Sample, Subject
from optimizer.sandbox.launch import Launcher

LEAST = 1.10
_REPEATS = 30
_FASTER = re.compile(r"(\d+\.\d+)x faster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a method says of a pair: the ratio that it found, and whether it claims 10% or more."""

    claim: bool
    ratio: float
    processes: int
    seconds: float
    reasons: tuple[str, ...] = ()


class Ours:
    """The duet gate as a run of the product has it: one A/A control per interpreter, then each change."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._controls: dict[str, Control] = {}

    def __call__(self, pair: Pair, folder: Path) -> Answer:
        """Measure and confirm the pair."""
        given = subject(pair, folder)
        if pair.python not in self._controls:
            self._controls[pair.python] = measure_control(given, Launcher())
        started = time.monotonic()
        found = measure(given, Launcher(), control=self._controls[pair.python], seconds=self._seconds)
        if not found.processes:
            message = f"{pair.name} could not be measured: {found.reasons}"
            raise SystemExit(message)
        return Answer(
            claim=found.claim,
            ratio=found.ratio,
            processes=found.processes,
            seconds=time.monotonic() - started,
            reasons=found.reasons,
        )


def pyperf(pair: Pair, folder: Path) -> Answer:
    """`pyperf timeit` of each version with its usual settings, then `compare_to`: one after the other, as one does."""
    started = time.monotonic()
    files = []
    for name, text in (("before", pair.before), ("after", pair.after)):
        (folder / f"{name}_case.py").write_text(text, encoding="utf-8")
        files.append(str(folder / f"{name}.json"))
        use = "for _ in f(5): pass" if "yield" in text else "f(5)"
        _run(
            "-m",
            "pyperf",
            "timeit",
            "--name",
            "f",
            "-s",
            f"from {name}_case import f",
            use,
            "-o",
            files[-1],
            at=folder,
        )
    said = _run("-m", "pyperf", "compare_to", "--min-speed", "10", *files, at=folder)
    found = _FASTER.search(said)
    ratio = float(found.group(1)) if found else 1.0
    return Answer(claim=ratio >= LEAST, ratio=ratio, processes=40, seconds=time.monotonic() - started)


def least_of_many(pair: Pair, folder: Path) -> Answer:
    """The least of many calls, one process for each version."""
    started = time.monotonic()
    before, after = (
        float(_run("-c", _LEAST, at=folder, given=json.dumps([text, _REPEATS])))
        for text in (pair.before, pair.after)
    )
    ratio = before / after
    return Answer(claim=ratio >= LEAST, ratio=ratio, processes=2, seconds=time.monotonic() - started)


_LEAST = """
import json, sys, timeit
text, repeats = json.load(sys.stdin)
space = {}
exec(text, space)
timer = timeit.Timer("for _ in f(5): pass" if "yield" in text else "f(5)", globals=space)
number = 1
while timer.timeit(number) < 5e-3:
    number *= 2
print(min(timer.repeat(repeats, number)) / number)
"""


def methods(seconds: float) -> dict[str, Callable[[Pair, Path], Answer]]:
    """The methods by name."""
    return {"ours": Ours(seconds), "pyperf": pyperf, "least": least_of_many}


def subject(pair: Pair, folder: Path) -> Subject:
    """The pair as the measurement gets it: two texts and one recorded call."""
    file = folder / "claims_case.py"
    file.write_text(pair.before, encoding="utf-8")
    call = base64.b64encode(pickle.dumps(((5,), {}), 4)).decode()
    return Subject(
        file=str(file),
        module="claims_case",
        qualnames=("f",),
        before=pair.before,
        after=pair.after,
        python=pair.python,
        cwd=str(folder),
        sys_path=(str(folder),),
        samples=(Sample(call=call, stratum="int", weight=1.0),),
    )


def _run(*arguments: str, at: Path, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=at, input=given, capture_output=True, text=True, check=True
    )
    return done.stdout
