"""Judge a change to a repository that somebody else made: a patch, or everything since a commit.

The project is copied as it was before the change, its workload is recorded for the functions that
changed, and the changed files are judged one after the other, each on top of those before it: all changed
functions of a file together, because a new helper or signature only makes sense with its callers. The
project's tests, as they were, run on the whole change.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import unified_diff
from pathlib import PurePosixPath

from optimizer.config import Config
from optimizer.discover.changed import Change, ChangedFile, Revision, read_change
from optimizer.errors import UsageError
from optimizer.judge import judge
from optimizer.measure.controls import Controls
from optimizer.model import (
    Behaviour,
    Candidate,
    Decision,
    Metric,
    Progress,
    Stage,
    Verification,
    Workload,
)
from optimizer.ports import Ledger, Runner
from optimizer.prove import Prover
from optimizer.scratch import scratch_folder
from optimizer.workload.importable import with_importing
from optimizer.workload.project import Project
from optimizer.workload.workload import learn


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """The side effects and settings of one review. `on_workload` hears what the tests were found to be."""

    project: Project
    runner: Runner
    ledger: Ledger
    config: Config
    cpu: str
    watch: Callable[[Progress], None]
    metric: Metric = Metric.TIME
    command: str = ""
    measure_only: bool = False
    controls: Controls = field(default_factory=Controls)
    on_workload: Callable[[Workload], None] = lambda _: None

    def read(self, revision: Revision) -> Change:
        """What of a revision can be judged. Raises UsageError when nothing changed at all."""
        change = read_change(revision, lambda path: module_at(path, self.project.roots))
        if not change.files and not change.not_judged:
            message = "The change touches no file of the repository; there is nothing to judge."
            raise UsageError(message)
        return change

    def review(self, revision: Revision, change: Change) -> Iterator[Decision]:
        """A decision for each file that can be judged, in an order in which each builds on the last."""
        if not change.files:
            return
        files = [file.before for file in change.files]
        wanted = [target for file in change.files for target in file.targets]
        self.watch(Progress(stage=Stage.WORKLOAD, detail="running the project's tests"))
        command = self.command or self.config.workload
        workload = learn(self.project, revision.tree, files, wanted, self.runner, command=command)
        self.on_workload(workload)
        with scratch_folder("tenpercent-scratch-") as scratch:
            project = with_importing(self.project, revision.tree, workload, self.runner)
            prover = Prover.equipped(
                self, project=project, workload=workload, tree=revision.tree, scratch=scratch
            )
            trouble = () if self.measure_only else prover.suite_differences(revision.untested)
            for file in in_order(change.files):
                decision = prover.weigh(self._candidate(file), measure_only=self.measure_only)
                yield decision if self.measure_only else _with_trouble(decision, trouble, prover.set_aside())
                (revision.tree / file.before.path).write_bytes(revision.after[file.before.path] or b"")

    def _candidate(self, changed: ChangedFile) -> Candidate:
        file, after = changed.before, changed.after
        patch = "".join(
            unified_diff(
                file.text.splitlines(keepends=True),
                after.splitlines(keepends=True),
                f"a/{file.path}",
                f"b/{file.path}",
            )
        )
        return Candidate(
            id=hashlib.sha256(patch.encode()).hexdigest()[:12],
            transform="check",
            transform_version=1,
            metric=self.metric,
            targets=changed.targets,
            path=file.path,
            before=file.text,
            after=after,
            patch=patch,
        )


def in_order(files: Sequence[ChangedFile]) -> Iterator[ChangedFile]:
    """The files, each behind those that its new text imports: it needs what they have gained.

    Files that import each other come as they are.
    """
    left = list(files)
    while left:
        ready = [file for file in left if not _imports_any(file, [one for one in left if one is not file])]
        chosen = (ready or left)[0]
        left.remove(chosen)
        yield chosen


def _imports_any(file: ChangedFile, others: Sequence[ChangedFile]) -> bool:
    words = set(_imported_words(file.after))
    return any(one.before.module.rpartition(".")[2] in words for one in others)


def _imported_words(text: str) -> Iterator[str]:
    """The last words of what is imported: this only decides an order."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.rpartition(".")[2] for alias in names)
            case ast.ImportFrom(module=module, names=names):
                yield from ((module or "").rpartition(".")[2], *(alias.name for alias in names))


def module_at(path: str, roots: Sequence[str]) -> str:
    """The dotted name of the module at `path`, from the deepest import root that holds it."""
    file = PurePosixPath(path)
    inside = [PurePosixPath(root) for root in roots if file.is_relative_to(root)]
    root = max(inside, key=lambda one: len(one.parts), default=PurePosixPath())
    parts = list(file.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def _with_trouble(decision: Decision, trouble: tuple[str, ...], aside: str) -> Decision:
    """The decision once the project's tests on the whole change are known."""
    verification = decision.verification or Verification(behaviour=Behaviour.NOT_ENOUGH_EVIDENCE)
    if not trouble:
        return replace(decision, verification=replace(verification, suite=f"passes as before{aside}"))
    text = f"The project's tests do not end as before: {trouble[0]}."
    worse = replace(
        verification, behaviour=Behaviour.DIFFERENT, suite="differs", reasons=(text, *trouble[1:5])
    )
    return judge(
        decision.candidate,
        readability=decision.readability,
        verification=worse,
        measurements=decision.measurements,
        hotspot=decision.hotspot,
    )
