"""The inputs that were tried and what either version was seen to do with each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.verify.compare import Difference, Domain, Path, compare
from optimizer.verify.domain import Kinds, domain_of, kinds
from optimizer.verify.noise import Noise
from optimizer.verify.outcomes import MISSING, OK, Outcome, Recipe


@dataclass(slots=True, kw_only=True)
class Trials:
    """Recipes with their outcomes, position by position. `new_names` are names that only the new version has."""

    recipes: tuple[Recipe, ...] = ()
    before: tuple[Outcome, ...] = ()
    after: tuple[Outcome, ...] = ()
    noise: Noise = field(default_factory=Noise)
    kinds: Kinds = field(default_factory=Kinds)
    new_names: frozenset[str] = frozenset()

    def add(self, recipes: Sequence[Recipe], before: Sequence[Outcome], after: Sequence[Outcome]) -> None:
        """Take more inputs; what is known of the noise and of the types of arguments is learned anew."""
        self.recipes = (*self.recipes, *recipes)
        self.before = (*self.before, *before)
        self.after = (*self.after, *after)
        self.kinds = kinds(self.recipes, self.before)
        missing = len(self.recipes) - len(self.noise.masks)
        self.noise = self.noise.with_more((frozenset(),) * missing)

    def take_after(self, numbers: Sequence[int], outcomes: Sequence[Outcome]) -> None:
        """Put other outcomes of the new version in the place of those of these inputs."""
        changed = dict(zip(numbers, outcomes, strict=True))
        self.after = tuple(changed.get(n, outcome) for n, outcome in enumerate(self.after))

    @property
    def recorded(self) -> tuple[int, ...]:
        """The numbers of the recorded calls."""
        return tuple(n for n, recipe in enumerate(self.recipes) if is_recorded(recipe))

    @property
    def compared(self) -> tuple[int, ...]:
        """The numbers of the inputs on which the original gave an outcome to compare with."""
        return tuple(n for n, outcome in enumerate(self.before) if can_be_compared(outcome))

    def steady(self, number: int) -> bool:
        """Whether the original repeats its own result on this input."""
        return can_be_compared(self.before[number]) and number not in self.noise.unstable

    def suspects(self) -> list[int]:
        """The inputs on which the versions differ, the most telling first: recorded ones, then small ones."""
        found = [
            n
            for n in self.compared
            if self.steady(n) and self.differ(n, self.before[n], self.after[n], self.noise.masks[n])
        ]
        return sorted(found, key=self._telling)

    def _telling(self, number: int) -> tuple[bool, bool, int]:
        untried = self.after[number].how == MISSING
        return untried, not is_recorded(self.recipes[number]), _size(self.before[number])

    def differ(self, number: int, before: Outcome, after: Outcome, masks: Collection[Path] = ()) -> bool:
        """Whether two outcomes of an input differ in a way that counts."""
        outside = domain_of(self.recipes[number]) is Domain.OUTSIDE
        if after.how != OK or after.unusable:
            return not (outside and before.raised)
        if self.where(number, before, after, masks) is None:
            return False
        return not outside or self.kinds.count(before, after)

    def where(
        self, number: int, before: Outcome, after: Outcome, masks: Collection[Path] = ()
    ) -> Difference | None:
        """Where two outcomes of an input differ, if both can be looked into."""
        if after.how != OK or after.unusable:
            return None
        domain = domain_of(self.recipes[number])
        return compare(before.seen, after.seen, domain=domain, masks=masks, new_names=self.new_names)

    def tried(self) -> tuple[tuple[str, int], ...]:
        """How many inputs were compared, by where they come from."""
        sources = Counter(str(self.recipes[n].get("found_by", "other")) for n in self.compared)
        return tuple(sources.items())

    def not_observable(self) -> tuple[str, ...]:
        """What could not be looked into, and which inputs could not be used."""
        found: set[str] = {what for n in self.compared for what in _not_observable(self.before[n].seen)}
        if any(_takes_objects(self.before[n].seen) for n in self.compared):
            found.add(_READS)
        dropped = Counter(_why_not(outcome) for outcome in self.before if not can_be_compared(outcome))
        return (*sorted(found), *(f"{count} inputs: {why}" for why, count in sorted(dropped.items())))


def is_recorded(recipe: Recipe) -> bool:
    """Whether a recipe is a recorded call as it was."""
    return domain_of(recipe) is Domain.RECORDED


def can_be_compared(outcome: Outcome) -> bool:
    """Whether an outcome of the original is one that a candidate can be held to."""
    return not _why_not(outcome)


def _why_not(outcome: Outcome) -> str:
    if outcome.how != OK:
        return f"the original exceeds a limit ({outcome.how})"
    if outcome.unusable:
        return "they cannot be made"
    if outcome.raised and outcome.seen["error"]["type"] == "builtins.RecursionError":
        return "the original recurses too deep"
    return ""


_READS = "how often attributes are read and items are compared, where that has no effect of its own"


def _takes_objects(seen: Any) -> bool:
    """Whether an argument is an instance of a class that is not builtin, whose methods operators call."""
    return any("." in kind for _, kind in seen.get("kinds", ()))


def _not_observable(seen: Any) -> Sequence[str]:
    what: Sequence[str] = seen.get("not observable", ())
    return what


def _size(outcome: Outcome) -> int:
    return len(str(outcome.seen.get("arguments", "")))
