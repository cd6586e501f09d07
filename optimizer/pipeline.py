"""The story: discover, learn the workload, propose, prove each candidate, decide.

`run` is a generator: it yields each `Decision` as it comes, and a `Run` at the end. Nothing here touches
the user's tree but `_write_all`, which replaces whole files at the very end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from packaging.specifiers import SpecifierSet

from optimizer.config import Config
from optimizer.discover import Discovery, discover, targets_of
from optimizer.discover.touched import Changes
from optimizer.errors import ProjectError
from optimizer.facts.facts import RepositoryFacts
from optimizer.judge import withdrawn
from optimizer.measure.controls import Controls
from optimizer.measure.machine import this_machine
from optimizer.model import (
    Candidate,
    Decision,
    Declined,
    Hotspot,
    Metric,
    Progress,
    Reason,
    Run,
    SameCode,
    SourceFile,
    Stage,
    Target,
    Verdict,
    Workload,
)
from optimizer.ports import Ledger, Repository, Runner
from optimizer.propose import hits, propose
from optimizer.prove import Prover
from optimizer.scratch import scratch_folder
from optimizer.transform import Transform
from optimizer.workload.importable import with_importing
from optimizer.workload.project import Project
from optimizer.workload.workload import learn

Watcher: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What this run is asked to do. `budget_seconds` 0 means no limit; `changes` keep it to what they touch.

    `metric` is what every change has to gain, None what its rule is for.
    """

    paths: tuple[str, ...] = ()
    dry_run: bool = True
    command: str = ""
    budget_seconds: float = 0.0
    changes: Changes | None = None
    metric: Metric | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The side effects and the settings that the run works with."""

    repository: Repository
    runner: Runner
    ledger: Ledger
    config: Config
    project: Project
    transforms: tuple[Transform, ...]
    cpu: str
    watch: Watcher
    controls: Controls = field(default_factory=Controls)


@dataclass(slots=True, kw_only=True)
class _Story:
    """What is known so far; becomes the `Run`."""

    started: float
    discovery: Discovery
    project: Project
    workload: Workload | None = None
    declined: list[Declined] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    exhausted: bool = False
    written: tuple[str, ...] = ()


def run(options: Options, tools: Tools) -> Iterator[Decision | Run]:
    """Everything from the repository to the decisions; the last value is the `Run`.

    Raises ProjectError when the project gives nothing to go by. Closing the generator at any time
    leaves the user's tree as it was.
    """
    started = time.monotonic()
    tools.watch(Progress(stage=Stage.DISCOVER, detail=str(tools.repository.root)))
    discovery = discover(tools.repository, tools.config, paths=options.paths, changes=options.changes)
    story = _Story(started=started, discovery=discovery, project=tools.project)
    with _copy_of(tools.repository) as tree:
        yield from _work(options, tools, story, tree)
    yield _finished(options, tools, story)


@contextmanager
def _copy_of(repository: Repository) -> Iterator[Path]:
    """A fresh copy of the working tree, removed at the end even when the project left odd things in it."""
    with scratch_folder("tenpercent-tree-") as folder:
        tree = folder / "tree"
        tree.mkdir()
        repository.copy_to(tree)
        yield tree


def _work(options: Options, tools: Tools, story: _Story, tree: Path) -> Iterator[Decision]:
    files = story.discovery.files
    if not files and options.changes:
        story.notes.append(f"No function that is looked at was touched since {options.changes.base}.")
        return
    if not files and tools.config.enabled:
        raise ProjectError(_nothing_to_read(tools.repository, story.discovery))
    wanted = hits(files, tools.transforms)
    if not wanted:
        story.notes.append("No place in the code looks like anything that the transforms know.")
        return
    story.workload = _learn(options, tools, files, wanted, tree)
    story.project = with_importing(tools.project, tree, story.workload, tools.runner)
    story.notes += story.project.notes
    tools.watch(Progress(stage=Stage.PROPOSE, detail=f"{len(wanted)} functions worth a look"))
    candidates = [_meant(options, one) for one in _candidates(tools, story, tree)]
    with _prover(tools, story.workload, story.project, tree) as prover:
        yield from _decide_all(options, story, candidates, prover)
        _withdraw(tools, story)
        if not options.dry_run:
            _write_accepted(tools, story, prover)


def _nothing_to_read(repository: Repository, discovery: Discovery) -> str:
    skipped = len(discovery.skipped)
    found = (
        f"all {skipped} Python files are left alone ({discovery.skipped[0].because})"
        if skipped
        else "git tracks none"
    )
    advice = "`git add` it, or see include and exclude"
    return f"There is no Python code to look at in {repository.root}: {found}; {advice}."


def _learn(
    options: Options, tools: Tools, files: Sequence[SourceFile], wanted: Sequence[Target], tree: Path
) -> Workload:
    def tell(what: str, done: int, total: int) -> None:
        doing, _, _test = what.partition(": ")
        tools.watch(Progress(stage=Stage.WORKLOAD, detail=doing, done=done, total=total))

    command = options.command or tools.config.workload
    return learn(tools.project, tree, files, wanted, tools.runner, command=command, on_progress=tell)


def _candidates(tools: Tools, story: _Story, tree: Path) -> list[Candidate]:
    """All candidates, those in the functions that take most of the workload first."""
    recordings = story.workload.recordings if story.workload else ()
    found: list[Candidate] = []
    proposals = propose(
        story.discovery.files,
        tools.transforms,
        recordings=recordings,
        repository=repository_facts(tree, tools.repository),
        line_length=tools.config.line_length,
    )
    for proposal in proposals:
        held = _held_everywhere(proposal, story.project)
        if isinstance(held, Declined):
            story.declined.append(held)
        else:
            found.append(held)
    return sorted(found, key=lambda one: -_share(story.workload, one.targets))


def _meant(options: Options, candidate: Candidate) -> Candidate:
    return replace(candidate, metric=options.metric) if options.metric else candidate


def _held_everywhere(proposal: Candidate | Declined, project: Project) -> Candidate | Declined:
    """The proposal, declined when its rule is not for every Python that the change must hold on."""
    if isinstance(proposal, Declined) or not proposal.pythons:
        return proposal
    allowed = SpecifierSet(proposal.pythons)
    versions = (interpreter.version for interpreter in project.interpreters)
    other = next((version for version in versions if not allowed.contains(version, prereleases=True)), "")
    if not other:
        return proposal
    target = proposal.targets[0]
    return Declined(
        path=proposal.path,
        line=target.first_line,
        qualname=target.qualname,
        transform=proposal.transform,
        because=f"the rule is for Python {proposal.pythons}, and the change must hold on {other} too",
    )


def repository_facts(tree: Path, repository: Repository) -> RepositoryFacts:
    """Facts over every Python file that git tracks, tests and scripts included."""
    sources: dict[str, str] = {}
    for path in repository.tracked():
        file = tree / path
        if path.endswith(".py") and file.is_file() and not file.is_symlink():
            sources[path] = file.read_text(encoding="utf-8", errors="replace")
    return RepositoryFacts.build(sources)


def _share(workload: Workload | None, targets: tuple[Target, ...]) -> float:
    hotspot = hotspot_of(workload, targets)
    return hotspot.share if hotspot else 0.0


def hotspot_of(workload: Workload | None, targets: tuple[Target, ...]) -> Hotspot | None:
    """The biggest hotspot among `targets`, None when the workload never called them."""
    names = {(target.path, target.qualname) for target in targets}
    spots = workload.hotspots if workload else ()
    mine = [spot for spot in spots if (spot.target.path, spot.target.qualname) in names]
    return max(mine, key=lambda spot: spot.share, default=None)


@contextmanager
def _prover(tools: Tools, workload: Workload, project: Project, tree: Path) -> Iterator[Prover]:
    with scratch_folder("tenpercent-scratch-") as folder:
        yield Prover.equipped(tools, project=project, workload=workload, tree=tree, scratch=folder)


def _decide_all(
    options: Options, story: _Story, candidates: list[Candidate], prover: Prover
) -> Iterator[Decision]:
    for index, candidate in enumerate(candidates):
        hotspot = hotspot_of(story.workload, candidate.targets)
        if _over_budget(options, story):
            story.exhausted = True
            decision = _not_reached(candidate, hotspot)
        else:
            counting = replace(prover, watch=_counted(prover.watch, index, len(candidates)))
            decision = counting.prove(candidate, hotspot)
        story.decisions.append(decision)
        yield decision


def _withdraw(tools: Tools, story: _Story) -> None:
    """Take back all that was accepted, when the run's own controls say that it cannot be believed."""
    because = tools.controls.objection()
    if because:
        story.notes.append(because)
        story.decisions = [
            withdrawn(decision, because) if decision.verdict is Verdict.ACCEPT else decision
            for decision in story.decisions
        ]


