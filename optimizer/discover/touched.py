"""Keep to what a pull request touches: the functions and files with a changed line in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optimizer.model import Kind, Skipped, SourceFile, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines `first` to `last` of a file are new; with `last` below `first` lines were taken out between the two."""

    first: int
    last: int

    def touches(self, start: int, end: int) -> bool:
        """Whether the lines `start` to `end` hold a new line, or lost one from between them."""
        if self.last < self.first:
            return start <= self.last and self.first <= end
        return self.first <= end and start <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What has changed since `base`, as a person named it: hunks by path."""

    base: str
    hunks: Mapping[str, Sequence[Hunk]]


def touched(file: SourceFile, changes: Changes) -> SourceFile | Skipped:
    """The file with the targets that `changes` touch, or why it is left alone.

    A class is touched with any of its methods; the module level by a line outside of all definitions.
    """
    hunks = changes.hunks.get(file.path, ())
    inner = [target for target in file.targets if target.qualname]
    kept = tuple(target for target in file.targets if _is_touched(target, hunks, inner))
    if not kept:
        return Skipped(path=file.path, because=f"not touched since {changes.base}")
    return replace(file, targets=kept)


def _is_touched(target: Target, hunks: Sequence[Hunk], inner: Sequence[Target]) -> bool:
    if target.kind is Kind.MODULE:
        return any(not _is_inside(hunk, inner) for hunk in hunks)
    return any(hunk.touches(target.first_line, target.last_line) for hunk in hunks)


def _is_inside(hunk: Hunk, targets: Sequence[Target]) -> bool:
    low, high = min(hunk.first, hunk.last), max(hunk.first, hunk.last)
    return any(target.first_line <= low and high <= target.last_line for target in targets)
