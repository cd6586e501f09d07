"""Judge a change to a repository that somebody else made: a patch, or everything since a commit.

The project is copied as it was before the change, its workload is recorded for the functions that
changed, and each changed file is judged on its own: all its changed functions together, because a new
helper or signature only makes sense with its callers. The project's tests run on the whole change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import unified_diff
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from optimizer.config import Config
from optimizer.discover import targets_of
from optimizer.errors import UsageError
from optimizer.judge import judge
from optimizer.measure.controls import Controls
from optimizer.model import (
    Behaviour,
    Candidate,
    Decision,
    Kind,
    Metric,
    Progress,
    SourceFile,
    Stage,
    Target,
    Verification,
    Workload,
)
from optimizer.ports import Ledger, Runner
from optimizer.prove import Prover
from optimizer.workload.importable import with_importing
from optimizer.workload.project import Project
from optimizer.workload.workload import learn


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A change to a repository: a copy of the tree before it, and the new text of each changed file."""

    tree: Path
    after: Mapping[str, str]
    not_judged: tuple[str, ...] = ()
    """Sentences about parts of the change that nothing here can judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """The side effects and settings of one review."""

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

    def review(self, revision: Revision) -> Iterator[Decision]:
        """A decision for each changed file. Raises UsageError when no function changed."""
        files = {path: self._file(revision.tree, path) for path in revision.after}
        candidates = [self._candidate(files[path], text) for path, text in sorted(revision.after.items())]
        changed = [candidate for candidate in candidates if candidate.targets]
        if not changed:
            message = (
                "The change touches no function, method or class of a Python file; there is nothing to judge."
            )
            raise UsageError(message)
        wanted = [target for candidate in changed for target in candidate.targets]
        self.watch(Progress(stage=Stage.WORKLOAD, detail="running the project's tests"))
        command = self.command or self.config.workload
        workload = learn(
            self.project, revision.tree, list(files.values()), wanted, self.runner, command=command
        )
        with TemporaryDirectory(prefix="tenpercent-scratch-", ignore_cleanup_errors=True) as scratch:
            project = with_importing(self.project, revision.tree, workload, self.runner)
            prover = self._prover(project, revision.tree, workload, Path(scratch))
            if self.measure_only:
                yield from (prover.weigh(candidate, measure_only=True) for candidate in changed)
                return
            trouble = prover.suite_differences(revision.after)
            for candidate in changed:
                yield _with_trouble(prover.weigh(candidate), trouble)

    def _prover(self, project: Project, tree: Path, workload: Workload, scratch: Path) -> Prover:
        return Prover(
            project=project,
            runner=self.runner,
            ledger=self.ledger,
            workload=workload,
            tree=tree,
            scratch=scratch,
            cpu=self.cpu,
            watch=self.watch,
            line_length=self.config.line_length,
            min_gain=self.config.min_gain,
            controls=self.controls,
        )

    def _file(self, tree: Path, path: str) -> SourceFile:
        text = (tree / path).read_text(encoding="utf-8", errors="strict")
        module = _module(tree, path, self.project.roots)
        return SourceFile(
            path=path,
            module=module,
            text=text,
            encoding="utf-8",
            bom=False,
            newline="\n",
            targets=targets_of(text, path=path, module=module),
        )

    def _candidate(self, file: SourceFile, after: str) -> Candidate:
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
            targets=changed_targets(file, after),
            path=file.path,
            before=file.text,
            after=after,
            patch=patch,
        )


def changed_targets(file: SourceFile, after: str) -> tuple[Target, ...]:
    """The functions and methods of `file` that read differently in `after`, or whose constants do.

    A class counts as a whole when something of it outside its methods changed, or a method came or went.
    """
    now = {target.qualname: target for target in targets_of(after, path=file.path, module=file.module)}
    before = [target for target in file.targets if target.kind is not Kind.MODULE]
    changed = [
        target for target in before if target.qualname in now and now[target.qualname].source != target.source
    ]
    methods = [target for target in changed if target.kind is not Kind.CLASS]
    whole = [
        target for target in changed if target.kind is Kind.CLASS and not _is_in_methods(target, now, before)
    ]
    names = tuple(target.qualname + "." for target in whole)
    return (*whole, *(target for target in methods if not target.qualname.startswith(names or ("\0",))))


def _is_in_methods(owner: Target, now: Mapping[str, Target], before: list[Target]) -> bool:
    """Whether the class is the same once its methods' own texts are taken out."""
    prefix = owner.qualname + "."

    def rest(text: str, targets: list[Target]) -> str:
        for target in targets:
            text = text.replace(target.source, f"<{target.qualname}>", 1)
        return text

    old = [one for one in before if one.qualname.startswith(prefix) and one.kind is not Kind.CLASS]
    new = [one for name, one in now.items() if name.startswith(prefix) and one.kind is not Kind.CLASS]
    return rest(owner.source, old) == rest(now[owner.qualname].source, new)


def _module(tree: Path, path: str, roots: tuple[str, ...]) -> str:
    """The dotted name of the module at `path`, from the deepest import root that holds it."""
    file = PurePosixPath(path)
    inside = [PurePosixPath(root) for root in roots if file.is_relative_to(root)]
    root = max(inside, key=lambda one: len(one.parts), default=PurePosixPath())
    del tree
    parts = list(file.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def _with_trouble(decision: Decision, trouble: tuple[str, ...]) -> Decision:
    """The decision once the project's tests on the whole change are known."""
    verification = decision.verification or Verification(behaviour=Behaviour.NOT_ENOUGH_EVIDENCE)
    if not trouble:
        return replace(decision, verification=replace(verification, suite="passes as before"))
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
