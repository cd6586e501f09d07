"""Learn what the project really does: run it as it is, then once more with profile and recorder on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from optimizer.errors import ProjectError
from optimizer.model import Kind, Recording, SourceFile, SuiteResult, Target, Workload
from optimizer.ports import Limits, Runner
from optimizer.workload.baseline import Baseline, run_baseline, why_unusable
from optimizer.workload.checked import checked
from optimizer.workload.digest import digest_of
from optimizer.workload.evidence import Evidence, read_evidence
from optimizer.workload.generated import bring_built, bring_generated
from optimizer.workload.plan import Plan, command_plan
from optimizer.workload.project import Project
from optimizer.workload.roots import relative
from optimizer.workload.suite import SUITE_LIMITS, OnTest, SuiteRun, differing, run_plan

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Called with what is being done, how many tests have run, and how many there are (0: not known)."""

_SLOWER = 10.0
_LEAST_SECONDS = 120.0
_NOTES_SHOWN = 40


def learn(
    project: Project,
    tree: Path,
    files: Sequence[SourceFile],
    wanted: Sequence[Target],
    runner: Runner,
    *,
    command: str = "",
    limits: Limits = SUITE_LIMITS,
    on_progress: OnProgress | None = None,
) -> Workload:
    """Everything that running the copy of the project in `tree` shows about `files`, with calls of `wanted`.

    The tests run twice: as they are, and with the recorder on. Two runs with equal outcomes also show that no
    test is flaky; only when they differ, a third run without the recorder tells which side did it.
    With `command` that is what is recorded, and the tests (if there are any) only give the baseline.
    Raises ProjectError when the project gives nothing to go by.
    """
    if not files:
        message = (
            f"There is no Python code to look at in {project.root}; check the paths and the exclude settings."
        )
        raise ProjectError(message)
    story = _Story(project=project, tree=tree, runner=runner, limits=limits, tell=on_progress or _silent)
    plan = command_plan(command, project.interpreter, project.root) if command else project.plan
    if plan is None:
        raise ProjectError(project.no_plan)
    brought = bring_generated(project.root, tree)
    built = bring_built(project.interpreters, tree, project.roots)
    digest = digest_of(project, tree, plan, without=[file.path for file in files])
    suite = story.baseline(project.plan or plan)
    plain = story.baseline(plan) if command and project.plan else suite
    recorded = story.recorded(plain, files, wanted)
    unstable = set(recorded.unstable)
    if command and project.plan:
        unstable |= story.unstable(suite)
    found = recorded.evidence
    seen = relative(recorded.sys_path or plain.run.sys_path, tree)
    sys_path = tuple(path for path in seen if not Path(path).is_absolute())
    recordings = story.checked(found.recordings, sys_path)
    return Workload(
        kind=plain.plan.kind,
        argv=plain.plan.argv,
        sys_path=sys_path,
        seconds=plain.run.result.seconds,
        overhead=recorded.overhead,
        baseline=suite.run.result,
        hotspots=found.hotspots,
        recordings=recordings,
        reaching=found.reaching,
        unstable=tuple(sorted(unstable)),
        notes=(
            *_brought(brought),
            *_built(built),
            *suite.notes,
            *recorded.notes,
            *found.notes,
            *_losses(recordings),
        ),
        digest=digest,
    )


def _brought(paths: Sequence[str]) -> list[str]:
    if not paths:
        return []
    return [f"Files that git ignores were taken along, because packages import them: {', '.join(paths)}."]


def _built(paths: Sequence[str]) -> list[str]:
    if not paths:
        return []
    return [f"Files that installing the project made were put beside its sources: {', '.join(paths)}."]


