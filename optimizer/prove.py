"""Prove one candidate: read it, time it, compare it, run the project's tests, ask the judge.

The order is by cost, so that most refusals are cheap; the first stage that objects ends the work.
Refusals are remembered by content. An acceptance is remembered for what it says about behaviour
only: speed is measured again in every run.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol, Self

from optimizer import __version__
from optimizer.config import Config
from optimizer.judge import judge
from optimizer.measure.controls import Controls
from optimizer.measure.measure import measure
from optimizer.model import (
    Behaviour,
    Candidate,
    Decision,
    Hotspot,
    Interpreter,
    Measurement,
    Progress,
    Readability,
    Reason,
    Sample,
    Stage,
    Subject,
    SuiteResult,
    Verdict,
    Verification,
    Workload,
)
from optimizer.plain import from_plain, to_plain
from optimizer.ports import Ledger, Runner
from optimizer.readability.gate import read_files
from optimizer.scratch import scratch_folder
from optimizer.verify.verify import verify_on_each
from optimizer.workload.project import Project
from optimizer.workload.suite import differing, run_suite, same_outcome

_RUNS_WITHOUT_THE_CHANGE = 2


class Equipment(Protocol):
    """What a command has that proves candidates."""

    @property
    def runner(self) -> Runner:
        """Runs the project's code."""

    @property
    def ledger(self) -> Ledger:
        """Remembers verdicts."""

    @property
    def config(self) -> Config:
        """What the project asks for."""

    @property
    def cpu(self) -> str:
        """The processor's name."""

    @property
    def watch(self) -> Callable[[Progress], None]:
        """Hears what is being done."""

    @property
    def controls(self) -> Controls:
        """The A/A controls of the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prover:
    """Proves candidates one at a time against one workload. `tree` is a copy that stays as the project is."""

    project: Project
    runner: Runner
    ledger: Ledger
    workload: Workload
    tree: Path
    scratch: Path
    cpu: str
    watch: Callable[[Progress], None]
    line_length: int | None = None
    min_gain: float = 0.10
    verify_seconds: float = 20.0
    measure_seconds: float = 60.0
    controls: Controls = field(default_factory=Controls)
    flaky: set[str] = field(default_factory=set)
    """Tests that were seen to end differently without a change; filled as they are found."""

    @classmethod
    def equipped(
        cls, tools: Equipment, *, project: Project, workload: Workload, tree: Path, scratch: Path
    ) -> Self:
        """One with the side effects and settings of a command, for what that command has found out."""
        return cls(
            project=project,
            runner=tools.runner,
            ledger=tools.ledger,
            workload=workload,
            tree=tree,
            scratch=scratch,
            cpu=tools.cpu,
            watch=tools.watch,
            line_length=tools.config.line_length,
            min_gain=tools.config.min_gain,
            controls=tools.controls,
        )

    def prove(self, candidate: Candidate, hotspot: Hotspot | None) -> Decision:
        """The decision on one candidate; remembered before it is returned."""
        key = self._key(candidate)
        known = self._recall(key)
        if known is not None and known.verdict is Verdict.REFUSE:
            return known.decision(candidate, hotspot)
        decision = self._prove_anew(candidate, hotspot, known.verification if known else None)
        if not any(one.withheld for one in decision.measurements):
            self.ledger.remember(key, to_plain(_Memory.of(decision)))
        return decision

    def _recall(self, key: str) -> _Memory | None:
        """What is remembered; None also when another version of this tool wrote it in another form."""
        stored = self.ledger.recall(key)
        if stored is None:
            return None
        try:
            return from_plain(_Memory, stored)
        except (ExceptionGroup, ValueError):
            return None

    def _prove_anew(
        self, candidate: Candidate, hotspot: Hotspot | None, known: Verification | None
    ) -> Decision:
        """Go through the stages, cheapest first, and stop at the first that objects."""
        decide = partial(judge, candidate, hotspot=hotspot)
        lenient = self._read(candidate, low=float("inf"))
        if not lenient.not_worse or not candidate.targets:
            return decide(readability=lenient, verification=None, measurements=())
        subjects = [self.subject(candidate, interpreter) for interpreter in self.project.interpreters]
        self._tell(Stage.MEASURE, candidate)
        measurements = self._measure_all(subjects)
        readability = self._read(candidate, low=min(one.low for one in measurements))
        if not measurements[-1].claim or not readability.not_worse:
            return decide(readability=readability, verification=None, measurements=measurements)
        self._tell(Stage.VERIFY, candidate)
        verification = known or self._compare_all(subjects)
        if known is None and verification.behaviour is Behaviour.SAME:
            verification = self._with_suite(candidate, verification)
        return decide(readability=readability, verification=verification, measurements=measurements)

    def weigh(self, candidate: Candidate, *, measure_only: bool = False) -> Decision:
        """The decision on somebody else's change: behaviour first, and speed whenever that is the same.

        With `measure_only` behaviour is not judged. The project's tests are left to the caller, who knows the
        whole change.
        """
        subjects = [self.subject(candidate, interpreter) for interpreter in self.project.interpreters]
        verification = None
        if not measure_only:
            self._tell(Stage.VERIFY, candidate)
            verification = self._compare_all(subjects)
        measurements: tuple[Measurement, ...] = ()
        if verification is None or verification.behaviour is Behaviour.SAME:
            self._tell(Stage.MEASURE, candidate)
            measurements = self._measure_all(subjects)
        low = min((one.low for one in measurements), default=1.0)
        readability = self._read(candidate, low=low)
        return judge(candidate, readability=readability, verification=verification, measurements=measurements)

    def _tell(self, stage: Stage, candidate: Candidate) -> None:
        self.watch(Progress(stage=stage, detail=f"{candidate.targets[0].name} ({candidate.transform})"))

    def _read(self, candidate: Candidate, *, low: float) -> Readability:
        return read_files(candidate.before, candidate.after, line_length=self.line_length, speedup_low=low)

    def subject(self, candidate: Candidate, interpreter: Interpreter) -> Subject:
        """The two versions of the candidate's file in the copied tree, with the calls recorded for it."""
        samples, owners = self._samples(candidate)
        return Subject(
            file=str(self.tree / candidate.path),
            module=candidate.targets[0].module,
            qualnames=tuple(target.qualname for target in candidate.targets),
            before=candidate.before,
            after=candidate.after,
            python=interpreter.executable,
            cwd=str(self.scratch),
            sys_path=self.project.sys_path(self.tree, self.workload),
            samples=samples,
            sample_of=owners,
            assumptions=candidate.assumptions,
            metric=candidate.metric,
            transform=candidate.transform,
        )

    def _samples(self, candidate: Candidate) -> tuple[tuple[Sample, ...], tuple[str, ...]]:
        samples: list[Sample] = []
        owners: list[str] = []
        names = {target.qualname for target in candidate.targets}
        for recording in self.workload.recordings:
            if recording.target.path == candidate.path and recording.target.qualname in names:
                samples.extend(recording.samples)
                owners.extend([recording.target.qualname] * len(recording.samples))
        return tuple(samples), tuple(owners)

    def _measure_all(self, subjects: Sequence[Subject]) -> tuple[Measurement, ...]:
        """One measurement for each interpreter; the first that claims nothing is the last."""
        found: list[Measurement] = []
        for subject in subjects:
            found.append(
                measure(
                    subject,
                    self.runner,
                    controls=self.controls,
                    threshold=1 + self.min_gain,
                    seconds=self.measure_seconds,
                )
            )
            if not found[-1].claim:
                break
        return tuple(found)

    def _compare_all(self, subjects: Sequence[Subject]) -> Verification:
        """Compare on every interpreter; the first objection is the answer."""
        return verify_on_each(subjects, self.runner, budget_seconds=self.verify_seconds)

    def _with_suite(self, candidate: Candidate, verification: Verification) -> Verification:
        """The tests that reach the change first, as they fail soonest; then all of them."""
        texts = {candidate.path: candidate.after}
        reaching = self._reaching(candidate)
        differences = self.suite_differences(texts, tests=reaching) if reaching else ()
        differences = differences or self.suite_differences(texts)
        if differences:
            text = f"The project's tests do not end as before: {differences[0]}."
            return replace(
                verification,
                behaviour=Behaviour.DIFFERENT,
                suite="differs",
                reasons=(text, *differences[1:5]),
            )
        passed = len(set(self.workload.baseline.passed) - self.flaky)
        text = f"{passed} tests pass as before, {len(reaching)} of them reach the change{self.set_aside()}"
        return replace(verification, suite=text)

    def set_aside(self) -> str:
        """The tests that were found flaky after the workload was learned, as the end of a sentence."""
        if not self.flaky:
            return ""
        return f"; set aside because they fail now and then: {', '.join(sorted(self.flaky))}"

    def _reaching(self, candidate: Candidate) -> tuple[str, ...]:
        names = {target.name for target in candidate.targets}
        reached = (tests for name, tests in self.workload.reaching if name in names)
        return tuple(dict.fromkeys(test for tests in reached for test in tests))

    def suite_differences(
        self, texts: Mapping[str, str | bytes | None], *, tests: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """What the project's tests do differently when the files in `texts` read so, as sentences.

        A file that is None there is gone.
        """
        result = self._suite_with(texts, tests)
        aside = {*self.workload.unstable, *self.flaky}
        found = same_outcome(self.workload.baseline, result, aside, tests=tests)
        for _ in range(_RUNS_WITHOUT_THE_CHANGE):
            if not found or result.ended != self.workload.baseline.ended:
                break
            aside |= self._differing_anyway(tests)
            found = same_outcome(self.workload.baseline, result, aside, tests=tests)
        return tuple(found)

    def _differing_anyway(self, tests: Collection[str] | None) -> set[str]:
        """Tests that end differently when the same selection runs without a change.

        In a run of all tests these are flaky. In one of some tests they may only need another test first.
        """
        differ = differing(self.workload.baseline, self._suite_with({}, tests))
        if tests is None:
            self.flaky.update(differ)
        return differ

    def _suite_with(
        self, texts: Mapping[str, str | bytes | None], tests: Collection[str] | None
    ) -> SuiteResult:
        self.watch(Progress(stage=Stage.VERIFY, detail="the project's tests"))
        with scratch_folder("tenpercent-trial-") as folder:
            trial = folder / self.tree.name
            shutil.copytree(self.tree, trial, symlinks=True)
            for path, text in texts.items():
                self._put(trial, path, text)
            return run_suite(self.project, trial, self.runner, tests=tests, workload=self.workload)

    def _put(self, tree: Path, path: str, text: str | bytes | None) -> None:
        file = tree / path
        if text is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.project.encode(path, text) if isinstance(text, str) else text)

    def _key(self, candidate: Candidate) -> str:
        """What a verdict depends on: change, file, workload, interpreter, machine and this tool."""
        parts = (
            candidate.id,
            candidate.transform,
            str(candidate.transform_version),
            candidate.metric.value,
            candidate.patch,
            candidate.before,
            self.workload.digest,
            *(interpreter.version for interpreter in self.project.interpreters),
            self.cpu,
            f"{self.min_gain}",
            __version__,
        )
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What the ledger keeps of a decision."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    verification: Verification | None
    measurements: tuple[Measurement, ...]
    readability: Readability | None

    @classmethod
    def of(cls, decision: Decision) -> _Memory:
        return cls(
            verdict=decision.verdict,
            reasons=decision.reasons,
            verification=decision.verification,
            measurements=decision.measurements,
            readability=decision.readability,
        )

    def decision(self, candidate: Candidate, hotspot: Hotspot | None) -> Decision:
        return Decision(
            candidate=candidate,
            verdict=self.verdict,
            reasons=self.reasons,
            verification=self.verification,
            measurements=self.measurements,
            readability=self.readability,
            hotspot=hotspot,
        )
