"""Make a counterexample small: drop its edits, cut its containers, as long as the two versions still differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from optimizer.verify.outcomes import Outcome, Recipe

Pair: TypeAlias = tuple[Outcome, Outcome]

_ROUNDS = 3
_CONTAINERS = frozenset({"list", "tuple", "str", "dict", "set", "bytes", "frozenset", "collections.deque"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinker:
    """`replay` runs recipes twice on both sides; `differs` judges one recipe's ((before, before), (after, after))."""

    replay: Callable[[Sequence[Recipe]], Sequence[tuple[Pair, Pair]]]
    differs: Callable[[Pair, Pair], bool]

    def shrink(self, recipe: Recipe) -> tuple[Recipe, Outcome, Outcome] | None:
        """The smallest recipe found that still differs, with its two outcomes; None when the given one does not."""
        best = self._first_that_differs([recipe])
        if best is None:
            return None
        for _ in range(_ROUNDS):
            smaller = self._first_that_differs(list(_smaller(best[0], best[1])))
            if smaller is None or _size(smaller) >= _size(best):
                break
            best = smaller
        return best

    def _first_that_differs(self, recipes: Sequence[Recipe]) -> tuple[Recipe, Outcome, Outcome] | None:
        if not recipes:
            return None
        found = [
            (recipe, before[0], after[0])
            for recipe, (before, after) in zip(recipes, self.replay(recipes), strict=True)
            if self.differs(before, after)
        ]
        return min(found, key=_size, default=None)


def _size(found: tuple[Recipe, Outcome, Outcome]) -> int:
    recipe, before, _ = found
    return len(str(before.seen.get("arguments", ""))) + 10 * len(recipe.get("ops", ()))


def _smaller(recipe: Recipe, before: Outcome) -> Iterator[Recipe]:
    """Variants that may be smaller; those that make no sense simply give no input."""
    ops: list[Any] = list(recipe.get("ops", ()))
    for place in range(len(ops)):
        yield {**recipe, "ops": ops[:place] + ops[place + 1 :]}
    for parameter, kind in before.seen.get("kinds", ()):
        if kind in _CONTAINERS:
            path = [int(parameter) if parameter.isdigit() else parameter]
            for count in (1, 2, 3, 5):
                yield {**recipe, "ops": [*ops, ["first", path, count]]}
            yield {**recipe, "ops": [*ops, ["tail", path, 1]]}
            yield from ({**recipe, "ops": [*ops, ["remove", path, place]]} for place in range(4))