def _silent(_what: str, _done: int, _total: int) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """What came of the run with the recorder. `overhead` is its processor time over the other run's."""

    evidence: Evidence
    overhead: float
    sys_path: tuple[str, ...]
    unstable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """The runs of one project, in the order in which `learn` asks for them."""

    project: Project
    tree: Path
    runner: Runner
    limits: Limits
    tell: OnProgress

    def baseline(self, plan: Plan) -> Baseline:
        """The first run; ProjectError when it gives nothing to go by."""
        limits, on_test = self.limits, self._telling("running the project's tests")
        return run_baseline(self.project, plan, self.tree, self.runner, limits=limits, on_test=on_test)

    def unstable(self, baseline: Baseline) -> set[str]:
        """The tests that end differently in a second run that changes nothing."""
        again = self._again(baseline, "running the tests once more")
        return differing(baseline.run.result, again.result) | set(again.flaky) | set(baseline.run.flaky)

    def recorded(self, plain: Baseline, files: Sequence[SourceFile], wanted: Sequence[Target]) -> _Recorded:
        """Run with the recorder.

        A run that comes out differently is repeated without calling the project's own pickling methods, which
        are the likeliest reason.
        """
        run = self._record(plain, files, wanted, careful=False)
        if _is_like(plain.run, run):
            return self._accepted(plain, run, files, wanted, unstable=set(run.flaky))
        unstable = self.unstable(plain)
        if not _is_like(plain.run, run, aside=unstable):
            run = self._record(plain, files, wanted, careful=True)
        return self._accepted(plain, run, files, wanted, unstable=unstable)

    def _accepted(
        self,
        plain: Baseline,
        run: SuiteRun,
        files: Sequence[SourceFile],
        wanted: Sequence[Target],
        *,
        unstable: set[str],
    ) -> _Recorded:
        notes = [f"{name} is set aside: it does not end the same way each time." for name in sorted(unstable)]
        overhead = run.cpu_seconds / plain.run.cpu_seconds if plain.run.cpu_seconds else 0.0
        if run.result.ended != "ok":
            why = why_unusable(self.project, run, self._recording_limits(plain.run.result))
            notes.append(f"No calls were recorded: {why or run.result.ended}")
            return _Recorded(
                evidence=Evidence(),
                overhead=overhead,
                sys_path=(),
                unstable=tuple(unstable),
                notes=tuple(notes),
            )
        changed = differing(plain.run.result, run.result) - unstable
        notes += [f"{name} ends differently while calls are recorded." for name in sorted(changed)]
        evidence = read_evidence(run.rest, files, _recordable(wanted))
        return _Recorded(
            evidence=evidence,
            overhead=overhead,
            sys_path=run.sys_path,
            unstable=tuple(unstable),
            notes=tuple(notes),
        )

    def _record(
        self, plain: Baseline, files: Sequence[SourceFile], wanted: Sequence[Target], *, careful: bool
    ) -> SuiteRun:
        record = record_settings(self.tree, files, _recordable(wanted), careful=careful)
        limits = self._recording_limits(plain.run.result)
        on_test = self._telling("recording real calls")
        return run_plan(
            self.project, plain.plan, self.tree, self.runner, limits=limits, on_test=on_test, record=record
        )

    def _again(self, baseline: Baseline, what: str) -> SuiteRun:
        on_test = self._telling(what)
        return run_plan(
            self.project, baseline.plan, self.tree, self.runner, limits=self.limits, on_test=on_test
        )

    def _recording_limits(self, plain: SuiteResult) -> Limits:
        seconds = min(self.limits.wall_seconds, max(_LEAST_SECONDS, _SLOWER * plain.seconds))
        return replace(self.limits, wall_seconds=seconds, result_bytes=1 << 30)

    def checked(self, recordings: Sequence[Recording], sys_path: Sequence[str]) -> tuple[Recording, ...]:
        """The recordings with the samples that a fresh process can load."""
        self.tell("checking the recorded calls", 0, 0)
        roots = self.project.roots
        paths = [str(self.tree / path) for path in dict.fromkeys((*roots, *sys_path))]
        return checked(recordings, self.project, self.runner, tree=self.tree, sys_path=paths)

    def _telling(self, what: str) -> OnTest:
        return lambda name, done, total: self.tell(f"{what}: {name}", done, total)


def record_settings(
    tree: Path, files: Sequence[SourceFile], wanted: Sequence[Target], *, careful: bool = False
) -> dict[str, Any]:
    """What the recorder is told; see `worker/record.py`. `careful`: without the project's own pickling methods."""
    return {
        "tree": str(tree),
        "files": [file.path for file in files],
        "wanted": [_plain(target) for target in wanted],
        "careful": careful,
    }


def _is_like(plain: SuiteRun, run: SuiteRun, aside: set[str] | None = None) -> bool:
    """Whether a run came out as the one without the recorder, `aside` left out."""
    same_end = plain.result.ended == run.result.ended
    return same_end and not (differing(plain.result, run.result) - (aside or set()))


def _recordable(wanted: Sequence[Target]) -> list[Target]:
    return [target for target in wanted if target.kind is not Kind.MODULE]


def _plain(target: Target) -> dict[str, Any]:
    kind = "class" if target.kind is Kind.CLASS else "function"
    return {"path": target.path, "line": target.first_line, "qualname": target.qualname, "kind": kind}


def _losses(recordings: Sequence[Recording]) -> list[str]:
    """A sentence for each target none of whose calls could be kept."""
    empty = [recording for recording in recordings if recording.calls_seen and not recording.samples]
    notes = [
        f"{one.target.name}: none of {one.calls_seen} calls could be kept ({_reasons(one)})."
        for one in empty[:_NOTES_SHOWN]
    ]
    if len(empty) > _NOTES_SHOWN:
        notes.append(f"{len(empty) - _NOTES_SHOWN} more functions have no call that could be kept.")
    return notes


def _reasons(recording: Recording) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in recording.lost) or "not looked at"