def _counted(watch: Watcher, done: int, total: int) -> Watcher:
    return lambda step: watch(replace(step, done=done, total=total))


def _over_budget(options: Options, story: _Story) -> bool:
    return 0 < options.budget_seconds < time.monotonic() - story.started


def _not_reached(candidate: Candidate, hotspot: Hotspot | None) -> Decision:
    text = "The time that --budget allows was over before this candidate's turn; run again to go on."
    reason = Reason(stage=Stage.JUDGE, code="budget exhausted", text=text)
    return Decision(candidate=candidate, verdict=Verdict.REFUSE, reasons=(reason,), hotspot=hotspot)


def _write_accepted(tools: Tools, story: _Story, prover: Prover) -> None:
    """Compose the accepted changes, run the project's tests on the result, then write whole files."""
    tools.watch(Progress(stage=Stage.JUDGE, detail="composing the accepted changes"))
    files = {file.path: file for file in story.discovery.files}
    texts, kept = _compose(tools, story, prover)
    trouble = prover.suite_differences(texts) if texts else ()
    if trouble:
        story.notes.append(
            f"Nothing was written: together the changes fail the project's tests ({trouble[0]})."
        )
        return
    _write_all(tools.repository, {path: files[path].encode(text) for path, text in texts.items()})
    story.written = tuple(kept)


