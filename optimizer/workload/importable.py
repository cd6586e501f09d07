"""Which of a project's Pythons can import what its workload uses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from optimizer.errors import ProjectError
from optimizer.model import Interpreter, Workload
from optimizer.ports import Job, Limits, Runner
from optimizer.workload.project import Project

_LIMITS = Limits(wall_seconds=120.0)


def with_importing(project: Project, tree: Path, workload: Workload, runner: Runner) -> Project:
    """`project` without those interpreters that nobody asked for and that cannot import the modules of real calls.

    A note says which. Raises ProjectError when one that was asked for can import none of them.
    """
    modules = sorted({recording.target.module for recording in workload.recordings if recording.samples})
    kept, notes = [], list(project.notes)
    for interpreter in project.interpreters:
        failed = _failing(project, interpreter, tree, workload, modules, runner)
        if failed and interpreter in project.unasked:
            notes.append(f"Nothing was measured on Python {interpreter.version}, {_does_not(failed)}.")
            continue
        if failed and len(failed) == len(modules):
            message = (
                f"Python {interpreter.version} ({interpreter.executable}) cannot be measured on, {_does_not(failed)}; "
                "install what is missing there, or leave that Python out."
            )
            raise ProjectError(message)
        kept.append(interpreter)
    return replace(project, interpreters=tuple(kept), notes=tuple(notes))


def _does_not(failed: dict[str, str]) -> str:
    module, why = next(iter(failed.items()))
    return f"because it does not import {module} ({why})"


def _failing(
    project: Project,
    interpreter: Interpreter,
    tree: Path,
    workload: Workload,
    modules: list[str],
    runner: Runner,
) -> dict[str, str]:
    """Modules that do not import, with the reason; none are tried where the tests have run already."""
    if interpreter == project.interpreter or not modules:
        return {}
    job = Job(
        task="imports",
        payload={"modules": modules},
        python=interpreter.executable,
        cwd=tree,
        sys_path=project.sys_path(tree, workload),
        limits=_LIMITS,
    )
    ran = runner.work(job)
    failed = {str(one["module"]): str(one["why"]) for one in ran.messages if "module" in one}
    if ran.ended != "ok" and not failed:
        failed = dict.fromkeys(modules, f"the process {ran.ended}")
    return failed
