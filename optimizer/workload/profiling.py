"""Run the workload once with the profiler on: which functions take the time, and who called them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from optimizer.errors import ProjectError
from optimizer.model import Profile, SourceFile, Stack
from optimizer.ports import Runner
from optimizer.workload.baseline import run_baseline, why_unusable
from optimizer.workload.evidence import read_evidence, stacks_of
from optimizer.workload.generated import bring_generated
from optimizer.workload.plan import Plan, command_plan
from optimizer.workload.project import Project
from optimizer.workload.suite import SUITE_LIMITS, SuiteRun, run_plan
from optimizer.workload.workload import record_settings

_LIMITS = replace(SUITE_LIMITS, result_bytes=1 << 30)


def profile(
    project: Project, tree: Path, files: Sequence[SourceFile], runner: Runner, *, command: str = ""
) -> Profile:
    """Profile the project's tests, or `command`, in the copy of the project in `tree`.

    Raises ProjectError when there is nothing to run or the run gives nothing to go by.
    """
    plan = command_plan(command, project.interpreter, project.root) if command else project.plan
    if plan is None:
        raise ProjectError(project.no_plan)
    bring_generated(project.root, tree)
    run, plan = _run(project, plan, tree, files, runner)
    evidence = read_evidence(run.rest, files, ())
    stacks: dict[tuple[tuple[str, ...], bool], float] = defaultdict(float)
    for targets, inside, seconds in stacks_of(run.rest, files):
        stacks[tuple(target.name for target in targets), inside] += seconds
    return Profile(
        kind=plan.kind,
        python=project.interpreter.version,
        tests=len(run.result.passed) + len(run.result.failed),
        seconds=sum(stacks.values()),
        hotspots=evidence.hotspots,
        stacks=tuple(
            Stack(names=names, inside=inside, seconds=seconds) for (names, inside), seconds in stacks.items()
        ),
    )


def _run(
    project: Project, plan: Plan, tree: Path, files: Sequence[SourceFile], runner: Runner
) -> tuple[SuiteRun, Plan]:
    """The run, and the plan that came to something: an option of a plugin that is not installed is found out first."""
    record = record_settings(tree, files, ())
    run = run_plan(project, plan, tree, runner, limits=_LIMITS, record=record)
    if run.result.ended == "usage error":
        plan = run_baseline(project, plan, tree, runner).plan
        run = run_plan(project, plan, tree, runner, limits=_LIMITS, record=record)
    trouble = why_unusable(project, run, _LIMITS)
    if trouble:
        raise ProjectError(trouble)
    return run, plan