def _compose(tools: Tools, story: _Story, prover: Prover) -> tuple[dict[str, str], list[str]]:
    """File texts with the accepted changes, one after the other, and the ids of those that are in.

    The first change of a file goes in as it was proved. For each further one the transforms propose
    again on the new text; a proposal whose function reads differently by now is proved again.
    """
    texts: dict[str, str] = {}
    kept: list[str] = []
    accepted = [decision for decision in story.decisions if decision.verdict is Verdict.ACCEPT]
    for decision in sorted(accepted, key=lambda one: -one.workload_saved):
        candidate: Candidate | None = decision.candidate
        if decision.candidate.path in texts:
            candidate = _again(tools, story, prover, decision, texts[decision.candidate.path])
        if candidate is None:
            story.notes.append(
                f"{decision.candidate.title or decision.candidate.id} was left out: it did not compose."
            )
            continue
        texts[candidate.path] = candidate.after
        kept.append(decision.candidate.id)
    return texts, kept


def _again(tools: Tools, story: _Story, prover: Prover, decision: Decision, text: str) -> Candidate | None:
    """The accepted candidate on the file's new text, proved again where its function has changed."""
    old = decision.candidate
    file = next(file for file in story.discovery.files if file.path == old.path)
    fresh = [
        proposal
        for proposal in propose(
            (replace(file, text=text, targets=targets_of(text, path=file.path, module=file.module)),),
            (transform for transform in tools.transforms if transform.name == old.transform),
            recordings=story.workload.recordings if story.workload else (),
            line_length=tools.config.line_length,
        )
        if isinstance(proposal, Candidate)
    ]
    same = next((candidate for candidate in fresh if candidate.id == old.id), None)
    if same is not None:
        return same
    names = {target.qualname for target in old.targets}
    for candidate in fresh:
        is_it = bool(names & {target.qualname for target in candidate.targets})
        if is_it and prover.prove(candidate, decision.hotspot).verdict is Verdict.ACCEPT:
            return candidate
    return None


def _write_all(repository: Repository, contents: dict[str, bytes]) -> None:
    """Write every file or none: an interruption half way puts the old bytes back."""
    originals = {path: (repository.root / path).read_bytes() for path in contents}
    written: list[str] = []
    try:
        for path, data in contents.items():
            written.append(path)
            repository.write(path, data)
    except BaseException:
        for path in written:
            repository.write(path, originals[path])
        raise


def _control(controls: Sequence[SameCode]) -> float:
    """The A/A ratio furthest from 1 among those of the run, 0 when it measured none."""
    return max((one.ratio for one in controls), key=lambda ratio: abs(ratio - 1), default=0.0)


def _finished(options: Options, tools: Tools, story: _Story) -> Run:
    files = story.discovery.files
    return Run(
        project=tools.repository.root.name,
        commit=tools.repository.head,
        sandbox=tools.runner.level,
        interpreters=story.project.interpreters,
        cpu=tools.cpu,
        workload=story.workload,
        functions=sum(len(file.targets) for file in files),
        files=len(files),
        skipped=story.discovery.skipped,
        declined=tuple(story.declined),
        decisions=tuple(story.decisions),
        control=_control(tools.controls.of_run()),
        controls=tools.controls.of_run(),
        seconds=time.monotonic() - story.started,
        dry_run=options.dry_run,
        written=story.written,
        budget_exhausted=story.exhausted,
        notes=tuple(story.notes),
        machine=this_machine(story.project.interpreters, tools.runner),
    )
