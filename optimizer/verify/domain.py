"""Whether a difference counts: what callers pass decides.

An input of a type that nobody was seen to pass is outside the domain. There the original's own word
decides: a type that it copes with wherever it was tried belongs to the neighbourhood of the domain, one that it
rejects does not. One more thing counts: what the original turns away with an error and the new version takes,
where that is nothing at all (None, a number) or stands in the place of a plain scalar, because refusing
those is what callers notice. Another container for a container, or a float for an int, is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from optimizer.verify.compare import Domain
from optimizer.verify.outcomes import OK, Outcome, Recipe

_SCALARS = frozenset({"NoneType", "bool", "int", "str", "bytes"})
_NOTHINGS = frozenset({"NoneType", "bool", "int"})
"""What a caller may pass by mistake where a container belongs."""
_REJECTIONS = frozenset({"builtins.TypeError", "builtins.AttributeError"})


def domain_of(recipe: Recipe) -> Domain:
    """How the input of a recipe stands to what callers do."""
    if recipe.get("outside"):
        return Domain.OUTSIDE
    if recipe["base"][0] == "call" and not recipe.get("ops") and not recipe.get("earlier"):
        return Domain.RECORDED
    return Domain.GENERATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinds:
    """The types of arguments: `seen` in recorded calls by parameter, and what the original `rejects`."""

    seen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rejects: frozenset[tuple[str, str]] = frozenset()

    def count(self, before: Outcome, after: Outcome) -> bool:
        """Whether a difference on an input outside the domain counts, by what the original did with it."""
        odd = self.odd(before)
        if before.raised and after.raised and _direct(before):
            return not odd  # what is left behind by an error in the middle
        if before.raised and _direct(before):
            return all(self._noticed(parameter, kind) for parameter, kind in odd)
        return not self.rejects.intersection(odd)

    def odd(self, outcome: Outcome) -> tuple[tuple[str, str], ...]:
        """The (parameter, type) pairs that no recorded call has."""
        return tuple(_odd(self.seen, outcome))

    def _noticed(self, parameter: str, kind: str) -> bool:
        return kind in _NOTHINGS or (kind != "float" and self.seen[parameter] <= _SCALARS)


def kinds(recipes: Sequence[Recipe], outcomes: Sequence[Outcome]) -> Kinds:
    """Learn from the original's outcomes."""
    pairs = list(zip(recipes, outcomes, strict=True))
    seen: dict[str, set[str]] = {}
    for recipe, outcome in pairs:
        if domain_of(recipe) is Domain.RECORDED and outcome.how == OK:
            for parameter, kind in outcome.seen.get("kinds", ()):
                seen.setdefault(parameter, set()).add(kind)
    known = {parameter: frozenset(found) for parameter, found in seen.items()}
    rejected = {
        pair
        for recipe, outcome in pairs
        if domain_of(recipe) is Domain.OUTSIDE and _rejects(outcome)
        for pair in _odd(known, outcome)
    }
    return Kinds(seen=known, rejects=frozenset(rejected))


def _rejects(outcome: Outcome) -> bool:
    return outcome.raised and _direct(outcome) and outcome.seen["error"]["type"] in _REJECTIONS


def _direct(outcome: Outcome) -> bool:
    """Whether the function itself failed: an error of something that it calls is no word about the argument."""
    return bool(outcome.seen["error"]["direct"])


def _odd(seen: Mapping[str, frozenset[str]], outcome: Outcome) -> Iterable[tuple[str, str]]:
    if outcome.how != OK:
        return
    for parameter, kind in outcome.seen.get("kinds", ()):
        if parameter in seen and kind not in seen[parameter]:
            yield parameter, kind
