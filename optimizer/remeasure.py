"""Measure the accepted changes of a bundle again: on another machine, or on another Python.

Recorded calls never leave a machine, so the same commit is checked out here, its workload is run here, and the
changes are made from the bundle's patches. The digests of the bundle say whether that gave the same texts.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from optimizer.config import Config
from optimizer.discover import discover
from optimizer.errors import UsageError
from optimizer.judge import DIFFERS_FROM_ITSELF
from optimizer.measure.controls import Controls
from optimizer.measure.machine import this_machine
from optimizer.measure.measure import measure
from optimizer.model import (
    Behaviour,
    Candidate,
    Interpreter,
    Machine,
    Measurement,
    Progress,
    Reason,
    SourceFile,
    Stage,
    Target,
    Witness,
    Workload,
)
from optimizer.ports import Ledger, Repository, Runner
from optimizer.prove import Prover
from optimizer.report.bundle_reading import Bundle, Entry
from optimizer.report.data import digest
from optimizer.scratch import scratch_folder
from optimizer.verify.verify import verify
from optimizer.workload.importable import with_importing
from optimizer.workload.project import Project
from optimizer.workload.workload import learn


class Patching(Repository, Protocol):
    """A repository that can also apply patches to a copy of itself."""

    def apply(self, patch: Path, folder: Path) -> tuple[str, ...]:
        """Apply a patch to the files in `folder`; UsageError when it does not fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remeasurer:
    """The side effects and settings of measuring one bundle again."""

    repository: Patching
    project: Project
    runner: Runner
    ledger: Ledger
    config: Config
    cpu: str
    watch: Callable[[Progress], None]
    controls: Controls = field(default_factory=Controls)
    measure_seconds: float = 60.0
    verify_seconds: float = 20.0

    def remeasure(self, bundle: Bundle) -> tuple[Machine, tuple[tuple[Entry, Witness], ...]]:
        """What this machine says of each accepted change. Raises UsageError where it is not the same code."""
        self._check_commit(bundle)
        with scratch_folder("tenpercent-measure-") as scratch:
            tree = scratch / "tree"
            tree.mkdir()
            self.repository.copy_to(tree)
            files = self._files(bundle)
            candidates = [
                (entry, self._candidate(bundle, entry, files, scratch)) for entry in bundle.accepted
            ]
            workload = self._learn(bundle, tree, files, [one for _, one in candidates])
            project = with_importing(self.project, tree, workload, self.runner)
            empty = scratch / "scratch"
            empty.mkdir()
            prover = Prover.equipped(self, project=project, workload=workload, tree=tree, scratch=empty)
            machine = this_machine(project.interpreters, self.runner)
            results = tuple(self._results(bundle, machine, candidates, prover))
        return machine, tuple((entry, self._believed(witness)) for entry, witness in results)

    def _believed(self, witness: Witness) -> Witness:
        """The witness, with an objection to all that it saw when the same code differed from itself."""
        because = self.controls.objection()
        if not because:
            return witness
        reason = Reason(stage=Stage.MEASURE, code=DIFFERS_FROM_ITSELF, text=because)
        return replace(witness, objections=(*witness.objections, reason))

    def _check_commit(self, bundle: Bundle) -> None:
        if self.repository.head == bundle.commit:
            return
        message = (
            f"{bundle.folder} was made at commit {bundle.commit or '(none)'}, and {self.repository.root} is at "
            f"{self.repository.head or '(none)'}; check the first one out (`git checkout {bundle.commit}`)."
        )
        raise UsageError(message)

    def _files(self, bundle: Bundle) -> dict[str, SourceFile]:
        """The files that the accepted changes are in, as they are here."""
        wanted = {entry.decision.candidate.path for entry in bundle.accepted}
        found = {
            file.path: file for file in discover(self.repository, self.config).files if file.path in wanted
        }
        for entry in bundle.accepted:
            path = entry.decision.candidate.path
            if path not in found or digest(found[path].text) != entry.before_sha256:
                message = (
                    f"{path} in {self.repository.root} is not as it was when {bundle.folder} was made; "
                    "put local changes aside (`git stash`)."
                )
                raise UsageError(message)
        return found

    def _candidate(
        self, bundle: Bundle, entry: Entry, files: dict[str, SourceFile], scratch: Path
    ) -> Candidate:
        """The bundle's candidate with its texts and targets, made anew from the patch."""
        found = entry.decision.candidate
        file = files[found.path]
        after = self._patched(found, file, scratch)
        if digest(after) != entry.after_sha256:
            message = f"{bundle.folder} holds a patch for {found.path} that gives another text than was measured there."
            raise UsageError(message)
        targets = tuple(_target(each, file) for each in found.targets)
        if not targets or None in targets:
            message = f"{bundle.folder} names functions that {found.path} does not have."
            raise UsageError(message)
        kept = tuple(each for each in targets if each is not None)
        return replace(found, before=file.text, after=after, targets=kept)

    def _patched(self, candidate: Candidate, file: SourceFile, scratch: Path) -> str:
        """The file's text after the patch, which counts in UTF-8 whatever the file's own encoding is."""
        mark = "\ufeff" if file.bom else ""
        with TemporaryDirectory(dir=scratch) as folder:
            place = Path(folder) / "tree" / candidate.path
            place.parent.mkdir(parents=True)
            place.write_text(mark + file.text, encoding="utf-8", errors="surrogatepass", newline="")
            patch = Path(folder) / "change.patch"
            patch.write_text(candidate.patch, encoding="utf-8", errors="surrogatepass", newline="")
            self.repository.apply(patch, Path(folder) / "tree")
            text = place.read_bytes().decode("utf-8", "surrogatepass")
        return text.removeprefix(mark)

    def _learn(
        self, bundle: Bundle, tree: Path, files: dict[str, SourceFile], candidates: Sequence[Candidate]
    ) -> Workload:
        self.watch(Progress(stage=Stage.WORKLOAD, detail="running the workload and recording real calls"))
        command = shlex.join(["python", *bundle.argv]) if bundle.kind == "command" else ""
        wanted = [target for candidate in candidates for target in candidate.targets]
        return learn(self.project, tree, list(files.values()), wanted, self.runner, command=command)

    def _results(
        self, bundle: Bundle, machine: Machine, candidates: Sequence[tuple[Entry, Candidate]], prover: Prover
    ) -> Iterator[tuple[Entry, Witness]]:
        known = {build.version for build in bundle.machine.builds}
        for number, (entry, candidate) in enumerate(candidates):
            measurements: list[Measurement] = []
            objections: list[Reason] = []
            for interpreter in prover.project.interpreters:
                detail = f"{candidate.targets[0].name} on Python {interpreter.version}"
                self.watch(Progress(stage=Stage.MEASURE, detail=detail, done=number, total=len(candidates)))
                measurements.append(self._measured(prover, candidate, interpreter))
                if interpreter.version not in known:
                    self.watch(
                        Progress(stage=Stage.VERIFY, detail=detail, done=number, total=len(candidates))
                    )
                    objections += self._different(prover, candidate, interpreter)
            yield (
                entry,
                Witness(machine=machine, measurements=tuple(measurements), objections=tuple(objections)),
            )

    def _measured(self, prover: Prover, candidate: Candidate, interpreter: Interpreter) -> Measurement:
        subject = prover.subject(candidate, interpreter)
        threshold = 1 + self.config.min_gain
        return measure(
            subject,
            self.runner,
            controls=self.controls,
            threshold=threshold,
            seconds=self.measure_seconds,
        )

    def _different(self, prover: Prover, candidate: Candidate, interpreter: Interpreter) -> Iterator[Reason]:
        """What speaks against the change on a Python that the bundle's own run has not seen."""
        subject = prover.subject(candidate, interpreter)
        verification = verify(subject, self.runner, budget_seconds=self.verify_seconds)
        if verification.behaviour is not Behaviour.SAME:
            for text in verification.reasons or (f"Behaviour: {verification.behaviour.value}.",):
                yield Reason(
                    stage=Stage.VERIFY,
                    code=f"behaviour: {verification.behaviour.value}",
                    text=f"Python {interpreter.version}: {text}",
                )


def _target(wanted: Target, file: SourceFile) -> Target | None:
    same = (one for one in file.targets if one.qualname == wanted.qualname and one.kind is wanted.kind)
    exact = [one for one in same if one.first_line == wanted.first_line]
    return exact[0] if exact else None
