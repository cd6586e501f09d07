"""What the original does not even repeat itself (times, ids, the order of sets) is masked and listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from optimizer.verify.compare import Path, differences
from optimizer.verify.outcomes import OK, Outcome

_WORDS = {
    "result": "the result",
    "error": "the exception",
    "arguments": "the arguments after the call",
    "globals": "the module's globals",
    "output": "the output",
}
_RESULT = frozenset({"end", "error", "result", "iterators", "async"})
MOST_PLACES = 500
"""An input with more places that differ between two runs of one version shows nothing: it is masked as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """For each recipe the masked places; `unstable` are the recipes whose very result is not repeatable."""

    masks: tuple[frozenset[Path], ...] = ()
    unstable: frozenset[int] = frozenset()

    def with_more(self, masks: Sequence[frozenset[Path]]) -> Noise:
        """The same, with more recipes after those that are known."""
        return Noise(masks=(*self.masks, *masks), unstable=self.unstable)

    def joined(self, numbers: Sequence[int], other: Noise) -> Noise:
        """Together with what `other` says of the recipes with these numbers."""
        masks = list(self.masks)
        for place, number in enumerate(numbers):
            masks[number] |= other.masks[place]
        return Noise(
            masks=tuple(masks), unstable=self.unstable | {numbers[place] for place in other.unstable}
        )

    @property
    def masked(self) -> tuple[str, ...]:
        """The masked parts, for people, each with how many of the inputs it is masked on."""
        counted = Counter(part for places in self.masks for part in {_in_words(path) for path in places})
        return tuple(
            f"{part} on {number} of {len(self.masks)} inputs" for part, number in sorted(counted.items())
        )


def _in_words(path: Path) -> str:
    """What a masked place is: `the order of a set in the arguments after the call`."""
    again, rest = (" of a second call", path[1:]) if path[0] == "again" else ("", path)
    part = _WORDS.get(str(rest[0]), str(rest[0])) if rest else "everything"
    return ("the order of a set in " if "order" in path else "") + part + again


def noise(runs: Sequence[Sequence[Outcome]]) -> Noise:
    """Compare several runs of the original with each other, recipe by recipe."""
    masks = [_places(column) for column in zip(*runs, strict=True)]
    unstable = frozenset(index for index, places in enumerate(masks) if any(map(_spoils_the_result, places)))
    return Noise(masks=tuple(masks), unstable=unstable)


def _places(outcomes: Sequence[Outcome]) -> frozenset[Path]:
    if not outcomes:
        return frozenset()
    first, *others = outcomes
    places: set[Path] = set()
    for other in others:
        places.update(islice(_between(first, other), MOST_PLACES))
        if len(places) >= MOST_PLACES:
            return frozenset((part,) for one in (first, other) for part in ("end", *one.seen))
    return frozenset(places)


def _between(one: Outcome, other: Outcome) -> Iterable[Path]:
    if one.how != OK or other.how != OK:
        return () if one.how == other.how else [("end",)]
    return differences(one.seen, other.seen)


def _spoils_the_result(path: Path) -> bool:
    """The order in which a set is gone through may vary: it is masked, and no reason to doubt the rest."""
    if "order" in path:
        return False
    where = path[1:] if path[0] == "again" else path
    return not where or where[0] in _RESULT


def merged(masks: Iterable[Collection[Path]]) -> frozenset[Path]:
    """All places of several recipes together."""
    return frozenset(path for places in masks for path in places)
