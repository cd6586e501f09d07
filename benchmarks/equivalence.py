"""Run the verifier on the equivalence corpus, beside other tools, and print the outcomes by family.

usage: python benchmarks/equivalence.py [--corpus DIR] [--only ID ...] [--python EXE] [--budget SECONDS]
                                        [--beside] [--output FILE.md]

Every case gives its `inputs` as recorded calls; `witness` and `probe` are never given. With `--beside` CrossHair's
`diffbehavior` and a test with strategies from the annotations (hypothesis) see the same pairs, where they are
installed for the Python that runs this script. Seconds are wall seconds on whatever else the machine does.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.equivalence_cases import CORPUS, Case, load, subject
from optimizer.model import Behaviour
from optimizer.sandbox.launch import Launcher
from optimizer.verify.verify import verify

SAME, DIFFERENT, UNDECIDED = "same", "different", "undecided"
ANSWERS = {Behaviour.SAME: SAME, Behaviour.DIFFERENT: DIFFERENT, Behaviour.NOT_ENOUGH_EVIDENCE: UNDECIDED}
CROSSHAIR_SECONDS = 8
HYPOTHESIS_EXAMPLES = 200
OTHERS_TIMEOUT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one tool said of one case; `mutants` are (noticed, made)."""

    case: Case
    answer: str
    seconds: float
    why: str = ""
    mutants: tuple[int, int] = (0, 0)

    @property
    def broken_promise(self) -> bool:
        """A difference that was called the same."""
        return not self.case.equivalent and self.answer == SAME


def ours(case: Case, folder: Path, options: argparse.Namespace) -> Result:
    """The verifier of this project."""
    started = time.monotonic()
    found = verify(subject(case, folder, python=options.python), Launcher(), budget_seconds=options.budget)
    return Result(
        case=case,
        answer=ANSWERS[found.behaviour],
        seconds=time.monotonic() - started,
        why=" ".join(found.reasons[:1]),
        mutants=(found.mutants_killed, found.mutants_made),
    )


def crosshair(case: Case, folder: Path, options: argparse.Namespace) -> Result:
    """`crosshair diffbehavior`: symbolic execution of both."""
    del options
    _write_pair(case, folder)
    command = [
        sys.executable,
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


def type_driven(case: Case, folder: Path, options: argparse.Namespace) -> Result:
    """Hypothesis with strategies from the annotations; results are compared by type and value."""
    del options
    _write_pair(case, folder)
    (folder / "driven.py").write_text(
        _DRIVEN.format(entry=case.entry, examples=HYPOTHESIS_EXAMPLES), encoding="utf-8"
    )
    return _other(
        case,
        folder,
        [sys.executable, "driven.py"],
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
            list(command), cwd=folder, capture_output=True, text=True, timeout=OTHERS_TIMEOUT, check=False
        )
        said = answer(ran.returncode, ran.stdout + ran.stderr)
    except subprocess.TimeoutExpired:
        said = UNDECIDED
    return Result(case=case, answer=said, seconds=time.monotonic() - started)


def by_family(results: Sequence[Result]) -> Iterable[str]:
    """A Markdown table: for each family, how different and equivalent pairs were judged."""
    yield "| family | different: found | refused | called the same | equivalent: same | refused | seconds a case |"
    yield "|---|---|---|---|---|---|---|"
    families = sorted({result.case.family for result in results})
    for name in families:
        yield _row(name, [result for result in results if result.case.family == name])
    yield _row("**all**", results)


def _row(name: str, results: Sequence[Result]) -> str:
    count = Counter((result.case.equivalent, result.answer) for result in results)
    cells = (
        count[False, DIFFERENT],
        count[False, UNDECIDED],
        count[False, SAME],
        count[True, SAME],
        count[True, DIFFERENT] + count[True, UNDECIDED],
        f"{median(result.seconds for result in results):.1f}",
    )
    return "| " + " | ".join(map(str, (name, *cells))) + " |"


def side_by_side(tools: dict[str, Sequence[Result]]) -> Iterable[str]:
    """A Markdown table: one line for each tool."""
    columns = ("tool", "different: found", "called the same", "undecided")
    columns += ("equivalent: called the same", "false alarms", "undecided", "seconds a case")
    yield "| " + " | ".join(columns) + " |"
    yield "|---" * len(columns) + "|"
    for name, results in tools.items():
        count = Counter((result.case.equivalent, result.answer) for result in results)
        cells = [count[False, answer] for answer in (DIFFERENT, SAME, UNDECIDED)]
        cells += [count[True, answer] for answer in (SAME, DIFFERENT, UNDECIDED)]
        seconds = f"{median(result.seconds for result in results):.1f}"
        yield "| " + " | ".join(map(str, (name, *cells, seconds))) + " |"


def details(results: Sequence[Result]) -> Iterable[str]:
    """What went wrong, case by case, and the score of planted mistakes."""
    noticed, made = (sum(result.mutants[n] for result in results) for n in (0, 1))
    yield f"Planted mistakes noticed: {noticed} of {made}."
    for result in results:
        if result.broken_promise or (result.case.equivalent and result.answer != SAME):
            case = result.case
            yield f"- {case.id} ({case.family}, labelled {_label(case)}): {result.answer}. {result.why}"


def _label(case: Case) -> str:
    return "equivalent" if case.equivalent else "different"


def run(
    tool: Callable[[Case, Path, argparse.Namespace], Result],
    cases: Sequence[Case],
    options: argparse.Namespace,
) -> list[Result]:
    """One tool on all cases, each in an empty folder of its own."""
    results = []
    for case in cases:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            result = tool(case, Path(folder), options)
        results.append(result)
        print(
            f"{tool.__name__} {case.id} {_label(case)} -> {result.answer} ({result.seconds:.1f} s)",
            file=sys.stderr,
        )
    return results


def usable(cases: Sequence[Case], python: str, only: Sequence[str]) -> list[Case]:
    """The cases that were asked for and whose modules this Python has."""
    wanted = [case for case in cases if not only or case.id in only]
    needed = sorted({name for case in wanted for name in case.requires})
    ask = f"import importlib.util as u, json; print(json.dumps([n for n in {needed!r} if u.find_spec(n)]))"
    answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout
    there = json.loads(answer)
    return [case for case in wanted if set(case.requires) <= set(there)]


def main() -> int:
    """Run what the command line asks for; 1 when a difference was called the same."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--budget", type=float, default=20.0)
    parser.add_argument("--beside", action="store_true")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    cases = usable(load(options.corpus), options.python, options.only)
    results = run(ours, cases, options)
    tools: dict[str, Sequence[Result]] = {"this project": results}
    if options.beside and importlib.util.find_spec("hypothesis"):
        tools["hypothesis, strategies from annotations"] = run(type_driven, cases, options)
    if options.beside and importlib.util.find_spec("crosshair"):
        tools["CrossHair `diffbehavior`"] = run(crosshair, cases, options)
    text = "\n".join([*by_family(results), "", *side_by_side(tools), "", *details(results), ""])
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return int(any(result.broken_promise for result in results))


if __name__ == "__main__":
    sys.exit(main())
