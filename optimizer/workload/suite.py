"""Run the project's tests in a copy of its tree, and compare two runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from optimizer.errors import ProjectError
from optimizer.model import SuiteResult, Workload
from optimizer.ports import Job, Limits, Ran, Runner
from optimizer.workload.plan import Plan
from optimizer.workload.project import Project
from optimizer.workload.roots import absolute

SUITE_LIMITS = Limits(wall_seconds=900.0, memory_bytes=8 << 30, file_bytes=1 << 30, output_bytes=64 << 20)
"""For a suite that nothing is known of yet."""

_PATIENCE = 10.0
_LEAST_SECONDS = 60.0
_TAIL = 4000
_STATUS = {2: "interrupted", 3: "internal error", 4: "usage error", 5: "no tests"}

OnTest: TypeAlias = Callable[[str, int, int], None]
"""Called with the test that starts, how many have run, and how many there are."""


def run_suite(
    project: Project,
    tree: Path,
    runner: Runner,
    *,
    tests: Collection[str] | None = None,
    env: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    workload: Workload | None = None,
    on_test: OnTest | None = None,
) -> SuiteResult:
    """Run the tests (only those with the given ids, if any) on the code in `tree`, a copy of the project.

    Whatever happens is in the result: `ended` is "ok" when the run came to its end, with failing tests or
    not. `workload` is what is known from the first run: its duration sets the deadline, and its command is
    run where there are no tests.
    """
    plan = project.plan or _plan_of(workload)
    if plan is None:
        raise ProjectError(project.no_plan)
    limits = limits or _limits_after(workload)
    return run_plan(project, plan, tree, runner, tests=tests, env=env, limits=limits, on_test=on_test).result


def _plan_of(workload: Workload | None) -> Plan | None:
    if workload is None or workload.kind != "command":
        return None
    return Plan(kind="command", argv=workload.argv, payload=(("argv", list(workload.argv)),))


def _limits_after(workload: Workload | None) -> Limits:
    """A run that takes ten times as long as the first one has come to a stop."""
    if workload is None:
        return SUITE_LIMITS
    seconds = max(_LEAST_SECONDS, _PATIENCE * workload.baseline.seconds)
    return Limits(
        wall_seconds=min(seconds, SUITE_LIMITS.wall_seconds),
        memory_bytes=SUITE_LIMITS.memory_bytes,
        file_bytes=SUITE_LIMITS.file_bytes,
        output_bytes=SUITE_LIMITS.output_bytes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """One run with everything that it said; `rest` are the messages of the recorder.

    `strays` are modules that came from the user's checkout instead of the copy.
    """

    result: SuiteResult
    cpu_seconds: float
    sys_path: tuple[str, ...]
    broken: tuple[tuple[str, str], ...]
    strays: tuple[tuple[str, str], ...]
    flaky: tuple[str, ...]
    rest: tuple[Mapping[str, Any], ...]
    at: str = ""


def run_plan(
    project: Project,
    plan: Plan,
    tree: Path,
    runner: Runner,
    *,
    tests: Collection[str] | None = None,
    env: Mapping[str, str] | None = None,
    limits: Limits = SUITE_LIMITS,
    on_test: OnTest | None = None,
    record: Mapping[str, Any] | None = None,
) -> SuiteRun:
    """Run `plan`, with the recorder on when `record` holds its settings.

    The hash seed is fixed: an outcome that depends on it is the same before and after a change.
    """
    suite = {
        "kind": plan.kind,
        "tree": str(tree),
        "original": str(project.root),
        "tests": None if tests is None else sorted(tests),
        **dict(plan.payload),
    }
    job = Job(
        task="suite_run" if record is None else "record",
        payload=suite if record is None else {"suite": suite, "record": record},
        python=project.interpreter.executable,
        cwd=tree,
        sys_path=absolute(project.roots, tree),
        hash_seed=0,
        env={**project.environment(tree), **(env or {})},
        limits=limits,
    )
    heard = _Heard(on_test=on_test)
    ran = runner.work(job, heard.take)
    return heard.finished(ran)


@dataclass(slots=True, kw_only=True)
class _Heard:
    """Takes the worker's messages as they come."""

    on_test: OnTest | None
    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    broken: list[tuple[str, str]] = field(default_factory=list)
    flaky: list[str] = field(default_factory=list)
    rest: list[Mapping[str, Any]] = field(default_factory=list)
    ran: Mapping[str, Any] = field(default_factory=dict)
    collected: int = 0
    at: str = ""
    internal: str = ""

    def take(self, message: Mapping[str, Any]) -> None:
        match message:
            case {"outcome": str(name), "was": str(was), "why": str(why)}:
                self.outcomes[name] = _worse(self.outcomes.get(name), (was, why))
            case {"at": str(name)}:
                self.at = name
                if self.on_test:
                    self.on_test(name, len(self.outcomes), self.collected)
            case {"collected": int(count)}:
                self.collected = count
            case {"broken": str(name), "why": str(why)}:
                self.broken.append((name, why))
            case {"flaky": str(name)}:
                self.flaky.append(name)
            case {"internal": str(why)}:
                self.internal = why
            case {"ran": int()}:
                self.ran = message
            case _:
                self.rest.append(message)

    def finished(self, ran: Ran) -> SuiteRun:
        ended = self._ended(ran)
        tail = self.internal or "\n".join(part for part in (ran.stdout.strip(), ran.stderr.strip()) if part)
        failed = {name: why for name, (was, why) in self.outcomes.items() if was == "failed"} | dict(
            self.broken
        )
        result = SuiteResult(
            passed=self._named("passed"),
            failed=tuple(sorted(failed)),
            skipped=self._named("skipped"),
            seconds=float(self.ran.get("seconds", ran.seconds)),
            ended=ended,
            tail=tail[-_TAIL:],
            why=tuple(sorted(failed.items())),
        )
        return SuiteRun(
            result=result,
            cpu_seconds=float(self.ran.get("cpu_seconds", 0.0)),
            sys_path=tuple(self.ran.get("sys_path", ())),
            broken=tuple(self.broken),
            strays=tuple((str(name), str(file)) for name, file in self.ran.get("strays", ())),
            flaky=tuple(self.flaky),
            rest=tuple(self.rest),
            at=self.at,
        )

    def _named(self, wanted: str) -> tuple[str, ...]:
        return tuple(sorted(name for name, (was, _) in self.outcomes.items() if was == wanted))

    def _ended(self, ran: Ran) -> str:
        if ran.ended != "ok" or not self.ran:
            return "crashed" if ran.ended == "ok" else ran.ended
        return _STATUS.get(int(self.ran["ran"]), "ok")


