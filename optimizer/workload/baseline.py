"""Run the tests once as they are, and say in one sentence when they give nothing to go by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from optimizer.errors import ProjectError
from optimizer.ports import Limits, Runner
from optimizer.workload.plan import Plan, pytest_plan
from optimizer.workload.project import Project
from optimizer.workload.settings import read_settings
from optimizer.workload.suite import SUITE_LIMITS, OnTest, SuiteRun, run_plan

_UNRECOGNIZED = re.compile(r"unrecognized arguments: (.+)")
_NOT_FOUND = re.compile(r"file or directory not found: (.+)")
"""What pytest makes of `auto` where it does not know `-n auto`."""
_ERROR = re.compile(r"(\w+\.)*\w*(Error|Exception|Exit)\b|ERROR|\S+: error:")
_CONFTEST = re.compile(r"while loading conftest '([^']+)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A first run that can be gone by, the plan that it was run with in the end, and notes about both."""

    run: SuiteRun
    plan: Plan
    notes: tuple[str, ...]


def run_baseline(
    project: Project,
    plan: Plan,
    tree: Path,
    runner: Runner,
    *,
    limits: Limits = SUITE_LIMITS,
    on_test: OnTest | None = None,
) -> Baseline:
    """Run `plan` without a change. Raises ProjectError when nothing could be told from it.

    Failing tests are fine as long as some pass. Options in pytest's configuration that belong to plugins
    that are not installed are left out.
    """
    notes: list[str] = []
    run = run_plan(project, plan, tree, runner, limits=limits, on_test=on_test)
    settings = read_settings(tree)
    options: tuple[str, ...] = ()
    while unknown := set(_unknown_options(run, settings.addopts)) - set(options):
        options += tuple(unknown)
        plan = pytest_plan(settings, without=options)
        run = run_plan(project, plan, tree, runner, limits=limits, on_test=on_test)
    if options:
        left_out = " ".join(word for word in settings.addopts if word in options)
        notes.append(f"pytest ran without {left_out}: the plugin for it is not installed.")
    trouble = why_unusable(project, run, limits)
    if trouble:
        raise ProjectError(trouble)
    notes += [f"{name} cannot be collected: {why}." for name, why in run.broken]
    return Baseline(run=run, plan=plan, notes=tuple(notes))


def _unknown_options(run: SuiteRun, addopts: Sequence[str]) -> tuple[str, ...]:
    """Words of the configuration that pytest does not know, with the options that they are arguments of."""
    if run.result.ended != "usage error":
        return ()
    found = _UNRECOGNIZED.search(run.result.tail)
    words = set(found[1].split() if found else _NOT_FOUND.findall(run.result.tail))
    values = {word for word in words if not word.startswith("-")}
    options = {
        option
        for option, word in pairwise(addopts)
        if word in values and option.startswith("-") and "=" not in option
    }
    return tuple(dict.fromkeys(word for word in addopts if word in words | options))


def why_unusable(project: Project, run: SuiteRun, limits: Limits) -> str:
    """The sentence for a run that gives nothing to go by, "" for one that does."""
    return _ended_early(project, run, limits) or _ran_elsewhere(project, run) or _nothing_passed(project, run)


def _ended_early(project: Project, run: SuiteRun, limits: Limits) -> str:
    at = f" (the last to start was {run.at})" if run.at else ""
    last = _last_error(run.result.tail)
    match run.result.ended:
        case "ok":
            return ""
        case "no tests":
            return _nothing_collected(project, run)
        case "timeout":
            seconds = f"{limits.wall_seconds:.0f} seconds"
            return f"The project's tests did not end in {seconds}{at}; make them faster or name a --workload."
        case "usage error" if (found := _CONFTEST.search(run.result.tail)) is not None:
            return _cannot_be_imported(project, ((Path(found[1]).name, last),))
        case "usage error":
            return (
                f"pytest refuses the project's configuration ({last}); mend it, or install what it asks for."
            )
        case "internal error":
            return f"pytest failed with an internal error ({last}); run pytest in {project.root} to see it."
        case "interrupted":
            return f"The project's test run was interrupted{at} ({last}); mend that test or deselect it."
        case "memory":
            return f"The project's tests ran out of memory{at}; {limits.memory_bytes >> 30} GiB are allowed."
        case "flooded":
            printed = f"more than {limits.output_bytes >> 20} MiB"
            return f"The project's tests printed {printed}{at}; make them quieter."
        case _:
            return (
                f"The process that ran the project's tests died{at} ({last}); mend that test or deselect it."
            )


def _nothing_collected(project: Project, run: SuiteRun) -> str:
    if run.broken:
        return _cannot_be_imported(project, run.broken)
    return (
        f"The test run in {project.root} found no tests; "
        "check pytest's configuration, or name a command that exercises the code with --workload."
    )


def _ran_elsewhere(project: Project, run: SuiteRun) -> str:
    if not run.strays:
        return ""
    name, file = run.strays[0]
    return (
        f"The tests import {name} from {file} and not from the copy that is tested; "
        f"make {project.interpreter.executable} import it from the working folder, "
        "without the import hook of an editable install."
    )


def _nothing_passed(project: Project, run: SuiteRun) -> str:
    result = run.result
    if result.passed:
        return ""
    if run.broken:
        return _cannot_be_imported(project, run.broken)
    if not result.failed:
        return f"All {len(result.skipped)} tests in {project.root} are skipped; install what they need first."
    name, why = result.why[0]
    return f"All {len(result.failed)} tests fail before any change ({name}: {why}); mend them first."


def _cannot_be_imported(project: Project, broken: tuple[tuple[str, str], ...]) -> str:
    name, why = broken[0]
    more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
    return (
        f"The tests cannot be imported ({name}{more}: {why}); mend the import, "
        f"or install what is missing for {project.interpreter.executable}."
    )


def _last_error(tail: str) -> str:
    """What a person would read first in the end of the output."""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    errors = [line for line in lines if _ERROR.match(line)]
    return (marked or errors or lines or ["no message"])[-1][:300]
