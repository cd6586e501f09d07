"""One walk over each file for all transforms; each edit alone becomes a candidate."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from optimizer.facts.facts import Facts, RepositoryFacts
from optimizer.model import Candidate, Declined, Recording, SourceFile, Target
from optimizer.propose.patch import unified_diff
from optimizer.propose.places import Places
from optimizer.propose.rewriting.apply import apply
from optimizer.propose.rewriting.identity import identity
from optimizer.propose.rewriting.parse import parse_quietly
from optimizer.propose.rewriting.refused import RewriteError
from optimizer.transform import Edit, Refusal, Transform

_Failed = Callable[[ast.AST, str], Declined]


def hits(files: Iterable[SourceFile], transforms: Iterable[Transform]) -> tuple[Target, ...]:
    """The targets where some transform has something to look at: those worth recording."""
    rules = _Rules(transforms)
    found: dict[Target, None] = {}
    for file in files:
        if (opened := _open(file)) is not None:
            places = Places(file, opened)
            targets = (places.of(node) for node, _ in _matches(places, rules))
            found.update((target, None) for target in targets if target is not None)
    return tuple(found)


def propose(
    files: Iterable[SourceFile],
    transforms: Iterable[Transform],
    *,
    recordings: Sequence[Recording] = (),
    repository: RepositoryFacts | None = None,
    line_length: int | None = None,
) -> Iterator[Candidate | Declined]:
    """Every edit of every transform, each alone, and every refusal with its reason.

    A transform that fails is reported like a refusal and ends nothing. Edits that overlap are
    candidates of their own.
    """
    rules = _Rules(transforms)
    for file in files:
        tree = _open(file)
        if tree is None:
            continue
        places = Places(file, tree)
        matches = list(_matches(places, rules))
        if matches:
            facts = Facts.build(
                file.text, path=file.path, tree=tree, recordings=recordings, repository=repository
            )
            yield from _Proposals(file, places, facts, line_length).of(matches)


class _Rules:
    """Transforms by the type of node that they look at."""

    def __init__(self, transforms: Iterable[Transform]) -> None:
        self._transforms = tuple(transforms)
        self._known: dict[type[ast.AST], tuple[Transform, ...]] = {}

    def for_node(self, node: ast.AST) -> Iterator[Transform]:
        """The transforms that want to see this node. One whose look fails is let through, to be reported."""
        kind = type(node)
        if kind not in self._known:
            self._known[kind] = tuple(each for each in self._transforms if issubclass(kind, each.nodes))
        return (each for each in self._known[kind] if _looks_like(each, node))


def _looks_like(transform: Transform, node: ast.AST) -> bool:
    try:
        return transform.looks_like(node)
    except Exception:  # noqa: BLE001 - a transform may come from anywhere
        return True


def _open(file: SourceFile) -> ast.Module | None:
    """The file's tree; None for what discovery should not have let through."""
    try:
        return parse_quietly(file.text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _matches(places: Places, rules: _Rules) -> Iterator[tuple[ast.AST, Transform]]:
    for node in places:
        if places.of(node) is not None:
            yield from ((node, transform) for transform in rules.for_node(node))


@dataclass(frozen=True, slots=True)
class _Proposals:
    """What the transforms say about one file."""

    file: SourceFile
    places: Places
    facts: Facts
    line_length: int | None

    def of(self, matches: Iterable[tuple[ast.AST, Transform]]) -> Iterator[Candidate | Declined]:
        seen: set[Candidate | Declined] = set()
        for node, transform in matches:
            for proposal in self._proposals(node, transform):
                if proposal not in seen:
                    seen.add(proposal)
                    yield proposal

    def _proposals(self, node: ast.AST, transform: Transform) -> Iterator[Candidate | Declined]:
        looking = transform.propose(node, self.facts)
        while True:
            try:
                found = next(looking)
                proposal = self._proposal(node, transform, found)
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001 - one transform's failure must not end the run
                yield self._declined(
                    node, transform, f"the rule failed here ({type(error).__name__}: {error})"
                )
                return
            if proposal is not None:
                yield proposal

    def _proposal(
        self, node: ast.AST, transform: Transform, found: Edit | Refusal
    ) -> Candidate | Declined | None:
        if isinstance(found, Refusal):
            return self._declined(found.where, transform, found.because)
        places = [self.places.of(change.first) for change in found.changes]
        targets = tuple(dict.fromkeys(target for target in places if target is not None))
        if len(targets) < len(set(places)):
            # Part of the edit lies in something that is to be left alone.
            return None
        try:
            after = apply(self.file.text, self.facts.tree, found, line_length=self.line_length)
        except RewriteError as error:
            return self._declined(node, transform, str(error))
        return self._candidate(transform, found, targets, after)

    def _candidate(
        self, transform: Transform, edit: Edit, targets: tuple[Target, ...], after: str
    ) -> Candidate:
        file = self.file
        mark = "\ufeff" if file.bom else ""
        return Candidate(
            id=identity(transform.name, file.path, self.facts.tree, edit),
            transform=transform.name,
            transform_version=transform.version,
            metric=transform.metric,
            targets=targets,
            path=file.path,
            before=file.text,
            after=after,
            patch=unified_diff(file.path, mark + file.text, mark + after),
            assumptions=edit.assumptions,
            pythons=transform.pythons,
            title=f"{targets[0].qualname or file.module}: {_summary(type(transform))}",
        )

    def _declined(self, node: ast.AST, transform: Transform, because: str) -> Declined:
        return Declined(
            path=self.file.path,
            line=getattr(node, "lineno", 1),
            qualname=self.facts.qualname(node),
            transform=transform.name,
            because=because,
        )


@functools.cache
def _summary(transform: type[Transform]) -> str:
    """The first line of the docstring, as the end of a sentence."""
    line = (inspect.getdoc(transform) or transform.__name__).partition("\n")[0].rstrip(".")
    return line[:1].lower() + line[1:]