_RANK = ("passed", "skipped", "failed")


def _worse(old: tuple[str, str] | None, new: tuple[str, str]) -> tuple[str, str]:
    return new if old is None else max(old, new, key=lambda outcome: _RANK.index(outcome[0]))


def same_outcome(
    before: SuiteResult,
    after: SuiteResult,
    unstable: Iterable[str] = (),
    *,
    tests: Collection[str] | None = None,
) -> list[str]:
    """How `after` differs from `before`, as sentences; [] when it does not.

    A test without an outcome on one side is a difference. Tests that failed before must fail with the same
    kind of error. `unstable` ones are set aside; with `tests` only these are compared.
    """
    differences = []
    if after.ended != before.ended:
        differences.append(f"the test run ended with {after.ended!r} instead of {before.ended!r}")
    aside = set(unstable)
    was, is_now = _outcomes(before), _outcomes(after)
    names = [name for name in sorted({*was, *is_now} - aside) if tests is None or name in tests]
    differences += [
        f"{name} {was.get(name, 'was not there')} before and {is_now.get(name, 'is not there')} now"
        for name in names
        if was.get(name) != is_now.get(name)
    ]
    return differences


def differing(before: SuiteResult, after: SuiteResult) -> set[str]:
    """The ids of the tests with another outcome."""
    was, is_now = _outcomes(before), _outcomes(after)
    return {name for name in {*was, *is_now} if was.get(name) != is_now.get(name)}


def _outcomes(result: SuiteResult) -> dict[str, str]:
    why = dict(result.why)
    return (
        dict.fromkeys(result.passed, "passed")
        | dict.fromkeys(result.skipped, "was skipped")
        | {name: f"failed{_kind_of_error(why.get(name, ''))}" for name in result.failed}
    )


def _kind_of_error(why: str) -> str:
    """` (ValueError)` of `ValueError: no such thing`; texts may hold addresses and times, names do not."""
    name = why.partition(":")[0].strip()
    return f" ({name})" if name.replace(".", "").isidentifier() else ""
