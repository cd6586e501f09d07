"""Two other tools on the same pairs: CrossHair's `diffbehavior` and a test with strategies from the annotations."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.equivalence_cases import Case
from benchmarks.equivalence_tables import DIFFERENT, SAME, UNDECIDED, Result

CROSSHAIR_SECONDS = 8
HYPOTHESIS_EXAMPLES = 200
_TIMEOUT_SECONDS = 120


def crosshair(case: Case, folder: Path, python: str) -> Result:
    """`crosshair diffbehavior`: symbolic execution of both."""
    _write_pair(case, folder)
    command = [
        python,
        "-m",
        "crosshair",
        "diffbehavior",
        "--per_condition_timeout",
        str(CROSSHAIR_SECONDS),
    ]
    return _other(case, folder, [*command, f"before.{case.entry}", f"after.{case.entry}"], _crosshair_answer)


def _crosshair_answer(status: int, output: str) -> str:
    if "No differences found" in output:
        return SAME
    return DIFFERENT if status == 1 and "Given" in output else UNDECIDED


def type_driven(case: Case, folder: Path, python: str) -> Result:
    """Hypothesis with strategies from the annotations; results are compared by type and value."""
    _write_pair(case, folder)
    (folder / "driven.py").write_text(
        _DRIVEN.format(entry=case.entry, examples=HYPOTHESIS_EXAMPLES), encoding="utf-8"
    )
    return _other(
        case,
        folder,
        [python, "driven.py"],
        lambda status, _: {0: SAME, 1: DIFFERENT}.get(status, UNDECIDED),
    )


_DRIVEN = """
import inspect, sys
from hypothesis import HealthCheck, given, settings, strategies as st
try:
    import before, after
except Exception:
    sys.exit(1)
old, new = before.{entry}, after.{entry}
parameters = inspect.signature(old).parameters.values()
anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers() | st.text())
def strategy(parameter):
    hint = parameter.annotation
    return anything if hint is inspect.Parameter.empty else st.from_type(hint)
def outcome(function, arguments):
    try:
        result = function(*arguments)
        return type(result).__name__, repr(result)
    except Exception as error:
        return "raises", type(error).__name__
try:
    strategies = st.tuples(*map(strategy, parameters))
except Exception:
    sys.exit(2)
@settings(max_examples={examples}, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies)
def check(arguments):
    import copy
    assert outcome(old, copy.deepcopy(arguments)) == outcome(new, copy.deepcopy(arguments))
try:
    check()
except AssertionError:
    sys.exit(1)
except BaseException:
    sys.exit(2)
"""


def _write_pair(case: Case, folder: Path) -> None:
    for name, text in (("before", case.before), ("after", case.after)):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


def _other(case: Case, folder: Path, command: Sequence[str], answer: Callable[[int, str], str]) -> Result:
    started = time.monotonic()
    try:
        ran = subprocess.run(
            list(command), cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
        )
        said = answer(ran.returncode, ran.stdout + ran.stderr)
    except subprocess.TimeoutExpired:
        said = UNDECIDED
    return Result.of(case, said, time.monotonic() - started)
