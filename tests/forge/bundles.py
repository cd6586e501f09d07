"""Bundles as a real run writes them, of real rewrites with made-up numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from optimizer.discover import targets_of
from optimizer.model import (
    Behaviour,
    Candidate,
    Decision,
    Hotspot,
    Interpreter,
    Measurement,
    Metric,
    Readability,
    Reason,
    Recording,
    Run,
    SourceFile,
    Stage,
    Stratum,
    SuiteResult,
    Verdict,
    Verification,
    Workload,
)
from optimizer.propose import propose
from optimizer.registry import load
from optimizer.report.bundle import write_bundle

RULE = "literal-regex-to-constant"
FUNCTION = '''\
import re


def {name}(lines):
    """Numbers in lines."""
    return [re.sub("[{letters}]", "", line) for line in lines]
'''
MEASURED = Measurement(
    metric=Metric.TIME,
    claim=True,
    ratio=1.42,
    low=1.38,
    high=1.45,
    processes=6,
    same_code_ratio=1.001,
    python="3.13.0",
    cpu="Example CPU 3000",
    seconds_per_call_before=3.1e-6,
    seconds_per_call_after=2.19e-6,
    strata=(Stratum(name="lines: list of 1 to 9 str", weight=1.0, ratio=1.42, low=1.38, high=1.45),),
)
SAME = Verification(
    behaviour=Behaviour.SAME,
    tried=(("recorded", 12), ("neighbour", 150)),
    branches_reached=2,
    branches_total=2,
    mutants_made=10,
    mutants_killed=9,
    survivors=("`>` for `>=` in line 9",),
    suite="27 tests pass as before, 3 of them reach the change",
)


def module(name: str, letters: str = "a-z") -> str:
    """A file in which the rule finds something."""
    return FUNCTION.format(name=name, letters=letters)


def candidates(
    files: Mapping[str, str], *, rule: str = RULE, recordings: Sequence[Recording] = ()
) -> list[Candidate]:
    """What the rule really proposes for these files."""
    found: list[Candidate] = []
    for path, text in files.items():
        name = path.removesuffix(".py").replace("/", ".")
        file = SourceFile(
            path=path,
            module=name,
            text=text,
            encoding="utf-8",
            bom=False,
            newline="\n",
            targets=targets_of(text, path=path, module=name),
        )
        rules = [one for one in load().transforms if one.name == rule]
        proposals = propose((file,), rules, recordings=recordings)
        found += [one for one in proposals if isinstance(one, Candidate)]
    return found


def decision(candidate: Candidate, share: float, refused: str = "") -> Decision:
    spot = Hotspot(
        target=candidate.targets[0], calls=9, self_seconds=0.1, cumulative_seconds=0.2, share=share
    )
    reasons = (Reason(stage=Stage.MEASURE, code=refused, text="No."),) if refused else ()
    return Decision(
        candidate=candidate,
        verdict=Verdict.REFUSE if refused else Verdict.ACCEPT,
        reasons=reasons,
        verification=SAME,
        measurements=(MEASURED,),
        readability=Readability(),
        hotspot=spot,
        workload_saved=0.0 if refused else share * (1 - 1 / MEASURED.ratio),
    )


def run_of(
    files: Mapping[str, str],
    commit: str,
    *,
    refused: Mapping[str, str] | None = None,
    change: Callable[[Decision], Decision] = lambda one: one,
    rule: str = RULE,
    recordings: Sequence[Recording] = (),
) -> Run:
    """A run that has accepted everything in `files`, the first file being the hottest."""
    proposed = candidates(files, rule=rule, recordings=recordings)
    decisions = [
        change(decision(one, 0.9 / (1 + rank), (refused or {}).get(one.path, "")))
        for rank, one in enumerate(proposed)
    ]
    suite = SuiteResult(passed=("t",), failed=(), skipped=(), seconds=1.0, ended="ok")
    workload = Workload(
        kind="pytest",
        argv=("-m", "pytest"),
        sys_path=(".",),
        seconds=2.0,
        overhead=1.0,
        baseline=suite,
        hotspots=(),
        recordings=tuple(recordings),
    )
    return Run(
        project="sample",
        commit=commit,
        sandbox="L0",
        interpreters=(Interpreter(executable="python", version="3.13.0"),),
        cpu="Example CPU 3000",
        workload=workload,
        functions=len(proposed),
        files=len(files),
        skipped=(),
        declined=(),
        decisions=tuple(decisions),
        control=1.001,
        seconds=3.0,
    )


def write(folder: Path, files: Mapping[str, str], commit: str, **options: object) -> Path:
    """The bundle of such a run."""
    write_bundle(run_of(files, commit, **options), folder)  # type: ignore[arg-type]
    return folder


def spoil(folder: Path, file: str, **changes: object) -> None:
    """Change fields of the first object in a file of a bundle."""
    place = folder / file
    lines = place.read_text().split("\n") if file.endswith(".jsonl") else [place.read_text()]
    lines[0] = json.dumps(json.loads(lines[0]) | changes)
    place.write_text("\n".join(lines))


__all__ = [
    "MEASURED",
    "RULE",
    "SAME",
    "Decision",
    "candidates",
    "module",
    "replace",
    "run_of",
    "spoil",
    "write",
]
