"""Make a counterexample small: drop its edits, cut its containers, as long as the versions still differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from optimizer.verify.outcomes import Outcome, Recipe

Pair: TypeAlias = tuple[Outcome, Outcome]
Replay: TypeAlias = Callable[[Sequence[Recipe]], Sequence[tuple[Pair, Pair]]]
Differs: TypeAlias = Callable[[Pair, Pair], bool]
Case: TypeAlias = tuple[Recipe, Outcome, Outcome]

_ROUNDS = 3
_CONTAINERS = frozenset({"list", "tuple", "str", "dict", "set", "bytes", "frozenset", "collections.deque"})


def shrunk(recipe: Recipe, *, replay: Replay, differs: Differs) -> Case | None:
    """The smallest recipe found that still differs, with its two outcomes; None when `recipe` does not.

    `replay` runs recipes twice on both sides; `differs` judges ((before, before again), (after, after again)).
    """
    best = _smallest([recipe], replay, differs)
    for _ in range(_ROUNDS if best else 0):
        smaller = _smallest(list(_variants(best)), replay, differs) if best else None
        if smaller is None or best is None or _size(smaller) >= _size(best):
            break
        best = smaller
    return best


def _smallest(recipes: Sequence[Recipe], replay: Replay, differs: Differs) -> Case | None:
    if not recipes:
        return None
    found = [
        (recipe, before[0], after[0])
        for recipe, (before, after) in zip(recipes, replay(recipes), strict=True)
        if differs(before, after)
    ]
    return min(found, key=_size, default=None)


def _size(case: Case) -> int:
    recipe, before, _ = case
    return len(str(before.seen.get("arguments", ""))) + 10 * len(
        (*recipe.get("ops", ()), *recipe.get("earlier", ()))
    )


def _variants(case: Case) -> Iterator[Recipe]:
    """Variants that may be smaller; those that make no sense simply give no input."""
    recipe, before, _ = case
    ops: list[Any] = list(recipe.get("ops", ()))
    for place in range(len(ops)):
        yield {**recipe, "ops": ops[:place] + ops[place + 1 :]}
    if "earlier" in recipe:
        yield {name: value for name, value in recipe.items() if name != "earlier"}
    for parameter, kind in before.seen.get("kinds", ()):
        if kind in _CONTAINERS:
            path = [int(parameter) if parameter.isdigit() else parameter]
            cuts = [*(["first", path, count] for count in (1, 2, 3, 5)), ["tail", path, 1]]
            cuts += [["remove", path, place] for place in range(4)]
            yield from ({**recipe, "ops": [*ops, cut]} for cut in cuts)
