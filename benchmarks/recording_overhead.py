"""What recording costs, and whether the tests notice it.

usage: python benchmarks/recording_overhead.py [--python PYTHON] [--rounds N] [--every K] PROJECT...

Runs the tests of each project (a folder under git) as they are and with the recorder on, in turns, in a
copy of its tree, and prints one row a project: processor and wall time of both as ratios (the median over
rounds of with / without), and whether every test ended the same way. Every K-th function is recorded; with 1,
the default, every single one, which is far more than a run of the tool asks for. PYTHON may be relative to
each project: ../venv/bin/python.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optimizer.adapters.git import GitRepository
from optimizer.config import Config
from optimizer.discover import discover
from optimizer.errors import OptimizerError
from optimizer.model import Kind, SourceFile, Target
from optimizer.ports import Runner
from optimizer.sandbox.launch import Launcher
from optimizer.workload.baseline import run_baseline
from optimizer.workload.evidence import read_evidence
from optimizer.workload.generated import bring_generated
from optimizer.workload.project import find_project
from optimizer.workload.suite import SuiteRun, differing, run_plan
from optimizer.workload.workload import record_settings

HEAD = "| project | Python | tests | functions recorded | calls | samples | CPU | wall | same outcomes |"


def main(argv: Sequence[str]) -> int:
    """Print the table; 1 when some project's tests end differently or recording costs 3x or more."""
    arguments = _arguments(argv)
    print(HEAD)
    print("|" + "---|" * HEAD.count(" | ") + "---|")
    rows = []
    for folder in arguments.projects:
        try:
            row = _measured(folder, Launcher(), arguments)
        except OptimizerError as error:
            print(f"| {folder} | {error} |", flush=True)
            continue
        rows.append(row)
        print(row.text(), flush=True)
    return 0 if rows and all(row.same and row.cpu < 3 for row in rows) else 1  # noqa: PLR2004 - see above


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--python", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=int, default=1)
    return parser.parse_args(argv)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One project: `cpu` and `wall` are ratios, with the recorder / without."""

    name: str
    python: str
    tests: int
    recorded: int
    calls: int
    samples: int
    cpu: float
    wall: float
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every test ended the same way with and without the recorder."""
        return not self.differences

    def text(self) -> str:
        """The row in Markdown."""
        outcome = "yes" if self.same else ", ".join(self.differences[:3])
        return (
            f"| {self.name} | {self.python} | {self.tests} | {self.recorded} | {self.calls} | {self.samples} "
            f"| {self.cpu:.2f} | {self.wall:.2f} | {outcome} |"
        )


def _measured(folder: Path, runner: Runner, arguments: argparse.Namespace) -> Row:
    repository = GitRepository.open(folder)
    project = find_project(repository.root, runner, python=arguments.python)
    files = discover(repository, Config()).files
    targets = [target for file in files for target in file.targets if target.kind is not Kind.MODULE]
    wanted = targets[:: arguments.every]
    with tempfile.TemporaryDirectory(prefix="tenpercent-overhead-", ignore_cleanup_errors=True) as scratch:
        tree = Path(scratch) / "tree"
        tree.mkdir()
        repository.copy_to(tree)
        bring_generated(project.root, tree)
        if project.plan is None:
            message = "it has no tests"
            raise OptimizerError(message)
        baseline = run_baseline(project, project.plan, tree, runner)
        record = record_settings(tree, files, wanted)
        pairs = [
            (
                run_plan(project, baseline.plan, tree, runner),
                run_plan(project, baseline.plan, tree, runner, record=record),
            )
            for _ in range(arguments.rounds)
        ]
    name = repository.root.parent.name if repository.root.name == "tree" else repository.root.name
    return _row(name, project.interpreter.minor, pairs, files, wanted)


def _row(
    name: str,
    python: str,
    pairs: Sequence[tuple[SuiteRun, SuiteRun]],
    files: Sequence[SourceFile],
    wanted: Sequence[Target],
) -> Row:
    plain = [one for one, _ in pairs]
    flaky = {name for one in plain[1:] for name in differing(plain[0].result, one.result)}
    changed = {name for one, other in pairs for name in differing(one.result, other.result)} - flaky
    ended = {other.result.ended for _, other in pairs} - {"ok"}
    found = read_evidence(pairs[-1][1].rest, files, wanted)
    return Row(
        name=name,
        python=python,
        tests=len(plain[0].result.passed) + len(plain[0].result.failed) + len(plain[0].result.skipped),
        recorded=len(found.recordings),
        calls=sum(one.calls_seen for one in found.recordings),
        samples=sum(len(one.samples) for one in found.recordings),
        cpu=statistics.median(other.cpu_seconds / one.cpu_seconds for one, other in pairs),
        wall=statistics.median(other.result.seconds / one.result.seconds for one, other in pairs),
        differences=tuple(sorted(changed | ended)),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
