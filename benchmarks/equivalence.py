"""Run the verifier on labelled pairs, beside other tools, and write what came out as tables.

usage: python benchmarks/equivalence.py [--corpus FILE ...] [--only ID ...] [--python EXE] [--budget SECONDS]
                                        [--beside PYTHON] [--rules] [--results FILE.jsonl] [--output FILE.md]

Every case gives its `inputs` as recorded calls; `witness` and `probe` are never given. With `--beside` CrossHair's
`diffbehavior` and a test with strategies from the annotations (hypothesis) see the pairs of the first corpus, as
that Python has them installed. `--rules` adds every rule's examples, with mistakes planted into them, and its
careless forms. `--results` keeps each result as it comes: what is in that file is not run again, so that a long run can
be done in pieces (`--most`). Seconds are wall seconds on whatever else the machine does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.equivalence_cases import ADVERSARIAL, CASES, Case, load, subject
from benchmarks.equivalence_others import crosshair, type_driven
from benchmarks.equivalence_rules import careless_forms, examples
from benchmarks.equivalence_tables import (
    DIFFERENT,
    SAME,
    UNDECIDED,
    Result,
    by_family,
    by_rule,
    details,
    keep,
    kept,
    side_by_side,
)
from optimizer.model import Behaviour
from optimizer.sandbox.launch import Launcher
from optimizer.verify.verify import verify

Tool: TypeAlias = Callable[[Case, Path], Result]

ANSWERS = {Behaviour.SAME: SAME, Behaviour.DIFFERENT: DIFFERENT, Behaviour.NOT_ENOUGH_EVIDENCE: UNDECIDED}
OURS, RULES, TRAPS = "this project", "rules", "careless forms"
HYPOTHESIS, CROSSHAIR = "hypothesis, strategies from annotations", "CrossHair `diffbehavior`"


def ours(case: Case, folder: Path, *, python: str, budget: float) -> Result:
    """The verifier of this project."""
    started = time.monotonic()
    found = verify(subject(case, folder, python=python), Launcher(), budget_seconds=budget)
    return Result.of(
        case,
        ANSWERS[found.behaviour],
        time.monotonic() - started,
        why=" ".join(found.reasons[:1]),
        planted=(found.mutants_killed, found.mutants_made),
    )


class Bench:
    """Runs tools on cases, as many as are asked for, and knows what was run before."""

    def __init__(self, results: Path | None, most: int) -> None:
        self.found = kept(results)
        self._file, self._left = results, most

    def run(self, name: str, tool: Tool, cases: Iterable[Case]) -> None:
        """One tool on all cases that it has not seen, each in an empty folder of its own."""
        known = {result.id for result in self.found.get(name, ())}
        for case in cases:
            if case.id in known or self._left <= 0:
                continue
            self._left -= 1
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                result = tool(case, Path(folder))
            self.found.setdefault(name, []).append(result)
            keep(self._file, name, result)
            print(f"{name}: {case.id} -> {result.answer} ({result.seconds:.1f} s)", file=sys.stderr)

    def of(self, name: str, cases: Iterable[Case]) -> list[Result]:
        """What a tool said of these cases, in their order."""
        by_id = {result.id: result for result in self.found.get(name, ())}
        return [by_id[case.id] for case in cases if case.id in by_id]


def usable(cases: Sequence[Case], python: str, only: Sequence[str]) -> list[Case]:
    """The cases that were asked for and whose modules this Python has."""
    wanted = [case for case in cases if not only or case.id in only]
    needed = sorted({name for case in wanted for name in case.requires})
    ask = f"import importlib.util as u, json; print(json.dumps([n for n in {needed!r} if u.find_spec(n)]))"
    answer = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout
    there = json.loads(answer)
    return [case for case in wanted if set(case.requires) <= set(there)]


INTRO = """# How well "the same" and "different" are told apart

`optimize check` calls a change the same, different, or says that there is not enough evidence; only the first goes on.
Here it judges pairs whose answer is known: `equivalent` ones, and `different` ones that some plausible call tells
apart. It is given the recorded calls of each pair, on which both versions always agree, and never the call that shows
the difference. A different pair that is called the same would be a broken promise; an equivalent pair that is
refused only costs a chance.

The pairs lie in `tests/corpora/equivalence`, and `python benchmarks/equivalence.py` makes this page. Seconds are wall
seconds on a machine with two cores that did other work at the same time, so they only compare within a table.
A run can be made in pieces: each heading says how many were run so far, and a pair that was called wrongly
is run again once its cause is mended, so the tables show where things stand and not how they went.

What is known not to be tried: a subclass of a builtin container that overrides how it is read (`dict` with a
`__getitem__` of its own), unless a recorded call passes one. How often attributes are read and items are
compared is not compared where that has no effect of its own.
"""


def tables(
    bench: Bench, corpora: Mapping[str, Sequence[Case]], *, beside: bool, rules: bool
) -> Iterable[str]:
    """The whole page."""
    yield INTRO
    for name, cases in corpora.items():
        results = bench.of(OURS, cases)
        if results:
            yield from (f"## `{name}`: {len(results)} of {len(cases)} pairs, by family", "")
            yield from (*by_family(results), "", *details(results), "")
    if beside:
        yield from ("## Beside other tools, on the same pairs", "")
        yield from side_by_side(_beside(bench, next(iter(corpora.values()))))
        yield ""
    if rules:
        tried, careless = bench.of(RULES, examples()), bench.of(TRAPS, careless_forms())
        yield from ("## Mistakes planted into the rules' own examples", "")
        yield f"{len(tried)} of {len(examples())} examples, {len(careless)} of {len(careless_forms())} careless forms."
        yield from ("", *by_rule(tried, careless))
        yield ""


def _beside(bench: Bench, cases: Sequence[Case]) -> dict[str, Sequence[Result]]:
    """What each tool said of the pairs that all of them were run on."""
    found = {name: bench.of(name, cases) for name in (OURS, HYPOTHESIS, CROSSHAIR)}
    shared = set.intersection(*({result.id for result in results} for results in found.values()))
    return {name: [one for one in results if one.id in shared] for name, results in found.items()}


def main() -> int:
    """Run what the command line asks for; 1 when a difference was called the same."""
    options = _options()
    corpora = {file.name: usable(load(file), options.python, options.only) for file in options.corpus}
    first = next(iter(corpora.values()), [])
    bench = Bench(options.results, options.most)
    for cases in corpora.values():
        bench.run(OURS, _ours(options.python, options.budget), cases)
    if options.rules:
        bench.run(TRAPS, _ours(options.python, options.budget), careless_forms())
        bench.run(RULES, _ours(options.python, options.budget), examples())
    if options.beside:
        bench.run(HYPOTHESIS, lambda case, folder: type_driven(case, folder, options.beside), first)
        bench.run(CROSSHAIR, lambda case, folder: crosshair(case, folder, options.beside), first)
    text = "\n".join(tables(bench, corpora, beside=bool(options.beside), rules=options.rules))
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    return int(any(result.broken_promise for cases in corpora.values() for result in bench.of(OURS, cases)))


def _ours(python: str, budget: float) -> Tool:
    return lambda case, folder: ours(case, folder, python=python, budget=budget)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, nargs="*", default=[CASES, ADVERSARIAL])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--budget", type=float, default=20.0)
    parser.add_argument("--beside", default="", metavar="PYTHON")
    parser.add_argument("--rules", action="store_true")
    parser.add_argument("--most", type=int, default=10_000, help="stop after so many runs")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--output", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
